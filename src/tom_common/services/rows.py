"""Rows without rules of their own, such as saved queries: written and deleted, and both remembered."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models, transaction

from tom_common.services.history import record_history

Row = TypeVar("Row", bound=models.Model)


@transaction.atomic
def save_row(*, actor: Any, row: Row) -> Row:
    """Save `row`, new or changed."""
    new = row.pk is None
    row.save()
    record_history(actor=actor, verb="created" if new else "changed", obj=row, summary=str(row))
    return row


@transaction.atomic
def delete_row(*, actor: Any, row: models.Model) -> None:
    """Delete `row` and what hangs on it."""
    record_history(actor=actor, verb="deleted", obj=row, summary=str(row))
    row.delete()
