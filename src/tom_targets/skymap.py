"""The map of the whole sky: every target of a filter as points, or as counts in cells when there are many.

Mollweide's equal-area projection on an ellipse of 360 by 180, RA 0 in the middle and growing to the left, y down. Cells are HEALPix, nested.
"""

from __future__ import annotations

import math
from datetime import datetime
from functools import lru_cache
from typing import Any

MOST_POINTS = 20_000
MOST_NAMED = 300
MOST_MOVING = 200
SHADE_ORDER, LINK_ORDER = 4, 3  # cells of 3.7 and 7.3 degrees
CLASSES = 6
REGIONS = 12


def mollweide(ra: Any, dec: Any) -> tuple[Any, Any]:
    """(x, y) of positions in degrees; arrays. RA 180 is on the left edge."""
    import numpy as np

    lon = (np.asarray(ra, dtype=float) + 180.0) % 360.0 - 180.0
    lon = np.where((lon == -180.0), 180.0, lon)
    return _place(lon, dec)


def _place(lon: Any, dec: Any) -> tuple[Any, Any]:
    import numpy as np

    goal = math.pi * np.sin(np.radians(np.asarray(dec, dtype=float)))
    # 2t + sin 2t = goal; Newton's steps shrink near the poles, where the start is already close
    turn = np.arcsin(np.clip(goal / math.pi, -1.0, 1.0))
    for _ in range(60):
        slope = 2.0 + 2.0 * np.cos(2.0 * turn)
        step = np.where(slope > 1e-12, (2.0 * turn + np.sin(2.0 * turn) - goal) / np.maximum(slope, 1e-12), 0.0)
        turn = np.clip(turn - step, -math.pi / 2, math.pi / 2)
        if np.abs(step).max(initial=0.0) < 1e-6:
            break
    return -np.asarray(lon, dtype=float) * np.cos(turn), -90.0 * np.sin(turn)


def _number(value: float) -> str:
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def _line(xs: Any, ys: Any) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in zip(xs, ys, strict=True))


def great_circle(kind: str) -> str:
    """The galactic plane or the ecliptic as an SVG path, broken where it leaves the map."""
    return _great_circle(kind)


@lru_cache(maxsize=2)
def _great_circle(kind: str) -> str:
    import numpy as np

    from tom_astro.coords import ecliptic_to_icrs, galactic_to_icrs

    angle = np.arange(0.0, 361.0, 2.0)
    ra, dec = (galactic_to_icrs if kind == "galactic" else ecliptic_to_icrs)(angle, np.zeros_like(angle))
    x, y = mollweide(ra, dec)
    cuts = np.flatnonzero(np.abs(np.diff(x)) > 90.0) + 1
    return "".join(_line(xs, ys) for xs, ys in zip(np.split(x, cuts), np.split(y, cuts), strict=True) if len(xs) > 1)


@lru_cache(maxsize=4096)
def cell_path(order: int, pixel: int) -> str:
    """The border of a HEALPix cell as an SVG path; a cell on the edge of the map is cut there, with a part on each side."""
    import numpy as np

    from tom_astro.healpix import pix2ang

    depth = 10
    side = (1 << depth) - 1
    half = side // 2
    around = ((0, 0), (half, 0), (side, 0), (side, half), (side, side), (half, side), (0, side), (0, half))
    ra, dec = pix2ang(np.array([(pixel << 2 * depth) + _interleaved(x, y, depth) for x, y in around]), order + depth)
    centre = float(pix2ang(np.array([pixel]), order)[0][0])
    from_centre = (np.asarray(ra) - centre + 180.0) % 360.0 - 180.0
    paths = []
    for middle in {(centre + 180.0) % 360.0 - 180.0, (centre + 180.0) % 360.0 - 180.0 - 360.0, (centre + 180.0) % 360.0 + 180.0}:
        lon = middle + from_centre
        if lon.min() >= 180.0 or lon.max() <= -180.0:
            continue
        paths.append(_line(*_place(np.clip(lon, -180.0, 180.0), dec)) + "Z")
    return "".join(sorted(paths))


def _interleaved(x: int, y: int, bits: int) -> int:
    return sum(((x >> k & 1) << 2 * k) | ((y >> k & 1) << 2 * k + 1) for k in range(bits))


def counts(queryset: Any, order: int = SHADE_ORDER) -> dict[int, int]:
    """Number of targets of a queryset in each cell that holds any; one query. Only those with a stored position."""
    from django.db.models import Count, F

    from tom_targets.models import BaseTarget

    rows = queryset.filter(healpix__isnull=False).order_by()
    if rows.query.annotations:
        rows = BaseTarget.objects.filter(pk__in=rows.values("pk")).order_by()
    shift = 2 * (29 - order)
    cells = rows.annotate(sky_cell=F("healpix").bitrightshift(shift)).values_list("sky_cell").annotate(Count("pk"))
    return {int(cell): number for cell, number in cells}


