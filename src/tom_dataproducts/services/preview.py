"""What will be read from a file, before anything is stored."""

from __future__ import annotations

import datetime as dt
import logging
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage

from tom_common.errors import InvalidInputError, RowError, TomError
from tom_dataproducts.models import DataProduct
from tom_dataproducts.normalising import ARRAY_COLUMNS, columns_from_value, plain_json
from tom_dataproducts.processors.report import ColumnReport
from tom_dataproducts.rows import DatumRow

from .storing import safe_name

logger = logging.getLogger(__name__)

FIRST_ROWS = 10
MOST_ERRORS = 100
LARGEST = 20_000_000
"""Bytes beyond which a file is not read while a person waits for the page."""
TOO_LARGE = f"The file is larger than {LARGEST:,} bytes: it is read in the background only, without a preview."


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One measurement as it would be stored: time in UTC, its JSON (arrays by their length), and who measured it."""

    timestamp: dt.datetime | None
    value: dict[str, Any]
    source_name: str = ""


@dataclass
class FilePreview:
    """What a file holds and what storing it would do.

    `problem` says why nothing can be read ("" when something can). `columns` tell each column's name, meaning ("" where it is kept as it
    is) and unit; `time` where times come from and their scale; `rows` are the first ten measurements, `keys` the names that occur in
    them. `row_count` rows are in the file, `good_count` of them would be stored; `errors` (the first hundred of `error_count`) name row,
    column, value, problem and mend. With errors the file is refused, unless the person keeps the good rows, which is possible when
    `can_keep_good_rows`. `points`, `shortest` and `longest` describe a spectrum (Angstrom, or what its wavelength unit says).
    """

    filename: str
    data_product_type: str
    data_type: str = ""
    processor: str = ""
    kind: str = ""
    columns: list[ColumnReport] = field(default_factory=list)
    time: str = ""
    row_count: int = 0
    good_count: int = 0
    rows: list[PreviewRow] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    error_count: int = 0
    notes: list[str] = field(default_factory=list)
    problem: str = ""
    points: int = 0
    shortest: float | None = None
    longest: float | None = None

    @property
    def can_keep_good_rows(self) -> bool:
        return bool(self.error_count and self.good_count)

    @property
    def is_readable(self) -> bool:
        """Whether storing the file as it is gives measurements, without leaving out any row."""
        return not self.problem and not self.error_count

    @property
    def is_plain_file(self) -> bool:
        """Whether the type of the file has no processor: it is stored, and nothing is read from it."""
        return not self.problem and not self.row_count and not self.good_count


def preview_file(*, file: Any, filename: str, target: Any, data_product_type: str) -> FilePreview:
    """Read a file (bytes or a file object at its beginning) as an upload to `target` would be, and store nothing.

    Whatever is wrong with the file stands in the preview; nothing is raised for it.
    """
    preview = FilePreview(filename, data_product_type)
    size = len(file) if isinstance(file, (bytes, bytearray)) else getattr(file, "size", None)
    if size is not None and size > LARGEST:
        preview.problem = TOO_LARGE
        return preview
    try:
        name = safe_name(filename)
    except InvalidInputError as error:
        preview.problem = str(error)
        return preview
    with tempfile.TemporaryDirectory(prefix="preview") as folder:
        with open(Path(folder) / name, "wb") as copy:
            if isinstance(file, (bytes, bytearray)):
                copy.write(file)
            else:
                file.seek(0)
                shutil.copyfileobj(file, copy)
                file.seek(0)
        product = DataProduct(target=target, data_product_type=data_product_type)
        product.data.name = name
        product.data.storage = FileSystemStorage(folder)
        return _read(product, preview)


def preview_product(*, product: DataProduct, data_product_type: str = "") -> FilePreview:
    """The same for a stored product, as processing it again would read it."""
    preview = FilePreview(product.get_file_name(), data_product_type or product.data_product_type)
    try:
        size = product.data.size if product.data else 0
    except (OSError, NotImplementedError):
        size = 0
    if size > LARGEST:
        preview.problem = TOO_LARGE
        return preview
    return _read(product, preview)


def _read(product: DataProduct, preview: FilePreview) -> FilePreview:
    from tom_dataproducts.data_processor import processor_for

    processor = None
    try:
        processor = processor_for(preview.data_product_type)
        preview.processor = f"{type(processor).__module__}.{type(processor).__qualname__}"
        processor.keep_good_rows = True
        preview.data_type = processor.data_type_override() or preview.data_product_type
        found = list(processor.process_data(product) or [])
    except InvalidInputError as error:
        preview.problem = str(error)
        _tell_errors(preview, error.errors)
    except TomError as error:
        preview.problem = str(error)
    except Exception as error:
        logger.exception("the processor of %s failed on %s", preview.data_product_type, preview.filename)
        preview.problem = f"The processor failed: {str(error) or type(error).__name__}"[:500]
    else:
        _tell_rows(preview, found)
    report = getattr(processor, "report", None)
    if report is not None:
        preview.kind, preview.time, preview.columns, preview.notes = report.kind, report.time, list(report.columns), list(report.notes)
        preview.row_count = report.rows
        _tell_errors(preview, report.errors)
    return preview


def _tell_errors(preview: FilePreview, errors: list[RowError]) -> None:
    preview.errors, preview.error_count = list(errors[:MOST_ERRORS]), len(errors)


def _tell_rows(preview: FilePreview, found: list[Any]) -> None:
    preview.row_count = preview.good_count = len(found)
    for item in islice(found, FIRST_ROWS):
        row = item if isinstance(item, DatumRow) else None
        when, value, source = (row.timestamp, row.value, row.source_name) if row else (*list(item)[:2], (list(item) + [""])[2])
        told = dict(value) if isinstance(value, Mapping) else {"value": value}
        preview.rows.append(
            PreviewRow(when if isinstance(when, dt.datetime) else None, {k: _brief(v) for k, v in told.items()}, str(source or ""))
        )
    preview.keys = list(dict.fromkeys(key for row in preview.rows for key in row.value))
    if preview.data_type == "spectroscopy" and found:
        _tell_spectrum(preview, found[0])


def _tell_spectrum(preview: FilePreview, item: Any) -> None:
    if isinstance(item, DatumRow):
        wavelength = list(item.wavelength)
    else:
        wavelength = columns_from_value("spectroscopy", list(item)[1]).get(ARRAY_COLUMNS[0]) or []
    if wavelength:
        preview.points, preview.shortest, preview.longest = len(wavelength), min(wavelength), max(wavelength)


def _brief(content: Any) -> Any:
    if isinstance(content, (list, tuple)) or hasattr(content, "shape"):
        return f"{len(content)} values" if getattr(content, "shape", (1,)) else plain_json(content)
    told = plain_json(content)
    return float(f"{told:.15g}") if isinstance(told, float) else told  # a computed 0.039999999999999994 is looked at as 0.04
