"""Errors of the toolkit: each carries data and an HTTP status; pages and API turn them into answers in one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


class TomError(Exception):
    """Base of all errors of ours. `message` is for the person who meets it: what went wrong and what to do."""

    status = 500
    code = "error"
    default_message = "Something went wrong."

    def __init__(self, message: str = "", **data: Any) -> None:
        self.message = message or self.default_message
        self.data = data
        super().__init__(self.message)


class NotAllowedError(TomError):
    status = 403
    code = "not_allowed"
    default_message = "You are not allowed to do this."


class NotFoundError(TomError):
    status = 404
    code = "not_found"
    default_message = "There is no such thing."


class ConflictError(TomError):
    status = 409
    code = "conflict"
    default_message = "This clashes with what is already there."


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong in one row of an input: `row` counts from 1 as the person sees it (None: the whole input)."""

    row: int | None
    column: str
    value: Any
    problem: str
    mend: str = ""

    def __str__(self) -> str:
        where = f"row {self.row}" if self.row is not None else "input"
        if self.column:
            where += f", {self.column}"
        text = f"{where}: {self.problem}"
        return f"{text} ({self.mend})" if self.mend else text

    def as_dict(self) -> dict[str, Any]:
        data = asdict(self)
        data["value"] = None if self.value is None else str(self.value)[:200]
        return data


class InvalidInputError(TomError):
    status = 400
    code = "invalid"
    default_message = "The input is not valid."

    def __init__(self, message: str = "", errors: Iterable[RowError] = (), **data: Any) -> None:
        self.errors: list[RowError] = list(errors)
        if not message and self.errors:
            message = "; ".join(str(error) for error in self.errors[:5])
            if len(self.errors) > 5:
                message += f"; and {len(self.errors) - 5} more"
        super().__init__(message, **data)

    def by_field(self) -> dict[str, list[str]]:
        """Messages keyed by column, the shape in which forms and DRF report errors."""
        found: dict[str, list[str]] = {}
        for error in self.errors:
            text = f"{error.problem} ({error.mend})" if error.mend else error.problem
            if error.row is not None:
                text = f"Row {error.row}: {text}"
            found.setdefault(error.column or "non_field_errors", []).append(text)
        return found
