"""Every row on plots, tables and data out of the performance table, against the least that any program needs, on the same data in the same run.

    python benchmarks/data_plots.py [--targets 1000] [--database sqlite|postgres] [--only PART_OF_A_ROW] [--profile] [--sql]

The data set and the clock are those of `targets.py`: a member's requests, CPU seconds, median of five warm runs; target 1 has 100,000 points,
target 2 10,000, target 4 ten spectra of 2,000 pixels; 210,000 measurements in the TOM. `limit` is an empty request of the same user through the
same middleware, the rows by one plain SQL statement, their number up to 10,000 where it is told, and the least JSON, HTML or CSV of them.
`table` is ours by the limit of the performance table, as in `targets.py`. Rows that the performance table does not know have no bar.
Leaves with 1 when a bar is passed.
"""

from __future__ import annotations

import argparse
import base64
import csv
import io
import json
import os
import sys
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SPECTRA, PIXELS = 10, 2000
POINT = 'timestamp, brightness, brightness_error, "limit", id, bandpass, unit, telescope, source_name'


def with_spectra() -> None:
    import numpy as np
    from _bench_site import EPOCH

    from tom_dataproducts.models import ReducedDatum
    from tom_dataproducts.rows import DatumRow
    from tom_dataproducts.services import add_reduced_data
    from tom_targets.models import BaseTarget

    if ReducedDatum.objects.filter(target_id=4).exists():
        return
    wave = np.linspace(3500, 9500, PIXELS)
    flux = np.random.default_rng(1).normal(1, 0.1, (SPECTRA, PIXELS))
    rows = [DatumRow("spectroscopy", EPOCH + timedelta(days=k), wavelength=wave, flux=flux[k], telescope="NTT") for k in range(SPECTRA)]
    add_reduced_data(target=BaseTarget(pk=4), rows=rows)
    BaseTarget.objects.filter(pk=4).update(permissions="OPEN")


