"""Rows as they are written: complete on both sides, with fingerprint and key.

Most measurements are flat: photometry whose `value` holds numbers and text. For them the rules of `normalising` are worked out once for
each set of keys, and the text that is hashed is put together by hand: the same text, for a tenth of the time.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from operator import attrgetter
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tom_common.errors import InvalidInputError, RowError
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.normalising import (
    COLUMNS,
    CONTENT_COLUMNS,
    PHOTOMETRY,
    Column,
    convert,
    fingerprint_of,
    keys_in,
    normalise,
    signed64,
    source_key_of,
)
from tom_dataproducts.rows import DatumRow, ValueRow


class Prepared:
    """A row ready to be written: every column of the table as an attribute, without the cost of a model instance."""

    target_id: int
    data_type: str
    source_name: str
    source_id: str
    fingerprint: int
    source_key: int

    def __init__(self, contents: dict[str, Any]) -> None:
        self.__dict__ = contents


_LIMITS = [
    (field.name, field.max_length)
    for field in ReducedDatum._meta.concrete_fields
    if isinstance(field, models.CharField) and field.max_length
]
_LENGTHS = dict(_LIMITS)
_EMPTY = {field.name: field.get_default() for field in ReducedDatum._meta.concrete_fields if field.name in CONTENT_COLUMNS}
_contents_of = attrgetter(*CONTENT_COLUMNS)
_NO_TEXT, _NO_ARRAY = "", ()


def prepare(
    target: Any, rows: Iterable[DatumRow | ValueRow], data_product: DataProduct | None = None, actor_id: int | None = None
) -> list[Prepared]:
    """Rows of a target ready to be written. InvalidInputError names each row, from 1, that cannot be stored."""
    template = {
        **_EMPTY, "target_id": target.pk if isinstance(target, models.Model) else target,
        "data_product_id": data_product.pk if data_product is not None else None, "added": timezone.now(), "added_by_id": actor_id,
    }  # fmt: skip
    data: list[Prepared] = []
    errors: list[RowError] = []
    for number, row in enumerate(rows, start=1):
        timestamp: dt.datetime | None = row.timestamp
        if type(timestamp) is not dt.datetime or timestamp.tzinfo is not dt.UTC:
            timestamp = _utc(timestamp)
            if timestamp is None:
                errors.append(RowError(number, "timestamp", row.timestamp, "this is no time"))
                continue
        given: dict[str, Any] = {}
        if isinstance(row, DatumRow):
            given = {name: content for name, content in zip(CONTENT_COLUMNS, _contents_of(row), strict=True) if not _is_default(content)}
        contents = template.copy()
        contents["data_type"] = row.data_type
        contents["timestamp"] = timestamp
        contents["source_name"], contents["source_location"] = row.source_name, row.source_location
        contents["source_id"] = str(row.source_id)
        datum = _flat(contents, row, given)
        if datum is None:
            value, clean = normalise(row.data_type, row.value, given, given=set(given))
            contents.update(given)
            contents.update(clean)
            contents["value"] = value
            datum = Prepared(contents)
            datum.fingerprint = fingerprint_of(datum)
        datum.source_key = source_key_of(datum, datum.fingerprint)
        for name in ("source_name", "source_location", "source_id", "data_type") if not given else _LENGTHS:
            if len(contents[name]) > _LENGTHS[name]:
                errors.append(RowError(number, name, contents[name], f"longer than {_LENGTHS[name]} characters"))
        data.append(datum)
    if errors:
        raise InvalidInputError(errors=errors)
    return data


def _utc(timestamp: Any) -> dt.datetime | None:
    """An aware datetime in UTC; a naive one counts as UTC. Text is read as ISO 8601. None for what is no time."""
    if isinstance(timestamp, str):
        try:
            timestamp = parse_datetime(timestamp)
        except ValueError:
            return None
    if isinstance(timestamp, dt.date) and not isinstance(timestamp, dt.datetime):
        timestamp = dt.datetime(timestamp.year, timestamp.month, timestamp.day)
    if not isinstance(timestamp, dt.datetime):
        return None
    try:
        return timestamp.replace(tzinfo=dt.UTC) if timestamp.tzinfo is None else timestamp.astimezone(dt.UTC)
    except OverflowError:
        return None


def _is_default(content: Any) -> bool:
    if content is None or content is _NO_TEXT or content is _NO_ARRAY:
        return True
    if type(content) is float:
        return False
    return isinstance(content, (str, tuple, dict, list)) and len(content) == 0


# --- flat rows


@lru_cache(maxsize=1024)
def _plan(keys: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, Column, str, str], ...]]:
    """For a photometric `value` of these keys: keys in the order of the fingerprint with the JSON of each, and the columns that they speak
    of with the JSON of their names, in the order in which they are hashed."""
    spoken = keys_in(PHOTOMETRY, dict.fromkeys(keys))
    ordered = tuple((key, encode_basestring_ascii(key)) for key in sorted(keys))
    columns = tuple((name, *spoken[name], encode_basestring_ascii(name)) for name in CONTENT_COLUMNS if name in spoken)
    return ordered, columns


@lru_cache(maxsize=4096)
def _json_text(text: str) -> str:
    return encode_basestring_ascii(text)


def _flat(contents: dict[str, Any], row: DatumRow | ValueRow, given: dict[str, Any]) -> Prepared | None:
    """The row with what `normalise` and `fingerprint_of` say of it, where it is photometry of numbers and text; None for any other."""
    if row.data_type != PHOTOMETRY or type(row.value) is not dict or (given and row.value):
        return None
    value = _value_of(given) if given else dict(row.value)
    if value is None:
        return None
    texts: dict[str, str] = {}
    for key, content in value.items():
        kind = type(content)
        if kind is float:
            if math.isfinite(content):
                texts[key] = f'"{content:.7g}"'
            else:
                value[key], texts[key] = None, "null"
        elif kind is str:
            texts[key] = _json_text(content) if len(content) < 100 else encode_basestring_ascii(content)
        elif kind is int and -(2**53) <= content <= 2**53:
            texts[key] = f'"{float(content):.7g}"'
        elif content is None:
            texts[key] = "null"
        elif kind is bool:
            texts[key] = "true" if content else "false"
        else:
            return None
        if type(key) is not str:
            return None
    ordered, columns = _plan(tuple(value))
    hashed = []
    for name, column, key, name_text in columns:
        content = value[key]
        found = convert(column, content)
        contents[name] = found
        if found is None or found == "":
            continue
        if found is content:
            text = texts[key]
        else:
            text = encode_basestring_ascii(found) if type(found) is str else f'"{found:.7g}"'
        hashed.append(f"[{name_text},{text}]")
    moment = contents["timestamp"].isoformat(timespec="milliseconds")[:-6]
    contents["value"] = value
    datum = Prepared(contents)
    datum.fingerprint = signed64(
        (
            f'["{PHOTOMETRY}",{_json_text(row.source_name)},{_json_text(contents["source_id"])},"{moment}",[{",".join(hashed)}],'
            f"{{{','.join([f'{text}:{texts[key]}' for key, text in ordered])}}}]"
        ).encode()
    )
    return datum


def _value_of(given: dict[str, Any]) -> dict[str, Any] | None:
    """The `value` that typed columns alone give; None where a column is not one of photometry."""
    value: dict[str, Any] = {}
    for column in COLUMNS[PHOTOMETRY]:
        if column.name in given:
            content = convert(column, given[column.name])
            if content is not None and content != "":
                value[column.key] = content
    return value if all(name in _PHOTOMETRIC for name in given) else None


_PHOTOMETRIC = frozenset(column.name for column in COLUMNS[PHOTOMETRY])
