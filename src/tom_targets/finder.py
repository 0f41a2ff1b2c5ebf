"""The finder chart: what lies around a target, on the tangent plane, as numbers for a drawing of 200 by 200, north up, east left."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

MOST_NEIGHBOURS = 50
MOST_OFFSETS = 10
NICE_ARCSEC = (5, 10, 15, 30, 60, 120, 300, 600, 900)


def chart(user: Any, target: Any, when: datetime, field_arcmin: float = 10.0, faintest: float | None = None) -> dict[str, Any] | None:
    """The chart at a time; None where the target has no place.

    Keys: `ra`, `dec` (degrees ICRS at the time), `neighbours` (targets that the user sees), `stars` {x, y, r, mag}, `field` (the StarField or
    None), `covered` (False when the kept stars do not fill the chart), `scale` {arcsec, length, label}.
    """
    from tom_astro.times import datetime_to_mjd
    from tom_targets.models import BaseTarget, StarField
    from tom_targets.policy import visible_to
    from tom_targets.queries import cone
    from tom_targets.visibility import positions

    mjd = float(datetime_to_mjd(when))
    places = positions(target, mjd)
    if places is None:
        return None
    ra, dec = float(places[0][0]), float(places[1][0])
    half_deg = field_arcmin / 120.0
    near = cone(BaseTarget.objects.exclude(pk=target.pk), ra, dec, half_deg * 1.4143)
    neighbours = []
    for row in visible_to(user, "view", near).order_by("separation")[:MOST_NEIGHBOURS]:
        at = project(ra, dec, row.ra, row.dec, half_deg)
        if at is not None:
            neighbours.append({"target": row, "x": at[0], "y": at[1], "arcsec": round(row.separation * 3600, 1)})
    field = StarField.objects.filter(target_id=target.pk).order_by("-fetched").first()
    stars = moved_stars(field, mjd) if field is not None else []
    drawn = []
    for star in stars:
        at = project(ra, dec, star["ra"], star["dec"], half_deg)
        if at is not None and (faintest is None or star["mag"] <= faintest):
            drawn.append({**star, "x": at[0], "y": at[1], "r": round(max(0.5, 4.6 - 0.24 * (star["mag"] - 5.0)), 2)})
    bar = max(a for a in NICE_ARCSEC if a <= field_arcmin * 60 / 3.5 or a == NICE_ARCSEC[0])
    covered = field is not None and _apart_deg(ra, dec, field.ra, field.dec) + half_deg <= field.radius_arcmin / 60.0 + 1e-6
    return {
        "ra": ra, "dec": dec, "when": when, "neighbours": neighbours, "stars": drawn, "field": field, "covered": covered, "field_arcmin": round(field_arcmin, 2),
        "scale": {"arcsec": bar, "end": round(10 + bar / (field_arcmin * 60) * 200, 2), "label": f"{bar}″" if bar < 60 else f"{bar // 60}′"},
    }  # fmt: skip


def project(ra0: float, dec0: float, ra: float, dec: float, half_deg: float) -> tuple[float, float] | None:
    """Place on the chart (x to the west, y to the south, 0 to 200); None outside of it."""
    d_ra, d, d0 = math.radians(ra - ra0), math.radians(dec), math.radians(dec0)
    depth = math.sin(d0) * math.sin(d) + math.cos(d0) * math.cos(d) * math.cos(d_ra)
    if depth <= 0:
        return None
    half = math.tan(math.radians(half_deg))
    xi = math.cos(d) * math.sin(d_ra) / depth / half
    eta = (math.cos(d0) * math.sin(d) - math.sin(d0) * math.cos(d) * math.cos(d_ra)) / depth / half
    return None if abs(xi) > 1 or abs(eta) > 1 else (round(100 - 100 * xi, 2), round(100 - 100 * eta, 2))


def moved_stars(field: Any, mjd: float) -> list[dict[str, Any]]:
    """Stars of a field with their proper motion to the time (UTC MJD), brightest first; those without a magnitude left out."""
    import numpy as np

    from tom_astro.sphere import propagate
    from tom_astro.times import mjd_to_jyear

    rows = [row for row in field.stars if None not in (row[1], row[2], row[5])]
    if not rows:
        return []
    ra, dec, pm_ra, pm_dec = (np.array([row[k] or 0.0 for row in rows], dtype=float) for k in (1, 2, 3, 4))
    ra, dec = propagate(ra, dec, pm_ra, pm_dec, field.epoch, mjd_to_jyear(mjd))
    return [
        {"name": row[0], "ra": float(a), "dec": float(d), "mag": row[5], "moving": row[3] is not None}
        for row, a, d in zip(rows, ra, dec, strict=True)
    ]


def _apart_deg(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    from tom_astro.sphere import separation_deg

    return float(separation_deg(ra1, dec1, ra2, dec2))


def offset_stars(found: dict[str, Any], brightest: float, faintest: float, most_arcsec: float = 600.0) -> list[dict[str, Any]]:
    """Stars of a chart between two magnitudes, nearest first, with the offset from the star to the target in arcsec east and north."""
    from tom_astro.angles import format_dec, format_ra
    from tom_astro.sphere import position_angle_deg

    rows = []
    for star in found["stars"]:
        if not brightest <= star["mag"] <= faintest:
            continue
        apart = _apart_deg(star["ra"], star["dec"], found["ra"], found["dec"]) * 3600.0
        if not 0.5 < apart <= most_arcsec:
            continue
        angle = math.radians(float(position_angle_deg(star["ra"], star["dec"], found["ra"], found["dec"])))
        rows.append({
            **star, "east": round(apart * math.sin(angle), 2), "north": round(apart * math.cos(angle), 2), "arcsec": round(apart, 2),
            "pa": round(math.degrees(angle) % 360.0, 2), "ra_text": format_ra(star["ra"]), "dec_text": format_dec(star["dec"], 2),
        })  # fmt: skip
    rows.sort(key=lambda row: row["arcsec"])
    for number, row in enumerate(rows[:MOST_OFFSETS], 1):
        row["label"] = f"S{number}"
    return rows[:MOST_OFFSETS]


def slit(field_arcmin: float, pa_deg: float, width_arcsec: float, length_arcsec: float) -> str:
    """The slit through the middle as the points of an SVG polygon; position angle east of north, which is anticlockwise here."""
    unit = 200.0 / (field_arcmin * 60.0)
    along, across = length_arcsec / 2.0 * unit, max(width_arcsec / 2.0 * unit, 0.3)
    s, c = math.sin(math.radians(pa_deg)), math.cos(math.radians(pa_deg))
    corners = ((along, across), (along, -across), (-along, -across), (-along, across))
    # A step u along the slit goes u sin(PA) east and u cos(PA) north; v across goes -v cos(PA) east and v sin(PA) north.
    return " ".join(f"{100 - (u * s - v * c):.2f},{100 - (u * c + v * s):.2f}" for u, v in corners)


def nearby(user: Any, target: Any, when: datetime, radius_deg: float, most: int) -> list[dict[str, Any]] | None:
    """Other targets that the user sees around where the target stands: {target, arcsec, pa}, nearest first; None without a place."""
    from tom_astro.sphere import position_angle_deg
    from tom_astro.times import datetime_to_mjd
    from tom_targets.models import BaseTarget
    from tom_targets.policy import visible_to
    from tom_targets.queries import cone
    from tom_targets.visibility import positions

    places = positions(target, float(datetime_to_mjd(when)))
    if places is None:
        return None
    ra, dec = float(places[0][0]), float(places[1][0])
    rows = visible_to(user, "view", cone(BaseTarget.objects.exclude(pk=target.pk), ra, dec, radius_deg)).order_by("separation", "pk")[:most]
    return [{"target": r, "arcsec": r.separation * 3600.0, "pa": float(position_angle_deg(ra, dec, r.ra, r.dec)) % 360.0} for r in rows]
