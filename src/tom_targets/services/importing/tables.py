"""Files of any of the formats as one thing: columns, and rows one after another in flat memory."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tom_common.conf import tom_settings
from tom_common.errors import InvalidInputError, RowError
from tom_targets.services.file_text import restore, restore_marked, unescape

MOST_COLUMNS = 1000
LONGEST_LINE = 1 << 20
LONGEST_HEADER_LINES = 20_000
SEPARATORS = ",;\t|"
EXPORT_COLUMNS = {"name", "type", "created", "modified", "permissions"}  # together only in a file that `exporting` wrote
_UNDECODED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the file describes it."""

    name: str
    unit: str = ""
    ucd: str = ""
    description: str = ""


@dataclass
class Table:
    """A file of rows. `rows` gives (line or row number as a person counts, cells), cells being None where nothing is given, or (number,
    RowError) for a row that cannot be read. `exact`: an export wrote it, so text is what it is, and an empty cell is no text at all."""

    kind: str
    columns: list[Column]
    rows: Iterator[tuple[int, list[Any] | RowError]]
    exact: bool = False
    counted_in: str = "row"
    notes: list[str] = field(default_factory=list)


def open_table(stream: Any) -> Table:
    """The table in `stream`: a file (of bytes or text), bytes, text, or lines. CSV, ECSV, VOTable or FITS, also compressed by gzip.

    InvalidInputError says what the file is not and what to do.
    """
    raw = _Limited(_binary(stream))
    start = raw.peek(1024)
    if start[:2] == b"\x1f\x8b":
        raw = _Limited(gzip.GzipFile(fileobj=raw), "decompressed ")
        start = raw.peek(1024)
    if start[:4] == b"PK\x03\x04" or start[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise InvalidInputError("This is a spreadsheet or an archive. Save the table as CSV (UTF-8) and give that.")
    if start[:9] == b"SIMPLE  =":
        from tom_targets.services.importing.fits import read_fits

        return read_fits(raw)
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if re.match(rb"<\?xml|<(\w+:)?VOTABLE|<!", head):
        from tom_targets.services.importing.votable import read_votable

        return read_votable(raw)
    if head[:7] == b"# %ECSV":
        return _read_ecsv(_lines(raw, start))
    if (
        b"\x00" in start
        and start[:2] not in (b"\xff\xfe", b"\xfe\xff")
        and _UNDECODED.search(start[:64].decode("utf-8", "surrogateescape"))
    ):
        raise InvalidInputError("This is no table of text. Targets are read from CSV, ECSV, VOTable and FITS tables.")
    return _read_csv(_lines(raw, start))


def _binary(stream: Any) -> Any:
    if isinstance(stream, str):
        return io.BytesIO(stream.encode("utf-8", "surrogateescape"))
    if isinstance(stream, (bytes, bytearray, memoryview)):
        return io.BytesIO(stream)
    if hasattr(stream, "read"):
        piece = stream.read(0)
        if isinstance(piece, bytes):
            return stream
        return io.BytesIO(stream.read().encode("utf-8", "surrogateescape"))
    return io.BytesIO(b"".join(_line(line) if isinstance(line, str) else line for line in stream))


def _line(text: str) -> bytes:
    ended = text if text.endswith(("\n", "\r")) else f"{text}\n"
    return ended.encode("utf-8", "surrogateescape")


def largest_mb() -> float:
    """Megabytes of the largest file that is read; of a compressed one, of what it holds."""
    return float(tom_settings.TARGET_IMPORT_MAX_MB)


def too_large(what: str = "") -> InvalidInputError:
    return InvalidInputError(f"The {what}file is larger than {largest_mb():g} MB. Give it in parts, or ask for a larger TARGET_IMPORT_MAX_MB.")


class _Limited(io.RawIOBase):
    """Reads on from another file, a million bytes at most at once and no more than the setting allows in all."""

    def __init__(self, source: Any, what: str = "") -> None:
        self.source, self.what, self.kept, self.passed = source, what, b"", 0
        self.most = int(largest_mb() * 1_000_000)

    def readable(self) -> bool:
        return True

    def peek(self, size: int) -> bytes:
        while len(self.kept) < size and (more := self._more(size - len(self.kept))):
            self.kept += more
        return self.kept[:size]

    def _more(self, size: int) -> bytes:
        try:
            data = self.source.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInputError(f"The file is damaged: {error}") from error
        self.passed += len(data)
        if self.passed > self.most:
            raise too_large(self.what)
        return bytes(data)

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), 1 << 20)
        data, self.kept = (self.kept[:size], self.kept[size:]) if self.kept else (self._more(size), b"")
        buffer[: len(data)] = data
        return len(data)


