"""Tags about users, groups and the viewer's account."""

from __future__ import annotations

import logging
from typing import Any

from django import template
from django.apps import apps

from tom_common.conf import tom_settings
from tom_common.templatetags.tom_common_extras import called_context

logger = logging.getLogger(__name__)
register = template.Library()
SHOWN_AT_MOST = 1000


def _viewer(context: dict) -> Any:
    request = context.get("request")
    return context.get("user") or (request.user if request is not None else None)


def _shared(context: dict) -> dict:
    return {name: context.get(name) for name in ("request", "user", "csrf_token", "perms")}


@register.inclusion_tag("auth/partials/group_list.html", takes_context=True)
def group_list(context: dict) -> dict:
    """The groups that the viewer may know, with the number of their members."""
    from django.db.models import Count

    from tom_common.accounts.services import visible_groups

    viewer = _viewer(context)
    if viewer is None or not viewer.is_authenticated:
        return {"groups": []}
    return _shared(context) | {"groups": visible_groups(viewer).annotate(members=Count("user")).order_by("name")[:SHOWN_AT_MOST]}


@register.inclusion_tag("auth/partials/user_list.html", takes_context=True)
def user_list(context: dict) -> dict:
    """The users that the viewer may know."""
    from tom_common.accounts.requirements import configured_requirements
    from tom_common.accounts.services import visible_users

    viewer = _viewer(context)
    if viewer is None or not viewer.is_authenticated:
        return {"users": []}
    users = list(visible_users(viewer).select_related("profile").prefetch_related("groups").order_by("username")[:SHOWN_AT_MOST])
    columns = []
    if viewer.is_superuser:
        columns = [(requirement.column_label(), requirement.met_user_pks(users)) for requirement in configured_requirements()]
        for user in users:
            user.requirement_cells = [user.pk in met for _, met in columns]
    return _shared(context) | {"users": users, "requirement_labels": [label for label, _ in columns], "shown_at_most": SHOWN_AT_MOST}


@register.inclusion_tag("auth/partials/pending_users.html", takes_context=True)
def pending_users_list(context: dict) -> dict:
    """Those who registered and wait for a superuser's approval."""
    from tom_common.accounts.services import pending_users

    viewer = _viewer(context)
    waiting = list(pending_users()[:SHOWN_AT_MOST]) if viewer is not None and viewer.is_superuser else []
    return _shared(context) | {"users": waiting, "pending_users": waiting}


def _app_parts(method: str, argument: Any) -> list[dict]:
    from tom_common.plugins import integration_items

    found = []
    for item in integration_items(method):
        if not isinstance(item, dict):
            continue
        try:
            found.append({"partial": item["partial"], "context": called_context(item, argument)})
        except Exception:
            logger.exception("%s: the part %s could not be prepared; it is left out", method, item.get("partial"))
    return found


@register.inclusion_tag("auth/partials/app_user_lists.html", takes_context=True)
def include_app_user_lists(context: dict) -> dict:
    """The lists that the apps' ``user_lists()`` add to the users page."""
    parts = _app_parts("user_lists", context)
    return context.flatten() | {"user_lists_to_display": parts, "app_user_lists": parts} if hasattr(context, "flatten") else {"app_user_lists": parts}


@register.inclusion_tag("tom_common/partials/app_profiles.html", takes_context=True)
def show_app_profiles(context: dict, user: Any) -> dict:
    """The cards that the apps' ``profile_details()`` add to the profile page."""
    parts = _app_parts("profile_details", user)
    return _shared(context) | {"user": user, "profiles_to_display": parts, "app_profiles": parts, "token": context.get("token")}


@register.inclusion_tag("tom_common/partials/user_data.html")
def user_data(user: Any) -> dict:
    """What a user told of themselves, and the API token behind a button."""
    from tom_common.accounts.services import profile_of

    return {"user": user, "profile": profile_of(user) if getattr(user, "pk", None) else None, "has_tokens": apps.is_installed("rest_framework.authtoken")}


@register.inclusion_tag("tom_common/partials/security_card.html")
def security_card(user: Any) -> dict:
    """Password, second factor, recovery codes."""
    allauth = apps.is_installed("allauth.account")
    mfa = apps.is_installed("allauth.mfa")
    context: dict[str, Any] = {"user": user, "has_allauth": allauth, "has_mfa": mfa}
    if mfa and getattr(user, "pk", None):
        from allauth.mfa.models import Authenticator

        kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
        context |= {
            "second_factor": bool(kinds - {Authenticator.Type.RECOVERY_CODES}),
            "recovery_codes": Authenticator.Type.RECOVERY_CODES in kinds,
            "mfa_can_be_disabled": mfa_can_be_disabled(user),
        }
    return context


@register.simple_tag
def mfa_can_be_disabled(user: Any) -> bool:
    if not apps.is_installed("allauth.mfa"):
        return True
    from tom_common.accounts.adapters import mfa_can_be_disabled as allowed

    return allowed(user)


@register.simple_tag
def registration_is_open() -> bool:
    return apps.is_installed("allauth.account") and tom_settings.TOM_REGISTRATION_STRATEGY in ("open", "approval_required")


@register.simple_tag
def password_reset_is_open() -> bool:
    return bool(tom_settings.TOM_PASSWORD_RESET_ENABLED)
