"""Types shared by the vectorised modules."""

from __future__ import annotations

from typing import Any, TypeAlias

Number: TypeAlias = Any
"""A float, or an array-like of floats: the answer has the shape that numpy's broadcasting gives."""


def all_plain(*values: object) -> bool:
    """Are all of them Python numbers, so that :mod:`math` serves and numpy need not be imported?"""
    return all(type(value) in (float, int) for value in values)


def plain(result: Any) -> Any:
    """A Python number for a zero-dimensional array, the array otherwise."""
    return result.item() if getattr(result, "ndim", None) == 0 else result
