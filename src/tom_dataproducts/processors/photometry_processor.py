"""Photometry of tables: magnitudes, fluxes or limits, one row for each measurement."""

from __future__ import annotations

import datetime as dt
import mimetypes
import os
from typing import Any

from tom_dataproducts.data_processor import DataProcessor
from tom_dataproducts.exceptions import InvalidFileFormatException

from . import alcdef
from .band_columns import measurements_by_band
from .photometry_columns import KNOWN, meanings_of
from .photometry_rows import Measurements, measurements_of
from .reading import as_text, read_bytes
from .tables import RawTable, read_any_table

TEXT_ENDINGS = (
    ".csv", ".txt", ".dat", ".tsv", ".ecsv", ".ascii", ".asc", ".tbl", ".mrt", ".xml", ".vot", ".votable", ".fits", ".fit", ".fits.gz", ".gz",
)  # fmt: skip
HEADLESS = ("time", "magnitude", "error")
OGLE_HEADLESS = ("hjd", "magnitude", "error", "seeing", "sky")


class PhotometryProcessor(DataProcessor):
    """Reads tables of text (any separator), ECSV, VOTable, FITS and ALCDEF: a time, and a magnitude, a flux with zero point, or a limit."""

    def process_data(self, data_product: Any) -> list[tuple[dt.datetime, dict, str]]:
        """(timestamp in UTC, value, source name) for each row. InvalidFileFormatException says why a file cannot be read."""
        name = data_product.data.name.lower()
        mimetype = mimetypes.guess_type(name)[0]
        if mimetype not in self.PLAINTEXT_MIMETYPES and not name.endswith(TEXT_ENDINGS) and not _is_band_file(name):
            raise InvalidFileFormatException("Unsupported file type")
        found = self._process_photometry_from_plaintext(data_product)
        return [(datum.pop("timestamp"), datum, datum.pop("source", "")) for datum in found]

    def _process_photometry_from_plaintext(self, data_product: Any) -> list[dict[str, Any]]:
        """A dict for each row: `timestamp`, perhaps `source`, and what goes into `value`."""
        content = read_bytes(data_product)
        if content.lstrip()[:13] == b"STARTMETADATA":
            found = alcdef.measurements_of(as_text(content))
        else:
            found = self._of_table(content, data_product)
        self.tell(found.report)
        self.source_ids = found.identifiers
        self.places = found.places
        if not found.values:
            raise InvalidFileFormatException("No row of this table holds a magnitude, a flux or a limit.")
        sources: list[str | None] = found.sources or [None] * len(found.values)
        for datum, when, source in zip(found.values, found.times, sources, strict=True):
            datum["timestamp"] = when
            if source:
                datum["source"] = source
        return found.values

    def _of_table(self, content: bytes, data_product: Any) -> Measurements:
        is_ogle = os.path.basename(data_product.data.name).lower().startswith("ogle-")
        table = read_any_table(content, known=KNOWN, headless=OGLE_HEADLESS if is_ogle else HEADLESS)
        if table.headless:
            _check_headless(table, is_ogle)
        target = getattr(data_product, "target", None)
        return measurements_by_band(table, target) or measurements_of(table, meanings_of(table), target)


def _is_band_file(name: str) -> bool:
    """Files such as `sn2012aw.out_B` have no ending that a type is known for."""
    return mimetypes.guess_type(name)[0] is None and not name.endswith((".fz", ".zip"))


def _check_headless(table: RawTable, is_ogle: bool) -> None:
    """A table without names is read when its first columns can be nothing but times and magnitudes."""
    import numpy as np

    if is_ogle:
        table.cards.setdefault("FILTER", "I")
        table.cards.setdefault("TELESCOPE", "OGLE")
        table.notes.append("Files of OGLE's Early Warning System hold HJD, I magnitude, error, seeing and sky level.")
    days, _ = table.numbers(table.names[0])
    magnitudes, _ = table.numbers(table.names[1])
    are_days = np.nanmin(days, initial=np.inf) > 10_000 and np.nanmax(days, initial=-np.inf) < 2_600_000
    if not are_days or not np.nanmax(np.abs(magnitudes), initial=0.0) < 100:
        raise InvalidFileFormatException(
            f"{len(table.names)} columns without names, and the first is no column of times: name them in a line above, "
            "such as `mjd magnitude error filter`."
        )
