"""A database of the TOM Toolkit, 2.32.4 or 3.1.0, is upgraded in place by `migrate`, and nothing is lost."""

import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from collections import Counter

import pytest

from tests.projects.test_projects import run

PROJECT = {"2.32.4": "kind232", "3.1.0": "kind31"}
OLD_FRIEND = "tests.upgrade.oldfriend.apps.OldFriendConfig"
NEW_FRIEND = "tests.upgrade.newfriend.apps.NewFriendConfig"
# 2.32 shipped tom_dataservices without installing it; the sample databases were made with it installed.
APPS = {
    "kind232": {"OPENTOM_PROJECT_APPS": f"tom_dataservices,{NEW_FRIEND}"},
    "kind31": {"OPENTOM_PROJECT_APPS": NEW_FRIEND},
}
REDUCED = "tom_dataproducts_reduceddatum"
TYPED = {
    "photometry": "tom_dataproducts_photometryreduceddatum",
    "spectroscopy": "tom_dataproducts_spectroscopyreduceddatum",
    "astrometry": "tom_dataproducts_astrometryreduceddatum",
}
# What is not the same row by row: django's own book-keeping, reduced data and object permissions, which have tests below.
APART = {
    *("django_migrations", "sqlite_sequence", "django_content_type", "auth_permission", "auth_group_permissions"),
    *("guardian_userobjectpermission", "guardian_groupobjectpermission", "tom_common_usersession", REDUCED),
    *TYPED.values(),
}


class Sqlite:
    def __init__(self, folder, source):
        self.path = folder / "db.sqlite3"
        shutil.copy(source, self.path)
        self.extra = {}

    def query(self, sql):
        with sqlite3.connect(self.path) as connection:
            cursor = connection.execute(sql)
            return [c[0] for c in cursor.description], [tuple(map(plain, row)) for row in cursor]

    def tables(self):
        return {row[0] for row in self.query("SELECT name FROM sqlite_master WHERE type = 'table'")[1]}

    def close(self):
        pass