def _lines(raw: Any, start: bytes) -> Iterator[str]:
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    errors = "surrogateescape" if encoding == "utf-8-sig" else "strict"
    text = io.TextIOWrapper(io.BufferedReader(raw, 1 << 16), encoding=encoding, errors=errors, newline="")
    number = 0
    while True:
        try:
            line = text.readline(LONGEST_LINE)
        except UnicodeError as error:
            raise InvalidInputError(f"The file is not text in UTF-16: {error.reason if hasattr(error, 'reason') else error}.") from error
        if not line:
            return
        number += 1
        if len(line) >= LONGEST_LINE and line[-1] not in "\r\n":
            raise InvalidInputError(f"Line {number} is longer than {LONGEST_LINE:,} characters: this is no table of targets.")
        yield line


def bad_text(text: str) -> tuple[str, str] | None:
    """(what is wrong, the mend) with a cell whose bytes are not UTF-8 or hold a zero byte."""
    if text.isascii():
        return ("has a zero byte", "remove it") if "\x00" in text else None
    undecoded = _UNDECODED.search(text)
    if undecoded:
        return f"has the byte 0x{ord(undecoded[0]) - 0xDC00:02X}, which is not UTF-8", "save the file as UTF-8"
    return ("has a zero byte", "remove it") if "\x00" in text else None


def check_columns(names: list[str], *, exact: bool = False) -> None:
    """InvalidInputError for a header that is none."""
    if len(names) > MOST_COLUMNS:
        raise InvalidInputError(f"The file has {len(names):,} columns, at most {MOST_COLUMNS:,} are read.")
    for name in names:
        problem = bad_text(name)
        if problem:
            raise InvalidInputError(f"The name of a column {problem[0]}. {problem[1].capitalize()}.")
    seen: set[str] = set()
    doubled = {name for name in names if name in seen or seen.add(name)} - {""}  # type: ignore[func-returns-value]
    if doubled and not exact:
        raise InvalidInputError(f"These columns stand twice in the file: {', '.join(sorted(doubled))[:300]}.")


def _header(lines: Iterator[str]) -> tuple[str, list[str], list[str]]:
    """(separator, names, lines that the header takes)."""
    taken: list[str] = []
    for line in lines:
        taken.append(line)
        if line.strip() and not line.lstrip().startswith("#"):
            break
        if len(taken) > LONGEST_HEADER_LINES:
            break
    else:
        raise InvalidInputError("The file is empty." if not any(line.strip() for line in taken) else "The file has no line of columns.")
    # a quoted name may go on over the next lines
    best = (",", _names(taken[-1:], lines, ",", taken))
    if len(best[1]) == 1:
        for mark in SEPARATORS[1:]:
            names = next(csv.reader([taken[-1]], delimiter=mark), [])
            if len(names) > len(best[1]):
                best = (mark, names)
    return *best, taken


def _names(first: list[str], lines: Iterator[str], mark: str, taken: list[str]) -> list[str]:
    def on():
        yield first[0]
        for line in lines:
            taken.append(line)
            yield line

    return next(csv.reader(on(), delimiter=mark), [])


