"""What is done to accounts and groups."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from tom_common.accounts.security_log import Kind, record
from tom_common.conf import tom_settings
from tom_common.errors import NotAllowedError
from tom_common.services.groups import delete_group, save_group, visible_groups
from tom_common.services.history import record_history
from tom_common.services.users import delete_user, is_last_superuser, save_user, visible_users

__all__ = [
    "accept_terms", "approve_user", "complete_registration", "delete_group", "delete_user", "is_last_superuser", "pending_users", "profile_of",
    "regenerate_token", "reset_second_factor", "save_group", "save_user", "set_password", "visible_groups", "visible_users",
]  # fmt: skip


def complete_registration(*, user: Any, affiliation: str = "") -> None:
    """Fill the profile of who just registered, and tell the administrators when they have to approve."""
    from tom_common.accounts.email import administrators, send_registration_mail

    with transaction.atomic():
        profile = profile_of(user)
        profile.affiliation = affiliation or None
        profile.save(update_fields=["affiliation"])
        record_history(actor=user, verb="register", obj=user)
    if tom_settings.TOM_REGISTRATION_STRATEGY == "approval_required":
        transaction.on_commit(lambda: send_registration_mail("requested", user, administrators()))


def profile_of(user: Any) -> Any:
    from tom_common.models import Profile

    profile, _ = Profile.objects.get_or_create(user=user)
    return profile


@transaction.atomic
def set_password(*, actor: Any, user: Any, password: str) -> None:
    """Set somebody's password. The validators have been asked by the form."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record_history(actor=actor, verb="set password", obj=user)


def stamp_password(*, user: Any) -> None:
    """Note that the user chose their own password now; one that somebody else set has no such time."""
    profile = profile_of(user)
    profile.password_changed_at = timezone.now()
    profile.save(update_fields=["password_changed_at"])


@transaction.atomic
def approve_user(*, actor: Any, user: Any) -> None:
    """Let somebody in who registered and waited for it."""
    from tom_common.accounts.email import send_registration_mail

    user.is_active = True
    user.save(update_fields=["is_active"])
    record_history(actor=actor, verb="approve", obj=user)
    record(Kind.APPROVED, user, actor=actor)
    transaction.on_commit(lambda: send_registration_mail("approved", user, [user.email]))


@transaction.atomic
def regenerate_token(*, actor: Any, user: Any) -> Any:
    """A new API token; the old one ceases to work."""
    from rest_framework.authtoken.models import Token

    Token.objects.filter(user=user).delete()
    token = Token.objects.create(user=user)
    record_history(actor=actor, verb="regenerate token", obj=user)
    record(Kind.TOKEN_REGENERATED, user, actor=actor)
    return token


@transaction.atomic
def accept_terms(*, user: Any, version: str, ip_address: str | None = None) -> Any:
    """Note that the user accepted this version; a second time changes nothing."""
    from tom_common.models import TermsOfServiceAcceptance

    acceptance, created = TermsOfServiceAcceptance.objects.get_or_create(user=user, version=version, defaults={"ip_address": ip_address})
    if created:
        record(Kind.TERMS_ACCEPTED, user, actor=user, detail=version)
    return acceptance


def pending_users() -> Any:
    """Those who registered and wait for approval."""
    if tom_settings.TOM_REGISTRATION_STRATEGY != "approval_required":
        return get_user_model().objects.none()
    return get_user_model().objects.filter(is_active=False, last_login__isnull=True).order_by("date_joined")


@transaction.atomic
def reset_second_factor(*, actor: Any, user: Any) -> int:
    """Take away all second factors of somebody who lost them. Gives how many there were."""
    if not actor.is_superuser:
        raise NotAllowedError
    if not apps.is_installed("allauth.mfa"):
        return 0
    from allauth.mfa.models import Authenticator

    count, _ = Authenticator.objects.filter(user=user).delete()
    if count:
        record_history(actor=actor, verb="reset second factor", obj=user)
        record(Kind.FACTOR_REMOVED, user, actor=actor, detail="all, by an administrator")
    return count
