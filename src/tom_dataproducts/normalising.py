"""What a measurement says, both ways: the JSON `value` and the typed columns.

One table of synonyms and one pair of functions (`columns_from_value`, `value_with_columns`) serve every writer: `save`, `create`,
`bulk_create`, `add_reduced_data` and the migrations. A `value` keeps the keys that its writer used; a column that the writer gave
alone is written under the name that the TOM Toolkit 2 used for it.
"""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PHOTOMETRY, SPECTROSCOPY, ASTROMETRY = "photometry", "spectroscopy", "astrometry"


@dataclass(frozen=True, slots=True)
class Column:
    """A typed column: its name, the name that `value` has for it, and every name accepted for it (first present wins)."""

    name: str
    key: str
    synonyms: tuple[str, ...]
    kind: str = "float"
    max_length: int = 0
    measured: bool = False


def _text(name: str, max_length: int, *synonyms: str, key: str = "") -> Column:
    return Column(name, key or name, synonyms or (name,), "text", max_length)


_COMMON = (_text("telescope", 255), _text("instrument", 255), _text("reduction_version", 50))
_EXPOSURE = Column("exposure_time", "exposure_time", ("exposure_time",))

COLUMNS: dict[str, tuple[Column, ...]] = {
    PHOTOMETRY: (
        Column("brightness", "magnitude", ("brightness", "magnitude", "mag"), measured=True),
        Column("brightness_error", "error", ("error", "brightness_error", "magnitude_error", "mag_err")),
        _text("bandpass", 100, "bandpass", "filter", "band", "f", key="filter"),
        Column("limit", "limit", ("limit",), measured=True),
        _text("unit", 100),
        _EXPOSURE,
        *_COMMON,
    ),
    SPECTROSCOPY: (
        Column("flux", "flux", ("flux", "f"), "array", measured=True),
        Column("wavelength", "wavelength", ("wavelength", "wave", "wl", "lambda"), "array", measured=True),
        Column("error", "error", ("error", "err", "flux_error", "f_error"), "array"),
        _text("flux_unit", 0, "flux_unit", "f_unit", "flux_units", "f_units", key="flux_units"),
        _text(
            "wavelength_unit", 0, "wavelength_unit", "w_unit", "wavelength_units", "w_units", "lambda_unit", "lambda_units",
            key="wavelength_units",
        ),
        _text("setup", 2000),
        _EXPOSURE,
        *_COMMON,
    ),
    ASTROMETRY: (
        Column("ra", "ra", ("ra", "right_ascension", "ra_deg"), measured=True),
        Column("dec", "dec", ("dec", "declination", "dec_deg"), measured=True),
        Column("ra_error", "ra_error", ("ra_error", "right_ascension_error", "ra_err")),
        Column("dec_error", "dec_error", ("dec_error", "declination_error", "dec_err")),
        _text("ra_error_units", 32, "ra_error_units", "ra_err_units"),
        _text("dec_error_units", 32, "dec_error_units", "dec_err_units"),
        *_COMMON,
    ),
}
ARRAY_COLUMNS = ("wavelength", "flux", "error")
CONTENT_COLUMNS = tuple(dict.fromkeys(column.name for columns in COLUMNS.values() for column in columns))
"""Every column whose content the fingerprint covers, in the fixed order in which it is hashed."""


def columns_of(data_type: str) -> tuple[Column, ...]:
    """The typed columns of a data type; none for a type that is neither photometry, spectroscopy nor astrometry."""
    return COLUMNS.get(data_type, ())


def empty(column: Column) -> Any:
    if column.kind == "float":
        return None
    return "" if column.kind == "text" else []


def is_empty(value: Any) -> bool:
    return value is None or (type(value) is not float and (hasattr(value, "__len__") and len(value) == 0))


