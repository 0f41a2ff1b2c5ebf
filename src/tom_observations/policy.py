"""Who may do what with observations: one door.

A record is seen by who sees its target (``TARGET_PERMISSIONS_ONLY``) or by who was given the right on it, and always by who requested it.
It is changed by who may change its target, by who was given the right on it, and by who requested it. A record that nobody requested
belongs to no one: it is not everybody's.
"""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from guardian.shortcuts import get_objects_for_user
from guardian.utils import get_anonymous_user

from tom_common.conf import tom_settings
from tom_targets.policy import restrict_by_target

from .models import DynamicCadence, ObservationGroup, ObservationRecord

__all__ = ["actions_for", "cadences_visible_to", "can", "groups_visible_to", "is_person", "visible_to"]


def is_person(user) -> bool:
    return user is not None and user.is_authenticated and user.is_active


def _sees_all(user, action: str, model: str) -> bool:
    return is_person(user) and (user.is_superuser or user.has_perm(f"tom_observations.{action}_{model}"))


def _given(user, action: str, queryset: QuerySet) -> QuerySet:
    """Rows of `queryset` on which guardian's tables give `user`, or for a visitor the anonymous account, the right."""
    model = queryset.model._meta.model_name
    if not is_person(user):
        if user is not None and user.is_authenticated:
            return queryset.none()  # an account that is switched off
        try:
            user = get_anonymous_user()
        except get_user_model().DoesNotExist:
            return queryset.none()
    return get_objects_for_user(user, f"tom_observations.{action}_{model}", klass=queryset, with_superuser=False, accept_global_perms=False)


def visible_to(user, action: str = "view", queryset: QuerySet | None = None) -> QuerySet:
    """Records with which `user` (None: a visitor) may do `action`: view, change or delete."""
    action = action.removesuffix("_observationrecord")
    if queryset is None:
        queryset = ObservationRecord.objects.all()
    if _sees_all(user, action, "observationrecord"):
        return queryset
    if action != "view" and not is_person(user):
        return queryset.none()
    this = ObservationRecord.objects.filter(pk=OuterRef("pk"))
    allowed = Q(user_id=user.pk) if is_person(user) else Q(pk__in=[])
    if tom_settings.TARGET_PERMISSIONS_ONLY:
        allowed |= Q(Exists(restrict_by_target(this, user, action)))
        if action == "view":
            return queryset.filter(allowed)
    elif action != "view":
        allowed |= Q(Exists(restrict_by_target(this, user, action)))
    return queryset.filter(allowed | Q(pk__in=_given(user, action, ObservationRecord.objects.all()).order_by().values("pk")))


def can(user, action: str, record: ObservationRecord) -> bool:
    """May `user` do `action` (view, change, delete) with this record."""
    return visible_to(user, action, ObservationRecord.objects.filter(pk=record.pk)).exists()


def actions_for(user, record: ObservationRecord) -> set[str]:
    return {action for action in ("view", "change", "delete") if can(user, action, record)}


def groups_visible_to(user, action: str = "view", queryset: QuerySet | None = None) -> QuerySet:
    """Observation groups with which `user` may do `action`: by right given on the group, or on all groups."""
    if queryset is None:
        queryset = ObservationGroup.objects.all()
    if _sees_all(user, action, "observationgroup"):
        return queryset
    if action != "view" and not is_person(user):
        return queryset.none()
    return queryset.filter(pk__in=_given(user, action, ObservationGroup.objects.all()).order_by().values("pk"))


def cadences_visible_to(user, action: str = "view", queryset: QuerySet | None = None) -> QuerySet:
    """A cadence goes with its group."""
    if queryset is None:
        queryset = DynamicCadence.objects.all()
    if _sees_all(user, action, "dynamiccadence"):
        return queryset
    return queryset.filter(observation_group__in=groups_visible_to(user, action).order_by().values("pk"))
