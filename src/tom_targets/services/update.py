"""Changes of one target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model

from tom_common.errors import ConflictError, RowError
from tom_targets.models import BaseTarget, TargetExtra, TargetName
from tom_targets.services.create import snapshot
from tom_targets.services.grants import grant_access, revoke_access
from tom_targets.services.validation import NOT_AVAILABLE, clean_columns, from_validation_error, raise_if, taken

TAG = "tag "  # how history names the value of a tag among a target's columns


def update_target(
    *,
    actor,
    target: BaseTarget,
    columns: Mapping[str, Any] | None = None,
    extras: Mapping[str, Any] | None = None,
    aliases: Iterable[str] = (),
    groups: Iterable | None = None,
    of_groups: Iterable | None = None,
    drop_extras: Iterable[str] = (),
    drop_aliases: Iterable[str] = (),
) -> BaseTarget:
    """Set `columns` and `extras`, add `aliases`. With `groups`, exactly these of `of_groups` get the rights on the target.
    Tags of the keys `drop_extras` and the aliases `drop_aliases` are taken away.

    InvalidInputError names each column that is wrong; nothing is changed then.
    """
    from tom_common.services.history import record_history

    columns, extras = dict(columns or {}), dict(extras or {})
    names, gone, gone_names = [str(a).strip() for a in aliases if str(a).strip()], list(drop_extras), list(drop_aliases)
    before = snapshot(target) | _parts(target, {*extras, *gone}, {*names, *gone_names})
    present = {f.name: getattr(target, f.attname) for f in target._meta.concrete_fields if not f.primary_key and f.editable}
    clean, errors = clean_columns({**present, **columns}, model=type(target))
    new_name = str(clean.get("name") or "")
    if not errors and new_name != BaseTarget._base_manager.values_list("name", flat=True).get(pk=target.pk):
        problem = taken(new_name, actor=actor, besides=target.pk)
        if problem:
            errors.append(RowError(None, "name", new_name, problem))
        elif target.aliases.filter(simplified_name=BaseTarget.matches.simplify_name(new_name)).exists():
            errors.append(RowError(None, "name", new_name, "An alias of this target is that name already."))
    raise_if(errors)
    try:
        with transaction.atomic():
            for name, value in clean.items():
                if name in columns:
                    setattr(target, name, value)
            target.save(extras=extras, names=names)
            TargetExtra.objects.filter(target_id=target.pk, key__in=gone).delete() if gone else None
            TargetName.objects.filter(target_id=target.pk, name__in=gone_names).delete() if gone_names else None
            if groups is not None:
                set_groups(target=target, groups=groups, of_groups=of_groups, actor=actor)
            after = snapshot(target) | _parts(target, {*extras, *gone}, {*names, *gone_names})
            changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
            record_history(
                actor=actor,
                verb="changed",
                obj=target,
                before={key: before.get(key) for key in changed},
                after={key: after.get(key) for key in changed},
                summary=f"Target {target.name} changed",
            )
    except ValidationError as error:
        raise from_validation_error(error, "aliases") from error
    except IntegrityError as error:
        raise ConflictError(NOT_AVAILABLE) from error
    return target


def _parts(target: BaseTarget, keys: set[str], names: set[str]) -> dict[str, Any]:
    """Of these tags and aliases those that the target has, as history writes them."""
    found: dict[str, Any] = {}
    if keys:
        rows = TargetExtra.objects.filter(target_id=target.pk, key__in=keys).values_list("key", "value")
        found |= {f"{TAG}{key}": value for key, value in rows}
    if names:
        present = TargetName.objects.filter(target_id=target.pk, name__in=names).order_by("pk").values_list("name", flat=True)
        found |= {"aliases": list(present)} if present else {}
    return found


def _values(row: Model) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("name", "key", "value") if hasattr(row, name)}


def change_attached(*, actor, target: BaseTarget, changed: Iterable[Model] = (), removed: Iterable[Model] = ()) -> None:
    """Save `changed` and delete `removed`, aliases or extras that `target` has."""
    from tom_common.services.history import changed_fields, record_history

    with transaction.atomic():
        for row in changed:
            stored = type(row)._base_manager.filter(pk=row.pk).first()
            row.save()
            before, after = changed_fields(_values(stored) if stored is not None else {}, _values(row))
            record_history(
                actor=actor, verb="changed", obj=row, before=before, after=after, summary=f"{row} of target {target.name} changed"
            )
        for row in removed:
            record_history(
                actor=actor, verb="deleted", obj=row, before=_values(row), summary=f"{row} of target {target.name} deleted"
            )
            row.delete()


def set_groups(*, target: BaseTarget, groups: Iterable, of_groups: Iterable | None = None, actor=None) -> None:
    """Exactly `groups` among `of_groups` (all groups with a right, without it) may view, change and delete the target."""
    from guardian.shortcuts import get_groups_with_perms

    from tom_common.services.history import record_history

    chosen = {group.pk: group for group in groups}
    with transaction.atomic():
        holding = list(cast("Iterable[Group]", get_groups_with_perms(target)))
        allowed = None if of_groups is None else {group.pk for group in of_groups}
        for group in chosen.values():
            grant_access(target=target, holder=group, actor=actor)
        for group in holding:
            if group.pk not in chosen and (allowed is None or group.pk in allowed):
                revoke_access(target=target, holder=group, actor=actor)
        now = list(cast("Iterable[Group]", get_groups_with_perms(target)))
        before, after = (sorted(group.name for group in some) for some in (holding, now))
        if before != after:
            record_history(
                actor=actor, verb="rights changed", obj=target, before={"groups": before}, after={"groups": after}, mentions={*holding, *now}
            )
