"""Times and time scales. The one place where MJD, JD, BJD and the scales are converted.

Scales: ``utc``, ``tai``, ``tt``, ``tdb``, ``tcb``. Dates of datetimes are aware and in UTC; what lies outside states its scale.

A Julian date in UTC is the quasi-JD of ERFA and astropy: a day with a leap second is stretched to 86401 s. Leap seconds come from ERFA's
table (the newest is that of 2017-01-01; a later one needs a newer pyerfa). Before 1960 UTC did not exist and is taken as TAI; 1960 to 1971
follows the drift rates of that time, as ERFA does. One float64 MJD resolves 0.6 microseconds, one float64 JD 40 microseconds.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING, Any, Literal

from tom_astro._kinds import Number, plain

if TYPE_CHECKING:
    from tom_astro.visibility import Site

__all__ = [
    "SCALES",
    "TimeError",
    "barycentric_correction_s",
    "bjd_tdb",
    "convert_jd",
    "convert_mjd",
    "datetime_to_jd",
    "datetime_to_jyear",
    "datetime_to_mjd",
    "format_iso",
    "heliocentric_correction_s",
    "hjd_utc",
    "iso_to_mjd",
    "jd_to_datetime",
    "jd_to_mjd",
    "jyear_to_mjd",
    "mjd_of_bjd_tdb",
    "mjd_of_hjd_utc",
    "mjd_to_datetime",
    "mjd_to_iso",
    "mjd_to_jd",
    "mjd_to_jyear",
    "now_mjd",
    "parse_time",
]

Scale = Literal["utc", "tai", "tt", "tdb", "tcb"]
SCALES: tuple[Scale, ...] = ("utc", "tai", "tt", "tdb", "tcb")

JD_OF_MJD_0 = 2400000.5
_MJD_0 = dt.datetime(1858, 11, 17, tzinfo=dt.UTC)
_MICROSECOND_DAY = 86_400_000_000
_LIGHT_TIME_AU_DAY = 149597870700.0 / 299792458.0 / 86400.0
_J2000_MJD = 51544.5


class TimeError(ValueError):
    """Not a time, or outside the years 1 to 9999 that datetimes hold."""


def _check_scale(scale: str) -> str:
    lower = str(scale).lower()
    if lower not in SCALES:
        raise TimeError(f"time scale {scale!r} is not known; it must be one of {', '.join(SCALES)}")
    return lower


def jd_to_mjd(jd: Number) -> Any:
    """MJD of a JD, in the same scale."""
    if isinstance(jd, (int, float)):
        return jd - JD_OF_MJD_0
    import numpy as np

    return plain(np.asarray(jd, dtype=float) - JD_OF_MJD_0)


def mjd_to_jd(mjd: Number) -> Any:
    """JD of an MJD, in the same scale."""
    if isinstance(mjd, (int, float)):
        return mjd + JD_OF_MJD_0
    import numpy as np

    return plain(np.asarray(mjd, dtype=float) + JD_OF_MJD_0)


def mjd_to_jyear(mjd: Number) -> Any:
    """Julian year (2000.0 is MJD 51544.5) of an MJD in TT or TDB."""
    import numpy as np

    return plain(2000.0 + (np.asarray(mjd, dtype=float) - _J2000_MJD) / 365.25)


def jyear_to_mjd(jyear: Number) -> Any:
    """MJD of a Julian year."""
    import numpy as np

    return plain(_J2000_MJD + (np.asarray(jyear, dtype=float) - 2000.0) * 365.25)


# --- scales, in two parts as ERFA keeps them. erfa.ufunc gives a status array instead of warnings ("dubious year" before 1960 or far ahead),
# so nothing here touches the interpreter's warning filters, which threads share.


def _tt_parts(one: Any, two: Any, scale: str) -> tuple[Any, Any]:
    import numpy as np
    from erfa import ufunc

    if not np.isfinite(two).all():
        raise TimeError("a time is not a finite number")

    if scale == "utc":
        one, two, status = ufunc.utctai(one, two)
        if (status < 0).any():
            raise TimeError("a UTC date lies outside the range of the calendar")
        scale = "tai"
    if scale == "tai":
        one, two, _ = ufunc.taitt(one, two)
        return one, two
    if scale == "tt":
        return one, two
    if scale == "tcb":
        one, two = ufunc.tcbtdb(one, two)[:2]
    # TDB - TT as a function of TDB or of TT differs by less than 1e-15 s.
    one, two, _ = ufunc.tdbtt(one, two, tdb_minus_tt(one, two))
    return one, two


def _from_tt(one: Any, two: Any, scale: str) -> tuple[Any, Any]:
    from erfa import ufunc

    if scale == "tt":
        return one, two
    if scale in ("tdb", "tcb"):
        one, two = ufunc.tttdb(one, two, tdb_minus_tt(one, two))[:2]
        return ufunc.tdbtcb(one, two)[:2] if scale == "tcb" else (one, two)
    one, two = ufunc.tttai(one, two)[:2]
    if scale == "tai":
        return one, two
    one, two, status = ufunc.taiutc(one, two)
    if (status < 0).any():
        raise TimeError("a date lies outside the range of UTC")
    return one, two


def tdb_minus_tt(jd1: Number, jd2: Number) -> Any:
    """TDB - TT in seconds at the centre of the Earth (ERFA's ``dtdb``, good to 3 ns there; an observatory differs by up to 2 us)."""
    from erfa import ufunc

    return ufunc.dtdb(jd1, jd2, 0.0, 0.0, 0.0, 0.0)


def _parts(mjd: Number) -> tuple[Any, Any]:
    import numpy as np

    return JD_OF_MJD_0, np.asarray(mjd, dtype=float)


def convert_mjd(mjd: Number, from_scale: str, to_scale: str) -> Any:
    """MJD in another scale.

    Parameters
    ----------
    mjd : float or array_like
    from_scale, to_scale : {"utc", "tai", "tt", "tdb", "tcb"}

    Raises
    ------
    TimeError
        An unknown scale, or a date beyond the calendar.

    Notes
    -----
    Exact for UTC, TAI and TT; TDB and TCB for the centre of the Earth (2 us at an observatory). The float64 MJD itself resolves 0.6 us.
    """
    source, target = _check_scale(from_scale), _check_scale(to_scale)
    import numpy as np

    if source == target:
        return plain(np.array(mjd, dtype=float))
    one, two = _from_tt(*_tt_parts(*_parts(mjd), source), target)
    return plain(np.asarray((one - JD_OF_MJD_0) + two))


def convert_jd(jd: Number, from_scale: str, to_scale: str) -> Any:
    """JD in another scale; like `convert_mjd`, but a float64 JD resolves only 40 us."""
    return mjd_to_jd(convert_mjd(jd_to_mjd(jd), from_scale, to_scale))


# --- datetimes


def _as_utc(when: dt.datetime) -> dt.datetime:
    return when.replace(tzinfo=dt.UTC) if when.tzinfo is None else when.astimezone(dt.UTC)


def _leap_days() -> frozenset[int]:
    """MJD of the days that end with a leap second."""
    global _LEAP_DAYS
    if _LEAP_DAYS is None:
        import erfa

        changes = [dt.date(int(row["year"]), int(row["month"]), 1) for row in erfa.leap_seconds.get()]
        _LEAP_DAYS = frozenset((change - _MJD_0.date()).days - 1 for change in changes if change > dt.date(1972, 1, 1))
    return _LEAP_DAYS


_LEAP_DAYS: frozenset[int] | None = None


def _day_length(day: dt.datetime) -> int:
    """Microseconds of a UTC day. Leap seconds fall on the last day of June or December, so ERFA's table is not asked for any other."""
    longer = (day.month, day.day) in ((6, 30), (12, 31)) and (day - _MJD_0).days in _leap_days()
    return _MICROSECOND_DAY + 1_000_000 if longer else _MICROSECOND_DAY


def _utc_mjd(when: dt.datetime) -> float:
    utc = _as_utc(when)
    since = utc - _MJD_0
    return since.days + (since.seconds * 1_000_000 + since.microseconds) / _day_length(utc)


def _utc_datetime(mjd: float) -> dt.datetime:
    if not math.isfinite(mjd):
        raise TimeError(f"MJD {mjd} is not a time")
    day = math.floor(mjd)
    try:
        midnight = _MJD_0 + dt.timedelta(days=day)
        length = _day_length(midnight)
        micro = round((mjd - day) * length)
        # A datetime has no second 60.
        if length > _MICROSECOND_DAY and micro < length:
            micro = min(micro, _MICROSECOND_DAY - 1)
        elif micro >= length:
            micro = _MICROSECOND_DAY
        return midnight + dt.timedelta(microseconds=micro)
    except OverflowError:
        raise TimeError(f"MJD {mjd} lies outside the years 1 to 9999") from None


def _utc_datetimes(mjd: Any) -> list[dt.datetime]:
    """`_utc_datetime` of a one-dimensional array, the same to the last digit."""
    import numpy as np

    if not mjd.size:
        return []
    day = np.floor(mjd)
    if not (day.min() >= -678_575 and day.max() < 2_973_482):
        return [_utc_datetime(one) for one in mjd.tolist()]  # the one outside the calendar raises
    micro = np.rint((mjd - day) * _MICROSECOND_DAY).astype(np.int64) + day.astype(np.int64) * _MICROSECOND_DAY
    naive = (np.datetime64("1858-11-17", "us") + micro.astype("timedelta64[us]")).tolist()
    found = [when.replace(tzinfo=dt.UTC) for when in naive]
    for index in np.flatnonzero(np.isin(day, sorted(_leap_days()))).tolist():
        found[index] = _utc_datetime(float(mjd[index]))
    return found


def datetime_to_mjd(when: Any, scale: str = "utc") -> Any:
    """MJD of datetimes.

    Parameters
    ----------
    when : datetime or sequence of datetime
        A naive datetime is taken as UTC.
    scale : {"utc", "tai", "tt", "tdb", "tcb"}
        Scale of the MJD given back.

    Returns
    -------
    float or ndarray
    """
    scale = _check_scale(scale)
    if isinstance(when, dt.datetime):
        mjd = _utc_mjd(when)
        return mjd if scale == "utc" else convert_mjd(mjd, "utc", scale)
    import numpy as np

    values = np.array([_utc_mjd(w) for w in when])
    return values if scale == "utc" else convert_mjd(values, "utc", scale)


def mjd_to_datetime(mjd: Number, scale: str = "utc") -> Any:
    """Aware UTC datetimes of MJDs, rounded to the microsecond.

    Parameters
    ----------
    mjd : float or array_like
    scale : {"utc", "tai", "tt", "tdb", "tcb"}
        Scale of `mjd`.

    Returns
    -------
    datetime, or list of datetime (nested as the array is)
        A time within a leap second, which datetimes cannot hold, becomes the last microsecond before it.

    Raises
    ------
    TimeError
        Not finite, or outside the years 1 to 9999.
    """
    scale = _check_scale(scale)
    if not isinstance(mjd, (int, float)):
        import numpy as np

        values = np.asarray(mjd, dtype=float)
        if values.ndim:
            utc = values if scale == "utc" else convert_mjd(values, scale, "utc")
            return _utc_datetimes(utc) if values.ndim == 1 else [mjd_to_datetime(v) for v in utc]
        mjd = values.item()
    return _utc_datetime(float(mjd) if scale == "utc" else convert_mjd(mjd, scale, "utc"))


def datetime_to_jd(when: Any, scale: str = "utc") -> Any:
    """JD of datetimes; see `datetime_to_mjd`."""
    return mjd_to_jd(datetime_to_mjd(when, scale))


def jd_to_datetime(jd: Number, scale: str = "utc") -> Any:
    """Aware UTC datetimes of JDs; see `mjd_to_datetime`."""
    return mjd_to_datetime(jd_to_mjd(jd), scale)


def datetime_to_jyear(when: Any) -> Any:
    """Julian year of datetimes (in TT), such as 2026.5, the epoch that `propagate` takes."""
    return mjd_to_jyear(datetime_to_mjd(when, "tt"))


def now_mjd(scale: str = "utc") -> float:
    """MJD of this moment."""
    return float(datetime_to_mjd(dt.datetime.now(dt.UTC), scale))


def format_iso(when: dt.datetime | float, precision: int = 3, *, scale: str = "utc") -> str:
    """``2026-01-31T12:34:56.789Z`` of a datetime or an MJD (in `scale`), rounded to `precision` decimals of a second (0 to 6)."""
    if not 0 <= precision <= 6:
        raise ValueError(f"precision {precision} must lie between 0 and 6")
    moment = _as_utc(when) if isinstance(when, dt.datetime) else mjd_to_datetime(when, scale)
    step = 10 ** (6 - precision)
    moment += dt.timedelta(microseconds=(moment.microsecond + step // 2) // step * step - moment.microsecond)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S") if moment.year >= 1000 else f"{moment.year:04d}{moment.strftime('-%m-%dT%H:%M:%S')}"
    return f"{text}.{moment.microsecond // step:0{precision}d}Z" if precision else f"{text}Z"


_SCALE_WORD = re.compile(r"[\s(]*\b(utc|ut|tai|tt|tdb|tcb)\b\)?$", re.IGNORECASE)
_NUMBER = re.compile(r"(mjd|jd)?\s*[:=]?\s*([0-9]+(?:\.[0-9]*)?)\s*", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T\s]+(\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?", re.IGNORECASE)


def parse_time(text: str | float | dt.datetime) -> dt.datetime:
    """Read a time as astronomers write it.

    Parameters
    ----------
    text : str, float or datetime
        ISO 8601 (``2026-01-31``, ``2026-01-31 12:34:56.7``, ``...Z``, ``...+02:00``; without an offset UTC), an MJD (``60000.5``,
        ``MJD 60000.5``) or a JD (``2460000.5``). A scale may follow: ``2026-01-31T12:00:00 TDB``, ``JD 2460000.5 TT``.

    Returns
    -------
    datetime
        Aware, UTC. A leap second (``23:59:60``) becomes the last microsecond before it.

    Raises
    ------
    TimeError
        Not a time; or a bare number that is neither an MJD (10000 to 200000) nor a JD (2300000 to 2600000).
    """
    if isinstance(text, dt.datetime):
        return _as_utc(text)
    raw = str(text).strip()
    scale = "utc"
    word = _SCALE_WORD.search(raw)
    if word and word.start() > 0:
        scale = {"ut": "utc"}.get(word[1].lower(), word[1].lower())
        raw = raw[: word.start()].strip()
    number = _NUMBER.fullmatch(raw)
    if number and not (number[1] is None and re.fullmatch(r"(19|20)\d{6}", raw)):
        kind, value = (number[1] or "").lower(), float(number[2])
        if kind == "jd" or (not kind and 2300000.0 <= value <= 2600000.0):
            return jd_to_datetime(value, scale)  # type: ignore[no-any-return]
        if kind == "mjd" or 10000.0 <= value <= 200000.0:
            return mjd_to_datetime(value, scale)  # type: ignore[no-any-return]
        raise TimeError(f"{text!r} is neither an MJD (10000 to 200000) nor a JD (2300000 to 2600000); write a date, or MJD or JD before it")
    match = _ISO.fullmatch(raw)
    if not match:
        raise TimeError(f"{text!r} is not a time; write 2026-01-31T12:34:56Z, an MJD such as 60000.5 or a JD such as 2460000.5")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    if zone and scale != "utc":
        raise TimeError(f"{text!r} gives both an offset and the scale {scale.upper()}")
    leap = second == "60"
    micro = round(float(f"0.{fraction or 0}") * 1e6)
    offset = dt.timedelta(0)
    if zone and zone.upper() != "Z":
        digits = zone[1:].replace(":", "")
        offset = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0)) * (-1 if zone[0] == "-" else 1)
    try:
        moment = dt.datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), 59 if leap else int(second or 0), tzinfo=dt.UTC
        )
        moment = moment - offset + dt.timedelta(microseconds=999_999 if leap else micro)
    except (ValueError, OverflowError) as error:
        raise TimeError(f"{text!r} is not a time: {error}") from None
    if leap:
        days = (moment - _MJD_0).days
        if (moment.hour, moment.minute) != (23, 59) or days not in _leap_days():
            raise TimeError(f"{text!r} names second 60, but that minute had no leap second")
    if scale == "utc":
        return moment
    since = moment - _MJD_0
    return mjd_to_datetime(since.days + (since.seconds * 1_000_000 + since.microseconds) / _MICROSECOND_DAY, scale)  # type: ignore[no-any-return]


