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
    """The groups that the viewer may know, with the number of their members; which of them the viewer manages."""
    from django.db.models import Count

    from tom_common.services.groups import managed_groups, visible_groups

    viewer = _viewer(context)
    if viewer is None or not viewer.is_authenticated:
        return {"groups": []}
    groups = list(visible_groups(viewer).annotate(members=Count("user")).order_by("name")[:SHOWN_AT_MOST])
    managed = set() if viewer.is_superuser else set(managed_groups(viewer).values_list("pk", flat=True))
    for group in groups:
        group.managed = viewer.is_superuser or group.pk in managed
    return _shared(context) | {"groups": groups}


@register.inclusion_tag("auth/partials/user_list.html", takes_context=True)
def user_list(context: dict) -> dict:
    """The users that the viewer may know: the table of the users page, or on another page its first rows."""
    from django_tables2 import RequestConfig

    from tom_common.htmx_table import CappedPaginator
    from tom_common.user_tables import UserTable, user_rows, user_table_arguments

    viewer = _viewer(context)
    if viewer is None or not viewer.is_authenticated:
        return {"users": []}
    table = context.get("table")
    if not isinstance(table, UserTable):
        table = UserTable(user_rows(viewer), **user_table_arguments(viewer), prefix="users-")
        RequestConfig(context["request"], paginate={"per_page": 50, "paginator_class": CappedPaginator}).configure(table)
    users = [row.record for row in table.paginated_rows]
    return _shared(context) | {"users": users, "table": table, "filter": context.get("filter")}


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
    """Password, second factors, linked logins, and the last logins."""
    allauth = apps.is_installed("allauth.account")
    mfa = apps.is_installed("allauth.mfa")
    context: dict[str, Any] = {"user": user, "has_allauth": allauth, "has_mfa": mfa, "has_social": apps.is_installed("allauth.socialaccount")}
    if allauth and getattr(user, "pk", None):
        from tom_common.accounts.security_log import recent_logins

        context["recent_logins"] = recent_logins(user)
    if mfa and getattr(user, "pk", None):
        from allauth.mfa import app_settings
        from allauth.mfa.models import Authenticator

        kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
        context |= {
            "supported": app_settings.SUPPORTED_TYPES,
            "totp": Authenticator.Type.TOTP in kinds,
            "passkeys": Authenticator.Type.WEBAUTHN in kinds,
            "second_factor": bool(kinds - {Authenticator.Type.RECOVERY_CODES}),
            "recovery_codes": Authenticator.Type.RECOVERY_CODES in kinds,
            "mfa_can_be_disabled": mfa_can_be_disabled(user),
        }
    return context


@register.simple_tag
def avatar(user: Any, size: int = 40) -> str:
    """A picture for a person: initials, or their Gravatar where django_gravatar is installed and the policy lets its images in."""
    from tom_common.avatars import avatar as picture

    return picture(user, size)


@register.simple_tag(takes_context=True)
def profile_panels(context: dict) -> list:
    """The panels that apps registered for the profile page."""
    from tom_common.panels import panels_for

    request = context.get("request")
    return panels_for("profile", request, request.user) if request is not None else []


@register.simple_tag(takes_context=True)
def view_as(context: dict) -> Any:
    """What the viewer looks at the TOM as, or None."""
    return getattr(context.get("request"), "view_as", None)


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
def registration_needs_approval() -> bool:
    return tom_settings.TOM_REGISTRATION_STRATEGY == "approval_required"


@register.simple_tag
def password_reset_is_open() -> bool:
    return bool(tom_settings.TOM_PASSWORD_RESET_ENABLED)
