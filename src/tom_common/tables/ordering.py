"""One order on every database: what has no value comes last, and equal rows stand by their key."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import F, QuerySet


def _fields(model: type[models.Model], path: str) -> list[Any] | None:
    """The fields along a lookup path such as ``target__name``; None when it is no path of fields (an annotation, a JSON key)."""
    found = []
    for part in path.split("__"):
        try:
            field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        found.append(field)
        if field.is_relation and field.related_model is not None:
            model = field.related_model
    return found


def settled(queryset: QuerySet) -> QuerySet:
    """The queryset in its own order, with NULLs last and the primary key at the end: no row twice or never on two pages."""
    if queryset.query.is_sliced:
        return queryset
    names = list(queryset.query.order_by)
    if not names:
        return queryset if queryset.ordered else queryset.order_by("pk")
    ordering: list[Any] = []
    decided = False
    for name in names:
        if not isinstance(name, str) or name == "?":
            ordering.append(name)
            decided = decided or name == "?"
            continue
        bare, down = name.lstrip("-+"), name.startswith("-")
        fields = _fields(queryset.model, bare)
        if fields is None or any(field.null for field in fields):
            ordering.append(F(bare).desc(nulls_last=True) if down else F(bare).asc(nulls_last=True))
        else:
            ordering.append(name)
            decided = decided or (len(fields) == 1 and getattr(fields[0], "unique", False))
    if not decided:
        first = names[0]
        ordering.append("-pk" if isinstance(first, str) and first.startswith("-") else "pk")
    return queryset.order_by(*ordering)
