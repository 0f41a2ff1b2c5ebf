"""Every row on targets of the performance table, against the least that any program needs, on the same data in the same run.

    python benchmarks/targets.py [--targets 1000 10000 100000] [--database sqlite postgres] [--only PART_OF_A_ROW] [--profile] [--sql]

CPU seconds (user and system; on PostgreSQL those of the server's process for this connection too, where it runs here), median of five warm
runs. `limit` is plain SQL with the ideal index, one transaction, the least HTML or JSON, and for a page an empty request of the same
user through the same middleware; `ratio` is ours by it. `table` is ours by the limit that the performance table gives in CPU seconds, which
are made those of this machine by what bare `django.setup()` costs in the same run. A bar is on the larger of the two limits. SQL statements
and bytes are counted. PostgreSQL is measured when DATABASE_URL names one, or on demand;
OPENTOM_BENCH_LARGE=1 adds a million targets there. Leaves with 1 when a bar is passed.
"""

from __future__ import annotations

import argparse
import csv
import functools
import io
import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _clock import Clock

ROOT = Path(__file__).resolve().parents[1]
CAP, PAGE = 10_000, 20


@dataclass
class Row:
    """One operation and its limit program. `before` and `after` stand around each run and are not timed."""

    name: str
    ours: Callable[[], Any]
    limit: Callable[[], Any] | None
    bar: float | None = None  # times the limit
    seconds: float | None = None  # or CPU seconds, whatever the limit
    sql: int | None = None
    size: int | None = None
    growth: float | None = None
    before: Callable[[], Any] | None = None
    after: Callable[[], Any] | None = None
    times: int = 2
    table: float | None = None  # the limit's CPU seconds in the performance table, on the machine and database (SQLite) of that table


def cpu(clock: Clock, work: Callable[[], Any], row: Row, first: float) -> float:
    """Median of five warm runs; of what took longer than two seconds the one after the first."""
    before, after, times = row.before, row.after, row.times
    single = before is not None or after is not None
    found: list[float] = []
    for number in range(6 if first < 2 else 1):
        spent, rounds = 0.0, 1 if single else times
        for _ in range(rounds):
            if before:
                before()
            start = clock()
            work()
            spent += clock() - start
            if after:
                after()
        found += [spent / rounds] if number or first >= 2 else []
    return statistics.median(found)


