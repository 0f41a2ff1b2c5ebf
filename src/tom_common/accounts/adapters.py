"""How allauth behaves in a TOM."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter

from tom_common.accounts.client import client_address
from tom_common.conf import tom_settings


def registration_is_open() -> bool:
    return tom_settings.TOM_REGISTRATION_STRATEGY in ("open", "approval_required")


def registration_needs_approval() -> bool:
    return tom_settings.TOM_REGISTRATION_STRATEGY == "approval_required"


class TomAccountAdapter(DefaultAccountAdapter):
    """Registration is closed unless ``TOM_REGISTRATION_STRATEGY`` opens it."""

    def is_open_for_signup(self, request: Any) -> bool:
        return registration_is_open()

    def save_user(self, request: Any, user: Any, form: Any, commit: bool = True) -> Any:
        user = super().save_user(request, user, form, commit=False)
        user.is_active = not registration_needs_approval()
        if commit:
            user.save()
        return user

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Names that differ in small and capital letters alone are one name, as in the form of the administrators."""
        from django.contrib.auth import get_user_model

        username = super().clean_username(username, shallow)
        users = get_user_model()
        if not shallow and users.objects.filter(**{f"{users.USERNAME_FIELD}__iexact": username}).exists():
            raise self.validation_error("username_taken")
        return username

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A further way into an account is opened or closed only by who has just shown to be its owner."""
        return app == "allauth.socialaccount" or super().is_reauthentication_required(app=app, **kwargs)

    def get_client_ip(self, request: Any) -> str:
        # behind a socket without a trusted header nobody could log in otherwise; the limits then hold for all together
        return client_address(request) or "0.0.0.0"  # noqa: S104

    def get_password_change_redirect_url(self, request: Any) -> str:
        from django.urls import reverse

        return reverse("user-profile")

    def format_email_subject(self, subject: str) -> str:
        return f"[{tom_settings.TOM_NAME}] {subject}"


class TomMFAAdapter(DefaultMFAAdapter):
    """Secrets of second factors are encrypted at rest, and cannot be removed where the TOM asks for them."""

    def get_totp_issuer(self) -> str:
        return tom_settings.TOM_NAME

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": tom_settings.TOM_NAME}

    def encrypt(self, text: str) -> str:
        from tom_common.encryption import encrypt

        return encrypt(text).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        from tom_common.encryption import decrypt

        return decrypt(encrypted_text.encode("ascii"))

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Where a second factor is asked for, the last one stays."""
        if mfa_can_be_disabled(authenticator.user):
            return True
        kinds = type(authenticator).objects.filter(user=authenticator.user).exclude(pk=authenticator.pk)
        return authenticator.type == authenticator.Type.RECOVERY_CODES or kinds.exclude(type=authenticator.Type.RECOVERY_CODES).exists()


def mfa_can_be_disabled(user: Any) -> bool:
    """False for those who must have a second factor."""
    from tom_common.accounts.requirements import mfa_enrolled

    return not (mfa_enrolled.is_configured() and mfa_enrolled.applies_to(user))
