"""The first table of a FITS file, in pieces: the file lies on the disk while it is read."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from typing import Any

from tom_common.errors import InvalidInputError
from tom_targets.services.file_text import unescape
from tom_targets.services.importing.tables import MOST_COLUMNS, Column, Table, check_columns
from tom_targets.services.importing.votable import plain_cell

PIECE = 1000
BROKEN = (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, MemoryError, OverflowError, AssertionError)


def read_fits(raw: Any) -> Table:
    """The first table extension with columns. Columns of arrays are left out, and a note says so."""
    from astropy.io import fits

    from tom_astro.fits_layout import extensions

    hdus = None
    with tempfile.NamedTemporaryFile(suffix=".fits") as file:
        shutil.copyfileobj(raw, file, 1 << 20)
        size = file.tell()
        file.flush()
        try:
            extensions(file)  # before astropy believes what the headers claim
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                hdus = fits.open(file.name, memmap=True, lazy_load_hdus=True)
                return _open(hdus, size)
        except BROKEN as error:
            if hdus is not None:
                hdus.close()
            raise InvalidInputError(f"The FITS file cannot be read: {str(error)[:200]}") from error


def _open(hdus: Any, size: int) -> Table:
    hdu = next((h for h in hdus if h.header.get("XTENSION", "").strip() in ("BINTABLE", "TABLE")), None)
    if hdu is None:
        raise InvalidInputError("The FITS file has no table.")
    header = hdu.header
    if not 0 < int(header["TFIELDS"]) <= MOST_COLUMNS:
        raise InvalidInputError(f"The file has {header['TFIELDS']:,} columns, 1 to {MOST_COLUMNS:,} are read.")
    if int(header["NAXIS1"]) * int(header["NAXIS2"]) > size:
        raise InvalidInputError("The FITS file ends before its table does.")
    found = list(hdu.columns)
    exact = header.get("TEXTESC") == "BACKSLASH"
    notes, keep, columns = [], [], []
    for i, column in enumerate(found):
        name = str(header.get(f"TKEY{i + 1}") or column.name or "")
        if _one_value(column, header.get("XTENSION", "")):
            keep.append(i)
            columns.append(Column(unescape(name) if exact else name, str(column.unit or ""), str(header.get(f"TUCD{i + 1}", ""))))
        else:
            notes.append(f"The column {name} holds arrays and is left out.")
    check_columns([column.name for column in columns], exact=exact)
    data = hdu.data
    return Table("fits", columns, _rows(hdus, data, keep, found, exact), exact=exact, notes=notes)


def _one_value(column: Any, kind: str) -> bool:
    text = str(column.format)
    if kind.strip() == "TABLE" or text.lstrip("0123456789")[:1] == "A":
        return not column.dim
    return text.lstrip("0123456789")[:1] in "LBIJKED" and text[: -len(text.lstrip("0123456789")) or None] in ("", "1", text)


def _rows(hdus: Any, data: Any, keep: list[int], columns: list[Any], exact: bool) -> Iterator[tuple[int, list[Any]]]:
    import numpy as np

    number = 0
    total = 0 if data is None else len(data)
    try:
        whole = [data.field(i) for i in keep] if total else []
        for start in range(0, total, PIECE):
            cells = [
                _plain(np.asarray(values[start : start + PIECE]), columns[i].null, exact) for i, values in zip(keep, whole, strict=True)
            ]
            for row in zip(*cells, strict=True):
                number += 1
                yield number, list(row)
    except BROKEN as error:
        raise InvalidInputError(f"The FITS table cannot be read after row {number}: {str(error)[:200]}") from error
    finally:
        hdus.close()


def _plain(values: Any, null: Any, exact: bool) -> list[Any]:
    flat = values.tolist()
    if values.dtype.kind in "SU":
        texts = [value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value for value in flat]
        return [unescape(text) if text else None for text in texts] if exact else [text.strip() or None for text in texts]
    if values.dtype.kind in "iu" and isinstance(null, int):
        return [None if value == null else value for value in flat]
    return [plain_cell(value) for value in flat]
