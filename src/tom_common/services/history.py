"""History rows: who did what to which object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from tom_common.models.history import HistoryEvent

_encoder = DjangoJSONEncoder()


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One thing that happened, for `record_many`."""

    verb: str
    obj: models.Model
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    summary: str = ""


def plain(value: Any) -> Any:
    """`value` as JSON can hold it: times in ISO form, files by name, objects by their text, not-a-number as None."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, models.Model):
        return value.pk
    try:
        return _encoder.default(value)
    except TypeError:
        return str(value)


def changed_fields(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of two snapshots only what differs, as (before, after)."""
    keys = [key for key in {**before, **after} if plain(before.get(key)) != plain(after.get(key))]
    return {key: before.get(key) for key in keys}, {key: after.get(key) for key in keys}


def _build(actor: Any, row: HistoryRow) -> HistoryEvent:
    if not row.verb:
        raise ValueError("a history row needs a verb")
    person = actor if actor is not None and getattr(actor, "pk", None) else None
    meta = row.obj._meta
    return HistoryEvent(
        actor=person,
        actor_name=person.get_username()[:150] if person else "",
        verb=row.verb[:64],
        object_type=meta.label_lower,
        object_id=str(row.obj.pk if row.obj.pk is not None else ""),
        object_label=str(row.obj)[:200],
        summary=row.summary[:500],
        before=plain(row.before),
        after=plain(row.after),
    )


def record_history(
    *,
    actor: Any,
    verb: str,
    obj: models.Model,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    summary: str = "",
) -> HistoryEvent:
    """Write that `actor` (a user, or None for the TOM itself) did `verb` to `obj`. Never give secrets in before / after."""
    event = _build(actor, HistoryRow(verb, obj, before, after, summary))
    event.save(force_insert=True)
    return event


def record_many(*, actor: Any, rows: Iterable[HistoryRow], batch_size: int = 1000) -> int:
    """Write many rows in few statements; returns how many."""
    events = [_build(actor, row) for row in rows]
    HistoryEvent.objects.bulk_create(events, batch_size=batch_size)
    return len(events)


def history_of(obj: models.Model) -> models.QuerySet[HistoryEvent]:
    """What happened to `obj`, newest first."""
    return HistoryEvent.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk)).select_related("actor")
