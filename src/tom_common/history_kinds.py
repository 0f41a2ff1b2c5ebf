"""What an app says about the history of its models: who sees it, to what a row belongs, how a change is undone.

An app says it in its ``history.py``, which is imported at the first use::

    register_history(ObservationRecord, parent="target", visible=lambda user: visible_to(user), units={"exposure": "s"})

    @undoes(Target, "changed", may=lambda user: visible_to(user, "change"))
    def undo_change(*, actor, event): ...

An undo calls the same service that a person would; the history event which that writes is linked with the one undone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Model, QuerySet
from django.utils.module_loading import module_has_submodule

if TYPE_CHECKING:
    from tom_common.models.history import HistoryEvent

logger = logging.getLogger(__name__)

Objects = Callable[[Any], QuerySet]
UndoFunction = Callable[..., Any]


@dataclass(frozen=True)
class HistoryKind:
    """One model's part in history."""

    visible: Objects | None = None
    parent: str | Callable[[Any], Model | None] = ""
    follows_parent: bool = False
    units: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Undo:
    """How events of one verb are undone. `may(user)`: the objects on which a user may; None: who did it, and superusers."""

    function: UndoFunction
    may: Objects | None
    of: str


_kinds: dict[str, HistoryKind] = {}
_undos: dict[tuple[str, str], Undo] = {}
_lock = threading.RLock()
_discovered = False
_NOTHING = HistoryKind()


def object_type(model: type[Model] | Model) -> str:
    """`app_label.model` under which history keeps objects: of a proxy its model, of a child of another model that parent."""
    meta = model._meta.concrete_model._meta if model._meta.concrete_model is not None else model._meta
    while meta.parents:
        parent, link = next(iter(meta.parents.items()))
        if link is None or not link.primary_key:
            break
        meta = parent._meta.concrete_model._meta if parent._meta.concrete_model is not None else parent._meta
    return meta.label_lower


def model_of(kind: str) -> type[Model] | None:
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):
        return None


def register_history(
    model: type[Model],
    *,
    visible: Objects | None = None,
    parent: str | Callable[[Any], Model | None] = "",
    follows_parent: bool = False,
    units: Mapping[str, str] | None = None,
    hidden: frozenset[str] | set[str] = frozenset(),
) -> None:
    """`visible(user)`: the objects whose history a user sees (without it: as comments on the model are seen, else superusers only).

    `parent`: the foreign key (or a function of the object) to what it belongs to, on whose page its events stand too; with
    `follows_parent` they are seen by whoever sees the parent, also when the object is gone. `units` by field; `hidden` fields are shown
    to superusers only.
    """
    _kinds[object_type(model)] = HistoryKind(visible, parent, follows_parent, dict(units or {}), frozenset(hidden))


def undoes(model: type[Model], *verbs: str, may: Objects | None = None, of: str = "object") -> Callable[[UndoFunction], UndoFunction]:
    """Offer the decorated ``function(*, actor, event)`` as the undo of events of these verbs on `model`.

    `may(user)` gives the objects on which the user may undo: objects of `model`, or with ``of="parent"`` of its parent's model. Without it
    the undo is for who did it and for superusers. The function raises ConflictError, with the reason, when things have changed since.
    """
    if of not in ("object", "parent"):
        raise ValueError(f"`of` is object or parent, not {of!r}")

    def wrap(function: UndoFunction) -> UndoFunction:
        for verb in verbs:
            _undos[object_type(model), verb] = Undo(function, may, of)
        return function

    return wrap


def discover() -> None:
    """Import ``history.py`` of every installed app, once. A broken module is reported and left out."""
    global _discovered
    if _discovered:
        return
    with _lock:
        if _discovered:
            return
        for config in apps.get_app_configs():
            ours = config.name.startswith("tom_") or getattr(config, "declares_tom_settings", False)
            if not ours or not module_has_submodule(config.module, "history"):
                continue
            try:
                import_module(f"{config.name}.history")
            except Exception:
                logger.exception("What the app %s says about history could not be loaded; it is left out", config.name)
        _discovered = True


def kind_of(kind: str) -> HistoryKind:
    discover()
    return _kinds.get(kind, _NOTHING)


def undo_of(event: HistoryEvent) -> Undo | None:
    """What undoes the event: what an app offers for its verb, else what `tom_common.services.rows` kept for the purpose."""
    discover()
    offered = _undos.get((event.object_type, event.verb))
    if offered is None and event.has_row_undo:
        from tom_common.services.rows import undo_row_event

        return Undo(undo_row_event, None, "object")
    return offered


def visible_objects(kind: str, user: Any) -> QuerySet | None:
    """The objects of that kind whose history the user sees; None: nobody has said so."""
    from tom_common.comments import visibility_of

    said = kind_of(kind).visible
    if said is not None:
        return said(user)
    model = model_of(kind)
    if model is None:
        return None
    of_comments = visibility_of(model)
    return of_comments(user) if of_comments is not None else None


def says_who_sees(kind: str) -> bool:
    """Whether anybody has said who sees the objects of that kind."""
    from tom_common.comments import visibility_of

    model = model_of(kind)
    return kind_of(kind).visible is not None or (model is not None and visibility_of(model) is not None)