def plain_json(value: Any) -> Any:
    """The value with numpy numbers, dates and decimals as plain JSON; what is not finite becomes None, as JSON knows no NaN."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): plain_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        if isinstance(value, (list, tuple)) and all(type(item) is float for item in value) and all(map(math.isfinite, value)):
            return list(value)
        return [plain_json(item) for item in value]
    if isinstance(value, decimal.Decimal):
        return plain_json(float(value))
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return plain_json(value.tolist())
    if hasattr(value, "item"):
        return plain_json(value.item())
    return value


def to_float(value: Any) -> float | None:
    """A finite float, or None for what is none."""
    if isinstance(value, bool) or value is None or isinstance(value, (list, tuple, Mapping)):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _is_packable(item: Any) -> bool:
    """Whether a float64 gives this item of a list back exactly."""
    return type(item) is float or (type(item) is int and -(2**53) <= item <= 2**53)


def _float_list(value: Any) -> list[float] | None:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, (list, tuple)):
        return None
    try:
        return [float("nan") if item is None else float(item) for item in value]
    except (TypeError, ValueError):
        return None


def convert(column: Column, value: Any) -> Any:
    """What the column holds for a value of JSON."""
    if column.kind == "float":
        return value if type(value) is float and math.isfinite(value) else to_float(value)
    if column.kind == "array":
        return _float_list(value) or []
    if value is None or isinstance(value, (list, tuple, Mapping, bool)):
        return ""
    text = str(value)
    return text[: column.max_length] if column.max_length else text


_BY_SYNONYM = {
    data_type: {synonym: (column, rank) for column in columns for rank, synonym in enumerate(column.synonyms)}
    for data_type, columns in COLUMNS.items()
}


def _synonym_in(column: Column, value: Mapping[str, Any]) -> str | None:
    return next((name for name in column.synonyms if name in value), None)


def keys_in(data_type: str, value: Mapping[str, Any]) -> dict[str, tuple[Column, str]]:
    """Which key of `value` speaks of which column: of several synonyms the first in the column's order."""
    known = _BY_SYNONYM[data_type]
    found: dict[str, tuple[Column, str, int]] = {}
    for key in value:
        if key in known:
            column, rank = known[key]
            if column.name not in found or rank < found[column.name][2]:
                found[column.name] = (column, key, rank)
    return {name: (column, key) for name, (column, key, _) in found.items()}


def _nested_spectrum(value: Any) -> dict[str, list[float]] | None:
    """The arrays of the oldest form of a spectrum: {"0": {"wavelength": ..., "flux": ...}, "1": ...}."""
    if not isinstance(value, Mapping) or not value:
        return None
    points = []
    for key, point in value.items():
        if not (isinstance(key, str) and key.isdigit() and isinstance(point, Mapping)):
            return None
        flux, wavelength = to_float(point.get("flux")), to_float(point.get("wavelength"))
        if flux is None or wavelength is None:
            return None
        points.append((int(key), wavelength, flux))
    points.sort()
    return {"wavelength": [point[1] for point in points], "flux": [point[2] for point in points]}


def columns_from_value(data_type: str, value: Any) -> dict[str, Any]:
    """The typed columns that `value` speaks of (those it does not mention are left out)."""
    columns = columns_of(data_type)
    if not columns or not isinstance(value, Mapping):
        return {}
    if data_type == SPECTROSCOPY and (arrays := _nested_spectrum(value)) is not None:
        return arrays
    return {name: convert(column, value[key]) for name, (column, key) in keys_in(data_type, value).items()}


def speaks_of_measurement(data_type: str, value: Any) -> bool:
    """Whether `value` itself says what was measured; otherwise it holds extras beside typed columns."""
    if not isinstance(value, Mapping):
        return True
    if data_type == SPECTROSCOPY and _nested_spectrum(value) is not None:
        return True
    return any(_synonym_in(column, value) for column in columns_of(data_type) if column.measured)


def value_with_columns(data_type: str, value: Any, changed: Mapping[str, Any]) -> Any:
    """`value` made to say what these columns say: under the key that it has for a column, else under the usual one."""
    if not changed or not columns_of(data_type):
        return value
    if value is None:
        value = {}
    if not isinstance(value, Mapping) or (data_type == SPECTROSCOPY and _nested_spectrum(value) is not None):
        return value
    value = dict(value)
    keys = keys_in(data_type, value)
    for column in columns_of(data_type):
        if column.name not in changed:
            continue
        content = changed[column.name]
        key = keys[column.name][1] if column.name in keys else None
        if key is not None and convert(column, value[key]) == content:
            continue
        if is_empty(content):
            for name in column.synonyms:
                value.pop(name, None)
        else:
            value[key or column.key] = content
    return value


