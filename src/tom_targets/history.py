"""The history of targets, of what belongs to them, and of lists: who sees it, and what can be undone."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from guardian.shortcuts import assign_perm

from tom_common.errors import ConflictError
from tom_common.history_kinds import register_history, undoes
from tom_common.services.history import record_history
from tom_common.services.history_shown import object_of, refuse_if_changed
from tom_targets.models import BaseTarget, TargetExtra, TargetImport, TargetList, TargetName, get_target_model_class
from tom_targets.policy import lists_visible_to, visible_to
from tom_targets.services.create import snapshot
from tom_targets.services.importing.files import imports_of
from tom_targets.services.lists import add_to_list, remove_from_list
from tom_targets.services.update import TAG, change_attached, update_target

UNITS = {
    "ra": "deg", "dec": "deg", "epoch": "yr", "pm_ra": "mas/yr", "pm_dec": "mas/yr", "parallax": "mas", "galactic_lng": "deg",
    "galactic_lat": "deg", "distance": "pc", "distance_err": "pc", "epoch_of_elements": "MJD", "mean_anomaly": "deg",
    "arg_of_perihelion": "deg", "lng_asc_node": "deg", "inclination": "deg", "mean_daily_motion": "deg/d", "semimajor_axis": "au",
    "ephemeris_period": "d", "ephemeris_period_err": "d", "ephemeris_epoch": "MJD", "epoch_of_perihelion": "MJD", "perihdist": "au",
}  # fmt: skip


def changeable(user):
    return visible_to(user, "change", BaseTarget.objects.all())


def mergeable(user):
    """What asks for the rights of merging: taking apart takes data away from a target, too."""
    return visible_to(user, "delete", changeable(user))


def lists_changeable(user):
    return lists_visible_to(user, "change")


register_history(BaseTarget, visible=lambda user: visible_to(user, "view", BaseTarget.objects.all()), units=UNITS)
register_history(TargetName, parent="target", follows_parent=True)
register_history(TargetExtra, parent="target", follows_parent=True)
register_history(TargetList, visible=lists_visible_to)


@undoes(BaseTarget, "changed", may=changeable)
def undo_change(*, actor, event):
    """Columns, tags and aliases as they were before, when they are still as the change left them."""
    found = object_of(event)
    target = get_target_model_class()._base_manager.filter(pk=found.pk).first() or found
    values = {**(event.before or {}), **(event.after or {})}
    current = snapshot(target) | {f"{TAG}{extra.key}": extra.value for extra in target.targetextra_set.all()}
    said = [*((event.before or {}).get("aliases") or []), *((event.after or {}).get("aliases") or [])]
    present = set(target.aliases.values_list("name", flat=True))
    current["aliases"] = [name for name in said if name in present]
    was = refuse_if_changed(event, {key: current.get(key) for key in values})
    tags = {key.removeprefix(TAG): value for key, value in was.items() if key.startswith(TAG)}
    update_target(
        actor=actor,
        target=target,
        columns={key: value for key, value in was.items() if not key.startswith(TAG) and key != "aliases"},
        extras={key: value for key, value in tags.items() if value is not None},
        drop_extras=[key for key, value in tags.items() if value is None],
        aliases=was.get("aliases") or [],
        drop_aliases=(event.after or {}).get("aliases") or [],
    )


@undoes(TargetName, "changed", may=changeable, of="parent")
@undoes(TargetExtra, "changed", may=changeable, of="parent")
def undo_change_of_part(*, actor, event):
    row = object_of(event)
    for name, value in refuse_if_changed(event, {name: getattr(row, name) for name in event.before or {}}).items():
        setattr(row, name, value)
    _checked(row)
    change_attached(actor=actor, target=row.target, changed=[row])


@undoes(TargetName, "deleted", may=changeable, of="parent")
@undoes(TargetExtra, "deleted", may=changeable, of="parent")
def restore_part(*, actor, event):
    target = BaseTarget._base_manager.filter(pk=event.parent_id).first()
    if target is None:
        raise ConflictError("The target is no longer there.")
    model = TargetName if event.object_type.endswith("targetname") else TargetExtra
    if not event.before:
        raise ConflictError("What it was has not been kept.")
    row = model(target=target, **event.before)
    _checked(row)
    row.save()
    record_history(actor=actor, verb="restored", obj=row, after=event.before, summary=f"{row} of target {target.name} restored")


@undoes(TargetName, "restored", may=changeable, of="parent")
@undoes(TargetExtra, "restored", may=changeable, of="parent")
def delete_part_again(*, actor, event):
    row = object_of(event)
    refuse_if_changed_after(event, row)
    change_attached(actor=actor, target=row.target, removed=[row])


def refuse_if_changed_after(event, row):
    for name, value in (event.after or {}).items():
        if getattr(row, name) != value:
            raise ConflictError(f"It has changed since: {name} is now {getattr(row, name)}, not {value}.")


@undoes(BaseTarget, "merged", may=mergeable)
def undo_merge(*, actor, event):
    """The target that was merged into another is back, with what was its own then and is still there."""
    from tom_targets.events import target_saved
    from tom_targets.services.merge_journal import take_apart

    found = object_of(event)
    target = get_target_model_class()._base_manager.filter(pk=found.pk).first() or found
    if not event.undo_data:
        raise ConflictError("Too much was merged for the history to keep each row: this cannot be undone.")
    current = snapshot(target)
    after = {key: current.get(key) for key in {**(event.before or {}), **(event.after or {})}}
    was = refuse_if_changed(event, after)
    back = take_apart(event.undo_data, target)
    for name, value in was.items():
        field = target._meta.get_field(name)
        empty = None if field.null else field.get_default()
        setattr(target, field.attname, empty if value is None else field.to_python(value))
    target.save()
    target_saved.send(target_id=back.pk, created=True)
    record_history(
        actor=actor, verb="split", obj=target, before=after, after=was, mentions=[back], summary=f"{back.name} is a target of its own again"
    )


def _checked(row):
    try:
        row.full_clean()
    except ValidationError as error:
        raise ConflictError("It cannot be as it was: " + " ".join(error.messages)) from error


@undoes(TargetList, "renamed", may=lists_changeable)
def rename_back(*, actor, event):
    from tom_targets.services.lists import rename_list

    grouping = object_of(event)
    rename_list(actor=actor, grouping=grouping, name=refuse_if_changed(event, {"name": grouping.name})["name"])


@undoes(TargetList, "targets_added", may=lists_changeable)
def take_out_again(*, actor, event):
    remove_from_list(actor=actor, grouping=object_of(event), targets=_keys(event))


@undoes(TargetList, "targets_removed", may=lists_changeable)
def put_in_again(*, actor, event):
    add_to_list(actor=actor, grouping=object_of(event), targets=_keys(event))


def _keys(event):
    keys = (event.undo_data or {}).get("targets")
    if not keys:
        raise ConflictError("There were too many targets for the history to keep each: it cannot be undone.")
    return keys


@undoes(TargetList, "deleted")
def restore_list(*, actor, event):
    """The list with its targets that are still there, and its rights."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    kept = event.undo_data or {}
    if "targets" not in kept:
        raise ConflictError("There were too many targets for the history to keep each: it cannot be undone.")
    grouping = TargetList(pk=event.object_id, name=event.object_label)
    grouping.save(force_insert=True)
    grouping.targets.add(*BaseTarget._base_manager.filter(pk__in=kept["targets"]).values_list("pk", flat=True))
    for model, holders in ((get_user_model(), kept.get("users", {})), (Group, kept.get("groups", {}))):
        for holder in model._default_manager.filter(pk__in=holders):
            for codename in holders[str(holder.pk)]:
                assign_perm(f"tom_targets.{codename}", holder, grouping)
    record_history(actor=actor, verb="restored", obj=grouping, summary=f"List {grouping.name} restored")


register_history(TargetImport, visible=imports_of)


@undoes(TargetImport, "imported")
def take_targets_back(*, actor, event):
    """The targets that the import made go, except those on which something has been hung since."""
    from tom_targets.services.importing import undo_import

    undo_import(actor=actor, row=object_of(event))
