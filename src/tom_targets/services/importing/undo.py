"""The undo of a whole import: the targets that it made go, unless something has been hung on them since."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from tom_common.history_kinds import object_type
from tom_common.models.history import HistoryEvent
from tom_common.services.history import HistoryRow, record_history, record_many
from tom_common.tasks import progress
from tom_targets.events import target_deleted
from tom_targets.models import (
    BaseTarget,
    Grant,
    TargetExtra,
    TargetGroupObjectPermission,
    TargetImport,
    TargetName,
    TargetUserObjectPermission,
    get_target_model_class,
)
from tom_targets.policy import visible_to
from tom_targets.querysets import batched
from tom_targets.services.create import snapshot

NAMED = 50
OWN_PARTS = (TargetName, TargetExtra, Grant, TargetUserObjectPermission, TargetGroupObjectPermission)


def undo_import(*, actor: Any, row: TargetImport) -> dict[str, Any]:
    """Delete the targets that the import made. Gives {"removed", "stays", "why": [[name, reason], ...]}; rows that it updated stay so."""
    from tom_targets.services.importing.files import keys_of

    go: list[int] = []
    stays = 0
    why: list[list[str]] = []
    with transaction.atomic():
        for keys in batched(keys_of(row.made), 500):
            there = dict(BaseTarget._base_manager.filter(pk__in=keys).values_list("pk", "name"))
            reasons = _reasons(actor, row, list(there))
            stays += len(reasons)
            why += [[there[key], reason] for key, reason in reasons.items()][: NAMED - len(why)]
            go += [key for key in there if key not in reasons]
        report = {"removed": len(go), "stays": stays, "why": why}
        summary = f"Import of {row.file_name} undone: {len(go):,} targets removed"
        if stays:
            summary += f", {stays:,} stay: " + "; ".join(f"{name} ({reason})" for name, reason in why[:5])
        # before the events of each target, so that this is the one linked with the import
        record_history(actor=actor, verb="import undone", obj=row, after={"removed": len(go), "stay": stays}, summary=summary)
        for some in batched(go, 500):
            delete_many(actor=actor, targets=list(get_target_model_class()._base_manager.filter(pk__in=some)))
            progress(len(go), row.count_made, "Targets are removed")
        row.report = {**row.report, "undo": report}
        row.state = row.State.UNDONE
        row.save(update_fields=["report", "state"])
    return report


def delete_many(*, actor: Any, targets: list[BaseTarget]) -> None:
    """Delete targets on which nothing hangs but their names, tags and rights; history keeps what they were."""
    if not targets:
        return
    rows = [HistoryRow("deleted", t, before=snapshot(t), summary=f"Target {t.name} deleted with its import") for t in targets]
    record_many(actor=actor, rows=rows)
    type(targets[0])._base_manager.filter(pk__in=[target.pk for target in targets]).delete()
    for target in targets:
        target_deleted.send(target_id=target.pk, name=target.name, actor=actor)


def _reasons(actor: Any, row: TargetImport, keys: list[int]) -> dict[int, str]:
    """Why which of these targets stay."""
    found: dict[int, str] = {}

    def because(some: Any, reason: str) -> None:
        for key in some:
            found.setdefault(int(key), reason)

    relations: list[Any] = BaseTarget._meta.get_fields()  # type: ignore[assignment]
    for relation in relations:
        if not relation.auto_created or relation.concrete or not relation.is_relation:
            continue
        model = relation.related_model
        if model in OWN_PARTS or issubclass(model, BaseTarget) or model._meta.proxy:
            continue
        if relation.many_to_many:
            through, column = relation.through, relation.field.m2m_reverse_field_name()
            because(
                through._base_manager.filter(**{f"{column}__in": keys}).values_list(f"{column}_id", flat=True),
                f"in a {model._meta.verbose_name}",
            )
        else:
            name = relation.field.name
            rows = model._base_manager.filter(**{f"{name}__in": keys}).values_list(f"{name}_id", flat=True).distinct()
            because(rows, f"has {model._meta.verbose_name_plural}")
    if apps.is_installed("django_comments"):
        kinds = ContentType.objects.get_for_models(BaseTarget, get_target_model_class()).values()
        comments = apps.get_model("django_comments", "Comment")
        rows = comments._base_manager.filter(content_type__in=kinds, object_pk__in=[str(key) for key in keys])
        because(rows.values_list("object_pk", flat=True), "has comments")
    kind, texts = object_type(BaseTarget), [str(key) for key in keys]
    events = HistoryEvent.objects.filter(object_type=kind, object_id__in=texts).exclude(verb="created")
    because(events.values_list("object_id", flat=True), "has changed since")
    parts = HistoryEvent.objects.filter(parent_type=kind, parent_id__in=texts)
    because(parts.values_list("parent_id", flat=True), "has changed since")
    if row.finished_at is not None:
        because(
            BaseTarget._base_manager.filter(pk__in=keys, modified__gt=row.finished_at).values_list("pk", flat=True), "has changed since"
        )
        because(
            TargetName._base_manager.filter(target__in=keys, modified__gt=row.finished_at).values_list("target_id", flat=True),
            "has a new alias",
        )
    may = set(visible_to(actor, "delete", BaseTarget.objects.filter(pk__in=keys)).values_list("pk", flat=True))
    because([key for key in keys if key not in may], "you may not delete it")
    return found
