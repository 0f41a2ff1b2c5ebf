"""Cards of the profile page: the groups one belongs to and with whom, and what one did last."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Count

from tom_common.models import GroupManager, HistoryEvent
from tom_common.panels import Panel, register_panel
from tom_common.services.groups import MEMBERSHIP
from tom_common.services.users import visible_users

NAMED_AT_MOST = 8
GROUPS_AT_MOST = 50
READ_AT_MOST = 1000
EVENTS = 10


def own_groups(request: Any, user: Any) -> dict[str, Any]:
    """One's groups, each with those others whom one may know. Four queries."""
    groups = list(user.groups.order_by("name")[:GROUPS_AT_MOST])
    keys = [group.pk for group in groups]
    sizes = dict(MEMBERSHIP.objects.filter(group__in=keys).order_by().values_list("group_id").annotate(Count("pk")))
    name = f"user__{get_user_model().USERNAME_FIELD}"
    rows = MEMBERSHIP.objects.filter(group__in=keys, user__in=visible_users(user).order_by().values("pk")).order_by(name)
    managers = set(GroupManager.objects.filter(group__in=keys).values_list("group_id", "user_id"))
    named: dict[int, list[str]] = defaultdict(list)
    leading: dict[int, list[str]] = defaultdict(list)
    for group_key, user_key, username in rows.values_list("group_id", "user_id", name)[:READ_AT_MOST]:
        if user_key == user.pk:
            continue
        named[group_key].append(username)
        if (group_key, user_key) in managers:
            leading[group_key].append(username)
    for group in groups:
        group.with_whom = named[group.pk][:NAMED_AT_MOST]
        group.others = max(0, sizes.get(group.pk, 1) - 1 - len(group.with_whom))
        group.managers = leading[group.pk]
        group.manages = (group.pk, user.pk) in managers
    return {"groups": groups}


def own_activity(request: Any, user: Any) -> dict[str, Any]:
    """What one did last, from the history."""
    events = list(HistoryEvent.objects.filter(actor_id=user.pk).order_by("-pk")[:EVENTS])
    for event in events:
        event.kind = _kind(event.object_type)
    return {"events": events}


def _kind(label: str) -> str:
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label


register_panel(
    "profile", Panel("groups", "Groups", "tom_common/partials/profile_groups.html", own_groups, order=30, lazy=False, icon="people")
)
register_panel(
    "profile",
    Panel(
        "activity",
        "What you did last",
        "tom_common/partials/profile_activity.html",
        own_activity,
        order=60,
        lazy=False,
        icon="clock-history",
    ),
)
