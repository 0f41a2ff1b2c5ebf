"""ATLAS forced photometry, as the service gives it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tom_dataproducts.data_processor import DataProcessor
from tom_dataproducts.exceptions import InvalidFileFormatException

from .photometry_rows import magnitudes_or_limits
from .reading import read_text
from .report import ColumnReport
from .survey_rows import SurveyRows
from .tables import read_text_table

AB_OF_ONE_MICROJANSKY = 23.9
NEEDED = ("MJD", "m", "dm", "uJy", "duJy", "F")
MEANINGS = (
    ColumnReport("MJD", "time", "MJD UTC"), ColumnReport("m", "magnitude", "AB mag"), ColumnReport("dm", "error", "mag"),
    ColumnReport("uJy", "flux", "uJy"), ColumnReport("duJy", "flux error", "uJy"), ColumnReport("F", "filter"),
)  # fmt: skip


class AtlasProcessor(DataProcessor):
    def data_type_override(self) -> str:
        return "photometry"

    def process_data(self, data_product: Any) -> list[tuple[dt.datetime, dict, str]]:
        """(timestamp, value, "ATLAS") for each row: a magnitude, or a 3-sigma limit at a signal-to-noise ratio of 3 or less."""
        found = self._process_photometry_from_plaintext(data_product)
        return [(datum.pop("timestamp"), datum, datum.pop("source", "ATLAS")) for datum in found]

    def _process_photometry_from_plaintext(self, data_product: Any) -> list[dict[str, Any]]:
        text = read_text(data_product)
        if text.lstrip()[:1] in ("{", "[", "<"):
            raise InvalidFileFormatException(
                "This is no result of ATLAS forced photometry, but an answer about a query: send the text file at its `result_url`."
            )
        table = read_text_table(text, known=("mjd", "ujy"))
        table.names = [name.lstrip("#") for name in table.names]
        missing = [name for name in NEEDED if name not in table.names]
        if missing:
            raise InvalidFileFormatException(
                f"This is no result of ATLAS forced photometry: it has no column {', '.join(missing)}. "
                "Tables of magnitudes are uploaded as photometry."
            )
        rows = SurveyRows(table, MEANINGS, "MJD in UTC")
        mjd, flux, flux_error, magnitude, error = (rows.numbers(name) for name in ("MJD", "uJy", "duJy", "m", "dm"))
        rows.leave_out(~(flux_error > 0) | (flux != flux), "no flux, or no error of it")
        _, _, limit = magnitudes_or_limits(flux, flux_error, AB_OF_ONE_MICROJANSKY)
        is_limit = limit == limit
        magnitude[is_limit] = error[is_limit] = float("nan")
        found = rows.measurements(
            mjd, "MJD", {"filter": rows.texts("F"), "telescope": "ATLAS", "limit": limit, "magnitude": magnitude, "error": error}
        )
        self.tell(found.report)
        self.places = found.places
        if not found.values:
            raise InvalidFileFormatException("Empty table or invalid file type")
        return [{"timestamp": when, **value} for when, value in zip(found.times, found.values, strict=True)]
