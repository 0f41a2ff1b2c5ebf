"""What hangs on a target: told before it goes."""

from __future__ import annotations

from django.db import models

from tom_targets.models import TargetExtra, TargetList, TargetName


def label_of(model) -> str:
    """The plural name of a model, of a table of a many-to-many relation that of the other side."""
    if model is TargetList.targets.through:
        return "Target lists"
    auto = getattr(model._meta, "auto_created", False)
    text = str(auto._meta.verbose_name_plural if auto else model._meta.verbose_name_plural)
    return text[:1].upper() + text[1:]


def seen_by(user, model, rows: models.QuerySet) -> models.QuerySet:
    """Of these rows those of which `user` may know, where the model's app says who may."""
    from tom_common.history_kinds import kind_of, object_type

    if user is None or getattr(user, "is_superuser", False):
        return rows
    if model is TargetList.targets.through:
        seen = kind_of(object_type(TargetList)).visible
        return rows.filter(targetlist_id__in=seen(user).values("pk")) if seen else rows
    seen = kind_of(object_type(model)).visible
    return rows.filter(pk__in=seen(user).values("pk")) if seen else rows


def hanging_on(user, target) -> list[tuple[str, str]]:
    """(what, how many in words) of the rows that go with a target, those of plugins included, as far as `user` may know of them."""
    from tom_common.tables import capped_count, count_text
    from tom_targets.services.merge import generic_relations_of, relations_of

    found: dict[str, int] = {}

    def add(model, rows):
        count = capped_count(seen_by(user, model, rows))
        if count:
            found[label_of(model)] = found.get(label_of(model), 0) + count

    add(TargetName, TargetName.objects.filter(target_id=target.pk))
    add(TargetExtra, TargetExtra.objects.filter(target_id=target.pk))
    for model, field in relations_of(target):
        add(model, models.QuerySet(model).filter(**{field.name: target.pk}))
    for model, field, kinds in generic_relations_of(target):
        add(model, models.QuerySet(model).filter(**{f"{field.ct_field}__in": kinds, field.fk_field: str(target.pk)}))
    return [(label, count_text(count)) for label, count in found.items()]
