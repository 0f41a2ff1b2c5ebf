"""What an account must fulfil before its user may go on: ``TOM_ACCOUNT_REQUIREMENTS`` names them, the middleware asks them in order."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.utils import timezone

from tom_common.conf import tom_settings


class AccountRequirement:
    """One requirement. Called with a request it answers None, or the URL name of the page where it can be made good."""

    label: str = ""
    target_url_name: str = ""
    message: str = ""

    def is_configured(self) -> bool:
        """Whether this TOM asks for it at all."""
        return True

    def is_met(self, user: Any) -> bool:
        raise NotImplementedError

    def met_user_pks(self, users: Iterable[Any]) -> set[Any]:
        """Of ``users`` the keys of those who fulfil it; subclasses ask the database once."""
        return {user.pk for user in users if self.is_met(user)}

    def column_label(self) -> str:
        """The heading of its column in the list of users."""
        return self.label

    def __call__(self, request: Any) -> str | None:
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated or not self.is_configured() or self.is_met(user):
            return None
        return self.target_url_name


class TermsOfServiceAccepted(AccountRequirement):
    label = "Terms accepted"
    target_url_name = "terms-accept"
    message = "Please read and accept the terms of service to go on."

    def is_configured(self) -> bool:
        return bool(tom_settings.TOM_TERMS_OF_SERVICE_VERSION)

    def is_met(self, user: Any) -> bool:
        return user.terms_acceptances.filter(version=tom_settings.TOM_TERMS_OF_SERVICE_VERSION).exists()

    def met_user_pks(self, users: Iterable[Any]) -> set[Any]:
        from tom_common.models import TermsOfServiceAcceptance

        return set(
            TermsOfServiceAcceptance.objects.filter(version=tom_settings.TOM_TERMS_OF_SERVICE_VERSION, user__in=list(users)).values_list(
                "user_id", flat=True
            )
        )

    def column_label(self) -> str:
        return f"Terms {tom_settings.TOM_TERMS_OF_SERVICE_VERSION}"


class MFAEnrolled(AccountRequirement):
    label = "Second factor"
    target_url_name = "mfa_activate_totp"
    message = "This TOM asks you to log in with a second factor. Please set it up to go on."

    def is_configured(self) -> bool:
        return apps.is_installed("allauth.mfa") and tom_settings.TOM_MFA_REQUIRED in ("superusers", "all")

    def applies_to(self, user: Any) -> bool:
        return tom_settings.TOM_MFA_REQUIRED == "all" or (tom_settings.TOM_MFA_REQUIRED == "superusers" and user.is_superuser)

    def is_met(self, user: Any) -> bool:
        return not self.applies_to(user) or has_second_factor(user)

    def __call__(self, request: Any) -> str | None:
        wanted = super().__call__(request)
        if wanted is None:
            return None
        from allauth.mfa import app_settings

        return wanted if "totp" in app_settings.SUPPORTED_TYPES else "mfa_add_webauthn"

    def met_user_pks(self, users: Iterable[Any]) -> set[Any]:
        users = list(users)
        enrolled = second_factor_pks(users)
        return {user.pk for user in users if user.pk in enrolled or not self.applies_to(user)}


class PasswordNotExpired(AccountRequirement):
    label = "Password up to date"
    target_url_name = "account_change_password"
    message = "Your password is too old. Please choose a new one to go on."

    def is_configured(self) -> bool:
        return apps.is_installed("allauth.account") and bool(tom_settings.TOM_PASSWORD_EXPIRY_DAYS)

    def is_met(self, user: Any) -> bool:
        if not user.has_usable_password():
            return True
        profile = getattr(user, "profile", None)
        changed = (profile.password_changed_at if profile is not None else None) or user.date_joined
        if profile is not None and profile.password_changed_at is None and user.last_login is not None:
            # somebody else set it: its user has to choose an own one
            return False
        return timezone.now() - changed < datetime.timedelta(days=tom_settings.TOM_PASSWORD_EXPIRY_DAYS)


class RequiredFieldsPresent(AccountRequirement):
    label = "Profile complete"
    target_url_name = "user-profile"
    message = "Please complete your profile to go on."

    def is_configured(self) -> bool:
        return bool(tom_settings.TOM_REQUIRED_USER_FIELDS)

    def missing(self, user: Any) -> list[str]:
        """Names of the fields that are empty, of the user or else of the profile."""
        names = []
        for name in tom_settings.TOM_REQUIRED_USER_FIELDS:
            holder = user if hasattr(user, name) else getattr(user, "profile", None)
            if not str(getattr(holder, name, "") or "").strip():
                names.append(name)
        return names

    def is_met(self, user: Any) -> bool:
        return not self.missing(user)

    def __call__(self, request: Any) -> str | None:
        if super().__call__(request) is None:
            return None
        # the form where the fields are is open to whoever misses them
        match = getattr(request, "resolver_match", None)
        own_form = f"/users/{request.user.pk}/update/"
        if (match is not None and match.url_name == "user-update") or request.path_info.endswith(own_form):
            return None
        return self.target_url_name


def second_factor_pks(users: Iterable[Any]) -> set[Any]:
    if not apps.is_installed("allauth.mfa"):
        return set()
    from allauth.mfa.models import Authenticator

    return set(
        Authenticator.objects.filter(user__in=list(users)).exclude(type=Authenticator.Type.RECOVERY_CODES).values_list("user_id", flat=True)
    )


def has_second_factor(user: Any) -> bool:
    return user.pk in second_factor_pks([user])


terms_of_service_accepted = TermsOfServiceAccepted()
mfa_enrolled = MFAEnrolled()
password_not_expired = PasswordNotExpired()
required_fields_present = RequiredFieldsPresent()


def configured_requirements() -> list[AccountRequirement]:
    """The requirements in force that can be shown as a column of the list of users."""
    from django.utils.module_loading import import_string

    found = [import_string(item) if isinstance(item, str) else item for item in tom_settings.TOM_ACCOUNT_REQUIREMENTS]
    return [item for item in found if isinstance(item, AccountRequirement) and item.is_configured()]
