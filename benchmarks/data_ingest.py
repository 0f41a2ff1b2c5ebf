"""A CSV of photometry from the bytes of its upload to rows in the database, against the least that any program needs.

    python benchmarks/data_ingest.py [--rows 1000 10000 100000] [--database sqlite|postgres|mariadb] [--profile]

Ours: `store_product` (file on disk, history) and `process_product` (reading, meaning of columns, times, fingerprints, what is known, rows, and
their event), of a person, for a target that has no data. The limit: the file written, its columns parsed by the csv module and numpy, and the
same rows (every column of the table, the JSON as text, a unique 64-bit key) by plain SQL in one transaction: executemany on SQLite and
MariaDB, COPY on PostgreSQL. CPU time of this process and of the database server's for its connection (median of five runs, each of a file of
its own), so that another's load counts little. Also shown: the same file processed again. The bar is 4.5. Leaves with 1 when it is passed.
"""

from __future__ import annotations

import argparse
import cProfile
import csv
import io
import os
import pstats
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BAR = 4.5
RUNS = 5


def csv_file(rows: int, seed: int) -> str:
    lines = ["mjd,filter,magnitude,error,telescope"]
    lines += [
        f"{58000 + seed * 0.001 + i * 0.0123:.6f},{'gri'[i % 3]},{17 + i % 4999 / 1000:.4f},{0.01 + i % 97 / 1000:.3f},ZTF"
        for i in range(rows)
    ]
    return "\n".join(lines) + "\n"


def limit(text: str, target_id: int, folder: str, seed: int) -> None:
    """The least: file, columns, rows."""
    import numpy as np
    from django.db import connection, transaction

    from tom_dataproducts.models import ReducedDatum

    Path(folder, f"limit-{seed}.csv").write_text(text)
    header, *rows = csv.reader(io.StringIO(text))
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    mjd, magnitude, error = (np.array(columns[name], dtype=float) for name in ("mjd", "magnitude", "error"))
    times = (np.datetime64("1858-11-17", "us") + np.rint(mjd * 86400e6).astype("timedelta64[us]")).astype(str).tolist()
    if connection.vendor == "sqlite":
        times = [when.replace("T", " ") for when in times]
    fields = [field for field in ReducedDatum._meta.concrete_fields if not field.primary_key]
    defaults = {field.attname: field.get_default() for field in fields if not field.is_relation}
    blank = {field.attname: defaults.get(field.attname) or (None if field.null else "") for field in fields}
    blank |= {
        "target_id": target_id,
        "data_type": "photometry",
        "telescope": "ZTF",
        "added": times[0],
        "wavelength": None,
        "flux": None,
        "error": None,
    }
    template = [blank[field.attname] for field in fields]
    at = {field.attname: i for i, field in enumerate(fields)}
    places = [at[name] for name in ("timestamp", "value", "bandpass", "brightness", "brightness_error", "fingerprint", "source_key")]
    ready = []
    for i, (when, band, mag, err, day) in enumerate(
        zip(times, columns["filter"], magnitude.tolist(), error.tolist(), mjd.tolist(), strict=True)
    ):
        row = template.copy()
        value = f'{{"mjd": {day!r}, "filter": "{band}", "magnitude": {mag!r}, "error": {err!r}, "telescope": "ZTF"}}'
        for place, content in zip(places, (when, value, band, mag, err, seed * 10**7 + i, seed * 10**7 + i), strict=True):
            row[place] = content
        ready.append(row)
    quoted = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY tom_dataproducts_reduceddatum ({quoted}) FROM STDIN") as copy:
                for row in ready:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO tom_dataproducts_reduceddatum ({quoted}) VALUES ({marks})", ready)  # noqa: S608


def ours(text: str, target, actor, seed: int) -> object:
    from tom_dataproducts.services import process_product, store_product

    product = store_product(target=target, filename=f"ours-{seed}.csv", content=text, data_product_type="photometry", actor=actor)
    added = process_product(product=product, actor=actor)
    assert len(added.created) == text.count("\n") - 1, "not every row was stored"
    return product


def cpu_s(clock, work, *args) -> tuple[float, object]:
    begin = clock()
    found = work(*args)
    return clock() - begin, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--database", choices=["sqlite", "postgres", "mariadb"], default="sqlite")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT / "src"), str(ROOT), str(ROOT / "benchmarks")]
    os.environ.update(DJANGO_SETTINGS_MODULE="tests.settings", OPENTOM_TEST_DATABASE=options.database, OPENTOM_TEST_DB_NAME="bench_ingest")
    import django
    from django.conf import settings

    django.setup()
    from django.contrib.auth import get_user_model
    from django.test.utils import setup_databases, teardown_databases

    settings.DATA_PROCESSORS = {"photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor"}
    slow = []
    old = setup_databases(verbosity=0, interactive=False)
    try:
        from _clock import Clock

        from tom_dataproducts.models import ReducedDatum
        from tom_dataproducts.services import process_product
        from tom_targets.models import BaseTarget

        with tempfile.TemporaryDirectory() as folder:
            settings.MEDIA_ROOT = folder
            actor = get_user_model().objects.create_user("bench")
            target = BaseTarget.objects.create(name="warm", type="SIDEREAL", ra=1, dec=2)
            ours(csv_file(1200, 0), target, actor, 0)
            limit(csv_file(1200, 0), target.pk, folder, 9999)
            clock = Clock()
            print(f"CPU of {clock.told}")
            print(f"{'photometry CSV, upload to rows':<34}{'rows':>9}{'ours ms':>11}{'limit ms':>11}{'ratio':>8}{'again ms':>11}")
            for rows in options.rows:
                spent: dict[str, list[float]] = {"ours": [], "limit": [], "again": []}
                for run in range(RUNS):
                    seed = rows + run
                    text = csv_file(rows, run)
                    target, other = (
                        BaseTarget.objects.create(name=f"{who} {seed}", type="SIDEREAL", ra=1, dec=2) for who in ("ours", "limit")
                    )
                    profile = cProfile.Profile() if options.profile and run == RUNS - 1 else None
                    if profile:
                        profile.enable()
                    took, product = cpu_s(clock, ours, text, target, actor, seed)
                    if profile:
                        profile.disable()
                        pstats.Stats(profile).sort_stats("tottime").print_stats(28)
                    else:
                        spent["ours"].append(took)
                    spent["again"].append(cpu_s(clock, lambda: process_product(product=product, actor=actor))[0])  # noqa: B023
                    spent["limit"].append(cpu_s(clock, limit, text, other.pk, folder, seed)[0])
                    ReducedDatum.objects.filter(target__in=[target, other])._raw_delete(ReducedDatum.objects.db)
                mine, least, again = (statistics.median(spent[key]) for key in ("ours", "limit", "again"))
                print(
                    f"{options.database:<34}{rows:>9,}{mine * 1000:>11.1f}{least * 1000:>11.1f}{mine / least:>8.2f}{again * 1000:>11.1f}",
                    flush=True,
                )
                slow += [rows] if mine > BAR * least else []
    finally:
        teardown_databases(old, verbosity=0)
    if slow:
        print(f"OVER the bar of {BAR}: {slow}")
    return int(bool(slow))


if __name__ == "__main__":
    raise SystemExit(main())
