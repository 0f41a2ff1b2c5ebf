"""The base of the toolkit's viewsets: closed to anonymous writing whatever the project's REST_FRAMEWORK says."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework import viewsets
from rest_framework.settings import api_settings

from tom_common.api.errors import exception_handler
from tom_common.api.pagination import CursorOrOffsetPagination
from tom_common.api.permissions import SignedInToWrite
from tom_common.permissions import AccessMixin


class TomViewSetMixin(AccessMixin):
    """Give `get_visible_queryset(action)`; for adding, override `check_may_create(request)`.

    Object rights: what the user may not see is 404 (401 when anonymous), what they see but may not change is 403.
    """

    permission_classes: list = [SignedInToWrite]

    def get_permissions(self) -> list:
        own = [SignedInToWrite()]
        return own + [cls() for cls in [*api_settings.DEFAULT_PERMISSION_CLASSES, *self.permission_classes] if cls is not SignedInToWrite]

    def get_exception_handler(self) -> Any:
        configured = super().get_exception_handler()
        return configured if configured is not _drf_default() else exception_handler

    @property
    def paginator(self) -> Any:
        if not hasattr(self, "_paginator"):
            cls = self.pagination_class
            # a project that names no pagination, or DRF's plain offset pages, gets ours of the same shape
            if cls is None or f"{cls.__module__}.{cls.__name__}" in _REPLACED:
                cls = CursorOrOffsetPagination
            self._paginator = cls()
        return self._paginator

    def get_authenticate_header(self, request: Any) -> str:
        # with session authentication first, DRF would answer 403 to whoever is not logged in
        return super().get_authenticate_header(request) or 'Session realm="api"'

    def check_may_create(self, request: Any) -> None:
        """Raise NotAllowedError when this user may add nothing here."""

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if getattr(self, "action", None) == "create":
            self.check_may_create(request)

    # not create, update and destroy themselves: a router gives an address to each that a viewset has

    def perform_create(self, serializer: Any) -> None:
        with transaction.atomic():
            super().perform_create(serializer)

    def perform_update(self, serializer: Any) -> None:
        with transaction.atomic():
            super().perform_update(serializer)

    def perform_destroy(self, instance: Any) -> None:
        with transaction.atomic():
            super().perform_destroy(instance)


_REPLACED = {
    "rest_framework.pagination.LimitOffsetPagination",
    "tom_common.api.pagination.CappedLimitOffsetPagination",
}


def _drf_default() -> Any:
    from rest_framework.views import exception_handler as default

    return default


class TomModelViewSet(TomViewSetMixin, viewsets.ModelViewSet):
    """List, retrieve, create, update, delete."""


class TomReadOnlyModelViewSet(TomViewSetMixin, viewsets.ReadOnlyModelViewSet):
    """List and retrieve."""
