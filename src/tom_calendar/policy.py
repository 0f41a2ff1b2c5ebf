"""Who may do what: everybody who is logged in may write events; an event's target list is shown only to those who may see that list."""

from __future__ import annotations

from typing import Any

from tom_targets.models import TargetList


def visible_lists(user: Any):
    """The target lists that the user may see."""
    from guardian.shortcuts import get_objects_for_user

    if not user.is_authenticated:
        return TargetList.objects.none()
    if user.is_superuser:
        return TargetList.objects.all()
    return get_objects_for_user(user, "tom_targets.view_targetlist", TargetList)
