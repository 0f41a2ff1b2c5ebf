"""Measurements that come as a table, by columns or by rows: each row checked by itself, the good ones added in parts."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime

from tom_common.errors import InvalidInputError
from tom_dataproducts.models import DataProduct
from tom_dataproducts.normalising import Column, columns_of
from tom_dataproducts.rows import DatumRow

from .adding import add_reduced_data

MOST_ROWS = 1_000_000
PART = 20_000
MOST_TOLD = 1000
TIMES = ("timestamp", "mjd", "jd")
ABOUT = {"source_id": 200, "source_name": 100, "source_location": 200}
_MJD_EPOCH = dt.datetime(1858, 11, 17, tzinfo=dt.UTC)


@dataclass
class TableAdded:
    """How many rows were made, updated, there already and wrong; `errors` are those of the first 1000 wrong rows, by index from 0."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    wrong: int = 0
    errors: list[tuple[int, dict[str, list[str]]]] = field(default_factory=list)

    def tell(self, index: int, errors: dict[str, list[str]]) -> None:
        self.wrong += 1
        if len(self.errors) < MOST_TOLD:
            self.errors.append((index, errors))


class TableRefused(InvalidInputError):
    """Nothing was stored: some rows are wrong."""

    default_message = "Nothing was stored: some rows are wrong."

    def __init__(self, found: TableAdded) -> None:
        super().__init__(f"Nothing was stored: {found.wrong} of the rows are wrong. The first is row {found.errors[0][0]} (counted from 0).")
        self.found = found


def as_rows(columns: Mapping[str, Any] | None, rows: Sequence[Any] | None) -> tuple[int, Iterator[Mapping[str, Any]]]:
    """How many rows a table has, and these as mappings. InvalidInputError for what is no table."""
    if (columns is None) == (rows is None):
        raise InvalidInputError("Give `columns` (name to list) or `rows` (a list of objects), one of them.")
    if rows is not None:
        if not isinstance(rows, list):
            raise InvalidInputError("`rows` is a list of objects.")
        count, found = len(rows), iter(rows)
    else:
        assert columns is not None
        lists = {name: content for name, content in columns.items() if isinstance(content, list)}
        lengths = {name: len(content) for name, content in lists.items()}
        if len(lists) < len(columns) or not lists:
            raise InvalidInputError("`columns` holds a list under each name.")
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} {length}" for name, length in list(lengths.items())[:20])
            raise InvalidInputError(f"The columns have different lengths: {told}.")
        count = next(iter(lengths.values()))
        found = (dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True))
    if not count:
        raise InvalidInputError("The table has no rows.")
    if count > MOST_ROWS:
        raise InvalidInputError(f"At most {MOST_ROWS:,} rows are taken at a time; these are {count:,}.")
    return count, found


def add_table(
    *,
    target: Any,
    data_type: str,
    columns: Mapping[str, Any] | None = None,
    rows: Sequence[Any] | None = None,
    common: Mapping[str, Any] | None = None,
    data_product: DataProduct | None = None,
    partial: bool = False,
    actor: Any = None,
) -> TableAdded:
    """Add a table of measurements of one target and type; what is there already is not added twice.

    Each row has a time (`timestamp` as ISO 8601, `mjd` or `jd`, UTC), columns of its type under any of their names, and whatever else is to
    be kept with it. `common` is for all rows. All or nothing (TableRefused tells what is wrong), or with `partial` the good rows.
    """
    _, found = as_rows(columns, rows)
    read = _reader(data_type, dict(common or {}))
    added = TableAdded()
    with transaction.atomic():
        numbered = enumerate(found)
        while part := list(islice(numbered, PART)):
            good = []
            for index, row in part:
                made, errors = read(row)
                if made is not None:
                    good.append((index, made))
                else:
                    added.tell(index, errors)
            while good and (partial or not added.wrong):
                try:
                    done = add_reduced_data(
                        target=target, rows=[made for _, made in good], actor=actor, data_product=data_product, own_words=True
                    )
                except InvalidInputError as error:
                    good = _left(good, error, added)
                    continue
                added.created += len(done.created)
                added.updated += len(done.updated)
                added.unchanged += len(good) - len(done.created) - len(done.updated)
                break
        if added.wrong and not partial:
            raise TableRefused(added)
    return added


def _left(good: list[tuple[int, DatumRow]], error: InvalidInputError, added: TableAdded) -> list[tuple[int, DatumRow]]:
    """The rows without those that the error names, which are told; the error itself where it names none."""
    wrong: dict[int, dict[str, list[str]]] = {}
    for one in error.errors:
        if one.row is not None:
            wrong.setdefault(one.row - 1, {}).setdefault(one.column, []).append(f"{one.problem[:1].upper()}{one.problem[1:]}.")
    if not wrong:
        raise error
    for place, told in sorted(wrong.items()):
        added.tell(good[place][0], told)
    return [row for place, row in enumerate(good) if place not in wrong]