def stored_value(data_type: str, value: Any) -> Any:
    """What the JSON column holds: a spectrum without its arrays (`null` under their names), everything else as it is."""
    if data_type != SPECTROSCOPY or not isinstance(value, Mapping):
        return value
    stored = dict(value)
    for column in columns_of(SPECTROSCOPY):
        if column.kind != "array":
            continue
        key = _synonym_in(column, stored)
        if key is not None and isinstance(stored[key], (list, tuple)) and stored[key] and all(map(_is_packable, stored[key])):
            stored[key] = None
    return stored


def composed_value(data_type: str, value: Any, arrays: Mapping[str, list[float]]) -> Any:
    """The complete JSON of a stored row: the arrays of a spectrum back under their names."""
    if data_type != SPECTROSCOPY or not isinstance(value, Mapping):
        return value
    composed = dict(value)
    for column in columns_of(SPECTROSCOPY):
        if column.kind != "array":
            continue
        key = _synonym_in(column, composed)
        content = arrays.get(column.name)
        if key is not None and composed[key] is None and not is_empty(content):
            composed[key] = content
    return composed


def signed64(text: bytes) -> int:
    """The first 64 bits of a BLAKE2b hash as a signed integer."""
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode
_encode_key = json.JSONEncoder(ensure_ascii=True).encode

_POSITIONS = ("ra", "dec")
"""Seven digits of a right ascension are a third of an arcsecond: positions are told apart to eleven."""


def _canonical(value: Any) -> Any:
    """Numbers to seven significant digits, mappings in order of their keys."""
    kind = type(value)
    if value is None or kind is str or isinstance(value, (bool, str)):
        return value
    if kind is float or isinstance(value, (int, float)):
        try:
            return f"{float(value):.7g}" if math.isfinite(value) else "nan"
        except OverflowError:
            return str(value)
    if kind is dict or isinstance(value, Mapping):
        return {key: _canonical(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_canonical(item) for item in value]
    return str(value)


def fingerprint_of(row: Any, *, ordinal: int = 0) -> int:
    """64-bit hash of the whole normalised content of a row (anything with the attributes of a reduced datum).

    It covers type, source, time to the millisecond, every typed column and the JSON; floats to seven significant digits, the arrays
    of a spectrum by their hash. `ordinal` tells apart rows that an older database already held several times.
    """
    from .models.fields import pack

    columns: list[Any] = []
    for name in CONTENT_COLUMNS:
        content = getattr(row, name)
        if content is None or content == "" or (name in ARRAY_COLUMNS and len(content) == 0):
            continue
        if name in ARRAY_COLUMNS:
            content = hashlib.blake2b(pack(content) or b"", digest_size=16).hexdigest()
        elif not isinstance(content, str):
            content = f"{content:.11g}" if name in _POSITIONS else f"{content:.7g}"
        columns.append((name, content))
    timestamp = row.timestamp
    if timestamp.tzinfo is not None and timestamp.tzinfo is not dt.UTC:
        timestamp = timestamp.astimezone(dt.UTC)
    value = stored_value(row.data_type, row.value)
    content = [
        row.data_type, row.source_name, row.source_id, timestamp.replace(tzinfo=None).isoformat(timespec="milliseconds"), columns,
        _canonical(value),
    ]
    if ordinal:
        content.append(ordinal)
    return signed64(_encode(content).encode())


def source_key_of(row: Any, fingerprint: int) -> int:
    """The key of a row within its target: hash of source and its own identifier, or the fingerprint where the source gave none."""
    if not row.source_id:
        return fingerprint
    return signed64(_encode_key(["source", row.source_name, row.source_id]).encode())


def normalise(
    data_type: str, value: Any, columns: Mapping[str, Any], *, given: frozenset[str] | set[str]
) -> tuple[Any, dict[str, Any]]:
    """A new row's `value` and typed columns, each made complete from the other.

    `given` names the columns that the writer set: they win over what `value` says of the same quantity.
    """
    value = plain_json(value)
    clean: dict[str, Any] = {}
    for column in columns_of(data_type):
        content = columns.get(column.name)
        clean[column.name] = empty(column) if content is None or is_empty(content) else convert(column, content)
    spoken = columns_from_value(data_type, value)
    for name, content in spoken.items():
        if name not in given or is_empty(clean[name]):
            clean[name] = content
    value = value_with_columns(data_type, value, {name: content for name, content in clean.items() if not is_empty(content)})
    return value, clean
