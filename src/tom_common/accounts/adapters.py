"""How allauth behaves in a TOM."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter

from tom_common.conf import tom_settings


class TomAccountAdapter(DefaultAccountAdapter):
    """Registration is closed unless ``TOM_REGISTRATION_STRATEGY`` opens it."""

    def is_open_for_signup(self, request: Any) -> bool:
        return tom_settings.TOM_REGISTRATION_STRATEGY in ("open", "approval_required")

    def save_user(self, request: Any, user: Any, form: Any, commit: bool = True) -> Any:
        user = super().save_user(request, user, form, commit=False)
        user.is_active = tom_settings.TOM_REGISTRATION_STRATEGY != "approval_required"
        if commit:
            user.save()
        return user

    def format_email_subject(self, subject: str) -> str:
        return f"[{tom_settings.TOM_NAME}] {subject}"


class TomMFAAdapter(DefaultMFAAdapter):
    """Secrets of second factors are encrypted at rest, and cannot be removed where the TOM asks for them."""

    def get_totp_issuer(self) -> str:
        return tom_settings.TOM_NAME

    def encrypt(self, text: str) -> str:
        from tom_common.encryption import encrypt

        return encrypt(text).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        from tom_common.encryption import decrypt

        return decrypt(encrypted_text.encode("ascii"))

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        return mfa_can_be_disabled(authenticator.user)


def mfa_can_be_disabled(user: Any) -> bool:
    """False for those who must have a second factor."""
    from tom_common.accounts.requirements import mfa_enrolled

    return not (mfa_enrolled.is_configured() and mfa_enrolled.applies_to(user))