def _read_csv(lines: Iterator[str]) -> Table:
    try:
        mark, names, taken = _header(lines)
    except csv.Error as error:
        raise InvalidInputError(f"The line of columns cannot be read: {error}.") from error
    exact = set(names) >= EXPORT_COLUMNS
    names = [restore_marked(name) for name in names] if exact else [restore(name.strip()) for name in names]
    check_columns(names, exact=exact)
    rows = _csv_rows(lines, mark, len(names), len(taken), exact)
    return Table("csv", [Column(name) for name in names], rows, exact=exact, counted_in="line")


def _csv_rows(lines: Iterator[str], mark: str, width: int, before: int, exact: bool) -> Iterator[tuple[int, list[Any] | RowError]]:
    reader = csv.reader(lines, delimiter=mark, skipinitialspace=not exact)
    start = before + 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield start, RowError(start, "", None, f"cannot be read: {error}", "look for a quotation mark that is not closed")
            return
        if cells is None:
            return
        number, start = start, before + reader.line_num + 1
        if len(cells) > width:
            if any(cell.strip() for cell in cells[width:]):
                mend = "quote cells that hold the separator"
                yield number, RowError(number, "", ", ".join(cells[width:])[:200], "has more cells than the header", mend)
                continue
            cells = cells[:width]
        elif len(cells) < width:
            if start - number > 1:
                yield (
                    number,
                    RowError(number, "", cells[-1][:80], "has too few cells and goes over several lines", "close the quotation mark"),
                )
                continue
            cells += [""] * (width - len(cells))
        if exact:
            yield number, [restore_marked(cell) if cell else None for cell in cells]
        elif any(cells):
            yield number, [restore(cell.strip()) if cell else cell for cell in cells]


def _read_ecsv(lines: Iterator[str]) -> Table:
    import yaml

    class Loader(yaml.SafeLoader):
        """Tags that are not known (units, times, sky coordinates) are read as what they hold."""

    def anything(loader: Any, tag: str, node: Any) -> Any:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node)
        return loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else loader.construct_scalar(node)

    Loader.add_multi_constructor("!", anything)
    text, used, first = [], 0, ""
    for line in lines:
        used += 1
        if not line.startswith("#"):
            first = line
            break
        text.append(line[2:])
        if used > LONGEST_HEADER_LINES:
            raise InvalidInputError("The header of the ECSV file does not end.")
    try:
        said = yaml.load("".join(text[1:]), Loader=Loader)  # noqa: S506
        columns = [
            Column(str(c["name"]), str(c.get("unit") or ""), _ucd(c.get("meta")), str(c.get("description") or "")) for c in said["datatype"]
        ]
        mark, meta = said.get("delimiter", " "), dict(said.get("meta") or {})
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InvalidInputError("The header of the ECSV file cannot be read: after # %ECSV 1.0 comes YAML with datatype.") from error
    if mark not in (" ", ","):
        raise InvalidInputError("The delimiter of an ECSV file is a blank or a comma.")
    escaped = meta.get("text_escape") == "backslash"
    try:
        names = next(csv.reader([first], delimiter=mark), [])
    except csv.Error as error:
        raise InvalidInputError(f"The line of columns cannot be read: {error}.") from error
    if names != [column.name for column in columns]:
        raise InvalidInputError("The line of columns of the ECSV file is not the one that its header describes.")
    if escaped:
        columns = [Column(unescape(c.name), c.unit, c.ucd, c.description) for c in columns]
    check_columns([column.name for column in columns], exact=escaped)
    rows = _csv_rows(lines, mark, len(columns), used, False)
    return Table("ecsv", columns, ((n, _restored(cells, escaped)) for n, cells in rows), exact=escaped, counted_in="line")


def _ucd(meta: Any) -> str:
    try:
        return str(dict(meta or {}).get("ucd") or "")
    except (TypeError, ValueError):
        return ""


def _restored(cells: Any, escaped: bool) -> Any:
    if isinstance(cells, RowError):
        return cells
    return [(unescape(cell) if escaped else cell) if cell else None for cell in cells]
