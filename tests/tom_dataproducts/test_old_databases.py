"""Databases of the TOM Toolkit 2.32 and 3.1 come over with every row, rows that say the same included."""

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = [pytest.mark.recorded]
ROOT = Path(__file__).resolve().parents[2]


def migrate(tmp_path, shared_data, version, *statements, check):
    path = tmp_path / "old.sqlite3"
    shutil.copyfile(shared_data / "tom_databases" / f"tom-{version}.sqlite3", path)
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    (tmp_path / "old_settings.py").write_text(
        "from tests.settings import *\n"
        f"DATABASES = {{'default': {{'ENGINE': 'django.db.backends.sqlite3', 'NAME': {str(path)!r}}}}}\n"
    )
    code = "import django; django.setup()\nfrom django.core.management import call_command\ncall_command('migrate', verbosity=0)\n"
    done = subprocess.run(
        [sys.executable, "-c", code + textwrap.dedent(check)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "old_settings", "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "src"), str(ROOT)])},
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_rows_of_2_32_that_say_the_same_stay_as_many(tmp_path, shared_data):
    copy = (
        "INSERT INTO tom_dataproducts_reduceddatum (data_type, source_name, source_location, value, target_id, timestamp) "
        "SELECT data_type, source_name, source_location, value, target_id, timestamp FROM tom_dataproducts_reduceddatum WHERE id <= 3"
    )
    out = migrate(
        tmp_path, shared_data, "2.32.4", copy, copy,
        check="""
        from tom_dataproducts.models import ReducedDatum
        print(ReducedDatum.objects.count(), ReducedDatum.objects.filter(brightness__isnull=False, data_type="photometry").count() > 300)
        same = ReducedDatum.objects.filter(timestamp=ReducedDatum.objects.get(pk=1).timestamp, target_id=ReducedDatum.objects.get(pk=1).target_id)
        print(same.count(), len({d.fingerprint for d in same}))
        for datum in same:
            datum.save()
        nested = [d for d in ReducedDatum.objects.filter(data_type="spectroscopy") if "0" in d.value]
        print(len(nested) > 0, all(len(d.flux) == len(d.value) for d in nested))
        """,
    )
    assert out.split() == ["624", "True", "3", "3", "True", "True"]


def test_typed_rows_of_3_1_keep_their_rights(tmp_path, shared_data):
    permission = (
        "INSERT INTO guardian_userobjectpermission (object_pk, content_type_id, permission_id, user_id) "
        "SELECT d.id, c.id, p.id, (SELECT min(id) FROM auth_user WHERE username != 'AnonymousUser') "
        "FROM tom_dataproducts_photometryreduceddatum d, django_content_type c JOIN auth_permission p ON p.content_type_id = c.id "
        "WHERE c.model = 'photometryreduceddatum' AND p.codename = 'view_photometryreduceddatum' AND d.id IN (1, 7, 13)"
    )
    with sqlite3.connect(shared_data / "tom_databases" / "tom-3.1.0.sqlite3") as old:
        moments = [row[0] for row in old.execute("SELECT timestamp FROM tom_dataproducts_photometryreduceddatum WHERE id IN (1, 7, 13)")]
    old.close()
    out = migrate(
        tmp_path, shared_data, "3.1.0", permission,
        check="""
        from guardian.models import UserObjectPermission
        from tom_dataproducts.models import REDUCED_DATUM_MODELS, PhotometryReducedDatum
        print([model.objects.count() for model in REDUCED_DATUM_MODELS])
        keys = UserObjectPermission.objects.filter(content_type__model="photometryreduceddatum").values_list("object_pk", flat=True)
        for when in PhotometryReducedDatum.objects.filter(pk__in=[int(key) for key in keys]).order_by("pk").values_list("timestamp", flat=True):
            print(when.strftime("%Y-%m-%d %H:%M:%S.%f"))
        """,
    )
    assert out.splitlines() == ["[600, 6, 6, 6]", *moments]


@pytest.mark.parametrize("names", ["the squashed name", "the names it stands for"])
def test_either_record_of_the_squashed_migrations(tmp_path, shared_data, names):
    squashed = "name LIKE '0011_reduceddatum_message_squashed%'"
    parts = "(name LIKE '001_%' AND name >= '0011' AND name < '0016' AND name NOT LIKE '%squashed%')"
    drop = parts if names == "the squashed name" else squashed
    out = migrate(
        tmp_path, shared_data, "3.1.0", f"DELETE FROM django_migrations WHERE app = 'tom_dataproducts' AND {drop}",  # noqa: S608
        check="from tom_dataproducts.models import ReducedDatum; print(ReducedDatum.objects.count())",
    )
    assert out.split() == ["618"]
