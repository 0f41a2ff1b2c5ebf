"""ZTF forced photometry, as the IPAC service gives it.

Magnitudes and limits follow section 13 of its guide: a detection above 3 sigma, else a limit at 5 sigma, both with the zero point of the
difference image. https://irsa.ipac.caltech.edu/data/ZTF/docs/ztf_forced_photometry.pdf
"""

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

DETECTION_SNR = 3.0
LIMIT_SNR = 5.0
BAD_PIXEL_BIT = 33554432
NEEDED = ("jd", "filter", "zpdiff", "forcediffimflux", "forcediffimfluxunc")
MEANINGS = (
    ColumnReport("jd", "time", "JD UTC"), ColumnReport("filter", "filter"), ColumnReport("forcediffimflux", "flux", "DN"),
    ColumnReport("forcediffimfluxunc", "flux error", "DN"), ColumnReport("zpdiff", "zero point", "AB mag"),
)  # fmt: skip


class ZTFForcedPhotometryProcessor(DataProcessor):
    def data_type_override(self) -> str:
        return "photometry"

    def process_data(self, data_product: Any) -> list[tuple[dt.datetime, dict, str]]:
        """(timestamp, value, "ZTF") for each usable epoch; epochs without a flux or flagged as unusable are left out."""
        import numpy as np

        lines = read_text(data_product).split("\n")
        # The header's names are separated by commas, the rows by blanks.
        header = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
        if header is not None:
            lines[header] = lines[header].replace(",", " ")
        table = read_text_table("\n".join(lines), known=NEEDED)
        missing = [name for name in NEEDED if name not in table.names]
        if missing:
            raise InvalidFileFormatException(f"This is no result of ZTF forced photometry: it has no column {', '.join(missing)}.")
        rows = SurveyRows(table, MEANINGS, "JD in UTC")
        jd, flux, flux_error, zero_point = (rows.numbers(name) for name in ("jd", "forcediffimflux", "forcediffimfluxunc", "zpdiff"))
        rows.leave_out(~(flux > -99999) | ~(flux_error > 0) | np.isnan(zero_point), "no flux")
        if "infobitssci" in table.names:
            rows.leave_out(rows.numbers("infobitssci") >= BAD_PIXEL_BIT, "flagged as unusable (infobitssci)")
        magnitude, error, limit = magnitudes_or_limits(flux, flux_error, zero_point, DETECTION_SNR, LIMIT_SNR)
        contents = {
            "filter": [(name or "").replace("ZTF_", "") for name in rows.texts("filter")],
            "telescope": "ZTF",
            "unit": "AB mag",
            "jd": jd,
            "flux": flux,
            "flux_error": flux_error,
            "zero_point": zero_point,
        }
        if "procstatus" in table.names:
            contents["procstatus"] = rows.texts("procstatus")
        found = rows.measurements(jd - 2400000.5, "jd", {**contents, "magnitude": magnitude, "error": error, "limit": limit})
        self.tell(found.report)
        self.places = found.places
        if not found.values:
            raise InvalidFileFormatException("No epoch of this file holds a usable flux.")
        return [(when, value, "ZTF") for when, value in zip(found.times, found.values, strict=True)]
