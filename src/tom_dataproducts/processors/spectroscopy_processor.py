"""Spectra of FITS files and of text."""

from __future__ import annotations

import datetime as dt
import io
import logging
import mimetypes
import re
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from tom_dataproducts.data_processor import DataProcessor
from tom_dataproducts.exceptions import InvalidFileFormatException

from .data_serializers import SpectrumSerializer
from .reading import comment_cards, is_number, read_bytes, read_table, read_text

logger = logging.getLogger(__name__)

WAVELENGTH_NAMES = ("wavelength", "wavelengths", "wave", "wl", "lambda", "lam", "awav")
FLUX_NAMES = ("flux", "fluxes", "f", "flam", "f_lambda", "flux_density")
ERROR_NAMES = ("flux_error", "fluxerr", "flux_err", "error", "err", "sigma", "flux_unc", "e_flux", "uncertainty")
TEXT_ENDINGS = (".csv", ".txt", ".dat", ".ascii", ".asc", ".tsv")
RELATIVE = {"normalised", "normalized", "relative", "arbitrary", "dimensionless"}


@dataclass
class PlainSpectrum:
    """What specutils' class says of a spectrum (astropy quantities), without the seconds that importing it takes."""

    flux: Any
    spectral_axis: Any
    uncertainty: Any = None
    about: dict[str, Any] = field(default_factory=dict)
    """Telescope, instrument and exposure time, as far as the file names them."""

    @property
    def wavelength(self) -> Any:
        return self.spectral_axis


