"""Airmass, tonight's ranking and the distance of the Moon against the least that any program needs, CPU time, median of 5 warm runs.

The limits take one precession-nutation matrix and one velocity of the Earth for the whole span (an arcsec is lost in a week), the Sun from the
Almanac's formula of 0.01 degrees, the Earth's rotation once a time, and spherical trigonometry in numpy. Ours are right to 0.05 arcsec.
"cold" is our first call of all, with the nodes of the interpolation still to be computed.

Run ``python benchmarks/astro_visibility.py``; leaves with 1 when a ratio is passed.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from erfa import ufunc

from tom_astro.earth import _node
from tom_astro.visibility import Site, airmass, altitude, moon_separation_deg, sun_altitude

SITES = [
    Site("Cerro Tololo", -30.169, -70.804, 2200.0), Site("Haleakala", 20.707, -156.257, 3055.0), Site("Sutherland", -32.38, 20.81, 1460.0),
    Site("Siding Spring", -31.273, 149.071, 1116.0), Site("McDonald", 30.68, -104.015, 2070.0),
]  # fmt: skip
START = 60310.0


def cpu(call: Callable[[], Any], rounds: int) -> float:
    call()
    spent = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(rounds):
            call()
        spent.append((time.process_time() - start) / rounds)
    return statistics.median(spent)


def one_frame(time_mjd: float) -> Any:
    """ERFA's parameters for directions of date, once for a span."""
    return ufunc.apci13(2400000.5, time_mjd)[0]


def limit_sine(ra: Any, dec: Any, turn: Any, site: Site) -> Any:
    """Sine of the altitude of what is of date already: the spherical triangle."""
    latitude = math.radians(site.latitude_deg)
    across = np.cos(turn + (math.radians(site.longitude_deg) - ra))
    return math.sin(latitude) * np.sin(dec) + math.cos(latitude) * np.cos(dec) * across


def limit_sun(times: Any) -> tuple[Any, Any]:
    """Right ascension from the equinox and declination of the Sun: Astronomical Almanac, page C5."""
    days = times - 51544.5
    anomaly = np.radians(357.528 + 0.9856003 * days)
    longitude = np.radians(280.460 + 0.9856474 * days + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2.0 * anomaly))
    tilt = math.radians(23.439)
    return np.arctan2(math.cos(tilt) * np.sin(longitude), np.cos(longitude)), np.arcsin(math.sin(tilt) * np.sin(longitude))


def limit_airmass(ra: float, dec: float, times: Any) -> None:
    ri, di = ufunc.atciqz(ra, dec, one_frame(times[len(times) // 2]))
    turn, sidereal = ufunc.era00(2400000.5, times), ufunc.gmst06(2400000.5, times, 2400000.5, times)
    sun = limit_sun(times)
    for site in SITES:
        height = np.degrees(np.arcsin(limit_sine(ri, di, turn, site)))
        height = np.where((height > 0.0) & (limit_sine(*sun, sidereal, site) < math.sin(math.radians(-18.0))), height, np.nan)
        1.0 / np.sin(np.radians(height + 244.0 / (165.0 + 47.0 * height**1.1)))


def our_airmass(ra: float, dec: float, times: Any) -> None:
    mass = airmass(altitude(ra, dec, times, SITES))
    np.where(sun_altitude(times, SITES) < -18.0, mass, np.nan)


def limit_tonight(ra: Any, dec: Any, times: Any) -> Any:
    ri, di = ufunc.atciqz(ra, dec, one_frame(times[len(times) // 2]))
    turn = ufunc.era00(2400000.5, times)
    best = np.full(ra.shape, -2.0)
    for site in SITES:
        best = np.maximum(best, limit_sine(ri[:, None], di[:, None], turn, site).max(axis=1))
    return np.argsort(-best)


def our_tonight(ra: Any, dec: Any, times: Any) -> Any:
    return np.argsort(-altitude(ra[:, None], dec[:, None], times, SITES).max(axis=(0, 2)))


def limit_moon(ra: float, dec: float, times: Any) -> None:
    tai = ufunc.utctai(2400000.5, times)[:2]
    place = ufunc.moon98(*ufunc.taitt(*tai)[:2])["p"]
    ufunc.seps(ra, dec, *ufunc.c2s(place))


def main() -> int:
    passed = True
    rng = np.random.default_rng(1)
    many_ra, many_dec = rng.uniform(0, 360, 10_000), np.degrees(np.arcsin(rng.uniform(-1, 1, 10_000)))
    night, week = START + np.arange(0, 1, 10 / 1440), START + np.arange(0, 7, 10 / 1440)
    hours = START + np.linspace(0.0, 0.5, 13)
    month = START + np.arange(0, 30, 0.25)
    one = (math.radians(150.0), math.radians(2.0))
    rows = [
        ("airmass, 5 sites x 1 night", lambda: our_airmass(150.0, 2.0, night), lambda: limit_airmass(*one, night), 15.0, 20),
        ("airmass, 5 sites x 7 nights", lambda: our_airmass(150.0, 2.0, week), lambda: limit_airmass(*one, week), 15.0, 5),
        ("tonight: 10,000 targets x 5 sites", lambda: our_tonight(many_ra, many_dec, hours),
         lambda: limit_tonight(np.radians(many_ra), np.radians(many_dec), hours), 5.0, 1),
        ("Moon distance, 30 days", lambda: moon_separation_deg(150.0, 2.0, month), lambda: limit_moon(*one, month), 20.0, 20),
    ]  # fmt: skip
    print(f"{'operation':36}  {'ours ms':>9}  {'limit ms':>9}  {'ratio':>6}  {'bar':>5}  {'cold ms':>8}")
    for name, ours, limit, bar, rounds in rows:
        a, b = cpu(ours, rounds) * 1e3, cpu(limit, rounds) * 1e3
        _node.cache_clear()
        start = time.process_time()
        ours()
        cold = (time.process_time() - start) * 1e3
        print(f"{name:36}  {a:9.3f}  {b:9.3f}  {a / b:6.2f}  {bar:5.0f}  {cold:8.3f}")
        passed &= a / b <= bar
    print("bars " + ("kept" if passed else "PASSED"))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
