"""When a target can be observed, as columns of numbers for plots and tables."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from typing import Any

STEP_MIN = 10


def _rounded(values, digits: int) -> list:
    import numpy as np

    # NaN is not itself
    return [None if value != value else value for value in np.round(np.atleast_1d(values), digits).tolist()]


def tonight(target, sites, now: datetime) -> dict[str, Any]:
    """Columns for the plot of the next 24 hours: `time` (Unix seconds, UTC), then altitude and airmass at each site in the dark.

    Altitudes in degrees, refraction left out; airmass above 3 and times when the Sun is higher than -12 degrees are null.
    """
    import numpy as np

    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import airmass, moon_separation_deg
    from tom_astro.visibility import altitude as altitude_of

    start = now.replace(second=0, microsecond=0, minute=now.minute - now.minute % STEP_MIN)
    seconds = np.arange(0, 24 * 60 + 1, STEP_MIN) * 60
    times = float(datetime_to_mjd(start)) + seconds / 86400.0
    places = positions(target, times)
    if places is None:
        return {}
    ra, dec = places
    high = np.asarray(altitude_of(ra, dec, times, list(sites))).reshape(len(sites), -1)
    columns = []
    for site, altitude in zip(sites, high, strict=True):
        dark = _dark(site, float(times[0]))
        mass = np.asarray(airmass(np.where(altitude > 0, altitude, np.nan)), dtype=float)
        mass[(mass > 3.0) | ~dark] = np.nan
        best = int(np.nanargmin(mass)) if np.isfinite(mass).any() else None
        columns.append(
            {
                "site": site.name,
                "altitude": _rounded(np.where(dark, altitude, np.nan), 2),
                "airmass": _rounded(mass, 3),
                "best_airmass": None if best is None else round(float(mass[best]), 2),
                "best_time": None if best is None else start + timedelta(seconds=int(seconds[best])),
                "hours": round(float(np.isfinite(mass).sum()) * STEP_MIN / 60.0, 1),
            }
        )
    return {
        "time": [int(start.timestamp()) + int(s) for s in seconds],
        "sites": columns,
        "moon_deg": round(float(moon_separation_deg(float(ra[0]), float(dec[0]), times[0])), 1),
    }


@functools.lru_cache(maxsize=64)
def _dark(site, first_mjd: float) -> Any:
    """Whether it is dark at a site at each time of `tonight`: the same for every target, until the next ten minutes."""
    import numpy as np

    from tom_astro.visibility import sun_altitude

    times = first_mjd + np.arange(0, 24 * 60 + 1, STEP_MIN) * 60 / 86400.0
    dark = np.asarray(sun_altitude(times, site)) < -12.0
    dark.flags.writeable = False
    return dark


def positions(target, mjd) -> tuple[Any, Any] | None:
    """(ra, dec) arrays in degrees ICRS at times (MJD UTC), seen from the Earth's centre; None where the target has no place.

    A fixed target's proper motion is applied at every time; a moving target's place is computed from its elements.
    """
    import numpy as np

    times = np.atleast_1d(np.asarray(mjd, dtype=float))
    if target.type == "NON_SIDEREAL":
        moving = ephemeris_of(target, times)
        return None if moving is None else (np.atleast_1d(moving.ra_deg), np.atleast_1d(moving.dec_deg))
    if target.ra is None or target.dec is None:
        return None
    if target.pm_ra is None or target.pm_dec is None or target.epoch is None:
        return np.full(times.shape, float(target.ra)), np.full(times.shape, float(target.dec))
    from tom_astro.sphere import propagate
    from tom_astro.times import mjd_to_jyear

    moved = propagate(target.ra, target.dec, target.pm_ra, target.pm_dec, target.epoch, mjd_to_jyear(times))
    return np.atleast_1d(moved[0]), np.atleast_1d(moved[1])


def ephemeris_of(target, mjd, site=None):
    """The `tom_astro.orbits.Ephemeris` of a moving target at times (MJD UTC), from a site or the Earth's centre; None without elements."""
    from tom_astro.orbits import ElementsError, elements_from_fields, ephemeris

    fields = {field.name: getattr(target, field.attname) for field in target._meta.concrete_fields}
    try:
        elements = elements_from_fields(fields, absolute_magnitude=target.abs_mag, slope=target.slope)
    except ElementsError:
        return None
    return ephemeris(elements, mjd, site)


