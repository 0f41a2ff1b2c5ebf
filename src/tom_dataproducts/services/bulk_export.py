"""Measurements of any number as one file, piece by piece: nothing but the piece at hand stands in memory.

A file of one kind has its columns, spectra a row for each point; a file of every kind has all columns and the complete `value`. Times
are ISO 8601 in UTC (`timestamp`) and Modified Julian Dates in UTC (`mjd`), so that a light curve is read straight into a time series.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import Q, QuerySet

from tom_common.errors import InvalidInputError
from tom_dataproducts.normalising import ARRAY_COLUMNS, ASTROMETRY, PHOTOMETRY, SPECTROSCOPY, columns_of, composed_value
from tom_targets.services.exporting.fits import fits_bytes
from tom_targets.services.exporting.rows import ExportColumn, ExportRows
from tom_targets.services.exporting.text import csv_lines, ecsv_lines, votable_lines

BATCH = 2000
SPECTRA_AT_ONCE = 20
NEEDS_PYARROW = "Parquet is written with pyarrow, which is not installed here: pip install 'opentom[arrow]', or choose CSV, ECSV, VOTable or FITS."

_NUMBERS = {
    "brightness": ("", "phot.mag"), "brightness_error": ("", "stat.error;phot.mag"), "limit": ("", "phot.mag"),
    "exposure_time": ("s", "time.duration;obs.exposure"), "ra": ("deg", "pos.eq.ra"), "dec": ("deg", "pos.eq.dec"),
    "ra_error": ("", "stat.error;pos.eq.ra"), "dec_error": ("", "stat.error;pos.eq.dec"),
}  # fmt: skip
_WORDS = {
    "brightness": "In `unit`; magnitudes where that is empty", "limit": "Upper limit, in `unit`", "setup": "Set-up of the instrument",
    "extra": "JSON of what has no column of its own", "value": "The complete measurement as JSON",
}  # fmt: skip
_FIRST = (
    ExportColumn("id", "int", ucd="meta.id", description="Key of the measurement in this TOM"),
    ExportColumn("target", ucd="meta.id;src", description="Name of the target"),
    ExportColumn("timestamp", "time", ucd="time.epoch", description="Time of the measurement, UTC"),
    ExportColumn("mjd", "float", "d", "time.epoch", "Time of the measurement, Modified Julian Date, UTC"),
)
_LAST = ("source_name", "source_id", "source_location")


def _columns(kind: str) -> list[str]:
    names = [column.name for column in columns_of(kind) if column.kind != "array"]
    if not names and kind == "":
        names = list(dict.fromkeys(c.name for k in (PHOTOMETRY, SPECTROSCOPY, ASTROMETRY) for c in columns_of(k) if c.kind != "array"))
    if not names:
        names = ["telescope", "instrument", "reduction_version"]
    return names


def _said(name: str) -> ExportColumn:
    if name in _NUMBERS:
        return ExportColumn(name, "float", *_NUMBERS[name], _WORDS.get(name, ""))
    return ExportColumn(name, description=_WORDS.get(name, ""))


def open_data(rows: QuerySet, kind: str = "") -> ExportRows:
    """Columns and rows of these measurements, by target, then time. `kind` is the data type of all of them; empty: of every kind."""
    names = _columns(kind)
    has_type = kind not in (PHOTOMETRY, SPECTROSCOPY, ASTROMETRY)
    last = "extra" if not has_type else "value"
    columns = [*_FIRST, *([ExportColumn("data_type")] if has_type else []), *map(_said, [*names, *_LAST])]
    if kind == SPECTROSCOPY:
        columns += [ExportColumn(name, "float") for name in ARRAY_COLUMNS]
    else:
        columns.append(_said(last))
    return ExportRows(columns, _rows(rows, kind, [*(["data_type"] if has_type else []), *names, *_LAST]), kind if columns_of(kind) else "measurements")


def _rows(rows: QuerySet, kind: str, names: list[str]) -> Iterator[list[Any]]:
    from tom_astro.times import datetime_to_mjd

    keys = ("target_id", "timestamp", "pk", "target__name")
    arrays = ARRAY_COLUMNS if kind in (SPECTROSCOPY, "") else ()
    synonyms = {name for column in columns_of(kind) for name in column.synonyms}
    wanted = (*keys, *names, "value", *arrays)
    for _, when, pk, target, *rest in _pieces(rows, wanted, SPECTRA_AT_ONCE if kind == SPECTROSCOPY else BATCH):
        contents, value, packed = rest[: len(names)], rest[len(names)], rest[len(names) + 1 :]
        first = [pk, target, when, datetime_to_mjd(when), *contents]
        if kind == SPECTROSCOPY:
            nothing = [None] * max(map(len, packed))
            columns = [column if len(column) else nothing for column in packed]
            yield from ([*first, *(None if number != number else number for number in point)] for point in zip(*columns, strict=False))
            continue
        if synonyms:
            extra = {key: item for key, item in value.items() if key not in synonyms} if isinstance(value, dict) else value
            yield [*first, json.dumps(extra) if extra not in ({}, None) else ""]
        else:
            if packed:
                value = composed_value(contents[0], value, dict(zip(ARRAY_COLUMNS, packed, strict=True)))
            yield [*first, json.dumps(value)]


def _pieces(rows: QuerySet, names: tuple[str, ...], size: int) -> Iterator[tuple[Any, ...]]:
    """The rows in order of target, time and key, each piece begun where the one before ended."""
    if rows.query.is_sliced or rows.query.distinct:
        rows = rows.model._base_manager.filter(pk__in=rows.order_by().values("pk"))
    ordered = QuerySet.values_list(rows.order_by("target_id", "timestamp", "pk"), *names)
    some = list(ordered[:size])
    while some:
        yield from some
        if len(some) < size:
            return
        target, when, pk = some[-1][:3]
        later = Q(timestamp__gt=when) | Q(timestamp=when, pk__gt=pk)
        some = list(ordered.filter(Q(target_id=target) & later)[:size])
        if len(some) < size:
            some += list(ordered.filter(target_id__gt=target)[: size - len(some)])


# --- the formats --------------------------------------------------------------------------------------------------------
def parquet_bytes(table: ExportRows) -> Iterator[bytes]:
    """Apache Parquet, a row group for each piece. InvalidInputError where pyarrow is missing."""
    pa, pq = _pyarrow()
    kinds = {"float": pa.float64(), "int": pa.int64(), "bool": pa.bool_(), "time": pa.timestamp("us", tz="UTC")}
    schema = pa.schema(
        [
            pa.field(c.name, kinds.get(c.kind, pa.string()), metadata={k: v for k, v in (("unit", c.unit), ("description", c.description)) if v})
            for c in table.columns
        ],
        metadata={"time_scale": "UTC", "frame": "ICRS"},
    )
    sink = _Sink()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for piece in _in_pieces(table.rows, 10 * BATCH):
            columns = [list(column) for column in zip(*piece, strict=True)]
            writer.write_table(pa.table(dict(zip(schema.names, columns, strict=True)), schema=schema))
            yield sink.taken()
    yield sink.taken()


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InvalidInputError(NEEDS_PYARROW) from None
    return pyarrow, pyarrow.parquet


def _in_pieces(rows: Iterator[list[Any]], size: int) -> Iterator[list[list[Any]]]:
    piece: list[list[Any]] = []
    for row in rows:
        piece.append(row)
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece


class _Sink(io.RawIOBase):
    """What was written since it was last taken."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._place = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        self._place += len(data)
        return len(data)

    def tell(self) -> int:
        return self._place

    def taken(self) -> bytes:
        taken = bytes(self._held)
        self._held.clear()
        return taken


