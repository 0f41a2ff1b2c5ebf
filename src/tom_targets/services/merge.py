"""Two targets that are one object become one target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connections, models, transaction
from django.db.models import Exists, OuterRef

from tom_common.errors import ConflictError, InvalidInputError, NotAllowedError, RowError
from tom_targets.events import targets_merged
from tom_targets.models import (
    BaseTarget,
    Grant,
    TargetExtra,
    TargetGroupObjectPermission,
    TargetName,
    TargetUserObjectPermission,
    get_target_model_class,
)
from tom_targets.policy import can
from tom_targets.querysets import batched
from tom_targets.services.create import snapshot
from tom_targets.services.delete import delete_target
from tom_targets.services.merge_journal import Journal, key_for
from tom_targets.services.validation import clean_columns

BY_HAND = (TargetName, TargetExtra, Grant, TargetUserObjectPermission, TargetGroupObjectPermission)
TAG = "tag "  # before the key of a tag among the columns of two targets


def merge_targets(*, actor, primary: BaseTarget, secondary: BaseTarget, choices: Mapping[str, int] | None = None) -> BaseTarget:
    """Move all that hangs on `secondary` to `primary` and delete `secondary`; its names become aliases.

    `choices` names columns, and tags as "tag <key>", with the key of the target whose value is taken. Without a choice a column that the
    primary has not set is filled, and a tag that differs is kept beside the primary's under a key that names where it came from. Of what
    both have in the same place (a measurement, a list) the primary's stays. Rights are joined. One transaction; it can be undone.

    NotAllowedError, InvalidInputError (what was chosen does not go together), ConflictError (two rows that may not be of one target).
    """
    from tom_common.services.history import changed_fields, record_history

    check_may_merge(actor, primary, secondary)
    choices = dict(choices or {})
    try:
        with transaction.atomic():
            given = primary
            primary, secondary = _locked(primary, secondary)
            before, name = snapshot(primary), secondary.name
            journal = Journal(secondary)
            _set_columns(primary, secondary, choices)
            _move_extras(primary, secondary, choices, journal)
            _join_rights(primary, secondary, journal)
            _keep_one_featured(primary, secondary, journal)
            for rows in hanging_rows(primary, secondary):
                _move(rows, journal)
            names = secondary.names
            # The secondary goes before its names can be given to another target.
            delete_target(actor=actor, target=secondary)
            known = {primary.name, *primary.aliases.values_list("name", flat=True)}
            for alias in dict.fromkeys(names):
                if alias not in known:
                    row = TargetName(target=primary, name=alias)
                    row.save()
                    journal.added(row)
            primary.save()
            targets_merged.send(primary_id=primary.pk, secondary_id=journal.secondary, actor=actor)
            was, became = changed_fields(before, snapshot(primary))
            record_history(
                actor=actor, verb="merged", obj=primary, before=was, after=became, undo=journal.as_json(),
                summary=f"{name} merged into {primary.name}",
            )  # fmt: skip
    except IntegrityError as error:
        raise ConflictError("Both targets have something of which one target may have one only; nothing was merged.") from error
    getattr(given, "_prefetched_objects_cache", {}).clear()
    given.refresh_from_db()
    return given


def check_may_merge(actor, primary: BaseTarget, secondary: BaseTarget) -> None:
    """NotAllowedError where the actor may not merge these two, InvalidInputError where they are one."""
    if primary.pk == secondary.pk:
        raise InvalidInputError("A target cannot be merged with itself.")
    if actor is not None and not (can(actor, "change", primary) and can(actor, "delete", secondary)):
        raise NotAllowedError("To merge two targets you must be allowed to change the one that stays and to delete the other.")


def _locked(*targets):
    """The rows as they are now: of two merges at once the second waits, and finds that there is nothing left."""
    keys = [target.pk for target in targets]
    rows = BaseTarget._base_manager.filter(pk__in=keys).order_by("pk")
    if connections[rows.db].features.has_select_for_update:
        rows = rows.select_for_update()
    present = set(rows.values_list("pk", flat=True))
    for target in targets:
        if target.pk not in present:
            raise ConflictError(f"{target.name} is no longer there.")
        yield type(target)._base_manager.prefetch_related("aliases", "targetextra_set").get(pk=target.pk)


# -- columns ---------------------------------------------------------------------------------------------------------------------------


def mergeable_columns(target) -> Iterator[models.Field]:
    """Columns of which a merge takes the one or the other's value."""
    for field in target._meta.concrete_fields:
        if not (field.primary_key or field.is_relation or not field.editable or field.name == "name" or getattr(field, "hidden", False)):
            yield field


