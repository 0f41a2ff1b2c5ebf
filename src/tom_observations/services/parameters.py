"""Cleaned form values as JSON."""

from __future__ import annotations

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet


class _Encoder(DjangoJSONEncoder):
    def default(self, value: Any) -> Any:
        if isinstance(value, Model):
            return value.pk
        if isinstance(value, QuerySet | set | frozenset):
            return list(value)
        return super().default(value)


def as_json(parameters: dict) -> dict:
    """The same with dates, decimals, model instances and querysets as JSON holds them (ISO text, text, primary keys)."""
    return json.loads(json.dumps(parameters, cls=_Encoder))
