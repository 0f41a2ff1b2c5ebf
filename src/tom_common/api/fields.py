"""Fields asked for (`?fields=id,name`) and fields sent that do not exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer

# what answers carry beside the fields, and what forms send along
NO_FIELDS = {"message", "already_exists", "ignored", "csrfmiddlewaretoken"}


def keep_only(serializer: BaseSerializer, asked: str) -> None:
    """Leave only the fields named in a comma list; an unknown one is an error that names those there are."""
    one = serializer.child if isinstance(serializer, ListSerializer) else serializer
    if not isinstance(one, Serializer):
        return
    wanted = {name.strip() for name in asked.split(",") if name.strip()}
    readable = {name for name, field in one.fields.items() if not field.write_only}
    if not wanted or wanted - readable:
        unknown = ", ".join(sorted(wanted - readable)) or "nothing"
        raise ValidationError({"fields": [f"{unknown}: there is no such field; there are {', '.join(sorted(readable))}."]})
    for name in set(one.fields) - wanted:
        one.fields.pop(name)


def unknown_fields(serializer: Any, data: Any, also: frozenset[str] | set[str] = frozenset(), place: str = "") -> Iterator[str]:
    """Names in `data` that the serializer does not know, nested ones as `aliases[0].nmae`. Read-only fields are known."""
    if isinstance(serializer, ListSerializer):
        if isinstance(data, list):
            for number, item in enumerate(data):
                yield from unknown_fields(serializer.child, item, also, f"{place}[{number}]")
        return
    if not isinstance(serializer, Serializer) or not hasattr(data, "keys"):
        return
    fields = serializer.fields
    plain = isinstance(data, dict) and not hasattr(data, "getlist")
    for name in data:
        here = f"{place}.{name}" if place else str(name)
        if name in fields:
            if plain and not fields[name].read_only:
                yield from unknown_fields(fields[name], data[name], frozenset(), here)
        elif name not in NO_FIELDS and name not in also and (plain or not _is_part(str(name), fields)):
            yield here


def _is_part(name: str, fields: Any) -> bool:
    """`aliases[0]name` of a form is part of the field `aliases`."""
    return any(name.startswith((f"{field}[", f"{field}.")) for field in fields)
