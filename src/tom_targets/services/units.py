"""Units and meanings of the columns of targets, for files that state them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tom_common.errors import InvalidInputError

UNITS = {
    "ra": "deg", "dec": "deg", "epoch": "yr", "pm_ra": "mas/yr", "pm_dec": "mas/yr", "parallax": "mas", "galactic_lng": "deg",
    "galactic_lat": "deg", "distance": "pc", "distance_err": "pc", "epoch_of_elements": "d", "epoch_of_perihelion": "d",
    "mean_anomaly": "deg", "arg_of_perihelion": "deg", "lng_asc_node": "deg", "inclination": "deg", "mean_daily_motion": "deg/d",
    "semimajor_axis": "au", "perihdist": "au", "ephemeris_period": "d", "ephemeris_period_err": "d", "ephemeris_epoch": "d",
    "ephemeris_epoch_err": "d", "abs_mag": "mag",
}  # fmt: skip
# UCD1+ of the IVOA list
UCDS = {
    "name": "meta.id;meta.main", "ra": "pos.eq.ra;meta.main", "dec": "pos.eq.dec;meta.main", "epoch": "time.epoch", "pm_ra": "pos.pm;pos.eq.ra",
    "pm_dec": "pos.pm;pos.eq.dec", "parallax": "pos.parallax", "galactic_lng": "pos.galactic.lon", "galactic_lat": "pos.galactic.lat",
    "distance": "pos.distance", "distance_err": "stat.error;pos.distance", "type": "src.class", "created": "time.creation",
    "epoch_of_elements": "time.epoch", "mean_anomaly": "src.orbital.meanAnomaly", "arg_of_perihelion": "src.orbital.periastron",
    "eccentricity": "src.orbital.eccentricity", "lng_asc_node": "src.orbital.node", "inclination": "src.orbital.inclination",
    "semimajor_axis": "phys.size.smajAxis", "abs_mag": "phys.magAbs", "ephemeris_period": "time.period",
}  # fmt: skip
DATES = {"epoch_of_elements", "epoch_of_perihelion"}  # MJD
JD_TO_MJD = 2400000.5
_DEGREES = {"deg", "degree", "degrees", "°", "d:m:s", '"d:m:s"', '"h:m:s"', "h:m:s", "hms", "dms", "sexagesimal"}
_HOURS = {"h", "hr", "hour", "hours", "hourangle"}
_SAME = {
    "deg": _DEGREES,
    "yr": {"yr", "a", "jyr", "year", "years", "jyear"},
    "mas/yr": {"mas/yr", "mas yr-1", "mas.yr-1", "mas.yr**-1", "mas / yr"},
    "d": {"d", "day", "days", "mjd"},
    "au": {"au"},
}

Converter = Callable[[Any], Any]


def converter(field: str, unit: str) -> Converter | None:
    """What turns a cell of a column in `unit` into the unit of the target's `field`; None when nothing is to be done.

    Texts that are no numbers are left as they are. InvalidInputError for a unit that is unknown or measures something else.
    """
    unit = (unit or "").strip()
    wanted = UNITS.get(field)
    if field == "epoch":
        return _epoch(unit)
    if not unit or wanted is None or unit.lower() == wanted or unit.lower() in _SAME.get(wanted, ()):
        return None
    if wanted == "deg" and unit.lower() in _HOURS:
        return _numbers(lambda value: value * 15.0)
    if field in DATES and unit.lower() == "jd":
        return _numbers(lambda value: value - JD_TO_MJD)
    factor = _factor(field, unit, wanted)
    return None if factor == 1.0 else _numbers(lambda value: value * factor)


def _numbers(change: Callable[[float], float]) -> Converter:
    def convert(value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        try:
            number = float(value)
        except (TypeError, ValueError):
            return value
        return change(number) if math.isfinite(number) else value

    return convert


def _epoch(unit: str) -> Converter:
    offset = {"jd": 2451545.0, "mjd": 51544.5, "d": 51544.5}.get(unit.lower())
    dates = _numbers(lambda value: 2000.0 + (value - offset) / 365.25) if offset is not None else None

    def convert(value: Any) -> Any:
        if isinstance(value, str) and value.strip()[:1] in ("J", "j"):
            return value.strip()[1:]
        return dates(value) if dates else value

    return convert


def _factor(field: str, unit: str, wanted: str) -> float:
    from astropy import units

    found = None
    for style in (None, "vounit", "cds", "fits"):
        try:
            found = units.Unit(unit, format=style)
            break
        except (ValueError, TypeError):
            continue
    if found is None:
        raise InvalidInputError(f"The unit {unit!r} of the column for {field} is not known. Correct it, or leave it empty for {wanted}.")
    try:
        return float(found.to(units.Unit(wanted)))
    except (units.UnitConversionError, TypeError) as error:
        raise InvalidInputError(f"The column for {field} is in {unit}, which cannot be turned into {wanted}.") from error
