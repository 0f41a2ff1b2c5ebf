"""ZTF forced photometry, as the IPAC service gives it.

Magnitudes and limits follow section 13 of its guide: a detection above 3 sigma, else a limit at 5 sigma, both with the zero point of the
difference image. https://irsa.ipac.caltech.edu/data/ZTF/docs/ztf_forced_photometry.pdf
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from tom_dataproducts.data_processor import DataProcessor
from tom_dataproducts.exceptions import InvalidFileFormatException

from .photometry_processor import magnitude_or_limit, number, plain
from .reading import read_table, read_text

DETECTION_SNR = 3.0
LIMIT_SNR = 5.0
BAD_PIXEL_BIT = 33554432


class ZTFForcedPhotometryProcessor(DataProcessor):
    def data_type_override(self) -> str:
        return "photometry"

    def process_data(self, data_product: Any) -> list[tuple[dt.datetime, dict, str]]:
        """(timestamp, value, "ZTF") for each usable epoch; epochs without a flux or flagged as unusable are left out."""
        from tom_astro.times import jd_to_datetime

        text = read_text(data_product)
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        if lines:
            lines[0] = lines[0].replace(",", " ")
        table = read_table("\n".join(" ".join(line.split()) for line in lines))
        missing = [name for name in ("jd", "filter", "zpdiff", "forcediffimflux", "forcediffimfluxunc") if name not in table.colnames]
        if missing:
            raise InvalidFileFormatException(f"This is no result of ZTF forced photometry: it has no column {', '.join(missing)}.")
        found = []
        for row in table:
            flux, flux_error, zero_point, day = (number(row[n]) for n in ("forcediffimflux", "forcediffimfluxunc", "zpdiff", "jd"))
            bits = number(row["infobitssci"]) if "infobitssci" in table.colnames else None
            if None in (flux, flux_error, zero_point, day) or flux_error <= 0 or flux <= -99999 or (bits or 0) >= BAD_PIXEL_BIT:
                continue
            magnitude, error, limit = magnitude_or_limit(flux, flux_error, zero_point, DETECTION_SNR, LIMIT_SNR)
            datum: dict[str, Any] = {
                "filter": str(plain(row["filter"])).replace("ZTF_", ""), "telescope": "ZTF", "unit": "AB mag", "jd": day,
                "flux": flux, "flux_error": flux_error, "zero_point": zero_point,
            }
            if "procstatus" in table.colnames and plain(row["procstatus"]) is not None:
                datum["procstatus"] = str(plain(row["procstatus"]))
            if magnitude is not None:
                datum["magnitude"], datum["error"] = magnitude, error
            else:
                datum["limit"] = limit
            found.append((jd_to_datetime(day), datum, "ZTF"))
        if not found:
            raise InvalidFileFormatException("No epoch of this file holds a usable flux.")
        return found
