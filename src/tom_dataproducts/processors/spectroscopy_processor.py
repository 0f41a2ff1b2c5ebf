"""Spectra of FITS files and of text."""

from __future__ import annotations

import datetime as dt
import logging
import mimetypes
from typing import Any

from django.utils import timezone

from tom_common.errors import RowError
from tom_dataproducts.data_processor import DataProcessor
from tom_dataproducts.exceptions import InvalidFileFormatException

from .data_serializers import SpectrumSerializer
from .photometry_columns import bare_name
from .reading import read_bytes
from .report import ColumnReport, FileReport
from .spectrum_fits import ERROR_NAMES, FLUX_NAMES, WAVELENGTH_NAMES, FitsSpectrum, spectra_of
from .spectrum_units import PlainSpectrum, about, date_of, flux_unit, length_unit
from .tables import RawTable, read_any_table

logger = logging.getLogger(__name__)

TEXT_ENDINGS = (".csv", ".txt", ".dat", ".ascii", ".asc", ".tsv", ".ecsv", ".xml", ".vot", ".gz")
HEADLESS = ("wavelength", "flux", "flux_error")
DATE_TOLD = "The file names no time of observation (DATE-OBS); the time at which it came is taken."


class SpectroscopyProcessor(DataProcessor):
    """One spectrum for each file, or for each aperture of an IRAF file. Wavelengths are stored in Angstrom, in air or vacuum as they are."""

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
        rows = []
        for spectrum, moment, *rest in found if isinstance(found, list) else [found]:
            value = spectrum if isinstance(spectrum, dict) else SpectrumSerializer().serialize(spectrum)
            value.update(getattr(spectrum, "about", {}))
            rows.append((moment, value, rest[0] if rest else ""))
        return rows

    def _process_spectrum_from_fits(self, data_product: Any) -> Any:
        """(spectrum, time of observation, source name) of a FITS file; a list of them where it holds several apertures."""
        spectra, kind = spectra_of(read_bytes(data_product))
        facility = recognise(spectra[0].header)
        report = FileReport(kind, rows=sum(each.flux.size for each in spectra))
        found = [self._with_units(each, facility, report) for each in spectra]
        moment = date_of(spectra[0].header)
        report.time = "DATE-OBS of the header" if moment else "the time at which the file came"
        if moment is None:
            report.notes.append(DATE_TOLD)
        self.tell(report)
        source = getattr(facility, "name", "") or "DEFAULT"
        rows = [(spectrum, moment or _stored(data_product), source) for spectrum in found]
        return rows if len(rows) > 1 else rows[0]

    def _with_units(self, raw: FitsSpectrum, facility: Any, report: FileReport) -> PlainSpectrum:
        unit = raw.axis_unit
        if unit is None and facility is not None:
            unit = facility.get_wavelength_units()
        said = flux_unit(raw.flux_unit) if raw.flux_unit else None
        constant = facility.get_flux_constant() if facility is not None else None
        if constant is None:
            constant = said if said is not None else flux_unit(str(raw.header.get("BUNIT", "")))
        spectrum = self._spectrum(raw.axis, raw.flux, raw.error, unit or self.DEFAULT_WAVELENGTH_UNITS, constant)
        spectrum.about = {**about(raw.header), **raw.about}
        if not report.columns:
            report.columns = _columns("wavelength", "flux", "error" if raw.error is not None else "", unit, spectrum)
            if unit is None:
                report.notes.append("The file names no unit of wavelength; Angstrom are taken.")
            if constant is None:
                report.notes.append(f"The file names no unit of flux; {self.DEFAULT_FLUX_CONSTANT} is taken.")
            if "CRVAL1" in raw.header and "CRPIX1" not in raw.header:
                report.notes.append("The header names no reference pixel (CRPIX1); the first one is taken, as IRAF does.")
            report.notes += _medium(spectrum.about)
        return spectrum

    def _spectrum(self, axis: Any, flux: Any, error: Any, unit: Any, constant: Any) -> PlainSpectrum:
        """A spectrum in Angstrom. `constant` is what one count is (a quantity or a unit); None for the default."""
        import numpy as np
        from astropy import units

        keep = np.isfinite(axis)
        if not keep.all():
            axis, flux, error = axis[keep], flux[keep], None if error is None else error[keep]
        if axis.size < 2:
            raise InvalidFileFormatException("A spectrum has at least two points")
        constant = units.Quantity(1, self.DEFAULT_FLUX_CONSTANT) if constant is None else units.Quantity(1 * constant)
        usual = units.Unit("erg / (Angstrom s cm2)")
        if constant.unit.is_equivalent(usual):
            # to fifteen digits: the conversion of `1e-15 erg` leaves dust in the sixteenth
            constant = units.Quantity(constant.value * float(f"{constant.unit.to(usual):.15g}"), usual)
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = np.asarray(flux, dtype=float) * constant
            sigma = None if error is None else (np.asarray(error, dtype=float) * constant).value
            axis = units.Quantity(np.asarray(axis, dtype=float), unit).to("Angstrom")
        if not np.isfinite(scaled.value).any():
            raise InvalidFileFormatException("No point of this spectrum has a flux")
        return PlainSpectrum(flux=scaled, spectral_axis=axis, uncertainty=sigma)

    def _process_spectrum_from_plaintext(self, data_product: Any) -> tuple[Any, dt.datetime, str]:
        """(spectrum, time of observation, source name) of a table of wavelength and flux: text, ECSV or VOTable."""
        table = read_any_table(read_bytes(data_product), known=WAVELENGTH_NAMES, headless=HEADLESS)
        if table.headless and len(table.names) > 3:
            raise InvalidFileFormatException(
                f"{len(table.names)} columns without names: name them in a line above, such as `wavelength flux flux_error`."
            )
        cards = table.cards
        report = FileReport(table.kind, rows=len(table) + len(table.errors), errors=list(table.errors), notes=list(table.notes))
        wave, flux, sigma = _find_columns(table)
        facility = _facility_named(cards.get("FACILITY", ""))
        axis, values, error = _numbers(table, report, wave, flux, sigma)
        unit = length_unit(cards.get("WAVELENGTH_UNITS") or cards.get("WAVELENGTH-UNITS") or cards.get("CUNIT1")) or _unit_of(table, wave)
        if unit is None:
            unit = (facility.get_wavelength_units() if facility is not None else None) or self.DEFAULT_WAVELENGTH_UNITS
            _check_default_unit(axis, report)
        constant = facility.get_flux_constant() if facility is not None else None
        said = cards.get("FLUX_UNITS") or cards.get("BUNIT") or table.units.get(flux, "") or bare_name(flux)[1]
        stated = flux_unit(said or ("normalised" if _is_normalised(cards) else ""))
        constant = constant if stated is None else stated
        spectrum = self._spectrum(axis, values, error, unit, constant)
        spectrum.about = about(cards)
        report.columns = [
            next((c for c in _columns(wave, flux, sigma or "", unit, spectrum) if c.name == name), ColumnReport(name, ""))
            for name in table.names
        ]
        if constant is None:
            report.notes.append(f"The file names no unit of flux; {self.DEFAULT_FLUX_CONSTANT} is taken.")
        moment = date_of(cards)
        report.time = "DATE-OBS of the comments" if moment else "the time at which the file came"
        report.notes += [*([] if moment else [DATE_TOLD]), *_medium(spectrum.about)]
        self.tell(report)
        return spectrum, moment or _stored(data_product), cards.get("FACILITY", "")


