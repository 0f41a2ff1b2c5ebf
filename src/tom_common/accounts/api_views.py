from __future__ import annotations

from typing import Any

from rest_framework.authtoken.models import Token
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.exceptions import PermissionDenied, Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.throttling import AnonRateThrottle

from tom_common.accounts.api_auth import TOO_MANY_TRIES, PasswordTries, needs_more_than_a_password, token_is_expired
from tom_common.accounts.security_log import Kind, record
from tom_common.conf import tom_settings


class TokenRateThrottle(AnonRateThrottle):
    """Guessing passwords by the API is slowed down like guessing them on the login page."""

    scope = "tom_token"

    def get_rate(self) -> str:
        return tom_settings.TOM_API_TOKEN_RATE


class TomObtainAuthToken(ObtainAuthToken):
    """POST username and password, get `{"token": ...}`. An expired token is replaced by a new one."""

    throttle_classes = [TokenRateThrottle]
    renderer_classes = api_settings.DEFAULT_RENDERER_CLASSES

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if tom_settings.TOM_API_TOKEN_REQUIRES_MFA:
            raise PermissionDenied(
                "A password alone gives no token here: log in with your second factor and take the token from your profile page."
            )
        serializer = self.get_serializer(data=request.data)
        tries = PasswordTries(request, str(serializer.initial_data.get("username", "")) if hasattr(serializer.initial_data, "get") else "")
        if tries.are_too_many():
            raise Throttled(wait=PasswordTries.seconds, detail=TOO_MANY_TRIES)
        if not serializer.is_valid():
            tries.count()
            raise ValidationError(serializer.errors)
        user = serializer.validated_data["user"]
        if needs_more_than_a_password(user):
            raise PermissionDenied("This account has a second factor, so its password alone gives no token: take it from the profile page.")
        token, created = Token.objects.get_or_create(user=user)
        if not created and token_is_expired(token):
            token.delete()
            token = Token.objects.create(user=user)
            record(Kind.TOKEN_REGENERATED, user, actor=user, request=request, detail="after expiry")
        return Response({"token": token.key})
