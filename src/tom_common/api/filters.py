"""The order of a list: `?ordering=name,-created`."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend


class Ordering(BaseFilterBackend):
    """By the view's `ordering_fields` (columns that have an index, each name as in the JSON); the primary key always has the last word."""

    parameter = "ordering"

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        asked = [name.strip() for name in request.query_params.get(self.parameter, "").split(",") if name.strip()]
        allowed = tuple(getattr(view, "ordering_fields", ()))
        if not asked or not allowed:
            return queryset
        if unknown := [name for name in asked if name.removeprefix("-") not in allowed]:
            raise ValidationError({self.parameter: [f"Rows cannot be ordered by {', '.join(unknown)}; only by {', '.join(allowed)}."]})
        last = "-pk" if asked[-1].startswith("-") else "pk"
        return queryset.order_by(*dict.fromkeys([*asked, last]))

    def get_schema_operation_parameters(self, view: Any) -> list[dict]:
        allowed = tuple(getattr(view, "ordering_fields", ()))
        if not allowed:
            return []
        text = f"Comma list of {', '.join(allowed)}; with a minus sign from the largest down."
        return [{"name": self.parameter, "in": "query", "required": False, "description": text, "schema": {"type": "string"}}]
