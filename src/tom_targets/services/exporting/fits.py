"""A FITS binary table, written piece by piece."""

from __future__ import annotations

import pickle
import re
import tempfile
from collections.abc import Iterator
from typing import Any

from tom_targets.services.exporting.rows import ExportRows
from tom_targets.services.file_text import IN_ASCII, escape

PIECE = 500
BLOCK = 2880


def fits_bytes(table: ExportRows) -> Iterator[bytes]:
    """Floats are columns of doubles (not-a-number: none), everything else is ASCII text with backslash escapes for what is not."""
    columns = table.columns
    floats = [column.kind == "float" for column in columns]
    widths = [8 if is_float else 1 for is_float in floats]
    with tempfile.TemporaryFile() as spool:
        count = 0
        for piece in _pieces(table, floats):
            count += len(piece)
            for i, is_float in enumerate(floats):
                if not is_float:
                    widths[i] = max(widths[i], max(len(row[i]) for row in piece))
            pickle.dump(piece, spool, protocol=5)
        yield _header(table, floats, widths, count)
        import numpy as np

        kind = np.dtype(
            [(f"c{i}", ">f8" if is_float else f"S{width}") for i, (is_float, width) in enumerate(zip(floats, widths, strict=True))]
        )
        spool.seek(0)
        left = count
        while left:
            piece = pickle.load(spool)  # noqa: S301 - written above, in a file that has no name
            left -= len(piece)
            yield np.array(piece, dtype=kind).tobytes()
        yield b"\0" * (-count * kind.itemsize % BLOCK)


def _pieces(table: ExportRows, floats: list[bool]) -> Iterator[list[tuple]]:
    nothing = float("nan")
    optional = [column.optional for column in table.columns]
    piece: list[tuple] = []
    for row in table.rows:
        piece.append(
            tuple(
                (nothing if value is None else value) if is_float else _text(value, may)
                for value, is_float, may in zip(row, floats, optional, strict=True)
            )
        )
        if len(piece) == PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def _text(value: Any, optional: bool) -> bytes:
    if value is None or (value == "" and not optional):
        return b""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return escape(text, IN_ASCII).encode("ascii")


def _header(table: ExportRows, floats: list[bool], widths: list[int], count: int) -> bytes:
    from astropy.io import fits

    primary = fits.Header([("SIMPLE", True), ("BITPIX", 8), ("NAXIS", 0), ("EXTEND", True)])
    header = fits.Header(
        [("XTENSION", "BINTABLE"), ("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", sum(widths)), ("NAXIS2", count), ("PCOUNT", 0), ("GCOUNT", 1),
         ("TFIELDS", len(widths)), ("EXTNAME", table.name.upper()), ("RADESYS", "ICRS"),
         ("TEXTESC", "BACKSLASH", "how text that is not ASCII is written")]
    )  # fmt: skip
    used: set[str] = set()
    for i, (column, is_float, width) in enumerate(zip(table.columns, floats, widths, strict=True), start=1):
        name = re.sub(r"\W", "_", column.name, flags=re.ASCII)[:50] or "_"
        if name.lower() in used:
            name = f"{name}_{i}"
        used.add(name.lower())
        header[f"TTYPE{i}"] = name
        if name != column.name:
            header[f"TKEY{i}"] = escape(column.name, IN_ASCII)
        header[f"TFORM{i}"] = "D" if is_float else f"{width}A"
        if column.unit:
            header[f"TUNIT{i}"] = {"au": "AU"}.get(column.unit, column.unit)
        if column.ucd:
            header[f"TUCD{i}"] = column.ucd
    return (primary.tostring() + header.tostring()).encode("ascii")
