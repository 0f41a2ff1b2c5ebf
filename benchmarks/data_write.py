"""Rows a second of `add_reduced_data`, all new and all known, against a plain executemany of the same rows in the same run.

    python benchmarks/data_write.py [--rows 20000] [--database sqlite|postgres]

The database is made and dropped by Django's test runner. Prints the rates, and the share of the time in each part.
"""

from __future__ import annotations

import argparse
import cProfile
import datetime as dt
import os
import pstats
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--database", choices=["sqlite", "postgres", "mariadb"], default="sqlite")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
    os.environ.update(DJANGO_SETTINGS_MODULE="tests.settings", OPENTOM_TEST_DATABASE=options.database, OPENTOM_TEST_DB_NAME="bench_data")
    import django

    django.setup()
    from django.db import connection, transaction
    from django.test.utils import setup_databases, teardown_databases

    old = setup_databases(verbosity=0, interactive=False)
    try:
        from tom_dataproducts.models import ReducedDatum
        from tom_dataproducts.rows import DatumRow
        from tom_dataproducts.services import add_reduced_data
        from tom_dataproducts.services.writing import reader_of
        from tom_targets.models import BaseTarget

        target = BaseTarget.objects.create(name="benchmark", type="SIDEREAL", ra=1, dec=2)
        start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        rows = [
            DatumRow("photometry", start + dt.timedelta(minutes=i), brightness=17 + i % 500 / 100, brightness_error=0.02,
                     bandpass="gri"[i % 3], telescope="ZTF", source_name="ZTF", source_id=str(i))
            for i in range(options.rows)
        ]
        profile = cProfile.Profile() if options.profile else None
        if profile:
            profile.enable()
        for label in ("all new", "all known"):
            begin = time.perf_counter()
            added = add_reduced_data(target=target, rows=rows)
            spent = time.perf_counter() - begin
            print(f"add_reduced_data, {label:>9}: {options.rows / spent:>9,.0f} rows/s  ({len(added.created)} created)")
        if profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("cumulative").print_stats(25)
        fields = [field for field in ReducedDatum._meta.concrete_fields if not field.primary_key]
        contents = list(map(reader_of(fields, connection), ReducedDatum.objects.all()))
        ReducedDatum.objects.all().delete()
        columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
        marks = ", ".join(["%s"] * len(fields))
        begin = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO tom_dataproducts_reduceddatum ({columns}) VALUES ({marks})", contents)  # noqa: S608
        print(f"plain executemany           : {options.rows / (time.perf_counter() - begin):>9,.0f} rows/s")
    finally:
        teardown_databases(old, verbosity=0)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
