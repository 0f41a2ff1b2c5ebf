"""Cleaned form data as JSON: dates as ISO text, model rows as their keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def _plain(value: Any) -> Any:
    if hasattr(value, "pk"):
        return value.pk
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, Iterable):
        return list(value)
    return str(value)


def jsonable(cleaned_data: Mapping[str, Any]) -> dict[str, Any]:
    """The same data in types that a JSON column can hold."""
    return json.loads(json.dumps(dict(cleaned_data), default=_plain))
