"""Changing one measurement by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from tom_common.errors import ConflictError, InvalidInputError, RowError
from tom_common.services.history import changed_fields, record_history
from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.normalising import ARRAY_COLUMNS, columns_of, stored_value

ABOUT = ("timestamp", "source_name", "source_location")


def changeable_fields(data_type: str) -> tuple[str, ...]:
    """What may be changed of a measurement of this type."""
    return (*ABOUT, *(column.name for column in columns_of(data_type)), "value")


def snapshot(datum: ReducedDatum) -> dict[str, Any]:
    """What a measurement says, for history: no arrays, and `value` only where no column says it."""
    found = {name: getattr(datum, name) for name in changeable_fields(datum.data_type) if name not in ARRAY_COLUMNS}
    found["value"] = stored_value(datum.data_type, datum.value)
    return found


def change_datum(*, datum: ReducedDatum, changes: Mapping[str, Any], actor: Any = None) -> ReducedDatum:
    """Change columns or `value` of one measurement; the other side follows. Columns win where both are given.

    InvalidInputError names each field that is wrong; ConflictError when another measurement of the target says the same already.
    A measurement with the identifier of its source becomes as the source has it again when that sends it again.
    """
    unknown = sorted(set(changes) - set(changeable_fields(datum.data_type)))
    if unknown:
        what = datum.data_type or "such"
        raise InvalidInputError(
            errors=[RowError(None, name, changes[name], f"this cannot be changed of {what} data") for name in unknown]
        )
    with transaction.atomic():
        row = ReducedDatum.objects.select_for_update().get(pk=datum.pk)
        before = snapshot(row)
        arrays = {name for name in changes if name in ARRAY_COLUMNS and list(getattr(row, name)) != list(changes[name] or [])}
        if "value" in changes:
            row.value = changes["value"]
        for name, content in changes.items():
            if name != "value":
                setattr(row, name, content)
        _check(row)
        try:
            row.save()
        except ValidationError as error:
            if getattr(error, "code", "") == "unique":
                raise ConflictError("Another measurement of this target says the same already.") from None
            raise _told(error) from None
        old, new = changed_fields(before, snapshot(row))
        for name in sorted(arrays):
            old[name], new[name] = "another array", f"{len(getattr(row, name))} points"
        if new or old:
            record_history(
                actor=actor, verb="changed", obj=row, before=old, after=new, summary=f"{row.data_type or 'measurement'} changed by hand"
            )
    return row


def _check(row: ReducedDatum) -> None:
    """What no measurement can say. Numbers that are no numbers are refused by the fields themselves."""
    errors = []
    bounds = {"ra": (0, 360), "dec": (-90, 90)}
    for column in columns_of(row.data_type):
        content = getattr(row, column.name)
        if content is None or column.kind != "float":
            continue
        if not isinstance(content, (int, float)) or content != content or abs(content) == float("inf"):
            errors.append(RowError(None, column.name, content, "this is no finite number"))
        elif (column.name.endswith("error") or column.name == "exposure_time") and content < 0:
            errors.append(RowError(None, column.name, content, "this cannot be negative"))
        elif column.name in bounds and not bounds[column.name][0] <= content <= bounds[column.name][1]:
            low, high = bounds[column.name]
            errors.append(RowError(None, column.name, content, f"this is between {low} and {high} degrees"))
    if row.data_type == "spectroscopy":
        lengths = {len(getattr(row, name)) for name in ARRAY_COLUMNS if len(getattr(row, name))}
        if len(lengths) > 1:
            errors.append(RowError(None, "flux", lengths, "wavelength, flux and error have different lengths"))
    if errors:
        raise InvalidInputError(errors=errors)


def _told(error: ValidationError) -> InvalidInputError:
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    return InvalidInputError(
        errors=[RowError(None, "" if name == "__all__" else name, None, text) for name, texts in by_field.items() for text in texts]
    )