def merged_value(primary, secondary, name: str, choices: Mapping[str, int]) -> Any:
    """What the column is after the merge."""
    mine, other = getattr(primary, name), getattr(secondary, name, None)
    chosen = choices.get(name)
    if chosen is not None:
        return other if int(chosen) == secondary.pk else mine
    return other if mine in (None, "") and other not in (None, "") else mine


def _set_columns(primary, secondary, choices):
    values = {f.attname: merged_value(primary, secondary, f.attname, choices) for f in mergeable_columns(primary)}
    present = {f.attname: getattr(primary, f.attname) for f in mergeable_columns(primary)}
    changed = {name: value for name, value in values.items() if value != present[name]}
    if any(name in choices for name in changed):
        # What was wrong before the merge does not hinder it; what is chosen must go together.
        model = type(primary)
        known = {error.column for error in clean_columns({"name": primary.name, **present}, model=model)[1]}
        errors = [e for e in clean_columns({"name": primary.name, **values}, model=model)[1] if e.column not in known]
        if errors:
            raise InvalidInputError("The values chosen do not go together.", errors=errors)
    for name, value in changed.items():
        setattr(primary, name, value)


# -- tags, rights ----------------------------------------------------------------------------------------------------------------------


def _move_extras(primary, secondary, choices, journal):
    known = {extra.key: extra for extra in primary.targetextra_set.all()}
    for extra in secondary.targetextra_set.all():
        mine = known.get(extra.key)
        if mine is not None:
            if extra.value == mine.value:
                continue
            chosen = choices.get(TAG + extra.key)
            if chosen is not None:
                if int(chosen) == secondary.pk:
                    journal.changed(mine)
                    mine.value = extra.value
                    mine.save()
                continue
            if extra.value == "":
                continue
        elif int(choices.get(TAG + extra.key, secondary.pk)) != secondary.pk:
            continue
        key = extra.key if mine is None else f"{extra.key} ({secondary.name})"[:200]
        if mine is not None and key in known:
            continue
        row = TargetExtra(target_id=primary.pk, key=key, value=extra.value)
        row.save()
        known[key] = row
        journal.added(row)


def _join_rights(primary, secondary, journal):
    for table, who in ((TargetUserObjectPermission, "user_id"), (TargetGroupObjectPermission, "group_id")):
        known = set(table.objects.filter(content_object_id=primary.pk).values_list(who, "permission_id"))
        rows = table.objects.filter(content_object_id=secondary.pk).values_list(who, "permission_id")
        new = [pair for pair in rows if pair not in known]
        table.objects.bulk_create(
            [table(content_object_id=primary.pk, permission_id=permission, **{who: holder}) for holder, permission in new]
        )
        journal.joined(table, who, new)


# -- what hangs on them ----------------------------------------------------------------------------------------------------------------


def relations_of(target) -> Iterator[tuple[type[models.Model], models.ForeignKey]]:
    """Foreign keys and one-to-one relations that point at a target, those of plugins included; tags, names and rights are not among them."""
    seen = set()
    for cls in sorted(_kinds_of(target), key=lambda cls: cls.__name__):
        for relation in cast("list[Any]", cls._meta.get_fields(include_hidden=True)):
            if not (relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)):
                continue
            field, model = relation.field, relation.related_model
            if not isinstance(field, models.ForeignKey) or model._meta.proxy or not model._meta.managed or (model, field.name) in seen:
                continue
            if getattr(field.remote_field, "parent_link", False) or issubclass(model, BY_HAND):
                continue
            seen.add((model, field.name))
            yield model, field


def _kinds_of(target) -> set[type[BaseTarget]]:
    """The models of which a target is a row, the project's own one also when it was read as a plain target."""
    own = get_target_model_class()
    return {BaseTarget, *(cls for model in (type(target), own) for cls in model.__mro__ if issubclass(cls, BaseTarget))}


