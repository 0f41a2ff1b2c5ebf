"""Whose comments on targets and lists one sees: of those that one sees themselves."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet


def targets_seen_by(user: Any) -> QuerySet:
    from tom_targets.policy import visible_to

    return visible_to(user)


def lists_seen_by(user: Any) -> QuerySet:
    from tom_targets.policy import lists_visible_to

    return lists_visible_to(user)