class SpectroscopyProcessor(DataProcessor):
    """One spectrum for each file. Wavelengths are stored in Angstrom."""

    DEFAULT_WAVELENGTH_UNITS: Any = "Angstrom"
    DEFAULT_FLUX_CONSTANT: Any = "erg / (cm2 s Angstrom)"

    def process_data(self, data_product: Any) -> list[tuple[dt.datetime, dict, str]]:
        """[(time of observation, value, source name)]. InvalidFileFormatException says why a file cannot be read."""
        name = data_product.data.name.lower()
        mimetype = mimetypes.guess_type(name)[0]
        if mimetype in self.FITS_MIMETYPES or name.endswith((".fits", ".fz", ".fit", ".fits.gz")):
            found = self._process_spectrum_from_fits(data_product)
        elif mimetype in self.PLAINTEXT_MIMETYPES or name.endswith(TEXT_ENDINGS) or mimetype is None:
            found = self._process_spectrum_from_plaintext(data_product)
        else:
            raise InvalidFileFormatException("Unsupported file type")
        spectrum, moment, *rest = found
        value = spectrum if isinstance(spectrum, dict) else SpectrumSerializer().serialize(spectrum)
        value.update(getattr(spectrum, "about", {}))
        return [(moment, value, rest[0] if rest else "")]

    def _process_spectrum_from_fits(self, data_product: Any) -> tuple[Any, dt.datetime, str]:
        """(spectrum, time of observation, source name) of a FITS file: an image of up to three axes or a table."""
        from astropy.io import fits

        try:
            hdus = fits.open(io.BytesIO(read_bytes(data_product)))
        except (OSError, ValueError) as error:
            raise InvalidFileFormatException(f"This is no FITS file: {error}") from None
        with hdus:
            primary = hdus[0].header
            hdu = next((each for each in hdus if getattr(each, "data", None) is not None and _holds_numbers(each)), None)
            if hdu is None:
                raise InvalidFileFormatException("No part of this FITS file holds data")
            header = primary.copy()
            header.extend(hdu.header, update=True)
            facility = recognise(header)
            if isinstance(hdu, fits.BinTableHDU) and not isinstance(hdu, fits.CompImageHDU):
                axis, flux, error = _from_table_hdu(hdu)
            else:
                axis, flux, error = self._from_image(hdus, hdu, header)
        spectrum = self._with_units(axis, flux, error, header, facility)
        return spectrum, date_of(header) or _stored(data_product), getattr(facility, "name", "") or "DEFAULT"

    def _from_image(self, hdus: Any, hdu: Any, header: Any) -> tuple[Any, Any, Any]:
        import numpy as np

        data = np.asarray(hdu.data, dtype=float)
        error = None
        if data.ndim == 3:
            # IRAF's multispec: bands of optimal extraction, plain sum, sky and sigma.
            error = data[3, 0, :] if data.shape[0] > 3 else None
            data = data[0, 0, :]
        elif data.ndim == 2:
            data = data[0] if data.shape[0] <= 4 else None
        if data is None or data.ndim != 1:
            raise InvalidFileFormatException(f"An image of the shape {hdu.data.shape} is no extracted spectrum")
        variance = next((each for each in hdus if each.header.get("EXTNAME") == "VAR" and each.data is not None), None)
        if variance is not None and variance.data.shape == data.shape:
            error = np.sqrt(np.clip(np.asarray(variance.data, dtype=float), 0, None))
        step = header.get("CD1_1", header.get("CDELT1"))
        if "CRVAL1" not in header or not step:
            raise InvalidFileFormatException("The FITS header has no wavelength scale (CRVAL1 with CD1_1 or CDELT1)")
        axis = header["CRVAL1"] + (np.arange(data.size) + 1 - header.get("CRPIX1", 1.0)) * step
        if header.get("DC-FLAG") == 1:
            axis = 10.0**axis
        return axis, data, error

    def _with_units(self, axis: Any, flux: Any, error: Any, header: Any, facility: Any) -> PlainSpectrum:
        import numpy as np
        from astropy import units

        wavelength_unit = _spectral_unit(header)
        if wavelength_unit is None and facility is not None:
            wavelength_unit = facility.get_wavelength_units()
        axis = units.Quantity(np.asarray(axis, dtype=float), wavelength_unit or self.DEFAULT_WAVELENGTH_UNITS).to("Angstrom")
        constant = facility.get_flux_constant() if facility is not None else None
        if constant is None:
            constant = _flux_unit(str(header.get("BUNIT", "")))
        constant = units.Quantity(1, self.DEFAULT_FLUX_CONSTANT) if constant is None else units.Quantity(1 * constant)
        target = units.Unit("erg / (Angstrom s cm2)")
        if constant.unit.is_equivalent(target):
            constant = constant.to(target)
        flux = np.asarray(flux, dtype=float) * constant
        sigma = None if error is None else (np.asarray(error, dtype=float) * constant).value
        return PlainSpectrum(flux=flux, spectral_axis=axis, uncertainty=sigma, about=_about(header))

    def _process_spectrum_from_plaintext(self, data_product: Any) -> tuple[Any, dt.datetime, str]:
        """(spectrum, time of observation, source name) of a text table of wavelength and flux."""
        from astropy import units

        text = read_text(data_product)
        cards = comment_cards(text)
        table = self._text_table(text)
        lower = {name.lower(): name for name in table.colnames}
        wave, flux = (next((lower[n] for n in names if n in lower), None) for names in (WAVELENGTH_NAMES, FLUX_NAMES))
        if wave is None or flux is None:
            raise InvalidFileFormatException(
                f"A spectrum needs columns `wavelength` and `flux`. The columns are {', '.join(table.colnames[:12])}."
            )
        sigma = next((lower[n] for n in ERROR_NAMES if n in lower and lower[n] != flux), None)
        facility = _facility_named(cards.get("FACILITY", ""))
        unit = _known_unit(cards.get("WAVELENGTH_UNITS") or cards.get("WAVELENGTH-UNITS") or cards.get("CUNIT1"))
        axis = _numbers(table[wave], "wavelength")
        if unit is None:
            unit = (facility.get_wavelength_units() if facility is not None else None) or self.DEFAULT_WAVELENGTH_UNITS
            if axis.max() < 100:
                raise InvalidFileFormatException(
                    f"Wavelengths from {axis.min():g} to {axis.max():g} cannot be in Angstrom: say their unit in a line "
                    "`# WAVELENGTH_UNITS: um` (or nm) above the table."
                )
        constant = facility.get_flux_constant() if facility is not None else None
        if constant is None or "FLUX_UNITS" in cards or "BUNIT" in cards:
            stated = _flux_unit(cards.get("FLUX_UNITS") or cards.get("BUNIT") or "")
            constant = constant if stated is None else stated
        constant = units.Quantity(1, self.DEFAULT_FLUX_CONSTANT) if constant is None else units.Quantity(1 * constant)
        target = units.Unit("erg / (Angstrom s cm2)")
        if constant.unit.is_equivalent(target):
            constant = constant.to(target)
        spectrum = PlainSpectrum(
            flux=_numbers(table[flux], "flux") * constant,
            spectral_axis=units.Quantity(axis, unit).to("Angstrom"),
            uncertainty=(_numbers(table[sigma], "error") * constant).value if sigma is not None else None,
            about=_about(cards),
        )
        return spectrum, date_of(cards) or _stored(data_product), cards.get("FACILITY", "")

    def _text_table(self, text: str) -> Any:
        lines = [line for line in text.splitlines() if line.strip()]
        data = [line for line in lines if not line.lstrip().startswith("#")]
        if not data:
            raise InvalidFileFormatException("Empty table or invalid file type")
        words = [word for word in re.split(r"[,;\s]+", data[0].strip()) if word]
        if not all(map(is_number, words)):
            return read_table(text)
        before = lines[: lines.index(data[0])]
        if before:
            named = [word for word in re.split(r"[,;\s]+", before[-1].lstrip("# ").strip()) if word]
            if len(named) == len(words) and not any(map(is_number, named)) and set(map(str.lower, named)) & set(WAVELENGTH_NAMES):
                return read_table(text, names=tuple(named))
        if len(words) > 3:
            raise InvalidFileFormatException(
                f"{len(words)} columns without names: name them in a line above, such as `wavelength flux flux_error`."
            )
        return read_table(text, names=("wavelength", "flux", "flux_error"))


