"""Who has which rights on a target or a list, given and taken as levels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from tom_common.errors import NotAllowedError
from tom_targets.models import BaseTarget, TargetList
from tom_targets.policy import can, can_with_list

NONE, VIEW, CHANGE, DELETE = "none", "view", "change", "delete"
# What each level holds; a higher one holds the lower ones.
LEVELS = {NONE: (), VIEW: ("view",), CHANGE: ("view", "change"), DELETE: ("view", "change", "delete")}
LABELS = {NONE: "No right", VIEW: "See", CHANGE: "See and change", DELETE: "See, change and delete"}


def _kind(obj) -> str:
    return "targetlist" if isinstance(obj, TargetList) else "target"


def _app(obj) -> str:
    return "tom_targets." if isinstance(obj, TargetList) else ""


def level_of(actions) -> str:
    """The level that these actions make; of rights that make none (delete without change), the highest that they reach."""
    return next((level for level in (DELETE, CHANGE, VIEW) if level in actions), NONE)


def rights_on(obj) -> dict[Any, set[str]]:
    """Users and groups with a right given on this object: the actions."""
    from guardian.shortcuts import get_groups_with_perms, get_users_with_perms

    found: dict[Any, set[str]] = {}
    suffix = f"_{_kind(obj)}"
    given: dict[Any, Any] = {
        **dict(get_groups_with_perms(obj, attach_perms=True)),  # type: ignore[arg-type]
        **dict(get_users_with_perms(obj, attach_perms=True, with_group_users=False)),  # type: ignore[arg-type]
    }
    for holder, codes in given.items():
        found[holder] = {code.removesuffix(suffix) for code in codes if code.endswith(suffix)}
    return found


def may_give(actor, obj) -> bool:
    """Rights on an object are given by who may change it."""
    if isinstance(obj, TargetList):
        return can_with_list(actor, "change", obj)
    return can(actor, "change", obj)


def set_rights(*, actor, obj: BaseTarget | TargetList, levels: Mapping[Any, str], permissions: str | None = None) -> int:
    """Give each holder (user or group) exactly the rights of its level; returns how many holders changed.

    `permissions` (of a target): PUBLIC, OPEN or PRIVATE. NotAllowedError for who may not change the object; who has no right to delete it
    gives none. One transaction, one event in history.
    """
    from guardian.shortcuts import assign_perm, remove_perm

    from tom_common.services.history import record_history
    from tom_targets.services.update import update_target

    if actor is not None and not may_give(actor, obj):
        raise NotAllowedError("You may not give or take rights on it.")
    kind, app = _kind(obj), _app(obj)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    with transaction.atomic():
        now = rights_on(obj)
        for holder, level in levels.items():
            present, wanted = now.get(holder, set()), set(LEVELS[level])
            if present == wanted:
                continue
            if "delete" in wanted - present and actor is not None and not _may_delete(actor, obj):
                raise NotAllowedError("Who may not delete it cannot give the right to delete it.")
            for action in wanted - present:
                assign_perm(f"{app}{action}_{kind}", holder, obj)
            for action in present - wanted:
                remove_perm(f"{app}{action}_{kind}", holder, obj)
            name = f"group {holder.name}" if isinstance(holder, Group) else holder.get_username()
            before[name], after[name] = LABELS[level_of(present)], LABELS[level]
        if permissions is not None and isinstance(obj, BaseTarget) and permissions != obj.permissions:
            update_target(actor=actor, target=obj, columns={"permissions": permissions})
        if before:
            groups = [holder for holder in levels if isinstance(holder, Group)]
            record_history(
                actor=actor, verb="rights changed", obj=obj, before=before, after=after, mentions=groups, summary=f"Rights on {obj} changed"
            )
    return len(before)


def _may_delete(actor, obj) -> bool:
    if isinstance(obj, TargetList):
        return can_with_list(actor, "delete", obj)
    return can(actor, "delete", obj)