def generic_relations_of(target) -> Iterator[tuple[type[models.Model], GenericForeignKey, list[int]]]:
    """Models with a generic key, and the content types under which it may name a target."""
    kinds = sorted({ct.pk for ct in ContentType.objects.get_for_models(*_kinds_of(target)).values()})
    for model in apps.get_models():
        if model._meta.app_label in ("tom_common", "guardian", "admin") or model._meta.proxy:
            continue
        for field in model._meta.private_fields:
            if isinstance(field, GenericForeignKey) and field.model is model:
                yield model, field, kinds


@dataclass(frozen=True)
class HangingRows:
    """Rows of one model that one of its columns binds to the target that goes. `now`: what the column becomes; `twins`: those of the rows
    that cannot move, because the target that stays has the like (one row may be among several of these)."""

    model: type[models.Model]
    column: str
    rows: models.QuerySet
    twins: list[models.QuerySet]
    now: Any


def hanging_rows(primary, secondary) -> Iterator[HangingRows]:
    """All that hangs on `secondary` by a key, a generic key, or a table of a many-to-many relation; tags, names and rights excepted."""
    for model, field in relations_of(secondary):
        was, now = key_for(field, secondary), key_for(field, primary)
        rows: models.QuerySet = models.QuerySet(model).filter(**{field.attname: was})
        yield HangingRows(model, field.attname, rows, list(_twins(field, rows, now)), now)
    for model, generic, kinds in generic_relations_of(secondary):
        column = cast("models.Field[Any, Any]", model._meta.get_field(generic.fk_field))
        rows = models.QuerySet(model).filter(**{f"{generic.ct_field}__in": kinds, column.attname: column.to_python(secondary.pk)})
        now = column.to_python(primary.pk)
        yield HangingRows(model, column.attname, rows, list(_twins(column, rows, now)), now)


def _twins(field, rows, now) -> Iterator[models.QuerySet]:
    for others, condition in _unique_beside(field.model, field):
        twin: models.QuerySet = models.QuerySet(field.model).filter(**{field.attname: now}, **{other: OuterRef(other) for other in others})
        if condition is not None:
            twin = twin.filter(condition)
        yield (rows.filter(condition) if condition is not None else rows).filter(Exists(twin))


def _keep_one_featured(primary, secondary, journal):
    # Of one type one product is featured: the one that stays keeps its own.
    if not hasattr(secondary, "dataproduct_set"):
        return
    kinds = list(primary.dataproduct_set.filter(featured=True).values_list("data_product_type", flat=True))
    for product in secondary.dataproduct_set.filter(featured=True, data_product_type__in=kinds):
        journal.changed(product)
        type(product)._base_manager.filter(pk=product.pk).update(featured=False)


def _move(hanging, journal):
    if not hanging.rows.exists():
        return
    for twins in hanging.twins:
        for some in batched(twins.values_list("pk", flat=True), 500):
            gone: models.QuerySet = models.QuerySet(hanging.model).filter(pk__in=some)
            journal.dropped(gone)
            gone.delete()
    journal.moved(hanging.model, hanging.column, hanging.rows.order_by("pk").values_list("pk", flat=True).iterator())
    hanging.rows.update(**{hanging.column: hanging.now})


def _unique_beside(model, field) -> Iterator[tuple[list[str], models.Q | None]]:
    """What must be unique together with `field` in `model`: (names of the other fields, condition)."""
    if field.unique:
        yield [], None
    for together in model._meta.unique_together:
        if field.name in together:
            yield [name for name in together if name != field.name], None
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and field.name in constraint.fields:
            yield [name for name in constraint.fields if name != field.name], constraint.condition


def choices_from(data: Mapping[str, Any], targets: Iterable[BaseTarget]) -> dict[str, int]:
    """Choices of a form or query (`take:<column>=<key of a target>`, or nothing for no choice). InvalidInputError for what is neither of the two."""
    keys, found = {target.pk for target in targets}, {}
    for name, value in data.items():
        if not name.startswith("take:") or value == "":
            continue
        if not str(value).isascii() or not str(value).isdigit() or int(value) not in keys:
            raise InvalidInputError(errors=[RowError(None, name.removeprefix("take:"), value, "is neither of the two targets")])
        found[name.removeprefix("take:")] = int(value)
    return found
