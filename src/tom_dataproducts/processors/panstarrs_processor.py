"""Mean magnitudes of the Pan-STARRS1 catalogue."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tom_dataproducts.data_processor import DataProcessor
from tom_dataproducts.exceptions import InvalidFileFormatException

from .photometry_processor import number
from .reading import read_table, read_text

NONE = -999


class PanstarrsProcessor(DataProcessor):
    def data_type_override(self) -> str:
        return "photometry"

    def process_data(self, data_product: Any) -> list[tuple[dt.datetime, dict, str]]:
        """(mean epoch, value, "PanSTARRS") for each of g, r, i, z, y that has a mean PSF magnitude."""
        return self._process_photometry_from_plaintext(data_product)

    def _process_photometry_from_plaintext(self, data_product: Any) -> list[tuple[dt.datetime, dict, str]]:
        from tom_astro.times import mjd_to_datetime

        table = read_table(read_text(data_product))
        if not any(f"{band}MeanPSFMag" in table.colnames for band in "grizy"):
            raise InvalidFileFormatException("This is no table of the Pan-STARRS mean catalogue: it has no column gMeanPSFMag ... yMeanPSFMag.")
        if "epochMean" not in table.colnames:
            raise InvalidFileFormatException("The Pan-STARRS table has no column epochMean: ask the catalogue for it.")
        found = []
        for row in table:
            epoch = number(row["epochMean"])
            if epoch is None or epoch == NONE:
                continue
            for band in "grizy":
                magnitude = number(row[f"{band}MeanPSFMag"]) if f"{band}MeanPSFMag" in table.colnames else None
                if magnitude is None or magnitude == NONE:
                    continue
                value: dict[str, Any] = {"filter": band, "telescope": "PanSTARRS 1", "magnitude": magnitude}
                error = number(row[f"{band}MeanPSFMagErr"]) if f"{band}MeanPSFMagErr" in table.colnames else None
                if error is not None and error != NONE:
                    value["error"] = error
                found.append((mjd_to_datetime(epoch), value, "PanSTARRS"))
        if not found:
            raise InvalidFileFormatException("The Pan-STARRS table holds no magnitude.")
        return found
