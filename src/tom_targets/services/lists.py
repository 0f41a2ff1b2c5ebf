"""Lists of targets: put in, take out, move, make, delete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet

from tom_common.errors import InvalidInputError, NotAllowedError, RowError
from tom_targets.models import BaseTarget, TargetList
from tom_targets.policy import visible_to
from tom_targets.querysets import batched


@dataclass(frozen=True)
class ListChange:
    """How many targets were put in (taken out, moved), and how many had it so already; the first names of those."""

    done: int
    already: int
    already_names: list[str] = field(default_factory=list)


def create_list(*, actor, name: str) -> TargetList:
    """A new list that its creator may view, change and delete. Names may be equal."""
    from guardian.shortcuts import assign_perm

    name = name.strip()
    if not name:
        raise InvalidInputError(errors=[RowError(None, "name", name, "A list needs a name.")])
    with transaction.atomic():
        made = TargetList.objects.create(name=name)
        for action in ("view", "change", "delete"):
            assign_perm(f"tom_targets.{action}_targetlist", actor, made)
    return made


def delete_list(*, actor, grouping: TargetList) -> None:
    """Delete a list; its targets stay."""
    _may(actor, "delete", grouping)
    grouping.delete()


def _may(actor, action: str, grouping: TargetList) -> None:
    if not (actor.has_perm(f"tom_targets.{action}_targetlist") or actor.has_perm(f"tom_targets.{action}_targetlist", grouping)):
        raise NotAllowedError(f'You may not {action} the list "{grouping.name}".')


def _targets(actor, targets: QuerySet | Iterable[int]) -> QuerySet:
    if not isinstance(targets, QuerySet):
        targets = BaseTarget.objects.filter(pk__in=list(targets))
    return visible_to(actor, "view", targets)


def _split(actor, targets, grouping) -> tuple[list[int], list[tuple[int, str]]]:
    through = TargetList.targets.through.objects.filter(targetlist_id=grouping.pk)
    rows = list(_targets(actor, targets).order_by("pk").values_list("pk", "name").distinct())
    inside = set(through.values_list("basetarget_id", flat=True))
    return [pk for pk, _ in rows if pk not in inside], [(pk, name) for pk, name in rows if pk in inside]


def _link(grouping, keys):
    through = TargetList.targets.through
    for some in batched(keys, 5000):
        through.objects.bulk_create(
            [through(targetlist_id=grouping.pk, basetarget_id=pk) for pk in some], ignore_conflicts=True, batch_size=2000
        )


def add_to_list(*, actor, grouping: TargetList, targets: QuerySet | Iterable[int]) -> ListChange:
    """Put those of `targets` that the actor sees into the list."""
    _may(actor, "change", grouping)
    with transaction.atomic():
        outside, inside = _split(actor, targets, grouping)
        _link(grouping, outside)
    return ListChange(len(outside), len(inside), [name for _, name in inside[:20]])


def remove_from_list(*, actor, grouping: TargetList, targets: QuerySet | Iterable[int]) -> ListChange:
    """Take those of `targets` that the actor sees out of the list."""
    _may(actor, "change", grouping)
    with transaction.atomic():
        rows = dict(_targets(actor, targets).values_list("pk", "name"))
        outside, inside = _split(actor, rows, grouping)
        for some in batched([pk for pk, _ in inside], 500):
            TargetList.targets.through.objects.filter(targetlist_id=grouping.pk, basetarget_id__in=some).delete()
    return ListChange(len(inside), len(outside), [rows[pk] for pk in outside[:20]])


def move_to_list(*, actor, grouping: TargetList, targets: QuerySet | Iterable[int]) -> ListChange:
    """Take `targets` out of every list that the actor may change, and put them into this one."""
    _may(actor, "change", grouping)
    from guardian.shortcuts import get_objects_for_user

    mine = list(get_objects_for_user(actor, "tom_targets.change_targetlist", klass=TargetList).values_list("pk", flat=True))
    with transaction.atomic():
        outside, inside = _split(actor, targets, grouping)
        keys = [*outside, *(pk for pk, _ in inside)]
        for some in batched(keys, 500):
            links = TargetList.targets.through.objects.filter(basetarget_id__in=some, targetlist_id__in=mine)
            links.exclude(targetlist_id=grouping.pk).delete()
        _link(grouping, outside)
    return ListChange(len(outside), len(inside), [name for _, name in inside[:20]])


def list_named(*, actor, name: str) -> TargetList:
    """The actor's list of that name, the newest when there are several; made when there is none."""
    from guardian.shortcuts import get_objects_for_user

    if actor is None:
        return TargetList.objects.filter(name=name).first() or TargetList.objects.create(name=name)
    mine = get_objects_for_user(actor, "tom_targets.change_targetlist", klass=TargetList)
    return mine.filter(name=name).first() or create_list(actor=actor, name=name)
