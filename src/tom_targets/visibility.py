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
    place = position_now(target, times[0])
    if place is None:
        return {}
    ra, dec = place
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
        "moon_deg": round(float(moon_separation_deg(ra, dec, times[0])), 1),
    }


def position_now(target, mjd: float) -> tuple[float, float] | None:
    """(ra, dec) in degrees ICRS at a moment: proper motion applied; None for a target without a position."""
    if target.ra is None or target.dec is None:
        return None
    if target.pm_ra is None or target.pm_dec is None or target.epoch is None:
        return target.ra, target.dec
    from tom_astro.sphere import propagate
    from tom_astro.times import mjd_to_jyear

    ra, dec = propagate(target.ra, target.dec, target.pm_ra, target.pm_dec, target.epoch, float(mjd_to_jyear(mjd)))[:2]
    return float(ra), float(dec)


def plan(target, sites, start: datetime, end: datetime, limit: float | None = None) -> dict[str, Any]:
    """Airmass at each site between two times: `time` (Unix seconds) and a column a site; null by day and above `limit`."""
    import numpy as np

    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import airmass, altaz, sun_altitude

    minutes = max(STEP_MIN, int((end - start).total_seconds() / 60 / 2000))
    count = max(2, int((end - start).total_seconds() / 60 / minutes) + 1)
    seconds = np.arange(count) * minutes * 60
    times = float(datetime_to_mjd(start)) + seconds / 86400.0
    place = position_now(target, times[0])
    if place is None:
        return {}
    high = np.asarray(altaz(*place, times, list(sites)).altitude_deg).reshape(len(sites), -1)
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
    place = position_now(target, times[0])
    if place is None:
        return {}
    moons = moon_at(times)
    return {
        "time": [int(now.timestamp() + h * 3600) for h in hours],
        "separation": _rounded(separation_deg(*place, moons.ra_deg, moons.dec_deg), 2),
        "illumination": _rounded(moons.illumination, 3),
    }


def selection(targets, sites, start: datetime, max_airmass: float = 2.0) -> list[dict[str, Any]]:
    """When each target is below `max_airmass` in the dark of the 24 hours from `start`: one row for each site where it is.

    Keys: target, site, minimum_airmass, rise, time_of_minimum, set (aware datetimes, UTC), duration_hours.
    """
    import numpy as np

    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import airmass, altaz, sun_altitude

    targets = [t for t in targets if t.type == "SIDEREAL" and t.ra is not None and t.dec is not None]
    if not targets or not sites:
        return []
    seconds = np.arange(0, 24 * 60 + 1, STEP_MIN) * 60
    times = float(datetime_to_mjd(start)) + seconds / 86400.0
    ra = np.array([t.ra for t in targets])[:, None]
    dec = np.array([t.dec for t in targets])[:, None]
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