class Postgres:
    def __init__(self, folder, source):
        psycopg = pytest.importorskip("psycopg")
        self.name = f"opentom_upgrade_{os.getpid()}_{source.stem.replace('.', '_').replace('-', '_')}"
        try:
            with psycopg.connect("dbname=postgres", autocommit=True) as admin:
                admin.execute(f'DROP DATABASE IF EXISTS "{self.name}"')
                admin.execute(f'CREATE DATABASE "{self.name}"')
        except psycopg.OperationalError as error:
            pytest.skip(f"no PostgreSQL here: {error}")
        subprocess.run(
            ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.name, "-f", str(source)], check=True, capture_output=True, text=True
        )
        self.extra = {"OPENTOM_PROJECT_DATABASE": json.dumps({"ENGINE": "django.db.backends.postgresql", "NAME": self.name})}

    def query(self, sql):
        import psycopg

        with psycopg.connect(f"dbname={self.name}") as connection:
            cursor = connection.execute(sql)
            return [c[0] for c in cursor.description], [tuple(map(plain, row)) for row in cursor]

    def tables(self):
        return {row[0] for row in self.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")[1]}

    def close(self):
        import psycopg

        with psycopg.connect("dbname=postgres", autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{self.name}"')


def plain(value):
    """A database's value in a form that compares: JSON text parsed and written in one way, bytes as text."""
    if isinstance(value, memoryview | bytes):
        return bytes(value).hex()
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.dumps(json.loads(value), sort_keys=True)
        except ValueError:
            return value
    return value


class Upgraded:
    """An old database before and after `migrate`."""

    def __init__(self, kind, version, folder, shared):
        source = {"sqlite": f"tom-{version}.sqlite3", "postgres": f"tom-{version}.postgres.sql"}[kind]
        self.version, self.folder = version, folder
        self.database = {"sqlite": Sqlite, "postgres": Postgres}[kind](folder, shared / "tom_databases" / source)
        with tarfile.open(shared / "tom_databases" / f"media-{version}.tar.gz") as media:
            media.extractall(folder, filter="data")
        self.before = {name: self.database.query(f'SELECT * FROM "{name}"') for name in self.database.tables()}
        self.permissions = self.object_permissions()
        self.manage("migrate", "--verbosity", "0")
        self.after = {name: self.database.query(f'SELECT * FROM "{name}"') for name in self.database.tables()}

    def python(self, *command):
        project = PROJECT[self.version]
        return run(project, self.folder, *command, extra={**self.database.extra, **APPS[project]})

    def manage(self, *command):
        return self.python("-m", "django", *command)

    def script(self, code):
        return json.loads(self.manage("shell", "--verbosity", "0", "-c", code).stdout)

    def object_permissions(self):
        """(who, codename, object) of each object permission, whatever table holds it, with the model's table name."""
        rows = Counter()
        for who in ("user", "group"):
            name = "username" if who == "user" else "name"
            _, found = self.database.query(
                f'SELECT w."{name}", p.codename, c.model, o.object_pk FROM guardian_{who}objectpermission o'
                f" JOIN auth_{who} w ON w.id = o.{who}_id JOIN auth_permission p ON p.id = o.permission_id"
                " JOIN django_content_type c ON c.id = o.content_type_id"
            )
            rows.update((who, *row[:3], str(row[3])) for row in found)
        return rows

    def rows(self, when, table):
        columns, rows = getattr(self, when)[table]
        return [dict(zip(columns, row, strict=True)) for row in rows]


@pytest.fixture(scope="module", params=[(kind, version) for kind in ("sqlite", "postgres") for version in PROJECT], ids="-".join)
def upgraded(request, shared_data, tmp_path_factory):
    kind, version = request.param
    result = Upgraded(kind, version, tmp_path_factory.mktemp(f"{kind}{version.replace('.', '')}"), shared_data)
    yield result
    result.database.close()


pytestmark = pytest.mark.recorded


def test_every_row_of_every_table_is_still_there_with_its_values(upgraded):
    compared = 0
    for table, (columns, rows) in upgraded.before.items():
        if table in APART or not rows:
            continue
        assert table in upgraded.after, f"{table} had {len(rows)} rows and is gone"
        after = upgraded.rows("after", table)
        key = "id" if "id" in columns else columns[0]
        by_key = {row[key]: row for row in after}
        for old in upgraded.rows("before", table):
            new = by_key.get(old[key])
            assert new is not None, f"{table} lost {old}"
            kept = {c: old[c] for c in columns if c in new}
            assert {c: new[c] for c in kept} == kept, f"{table} {old[key]} changed"
            assert not {c for c in columns if c not in new and old[c] not in (None, "")}, f"{table} dropped a column that held something"
            compared += 1
        if table.startswith("tom_"):
            assert len(after) == len(rows), f"{table}: {len(rows)} rows before, {len(after)} after"
    assert compared > 250


def test_old_names_are_recorded_and_nothing_is_left_to_migrate(upgraded):
    plan = upgraded.manage("showmigrations", "--plan").stdout
    assert "[ ]" not in plan
    upgraded.manage("makemigrations", "--check", "--dry-run")


def test_keys_have_64_bits(upgraded):
    if isinstance(upgraded.database, Sqlite):
        pytest.skip("every integer key of SQLite has 64 bits")
    _, rows = upgraded.database.query(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name LIKE 'tom\\_%'"
        " AND (column_name = 'id' OR column_name LIKE '%\\_id')"
    )
    narrow = {(t, c) for t, c, kind in rows if kind == "integer"}
    # columns that point at tables of other projects keep those tables' width
    assert not {
        (t, c)
        for t, c in narrow
        if c not in ("user_id", "added_by_id", "actor_id", "editor_id", "owner_id", "group_id", "permission_id", "content_type_id")
    }


def test_reduced_data_are_one_table_with_every_row_and_value(upgraded):
    before_generic = upgraded.rows("before", REDUCED)
    after = {row["id"]: row for row in upgraded.rows("after", REDUCED)}
    typed_before = {kind: upgraded.rows("before", table) for kind, table in TYPED.items() if table in upgraded.before}
    assert len(after) == len(before_generic) + sum(map(len, typed_before.values()))
    data = upgraded.script(
        "import json; from tom_dataproducts.models import ReducedDatum as R\n"
        "print(json.dumps([[d.pk, d.target_id, d.data_product_id, d.data_type, d.timestamp.isoformat(), d.source_name, d.source_location,"
        " d.value, d.brightness, d.brightness_error, d.limit, d.bandpass, d.unit, d.telescope, d.instrument, d.exposure_time,"
        " d.reduction_version, list(d.wavelength) if d.wavelength is not None else None, list(d.flux) if d.flux is not None else None,"
        " d.ra, d.dec, d.ra_error, d.dec_error] for d in R.objects.order_by('pk')]))"
    )
    names = (
        "id target_id data_product_id data_type timestamp source_name source_location value brightness brightness_error limit bandpass unit"
        " telescope instrument exposure_time reduction_version wavelength flux ra dec ra_error dec_error"
    ).split()
    new = {row[0]: dict(zip(names, row, strict=True)) for row in data}
    for old in before_generic:
        row = new[old["id"]]
        for column in ("target_id", "data_product_id", "data_type", "source_name", "source_location"):
            assert row[column] == old[column]
        assert row["value"] == json.loads(old["value"]), f"the value of datum {old['id']} changed"
    assert Counter(row["data_type"] for row in new.values()) == Counter(row["data_type"] for row in before_generic) + Counter(
        {kind: len(rows) for kind, rows in typed_before.items()}
    )
    columns = {
        "photometry": "target_id data_product_id source_name telescope instrument exposure_time"
        " brightness brightness_error limit bandpass unit",
        "astrometry": "target_id data_product_id source_name telescope instrument ra dec ra_error dec_error",
        "spectroscopy": "target_id data_product_id source_name telescope instrument exposure_time",
    }
    known = {row["id"] for row in before_generic}
    for kind, rows in typed_before.items():
        wanted = columns[kind].split()
        old = Counter(tuple(row[c] for c in wanted) for row in rows)
        moved = [row for row in new.values() if row["data_type"] == kind and row["id"] not in known]
        assert Counter(tuple(row[c] for c in wanted) for row in moved) == old
        if kind == "spectroscopy":
            arrays = Counter((json.dumps(json.loads(r["wavelength"])), json.dumps(json.loads(r["flux"]))) for r in rows)
            assert Counter((json.dumps(r["wavelength"]), json.dumps(r["flux"])) for r in moved) == arrays
        # what the writer had put into `value` beside the columns is in it still
        extras = Counter(json.dumps(json.loads(row["value"]), sort_keys=True) for row in rows)
        for text, count in extras.items():
            holding = [r for r in moved if json.loads(text).items() <= (r["value"] if isinstance(r["value"], dict) else {}).items()]
            assert len(holding) >= count


def test_every_object_permission_still_holds(upgraded):
    wanted = [list(row) for row in upgraded.permissions]
    assert wanted
    missing = upgraded.script(
        "import json; from django.contrib.auth.models import User, Group; from guardian.shortcuts import get_perms\n"
        "from tom_targets.models import BaseTarget, TargetList; from tom_observations.models import ObservationRecord, ObservationGroup\n"
        "from tom_dataproducts import models as m\n"
        "models = {'basetarget': BaseTarget, 'target': BaseTarget, 'targetlist': TargetList, 'observationrecord': ObservationRecord,"
        " 'observationgroup': ObservationGroup, 'dataproduct': m.DataProduct, 'reduceddatum': m.ReducedDatum}\n"
        f"wanted = {wanted!r}\nmissing = []\n"
        "for who, name, codename, model, pk in wanted:\n"
        "    holder = User.objects.get(username=name) if who == 'user' else Group.objects.get(name=name)\n"
        "    if model not in models: missing.append(['unknown model', model]); continue\n"
        "    obj = models[model].objects.get(pk=pk)\n"
        "    if codename not in get_perms(holder, obj): missing.append([who, name, codename, model, pk])\n"
        "print(json.dumps(missing))"
    )
    assert missing == []


def test_grants_and_derived_columns_are_complete(upgraded):
    found = upgraded.script(
        "import json; from django.contrib.auth.models import User; from tom_targets.models import BaseTarget\n"
        "from tom_targets.policy import visible_to\n"
        "from guardian.shortcuts import get_objects_for_user\n"
        "out = {}\n"
        "for u in User.objects.filter(is_active=True).exclude(username='AnonymousUser'):\n"
        "    seen = set(visible_to(u).values_list('pk', flat=True))\n"
        "    if u.is_superuser: expected = set(BaseTarget.objects.values_list('pk', flat=True))\n"
        "    else: expected = set(BaseTarget.objects.exclude(permissions='PRIVATE').values_list('pk', flat=True)) |"
        " set(get_objects_for_user(u, 'tom_targets.view_target').values_list('pk', flat=True))\n"
        "    out[u.username] = [len(seen), sorted(seen ^ expected)]\n"
        "missing = BaseTarget.objects.filter(ra__isnull=False, dec__isnull=False, healpix__isnull=True).count()\n"
        "print(json.dumps([out, missing]))"
    )
    by_user, without_healpix = found
    assert without_healpix == 0
    assert by_user
    assert all(difference == [] for _, difference in by_user.values()), by_user
    assert any(count for count, _ in by_user.values())


def test_the_upgraded_tom_serves_its_pages(upgraded):
    report = json.loads(upgraded.python("-m", "tests.projects.crawl").stdout)
    assert not [row for row in report["opened"] if row["anonymous"] >= 500 or row["owner"] >= 500]


@pytest.mark.parametrize("kind", ["kind232", "kind31"])
def test_other_apps_dependencies_resolve_on_an_empty_database(kind, tmp_path):
    run(kind, tmp_path, "-m", "django", "migrate", "--verbosity", "0", extra=APPS[kind])
    run(kind, tmp_path, "-m", "django", "migrate", "--check", extra=APPS[kind])


def test_an_early_apps_relation_follows_the_target_to_its_new_name(tmp_path):
    extra = {"OPENTOM_PROJECT_APPS": OLD_FRIEND}
    run("kind31", tmp_path, "-m", "django", "migrate", "--verbosity", "0", extra=extra)
    with sqlite3.connect(tmp_path / "db.sqlite3") as database:
        (note,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'oldfriend_note'").fetchone()
    assert '"tom_targets_basetarget"' in note
    run("kind31", tmp_path, "-m", "django", "makemigrations", "--check", "--dry-run", extra=extra)


def test_a_half_applied_history_is_refused_with_the_way_out(shared_data, tmp_path):
    shutil.copy(shared_data / "tom_databases" / "tom-2.32.4.sqlite3", tmp_path / "db.sqlite3")
    with sqlite3.connect(tmp_path / "db.sqlite3") as connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'tom_targets' AND name = '0030_alter_basetarget_slope'")
    done = run("kind232", tmp_path, "-m", "django", "migrate", check=False)
    assert done.returncode != 0
    assert "2.32.4" in done.stderr
    assert "0030_alter_basetarget_slope" in done.stderr