def _about(header: Any) -> dict[str, Any]:
    """What the cards TELESCOP, INSTRUME and EXPTIME say (FITS standard; seconds)."""
    found: dict[str, Any] = {}
    for card, name in (("TELESCOP", "telescope"), ("INSTRUME", "instrument")):
        if text := str(header.get(card) or "").strip():
            found[name] = text
    try:
        seconds = float(header.get("EXPTIME"))
    except (TypeError, ValueError):
        return found
    if seconds > 0:
        found["exposure_time"] = seconds
    return found


def _numbers(column: Any, name: str) -> Any:
    import numpy as np

    try:
        found = np.ma.filled(np.ma.asarray(column, dtype=float), np.nan)
    except (TypeError, ValueError):
        raise InvalidFileFormatException(f"The column {name} holds what is no number.") from None
    if name == "wavelength" and not np.isfinite(found).all():
        raise InvalidFileFormatException("A wavelength is missing.")
    return found


def _holds_numbers(hdu: Any) -> bool:
    names = getattr(hdu.data.dtype, "names", None)
    if names is None:
        return hdu.data.size > 1
    lower = {name.lower() for name in names}
    return bool(lower & {*WAVELENGTH_NAMES, "loglam"}) and bool(lower & set(FLUX_NAMES))


def _from_table_hdu(hdu: Any) -> tuple[Any, Any, Any]:
    import numpy as np

    lower = {name.lower(): name for name in hdu.data.dtype.names}
    wave = next((lower[name] for name in (*WAVELENGTH_NAMES, "loglam") if name in lower), None)
    flux = next((lower[name] for name in FLUX_NAMES if name in lower), None)
    if wave is None or flux is None:
        raise InvalidFileFormatException(f"The FITS table has no columns of wavelength and flux, but {', '.join(lower)}")
    axis = np.asarray(hdu.data[wave], dtype=float).ravel()
    if wave.lower() == "loglam":
        axis = 10.0**axis
    error = next((lower[name] for name in ERROR_NAMES if name in lower), None)
    sigma = np.asarray(hdu.data[error], dtype=float).ravel() if error else None
    if sigma is None and "ivar" in lower:
        ivar = np.asarray(hdu.data[lower["ivar"]], dtype=float).ravel()
        sigma = np.where(ivar > 0, 1 / np.sqrt(np.where(ivar > 0, ivar, 1)), np.nan)
    unit = hdu.columns[wave].unit
    if unit and "CUNIT1" not in hdu.header:
        hdu.header["CUNIT1"] = unit
    return axis, np.asarray(hdu.data[flux], dtype=float).ravel(), sigma


