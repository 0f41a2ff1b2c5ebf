"""What a setting that is a dict or list holds: its shape, and where a value departs from it.

>>> shape = Each(Keys({"class": "path", "url": "url", "api_key": str}, required=("class",)))
>>> [str(fault) for fault in faults({"ATLAS": {"url": "fallingstar"}}, shape, "SERVICES")]
["SERVICES['ATLAS'] has no 'class'", "SERVICES['ATLAS']['url'] is no address that begins with http:// or https://"]

A value is never told, since it may be a secret. What is empty (None or "") is not configured, and is no fault unless it is required.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

RATE = re.compile(r"[1-9]\d*/(s|sec|second|m|min|minute|h|hour|d|day)s?")


@dataclass(frozen=True, slots=True)
class Keys:
    """A dict whose known keys have shapes. Others are taken too, but for one that is nearly a known one."""

    keys: Mapping[str, Any]
    required: tuple[str, ...] = ()
    # of these at least one
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Each:
    """A dict of any keys, each value of that shape."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list or tuple, each item of that shape; of `length` items where it says."""

    item: Any = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these values."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    where: str
    what: str
    mend: str = ""
    perhaps: bool = False  # a warning rather than an error

    def __str__(self) -> str:
        return f"{self.where} {self.what}"


def faults(value: Any, shape: Any, where: str) -> Iterator[Fault]:
    """Where `value` departs from `shape`; `where` is its name or key path. A tuple of shapes: any of them will do."""
    if shape is None:
        return
    if isinstance(shape, tuple):
        found = [list(faults(value, one, where)) for one in shape]
        if all(found):
            yield from max(found, key=lambda one: max(len(fault.where) for fault in one))  # the one that fits deepest
        return
    if isinstance(shape, Keys):
        yield from _keys(value, shape, where)
    elif isinstance(shape, Each):
        if not isinstance(value, Mapping):
            yield Fault(where, f"is {_kind(value)}, not a dict", "Give a dict.")
        else:
            for name, item in value.items():
                yield from faults(item, shape.value, f"{where}[{name!r}]")
    elif isinstance(shape, ListOf):
        yield from _list(value, shape, where)
    elif isinstance(shape, OneOf):
        if value not in shape.values:
            yield Fault(where, f"is none of {', '.join(map(repr, shape.values))}", f"Give one of {', '.join(map(repr, shape.values))}.")
    elif value is None or (isinstance(value, str) and value == ""):
        return
    elif shape == "url":
        if not _is_url(value):
            yield Fault(where, "is no address that begins with http:// or https://", "Give the whole address.")
    elif shape == "path":
        if not callable(value) and not (isinstance(value, str) and "." in value and " " not in value):
            yield Fault(where, "is no dotted path", "Give the dotted path of a class or function, such as 'app.module.Name'.")
    elif shape == "rate":
        if not isinstance(value, str) or not RATE.fullmatch(value):
            yield Fault(where, "is no rate", "Give a number and a time, such as '600/min' (s, min, hour or day).")
    elif isinstance(shape, type) and not _is_type(value, shape):
        yield Fault(where, f"is {_kind(value)}, not {shape.__name__}", f"Give a {shape.__name__}.")


def _keys(value: Any, shape: Keys, where: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield Fault(where, f"is {_kind(value)}, not a dict", f"Give a dict with {', '.join(map(repr, shape.keys))}.")
        return
    for name in shape.required:
        if value.get(name) in (None, ""):
            near = difflib.get_close_matches(name, [str(key) for key in value if key not in shape.keys], n=1, cutoff=0.75)
            yield Fault(where, f"has no {name!r}", f"{near[0]!r} is perhaps meant to be it." if near else f"Add {name!r}.")
    if shape.one_of and not any(value.get(name) not in (None, "") for name in shape.one_of):
        yield Fault(where, f"has none of {', '.join(map(repr, shape.one_of))}", "Add one of them.")
    for name, item in value.items():
        if name in shape.keys:
            yield from faults(item, shape.keys[name], f"{where}[{name!r}]")
        elif near := _nearest(str(name), shape.keys):
            if near not in value and near not in shape.required:
                yield Fault(where, f"has {name!r}, which nothing reads", f"Did you mean {near!r}?", perhaps=True)


def _nearest(name: str, keys: Mapping[str, Any]) -> str:
    lower = {key.lower(): key for key in keys}
    near = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.85)
    return lower[near[0]] if near else ""


def _list(value: Any, shape: ListOf, where: str) -> Iterator[Fault]:
    if not isinstance(value, list | tuple | set | frozenset):
        yield Fault(where, f"is {_kind(value)}, not a list", "Give a list.")
        return
    if shape.length is not None and len(value) != shape.length:
        yield Fault(where, f"has {len(value)} items, not {shape.length}", f"Give {shape.length} items.")
    for number, item in enumerate(value):
        yield from faults(item, shape.item, f"{where}[{number}]")


def _is_url(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_type(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind) or (kind is str and hasattr(value, "_proxy____args"))


def _kind(value: Any) -> str:
    return "None" if value is None else type(value).__name__
