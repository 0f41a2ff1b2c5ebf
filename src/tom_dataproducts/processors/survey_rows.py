"""Rows of a survey's own table, whose columns are known: what the processors of surveys have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tom_common.errors import RowError

from .photometry_rows import Measurements
from .report import ColumnReport, FileReport, left_out
from .tables import RawTable, plain

if TYPE_CHECKING:
    import numpy as np


class SurveyRows:
    """The columns of one table as numbers and text, with the errors of its rows."""

    def __init__(self, table: RawTable, meanings: Sequence[ColumnReport], time: str) -> None:
        import numpy as np

        self.table = table
        self.errors: list[RowError] = list(table.errors)
        self.notes = list(table.notes)
        self.usable = np.ones(len(table), dtype=bool)
        told = {meaning.name: meaning for meaning in meanings}
        self.columns = [told.get(name, ColumnReport(name, "")) for name in table.names]
        self.time = time

    def numbers(self, name: str) -> np.ndarray:
        """The column as float64 with NaN; a cell that is no number is an error of its row."""
        found, wrong = self.table.numbers(name)
        for index in wrong:
            self._wrong(index, name, f"“{str(self.table.cells(name)[index])[:40]}” is no number", "send the file as the service gave it")
        return found

    def texts(self, name: str) -> list[str | None]:
        return [None if (found := plain(cell)) is None else str(found) for cell in self.table.cells(name)]

    def leave_out(self, rows: np.ndarray, why: str) -> None:
        """Rows that are no measurement; a note tells how many, and what is wrong with them."""
        import numpy as np

        count = int(np.count_nonzero(rows & self.usable))
        if count:
            self.notes.append(left_out(count, why))
        self.usable &= ~rows

    def _wrong(self, index: int, name: str, problem: str, mend: str) -> None:
        self.errors.append(RowError(self.table.places[index], name, self.table.cells(name)[index], problem, mend))
        self.usable[index] = False

    def measurements(self, mjd: np.ndarray, time_column: str, contents: dict[str, Any]) -> Measurements:
        """The usable rows at these times (MJD in UTC): each content a constant, a list, or an array whose NaN is nothing."""
        import numpy as np

        from tom_astro.times import mjd_to_datetime

        for index in np.flatnonzero(self.usable & ~((mjd > 0) & (mjd < 200_000))).tolist():
            if mjd[index] == mjd[index]:
                self._wrong(index, time_column, f"{mjd[index]:g} is no date", "send the file as the service gave it")
        self.leave_out(mjd != mjd, "no time")
        at = np.flatnonzero(self.usable)
        columns = {}
        for key, content in contents.items():
            if isinstance(content, np.ndarray):
                columns[key] = [None if number != number else number for number in content[at].tolist()]
            else:
                columns[key] = [content[i] for i in at.tolist()] if isinstance(content, list) else [content] * at.size
        values = [
            {key: cell for key, cell in zip(columns, row, strict=True) if cell is not None} for row in zip(*columns.values(), strict=True)
        ]
        report = FileReport(
            self.table.kind,
            self.columns,
            self.time,
            len(self.table) + len(self.table.errors),
            sorted(self.errors, key=lambda error: error.row or 0),
            self.notes,
        )
        return Measurements(mjd_to_datetime(mjd[at]), values, places=[self.table.places[i] for i in at.tolist()], report=report)
