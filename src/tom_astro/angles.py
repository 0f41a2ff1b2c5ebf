"""Angles as astronomers type them, to degrees and back."""

from __future__ import annotations

import math
import re
from typing import Literal

__all__ = [
    "AngleError",
    "AngleRangeError",
    "format_angle",
    "format_coordinates",
    "format_dec",
    "format_ra",
    "parse_angle",
    "parse_coordinates",
    "parse_dec",
    "parse_ra",
]


class AngleError(ValueError):
    """The text is not an angle."""


class AngleRangeError(AngleError):
    """The text is an angle, but outside the range of its kind."""


Unit = Literal["hour", "deg"]

_MINUS = "\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\uff0d"
_TRANSLATION = str.maketrans(
    {
        **dict.fromkeys(_MINUS, "-"),
        "\uff0b": "+",
        "\u00b0": "d",
        "\u00ba": "d",
        "\u02da": "d",
        "\u2032": "'",
        "\u2019": "'",
        "\u02b9": "'",
        "\u00b4": "'",
        "`": "'",
        "\u2033": '"',
        "\u201d": '"',
        "\u02ba": '"',
        "\u02b0": "h",
        "\u1d50": "m",
        "\u02e2": "s",
        "\u1d48": "d",
        "\u00a0": " ",
        "\u2007": " ",
        "\u2009": " ",
        "\u202f": " ",
        "\t": " ",
        "\n": " ",
        "\r": " ",
    }
)
_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_DECIMAL = re.compile(rf"([+-]?)\s*({_NUMBER}(?:e[+-]?[0-9]+)?)\s*(degrees|degree|degs|deg|d|hours|hour|hrs|hr|h|)", re.IGNORECASE)
_SEXAGESIMAL = re.compile(
    rf"""([+-]?)\s*({_NUMBER})
    (\s*:\s*|\s*h(?:ours?|rs?)?\s*|\s*d(?:eg(?:rees?|s)?)?\s*|\s+)
    ({_NUMBER})
    (?:
        (\s*:\s*|\s*(?:'|m(?:in)?)\s*|\s+) (?:({_NUMBER}) \s*(''|"|s(?:ec)?)?)?
    )?""",
    re.IGNORECASE | re.VERBOSE,
)
_LABELS = re.compile(
    r"\b(?:r\.?a\.?|alpha|dec\.?|decl\.?|declination|right\s+ascension|j2000(?:\.0)?|icrs|fk5)(?![a-z0-9])\s*[:=]?", re.IGNORECASE
)
_DESIGNATION = re.compile(rf"j?\s*(\d\d)(\d\d)(\d\d(?:\.\d+)?)\s*([+-])\s*(\d\d)(\d\d)({_NUMBER})", re.IGNORECASE)


def _clean(text: str) -> str:
    return text.translate(_TRANSLATION).replace("''", '"').strip()


def parse_angle(value: str | float, *, sexagesimal_unit: Unit = "deg") -> float:
    """Read one angle of any size.

    Parameters
    ----------
    value : str or float
        A number, or a text without unit, is in degrees. A text of two or three parts (``12:34:56.7``, ``12 34 56.7``) is in
        `sexagesimal_unit`, unless it says otherwise itself (``12h34m56.7s``, ``-1d2m3s``, ``188.7d``, ``12.58h``).
    sexagesimal_unit : {"deg", "hour"}
        Unit of the first part of a sexagesimal text that names none.

    Returns
    -------
    float
        Degrees; the sign of ``-0:30`` is kept.

    Raises
    ------
    AngleError
        The text is no angle, or its minutes or seconds are 60 or more.
    """
    if isinstance(value, bool) or value is None:
        raise AngleError(f"{value!r} is not an angle")
    if not isinstance(value, str):
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise AngleError(f"{value!r} is not an angle") from None
        if not math.isfinite(number):
            raise AngleError(f"{value!r} is not a finite angle")
        return number
    text = _clean(value)
    if not text:
        raise AngleError("the angle is empty")
    decimal = _DECIMAL.fullmatch(text)
    if decimal:
        sign, digits, unit = decimal.groups()
        degrees = float(digits) * (15.0 if unit[:1].lower() == "h" else 1.0)
        if not math.isfinite(degrees):
            raise AngleError(f"{value!r} is not a finite angle")
        return -degrees if sign == "-" else degrees
    match = _SEXAGESIMAL.fullmatch(text)
    if not match:
        raise AngleError(f"{value!r} is not an angle; write degrees (188.73625) or sexagesimal (12:34:56.7, 12h34m56.7s, 12 34 56.7)")
    sign, whole, mark, minutes, _, seconds, _ = match.groups()
    if "." in whole or (seconds is not None and "." in minutes):
        raise AngleError(f"{value!r}: only the last part of a sexagesimal angle may have decimals")
    if float(minutes) >= 60:
        raise AngleError(f"{value!r}: {minutes} minutes, must be less than 60")
    if seconds is not None and float(seconds) >= 60:
        raise AngleError(f"{value!r}: {seconds} seconds, must be less than 60")
    first = mark.strip().lower()[:1]
    hours = first == "h" or (first != "d" and sexagesimal_unit == "hour")
    # One division of the whole sum rounds once, so that formatting and reading come back to the same digits.
    total = (int(whole) * 3600.0 + float(minutes) * 60.0 + float(seconds or 0.0)) * (15.0 if hours else 1.0)
    return math.copysign(total / 3600.0, -1.0 if sign == "-" else 1.0)


