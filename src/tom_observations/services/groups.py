"""Observation groups, and the rights on them and on records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from guardian.shortcuts import assign_perm

from tom_common.services.history import record_history

from ..models import ObservationGroup, ObservationRecord

ACTIONS = ("view", "change", "delete")


def grant_group(holder: Any, group: ObservationGroup) -> None:
    """Give a user or a user group view, change and delete on an observation group."""
    for action in ACTIONS:
        assign_perm(f"tom_observations.{action}_observationgroup", holder, group)


def grant_records(holders: Iterable[Any], records: Iterable[ObservationRecord]) -> None:
    """Give each user or user group view, change and delete on each record."""
    records = list(records)
    for holder in holders:
        for record in records:
            for action in ACTIONS:
                assign_perm(f"tom_observations.{action}_observationrecord", holder, record)


def create_group(*, actor: Any, name: str, records: Iterable[ObservationRecord] = ()) -> ObservationGroup:
    """A group with these records, on which `actor` has all rights."""
    with transaction.atomic():
        group = ObservationGroup.objects.create(name=name[:50])
        group.observation_records.add(*records)
        if actor is not None:
            grant_group(actor, group)
        record_history(actor=actor, verb="create", obj=group, summary=group.name)
    return group


def add_to_group(*, actor: Any, group: ObservationGroup, records: Iterable[ObservationRecord]) -> int:
    """How many are in the group that were not."""
    records = list(records)
    with transaction.atomic():
        before = set(group.observation_records.filter(pk__in=[record.pk for record in records]).values_list("pk", flat=True))
        group.observation_records.add(*records)
        added = [record.pk for record in records if record.pk not in before]
        if added:
            record_history(
                actor=actor, verb="add_records", obj=group, after={"records": added}, summary=f"{len(added)} added to {group.name}"
            )
    return len(added)


def remove_from_group(*, actor: Any, group: ObservationGroup, records: Iterable[ObservationRecord]) -> int:
    """How many were in the group and are no more."""
    with transaction.atomic():
        removed = list(group.observation_records.filter(pk__in=[record.pk for record in records]).values_list("pk", flat=True))
        group.observation_records.remove(*removed)
        if removed:
            record_history(
                actor=actor,
                verb="remove_records",
                obj=group,
                before={"records": removed},
                summary=f"{len(removed)} removed from {group.name}",
            )
    return len(removed)


def delete_group(*, actor: Any, group: ObservationGroup) -> None:
    with transaction.atomic():
        record_history(actor=actor, verb="delete", obj=group, summary=group.name)
        group.delete()


def groups_of(user: Any):
    """The user groups that `user` may share with."""
    return Group.objects.all() if getattr(user, "is_superuser", False) else user.groups.all()
