"""Reading tables out of the files that observers have: any separator, comments, with or without a header."""

from __future__ import annotations

import re
from typing import Any

from tom_dataproducts.exceptions import InvalidFileFormatException

LARGEST = 200_000_000


def read_bytes(data_product: Any) -> bytes:
    """The content of a product's file; no local path is needed."""
    field = data_product.data
    if hasattr(field, "storage") and field.name:
        with field.storage.open(field.name, "rb") as stored:
            return stored.read(LARGEST)
    if hasattr(field, "open"):
        with field.open("rb") as stored:
            return stored.read(LARGEST)
    if hasattr(field, "path"):
        with open(field.path, "rb") as stored:
            return stored.read(LARGEST)
    raise InvalidFileFormatException("The data product has no file")


def read_text(data_product: Any) -> str:
    content = read_bytes(data_product)
    if b"\x00" in content[:4096]:
        raise InvalidFileFormatException("Unsupported file type: this is a binary file, not text")
    for encoding in ("utf-8-sig", "latin-1"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidFileFormatException("Unsupported file type: the text is in no known encoding")


def comment_cards(text: str) -> dict[str, str]:
    """`# KEY: value` and `# KEY = value / comment` lines, keys in capitals."""
    cards: dict[str, str] = {}
    for line in text.splitlines():
        match = re.match(r"^\s*#\s*([A-Za-z][\w-]*)\s*(=|:)\s*(.*?)\s*$", line)
        if match:
            content = match[3]
            if match[2] == "=":
                content = content.split(" / ")[0].strip()
            cards.setdefault(match[1].upper(), content.strip("'\" ").strip())
    return cards


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_table(text: str, *, names: tuple[str, ...] = ()) -> Any:
    """An astropy Table. `names` name the columns of a table without a header. InvalidFileFormatException says what is wrong."""
    from astropy.io import ascii

    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise InvalidFileFormatException("Empty table or invalid file type")
    first = re.split(r"[,;\s|]+", lines[0].strip())
    headless = all(is_number(word) for word in first if word)
    if headless and names:
        return _read_headless(lines, names)
    comma = "," in lines[0]
    attempts: list[dict[str, Any]] = []
    if comma:
        attempts.append({"format": "csv"})
    elif ";" in lines[0]:
        attempts.append({"format": "csv", "delimiter": ";"})
    elif "\t" in lines[0]:
        attempts.append({"format": "tab"})
    attempts += [{"format": "basic"}, {"format": "csv"}]
    problem: Exception | None = None
    for options in attempts:
        try:
            table = ascii.read(lines, **options)
        except Exception as error:  # astropy raises many kinds
            problem = problem or error
            continue
        if len(table) and len(table.colnames) > 1:
            return table
    table = _read_words(lines)
    if table is not None:
        return table
    raise InvalidFileFormatException("Empty table or invalid file type" + (f": {_short(problem)}" if problem else ""))


def _read_words(lines: list[str]) -> Any:
    """A table separated by blanks whose last column is free text; None where rows do not fit the header."""
    from astropy.table import Table

    names = lines[0].split()
    rows = [line.split(None, len(names) - 1) for line in lines[1:]]
    if len(names) < 2 or not rows or any(len(row) != len(names) for row in rows):
        return None
    columns = [list(column) for column in zip(*rows, strict=True)]
    return Table([[float(c) for c in column] if all(map(is_number, column)) else column for column in columns], names=names)


def _short(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__


def _read_headless(lines: list[str], names: tuple[str, ...]) -> Any:
    from astropy.table import Table

    rows = []
    for number, line in enumerate(lines, start=1):
        words = [word for word in re.split(r"[,;\s|]+", line.strip()) if word]
        if len(words) < 2 or not all(is_number(word) for word in words):
            raise InvalidFileFormatException(f"Line {number} is not a row of numbers: {line.strip()[:60]}")
        rows.append([float(word) for word in words])
    width = min(len(row) for row in rows)
    count = min(width, len(names))
    return Table([[row[i] for row in rows] for i in range(count)], names=names[:count])
