"""Who may do what: everybody who is logged in may write events; an event's target list is shown only to those who may see that list."""

from __future__ import annotations

from typing import Any

from tom_targets.models import TargetList
from tom_targets.policy import lists_visible_to


def visible_lists(user: Any):
    """The target lists that the user may see."""
    return lists_visible_to(user) if user.is_authenticated else TargetList.objects.none()
