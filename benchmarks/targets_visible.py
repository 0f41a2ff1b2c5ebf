"""What one page of the list of targets costs in SQL, for a member who sees much and one who sees ten targets.

    python benchmarks/targets_visible.py [--targets 100000] [--database sqlite|postgres] [--keep]

The data set is the one of the performance table: 40 % OPEN, 10 % PUBLIC, 50 % PRIVATE with grants spread over 20 groups; the member
is in 3 of them. The one who sees ten is asked in a TOM where nothing is open. Prints milliseconds, best of thirty, for each order.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = 25


def configure(database: str, name: str) -> None:
    from django.conf import settings

    engines = {
        "sqlite": {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"}},
        "postgres": {"ENGINE": "django.db.backends.postgresql", "NAME": name, "USER": os.environ.get("PGUSER", "root")},
    }
    settings.configure(
        SECRET_KEY="benchmark",  # noqa: S106
        USE_TZ=True,
        SITE_ID=1,
        DATABASES={"default": engines[database]},
        AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend", "guardian.backends.ObjectPermissionBackend"],
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.sites", "guardian", "tom_common", "rest_framework",
            "rest_framework.authtoken", "django_filters", "django_tables2", "tom_targets",
        ],
    )  # fmt: skip
    import django

    django.setup()


TARGET_COLUMNS = ("id", "name", "simplified_name", "type", "ra", "dec", "healpix", "permissions", "created", "modified", "scheme", "shared_by", "shared_from")


def write(table: str, columns: tuple[str, ...], rows: list[tuple]) -> None:
    from django.db import connection

    names = ", ".join(connection.ops.quote_name(c) for c in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(columns))})", rows)  # noqa: S608


def fill(count: int, open_share: bool) -> None:
    """Rows as the services would write them, without the services' time."""
    from datetime import timedelta

    import numpy as np
    from django.db import transaction
    from django.utils import timezone

    from tom_astro.healpix import healpix29
    from tom_targets.constants import HOLDERS_OF_PERMISSION

    rng = np.random.default_rng(1)
    now = timezone.now()
    moments = [now - timedelta(seconds=int(s)) for s in range(1000)]
    for start in range(0, count, 100_000):
        n = min(100_000, count - start)
        ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
        kinds = np.where(rng.uniform(0, 1, n) < 0.4, "OPEN", np.where(rng.uniform(0, 1, n) < 1 / 6, "PUBLIC", "PRIVATE")) if open_share else ["PRIVATE"] * n
        words, groups = rng.integers(0, 10**12, n), rng.integers(1, 21, n)
        pixels = healpix29(ra, dec)
        targets, grants = [], []
        for i, kind in enumerate(map(str, kinds)):
            pk, name, when = start + i + 1, f"T{words[i]}-{start + i + 1}", moments[i % 1000]
            targets.append((pk, name, name.lower().replace("-", ""), "SIDEREAL", float(ra[i]), float(dec[i]), int(pixels[i]), kind, when, when, "", "", ""))
            grants += [(holder, pk) for holder in HOLDERS_OF_PERMISSION[kind] or (int(groups[i]),)]
        with transaction.atomic():
            write("tom_targets_basetarget", TARGET_COLUMNS, targets)
            write("tom_targets_grant", ("holder", "target_id"), grants)


def members():
    from django.contrib.auth.models import Group, User

    from tom_targets.models import BaseTarget, Grant

    Group.objects.bulk_create([Group(pk=i, name=f"group {i}") for i in range(1, 21)], ignore_conflicts=True)
    much, ten = User.objects.create_user("much"), User.objects.create_user("ten")
    much.groups.add(1, 2, 3)
    keys = list(BaseTarget.objects.filter(permissions="PRIVATE").order_by("name").values_list("pk", flat=True)[:100_000:10_000][:10])
    keys += list(BaseTarget.objects.filter(permissions="PRIVATE").exclude(pk__in=keys).values_list("pk", flat=True)[: 10 - len(keys)])
    Grant.objects.bulk_create([Grant(holder=-ten.pk, target_id=pk) for pk in keys])
    return much, ten


def measure(label: str, make) -> float:
    """Best of thirty, ms: the SQL of one page (the rights' own queries, then the page with its rows fetched), and all of it in Python."""
    from django.db import connection

    best = None
    for _ in range(30):
        spent = 0.0

        def timer(execute, sql, params, many, context):
            nonlocal spent
            start = time.perf_counter()
            try:
                return execute(sql, params, many, context)
            finally:
                spent += time.perf_counter() - start

        start = time.perf_counter()
        rows = list(make())
        total = time.perf_counter() - start
        with connection.execute_wrapper(timer):
            page = make()
        sql, params = page.query.sql_with_params()
        with connection.cursor() as cursor:
            start = time.perf_counter()
            cursor.execute(sql, params)
            cursor.fetchall()  # SQLite looks for rows as they are fetched
            spent += time.perf_counter() - start
        found = (spent * 1e3, total * 1e3, len(rows))
        best = found if best is None or found < best else best
    print(f"{label:<46} SQL {best[0]:7.2f} ms   with rows built {best[1]:7.2f} ms   {best[2]} rows", flush=True)
    return best[0]


def run(count: int) -> None:
    from django.contrib.auth.models import User

    from tom_targets.models import BaseTarget
    from tom_targets.policy import visible_to

    middle = count // 2
    anchor = BaseTarget.objects.get(pk=middle)
    for who in ("much", "ten"):

        def user(who=who):
            return User.objects.get(username=who)

        for order in (["-created", "-pk"], ["name"], ["-modified", "-pk"], ["-pk"]):
            measure(f"{who}: first page by {', '.join(order)}", lambda order=order: visible_to(user()).order_by(*order)[:PAGE])
        measure(f"{who}: keyset from the middle by -pk", lambda: visible_to(user(), pk_below=middle).order_by("-pk")[:PAGE])
        measure(
            f"{who}: keyset from the middle by name", lambda: visible_to(user()).filter(name__gt=anchor.name).order_by("name")[:PAGE]
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--targets", type=int, default=100_000)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--closed", action="store_true", help="nothing OPEN or PUBLIC: for the viewer of ten")
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT / "src")]
    with tempfile.TemporaryDirectory() as folder:
        name = f"{folder}/targets.sqlite3" if options.database == "sqlite" else "opentom_bench_targets"
        if options.database == "postgres":
            import psycopg

            with psycopg.connect("dbname=postgres", autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {name}")
                connection.execute(f"CREATE DATABASE {name}")
        configure(options.database, name)
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0, skip_checks=True)
        try:
            print(f"== {options.database}, {options.targets} targets, {'nothing open' if options.closed else '40 % OPEN, 10 % PUBLIC'}")
            fill(options.targets, not options.closed)
            members()
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
            run(options.targets)
        finally:
            connection.close()
            if options.database == "postgres":
                with psycopg.connect("dbname=postgres", autocommit=True) as server:
                    server.execute(f"DROP DATABASE IF EXISTS {name}")


if __name__ == "__main__":
    main()
