"""The sky of targets: the map of all of them, tonight's ranking, a plan, the Moon; our functions against the least that any program needs.

    python benchmarks/targets_sky.py [--targets 100000]      (SQLite)

CPU time of this process, median of five warm runs; the map as a page of a group member, its statements and bytes counted. The limit of the map: an
empty Django request, and one statement in plain SQL that counts the member's targets by cell. Leaves with 1 when a bar is passed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]
MAP_BAR, MAP_BYTES = 1.5, 500_000
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def cpu(call, rounds=1):
    call()
    spent = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(rounds):
            call()
        spent.append((time.process_time() - start) / rounds)
    return statistics.median(spent)


def star(ra, dec):
    return SimpleNamespace(type="SIDEREAL", ra=ra, dec=dec, pm_ra=None, pm_dec=None, epoch=None)


def astronomy():
    """(name, ours, limit, bar, rounds) of what is computed with numpy alone."""
    import numpy as np
    from astro_visibility import SITES, limit_airmass, limit_moon, limit_tonight

    from tom_astro.times import datetime_to_mjd
    from tom_targets.visibility import moon, plan, rank

    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, 10_000), np.degrees(np.arcsin(rng.uniform(-1, 1, 10_000)))
    many = [star(float(a), float(d)) for a, d in zip(ra, dec, strict=True)]
    one, place = star(150.0, 2.0), (np.radians(150.0), np.radians(2.0))
    first = float(datetime_to_mjd(START))
    night, week = first + np.arange(0, 1, 10 / 1440), first + np.arange(0, 7, 10 / 1440)
    # a day in steps of an hour, as `rank` has it
    hours, month = first + np.arange(0, 25) / 24.0, first + np.arange(0, 30, 0.25)
    return [
        (
            "plan, 5 sites x 1 night",
            lambda: plan(one, SITES, START, START + timedelta(days=1)),
            lambda: limit_airmass(*place, night),
            15.0,
            10,
        ),
        (
            "plan, 5 sites x 7 nights",
            lambda: plan(one, SITES, START, START + timedelta(days=7)),
            lambda: limit_airmass(*place, week),
            15.0,
            3,
        ),
        (
            "tonight: 10,000 targets x 5 sites",
            lambda: rank(many, SITES, START),
            lambda: limit_tonight(np.radians(ra), np.radians(dec), hours),
            5.0,
            1,
        ),
        ("Moon distance, 30 days", lambda: moon(one, START), lambda: limit_moon(*place, month), 20.0, 10),
    ]


def main() -> int:
    from targets_list import configure

    parser = argparse.ArgumentParser()
    parser.add_argument("--targets", type=int, default=100_000)
    options = parser.parse_args()
    passed = True
    with tempfile.TemporaryDirectory() as folder:
        configure("sqlite", f"{folder}/sky.sqlite3")
        print(f"{'operation':36}  {'ours ms':>9}  {'limit ms':>9}  {'ratio':>6}  {'bar':>5}")
        for what, ours, limit, bar, rounds in astronomy():
            a, b = cpu(ours, rounds) * 1e3, cpu(limit, rounds) * 1e3
            print(f"{what:36}  {a:9.2f}  {b:9.2f}  {a / b:6.2f}  {bar:5.1f}", flush=True)
            passed &= a / b <= bar
        passed &= whole_map(options.targets)
    print("bars " + ("kept" if passed else "PASSED"))
    return 0 if passed else 1


def whole_map(count: int) -> bool:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from targets_list import statements
    from targets_visible import fill, members

    call_command("migrate", verbosity=0, skip_checks=True)
    fill(count, True)
    member, _ = members()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(member, backend=settings.AUTHENTICATION_BACKENDS[0])

    def least():
        client.get("/empty/")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT healpix >> 50, COUNT(*) FROM tom_targets_basetarget t WHERE EXISTS (SELECT 1 FROM tom_targets_grant g "
                "WHERE g.target_id = t.id AND g.holder IN (-1, 1, 2, 3, %s)) GROUP BY 1",
                [-member.pk],
            )
            cursor.fetchall()

    sql, answer = statements(client, "/targets/skymap/"), client.get("/targets/skymap/")
    a, b = cpu(lambda: client.get("/targets/skymap/")) * 1e3, cpu(least) * 1e3
    print(
        f"{f'sky map of {count:,} targets, member':36}  {a:9.2f}  {b:9.2f}  {a / b:6.2f}  {MAP_BAR:5.1f}   {len(sql)} SQL, {len(answer.content):,} bytes"
    )
    return a / b <= MAP_BAR and len(answer.content) <= MAP_BYTES


if __name__ == "__main__":
    sys.exit(main())