def counted(work: Callable[[], Any], row: Row) -> tuple[int, int]:
    """(SQL statements, bytes of the answer)."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    if row.before:
        row.before()
    with CaptureQueriesContext(connection) as captured:
        answer = work()
    if row.after:
        row.after()
    size = getattr(answer, "content", answer)
    counted.statements = [query["sql"] for query in captured]  # type: ignore[attr-defined]
    return len([q for q in counted.statements if not q.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]), (  # type: ignore[attr-defined]
        len(size) if isinstance(size, bytes | str) else int(size) if isinstance(size, int) else 0
    )


def sql(statement: str, params: Any = ()) -> list[tuple]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


class Least:
    """Limit programs."""

    def __init__(self, client, user):
        from django.contrib.auth.models import Group

        from tom_targets.constants import EVERYONE

        self.client, self.user = client, user
        self.holders = ", ".join(map(str, [EVERYONE, -user.pk, *Group.objects.filter(user=user).values_list("pk", flat=True)]))
        self.seen = "" if user.is_superuser else (
            f"EXISTS (SELECT 1 FROM tom_targets_grant g WHERE g.target_id = t.id AND g.holder IN ({self.holders}))"  # noqa: S608
        )  # fmt: skip

    def where(self, *conditions: str) -> str:
        found = [condition for condition in (self.seen, *conditions) if condition]
        return f" WHERE {' AND '.join(found)}" if found else ""

    def count(self) -> int:
        every = f"(SELECT COUNT(*) FROM (SELECT 1 FROM tom_targets_basetarget t{self.where()} LIMIT {CAP + 1}) s)"  # noqa: S608
        if not self.seen:
            return sql(f"SELECT {every}")[0][0]
        holder = self.holders.split(",")[0]  # everybody: where these are enough, no target need be looked at
        some = f"(SELECT COUNT(*) FROM (SELECT 1 FROM tom_targets_grant WHERE holder = {holder} LIMIT {CAP + 1}) s)"  # noqa: S608
        return sql(f"SELECT CASE WHEN {some} > {CAP} THEN {CAP + 1} ELSE {every} END")[0][0]

    def empty(self, times: int = 1) -> None:
        for _ in range(times):
            self.client.get("/empty/")

    def page(self) -> str:
        self.empty()
        self.count()
        return self.html(
            sql(
                f"SELECT t.id, t.name, t.type, t.ra, t.dec FROM tom_targets_basetarget t{self.where()} ORDER BY t.created DESC, t.id DESC LIMIT {PAGE}"
            )
        )

    def search(self, text: str) -> str:
        self.empty()
        found = sql(
            "SELECT DISTINCT target_id FROM bench_names WHERE name LIKE %s LIMIT 10001"
            if _vendor() == "sqlite"
            else "SELECT DISTINCT target_id FROM bench_names WHERE name ILIKE %s LIMIT 10001",
            [f"%{text}%"],
        )
        keys = ", ".join(str(pk) for (pk,) in found) or "0"
        rows = sql(
            f"SELECT t.id, t.name, t.type, t.ra, t.dec FROM tom_targets_basetarget t{self.where(f't.id IN ({keys})')} ORDER BY t.created DESC"
        )  # noqa: S608
        return self.html(rows[:PAGE])

    @staticmethod
    def html(rows) -> str:
        return "".join(f"<tr><td><a href=/targets/{pk}/>{name}</a><td>{kind}<td>{ra:.5f}<td>{dec:+.5f}" for pk, name, kind, ra, dec in rows)

    def fuzzy(self, name: str) -> list:
        return sql(
            "SELECT id FROM tom_targets_basetarget WHERE simplified_name = %s UNION SELECT target_id FROM tom_targets_targetname WHERE simplified_name = %s",
            [name, name],
        )

    def rest_list(self, size: int = 100) -> str:
        self.empty()
        rows = sql(f"SELECT t.* FROM tom_targets_basetarget t{self.where()} ORDER BY t.id DESC LIMIT {size}")  # noqa: S608
        keys = ", ".join(str(row[0]) for row in rows)
        names = sql(f"SELECT target_id, id, name FROM tom_targets_targetname WHERE target_id IN ({keys})")  # noqa: S608
        return json.dumps([[*map(str, row)] for row in rows]) + json.dumps(names)

    def one(self, key: int, requests: int = 1) -> str:
        self.empty(requests)
        rows = sql(f"SELECT t.* FROM tom_targets_basetarget t{self.where(f't.id = {key}')}")  # noqa: S608
        return json.dumps([str(rows), sql("SELECT id, name FROM tom_targets_targetname WHERE target_id = %s", [key])])

    def export(self) -> int:
        names: dict[int, list[str]] = {}
        for key, name in sql("SELECT target_id, name FROM tom_targets_targetname"):
            names.setdefault(key, []).append(name)
        out = io.StringIO()
        writer = csv.writer(out)
        for row in sql(f"SELECT t.* FROM tom_targets_basetarget t{self.where()} ORDER BY t.id"):  # noqa: S608
            writer.writerow([*row, *names.get(row[0], ())])
        return len(out.getvalue())

    def cone(self, ra: float, dec: float, radius: float) -> int:
        from tom_astro.healpix import cone_ranges

        ranges = " OR ".join(f"healpix BETWEEN {low} AND {high - 1}" for low, high in cone_ranges(ra, dec, radius))
        rows = sql(f"SELECT id, ra, dec FROM tom_targets_basetarget WHERE {ranges}")  # noqa: S608
        import numpy as np

        if not rows:
            return 0
        found = np.array(rows, dtype=float)
        a, d, d0 = np.radians(found[:, 1] - ra), np.radians(found[:, 2]), math.radians(dec)
        half = np.sin((d - d0) / 2) ** 2 + np.cos(d) * math.cos(d0) * np.sin(a / 2) ** 2
        return int((half <= math.sin(math.radians(radius) / 2) ** 2).sum())


def _vendor() -> str:
    from django.db import connection

    return connection.vendor


def ideal_index() -> None:
    """The trigram index over all names that the limit of a search uses; our own programs know nothing of it."""
    if _vendor() == "sqlite":
        if sql("SELECT 1 FROM sqlite_master WHERE name = 'bench_names'"):
            return
        sql("CREATE VIRTUAL TABLE bench_names USING fts5(name, target_id UNINDEXED, tokenize='trigram')")
    else:
        if sql("SELECT 1 FROM pg_tables WHERE tablename = 'bench_names'"):
            return
        sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        sql("CREATE TABLE bench_names (name text, target_id bigint)")
    sql(
        "INSERT INTO bench_names (name, target_id) SELECT name, id FROM tom_targets_basetarget UNION ALL SELECT name, target_id FROM tom_targets_targetname"
    )
    if _vendor() != "sqlite":
        sql("CREATE INDEX bench_names_trgm ON bench_names USING gin (name gin_trgm_ops)")
        sql("ANALYZE bench_names")


def file_of(rows: int, mark: str) -> bytes:
    lines = (f"{mark}{i},SIDEREAL,{i % 36000 / 100:.4f},{i % 17000 / 100 - 85:.4f},{mark}a{i},{mark}b{i}" for i in range(rows))
    return "\n".join(("name,type,ra,dec,name2,name3", *lines, "")).encode()


def plain_import(content: bytes, actor) -> None:
    """Read, check, HEALPix in one call, one transaction of executemany: targets, aliases, rights, grants."""
    import numpy as np
    from django.db import connection, transaction

    from tom_astro.healpix import healpix29

    rows = [row for row in csv.DictReader(io.StringIO(content.decode())) if -90 <= float(row["dec"]) <= 90]
    cells = healpix29(np.array([float(r["ra"]) for r in rows]), np.array([float(r["dec"]) for r in rows]))
    first = (sql("SELECT MAX(id) FROM tom_targets_basetarget")[0][0] or 0) + 1_000_000
    with transaction.atomic():
        with connection.cursor() as cursor:
            now = "2025-01-01 00:00:00+00:00"
            cursor.executemany(
                "INSERT INTO tom_targets_basetarget (id, name, simplified_name, type, ra, dec, healpix, permissions, created, modified, scheme, shared_by, shared_from)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, 'PRIVATE', %s, %s, '', '', '')",
                [
                    (first + i, r["name"], r["name"].lower(), r["type"], float(r["ra"]), float(r["dec"]), int(cells[i]), now, now)
                    for i, r in enumerate(rows)
                ],
            )
            cursor.executemany(
                "INSERT INTO tom_targets_targetname (target_id, name, simplified_name, created, modified) VALUES (%s, %s, %s, %s, %s)",
                [(first + i, r[k], r[k].lower(), now, now) for i, r in enumerate(rows) for k in ("name2", "name3")],
            )
            rights = sql("SELECT id FROM auth_permission WHERE codename IN ('view_target', 'change_target', 'delete_target')")[:3]
            cursor.executemany(
                "INSERT INTO tom_targets_targetuserobjectpermission (permission_id, user_id, content_object_id) VALUES (%s, %s, %s)",
                [(right, actor.pk, first + i) for i in range(len(rows)) for (right,) in rights],
            )
            cursor.executemany(
                "INSERT INTO tom_targets_grant (holder, target_id) VALUES (%s, %s)", [(-actor.pk, first + i) for i in range(len(rows))]
            )


def rolled_back(work: Callable[[], Any]) -> Callable[[], Any]:
    """Run, and leave nothing. Work that waits for the commit is not run."""
    from django.db import transaction

    def run():
        with transaction.atomic():
            result = work()
            transaction.set_rollback(True)
        return result

    return run


def body(response) -> Any:
    if response.status_code >= 400:
        raise RuntimeError(f"answer {response.status_code}")
    if response.streaming:
        return sum(len(part) for part in response.streaming_content)
    return response


def rows_of(targets: int) -> list[Row]:
    from _bench_site import BOSS, MEMBER, NEEDLE
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from tom_targets.models import BaseTarget, TargetList
    from tom_targets.queries import cone, count_visible
    from tom_targets.services import delete_target
    from tom_targets.services.lists import add_to_list

    def person(name):
        client = Client()
        user = User.objects.get(username=name)
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
        return client, user, Least(client, user)

    client, member, least = person(MEMBER)
    boss_client, _, boss_least = person(BOSS)
    get = lambda url, who=client: body(who.get(url))  # noqa: E731
    rows = [
        Row("list page, superuser", lambda: get("/targets/", boss_client), boss_least.page, 2.5, sql=8, size=42_000, growth=0.1, table=0.006),
        Row("list page, member", lambda: get("/targets/"), least.page, 3, sql=8, size=42_000, growth=0.1, table=0.006),
        Row("search, part that ten have", lambda: get(f"/targets/?query={NEEDLE}"), lambda: least.search(NEEDLE), 5, growth=0.2, table=0.0055),
        Row("search, part that many have", lambda: get("/targets/?query=T77"), lambda: least.search("T77"), 5, growth=0.2, table=0.0055),
        Row("filter by part of a name", lambda: get(f"/targets/?name={NEEDLE}"), lambda: least.search(NEEDLE), 5, growth=0.2, table=0.0055),
        Row("fuzzy name or alias", lambda: list(BaseTarget.matches.match_fuzzy_name("Needle-(5)")), lambda: least.fuzzy("needle5"),
            seconds=0.001, growth=0.1, times=20),
        Row("how many may this member see", lambda: count_visible(member), least.count, 5, growth=0.2, times=20, table=0.0009),
    ]  # fmt: skip

    numbers = itertools.count(1)
    stamp = f"{time.time_ns() % 10**9}"
    form = lambda: {"name": f"Made {stamp} {next(numbers)}", "type": "SIDEREAL", "ra": "10.5", "dec": "-20.25", "permissions": "PRIVATE",  # noqa: E731
                    "aliases-TOTAL_FORMS": "1", "aliases-INITIAL_FORMS": "0", "aliases-0-name": f"Also {stamp} {next(numbers)}"}  # fmt: skip

    def create():
        data = form()
        response = client.post("/targets/create/", data)
        if response.status_code != 302:
            raise RuntimeError(f"the form was refused: {response.context['form'].errors if response.context else response.status_code}")
        return response

    def plain_create():
        data = form()
        client.post("/empty/", data)
        plain_import(
            f"name,type,ra,dec,name2,name3\n{data['name']},SIDEREAL,10.5,-20.25,{data['name']}a,{data['name']}b\n".encode(), member
        )

    made: list[int] = []

    def make():
        from tom_targets.rows import TargetRow
        from tom_targets.services import create_target

        made.append(create_target(actor=member, row=TargetRow(name=f"Gone {stamp} {next(numbers)}", fields={"ra": 1.0, "dec": 2.0})).pk)

    def plain_delete(key=None):
        client.post("/empty/")
        from django.db import transaction

        key = key or made[-1]
        with transaction.atomic():
            for table, column in hanging:
                sql(f"DELETE FROM {table} WHERE {column} = %s", [key])  # noqa: S608
            sql("DELETE FROM tom_targets_basetarget WHERE id = %s", [key])

    hanging = [
        (relation.related_model._meta.db_table, relation.field.column)
        for relation in BaseTarget._meta.get_fields(include_hidden=True)
        if (relation.one_to_many or relation.one_to_one) and relation.auto_created and not relation.related_model._meta.proxy
        and relation.field.model._meta.concrete_model is relation.related_model
    ]  # fmt: skip
    hanging.append((TargetList.targets.through._meta.db_table, "basetarget_id"))
    clean = lambda: [delete_target(actor=None, target=t) for t in BaseTarget.objects.filter(name__startswith=f"Made {stamp}")]  # noqa: E731
    drop = lambda: [delete_target(actor=None, target=t) for t in BaseTarget.objects.filter(pk__in=made)]  # noqa: E731
    rows += [
        Row("create by the web form", create, plain_create, 9, growth=0.1, before=lambda: None, after=clean, table=0.0055),
        Row(
            "delete one empty target",
            lambda: client.post(f"/targets/{made[-1]}/delete/"),
            plain_delete,
            7,
            sql=30,
            growth=0.1,
            before=make,
            after=drop,
            table=0.007,
        ),
        Row(
            "delete a target with 100,000 points",
            rolled_back(lambda: delete_target(actor=member, target=BaseTarget.objects.get(pk=1))),
            rolled_back(lambda: plain_delete(1)),
            2,
            growth=0.1,
            times=1,
            table=0.3,
        ),
        Row(
            "CSV export of all",
            lambda: get("/targets/export/", boss_client),
            boss_least.export,
            5,
            growth=1.1,
            times=1,
            table=0.84e-5 * targets,
        ),
    ]
    grouping = TargetList.objects.get(name="List 1")
    through = TargetList.targets.through._meta.db_table
    rows.append(
        Row(
            "all that match into a list",
            rolled_back(lambda: add_to_list(actor=member, grouping=grouping, targets=BaseTarget.objects.all())),
            rolled_back(
                lambda: sql(
                    f"INSERT INTO {through} (targetlist_id, basetarget_id) SELECT {grouping.pk}, t.id FROM tom_targets_basetarget t"  # noqa: S608
                    + least.where(
                        f"NOT EXISTS (SELECT 1 FROM {through} l WHERE l.targetlist_id = {grouping.pk} AND l.basetarget_id = t.id)"
                    )
                )
            ),
            3,
            growth=1.1,
            times=1,
            table=0.15e-5 * targets,
        )
    )
    for count in (1000, 10_000):
        content = file_of(count, f"I{stamp}x{count}x")
        rows.append(
            Row(f"CSV import of {count:,} with 2 aliases", rolled_back(lambda content=content: _imported(content, member)),
                rolled_back(lambda content=content: plain_import(content, member)), 10, growth=0.1, times=1,
                table=0.031e-3 * count)
        )  # fmt: skip
    rows += [
        Row("REST: 100 targets", lambda: get("/api/targets/?page_size=100"), least.rest_list, 5, sql=8, growth=0.1, table=0.0065),
        Row("REST: one target", lambda: get("/api/targets/5/"), lambda: least.one(5), 5, sql=8, growth=0.1, table=0.006),
        Row("REST: create one", lambda: body(client.post("/api/targets/", {"name": f"Made {stamp} {next(numbers)}", "type": "SIDEREAL", "ra": 1.5, "dec": 2.5,
            "aliases": [{"name": f"Also {stamp} {next(numbers)}"}]}, content_type="application/json")), plain_create, 5, growth=0.1,
            before=lambda: None, after=clean, table=0.0055),
        Row("cone 1 arcmin", lambda: list(cone(BaseTarget.objects.all(), 150.0, 2.0, 1 / 60)), lambda: least.cone(150, 2, 1 / 60), seconds=0.002, times=20),
        Row("cone 1 deg", lambda: list(cone(BaseTarget.objects.all(), 150.0, 2.0, 1.0)), lambda: least.cone(150, 2, 1.0), seconds=0.002, times=20),
        Row("cone 10 deg", lambda: list(cone(BaseTarget.objects.all(), 150.0, 2.0, 10.0)), lambda: least.cone(150, 2, 10), 6, table=0.0017),
    ]  # fmt: skip
    for name, key in (("no data", 5), ("1,000 points", 3), ("10,000 points", 2), ("100,000 points", 1)):
        rows.append(
            Row(
                f"target page, {name}",
                lambda key=key: get(f"/targets/{key}/"),
                lambda key=key: least.one(key),
                4,
                sql=25,
                size=100_000,
                growth=0.1,
                table=0.012,
            )
        )
        parts = first_view(client, key)
        rows.append(
            Row(f"first view, {name}: with {len(parts)} parts", lambda key=key, parts=parts: sum(len(get(u).content) for u in (f"/targets/{key}/", *parts)),
                lambda key=key, parts=parts: least.one(key, len(parts) + 1), 4, size=100_000, table=0.012)
        )  # fmt: skip
    return rows


def first_view(client, key: int) -> list[str]:
    """What the page of a target loads at once."""
    import html
    import re

    text = client.get(f"/targets/{key}/").content.decode()
    found = re.findall(r'hx-get="([^"]+)"[^>]*hx-trigger="load', text)
    return [html.unescape(url) for url in found]


def _imported(content: bytes, actor) -> int:
    from tom_targets.services.importing import import_csv

    errors = import_csv(stream=content, actor=actor).errors
    if errors:
        raise RuntimeError(str(errors[0]))
    return 0


def measure(options, rows_of: Callable[[int], list[Row]] = rows_of) -> list[dict]:
    import _bench_site as site

    database, targets = options.database[0], options.targets[0]
    site.configure(database, targets)
    site.build(targets)
    ideal_index()
    if database == "postgres":
        # what earlier runs imported and rolled back lies dead in the tables, several times what lives there
        sql("VACUUM FULL ANALYZE" if targets <= 100_000 else "VACUUM ANALYZE")
    clock = Clock()
    print(f"a CPU second of the performance table is {scale():.2f} s here", file=sys.stderr)
    found = []
    for row in rows_of(targets):
        if options.only and not any(part in row.name for part in options.only):
            continue
        one: dict[str, Any] = {
            "name": row.name,
            "database": database,
            "targets": targets,
            "bar": row.bar,
            "seconds": row.seconds,
            "growth": row.growth,
        }
        try:
            if row.times > 1 and not row.before:
                row.ours()  # what is read once for the process is no part of a page
            start = clock()
            one["sql"], one["size"] = counted(row.ours, row)
            first = clock() - start
            if options.sql:
                print(*(f"    {text[:400]}" for text in counted.statements), sep="\n", file=sys.stderr)  # type: ignore[attr-defined]
            one["ours"] = cpu(clock, row.ours, row, first)
            one["limit"] = cpu(clock, row.limit, row, first if row.times == 1 else 0.0) if row.limit else None
            one["table"] = row.table and row.table * scale()
            # our own program is often leaner than that of the table, and sometimes not
            least = max(one["limit"] or 0.0, one["table"] or 0.0) or math.inf
            one["over"] = [
                word
                for word, passed in (
                    ("CPU", row.bar is not None and one["ours"] > row.bar * least),
                    ("CPU", row.seconds is not None and one["ours"] > row.seconds),
                    ("SQL", row.sql is not None and one["sql"] > row.sql),
                    ("bytes", row.size is not None and one["size"] > row.size),
                )
                if passed
            ]
        except Exception as error:
            one |= {"failed": f"{type(error).__name__}: {error}"[:300]}
        found.append(one)
        print(line(one), file=sys.stderr, flush=True)
        if options.profile:
            profile(row)
    return found


SETUP_OF_THE_TABLE = 0.23
"""CPU seconds of bare `django.setup()` on the machine of the performance table."""


@functools.cache
def scale() -> float:
    """How long a CPU second of the performance table's machine is here, by what bare `django.setup()` costs; of each size anew, for the machine is
    not always as fast."""
    import tempfile

    import startup

    with tempfile.TemporaryDirectory() as folder:
        runs = [startup.measure(folder, startup.PROGRAMS["bare Django"])[0] for _ in range(6)]
    return statistics.median(runs[1:]) / SETUP_OF_THE_TABLE


def profile(row: Row) -> None:
    import cProfile
    import pstats

    profiler = cProfile.Profile()
    for _ in range(20 if row.times > 1 else 1):
        if row.before:
            row.before()
        profiler.runcall(row.ours)
        if row.after:
            row.after()
    pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(45).sort_stats("cumulative").print_stats(90)


def line(one: dict) -> str:
    head = f"{one['name']:<44} {one['database']:<8} {one['targets']:>9,}"
    if "failed" in one:
        return f"{head}  NOT MEASURED: {one['failed']}"
    ratio = one["ours"] / one["limit"] if one["limit"] else math.nan
    bar = f"{one['bar']:g} x" if one["bar"] else f"{one['seconds'] * 1e3:g} ms" if one["seconds"] else "none"
    over = f"  OVER: {', '.join(one['over'])}" if one["over"] else ""
    grown = f"{one['exponent']:6.2f}" if one.get("exponent") is not None else f"{'':6}"
    table = f"{one['ours'] / one['table']:7.2f}" if one.get("table") else f"{'':7}"
    times = f"{one['ours'] * 1e3:10.2f} {(one['limit'] or math.nan) * 1e3:10.2f} {ratio:7.2f} {table}"
    return f"{head} {times} {bar:>7} {one['sql']:>5} {one['size'] / 1000:>9.1f} {grown}{over}"


HEAD = f"{'operation':<44} {'database':<8} {'targets':>9} {'ours ms':>10} {'limit ms':>10} {'ratio':>7} {'table':>7} {'bar':>7} {'SQL':>5} {'kB':>9} {'growth':>6}"


def add_exponents(found: list[dict]) -> None:
    """Growth of the CPU time with the number of targets, per operation and database, from each size to the next larger one."""
    last: dict[tuple, dict] = {}
    for one in sorted(found, key=lambda o: o["targets"]):
        if "failed" in one:
            continue
        smaller = last.get((one["name"], one["database"]))
        if smaller is not None:
            one["exponent"] = math.log(one["ours"] / smaller["ours"]) / math.log(one["targets"] / smaller["targets"])
            if (
                one["growth"] is not None and one["exponent"] > one["growth"] + 0.05 and one["targets"] >= 100_000
            ):  # 0.05: the noise of the machine
                one["over"].append("growth")
        last[(one["name"], one["database"])] = one


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--targets", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--database", choices=["sqlite", "postgres"], nargs="+")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--sql", action="store_true", help="print the statements of each operation")
    parser.add_argument(
        "--report", action="store_true", help="print the table of the newest whole measurement of each size, without measuring"
    )
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)  # one size on one database, in this process
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]
    if options.json:
        print(json.dumps(measure(options)))
        return 0
    if options.report:
        return report(
            [one for path in sorted((ROOT / "benchmarks" / "_data").glob("result-*.json")) for one in json.loads(path.read_text())]
        )
    named = os.environ.get("DATABASE_URL", "").startswith("postgres")
    databases = options.database or (["sqlite", "postgres"] if named else ["sqlite"])
    runs = [(database, targets) for database in databases for targets in options.targets]
    if os.environ.get("OPENTOM_BENCH_LARGE") and "postgres" in databases:
        runs.append(("postgres", 1_000_000))
    found: list[dict] = []
    passes = [word for name in options.only for word in ("--only", name)] + ["--profile"] * options.profile + ["--sql"] * options.sql
    for database, targets in runs:
        command = [sys.executable, __file__, "--json", "--database", database, "--targets", str(targets), *passes]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        some = json.loads(done.stdout.splitlines()[-1])
        found += some
        path = ROOT / "benchmarks" / "_data" / f"result-{database}-{targets}.json"
        kept = json.loads(path.read_text()) if options.only and path.exists() else []
        path.write_text(json.dumps([one for one in kept if one["name"] not in {new["name"] for new in some}] + some))
    return report(found)


def matrix(found: list[dict]) -> str:
    """A line for each operation, a column for each size: ours in ms, how many times our limit and how many times the table's; `!` for what is over."""
    sizes = sorted({(one["database"], one["targets"]) for one in found}, key=lambda size: (size[0] != "sqlite", size[1]))
    lines = [f"{'ms, x limit, x table':<36} {'bar':>6} {'SQL':>4}" + "".join(f"{f'{name} {count:,}':>22}" for name, count in sizes)]
    for name in dict.fromkeys(one["name"] for one in found):
        of = {(one["database"], one["targets"]): one for one in found if one["name"] == name}
        some = next(iter(of.values()))
        bar = f"{some['bar']:g} x" if some["bar"] else f"{some['seconds'] * 1e3:g} ms" if some["seconds"] else ""
        cells = [_cell(of.get(size)) for size in sizes]
        lines.append(f"{name:<36} {bar:>6} {max(one.get('sql', 0) for one in of.values()):>4}" + "".join(f"{cell:>22}" for cell in cells))
    return "\n".join(lines)


def _cell(one: dict | None) -> str:
    if one is None or "failed" in one:
        return "-" if one is None else "failed"
    ratios = [f"{one['ours'] / one[key]:.1f}" if one.get(key) else "-" for key in ("limit", "table")]
    ours = one["ours"] * 1e3
    return f"{ours:.{0 if ours >= 100 else 1 if ours >= 3 else 2}f}  {ratios[0]:>4} {ratios[1]:>4}{'!' if one['over'] else ' '}"


def report(found: list[dict]) -> int:
    """Print the table; 1 when a bar is passed."""
    add_exponents(found)
    if len({(one["database"], one["targets"]) for one in found}) > 1:
        print(matrix(found))
    else:
        print(HEAD, *map(line, found), sep="\n")
    over = sum(1 for one in found if one.get("over") or "failed" in one)
    print(f"{len(found)} measurements, {over} over a bar or not measured; load of the machine {os.getloadavg()[0]:.1f}")
    return int(bool(over))


if __name__ == "__main__":
    sys.exit(main())
