"""History as one person may see it, and undo."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, connection, models, transaction
from django.urls import NoReverseMatch

from tom_common.comments import is_key
from tom_common.conf import tom_settings
from tom_common.errors import ConflictError, NotAllowedError, NotFoundError
from tom_common.history_kinds import kind_of, model_of, says_who_sees, undo_of, visible_objects
from tom_common.models.history import HistoryEvent
from tom_common.services.history import plain, undoing

Ref = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One line of before and after."""

    label: str
    before: str
    after: str
    unit: str = ""


@dataclass(slots=True)
class ShownEvent:
    """An event as one viewer may see it. `told`: whether its texts are for that viewer."""

    event: HistoryEvent
    who: str
    told: bool
    url: str = ""
    changes: Sequence[Change] = ()
    may_undo: bool = False
    undone_by: HistoryEvent | None = None

    @property
    def verb(self) -> str:
        return self.event.verb.replace("_", " ")

    @property
    def kind(self) -> str:
        model = model_of(self.event.object_type)
        return str(model._meta.verbose_name) if model is not None else self.event.object_type.rpartition(".")[2]

    @property
    def summary(self) -> str:
        return self.event.summary if self.told else ""


def shown_events(user: Any, events: Iterable[HistoryEvent]) -> list[ShownEvent]:
    """Those of `events` that the user may see. One query for each kind of object among them, whatever their number."""
    discovered = list(events)
    superuser = _is_superuser(user)
    seen = _seen_refs(user, discovered)
    rows = []
    for event in discovered:
        own = (event.object_type, event.object_id)
        if not superuser and own not in seen and not _shown_without_object(user, event, seen):
            continue
        told = superuser or all(_ref(text) in seen for text in event.mentions or ())
        row = ShownEvent(event, _who(user, event, superuser), told, undone_by=getattr(event, "undone_by", None))
        row.changes = changes_of(event, superuser) if told else ()
        rows.append(row)
    _fill_urls(rows)
    _fill_undo(user, rows)
    return rows


def _is_superuser(user: Any) -> bool:
    return bool(getattr(user, "is_superuser", False) and user.is_active)


def _ref(text: str) -> Ref:
    kind, _, key = text.partition(":")
    return kind, key


def _seen_refs(user: Any, events: Iterable[HistoryEvent]) -> set[Ref]:
    """Of all objects that the events name, those that the user sees."""
    if _is_superuser(user):
        return set()
    wanted: dict[str, set[str]] = defaultdict(set)
    for event in events:
        wanted[event.object_type].add(event.object_id)
        if event.parent_type:
            wanted[event.parent_type].add(event.parent_id)
        for kind, key in map(_ref, event.mentions or ()):
            wanted[kind].add(key)
    return {(kind, key) for kind, keys in wanted.items() for key in _keys_among(visible_objects(kind, user), kind, keys)}


def _keys_among(rows: models.QuerySet | None, kind: str, keys: Iterable[str]) -> set[str]:
    model = model_of(kind)
    if rows is None or model is None:
        return set()
    usable = [key for key in keys if is_key(model, key)]
    return {str(key) for key in rows.order_by().filter(pk__in=usable).values_list("pk", flat=True)} if usable else set()


def _shown_without_object(user: Any, event: HistoryEvent, seen: set[Ref]) -> bool:
    """Of an object that is gone (or hidden): what follows its parent, what the viewer deleted, and what they did to things of which nobody
    has said who sees them."""
    if event.parent_type and kind_of(event.object_type).follows_parent:
        return (event.parent_type, event.parent_id) in seen
    own = event.actor_id is not None and event.actor_id == getattr(user, "pk", None)
    return own and (event.verb in ("delete", "deleted") or not says_who_sees(event.object_type))


def _who(user: Any, event: HistoryEvent, superuser: bool) -> str:
    if not event.actor_name:
        return "TOM"
    if superuser or (event.actor_id is not None and event.actor_id == getattr(user, "pk", None)):
        return event.actor_name
    if not getattr(user, "is_authenticated", False) or tom_settings.TOM_HIDE_OTHER_USERS:
        return "another user" if getattr(user, "is_authenticated", False) else "a user"
    return event.actor_name


def changes_of(event: HistoryEvent, everything: bool = True) -> list[Change]:
    """Before and after side by side, with the names and units of the fields."""
    before, after = _as_dict(event.before), _as_dict(event.after)
    kind, model = kind_of(event.object_type), model_of(event.object_type)
    return [
        Change(_label(model, key), _text(before.get(key)), _text(after.get(key)), kind.units.get(key, ""))
        for key in dict.fromkeys([*before, *after])
        if everything or key not in kind.hidden
    ]


def _as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {} if value is None else {"value": value}


