"""Tokens of the REST API, with expiry and, where the TOM asks for it, only for users with a second factor."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.utils import timezone
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from tom_common.conf import tom_settings


def token_expiry_date(token: Any) -> datetime | None:
    """When the token stops being valid; None: never."""
    days = tom_settings.TOM_API_TOKEN_EXPIRY_DAYS
    return token.created + timedelta(days=days) if days else None


def token_is_expired(token: Any) -> bool:
    expiry = token_expiry_date(token)
    return expiry is not None and expiry <= timezone.now()


def lacks_second_factor(user: Any) -> bool:
    """Whether tokens need a second factor here and this user has none."""
    if not tom_settings.TOM_API_TOKEN_REQUIRES_MFA:
        return False
    if not apps.is_installed("allauth.mfa"):
        return True
    from allauth.mfa.utils import is_mfa_enabled

    return not is_mfa_enabled(user)


class TomTokenAuthentication(TokenAuthentication):
    """`Authorization: Token <key>`; an expired token, or one of a user without the required second factor, is refused."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        user, token = super().authenticate_credentials(key)
        if token_is_expired(token):
            raise AuthenticationFailed("The token has expired: make a new one on your profile page.")
        if lacks_second_factor(user):
            raise AuthenticationFailed("API tokens are only for users with a second factor: set one up on your profile page.")
        return user, token
