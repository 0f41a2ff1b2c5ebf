"""Pages of what happened last: newest first, older ones by the key of the last row seen, never counted."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode


def key_of(request: Any, name: str = "before") -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def keyset_page(rows: Any, request: Any, size: int = 50) -> tuple[list[Any], str]:
    """One page of `rows` by falling key, and the query string of the next one (empty at the end)."""
    before = key_of(request)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: size + 1])
    return found[:size], older(request, found[size - 1].pk) if len(found) > size else ""


def older(request: Any, key: int) -> str:
    kept = {name: value for name, value in request.GET.items() if name != "before" and value}
    return urlencode({**kept, "before": key})


def word(request: Any, name: str, most: int = 200) -> str:
    """A word of the query string, without what no database takes."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:most]
