"""History rows: who did what to which object."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections, models, router
from django.db.models import Q

from tom_common.history_kinds import kind_of, object_type
from tom_common.inserting import insert_rows
from tom_common.models.history import HistoryEvent

_encoder = DjangoJSONEncoder()
MOST_MENTIONS = 50

# the event that is being undone: the first one written meanwhile is linked with it
undoing: ContextVar[list[HistoryEvent] | None] = ContextVar("tom_history_undoing", default=None)


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One thing that happened, for `record_many`."""

    verb: str
    obj: models.Model
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    summary: str = ""
    parent: models.Model | None = None
    mentions: Iterable[models.Model | str] = ()
    undo: dict[str, Any] | None = None


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


def mention(obj: models.Model | str) -> str:
    """How an event names another object: `app_label.model:key`."""
    return obj if isinstance(obj, str) else f"{object_type(obj)}:{obj.pk}"


def _parent(row: HistoryRow) -> tuple[str, str]:
    if row.parent is not None:
        return object_type(row.parent), str(row.parent.pk)
    said = kind_of(object_type(row.obj)).parent
    if not said:
        return "", ""
    if callable(said):
        found = said(row.obj)
        return (object_type(found), str(found.pk)) if found is not None else ("", "")
    link = row.obj._meta.get_field(said)
    key = getattr(row.obj, link.attname)  # type: ignore[union-attr]
    return (object_type(link.related_model), str(key)) if key is not None else ("", "")  # type: ignore[arg-type]


def _build(actor: Any, row: HistoryRow) -> HistoryEvent:
    if not row.verb:
        raise ValueError("a history row needs a verb")
    person = actor if actor is not None and getattr(actor, "pk", None) else None
    mentions = [mention(obj) for obj in row.mentions]
    parent_type, parent_id = _parent(row)
    event = HistoryEvent(
        actor=person,
        actor_name=person.get_username()[:150] if person else "",
        verb=row.verb[:64],
        object_type=object_type(row.obj),
        object_id=str(row.obj.pk if row.obj.pk is not None else ""),
        object_label=str(row.obj)[:200],
        parent_type=parent_type,
        parent_id=parent_id,
        summary=row.summary[:500],
        before=plain(row.before),
        after=plain(row.after),
        mentions=(mentions if len(mentions) <= MOST_MENTIONS else ["*"]) or None,
        undo_data=plain(row.undo),
    )
    waiting = undoing.get()
    if waiting:
        event.undoes = waiting.pop()
    return event


def record_history(
    *,
    actor: Any,
    verb: str,
    obj: models.Model,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    summary: str = "",
    parent: models.Model | None = None,
    mentions: Iterable[models.Model | str] = (),
    undo: dict[str, Any] | None = None,
) -> HistoryEvent:
    """Write that `actor` (a user, or None for the TOM itself) did `verb` to `obj`. Never give secrets in before / after.

    `mentions` are other objects of which `summary`, `before` or `after` tell: only who sees them all is shown these texts. `undo` is what an
    undo needs beside before and after (JSON, shown to nobody). `parent` is what the object belongs to, where `register_history` does not say.
    """
    event = _build(actor, HistoryRow(verb, obj, before, after, summary, parent, tuple(mentions), undo))
    event.save(force_insert=True)
    return event


def record_many(*, actor: Any, rows: Iterable[HistoryRow]) -> int:
    """Write many rows in few statements; returns how many."""
    events = [_build(actor, row) for row in rows]
    insert_rows(events, using=router.db_for_write(HistoryEvent), keys=False)
    return len(events)


def record_each(
    *, actor: Any, verb: str, rows: models.QuerySet, label: str, summary: str = "", mentions: Iterable[models.Model | str] = ()
) -> int:
    """Write the same of each of these rows, whose column `label` is what they are called, and return how many they are.

    One statement, in which no row leaves the database. For models whose rows belong to nothing else.
    """
    model = rows.model
    if kind_of(object_type(model)).parent:
        raise ValueError(f"what happens to {model._meta.verbose_name_plural} is told of what they belong to, too: use record_many")
    waiting = undoing.set(None)
    try:
        event = _build(actor, HistoryRow(verb, model(), summary=summary, mentions=mentions))
    finally:
        undoing.reset(waiting)
    connection = connections[router.db_for_write(HistoryEvent)]
    quote = connection.ops.quote_name
    columns = [column for column in HistoryEvent._meta.concrete_fields if not column.primary_key]
    key, name = (HistoryEvent._meta.get_field(column) for column in ("object_id", "object_label"))
    said: dict[Any, str] = {
        key: f"CAST(told.{quote('pk')} AS {key.cast_db_type(connection)})",  # type: ignore[union-attr]
        name: f"SUBSTR(told.{quote(label)}, 1, {name.max_length})",  # type: ignore[union-attr]
    }
    constants = [column.get_db_prep_save(getattr(event, column.attname), connection) for column in columns if column not in said]
    try:
        select, params = rows.order_by("pk").values("pk", label).query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return 0
    sql = (
        f"INSERT INTO {quote(HistoryEvent._meta.db_table)} ({', '.join(quote(column.column) for column in columns)})"  # type: ignore[arg-type]  # noqa: S608
        f" SELECT {', '.join(said.get(column) or '%s' for column in columns)} FROM ({select}) told ORDER BY told.{quote('pk')}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*constants, *params])
        return cursor.rowcount


def history_of(obj: models.Model, *, with_parts: bool = False) -> models.QuerySet[HistoryEvent]:
    """What happened to `obj`, newest first; `with_parts`: also what happened to what belongs to it."""
    kind, key = object_type(obj), str(obj.pk)
    wanted = Q(object_type=kind, object_id=key)
    if with_parts:
        wanted |= Q(parent_type=kind, parent_id=key)
    return HistoryEvent.objects.filter(wanted).select_related("actor").order_by("-id")
