"""Time from a cone to its HEALPix ranges, per radius, and of one position to its index.

Run ``python benchmarks/astro_cone.py``; leaves with 1 when a limit is passed.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from tom_astro.healpix import N_CELLS_29, cone_ranges, healpix29

RADII_DEG = {'0.1"': 0.1 / 3600, '1"': 1 / 3600, "1'": 1 / 60, "1 deg": 1.0, "10 deg": 10.0, "90 deg": 90.0, "179.9 deg": 179.9}
LIMIT_CONE_MS = 2.0
LIMIT_RANGES = 120
LIMIT_POINT_US = 25.0
LIMIT_MILLION_MS = 600.0


def cones() -> list[tuple[float, float]]:
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, 60), np.degrees(np.arcsin(rng.uniform(-1, 1, 60)))
    seams = [(0.0, 0.0), (0.0, 90.0), (0.0, -90.0), (45.0, 0.0), (45.0, 41.8103), (0.0, 41.8103), (359.9999, 10.0), (90.0, -41.8103)]
    return [*zip(ra.tolist(), dec.tolist(), strict=True), *seams]


def main() -> int:
    passed = True
    centres = cones()
    cone_ranges(1.0, 2.0, 3.0)
    print(f"{'radius':>10}  {'median ms':>9}  {'worst ms':>8}  {'ranges':>6}  {'area / cone':>11}")
    for name, radius in RADII_DEG.items():
        spent, counts, areas = [], [], []
        for ra, dec in centres:
            best = float("inf")
            for _ in range(5):
                start = time.perf_counter()
                ranges = cone_ranges(ra, dec, radius)
                best = min(best, time.perf_counter() - start)
            spent.append(best * 1e3)
            counts.append(len(ranges))
            areas.append(sum(high - low for low, high in ranges) / N_CELLS_29 / np.sin(np.radians(radius / 2)) ** 2)
        print(f"{name:>10}  {np.median(spent):9.3f}  {max(spent):8.3f}  {np.mean(counts):6.1f}  {np.mean(areas):11.2f}")
        passed &= max(spent) <= LIMIT_CONE_MS and max(counts) <= LIMIT_RANGES
    start = time.perf_counter()
    for ra, dec in centres * 100:
        healpix29(ra, dec)
    point = (time.perf_counter() - start) / len(centres) / 100 * 1e6
    rng = np.random.default_rng(2)
    ra, dec = rng.uniform(0, 360, 1_000_000), np.degrees(np.arcsin(rng.uniform(-1, 1, 1_000_000)))
    start = time.perf_counter()
    healpix29(ra, dec)
    million = (time.perf_counter() - start) * 1e3
    print(f"one position {point:.1f} us, a million {million:.0f} ms")
    passed &= point <= LIMIT_POINT_US and million <= LIMIT_MILLION_MS
    limits = f"{LIMIT_CONE_MS} ms and {LIMIT_RANGES} ranges a cone, {LIMIT_POINT_US} us a position, {LIMIT_MILLION_MS} ms a million"
    print(f"limits: {limits}: {'kept' if passed else 'PASSED'}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
