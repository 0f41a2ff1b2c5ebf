"""What a processor understood of a file, in words for the person who sends it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tom_common.errors import RowError


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """One column: its name in the file, what it means ("" where it is kept as it is), the unit in which it is read."""

    name: str
    meaning: str
    unit: str = ""


@dataclass
class FileReport:
    """What is in a file: its format, its columns, where its times come from, how many rows it has, and what is wrong with which."""

    kind: str = ""
    columns: list[ColumnReport] = field(default_factory=list)
    time: str = ""
    rows: int = 0
    errors: list[RowError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def left_out(count: int, why: str) -> str:
    """That rows are no measurements."""
    return f"{count:,} row{'' if count == 1 else 's'} left out: {why}."
