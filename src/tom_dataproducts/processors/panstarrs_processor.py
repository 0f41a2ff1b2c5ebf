"""Mean magnitudes of the Pan-STARRS1 catalogue, as MAST gives them: CSV, VOTable, or JSON of `info` and `data`."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from tom_dataproducts.data_processor import DataProcessor
from tom_dataproducts.exceptions import InvalidFileFormatException

from .reading import as_text, read_bytes
from .report import ColumnReport
from .survey_rows import SurveyRows
from .tables import RawTable, read_any_table

NONE = -999
BANDS = "grizy"
MEANINGS = (
    ColumnReport("epochMean", "time", "MJD UTC"),
    *(ColumnReport(f"{band}MeanPSFMag", f"magnitude in {band}", "AB mag") for band in BANDS),
    *(ColumnReport(f"{band}MeanPSFMagErr", f"error in {band}", "mag") for band in BANDS),
)


class PanstarrsProcessor(DataProcessor):
    def data_type_override(self) -> str:
        return "photometry"

    def process_data(self, data_product: Any) -> list[tuple[dt.datetime, dict, str]]:
        """(mean epoch, value, "PanSTARRS") for each of g, r, i, z, y that has a mean PSF magnitude."""
        return self._process_photometry_from_plaintext(data_product)

    def _process_photometry_from_plaintext(self, data_product: Any) -> list[tuple[dt.datetime, dict, str]]:
        content = read_bytes(data_product)
        table = _of_json(content) if content.lstrip()[:1] == b"{" else read_any_table(content, known=("epochmean",))
        if not any(f"{band}MeanPSFMag" in table.names for band in BANDS):
            raise InvalidFileFormatException(
                "This is no table of the Pan-STARRS mean catalogue: it has no column gMeanPSFMag ... yMeanPSFMag."
            )
        if "epochMean" not in table.names:
            raise InvalidFileFormatException("The Pan-STARRS table has no column epochMean: ask the catalogue for it.")
        rows = SurveyRows(table, MEANINGS, "MJD in UTC")
        epoch = _or_nan(rows, "epochMean")
        by_band = []
        for band in BANDS:
            if f"{band}MeanPSFMag" in table.names:
                contents = {"filter": band, "telescope": "PanSTARRS 1", "magnitude": _or_nan(rows, f"{band}MeanPSFMag")}
                if f"{band}MeanPSFMagErr" in table.names:
                    contents["error"] = _or_nan(rows, f"{band}MeanPSFMagErr")
                by_band.append(contents)
        found = [rows.measurements(epoch, "epochMean", contents) for contents in by_band]
        self.tell(found[-1].report)
        of_place = [
            (place, when, value)
            for each in found
            for place, when, value in zip(each.places, each.times, each.values, strict=True)
            if "magnitude" in value
        ]
        if not of_place:
            raise InvalidFileFormatException("The Pan-STARRS table holds no magnitude.")
        of_place.sort(key=lambda row: row[0])
        self.places = [place for place, _, _ in of_place]
        return [(when, value, "PanSTARRS") for _, when, value in of_place]


def _or_nan(rows: SurveyRows, name: str) -> Any:
    found = rows.numbers(name)
    found[found == NONE] = float("nan")
    return found


def _of_json(content: bytes) -> RawTable:
    try:
        answer = json.loads(as_text(content))
        names = [str(column["name"]) for column in answer["info"]]
        data = [list(row) for row in answer["data"]]
        columns: list[Any] = [list(column) for column in zip(*data, strict=True)]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidFileFormatException("This JSON is no answer of the MAST catalogues: it has no `info` and `data`.") from None
    if not data or len(columns) != len(names):
        raise InvalidFileFormatException("The answer of the catalogue holds no object.")
    return RawTable("JSON of MAST", names, columns, range(1, len(data) + 1))
