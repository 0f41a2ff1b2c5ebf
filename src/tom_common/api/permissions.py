from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission


class SignedInToWrite(BasePermission):
    """Anybody may ask; who writes must be logged in. What may be seen or changed is the view's policy."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return request.method in SAFE_METHODS or bool(request.user and request.user.is_authenticated)
