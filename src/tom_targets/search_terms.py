"""What people type when they look for a place on the sky: cones, polygons, maps. Each reader says what is wrong, and the mend, by ValueError."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
# degrees in one of these
_UNITS = {
    1.0: ("", "d", "deg", "degree", "degrees", "°"),
    60.0: ("'", "′", "arcmin", "arcmins", "arcminute", "arcminutes"),
    3600.0: ('"', "″", "''", "arcsec", "arcsecs", "arcsecond", "arcseconds"),
}
_PARTS = {name: parts for parts, names in _UNITS.items() for name in names}
_RADIUS = re.compile(rf"(?P<number>{_NUMBER})\s*(?P<unit>{'|'.join(sorted(map(re.escape, _PARTS), key=len, reverse=True))})", re.IGNORECASE)
_EPOCH = re.compile(r"[\s,;]+(?:J|epoch\s*=?\s*J?)(?P<year>\d{4}(?:\.\d+)?)\s*$", re.IGNORECASE)
_LAST = re.compile(
    rf"^(?P<where>.+?)(?P<between>[\s,;]+)(?:r(?:adius)?\s*=\s*)?(?P<radius>{_RADIUS.pattern})\s*$", re.IGNORECASE | re.DOTALL
)
_GALACTIC = re.compile(
    r"^\s*(?:gal(?:actic)?\b[\s:,]*|(?=l\s*=))(?:l\s*=\s*)?(?P<l>[^\s,;]+)[\s,;]+(?:b\s*=\s*)?(?P<b>[^\s,;]+)\s*$", re.IGNORECASE
)
_MOC = re.compile(r"^\s*(?:\{.*\}|\d{1,2}/[\d\s,/-]*)\s*$", re.DOTALL)

CONE_MEND = (
    "Give right ascension, declination and radius, such as 83.82, -5.39, 0.5 or 05:35:17 -05:23:28, 30' (radius in degrees without a unit)."
)
TARGET_CONE_MEND = "Give the name of a target and a radius, such as M42, 0.5 (in degrees without a unit)."
POLYGON_MEND = "Give three or more corners, such as 10 20, 11 20, 11 21 (degrees, or any notation with ; between the corners), or a MOC such as 6/123-125."


@dataclass(frozen=True)
class Cone:
    """Degrees ICRS; `epoch` a Julian year or None."""

    ra: float
    dec: float
    radius_deg: float
    epoch: float | None = None


def read_radius(text: str) -> float:
    """Degrees of a radius such as ``0.5``, ``30'``, ``2 arcsec``."""
    found = _RADIUS.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text.strip()}" is no radius')
    radius = float(found["number"]) / _PARTS[found["unit"].lower()]
    if not 0.0 <= radius <= 180.0:
        raise ValueError(f'"{text.strip()}" is no radius: it must be between 0 and 180 degrees')
    return radius


def read_position(text: str) -> tuple[float, float]:
    """Right ascension and declination in degrees ICRS: any notation of `tom_astro.angles`, or galactic as ``l=120.5 b=-3``, ``gal 120.5 -3``."""
    from tom_astro.angles import parse_angle, parse_coordinates, parse_dec, parse_ra

    galactic = _GALACTIC.match(text)
    if galactic is not None:
        from tom_astro.coords import galactic_to_icrs

        lng, lat = parse_angle(galactic["l"]), parse_angle(galactic["b"])
        if not -90.0 <= lat <= 90.0:
            raise ValueError(f"galactic latitude {lat} must be between -90 and 90 degrees")
        ra, dec = galactic_to_icrs(lng % 360.0, lat)
        return float(ra), float(dec)
    parts = [part.strip() for part in text.split(",")]
    ra, dec = (parse_ra(parts[0]), parse_dec(parts[1])) if len(parts) == 2 and all(parts) else parse_coordinates(text)
    return ra, dec


def read_cone(text: str) -> Cone:
    """``<position>, <radius>`` with an epoch behind it if wanted (``J2016.0``): see `read_position`, `read_radius`."""
    text = text.replace("\x00", " ").strip()
    epoch = None
    if (found := _EPOCH.search(text)) is not None:
        epoch, text = float(found["year"]), text[: found.start()]
        if not 1900.0 <= epoch <= 2050.0:
            raise ValueError(f"the epoch {epoch:g} is not between 1900 and 2050. {CONE_MEND}")
    last = _LAST.match(text)
    if last is None:
        raise ValueError(f'"{text}" is no cone. {CONE_MEND}')
    try:
        ra, dec = read_position(last["where"].strip(" ,;"))
        return Cone(ra, dec, read_radius(last["radius"]), epoch)
    except ValueError as error:
        raise ValueError(f"{_sentence(error)} {CONE_MEND}") from error


def read_target_cone(text: str) -> tuple[str, float]:
    """``<name of a target>, <radius>``: the name and the radius in degrees."""
    name, comma, radius = text.replace("\x00", " ").rpartition(",")
    if not comma or not name.strip():
        raise ValueError(f'"{text.strip()}" has no name and radius. {TARGET_CONE_MEND}')
    try:
        return name.strip(), read_radius(radius)
    except ValueError as error:
        raise ValueError(f"{_sentence(error)} {TARGET_CONE_MEND}") from error


def is_moc(text: str) -> bool:
    return _MOC.match(text) is not None


def read_polygon(text: str) -> list[tuple[float, float]]:
    """Corners in degrees ICRS: pairs of degrees with commas or lines between them, or pairs in any notation with semicolons or lines."""
    text = text.replace("\x00", " ").strip().strip(";,")
    corners = [part.strip().strip(",") for part in re.split(r"[;\n]", text) if part.strip().strip(",")]
    try:
        if len(corners) == 1:
            words = re.split(r"[\s,]+", re.sub(r"[()\[\]]", " ", text).strip())
            wrong = [word for word in words if re.fullmatch(_NUMBER, word) is None]
            if wrong:
                raise ValueError(f'"{wrong[0]}" is no number of degrees')
            numbers = [float(word) for word in words]
            if len(numbers) % 2:
                raise ValueError(f"{len(numbers)} numbers are no pairs of right ascension and declination")
            found = list(zip(numbers[::2], numbers[1::2], strict=True))
        else:
            found = [read_position(corner.strip("()[]")) for corner in corners]
        if len(found) < 3:
            raise ValueError(f"{len(found)} {'corner is' if len(found) == 1 else 'corners are'} no polygon")
        if len(found) > 200:
            raise ValueError(f"{len(found)} corners are more than the 200 that are served")
        for ra, dec in found:
            if not (math.isfinite(ra) and -360.0 <= ra <= 360.0 and -90.0 <= dec <= 90.0):
                raise ValueError(f"({ra:g}, {dec:g}) is not on the sky")
    except ValueError as error:
        raise ValueError(f"{_sentence(error)} {POLYGON_MEND}") from error
    return found


def _sentence(error: Exception) -> str:
    text = str(error).strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!')) else '.'}"