def _reader(data_type: str, common: dict[str, Any]) -> Callable[[Any], tuple[DatumRow | None, dict[str, list[str]]]]:
    """Reads one row: a DatumRow, or by column what is wrong."""
    known: dict[str, Column] = {name: column for column in columns_of(data_type) for name in column.synonyms}
    measured = [column.name for column in columns_of(data_type) if column.measured]

    def read(row: Any) -> tuple[DatumRow | None, dict[str, list[str]]]:
        if not isinstance(row, Mapping):
            return None, {"non_field_errors": ["A row is an object: column to content."]}
        row = {**common, **row}
        errors: dict[str, list[str]] = {}
        given: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        try:
            timestamp = _time(row)
        except ValueError as error:
            errors["timestamp"] = [str(error)]
            timestamp = _MJD_EPOCH
        for name, content in row.items():
            if name in TIMES or content is None:
                continue
            if (column := known.get(name)) is not None:
                try:
                    content = column_content(column, content)
                except ValueError as error:
                    errors[name] = [str(error)]
                    continue
                if content is not None and given.setdefault(column.name, content) != content:
                    errors[name] = [f"{column.name} is given twice, by names that mean the same."]
            elif name in ABOUT:
                text = str(content)
                if len(text) > ABOUT[name]:
                    errors[name] = [f"This is longer than {ABOUT[name]} characters."]
                given[name] = text
            elif name == "value" and isinstance(content, Mapping):
                extra |= content
            else:
                extra[name] = content
        if measured and not errors and not any(name in given for name in measured) and not any(name in known for name in extra):
            errors["non_field_errors"] = [f"The row measures nothing: give {' or '.join(measured)}."]
        if data_type == "spectroscopy" and not errors and len({len(given[n]) for n in ("wavelength", "flux", "error") if n in given}) > 1:
            errors["flux"] = ["wavelength, flux and error have different lengths."]
        if data_type == "astrometry" and not errors and not {"ra", "dec"} <= given.keys():
            errors["ra"] = ["Give both ra and dec."]
        if errors:
            return None, errors
        if not columns_of(data_type):
            plain = {name: given.pop(name) for name in list(given) if name not in ABOUT}
            extra = {**plain, **extra}
        return DatumRow(data_type, timestamp, extra, **given), errors

    return read


def _time(row: Mapping[str, Any]) -> dt.datetime:
    names = [name for name in TIMES if row.get(name) is not None]
    if len(names) != 1:
        raise ValueError("Give the time under one of timestamp, mjd, jd.")
    content = row[names[0]]
    if names[0] == "timestamp":
        found = None
        if isinstance(content, str):
            try:
                found = parse_datetime(content)
            except ValueError:
                found = None
        if found is None:
            raise ValueError("Write the time as 2026-01-31T04:05:06Z.")
        return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    number = _number(content)
    days = number - 2400000.5 if names[0] == "jd" else number
    try:
        # whole days by themselves: the fraction keeps its microseconds
        whole = math.floor(days)
        return _MJD_EPOCH + dt.timedelta(days=whole, microseconds=round((days - whole) * 86_400_000_000))
    except OverflowError:
        raise ValueError(f"{names[0]} {number} is no date.") from None


def _number(content: Any) -> float:
    if isinstance(content, bool) or not isinstance(content, int | float | str):
        raise ValueError("This is no number.")
    try:
        number = float(content)
    except (ValueError, OverflowError):
        raise ValueError("This is no number.") from None
    if not math.isfinite(number):
        raise ValueError("This is no finite number: leave it out where there is none.")
    return number


def column_content(column: Column, content: Any) -> Any:
    if column.kind == "float":
        if content == "":
            return None
        number = _number(content)
        if number < 0 and (column.name.endswith("error") or column.name == "exposure_time"):
            raise ValueError("This cannot be negative.")
        if column.name == "ra" and not 0 <= number <= 360:
            raise ValueError("RA is between 0 and 360 degrees.")
        if column.name == "dec" and not -90 <= number <= 90:
            raise ValueError("Dec is between -90 and 90 degrees.")
        return number
    if column.kind == "array":
        if not isinstance(content, list):
            raise ValueError("This is a list of numbers.")
        try:
            return [float("nan") if item is None else _number(item) for item in content]
        except ValueError:
            raise ValueError("This is a list of numbers, null where there is none.") from None
    if isinstance(content, list | dict | bool):
        raise ValueError("This is text.")
    text = str(content)
    if column.max_length and len(text) > column.max_length:
        raise ValueError(f"This is longer than {column.max_length} characters.")
    return text