def _is_normalised(cards: dict[str, str]) -> bool:
    """As the pipeline of SPRAT says it: `EXTNAME: NORMFLUX`, `LABEL: Normalized Flux`."""
    return "normali" in cards.get("LABEL", "").lower() or cards.get("EXTNAME", "").upper().startswith("NORM")


def _find_columns(table: RawTable) -> tuple[str, str, str | None]:
    lower: dict[str, str] = {}
    for name in table.names:
        bare = bare_name(name)[0]
        for key in (bare, bare.rpartition("_")[0] if bare.rpartition("_")[2] in ("um", "nm", "ang", "aa", "angstrom", "micron") else bare):
            lower.setdefault(key, name)
    wave, flux = (next((lower[n] for n in names if n in lower), None) for names in (WAVELENGTH_NAMES, FLUX_NAMES))
    if wave is None or flux is None:
        raise InvalidFileFormatException(
            f"A spectrum needs columns `wavelength` and `flux`. The columns are {', '.join(table.names[:12])}."
        )
    return wave, flux, next((lower[n] for n in ERROR_NAMES if n in lower and lower[n] != flux), None)


def _unit_of(table: RawTable, wave: str) -> Any:
    """The unit of wavelength that the table, the brackets behind the name or its ending say."""
    bare, bracket = bare_name(wave)
    return length_unit(table.units.get(wave)) or length_unit(bracket) or length_unit(bare.rpartition("_")[2] if "_" in bare else "")


