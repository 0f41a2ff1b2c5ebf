"""Reduced data as files that other programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from tom_common.errors import InvalidInputError
from tom_dataproducts.models import ReducedDatum

PHOTOMETRY_COLUMNS = (
    "timestamp", "telescope", "instrument", "bandpass", "brightness", "brightness_error", "limit", "unit", "source_name",
)
FORMATS = {"csv": "text/csv", "ecsv": "application/x-ecsv", "votable": "application/x-votable+xml"}
NUMBERS = {"brightness", "brightness_error", "limit"}


def _guard(text: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return "'" + text if text[:1] in "=+-@\t\r" and text else text


def photometry_csv(data: Iterable[ReducedDatum]) -> str:
    """CSV of photometry, oldest first."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(PHOTOMETRY_COLUMNS)
    for datum in sorted(data, key=lambda d: d.timestamp):
        writer.writerow(
            [
                datum.timestamp.isoformat(),
                *("" if (content := getattr(datum, name)) is None else content if name in NUMBERS else _guard(str(content))
                  for name in PHOTOMETRY_COLUMNS[1:]),
            ]
        )
    return out.getvalue()


def export_reduced_data(*, data: Iterable[ReducedDatum], format: str = "csv") -> bytes:
    """Photometry of `data` as "csv", "ecsv" or "votable"; one spectrum as a table of its wavelengths.

    Times are ISO UTC, and as `mjd` in ECSV and VOTable. Reads back equal with astropy. Raises InvalidInputError for another format, or
    when there is neither photometry nor exactly one spectrum.
    """
    if format not in FORMATS:
        raise InvalidInputError(f"Reduced data are exported as {', '.join(FORMATS)}, not as {format}.")
    rows = list(data)
    photometry = sorted((row for row in rows if row.data_type == "photometry"), key=lambda row: row.timestamp)
    spectra = [row for row in rows if row.data_type == "spectroscopy"]
    if not photometry and len(spectra) != 1:
        raise InvalidInputError("Choose photometry, or exactly one spectrum, to export.")
    if photometry and format == "csv":
        return photometry_csv(photometry).encode()
    table = _photometry_table(photometry) if photometry else _spectrum_table(spectra[0])
    if format == "votable":
        return _votable(table)
    text = io.StringIO()
    table.write(text, format="ascii.ecsv" if format == "ecsv" else "ascii.csv")
    return text.getvalue().encode()


def _votable(table: Any) -> bytes:
    """VOTable 1.3: the unit strings of later versions have no Angstrom."""
    from astropy.io.votable.tree import Resource, TableElement, VOTableFile

    for column in table.itercols():
        try:
            if column.unit is not None:
                column.unit.to_string("cds")
        except ValueError:
            column.unit = None
    votable = VOTableFile(version="1.3")
    resource = Resource()
    resource.tables.append(TableElement.from_table(votable, table))
    votable.resources.append(resource)
    out = io.BytesIO()
    votable.to_xml(out)
    return out.getvalue()


def _photometry_table(rows: list[ReducedDatum]) -> Any:
    import numpy as np
    from astropy.table import MaskedColumn, Table

    from tom_astro.times import datetime_to_mjd

    table = Table()
    table["timestamp"] = [row.timestamp.isoformat() for row in rows]
    table["mjd"] = [datetime_to_mjd(row.timestamp) for row in rows]
    table["mjd"].unit = "d"
    for name in PHOTOMETRY_COLUMNS[1:]:
        contents = [getattr(row, name) for row in rows]
        if name in NUMBERS:
            filled = np.array([np.nan if content is None else content for content in contents], dtype=float)
            table[name] = MaskedColumn(filled, mask=np.isnan(filled))
        else:
            table[name] = [str(content) for content in contents]
    table.meta["scale"] = "UTC"
    return table


def _spectrum_table(row: ReducedDatum) -> Any:
    from astropy.table import Table

    table = Table()
    for name, unit in (("wavelength", row.wavelength_unit), ("flux", row.flux_unit), ("error", row.flux_unit)):
        content = getattr(row, name)
        if len(content):
            table[name] = content
            table[name].unit = _unit(unit)
    table.meta.update(timestamp=row.timestamp.isoformat(), telescope=row.telescope, instrument=row.instrument, source=row.source_name)
    return table


def _unit(text: str) -> Any:
    from astropy import units

    try:
        return units.Unit(text) if text else None
    except ValueError:
        return None
