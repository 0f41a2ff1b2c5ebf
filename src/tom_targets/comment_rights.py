"""Whose comments on targets and lists one sees: of those that one sees themselves."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet


def targets_seen_by(user: Any) -> QuerySet:
    from tom_targets.policy import visible_to

    return visible_to(user)


def lists_seen_by(user: Any) -> QuerySet:
    """Lists on which guardian gives the right; a visitor's are those of guardian's anonymous account."""
    from guardian.shortcuts import get_objects_for_user
    from guardian.utils import get_anonymous_user

    from tom_targets.models import TargetList

    if user is None or not user.is_authenticated:
        user = get_anonymous_user()
    return get_objects_for_user(user, "tom_targets.view_targetlist", klass=TargetList)
