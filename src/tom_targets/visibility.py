"""When a target can be observed, as columns of numbers for plots and tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

STEP_MIN = 10


def _rounded(values, digits: int) -> list:
    import numpy as np

    return [None if not np.isfinite(v) else round(float(v), digits) for v in np.atleast_1d(values)]


def tonight(target, sites, now: datetime) -> dict[str, Any]:
    """Columns for the plot of the next 24 hours: `time` (Unix seconds, UTC), then altitude and airmass at each site in the dark.

    Altitudes in degrees, refraction left out; airmass above 3 and times when the Sun is higher than -12 degrees are null.
    """
    import numpy as np

    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import airmass, altaz, moon_separation_deg, sun_altitude

    start = now.replace(second=0, microsecond=0, minute=now.minute - now.minute % STEP_MIN)
    seconds = np.arange(0, 24 * 60 + 1, STEP_MIN) * 60
    times = float(datetime_to_mjd(start)) + seconds / 86400.0
    places = positions(target, times)
    if places is None:
        return {}
    ra, dec = places
    high = np.asarray(altaz(ra, dec, times, list(sites)).altitude_deg).reshape(len(sites), -1)
    columns = []
    for site, altitude in zip(sites, high, strict=True):
        sun = np.asarray(sun_altitude(times, site))
        dark = sun < -12.0
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


def positions(target, mjd) -> tuple[Any, Any] | None:
    """(ra, dec) arrays in degrees ICRS at times (MJD UTC), seen from the Earth's centre; None where the target has no place.

    A fixed target's proper motion is applied for the first of the times; a moving target's place is computed from its elements.
    """
    import numpy as np

    times = np.atleast_1d(np.asarray(mjd, dtype=float))
    if target.type == "NON_SIDEREAL":
        moving = ephemeris_of(target, times)
        return None if moving is None else (np.atleast_1d(moving.ra_deg), np.atleast_1d(moving.dec_deg))
    if target.ra is None or target.dec is None:
        return None
    ra, dec = target.ra, target.dec
    if target.pm_ra is not None and target.pm_dec is not None and target.epoch is not None:
        from tom_astro.sphere import propagate
        from tom_astro.times import mjd_to_jyear

        ra, dec = (float(angle) for angle in propagate(ra, dec, target.pm_ra, target.pm_dec, target.epoch, float(mjd_to_jyear(times[0])))[:2])
    return np.full(times.shape, ra), np.full(times.shape, dec)


def ephemeris_of(target, mjd):
    """The `tom_astro.orbits.Ephemeris` of a moving target at times (MJD UTC); None where its elements are incomplete."""
    from tom_astro.orbits import ElementsError, elements_from_fields, ephemeris

    fields = {field.name: getattr(target, field.attname) for field in target._meta.concrete_fields}
    try:
        elements = elements_from_fields(fields, absolute_magnitude=target.abs_mag, slope=target.slope)
    except ElementsError:
        return None
    return ephemeris(elements, mjd)


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
    """Airmass at each site between two times: `time` (Unix seconds) and a column a site; null by day and above `limit`."""
    import numpy as np

    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import airmass, altaz, sun_altitude

    minutes = max(STEP_MIN, int((end - start).total_seconds() / 60 / 2000))
    count = max(2, int((end - start).total_seconds() / 60 / minutes) + 1)
    seconds = np.arange(count) * minutes * 60
    times = float(datetime_to_mjd(start)) + seconds / 86400.0
    places = positions(target, times)
    if places is None:
        return {}
    high = np.asarray(altaz(*places, times, list(sites)).altitude_deg).reshape(len(sites), -1)
    columns = []
    for site, altitude in zip(sites, high, strict=True):
        mass = np.asarray(airmass(np.where(altitude > 0, altitude, np.nan)), dtype=float)
        mass[(np.asarray(sun_altitude(times, site)) > -18.0) | (mass > (limit or 20.0))] = np.nan
        columns.append({"site": site.name, "airmass": _rounded(mass, 3)})
    return {"time": [int(start.timestamp() + s) for s in seconds], "sites": columns}


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


def selection(targets, sites, start: datetime, max_airmass: float = 2.0) -> list[dict[str, Any]]:
    """When each target is below `max_airmass` in the dark of the 24 hours from `start`: one row for each site where it is.

    Keys: target, site, minimum_airmass, rise, time_of_minimum, set (aware datetimes, UTC), duration_hours.
    """
    import numpy as np

    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import airmass, altaz, sun_altitude

    seconds = np.arange(0, 24 * 60 + 1, STEP_MIN) * 60
    times = float(datetime_to_mjd(start)) + seconds / 86400.0
    placed = [(target, places) for target in targets if (places := positions(target, times)) is not None]
    if not placed or not sites:
        return []
    targets = [target for target, _ in placed]
    ra, dec = (np.array([places[axis] for _, places in placed]) for axis in (0, 1))
    rows = []
    for site in sites:
        altitude = np.asarray(altaz(ra, dec, times[None, :], site).altitude_deg)
        mass = np.asarray(airmass(np.where(altitude > 0, altitude, np.nan)), dtype=float)
        mass[:, np.asarray(sun_altitude(times, site)) > -18.0] = np.nan
        mass[mass > max_airmass] = np.nan
        for target, line in zip(targets, mass, strict=True):
            up = np.flatnonzero(np.isfinite(line))
            if len(up):
                best = int(np.nanargmin(line))
                rows.append(
                    {
                        "target": target,
                        "site": site.name,
                        "minimum_airmass": round(float(line[best]), 2),
                        "rise": start + timedelta(seconds=int(seconds[up[0]])),
                        "time_of_minimum": start + timedelta(seconds=int(seconds[best])),
                        "set": start + timedelta(seconds=int(seconds[up[-1]])),
                        "duration_hours": round(len(up) * STEP_MIN / 60.0, 1),
                    }
                )
    order = {t.pk: i for i, t in enumerate(targets)}
    return sorted(rows, key=lambda row: (order[row["target"].pk], row["minimum_airmass"]))
