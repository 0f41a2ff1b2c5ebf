"""Tables out of the files that observers have: columns of cells, each row with its place in the file.

Text with any separator, with or without a header line, ECSV, IPAC, machine-readable tables of the AAS, VOTable and FITS tables.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tom_common.errors import RowError
from tom_dataproducts.exceptions import InvalidFileFormatException
from tom_dataproducts.fits_files import opened_fits

from .reading import as_text, comment_cards, is_number

if TYPE_CHECKING:
    import numpy as np

MISSING = frozenset({"", "nan", "null", "none", "--", "---", "-", "n/a", "na", "masked", "...", "\\n"})
"""What cells hold, in lower case, where there is nothing."""
MOST_CELLS = 60_000_000
_CARD = re.compile(r"^\s*#\s*[A-Za-z][\w-]*\s*[=:]\s*\S")
_PREAMBLE = re.compile(r"^([A-Za-z]\w*):\s+(\S.*)$|^@(\w+)\s+(.*)$")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_DATE_AND_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d)")


@dataclass
class RawTable:
    """Columns of cells as the file has them: text of text files, numbers of binary ones, None where a binary table has nothing."""

    kind: str
    names: list[str]
    columns: list[Sequence[Any]]
    places: Sequence[int]
    """Of each row: its line in a text, its number from 1 in another table."""
    units: dict[str, str] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    headless: bool = False

    def __len__(self) -> int:
        return len(self.places)

    def cells(self, name: str) -> Sequence[Any]:
        return self.columns[self.names.index(name)]

    def find(self, *wanted: str) -> str | None:
        """The column of the first of these names (in lower case) that is there."""
        lower = {name.lower(): name for name in reversed(self.names)}
        return next((lower[name] for name in wanted if name in lower), None)

    def numbers(self, name: str) -> tuple[np.ndarray, list[int]]:
        """The column as float64, NaN where there is nothing or what is not finite; and the rows that hold what is no number."""
        return as_numbers(self.cells(name))


def plain(cell: Any) -> Any:
    """A cell as plain Python; None for empty and not-a-number cells."""
    if cell is None:
        return None
    if isinstance(cell, str):
        cell = cell.strip()
        return None if cell.lower() in MISSING else cell
    cell = cell.item() if hasattr(cell, "item") else cell
    if isinstance(cell, bytes):
        return plain(cell.decode("utf-8", "replace"))
    return None if isinstance(cell, float) and (cell != cell or cell in (float("inf"), float("-inf"))) else cell


def as_numbers(cells: Sequence[Any]) -> tuple[np.ndarray, list[int]]:
    """Cells as float64 with NaN where there is nothing; and where there is something that is no number."""
    import numpy as np

    try:
        found = np.fromiter(map(float, cells), float, len(cells))
        wrong = [i for i, cell in enumerate(cells) if "_" in cell] if any(type(cell) is str for cell in cells[:1]) else []
    except (TypeError, ValueError):
        wrong = []
        values = []
        for i, cell in enumerate(cells):
            value = _number(cell)
            if value is None:
                wrong.append(i)
                value = float("nan")
            values.append(value)
        found = np.array(values, dtype=float)
    found[~np.isfinite(found)] = np.nan
    found[wrong] = np.nan
    return found, wrong


def _number(cell: Any) -> float | None:
    """A float, NaN for an empty cell, None for what is no number. A comma may stand for the decimal point."""
    if isinstance(cell, str):
        cell = cell.strip()
        if cell.lower() in MISSING:
            return float("nan")
        if "_" in cell:
            return None
        if _DECIMAL_COMMA.fullmatch(cell):
            cell = cell.replace(",", ".")
    elif cell is None:
        return float("nan")
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return None


def typed(cells: Sequence[Any]) -> list[Any]:
    """Cells as they go into JSON: a column of numbers as numbers (whole ones whole), anything else as text, None for nothing."""
    if cells and not isinstance(cells[0], str):
        return [plain(cell) for cell in cells]
    try:
        whole = [None if cell.strip().lower() in MISSING else int(cell) for cell in cells]
    except ValueError:
        numbers, wrong = as_numbers(cells)
        if wrong:
            return [plain(cell) for cell in cells]
        return [None if number != number else number for number in numbers.tolist()]
    # 0012 and the like are names.
    are_numbers = all(number is None or str(number) == cell.strip().lstrip("+") for number, cell in zip(whole, cells, strict=True))
    return whole if are_numbers else [plain(cell) for cell in cells]


# --- reading


def read_any_table(content: bytes, *, known: Collection[str] = (), headless: Sequence[str] = ()) -> RawTable:
    """The table in a file, whatever its format. `known` are names (in lower case) of which one stands in a header; `headless` name the
    columns of a text without any. InvalidFileFormatException says what is wrong with the whole file; rows that do not fit are in
    `errors` of the table.
    """
    if not content.strip():
        raise InvalidFileFormatException("Empty table or invalid file type")
    if content[:9] == b"SIMPLE  =":
        return _read_fits(content, known)
    if re.match(rb"(\xef\xbb\xbf)?\s*(<\?xml|<VOTABLE)", content[:200]):
        return _read_votable(content)
    return read_text_table(as_text(content), known=known, headless=headless)


def read_text_table(text: str, *, known: Collection[str] = (), headless: Sequence[str] = ()) -> RawTable:
    """The table in a text; see `read_any_table`."""
    start = text.lstrip("\n ")[:200]
    if start.startswith("# %ECSV"):
        return _by_astropy(text.lstrip("\n "), "ascii.ecsv", "ECSV")
    if re.match(r"(\\.*\n)*\|[^\n]*\|\s*\n", start + "\n"):
        return _by_astropy(text, "ascii.ipac", "IPAC table")
    if "Byte-by-byte Description" in text[:20_000]:
        return _by_astropy(text, "ascii.mrt", "machine-readable table")
    return _read_delimited(text, known, headless)


def _read_delimited(text: str, known: Collection[str], headless: Sequence[str]) -> RawTable:
    cards = comment_cards(text)
    places: list[int] = []
    lines: list[str] = []
    comment = ""
    for place, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        if line.lstrip().startswith("#"):
            if not lines and not _CARD.match(line):
                comment = line.lstrip("# \t")
            continue
        if not lines and (match := _PREAMBLE.match(line)):
            cards[(match[1] or match[3]).upper()] = (match[2] or match[4]).strip()
            continue
        places.append(place)
        lines.append(line)
    if not lines:
        raise InvalidFileFormatException("Empty table or invalid file type")
    delimiter = _delimiter(lines)
    first = _split([lines[0]], delimiter)[0]
    table = RawTable(_kind_of(delimiter), [], [], [], cards=cards)
    if not any(is_number(word) for word in first if word):
        names, lines, places = first, lines[1:], places[1:]
    else:
        names = _commented_header(comment, delimiter, len(first), known)
        if not names:
            names, table.headless = _names_without_header(first, headless), True
            table.notes.append(f"The table has no header; its columns are taken as {', '.join(names[:8])}.")
    if not lines:
        raise InvalidFileFormatException("Empty table or invalid file type: there is a header and no row below it")
    rows, places = _rows(lines, places, delimiter)
    _fit(table, _unique([name.strip().strip('"') for name in names], table.notes), rows, places, delimiter)
    return table


def _kind_of(delimiter: str | None) -> str:
    separated = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", None: "blanks"}[delimiter]
    return f"text separated by {separated}"


def _delimiter(lines: list[str]) -> str | None:
    """The separator by which the first two lines have equally many cells, the most of them; None for blanks."""
    best, most = None, 1
    for candidate in (",", ";", "\t", "|"):
        if candidate not in lines[0]:
            continue
        first, second = (len(_split([line], candidate)[0]) for line in (lines[0], lines[min(1, len(lines) - 1)]))
        if candidate == "," and _looks_like_decimal_commas(lines[0]):
            continue
        if first == second and first > most:
            best, most = candidate, first
    if best is None and most == 1:
        # Rows that do not fit are told one by one: what stands between the words of the header is the separator.
        best = next((c for c in (",", ";", "\t") if c in lines[0] and not _looks_like_decimal_commas(lines[0])), None)
    return best


def _looks_like_decimal_commas(line: str) -> bool:
    words = line.split(";") if ";" in line else line.split()
    return len(words) > 1 and all(is_number(w) or _DECIMAL_COMMA.fullmatch(w.strip()) for w in words) and "," in line


def _split(lines: Iterable[str], delimiter: str | None) -> list[list[str]]:
    if delimiter is None:
        return [next(csv.reader([" ".join(line.split())], delimiter=" "), []) if '"' in line else line.split() for line in lines]
    try:
        return list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
    except csv.Error as error:
        raise InvalidFileFormatException(f"The table cannot be taken apart: {error}. Is a quotation mark left open?") from None


def _rows(lines: list[str], places: list[int], delimiter: str | None) -> tuple[list[list[str]], list[int]]:
    rows = _split(lines, delimiter)
    if len(rows) == len(lines):
        return rows, places
    # Cells with line ends inside quotation marks: the row stands where it begins.
    reader, at = csv.reader([line + "\n" for line in lines], delimiter=delimiter or " ", skipinitialspace=True), 0
    rows, starts = [], []
    for row in reader:
        rows.append(row)
        starts.append(places[at])
        at = min(reader.line_num, len(places) - 1)
    return rows, starts


def _commented_header(comment: str, delimiter: str | None, width: int, known: Collection[str]) -> list[str]:
    if not comment:
        return []
    for words in (_split([comment], delimiter)[0] if delimiter else [], re.split(r"[,;\s|]+", comment.strip(" |,;"))):
        if len(words) == width and not any(map(is_number, words)) and (not known or {_bare(word) for word in words} & set(known)):
            return list(words)
    return []


def _bare(name: str) -> str:
    return re.sub(r"\s*[(\[].*$", "", name.strip().lower())


def _names_without_header(first: list[str], headless: Sequence[str]) -> list[str]:
    if not headless:
        raise InvalidFileFormatException(f"{len(first)} columns without names: name them in a line above, separated as the columns are.")
    return [headless[i] if i < len(headless) else f"column {i + 1}" for i in range(len(first))]


def _unique(names: list[str], notes: list[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        new, number = name, 2
        while new and new in found:
            new, number = f"{name}_{number}", number + 1
        if new != name:
            notes.append(f"The name {name} stands twice in the header; the second column is kept as {new}.")
        found.append(new)
    return found


def _fit(table: RawTable, names: list[str], rows: list[list[str]], places: list[int], delimiter: str | None) -> None:
    """Columns of the rows that have as many cells as the header; the others become errors."""
    width = len(names)
    if width * len(rows) > MOST_CELLS:
        raise InvalidFileFormatException(f"A table of {len(rows):,} rows and {width:,} columns is too large; divide it")
    if set(map(len, rows)) != {width}:
        kept_rows, kept_places = [], []
        for row, place in zip(rows, places, strict=True):
            fitted = _fitted(row, width, delimiter)
            if fitted is None:
                table.errors.append(_misfit(row, place, width, delimiter))
            else:
                kept_rows.append(fitted)
                kept_places.append(place)
        rows, places = kept_rows, kept_places
    if not rows:
        raise (
            InvalidFileFormatException(errors=table.errors)
            if table.errors
            else InvalidFileFormatException("Empty table or invalid file type")
        )
    columns = list(zip(*rows, strict=True))
    used = [i for i, name in enumerate(names) if name]
    table.names, table.columns, table.places = [names[i] for i in used], [columns[i] for i in used], places
    if len(used) < 2:
        raise InvalidFileFormatException(
            "Empty table or invalid file type: there is one column only; separate columns by commas, semicolons, tabs or blanks"
        )


def _fitted(row: list[str], width: int, delimiter: str | None) -> list[str] | None:
    if len(row) == width:
        return row
    while len(row) > width and not row[-1].strip():
        row = row[:-1]
    if delimiter is None and len(row) == width + 1:
        line = " ".join(row)
        joined = _DATE_AND_TIME.sub(r"\1T\2", line).split(" ")
        if len(joined) == width:
            return joined
    if delimiter is None and len(row) > width and not all(map(is_number, row[width - 1 :])):
        return [*row[: width - 1], " ".join(row[width - 1 :])]
    return row if len(row) == width else None


def _misfit(row: list[str], place: int, width: int, delimiter: str | None) -> RowError:
    mend = "give each row as many values as the header has names"
    if delimiter == "," and len(row) > width and all(is_number(cell) for cell in row if cell.strip()):
        mend = "with a comma as the decimal sign, separate the columns by semicolons or tabs"
    elif len(row) < width:
        mend = "leave nothing between two separators where a value is missing"
        if delimiter is None:
            mend = "write nan where a value is missing"
    return RowError(place, "", (delimiter or " ").join(row)[:100], f"{len(row)} values where the header names {width} columns", mend)


# --- formats that astropy reads


def _by_astropy(text: str, form: str, kind: str) -> RawTable:
    from astropy.table import Table

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = Table.read(text.strip("\n").split("\n"), format=form)
    except Exception as error:  # readers raise many kinds
        raise InvalidFileFormatException(f"This {kind} cannot be read: {_short(error)}") from None
    return from_astropy(table, kind, comment_cards(text))


def _read_votable(content: bytes) -> RawTable:
    from astropy.io.votable import parse_single_table

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = parse_single_table(io.BytesIO(content), verify="ignore").to_table(use_names_over_ids=True)
    except Exception as error:  # the parser raises many kinds
        raise InvalidFileFormatException(f"This VOTable cannot be read: {_short(error)}") from None
    return from_astropy(table, "VOTable", {})


def _read_fits(content: bytes, known: Collection[str]) -> RawTable:
    from astropy.io import fits
    from astropy.table import Table

    with opened_fits(content) as (hdus, _):
        tables = [each for each in hdus if isinstance(each, (fits.BinTableHDU, fits.TableHDU)) and not isinstance(each, fits.CompImageHDU)]
        tables = [each for each in tables if each.columns.names]
        hdu = next((each for each in tables if {name.lower() for name in each.columns.names} & set(known)), tables[0] if tables else None)
        if hdu is None:
            raise InvalidFileFormatException("Unsupported file type: this FITS file holds no table")
        if max(1, int(hdu.header["NAXIS2"])) * max(1, int(hdu.header["NAXIS1"])) > len(content):
            raise InvalidFileFormatException("This FITS file ends before its table does: send it again")
        header = hdus[0].header.copy()
        header.extend(hdu.header, update=True)
        cards = {str(key).upper(): str(header[key]).strip() for key in header if key and key not in ("COMMENT", "HISTORY")}
        table = Table.read(hdu)
    return from_astropy(table, "FITS table", cards)


def from_astropy(table: Any, kind: str, cards: dict[str, str]) -> RawTable:
    """Columns of an astropy table; times become MJD (UTC), columns of arrays are left out."""
    import numpy as np
    from astropy.time import Time

    found = RawTable(kind, [], [], range(1, len(table) + 1), cards=cards)
    for name in table.colnames:
        column = table[name]
        if isinstance(column, Time):
            found.names.append(name)
            found.columns.append(
                [None if bad else day for day, bad in zip(column.utc.mjd.tolist(), np.atleast_1d(column.mask).tolist(), strict=True)]
            )
            found.units[name] = "MJD"
            continue
        if getattr(column, "ndim", 1) != 1 or not hasattr(column, "dtype"):
            found.notes.append(f"The column {name} holds an array in each row and is left out.")
            continue
        unit = getattr(column, "unit", None)
        found.names.append(str(name))
        # astropy's own tolist() fails at text that is not UTF-8
        is_text = column.dtype.kind == "S"
        cells = np.ma.array(np.asarray(column), mask=np.ma.getmaskarray(column)).tolist() if is_text else column.tolist()
        found.columns.append([cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell for cell in cells])
        if unit is not None:
            found.units[str(name)] = str(unit)
    if not len(table) or len(found.names) < 2:
        raise InvalidFileFormatException("Empty table or invalid file type")
    return found


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