def sky_map(queryset: Any, when: datetime) -> dict[str, Any]:
    """What the map shows of a queryset of targets, already restricted to who looks.

    Keys: `total`; `points` (an SVG path of dots) or `shades` [(class, path, least, most)]; `named` [{name, url, x, y}] when there are few;
    `cells` [{path, count, moc}] to follow; `regions`, the fullest cells in words; `moving` [{name, url, x, y}], `moving_left_out`; Sun and Moon.
    """
    from tom_targets.constants import NON_SIDEREAL

    fixed = queryset.exclude(type=NON_SIDEREAL)
    shaded = counts(fixed)
    total = sum(shaded.values())
    found: dict[str, Any] = {"total": total, "named": [], "points": "", "shades": []}
    if total <= MOST_NAMED:
        found["named"] = _named(fixed.filter(healpix__isnull=False).order_by("pk").values_list("pk", "name", "ra", "dec")[:MOST_NAMED])
    elif total <= MOST_POINTS:
        found["points"] = _dots(fixed.filter(healpix__isnull=False).order_by().values_list("ra", "dec")[:MOST_POINTS])
    else:
        found["shades"] = _shades(shaded)
    linked: dict[int, int] = {}
    for cell, number in shaded.items():
        parent = cell >> 2 * (SHADE_ORDER - LINK_ORDER)
        linked[parent] = linked.get(parent, 0) + number
    found["cells"] = [
        {"path": cell_path(LINK_ORDER, cell), "count": number, "moc": f"{LINK_ORDER}/{cell}"} for cell, number in sorted(linked.items())
    ]
    found["regions"] = _regions(linked)
    return {**found, **_moving(queryset.filter(type=NON_SIDEREAL), when), **sun_and_moon(when)}


def _named(rows: Any) -> list[dict[str, Any]]:
    from django.urls import reverse

    rows = list(rows)
    x, y = mollweide([row[2] for row in rows], [row[3] for row in rows]) if rows else ([], [])
    return [
        {"name": row[1], "url": reverse("targets:detail", args=[row[0]]), "x": _number(a), "y": _number(b)}
        for row, a, b in zip(rows, x, y, strict=True)
    ]


def _dots(rows: Any) -> str:
    import numpy as np

    places = np.array(list(rows), dtype=float).reshape(-1, 2)
    x, y = mollweide(places[:, 0], places[:, 1])
    # two targets on the same tenth of a unit are one dot
    dots = np.unique(np.round(np.column_stack([x, y]) * 10).astype(int), axis=0) / 10.0
    return "".join(f"M{a:g} {b:g}h0" for a, b in dots.tolist())


def _shades(cells: dict[int, int]) -> list[tuple[int, str, int, int]]:
    most = max(cells.values())
    step = math.log(most + 1.0) / CLASSES
    groups: dict[int, list[int]] = {}
    for cell, number in cells.items():
        groups.setdefault(min(CLASSES, int(math.log(number) / step) + 1), []).append(cell)
    return [
        (shade, "".join(cell_path(SHADE_ORDER, cell) for cell in group), min(cells[c] for c in group), max(cells[c] for c in group))
        for shade, group in sorted(groups.items())
    ]


def _regions(linked: dict[int, int]) -> list[dict[str, Any]]:
    import numpy as np

    from tom_astro.coords import constellation
    from tom_astro.healpix import pix2ang

    fullest = sorted(linked.items(), key=lambda item: (-item[1], item[0]))[:REGIONS]
    if not fullest:
        return []
    ra, dec = pix2ang(np.array([cell for cell, _ in fullest]), LINK_ORDER)
    names = np.atleast_1d(constellation(ra, dec))
    return [
        {"moc": f"{LINK_ORDER}/{cell}", "count": number, "constellation": str(name), "ra": round(float(a)), "dec": round(float(d))}
        for (cell, number), name, a, d in zip(fullest, names, np.atleast_1d(ra), np.atleast_1d(dec), strict=True)
    ]


def _moving(queryset: Any, when: datetime) -> dict[str, Any]:
    from tom_astro.times import datetime_to_mjd
    from tom_targets.visibility import positions

    targets = list(queryset.order_by("pk")[: MOST_MOVING + 1])
    mjd, shown = float(datetime_to_mjd(when)), []
    for target in targets[:MOST_MOVING]:
        places = positions(target, mjd)
        if places is not None:
            shown.append((target.pk, target.name, float(places[0][0]), float(places[1][0])))
    return {"moving": _named(shown), "moving_left_out": len(targets) > MOST_MOVING}


def sun_and_moon(when: datetime) -> dict[str, Any]:
    """Places of both on the map, and how much of the Moon is lit."""
    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import moon, sun

    mjd = float(datetime_to_mjd(when))
    moons, suns = moon(mjd), sun(mjd)
    moon_x, moon_y = mollweide(moons.ra_deg, moons.dec_deg)
    sun_x, sun_y = mollweide(suns[0], suns[1])
    return {
        "moon": {"x": _number(float(moon_x)), "y": _number(float(moon_y)), "percent": round(100 * float(moons.illumination))},
        "sun": {"x": _number(float(sun_x)), "y": _number(float(sun_y))},
    }