def rows_of(targets: int) -> list:
    import numpy as np
    from _bench_site import MEMBER
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from targets import Least, Row, body, sql

    from tom_dataproducts.plots.thinning import extremes

    with_spectra()
    client = Client()
    member = User.objects.get(username=MEMBER)
    client.force_login(member, backend=settings.AUTHENTICATION_BACKENDS[0])
    least = Least(client, member)
    get = lambda url: body(client.get(url))  # noqa: E731
    table = "tom_dataproducts_reduceddatum"
    quoted = POINT.replace('"', "`") if connection.vendor == "mysql" else POINT

    def points(key: int) -> list[tuple]:
        return sql(f"SELECT {quoted} FROM {table} WHERE target_id = {key} AND data_type = 'photometry' ORDER BY timestamp")  # noqa: S608

    def columns(key: int):
        times, y, error, limit, keys, *_ = zip(*points(key), strict=True)
        mjd = np.array([str(when)[:26] for when in times], dtype="datetime64[us]").astype(np.int64) / 86_400e6 + 40587.0
        return mjd, *(np.array(column, dtype=float) for column in (y, error, limit)), np.array(keys)

    def light_curve(key: int, packed: bool):
        least.empty()
        mjd, *rest = columns(key)
        if len(mjd) > 20_000:
            kept = extremes(mjd, rest[0], low=mjd[0], high=mjd[-1], bins=10_000)
            mjd, rest = mjd[kept], [column[kept] for column in rest]
        pack = (lambda one: base64.b64encode(one.tobytes()).decode()) if packed else (lambda one: one.tolist())
        return json.dumps([pack(one) for one in (mjd, *rest)])

    def spectra():
        least.empty()
        found = sql(f"SELECT id, timestamp, telescope, wavelength, flux FROM {table} WHERE target_id = 4 AND data_type = 'spectroscopy'")  # noqa: S608
        return json.dumps(
            [[key, str(when), name, *(base64.b64encode(bytes(one)).decode() for one in packed)] for key, when, name, *packed in found]
        )

    def told(where: str) -> int:
        return sql(f"SELECT COUNT(*) FROM (SELECT 1 FROM {table} d WHERE {where} LIMIT 10001) s")[0][0]  # noqa: S608

    def page(where: str, size: int):
        least.empty()
        told(where)
        return [f"<tr><td>{'<td>'.join(map(str, row))}" for row in sql(
            f"SELECT {quoted} FROM {table} WHERE {where} ORDER BY timestamp DESC, id DESC LIMIT {size}")]  # noqa: S608  # fmt: skip

    def rest(where: str, size: int):
        least.empty()
        told(where)
        return json.dumps([[*map(str, row)] for row in sql(f"SELECT d.* FROM {table} d WHERE {where} ORDER BY d.id DESC LIMIT {size}")])  # noqa: S608

    def out(key: int) -> int:
        least.empty()
        text = io.StringIO()
        csv.writer(text).writerows(points(key))
        return len(text.getvalue())

    of_target = "target_id = 2 AND data_type = 'photometry'"
    seen = f"EXISTS (SELECT 1 FROM tom_targets_grant g WHERE g.target_id = d.target_id AND g.holder IN ({least.holders}))"  # noqa: S608
    address = "/dataproducts/target/{}/light-curve.json?format={}"
    rows = []
    for key, count, size in ((2, 10_000, None), (1, 100_000, 3_000_000)):
        for form in ("packed", "json"):
            rows.append(Row(f"light curve, {count:,} points, {form}", lambda key=key, form=form: get(address.format(key, form)),
                            lambda key=key, form=form: light_curve(key, form == "packed"), 3.5 if form == "packed" else 4, size=size,
                            table=1.3e-6 * count))  # fmt: skip
    known = client.get(address.format(1, "packed"))["ETag"]
    return [
        *rows,
        Row("light curve, 100,000 points, unchanged (304)", lambda: body(client.get(address.format(1, "packed"), headers={"If-None-Match": known})),
            least.empty),
        Row("light curve, 100,000 points, all as CSV", lambda: get(address.format(1, "csv")), lambda: out(1), times=1),
        Row("10 spectra of 2,000 pixels, packed", lambda: get("/dataproducts/target/4/spectra.json?format=packed"), spectra, 5, table=0.004),
        Row("photometry table of 10,000 (part of a page)", lambda: get("/dataproducts/target/2/measurements/photometry/part/"),
            lambda: page(of_target, 25), 3, table=0.01),
        Row("photometry table of 10,000 (page)", lambda: get("/dataproducts/target/2/measurements/photometry/"), lambda: page(of_target, 50)),
        Row("table of all 210,000 measurements", lambda: get("/dataproducts/measurements/"), lambda: page("1 = 1", 50)),
        Row("REST: reduced data, 100 of 210,000", lambda: get("/api/reduceddatums/"), lambda: rest(seen, 100), 3, sql=8, table=0.005),
        Row("REST: reduced data of one target", lambda: get("/api/reduceddatums/?target=2"), lambda: rest("d.target_id = 2", 100), 3, sql=8, table=0.005),
        Row("data out: CSV of 100,000 points", lambda: get("/dataproducts/target/1/measurements/photometry/export/?as=csv"), lambda: out(1), times=1),
        Row("data out: Parquet of 100,000 points", lambda: get("/dataproducts/target/1/measurements/photometry/export/?as=parquet"), lambda: out(1), times=1),
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--sql", action="store_true", help="print the statements of each operation")
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]
    import targets as bench

    options.database, options.targets = [options.database], [options.targets]
    found = bench.measure(options, rows_of)
    print(bench.HEAD)
    for one in found:
        print(bench.line(one))
    over = sum(1 for one in found if one.get("over") or "failed" in one)
    print(f"{len(found)} measurements, {over} over a bar or not measured; load of the machine {os.getloadavg()[0]:.1f}")
    return int(bool(over))


if __name__ == "__main__":
    sys.exit(main())
