"""What reads the files of data products: the base class of processors, and the function that runs them."""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.module_loading import import_string

from tom_common.conf import tom_settings

from .exceptions import InvalidFileFormatException
from .processors.report import FileReport

logger = logging.getLogger(__name__)

mimetypes.add_type("image/fits", ".fits")
mimetypes.add_type("image/fits", ".fz")

DEFAULT_DATA_PROCESSOR_CLASS = "tom_dataproducts.data_processor.DataProcessor"


def processor_for(data_product_type: str) -> DataProcessor:
    """The processor that the setting DATA_PROCESSORS names for a type of data product."""
    path = (tom_settings.DATA_PROCESSORS or {}).get(data_product_type, DEFAULT_DATA_PROCESSOR_CLASS)
    try:
        cls = path if isinstance(path, type) else import_string(path)
    except ImportError as error:
        raise ImportError(f"Could not import {path}, the processor of {data_product_type} in DATA_PROCESSORS: {error}") from error
    return cls()


def run_data_processor(dp: Any, dp_type_override: str | None = None, *, keep_good_rows: bool = False) -> QuerySet:
    """Process the file of a data product, store what is in it, and return the reduced data of the product."""
    from .models import ReducedDatum
    from .services import process_product

    process_product(product=dp, data_type=dp_type_override, keep_good_rows=keep_good_rows)
    return ReducedDatum.objects.filter(data_product=dp)


class DataProcessor:
    """Reads one type of data product. Subclasses override `process_data`; all else is for those who want more.

    A processor that tells a `FileReport` of what it read (`self.tell(report)`) is shown in the preview of an upload with its columns,
    and may leave out rows that cannot be read where the person allows it (`keep_good_rows`).
    """

    FITS_MIMETYPES = ["image/fits", "application/fits"]
    PLAINTEXT_MIMETYPES = ["text/plain", "text/csv"]

    keep_good_rows = False
    """Whether rows that cannot be read are left out and told, or make the whole file fail."""
    report: FileReport | None = None
    source_ids: Sequence[str | None] = ()
    """The source's own identifiers of what `process_data` gave, in its order; empty when the file has none."""
    places: Sequence[int] = ()
    """Where what `process_data` gave stands in the file (lines of text, rows of tables), in its order."""

    def tell(self, report: FileReport) -> None:
        """Keep what was understood of the file. Raises InvalidFileFormatException when rows are wrong and may not be left out."""
        self.report = report
        if report.errors and not self.keep_good_rows:
            raise InvalidFileFormatException(errors=report.errors)

    def process_data(self, data_product: Any) -> list[tuple[Any, dict, str]]:
        """(timestamp, value, source name) for each measurement in the file."""
        return []

    def data_type_override(self) -> str:
        """The data type of what is read, where it is not the type of the data product."""
        return ""