def motion_now(target, now: datetime) -> dict[str, Any] | None:
    """Where a moving target stands and how it moves: degrees, arcsec/min, degrees east of north, V; None without elements."""
    import math

    from tom_astro.times import datetime_to_mjd

    seen = ephemeris_of(target, float(datetime_to_mjd(now)))
    if seen is None:
        return None
    magnitude = float(seen.magnitude)
    return {
        "ra": float(seen.ra_deg),
        "dec": float(seen.dec_deg),
        "rate": round(float(seen.rate_arcsec_min), 3),
        "position_angle": round(float(seen.position_angle_deg), 1),
        "magnitude": None if math.isnan(magnitude) else round(magnitude, 1),
        "elongation": round(float(seen.elongation_deg), 1),
        "distance": round(float(seen.delta_au), 4),
    }


def plan(target, sites, start: datetime, end: datetime, limit: float | None = None) -> dict[str, Any]:
    """Airmass at each site between two times: `time` (Unix seconds) and a column a site; null by day and above `limit`.

    Each site also has `nights` (see `_nights`). For a single site there are columns of altitudes in degrees too: `altitude` of the target
    and `moon`, null below the horizon, and `sun`.
    """
    import numpy as np

    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import airmass, sun_altitude
    from tom_astro.visibility import altitude as altitude_of
    from tom_astro.visibility import moon as moon_at

    minutes = max(STEP_MIN, int((end - start).total_seconds() / 60 / 2000))
    count = max(2, int((end - start).total_seconds() / 60 / minutes) + 1)
    seconds = np.arange(count) * minutes * 60
    times = float(datetime_to_mjd(start)) + seconds / 86400.0
    places = positions(target, times)
    if places is None:
        return {}
    high = np.asarray(altitude_of(*places, times, list(sites))).reshape(len(sites), -1)
    suns = np.asarray(sun_altitude(times, list(sites))).reshape(len(sites), -1)
    masses = np.asarray(airmass(np.where((high > 0) & (suns <= -18.0), high, np.nan)), dtype=float)
    masses[masses > (limit or 20.0)] = np.nan
    columns = []
    for site, altitude, sun, mass in zip(sites, high, suns, masses, strict=True):
        column = {"site": site.name, "airmass": _rounded(mass, 3), "nights": _nights(site, start, seconds, times, sun, mass)}
        if len(sites) == 1:
            moons = np.asarray(moon_at(times, site).altitude_deg)
            column["altitude"] = _rounded(np.where(altitude > 0, altitude, np.nan), 2)
            column["moon"] = _rounded(np.where(moons > 0, moons, np.nan), 1)
            column["sun"] = _rounded(sun, 1)
        columns.append(column)
    return {"time": (int(start.timestamp()) + seconds).tolist(), "sites": columns}


def _nights(site, start: datetime, seconds, times, sun, mass) -> list[dict[str, Any]]:
    """What each night of a site gives: dark from and to (Sun below -18 degrees), least airmass and its time, hours; aware datetimes, UTC.

    Dusk and dawn are read off the steps of the plot, within a minute for steps of 10 minutes. `local` is the local mean solar time of the best moment.
    """
    import numpy as np

    number = np.floor(times + site.longitude_deg / 360.0 - 0.5).astype(int)
    step_h = float(seconds[1] - seconds[0]) / 3600.0
    found = []
    for night in np.unique(number):
        here = np.flatnonzero((number == night) & (sun < -18.0))
        row: dict[str, Any] = {"dark_from": None, "dark_to": None, "airmass": None, "best": None, "local": None, "hours": 0.0}
        if len(here):
            row["dark_from"], row["dark_to"] = (
                _at(start, _crossed(seconds, sun, here[0], -1)),
                _at(start, _crossed(seconds, sun, here[-1], 1)),
            )
            seen = here[np.isfinite(mass[here])]
            if len(seen):
                best = seen[int(np.argmin(mass[seen]))]
                row |= {
                    "airmass": round(float(mass[best]), 2),
                    "best": _at(start, float(seconds[best])),
                    "hours": round(len(seen) * step_h, 1),
                }
                row["local"] = f"{row['best'] + timedelta(hours=site.longitude_deg / 15.0):%H:%M}"
        row["night"] = (
            f"{_at(start, float(seconds[np.flatnonzero(number == night)[0]])) + timedelta(hours=site.longitude_deg / 15.0):%Y-%m-%d}"
        )
        found.append(row)
    return found


