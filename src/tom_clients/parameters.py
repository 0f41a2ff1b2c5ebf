"""Cleaned form data as JSON: dates as ISO text, model rows as their keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet


class _Encoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        if isinstance(o, Model):
            return o.pk
        if isinstance(o, QuerySet | set | frozenset):
            return list(o)
        return super().default(o)


def jsonable(cleaned_data: Mapping[str, Any]) -> dict[str, Any]:
    """The same data in types that a JSON column can hold."""
    return json.loads(json.dumps(dict(cleaned_data), cls=_Encoder))