def _numbers(table: RawTable, report: FileReport, wave: str, flux: str, sigma: str | None) -> tuple[Any, Any, Any]:
    """Wavelengths, fluxes and errors of the rows that hold numbers; the other rows are told in the report."""
    import numpy as np

    keep = np.ones(len(table), dtype=bool)
    columns = {}
    for name in (wave, flux, *([sigma] if sigma else [])):
        columns[name], wrong = table.numbers(name)
        for index in wrong:
            cell = table.cells(name)[index]
            report.errors.append(RowError(table.places[index], name, cell, f"“{str(cell)[:40]}” is no number", "write a number, or nan"))
            keep[index] = False
    for index in np.flatnonzero(~np.isfinite(columns[wave]) & keep).tolist():
        report.errors.append(RowError(table.places[index], wave, table.cells(wave)[index], "a wavelength is missing", "leave out the row"))
        keep[index] = False
    report.errors.sort(key=lambda error: error.row or 0)
    if not keep.any():
        raise InvalidFileFormatException(errors=report.errors)
    axis = columns[wave]
    if bare_name(wave)[0] == "loglam":
        axis = 10.0 ** np.clip(axis, -300, 300)
    return axis[keep], columns[flux][keep], columns[sigma][keep] if sigma else None


def _check_default_unit(axis: Any, report: FileReport) -> None:
    if axis.max() < 100:
        raise InvalidFileFormatException(
            f"Wavelengths from {axis.min():g} to {axis.max():g} cannot be in Angstrom: say their unit in a line "
            "`# WAVELENGTH_UNITS: um` (or nm) above the table."
        )
    if axis.max() < 3000:
        report.notes.append(
            f"Wavelengths from {axis.min():g} to {axis.max():g} are taken as Angstrom. If they are in nm, say so in a line "
            "`# WAVELENGTH_UNITS: nm` above the table."
        )


def _columns(wave: str, flux: str, sigma: str, unit: Any, spectrum: PlainSpectrum) -> list[ColumnReport]:
    found = [
        ColumnReport(wave, "wavelength", str(unit or "Angstrom")), ColumnReport(flux, "flux", spectrum.flux.unit.to_string()),
    ]  # fmt: skip
    return [*found, ColumnReport(sigma, "flux error", spectrum.flux.unit.to_string())] if sigma else found


def _medium(told: dict[str, Any]) -> list[str]:
    medium = told.get("wavelength_medium")
    return [f"The wavelengths are in {medium}, and stay so."] if medium else []


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


def _stored(data_product: Any) -> dt.datetime:
    """Without a date in the file: when the file came."""
    created = getattr(data_product, "created", None)
    return created if isinstance(created, dt.datetime) else timezone.now()