def _crossed(seconds, sun, index: int, side: int) -> float:
    """The second at which the Sun passes -18 degrees between a dark step and its neighbour; the step itself at the end of the window."""
    other = index + side
    if not 0 <= other < len(sun) or sun[other] < -18.0:
        return float(seconds[index])
    part = (-18.0 - sun[index]) / (sun[other] - sun[index])
    return float(seconds[index] + part * (seconds[other] - seconds[index]))


def _at(start: datetime, seconds: float) -> datetime:
    return (start + timedelta(seconds=seconds)).replace(microsecond=0)


def moon(target, now: datetime, days: int = 30) -> dict[str, Any]:
    """Distance of the Moon (degrees) and its lit fraction over the coming days: `time` in Unix seconds, six-hourly."""
    import numpy as np

    from tom_astro.sphere import separation_deg
    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import moon as moon_at

    hours = np.arange(0, days * 24 + 1, 6)
    times = float(datetime_to_mjd(now)) + hours / 24.0
    places = positions(target, times)
    if places is None:
        return {}
    moons = moon_at(times)
    return {
        "time": [int(now.timestamp() + h * 3600) for h in hours],
        "separation": _rounded(separation_deg(*places, moons.ra_deg, moons.dec_deg), 2),
        "illumination": _rounded(moons.illumination, 3),
    }


