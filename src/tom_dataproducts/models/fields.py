"""Columns of their own kind: packed arrays of float64, and the JSON of a measurement without its arrays."""

from __future__ import annotations

import base64
import struct
import sys
from array import array
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models


def pack(values: Any) -> bytes | None:
    """Little-endian float64 of a sequence of numbers (None becomes NaN); nothing for an empty sequence."""
    if values is None:
        return None
    if hasattr(values, "tolist"):
        values = values.tolist()
    packed = array("d", (float("nan") if value is None else float(value) for value in values))
    if not packed:
        return None
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def unpack(stored: bytes | memoryview | None) -> list[float]:
    """The list of floats that `pack` packed."""
    if not stored:
        return []
    stored = bytes(stored)
    if len(stored) % 8:
        raise struct.error(f"{len(stored)} bytes are no array of float64")
    values = array("d", stored)
    if sys.byteorder == "big":
        values.byteswap()
    return values.tolist()


class FloatArrayField(models.BinaryField):
    """A list of floats, stored as packed little-endian float64; the empty list is stored as NULL."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", list)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("null", True)
        super().__init__(*args, **kwargs)
        # A BinaryField limits what may stand in forms; an array is edited by services only.
        self.validators = []

    def get_default(self) -> list[float]:
        return []

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> list[float]:
        return unpack(value)

    def to_python(self, value: Any) -> list[float]:
        if value is None or value == "":
            return []
        if isinstance(value, str):
            import json

            if value.lstrip().startswith("["):
                value = json.loads(value)
            else:
                return unpack(base64.b64decode(value))
        if isinstance(value, (bytes, bytearray, memoryview)):
            return unpack(bytes(value))
        try:
            return [float("nan") if item is None else float(item) for item in (value.tolist() if hasattr(value, "tolist") else value)]
        except (TypeError, ValueError):
            raise ValidationError("An array holds numbers only.", code="invalid") from None

    def get_prep_value(self, value: Any) -> bytes | None:
        if isinstance(value, (bytes, bytearray, memoryview)) or value is None:
            return value
        return pack(self.to_python(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(value if prepared else self.get_prep_value(value), connection, prepared)

    def value_to_string(self, obj: Any) -> str:
        return base64.b64encode(pack(self.value_from_object(obj)) or b"").decode("ascii")


class ValueField(models.JSONField):
    """The JSON of a measurement. The arrays of a spectrum are left to their columns, marked by `null` under their names."""

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        from tom_dataproducts.normalising import stored_value

        return stored_value(model_instance.data_type, super().pre_save(model_instance, add))