def parse_ra(value: str | float) -> float:
    """Right ascension in degrees, ``0 <= ra < 360``.

    Numbers, and texts of one number, are degrees; sexagesimal texts are hours unless they say ``d`` or ``°``. 360 degrees (24 hours)
    is read as 0.

    Raises
    ------
    AngleError
        Not an angle.
    AngleRangeError
        Negative, or more than 360 degrees.
    """
    degrees = parse_angle(value, sexagesimal_unit="hour")
    if degrees == 360.0 or degrees == 0.0:
        return 0.0
    if not 0.0 <= degrees < 360.0:
        raise AngleRangeError(f"right ascension {value!r} is {degrees:.6g} degrees, must lie between 0 and 360 degrees (0 and 24 hours)")
    return degrees


def _hemisphere(text: str) -> tuple[str, str]:
    """What stands before a trailing N or S (north, south), and that letter or "". An S that can be the mark of seconds is that."""
    match = re.fullmatch(r"(.*?[0-9.dms\"'])\s*([NS])", text)
    if not match:
        return text, ""
    body, letter = match.groups()
    marked = body[-1] in "s\"'d"
    if letter == "S" and not marked and re.search(r"[dDmM'\"]", body):
        return text, ""
    return body, letter


def parse_dec(value: str | float) -> float:
    """Declination in degrees, ``-90 <= dec <= 90``; ``-0:30:00`` is -0.5, and so is ``0:30:00 S``.

    Raises
    ------
    AngleError
        Not an angle, or written in hours.
    AngleRangeError
        Beyond a pole.
    """
    if isinstance(value, str) and re.match(r"\s*[+-]?\s*[0-9.]+\s*h", _clean(value), re.IGNORECASE):
        raise AngleError(f"declination {value!r} is written in hours, must be in degrees")
    body, letter = _hemisphere(_clean(value)) if isinstance(value, str) else (value, "")
    if letter and body.lstrip()[:1] in ("+", "-"):  # type: ignore[union-attr]
        raise AngleError(f"declination {value!r} gives both a sign and {letter}")
    degrees = parse_angle(body if letter else value, sexagesimal_unit="deg") * (-1.0 if letter == "S" else 1.0)
    if not -90.0 <= degrees <= 90.0:
        raise AngleRangeError(f"declination {value!r} is {degrees:.6g} degrees, must lie between -90 and +90 degrees")
    return degrees


def _split(text: str) -> tuple[str, str]:
    for mark in (",", ";", "|", "/"):
        if text.count(mark) == 1:
            left, right = text.split(mark)
            return left, right
    signed = re.search(r"(?<=[^\seE])\s*([+-])", text)
    if signed:
        return text[: signed.start(1)], text[signed.start(1) :]
    units = re.fullmatch(r"(.*?(?:s|sec|\"|m(?=\s*[0-9.]+\s*d)|h(?=\s*[0-9.]+\s*d)))\s*([0-9.]+\s*d.*)", text, re.IGNORECASE)
    if units:
        return units[1], units[2]
    words = text.split()
    if len(words) in (2, 4, 6):
        middle = len(words) // 2
        return " ".join(words[:middle]), " ".join(words[middle:])
    raise AngleError(f"{text!r} is not a pair of coordinates; write right ascension and declination, such as 12:34:56.7 -01:02:03")