def iso_to_mjd(text: Any, scale: str = "utc") -> Any:
    """MJD of ISO 8601 texts, leap seconds kept, which no datetime holds.

    Parameters
    ----------
    text : str or sequence of str
        ``2016-12-31T23:59:60.5Z``, ``2026-01-31``, ``2026-01-31 12:34:56.7 TDB``: a date in the scale that it names, else in UTC.
    scale : {"utc", "tai", "tt", "tdb", "tcb"}
        Scale of the MJD given back.

    Raises
    ------
    TimeError
        Not a date, or a second 60 that was none.
    """
    if not isinstance(text, str):
        import numpy as np

        return np.array([iso_to_mjd(one, scale) for one in text])
    word = _SCALE_WORD.search(text.strip())
    source = {"ut": "utc"}.get(word[1].lower(), word[1].lower()) if word and word.start() > 0 else "utc"
    match = _ISO.fullmatch(text.strip()[: word.start()].strip() if word and word.start() > 0 else text.strip())
    if not match:
        raise TimeError(f"{text!r} is not a date; write 2026-01-31T12:34:56Z")
    leap = match[6] == "60"
    if source == "utc":
        moment = parse_time(text)
        if not leap:
            mjd = _utc_mjd(moment)
        else:
            day = (moment - _MJD_0).days
            mjd = day + (86400.0 + float(f"0.{match[7] or 0}")) / 86401.0
    elif leap:
        raise TimeError(f"{text!r} names second 60; {source.upper()} has none")
    else:
        moment = parse_time(text[: word.start()] if word else text)
        since = moment - _MJD_0
        mjd = since.days + (since.seconds * 1_000_000 + since.microseconds) / _MICROSECOND_DAY
    return mjd if source == _check_scale(scale) else convert_mjd(mjd, source, scale)


