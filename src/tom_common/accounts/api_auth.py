"""How the REST API knows who asks: tokens with expiry, and names with passwords where a password is enough."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.core.cache import cache
from django.utils import timezone
from rest_framework.authentication import BasicAuthentication, TokenAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from tom_common.accounts.client import client_address
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
    """`Authorization: Token <key>`, or `Bearer`; an expired token, or one of a user without the required second factor, is refused."""

    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        words = get_authorization_header(request).split()
        if len(words) == 2 and words[0].lower() == b"bearer" and b"." not in words[1]:  # with dots it is a JWT, for another class
            self.keyword = "Bearer"
        return super().authenticate(request)

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        user, token = super().authenticate_credentials(key)
        if token_is_expired(token):
            raise AuthenticationFailed("The token has expired: make a new one on your profile page.")
        if lacks_second_factor(user):
            raise AuthenticationFailed("API tokens are only for users with a second factor: set one up on your profile page.")
        return user, token


def needs_more_than_a_password(user: Any) -> bool:
    """Whether a password alone does not let this user in: they have a second factor, or the API asks everybody for one."""
    from tom_common.accounts.requirements import has_second_factor

    return bool(tom_settings.TOM_API_TOKEN_REQUIRES_MFA) or has_second_factor(user)


class PasswordTries:
    """Wrong passwords given to the API lately, by name and by address; the login page counts its own."""

    seconds = 300
    limits = {"name": 5, "address": 20}

    def __init__(self, request: Any, username: str) -> None:
        address = client_address(getattr(request, "_request", request)) or "-"
        hashed = hashlib.sha256(username.strip().lower().encode()).hexdigest()
        self.keys = {"name": f"tom_common.password_tries.name.{hashed}", "address": f"tom_common.password_tries.address.{address}"}

    def are_too_many(self) -> bool:
        found = cache.get_many(self.keys.values())
        return any(found.get(key, 0) >= self.limits[what] for what, key in self.keys.items())

    def count(self) -> None:
        for key in self.keys.values():
            cache.add(key, 0, self.seconds)
            try:
                cache.incr(key)
            except ValueError:  # it ran out between the two
                cache.set(key, 1, self.seconds)


TOO_MANY_TRIES = "Too many wrong passwords. Try again in a few minutes."


class TomBasicAuthentication(BasicAuthentication):
    """`Authorization: Basic`: limited in tries, and not for those who need a second factor."""

    def authenticate_credentials(self, userid: str, password: str, request: Any = None) -> tuple[Any, Any]:
        tries = PasswordTries(request, userid) if request is not None else None
        if tries is not None and tries.are_too_many():
            raise AuthenticationFailed(TOO_MANY_TRIES)
        try:
            user, auth = super().authenticate_credentials(userid, password, request)
        except AuthenticationFailed:
            if tries is not None:
                tries.count()
            raise
        if needs_more_than_a_password(user):
            raise AuthenticationFailed("A password alone is not enough for this account: use the API token from your profile page.")
        return user, auth


def authenticators(classes: Iterable[type]) -> list[Any]:
    """One of each; DRF's own basic login, which lets one guess passwords without end, gives way to ours."""
    return [TomBasicAuthentication() if cls is BasicAuthentication else cls() for cls in classes]