def _known_unit(text: str | None) -> Any:
    """A unit of length, or None."""
    from astropy import units

    if not text:
        return None
    text = {"angstroms": "Angstrom", "a": "Angstrom", "aa": "Angstrom", "microns": "um", "micron": "um"}.get(text.strip().lower(), text.strip())
    try:
        unit = units.Unit(text)
    except ValueError:
        return None
    return unit if unit.is_equivalent(units.m) else None


def _spectral_unit(header: Any) -> Any:
    """The unit of the wavelength axis: of IRAF's WAT cards, else CUNIT1 where it is a length."""
    match = re.search(r"units=(\w+)", str(header.get("WAT1_001", "")))
    return _known_unit(match[1] if match else None) or _known_unit(str(header.get("CUNIT1", "")))


def _flux_unit(text: str) -> Any:
    """The quantity of one count, as BUNIT says; `erg/cm2/s/A  10^20` means numbers multiplied by 1e20."""
    from astropy import units

    text = text.strip()
    if not text:
        return None
    if text.lower() in RELATIVE:
        return units.Quantity(1, units.dimensionless_unscaled)
    scale = 1.0
    match = re.search(r"\s10\^([+-]?\d+)\s*$", text)
    if match:
        scale, text = 10.0 ** -int(match[1]), text[: match.start()].strip()
    text = re.sub(r"/A\b", "/Angstrom", text)
    if text.count("/") > 1 and "(" not in text:
        over, *under = text.split("/")
        text = f"{over} / ({' '.join(part.strip() for part in under)})"
    try:
        unit = units.Unit(text)
    except ValueError:
        return None
    known = (units.Unit("erg / (s cm2 Angstrom)"), units.Unit("erg / (s cm2 Hz)"))
    return scale * unit if any(unit.is_equivalent(each) for each in known) else None


def _facilities() -> list[Any]:
    from tom_observations.facility import get_service_classes

    found = []
    for cls in get_service_classes().values():
        try:
            found.append(cls())
        except Exception:
            logger.exception("the facility %s cannot be made; it is not asked about files", cls)
    return found


def recognise(header: Any) -> Any:
    """The facility that says a FITS header is its own, or None."""
    for facility in _facilities():
        try:
            if facility.is_fits_facility(header):
                return facility
        except Exception:
            logger.exception("the facility %s failed to say whether a file is its own", getattr(facility, "name", facility))
    return None


def _facility_named(name: str) -> Any:
    return next((facility for facility in _facilities() if getattr(facility, "name", None) == name), None) if name else None


def date_of(header: Any) -> dt.datetime | None:
    """The time of observation in UTC: DATE-OBS, with the time of day of UTSTART, UT or TIME-OBS where it has none; or MJD-OBS."""
    from tom_astro.times import mjd_to_datetime, parse_time

    date = str(header.get("DATE-OBS", "")).strip()
    if date:
        if "T" not in date and " " not in date and ":" not in date:
            time = next((str(header[key]) for key in ("UTSTART", "TIME-OBS", "UT") if header.get(key)), "")
            date = f"{date}T{time}" if re.match(r"^\d\d:\d\d", time) else date
        try:
            return parse_time(date)
        except ValueError as error:
            raise InvalidFileFormatException(f"DATE-OBS “{date}” is no date: {error}") from None
    if header.get("MJD-OBS") not in (None, ""):
        return mjd_to_datetime(float(header["MJD-OBS"]))
    return None


def _stored(data_product: Any) -> dt.datetime:
    """Without a date in the file: when the file came."""
    created = getattr(data_product, "created", None)
    return created if isinstance(created, dt.datetime) else timezone.now()