def mjd_to_iso(mjd: Number, precision: int = 3, scale: str = "utc") -> Any:
    """``2016-12-31T23:59:60.500Z`` of MJDs in a scale, which is written behind if it is not UTC: the inverse of `iso_to_mjd`.

    Returns
    -------
    str, or list of str (nested as the array is)
    """
    if not 0 <= precision <= 6:
        raise ValueError(f"precision {precision} must lie between 0 and 6")
    scale = _check_scale(scale)
    if not isinstance(mjd, (int, float)):
        import numpy as np

        values = np.asarray(mjd, dtype=float)
        if values.ndim:
            return [mjd_to_iso(v if v.ndim else v.item(), precision, scale) for v in values]
        mjd = values.item()
    if not math.isfinite(mjd):
        raise TimeError(f"MJD {mjd} is not a time")
    try:
        day = math.floor(mjd)
        midnight = _MJD_0 + dt.timedelta(days=day)
        length = _day_length(midnight) if scale == "utc" else _MICROSECOND_DAY
        step = 10 ** (6 - precision)
        micro = round((mjd - day) * length / step) * step
        if micro >= length:
            midnight, micro = midnight + dt.timedelta(days=1), 0
    except OverflowError:
        raise TimeError(f"MJD {mjd} lies outside the years 1 to 9999") from None
    # The second that is too many is the 60th of the last minute.
    minutes = min(micro // 60_000_000, 1439)
    seconds, fraction = divmod(micro - minutes * 60_000_000, 1_000_000)
    tail = f".{fraction // step:0{precision}d}" if precision else ""
    end = "Z" if scale == "utc" else f" {scale.upper()}"
    return f"{midnight.date().isoformat()}T{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}{tail}{end}"


# --- light time to the barycentre and to the Sun


def _earth_correction_s(mjd: Number, ra_deg: Number, dec_deg: Number, scale: str, site: Site | None, heliocentric: bool) -> Any:
    import numpy as np
    from erfa import ufunc

    from tom_astro.sphere import to_vectors

    one, two = _tt_parts(*_parts(mjd), _check_scale(scale))
    helio, bary, _ = ufunc.epv00(one, two)
    position = np.asarray((helio if heliocentric else bary)["p"])
    if site is not None:
        from tom_astro.visibility import site_vector_au

        position = position + site_vector_au(site, one, two)
    return plain(np.sum(position * to_vectors(ra_deg, dec_deg), axis=-1) * _LIGHT_TIME_AU_DAY * 86400.0)


def barycentric_correction_s(mjd: Number, ra_deg: Number, dec_deg: Number, *, scale: str = "utc", site: Site | None = None) -> Any:
    """Seconds to add to the time of observation to get the time of arrival at the barycentre of the solar system.

    Parameters
    ----------
    mjd : float or array_like
        Time of observation in `scale`.
    ra_deg, dec_deg : float or array_like
        ICRS position of the target.
    site : Site, optional
        Observatory; without it the centre of the Earth (up to 21 ms).

    Notes
    -----
    Plane waves, no gravitational delay: the Earth is good to 15 us (ERFA ``epv00``, 1900 to 2100), the Shapiro delay reaches 0.1 ms next to
    the Sun, and the curvature of the wave front 1 ms for a target nearer than 0.5 pc.
    """
    return _earth_correction_s(mjd, ra_deg, dec_deg, scale, site, False)


def heliocentric_correction_s(mjd: Number, ra_deg: Number, dec_deg: Number, *, scale: str = "utc", site: Site | None = None) -> Any:
    """Seconds to add for the centre of the Sun, which itself moves by up to 4 s of light about the barycentre; prefer the barycentre."""
    return _earth_correction_s(mjd, ra_deg, dec_deg, scale, site, True)


def bjd_tdb(mjd: Number, ra_deg: Number, dec_deg: Number, *, scale: str = "utc", site: Site | None = None) -> Any:
    """Barycentric Julian date in TDB (Eastman et al. 2010) of an observation at `mjd` (in `scale`); see `barycentric_correction_s`."""
    tdb = convert_mjd(mjd, scale, "tdb")
    return mjd_to_jd(tdb + barycentric_correction_s(mjd, ra_deg, dec_deg, scale=scale, site=site) / 86400.0)


def hjd_utc(mjd: Number, ra_deg: Number, dec_deg: Number, *, scale: str = "utc", site: Site | None = None) -> Any:
    """Heliocentric Julian date in UTC, as older light curves give it (variable by leap seconds; use `bjd_tdb` for new work)."""
    utc = convert_mjd(mjd, scale, "utc")
    return mjd_to_jd(utc + heliocentric_correction_s(mjd, ra_deg, dec_deg, scale=scale, site=site) / 86400.0)


def _undone(target: Any, forward: Any) -> Any:
    """The time whose forward correction gives `target` (JD): the correction changes by 1e-4 of itself, so three rounds are to rounding."""
    import numpy as np

    wanted = np.asarray(target, dtype=float) - JD_OF_MJD_0
    mjd = wanted
    for _ in range(4):
        mjd = mjd - (np.asarray(forward(mjd)) - JD_OF_MJD_0 - wanted)
    return plain(np.asarray(mjd))


def mjd_of_bjd_tdb(bjd: Number, ra_deg: Number, dec_deg: Number, *, scale: str = "utc", site: Site | None = None) -> Any:
    """MJD in `scale` at which light that has the BJD (TDB) was seen: the inverse of `bjd_tdb`, to the 40 us that one float64 JD resolves."""
    return _undone(bjd, lambda mjd: bjd_tdb(mjd, ra_deg, dec_deg, scale=scale, site=site))


def mjd_of_hjd_utc(hjd: Number, ra_deg: Number, dec_deg: Number, *, scale: str = "utc", site: Site | None = None) -> Any:
    """MJD in `scale` at which light that has the HJD (UTC) was seen: the inverse of `hjd_utc`, to 40 us."""
    return _undone(hjd, lambda mjd: hjd_utc(mjd, ra_deg, dec_deg, scale=scale, site=site))
