"""Rows without rules of their own, such as saved queries: written and deleted, both remembered, and both undone."""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction

from tom_common.errors import ConflictError
from tom_common.redaction import masked
from tom_common.services.history import changed_fields, plain, record_history

Row = TypeVar("Row", bound=models.Model)


def _values(row: models.Model) -> dict[str, Any]:
    """The columns of a row as JSON; binary ones, which hold secrets, are left out."""
    return {
        field.attname: plain(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if not isinstance(field, models.BinaryField)
    }


def _kept(row: models.Model, values: dict[str, Any]) -> dict[str, Any] | None:
    """What an undo needs; nothing where it would be a secret, or only a part of the row."""
    whole = not any(isinstance(field, models.BinaryField) for field in row._meta.concrete_fields)
    return values if whole and masked(values) == values else None


@transaction.atomic
def save_row(*, actor: Any, row: Row) -> Row:
    """Save `row`, new or changed."""
    stored = type(row)._base_manager.filter(pk=row.pk).first() if row.pk is not None else None
    row.save()
    if stored is None:
        record_history(actor=actor, verb="created", obj=row, summary=str(row))
        return row
    before, after = changed_fields(_values(stored), _values(row))
    kept = _kept(row, before)
    undo = {"columns": kept, "left": after} if kept is not None else None
    record_history(actor=actor, verb="changed", obj=row, summary=str(row), before=masked(before), after=masked(after), undo=undo)
    return row


@transaction.atomic
def delete_row(*, actor: Any, row: models.Model) -> None:
    """Delete `row` and what hangs on it."""
    values = _values(row)
    hangs = any(field.auto_created and not field.concrete for field in row._meta.get_fields(include_hidden=True))
    kept = None if hangs else _kept(row, values)
    record_history(
        actor=actor, verb="deleted", obj=row, summary=str(row), before=masked(values), undo={"row": kept} if kept is not None else None
    )
    row.delete()


def undo_row_event(*, actor: Any, event: Any) -> None:
    """Undo a change or a deletion that was written here."""
    from tom_common.history_kinds import model_of
    from tom_common.services.history_shown import object_of

    model, kept = model_of(event.object_type), event.undo_data or {}
    if model is None:
        raise ConflictError("The app that this belongs to is not installed any more.")
    if "row" in kept:
        row = model(**_python(model, kept["row"]))
        if model._base_manager.filter(pk=row.pk).exists():
            raise ConflictError(f"{event.object_label} is there again already.")
        _valid(row)
        row.save(force_insert=True)
        record_history(actor=actor, verb="restored", obj=row, summary=str(row))
        return
    row = object_of(event)
    now = _values(row)
    changed = [name for name, value in kept["left"].items() if now.get(name) != value]
    if changed:
        raise ConflictError(f"It has changed since: {', '.join(changed)}. Undo what came after first.")
    for name, value in _python(model, kept["columns"]).items():
        setattr(row, name, value)
    _valid(row)
    save_row(actor=actor, row=row)


def _python(model: type[models.Model], values: dict[str, Any]) -> dict[str, Any]:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return {name: fields[name].to_python(value) for name, value in values.items() if name in fields}


def _valid(row: models.Model) -> None:
    try:
        # it was saved like this once: only what others have taken meanwhile can be wrong with it
        row.validate_unique()
        row.validate_constraints()
    except ValidationError as error:
        raise ConflictError("It cannot be as it was: " + " ".join(error.messages)) from error
