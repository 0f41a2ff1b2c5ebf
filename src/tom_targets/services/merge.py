"""Two targets that are one object become one target."""

from __future__ import annotations

from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Exists, OuterRef

from tom_common.errors import InvalidInputError, NotAllowedError
from tom_targets.models import (
    BaseTarget,
    Grant,
    TargetExtra,
    TargetGroupObjectPermission,
    TargetList,
    TargetName,
    TargetUserObjectPermission,
)
from tom_targets.policy import can
from tom_targets.querysets import batched
from tom_targets.services.create import snapshot
from tom_targets.services.delete import delete_target

BY_HAND = (TargetName, TargetExtra, Grant, TargetUserObjectPermission, TargetGroupObjectPermission)


def merge_targets(*, actor, primary: BaseTarget, secondary: BaseTarget) -> BaseTarget:
    """Move all that hangs on `secondary` to `primary` and delete `secondary`; its names become aliases.

    Columns of the primary that are not set are filled. What both have in the same place (a tag's key, a measurement) stays as the
    primary has it; a tag that differs is kept under a key that names where it came from. Rights are joined. One transaction.
    """
    from tom_common.services.history import record_history

    if primary.pk == secondary.pk:
        raise InvalidInputError("A target cannot be merged with itself.")
    if actor is not None and not (can(actor, "change", primary) and can(actor, "delete", secondary)):
        raise NotAllowedError("To merge two targets you must be allowed to change the one that stays and to delete the other.")
    with transaction.atomic():
        before = snapshot(primary)
        names = secondary.names
        _fill(primary, secondary)
        _move_extras(primary, secondary)
        _join_rights(primary, secondary)
        _move_lists(primary, secondary)
        _move_relations(primary, secondary)
        _move_generic_relations(primary, secondary)
        name = secondary.name
        # The secondary goes before its names can be given to another target.
        delete_target(actor=actor, target=secondary)
        primary.save()
        known = {primary.name, *primary.aliases.values_list("name", flat=True)}
        for alias in dict.fromkeys(names):
            if alias not in known:
                TargetName(target=primary, name=alias).save()
        record_history(
            actor=actor, verb="merged", obj=primary, before=before, after=snapshot(primary), summary=f"{name} merged into {primary.name}"
        )
    return primary


def _fill(primary, secondary):
    for field in primary._meta.concrete_fields:
        if field.primary_key or field.is_relation or not field.editable or field.name in ("name", "type", "permissions"):
            continue
        if getattr(primary, field.attname) in (None, "") and getattr(secondary, field.attname, None) not in (None, ""):
            setattr(primary, field.attname, getattr(secondary, field.attname))


def _move_extras(primary, secondary):
    known = {extra.key: extra for extra in primary.targetextra_set.all()}
    for extra in secondary.targetextra_set.all():
        if extra.key in known:
            if extra.value in ("", known[extra.key].value):
                continue
            extra.key = f"{extra.key} ({secondary.name})"[:200]
            if extra.key in known:
                continue
        extra.target = BaseTarget(pk=primary.pk)
        known[extra.key] = extra
        extra.save()


def _join_rights(primary, secondary):
    for table, who in ((TargetUserObjectPermission, "user_id"), (TargetGroupObjectPermission, "group_id")):
        known = set(table.objects.filter(content_object_id=primary.pk).values_list(who, "permission_id"))
        rows = table.objects.filter(content_object_id=secondary.pk).values_list(who, "permission_id")
        table.objects.bulk_create(
            [
                table(content_object_id=primary.pk, permission_id=permission, **{who: holder})
                for holder, permission in rows
                if (holder, permission) not in known
            ]
        )


def _move_lists(primary, secondary):
    through = TargetList.targets.through
    known = set(through.objects.filter(basetarget_id=primary.pk).values_list("targetlist_id", flat=True))
    rows = through.objects.filter(basetarget_id=secondary.pk)
    rows.filter(targetlist_id__in=known).delete()
    rows.update(basetarget_id=primary.pk)


def _relations(target):
    """Foreign keys and one-to-one relations that point at a target, those of plugins included."""
    classes = {BaseTarget, *(m for m in type(target).__mro__ if isinstance(m, type) and issubclass(m, BaseTarget))}
    seen = set()
    for cls in classes:
        for relation in cls._meta.get_fields(include_hidden=True):
            if not (relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)):
                continue
            field, model = relation.field, relation.related_model
            if not isinstance(field, models.ForeignKey) or model._meta.proxy or (model, field.name) in seen:
                continue
            if getattr(field.remote_field, "parent_link", False) or issubclass(model, BY_HAND):
                continue
            seen.add((model, field.name))
            yield model, field


def _move_relations(primary, secondary):
    for model, field in _relations(secondary):
        if model is TargetList.targets.through:
            continue
        rows = models.QuerySet(model).filter(**{field.name: secondary.pk})
        if not rows.exists():
            continue
        for others, condition in _unique_beside(model, field):
            twin = models.QuerySet(model).filter(**{field.name: primary.pk}, **{name: OuterRef(name) for name in others})
            doubled = rows.filter(condition) if condition is not None else rows
            for some in batched(doubled.filter(Exists(twin)).values_list("pk", flat=True), 500):
                models.QuerySet(model).filter(pk__in=some).delete()
        rows.update(**{field.name: primary.pk})


def _unique_beside(model, field):
    """What must be unique together with `field` in `model`: (names of the other fields, condition)."""
    if field.unique:
        yield [], None
    for together in model._meta.unique_together:
        if field.name in together:
            yield [name for name in together if name != field.name], None
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and field.name in constraint.fields:
            yield [name for name in constraint.fields if name != field.name], constraint.condition


def _move_generic_relations(primary, secondary):
    kinds = [ct.pk for ct in ContentType.objects.get_for_models(BaseTarget, type(primary), type(secondary)).values()]
    for model in apps.get_models():
        if model._meta.app_label in ("tom_common", "guardian", "admin"):
            continue
        for field in model._meta.private_fields:
            if isinstance(field, GenericForeignKey):
                rows = model._base_manager.filter(**{f"{field.ct_field}__in": kinds, field.fk_field: str(secondary.pk)})
                rows.update(**{field.fk_field: primary.pk})
