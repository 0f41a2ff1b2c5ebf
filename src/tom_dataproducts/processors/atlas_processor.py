"""ATLAS forced photometry, as the service gives it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tom_dataproducts.data_processor import DataProcessor
from tom_dataproducts.exceptions import InvalidFileFormatException

from .photometry_processor import magnitude_or_limit, number, plain
from .reading import read_table, read_text

AB_OF_ONE_MICROJANSKY = 23.9


class AtlasProcessor(DataProcessor):
    def data_type_override(self) -> str:
        return "photometry"

    def process_data(self, data_product: Any) -> list[tuple[dt.datetime, dict, str]]:
        """(timestamp, value, "ATLAS") for each row: a magnitude, or a 3-sigma limit at a signal-to-noise ratio of 3 or less."""
        found = self._process_photometry_from_plaintext(data_product)
        return [(datum.pop("timestamp"), datum, datum.pop("source", "ATLAS")) for datum in found]

    def _process_photometry_from_plaintext(self, data_product: Any) -> list[dict[str, Any]]:
        from tom_astro.times import mjd_to_datetime

        text = read_text(data_product)
        table = read_table("\n".join(line.lstrip("#") if line.startswith("###") else line for line in text.splitlines()))
        missing = [name for name in ("MJD", "m", "dm", "uJy", "duJy", "F") if name not in table.colnames]
        if missing:
            raise InvalidFileFormatException(
                f"This is no result of ATLAS forced photometry: it has no column {', '.join(missing)}. "
                "Tables of magnitudes are uploaded as photometry."
            )
        found = []
        for row in table:
            flux, flux_error = number(row["uJy"]), number(row["duJy"])
            mjd = number(row["MJD"])
            if mjd is None or flux is None or flux_error is None or flux_error <= 0:
                continue
            datum: dict[str, Any] = {"timestamp": mjd_to_datetime(mjd), "filter": str(plain(row["F"])), "telescope": "ATLAS"}
            if flux / flux_error <= 3:
                datum["limit"] = magnitude_or_limit(flux, flux_error, AB_OF_ONE_MICROJANSKY)[2]
            else:
                datum["magnitude"], datum["error"] = number(row["m"]), number(row["dm"])
            found.append(datum)
        if not found:
            raise InvalidFileFormatException("Empty table or invalid file type")
        return found