@dataclass(frozen=True, slots=True)
class Format:
    slug: str
    label: str
    suffix: str
    content_type: str
    write: Callable[[ExportRows], Iterator[Any]]


FORMATS = {
    f.slug: f
    for f in (
        Format("csv", "CSV", "csv", "text/csv; charset=utf-8", csv_lines),
        Format("ecsv", "ECSV", "ecsv", "text/plain; charset=utf-8", ecsv_lines),
        Format("votable", "VOTable", "vot", "application/x-votable+xml; charset=utf-8", votable_lines),
        Format("fits", "FITS table", "fits", "application/fits", fits_bytes),
        Format("parquet", "Parquet", "parquet", "application/vnd.apache.parquet", parquet_bytes),
    )
}


def data_format(slug: str) -> Format:
    """InvalidInputError for a format that is not written, or not here."""
    found = FORMATS.get(slug or "csv")
    if found is None:
        raise InvalidInputError(f"Measurements are written as {', '.join(FORMATS)}, not as {slug[:40]!r}.")
    if found.slug == "parquet":
        _pyarrow()
    return found


def export_data(*, rows: QuerySet, kind: str = "", format: str = "csv") -> Iterator[Any]:
    """The file of these measurements in pieces. `rows` are those that the reader may see; `kind` as in `open_data`.

    The first piece is made before this returns, so that what is wrong is said while there is still an answer to say it in.
    """
    pieces = data_format(format).write(open_data(rows, kind))
    first = next(pieces, "")
    return chain([first], pieces)