def _label(model: type[models.Model] | None, key: str) -> str:
    try:
        name = str(model._meta.get_field(key).verbose_name) if model is not None else key  # type: ignore[union-attr]
    except (FieldDoesNotExist, AttributeError):
        name = key.replace("_", " ")
    return name[:1].upper() + name[1:]


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.12g}" if abs(value) >= 1e15 or value != int(value) else f"{value:.1f}"
    if isinstance(value, list):
        text = ", ".join(_text(item) for item in value[:20])
        return f"{text}, … ({len(value)})" if len(value) > 20 else text
    if isinstance(value, dict):
        text = ", ".join(f"{key}: {_text(item)}" for key, item in list(value.items())[:20])
        return text[:500]
    return str(value)[:500]


def _fill_urls(rows: list[ShownEvent]) -> None:
    for row in rows:
        model = model_of(row.event.object_type)
        if model is None or row.event.verb in ("delete", "deleted") or not hasattr(model, "get_absolute_url"):
            continue
        try:
            row.url = model(pk=row.event.object_id).get_absolute_url()  # type: ignore[attr-defined]
        except (NoReverseMatch, AttributeError, TypeError, ValueError, models.ObjectDoesNotExist):
            row.url = ""


# --- undo ---------------------------------------------------------------------------------------------------------------
def _fill_undo(user: Any, rows: list[ShownEvent]) -> None:
    if not getattr(user, "is_authenticated", False):
        return
    asked: dict[tuple[str, Any], list[tuple[str, ShownEvent]]] = defaultdict(list)
    for row in rows:
        undo = undo_of(row.event)
        if undo is None or not row.told or row.undone_by is not None:
            continue
        if undo.may is None:
            row.may_undo = _is_superuser(user) or (row.event.actor_id is not None and row.event.actor_id == user.pk)
            continue
        kind, key = (row.event.object_type, row.event.object_id) if undo.of == "object" else (row.event.parent_type, row.event.parent_id)
        asked[kind, undo.may].append((key, row))
    for (kind, may), wanted in asked.items():
        allowed = _keys_among(may(user), kind, {key for key, _ in wanted})
        for key, row in wanted:
            row.may_undo = key in allowed


def undo_event(*, actor: Any, event: HistoryEvent) -> HistoryEvent:
    """Undo what `event` tells, once, through the service that offers it; gives the event that tells of the undoing.

    NotFoundError: the actor does not see it. NotAllowedError: the actor sees it and may not. ConflictError: nobody offers it, it is undone
    already, or things have changed since; nothing is changed then.
    """
    with transaction.atomic():
        rows = HistoryEvent.objects.filter(pk=event.pk)
        if connection.features.has_select_for_update:
            rows = rows.select_for_update()
        event = rows.first() or event
        shown = shown_events(actor, [event])
        if not shown:
            raise NotFoundError("There is no such event.")
        undo = undo_of(event)
        if undo is None:
            raise ConflictError(f"“{shown[0].verb}” of a {shown[0].kind} cannot be undone.")
        if HistoryEvent.objects.filter(undoes=event).exists():
            raise ConflictError("This is undone already.")
        if not shown[0].may_undo:
            raise NotAllowedError("You may not undo this.")
        token = undoing.set([event])
        try:
            undo.function(actor=actor, event=event)
        except IntegrityError as error:
            raise ConflictError("It cannot be undone any more: something else has taken its place.") from error
        finally:
            undoing.reset(token)
        done = HistoryEvent.objects.filter(undoes=event).first()
        if done is None:
            done = HistoryEvent(
                actor=actor, actor_name=actor.get_username()[:150], verb="undone", object_type=event.object_type, object_id=event.object_id,
                object_label=event.object_label, parent_type=event.parent_type, parent_id=event.parent_id, mentions=event.mentions,
                before=event.after, after=event.before, summary=f"Undone: {event.summary}"[:500], undoes=event,
            )  # fmt: skip
            done.save(force_insert=True)
    return done


def refuse_if_changed(event: HistoryEvent, current: dict[str, Any]) -> dict[str, Any]:
    """For undo functions: what the fields were before the event. ConflictError names each field that `current` has otherwise than the
    event left it."""
    before, after = _as_dict(event.before), _as_dict(event.after)
    keys = list(dict.fromkeys([*before, *after]))
    model = model_of(event.object_type)
    changed = [
        f"{_label(model, key)} is now {_text(plain(current.get(key))) or 'empty'}, not {_text(after.get(key)) or 'empty'}"
        for key in keys
        if not _same(plain(current.get(key)), after.get(key))
    ]
    if changed:
        raise ConflictError(f"It has changed since: {'; '.join(changed[:5])}. Undo what came after first.")
    return {key: before.get(key) for key in keys}


def _same(one: Any, other: Any) -> bool:
    empty: tuple[Any, ...] = (None, "", [], {})
    return one == other or (one in empty and other in empty)


def object_of(event: HistoryEvent) -> Any:
    """The object of the event; ConflictError when it is gone."""
    model = model_of(event.object_type)
    found = model._base_manager.filter(pk=event.object_id).first() if model is not None and is_key(model, event.object_id) else None
    if found is None:
        raise ConflictError(f"{event.object_label or 'It'} is no longer there.")
    return found
