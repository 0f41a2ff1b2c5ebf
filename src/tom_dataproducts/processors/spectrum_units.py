"""Units, dates and telescopes as headers of spectra write them."""

from __future__ import annotations

import datetime as dt
import re
import sys
from dataclasses import dataclass, field
from typing import Any

from tom_dataproducts.exceptions import InvalidFileFormatException

RELATIVE = {"normalised", "normalized", "relative", "arbitrary", "dimensionless", "counts", "count", "adu", "electron", "electrons"}
LENGTHS = {
    "angstroms": "Angstrom", "a": "Angstrom", "aa": "Angstrom", "å": "Angstrom", "ang": "Angstrom", "microns": "um", "micron": "um",
    "µm": "um", "μm": "um", "micrometer": "um", "nanometers": "nm", "nanometer": "nm",
}  # fmt: skip


@dataclass
class PlainSpectrum:
    """What specutils' class says of a spectrum (astropy quantities), without the seconds that importing it takes."""

    flux: Any
    spectral_axis: Any
    uncertainty: Any = None
    about: dict[str, Any] = field(default_factory=dict)
    """Telescope, instrument, exposure time, and whether wavelengths are in air or vacuum, as far as the file says."""

    @property
    def wavelength(self) -> Any:
        return self.spectral_axis

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """For `isinstance`: who asks whether this is a spectrum of specutils has imported it."""
        specutils = sys.modules.get("specutils")
        return getattr(specutils, "Spectrum", None) or getattr(specutils, "Spectrum1D", None) or type(self)


def length_unit(text: str | None) -> Any:
    """A unit of length, or None."""
    from astropy import units

    text = (text or "").strip()
    if not text:
        return None
    try:
        unit = units.Unit(LENGTHS.get(text.lower(), text))
    except (ValueError, TypeError):
        return None
    return unit if unit.is_equivalent(units.m) else None


def spectral_unit(header: Any) -> Any:
    """The unit of the wavelength axis: of IRAF's WAT cards, else CUNIT1 where it is a length."""
    match = re.search(r"units=(\w+)", str(header.get("WAT1_001", "")))
    return length_unit(match[1] if match else None) or length_unit(str(header.get("CUNIT1", "")))


def flux_unit(text: str | None) -> Any:
    """The quantity of one count, as BUNIT or TUNIT say: `1E-17 erg/cm^2/s/Ang`; `erg/cm2/s/A  10^20` means numbers multiplied by 1e20."""
    from astropy import units

    text = (text or "").strip()
    if not text:
        return None
    if text.lower() in RELATIVE:
        return units.Quantity(1, units.dimensionless_unscaled)
    scale = 1.0
    if match := re.search(r"\s10\^([+-]?\d+)\s*$", text):
        scale, text = 10.0 ** -min(max(int(match[1]), -300), 300), text[: match.start()].strip()
    if match := re.match(r"^(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|10\*\*\(?-?\d+\)?|10\^\(?-?\d+\)?)[\s*]+(?=[A-Za-z])", text):
        factor = match[1].replace("**", "^")
        scale *= 10.0 ** int(factor[3:].strip("()")) if factor.startswith("10^") else float(factor)
        text = text[match.end() :]
    text = re.sub(r"/(A|Ang|ang|Å)\b", "/Angstrom", text).replace("**", "^")
    text = re.sub(r"\b(Ang|A)(?=\^?-1)", "Angstrom", text)
    if text.count("/") > 1 and "(" not in text:
        over, *under = text.split("/")
        text = f"{over} / ({' '.join(part.strip() for part in under)})"
    try:
        unit = units.Unit(text)
    except (ValueError, TypeError):
        return None
    known = (units.Unit("erg / (s cm2 Angstrom)"), units.Unit("erg / (s cm2 Hz)"))
    return scale * unit if any(unit.is_equivalent(each) for each in known) else None


def about(header: Any) -> dict[str, Any]:
    """What the cards TELESCOP, INSTRUME, OBSERVER, EXPTIME (s) and those of air or vacuum say."""
    found: dict[str, Any] = {}
    for card, name in (("TELESCOP", "telescope"), ("INSTRUME", "instrument"), ("OBSERVER", "observer")):
        if text := str(header.get(card) or "").strip():
            found[name] = text
    medium = str(header.get("AIRORVAC") or header.get("WAVEMED") or "").strip().lower()
    if not medium and str(header.get("VACUUM", "")).strip().lower() in ("true", "t", "1"):
        medium = "vacuum"
    if not medium and str(header.get("CTYPE1", "")).upper().startswith("AWAV"):
        medium = "air"
    if medium[:3] in ("air", "vac"):
        found["wavelength_medium"] = "air" if medium[:3] == "air" else "vacuum"
    try:
        seconds = float(header.get("EXPTIME"))
    except (TypeError, ValueError):
        return found
    if 0 < seconds < 1e9:
        found["exposure_time"] = seconds
    return found


def date_of(header: Any) -> dt.datetime | None:
    """The time of observation in UTC: DATE-OBS (in the scale of TIMESYS), with the time of day of UTSTART, TIME-OBS or UT where it has
    none; or MJD-OBS."""
    from tom_astro.times import mjd_to_datetime, parse_time

    scale = str(header.get("TIMESYS") or "UTC").strip().lower()
    scale = scale if scale in ("tai", "tt", "tdb", "tcb") else "utc"
    date = str(header.get("DATE-OBS") or "").strip()
    try:
        if date:
            if "T" not in date and " " not in date and ":" not in date:
                time = next((str(header[key]) for key in ("UTSTART", "TIME-OBS", "UT") if header.get(key)), "")
                date = f"{date}T{time}" if re.match(r"^\d\d:\d\d", time) else date
            if match := re.fullmatch(r"(\d\d)/(\d\d)/(\d\d)(T.*)?", date):
                date = f"19{match[3]}-{match[2]}-{match[1]}{match[4] or ''}"  # the form of FITS files before 2000
            bare = scale == "utc" or re.search(r"(Z|[+-]\d\d:?\d\d)$", date)
            return parse_time(date if bare else f"{date} {scale}")
        if header.get("MJD-OBS") not in (None, ""):
            return mjd_to_datetime(float(header["MJD-OBS"]), scale)  # type: ignore[no-any-return]
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidFileFormatException(
            f"DATE-OBS “{date or header.get('MJD-OBS')}” is no date: {str(error)[:200]}. Write it as 2026-01-31T12:34:56."
        ) from None
    return None
