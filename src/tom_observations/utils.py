"""When a target can be seen, at the sites of this TOM's facilities."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from .facility import get_service_classes
from .models import Facility

logger = logging.getLogger(__name__)

DEFAULT_AIRMASS_LIMIT = 10
DARK_BELOW_DEG = -18.0


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if timezone.is_naive(moment) else moment.astimezone(UTC)


def _sites(facility_name: str | None) -> dict[str, Any]:
    """Label of each site, ``(<facility>) <site>``, or a general facility's short name, to its ``tom_astro`` site."""
    from tom_astro.visibility import Site

    classes = get_service_classes()
    found: dict[str, Any] = {}
    if facility_name and facility_name not in classes:
        for row in Facility.objects.filter(full_name=facility_name, location=Facility.Location.GROUND):
            if row.latitude is not None and row.longitude is not None:
                found[row.short_name] = Site(row.short_name, row.latitude, row.longitude, row.elevation or 0.0)
        return found
    for name, facility_class in classes.items():
        if facility_name and name != facility_name:
            continue
        try:
            for site, place in (facility_class().get_observing_sites() or {}).items():
                label = f"({name}) {site}"
                found[label] = Site(label, place["latitude"], place["longitude"], place.get("elevation") or 0.0)
        except Exception as error:  # one facility's trouble must not hide the others' sites
            logger.warning("The sites of %s are left out: %s", name, error)
    return found


def get_sidereal_visibility(target, start_time, end_time, interval, airmass_limit, facility_name=None) -> dict:
    """Airmass of a sidereal target over time at each site.

    `start_time` and `end_time` are datetimes (naive: UTC), `interval` minutes, `airmass_limit` None for 10. `facility_name` is the name of a
    facility class or the full name of a general facility on the ground; None for every facility class.

    Returns ``{"(<facility>) <site>": (array of aware UTC datetimes, [airmass or None])}``; None where the airmass is not below the limit, the
    target is down, or the Sun is above -18 degrees. ``{}`` for a target that is not sidereal. ``ValueError`` when the end is before the start.
    """
    import numpy as np

    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import airmass, altitude, sun_altitude

    if target.type != "SIDEREAL" or target.ra is None or target.dec is None:
        return {}
    start, end = _utc(start_time), _utc(end_time)
    if end < start:
        raise ValueError("The end of the time range is before its start.")
    if not interval or interval <= 0:
        raise ValueError("The interval must be more than 0 minutes.")
    limit = DEFAULT_AIRMASS_LIMIT if airmass_limit is None else float(airmass_limit)
    sites = _sites(facility_name)
    if not sites:
        return {}
    steps = int((end - start).total_seconds() // (60 * interval)) + 1
    if steps > 100_000:
        raise ValueError("The time range has more than 100 000 steps: take a longer interval.")
    times = np.array([start + timedelta(minutes=interval * step) for step in range(steps)], dtype=object)
    mjd = datetime_to_mjd(start) + np.arange(steps) * interval / 1440.0
    places = list(sites.values())
    masses = np.atleast_2d(airmass(altitude(target.ra, target.dec, mjd, places)))
    dark = np.atleast_2d(sun_altitude(mjd, places)) <= DARK_BELOW_DEG
    with np.errstate(invalid="ignore"):
        seen = dark & (masses < limit)
    return {
        label: (times, [float(mass) if ok else None for mass, ok in zip(row, good, strict=True)])
        for label, row, good in zip(sites, masses, seen, strict=True)
    }


def get_astroplan_sun_and_time(start_time, end_time, interval):
    """``(sun, times)``: the Sun's coordinates over a grid of `interval` minutes, as astropy objects.

    For a range that is short for its interval (four times its days less than half the interval's number) the Sun stands still in its middle.
    """
    import numpy as np
    from astropy import units
    from astropy.coordinates import get_sun
    from astropy.time import Time

    start, end = Time(_utc(start_time)), Time(_utc(end_time))
    days = (end - start).to_value(units.day)
    steps = max(int(days * 1440 // interval) + 1, 1)
    times = start + np.arange(steps) * interval * units.minute
    if days * 4 < interval / 2:
        return get_sun(start + (end - start) / 2), times
    return get_sun(times), times


def get_facilities() -> list[tuple[str, str]]:
    """Choices: facility classes by name, then general facilities by full name."""
    return [(name, name) for name in get_service_classes()] + [
        (name, name) for name in Facility.objects.order_by("full_name").values_list("full_name", flat=True)
    ]
