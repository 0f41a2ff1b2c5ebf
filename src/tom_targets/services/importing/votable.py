"""VOTables, row by row: TABLEDATA as the parser goes, the binary serialisations through astropy."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from tom_common.errors import InvalidInputError
from tom_targets.services.file_text import unescape
from tom_targets.services.importing.tables import MOST_COLUMNS, Column, Table, check_columns

LONGEST_CELL = 1 << 20
MOST_BINARY_BYTES = 100_000_000
OTHER_FRAMES = ("fk4", "galactic", "supergalactic", "super_galactic", "ecl", "xy", "geo_app")
TEXTS = {"char", "unicodeChar"}


class _Reader:
    """Expat's handlers: columns first, then rows, up to the end of the first table that has fields."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8" if False else None, " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.EntityDeclHandler = self.doctype
        self.fields: list[dict[str, str]] = []
        self.nulls: dict[int, str] = {}
        self.frames: set[str] = set()
        self.params: dict[str, str] = {}
        self.rows: deque[list[Any]] = deque()
        self.ready = self.over = self.binary = False
        self.row: list[Any] | None = None
        self.cell: list[str] | None = None
        self.length = 0

    def doctype(self, *args: Any) -> None:
        raise InvalidInputError("The VOTable declares a document type or entities, which are not read. Remove the DOCTYPE.")

    def start(self, name: str, given: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        if self.over:
            return
        if name == "TD":
            self.cell, self.length = [], 0
        elif name == "TR":
            self.row = []
        elif name == "FIELD":
            self.fields.append(given)
            if len(self.fields) > MOST_COLUMNS:
                raise InvalidInputError(f"The file has more than {MOST_COLUMNS:,} columns.")
        elif name == "VALUES" and self.fields and "null" in given:
            self.nulls[len(self.fields) - 1] = given["null"]
        elif name == "COOSYS":
            self.frames.add(given.get("system", ""))
        elif name == "PARAM":
            self.params[given.get("name", "")] = given.get("value", "")
        elif name == "TABLEDATA":
            self.ready = True
        elif name in ("BINARY", "BINARY2", "FITS"):
            self.binary = self.ready = True

    def text(self, data: str) -> None:
        if self.cell is not None:
            self.length += len(data)
            if self.length > LONGEST_CELL:
                raise InvalidInputError("A cell of the VOTable is longer than a million characters.")
            self.cell.append(data)

    def end(self, name: str) -> None:
        name = name.rpartition(" ")[2]
        if self.over:
            return
        if name == "TD":
            if self.row is not None and self.cell is not None:
                self.row.append("".join(self.cell))
            self.cell = None
        elif name == "TR":
            if self.row is not None:
                self.rows.append(self.row)
            self.row = None
        elif name == "TABLE" and self.fields:
            self.ready = self.over = True

    def feed(self, raw: Any) -> bool:
        """Read on a little; False at the end of the file or table."""
        data = raw.read(1 << 16)
        try:
            self.parser.Parse(data or b"", not data)
        except expat.ExpatError as error:
            raise InvalidInputError(f"The VOTable is no correct XML: {error}.") from error
        return bool(data) and not self.over


def read_votable(raw: Any) -> Table:
    """The first table with fields. Text of FIELD and COOSYS is kept; frames other than ICRS and FK5 J2000 are refused."""
    kept = io.BytesIO()
    reader = _Reader()
    copying = _Copy(raw, kept)
    while not reader.ready and reader.feed(copying):
        pass
    if not reader.fields:
        raise InvalidInputError("The file is XML, but no VOTable with a TABLE and its FIELDs.")
    wrong = next((f for f in reader.frames if f.lower().replace("eq_", "").startswith(OTHER_FRAMES)), None)
    if wrong:
        raise InvalidInputError(f"The positions of the VOTable are in {wrong}; give them in ICRS.")
    columns = [_column(field, reader.params) for field in reader.fields]
    exact = reader.params.get("text_escape") == "backslash"
    check_columns([column.name for column in columns], exact=exact)
    if reader.binary:
        return _through_astropy(raw, kept, columns)
    copying.into = None  # type: ignore[assignment]
    return Table("votable", columns, _rows(reader, copying, exact), exact=exact)


class _Copy:
    """Keeps what is read until it is known whether astropy needs it from the start."""

    def __init__(self, raw: Any, into: io.BytesIO) -> None:
        self.raw, self.into = raw, into

    def read(self, size: int) -> bytes:
        data = self.raw.read(size)
        if self.into is not None:
            self.into.write(data)
            if self.into.tell() > 20_000_000:
                raise InvalidInputError("The VOTable has no table in its first 20 MB.")
        return data


def _column(field: dict[str, str], params: dict[str, str]) -> Column:
    name = field.get("name") or field.get("ID") or ""
    if params.get("text_escape") == "backslash":
        name = unescape(name)
    return Column(name, field.get("unit", ""), field.get("ucd", ""))


def _rows(reader: _Reader, raw: Any, exact: bool) -> Iterator[tuple[int, list[Any]]]:
    texts = [field.get("datatype") in TEXTS for field in reader.fields]
    width, number, more = len(texts), 0, True
    while more or reader.rows:
        while reader.rows:
            number += 1
            cells = reader.rows.popleft()
            cells += [""] * (width - len(cells))
            yield number, [_cell(cells[i], texts[i], reader.nulls.get(i), exact) for i in range(width)]
        if more:
            more = reader.feed(raw)


def _cell(text: str, is_text: bool, null: str | None, exact: bool) -> Any:
    if is_text:
        return (unescape(text) if text else None) if exact else text.strip() or None
    text = text.strip()
    return None if not text or text == null or text.lower() == "nan" else text


def _through_astropy(raw: Any, kept: io.BytesIO, columns: list[Column]) -> Table:
    while data := raw.read(1 << 20):
        kept.write(data)
        if kept.tell() > MOST_BINARY_BYTES:
            raise InvalidInputError("A VOTable in binary form of more than 100 MB is not read. Save it as FITS or with TABLEDATA.")
    kept.seek(0)
    import warnings

    from astropy.io.votable import parse_single_table
    from astropy.io.votable.exceptions import VOTableSpecError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = parse_single_table(kept, verify="ignore").array
    except (VOTableSpecError, ValueError, TypeError, IndexError, KeyError, OSError, EOFError, MemoryError) as error:
        raise InvalidInputError(f"The VOTable cannot be read: {str(error)[:200]}") from error

    def rows() -> Iterator[tuple[int, list[Any]]]:
        for number, row in enumerate(table, start=1):
            yield number, [plain_cell(value) for value in row]

    return Table("votable", columns, rows())


def plain_cell(value: Any) -> Any:
    """A numpy value as Python has it: None for a masked one or not-a-number, text for what is not one value."""
    import numpy as np

    if value is None or value is np.ma.masked:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape").strip() or None
    if isinstance(value, str):
        return str(value).strip() or None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return None if value != value else value
    return value if isinstance(value, (int, bool)) else " ".join(map(str, np.ravel(value).tolist())) or None