def many_positions(targets, mjd) -> tuple[list, Any, Any]:
    """(targets that have a place, ra, dec): degrees ICRS, arrays of shape (targets, times), or (targets, 1) when none of them moves.

    Fixed targets are moved by their proper motion to the middle of the times, all at once.
    """
    import numpy as np

    from tom_astro.sphere import propagate
    from tom_astro.times import mjd_to_jyear

    times = np.atleast_1d(np.asarray(mjd, dtype=float))
    kept, fixed, moving = [], [], {}
    for target in targets:
        if target.type == "NON_SIDEREAL":
            places = positions(target, times)
            if places is None:
                continue
            moving[len(kept)] = places
            fixed.append((0.0, 0.0, 0.0, 0.0, 2000.0))
        elif target.ra is None or target.dec is None:
            continue
        elif target.pm_ra is None or target.pm_dec is None or target.epoch is None:
            fixed.append((target.ra, target.dec, 0.0, 0.0, 2000.0))
        else:
            fixed.append((target.ra, target.dec, target.pm_ra, target.pm_dec, target.epoch))
        kept.append(target)
    if not kept:
        return [], np.empty((0, 1)), np.empty((0, 1))
    columns = np.array(fixed, dtype=float).T
    ra, dec = (np.atleast_1d(v)[:, None] for v in propagate(*columns, mjd_to_jyear(float(times[len(times) // 2]))))
    if moving:
        ra, dec = (np.repeat(v, times.size, axis=1) for v in (ra, dec))
        for row, places in moving.items():
            ra[row], dec[row] = places
    return kept, ra, dec


def _dark_airmass(ra, dec, times, site, sun_below_deg: float, max_airmass: float):
    """Airmass of targets (first axis) at times at a site; NaN by day, below the horizon and above `max_airmass`. Only dark times are computed."""
    import numpy as np

    from tom_astro.visibility import airmass, sun_altitude
    from tom_astro.visibility import altitude as altitude_of

    mass = np.full((ra.shape[0], times.size), np.nan)
    dark = np.asarray(sun_altitude(times, site)) < sun_below_deg
    if dark.any():
        moving = ra.shape[1] > 1
        altitude = np.asarray(altitude_of(ra[:, dark] if moving else ra, dec[:, dark] if moving else dec, times[dark], site))
        found = np.asarray(airmass(np.where(altitude > 0, altitude, np.nan)), dtype=float)
        found[~(found <= max_airmass)] = np.nan
        mass[:, dark] = found
    return mass


def rank(
    targets, sites, start: datetime, *, step_min: int = 60, max_airmass: float = 2.0, sun_below_deg: float = -18.0
) -> list[tuple[Any, float, float, str]]:
    """Targets by how well they can be observed in the dark of the 24 hours from `start`: (target, best airmass, hours, site), best first.

    Best airmass over all sites with the site where it is had; hours below `max_airmass` added up over the sites. Targets that are never
    there are left out. 10,000 targets at five sites take about a second of CPU at the usual step; `selection` then tells the minutes.
    """
    import numpy as np

    from tom_astro.times import datetime_to_mjd

    times = float(datetime_to_mjd(start)) + np.arange(0, 24 * 60 + 1, step_min) / 1440.0
    kept, ra, dec = many_positions(targets, times)
    if not kept or not sites:
        return []
    best, where, hours = np.full(len(kept), np.inf), np.zeros(len(kept), dtype=int), np.zeros(len(kept))
    for number, site in enumerate(sites):
        mass = _dark_airmass(ra, dec, times, site, sun_below_deg, max_airmass)
        here = np.min(np.where(np.isfinite(mass), mass, np.inf), axis=1)
        where[here < best] = number
        best = np.minimum(best, here)
        hours += np.isfinite(mass).sum(axis=1) * step_min / 60.0
    order = [int(i) for i in np.lexsort((-hours, best)) if np.isfinite(best[i])]
    return [(kept[i], round(float(best[i]), 3), round(float(hours[i]), 1), sites[where[i]].name) for i in order]


def selection(targets, sites, start: datetime, max_airmass: float = 2.0) -> list[dict[str, Any]]:
    """When each target is below `max_airmass` in the dark of the 24 hours from `start`: one row for each site where it is.

    Keys: target, site, minimum_airmass, rise, time_of_minimum, set (aware datetimes, UTC), duration_hours, moon_deg (distance of the Moon
    at the time of the least airmass).
    """
    import numpy as np

    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import moon_separation_deg

    seconds = np.arange(0, 24 * 60 + 1, STEP_MIN) * 60
    times = float(datetime_to_mjd(start)) + seconds / 86400.0
    kept, ra, dec = many_positions(targets, times)
    if not kept or not sites:
        return []
    rows = []
    for site in sites:
        mass = _dark_airmass(ra, dec, times, site, -18.0, max_airmass)
        for number in np.flatnonzero(np.isfinite(mass).any(axis=1)):
            line = mass[number]
            up, best = np.flatnonzero(np.isfinite(line)), int(np.nanargmin(line))
            at = best if ra.shape[1] > 1 else 0
            rows.append(
                (
                    int(number),
                    {
                        "target": kept[number],
                        "site": site.name,
                        "minimum_airmass": round(float(line[best]), 2),
                        "rise": start + timedelta(seconds=int(seconds[up[0]])),
                        "time_of_minimum": start + timedelta(seconds=int(seconds[best])),
                        "set": start + timedelta(seconds=int(seconds[up[-1]])),
                        "duration_hours": round(len(up) * STEP_MIN / 60.0, 1),
                        "moon_deg": round(float(moon_separation_deg(ra[number, at], dec[number, at], times[best], site))),
                    },
                )
            )
    return [row for _, row in sorted(rows, key=lambda pair: (pair[0], pair[1]["minimum_airmass"]))]