def parse_coordinates(text: str) -> tuple[float, float]:
    """Right ascension and declination out of one text.

    Reads every notation of `parse_ra` and `parse_dec`, separated by space, comma, semicolon, bar, slash or the sign of the declination,
    with or without labels (``RA=... Dec=...``), and designations (``J123456.7-010203``).

    Returns
    -------
    ra_deg, dec_deg : float

    Raises
    ------
    AngleError
        Not a pair of coordinates, or out of range.
    """
    cleaned = _clean(text)
    designation = _DESIGNATION.fullmatch(cleaned)
    if designation:
        h, m, s, sign, d, am, asec = designation.groups()
        return parse_ra(f"{h}:{m}:{s}"), parse_dec(f"{sign}{d}:{am}:{asec}")
    body, letter = _hemisphere(_LABELS.sub(" ", cleaned).strip())
    left, right = _split(body)
    return parse_ra(left), parse_dec(f"{right} {letter}" if letter else right)


def format_angle(value_deg: float, *, unit: Unit = "deg", precision: int = 3, separator: str = ":", signed: bool = True) -> str:
    """Sexagesimal text of an angle, rounded once, so that 59.9996 seconds carry over.

    Parameters
    ----------
    value_deg : float
        Degrees.
    unit : {"deg", "hour"}
        Unit of the first part.
    precision : int
        Decimals of the seconds, 0 to 9.
    separator : str
        Between the parts; ``"unit"`` writes ``12h34m56.700s`` or ``-01d02m03.000s``.
    signed : bool
        Write ``+`` before what is not negative.
    """
    if not math.isfinite(value_deg):
        raise AngleError(f"{value_deg!r} is not a finite angle")
    if not 0 <= precision <= 9:
        raise ValueError(f"precision {precision} must lie between 0 and 9")
    scale = 10**precision
    ticks = round(abs(value_deg) * 3600.0 / (15.0 if unit == "hour" else 1.0) * scale)
    sign = "-" if math.copysign(1.0, value_deg) < 0 and ticks else ("+" if signed else "")
    seconds, fraction = divmod(ticks, scale)
    minutes, seconds = divmod(seconds, 60)
    whole, minutes = divmod(minutes, 60)
    tail = f"{seconds:02d}.{fraction:0{precision}d}" if precision else f"{seconds:02d}"
    if separator == "unit":
        return f"{sign}{whole:02d}{'h' if unit == 'hour' else 'd'}{minutes:02d}m{tail}s"
    return f"{sign}{whole:02d}{separator}{minutes:02d}{separator}{tail}"


def format_ra(ra_deg: float, precision: int = 3, separator: str = ":") -> str:
    """``HH:MM:SS.sss`` of a right ascension in degrees (any turn); what rounds to 24 hours is written as 00."""
    if not math.isfinite(ra_deg):
        raise AngleError(f"{ra_deg!r} is not a finite angle")
    wrapped = ra_deg % 360.0
    if round(wrapped * 240.0 * 10**precision) >= 86400 * 10**precision:
        wrapped = 0.0
    return format_angle(wrapped, unit="hour", precision=precision, separator=separator, signed=False)


def format_dec(dec_deg: float, precision: int = 3, separator: str = ":") -> str:
    """``+DD:MM:SS.sss`` of a declination in degrees, -90 to 90."""
    if not -90.0 <= dec_deg <= 90.0:
        raise AngleRangeError(f"declination {dec_deg!r} must lie between -90 and +90 degrees")
    return format_angle(dec_deg, precision=precision, separator=separator)


def format_coordinates(ra_deg: float, dec_deg: float, precision: int = 2, separator: str = ":") -> str:
    """Both coordinates in one text; the right ascension has one decimal more than the declination, being 15 times coarser."""
    return f"{format_ra(ra_deg, precision + 1, separator)} {format_dec(dec_deg, precision, separator)}"
