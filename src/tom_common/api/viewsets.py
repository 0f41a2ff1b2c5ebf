"""The base of the toolkit's viewsets: closed to anonymous writing whatever the project's REST_FRAMEWORK says."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.http import Http404
from django.urls import NoReverseMatch
from django.utils.cache import patch_vary_headers
from rest_framework import viewsets
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response
from rest_framework.settings import api_settings

from tom_common.accounts.api_auth import authenticators
from tom_common.api.conditional import etag_of, match, none_match
from tom_common.api.errors import PreconditionFailed, PreconditionRequired, exception_handler
from tom_common.api.fields import keep_only, unknown_fields
from tom_common.api.filters import Ordering
from tom_common.api.pagination import CursorOrOffsetPagination
from tom_common.api.parsers import StrictJSONParser
from tom_common.api.permissions import SignedInToWrite
from tom_common.api.renderers import in_our_look
from tom_common.api.throttling import throttles_for
from tom_common.conf import tom_settings
from tom_common.permissions import AccessMixin

CHANGES = ("update", "partial_update", "destroy")


class TomViewSetMixin(AccessMixin):
    """Give `get_visible_queryset(action)`; for adding, override `check_may_create(request)`.

    Object rights: what the user may not see is 404 (401 when anonymous), what they see but may not change is 403.
    `ordering_fields` are the columns that `?ordering=` takes; `heavy_actions` those counted under the rate "heavy".
    Every single row has a strong ETag; a viewset with a `perform_destroy` of its own puts its work into `with self.unchanged(row):`.
    """

    permission_classes: list = [SignedInToWrite]
    ordering_fields: tuple[str, ...] = ()
    heavy_actions: tuple[str, ...] = ()
    thing: str = ""  # what a row is called where there is none
    ignored_fields: list[str]

    # --- who asks ---------------------------------------------------------------------------------------------------------

    def get_permissions(self) -> list:
        own = [SignedInToWrite()]
        return own + [cls() for cls in [*api_settings.DEFAULT_PERMISSION_CLASSES, *self.permission_classes] if cls is not SignedInToWrite]

    def get_authenticate_header(self, request: Any) -> str:
        # with session authentication first, DRF would answer 403 to whoever is not logged in
        return super().get_authenticate_header(request) or 'Session realm="api"'

    def get_authenticators(self) -> list:
        return authenticators(self.authentication_classes)

    def check_permissions(self, request: Any) -> None:
        super().check_permissions(request)
        self.check_account(request)

    def check_account(self, request: Any) -> None:
        """What a page would ask of this account first (terms, second factor, ...) is asked of who logs in by name and password too.

        A token goes on working: its program runs when no person is there to make good what is missing. What tokens need are settings
        of their own, TOM_API_TOKEN_EXPIRY_DAYS and TOM_API_TOKEN_REQUIRES_MFA.
        """
        if not request.user or not request.user.is_authenticated or isinstance(request.successful_authenticator, TokenAuthentication):
            return
        from tom_common.middleware import AccountRequirementsMiddleware

        for requirement in AccountRequirementsMiddleware.requirements():
            if requirement(request):
                text = getattr(requirement, "message", "") or "Your account does not fulfil a requirement of this TOM."
                raise PermissionDenied(f"{text} Log in on the pages of this TOM for it.", "account_incomplete")

    def get_throttles(self) -> list:
        return [*super().get_throttles(), *throttles_for(self.request, self)]

    # --- what comes in ----------------------------------------------------------------------------------------------------

    def get_parsers(self) -> list:
        return [StrictJSONParser() if type(parser) is JSONParser else parser for parser in super().get_parsers()]

    def get_exception_handler(self) -> Any:
        configured = super().get_exception_handler()
        return configured if configured is not _drf_default() else exception_handler

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        self.ignored_fields = []
        super().initial(request, *args, **kwargs)
        if getattr(self, "action", None) in ("create", "bulk_create"):
            self.check_may_create(request)

    def check_may_create(self, request: Any) -> None:
        """Raise NotAllowedError when this user may add nothing here."""

    def also_known(self) -> set[str]:
        """Names that may be sent beside the serializer's fields."""
        return set()

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        serializer = super().get_serializer(*args, **kwargs)
        if "data" in kwargs:
            self._check_names(serializer, kwargs["data"])
        elif self.request is not None and self.request.method in ("GET", "HEAD") and (asked := self.request.query_params.get("fields")):
            if not getattr(self, "_whole", False):
                keep_only(serializer, asked)
        return serializer

    def _check_names(self, serializer: Any, data: Any) -> None:
        """A field that does not exist is an error in a change; in a creation it is told as `ignored`: other TOMs send columns of theirs."""
        unknown = list(unknown_fields(serializer, data, self.also_known()))
        if unknown and (self.action not in ("create", "bulk_create") or tom_settings.TOM_API_STRICT_FIELDS):
            raise ValidationError({name: ["There is no such field."] for name in unknown})
        self.ignored_fields = unknown

    # --- what goes out ----------------------------------------------------------------------------------------------------

    def get_renderers(self) -> list:
        return in_our_look(super().get_renderers())

    @property
    def paginator(self) -> Any:
        if not hasattr(self, "_paginator"):
            cls = self.pagination_class
            # a project that names no pagination, or DRF's plain offset pages, gets ours of the same shape
            if cls is None or f"{cls.__module__}.{cls.__name__}" in _REPLACED:
                cls = CursorOrOffsetPagination
            self._paginator = cls()
        return self._paginator

    def filter_queryset(self, queryset: Any) -> Any:
        return Ordering().filter_queryset(self.request, super().filter_queryset(queryset), self)

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.get_serializer_class().Meta.model._default_manager.none()
        return super().get_queryset()

    def get_object(self, *args: Any) -> Any:
        try:
            found = super().get_object(*args)
        except Http404:
            name = self.thing or self.get_visible_queryset("view").model._meta.object_name
            raise Http404(f"No {name} matches the given query.") from None
        if self.action in CHANGES:
            self.check_version(found)
        return found

    def get_success_headers(self, data: Any) -> dict[str, str]:
        headers = super().get_success_headers(data)
        made = getattr(self, "_written", None)
        if made is not None and made.pk is not None:
            with contextlib.suppress(NoReverseMatch):
                headers["Location"] = self.reverse_action("detail", args=[made.pk])
        return headers

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(self, "ignored_fields", None) and response.status_code in (200, 201) and isinstance(response.data, dict):
            response.data["ignored"] = self.ignored_fields
        etag = self._etag_for(request, response)
        if etag and request.method in ("GET", "HEAD") and none_match(request, etag):
            response = Response(status=304)
        response = super().finalize_response(request, response, *args, **kwargs)
        if etag:
            response["ETag"] = etag
            response["Cache-Control"] = "private, no-cache"
            patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
        return response

    # --- versions ---------------------------------------------------------------------------------------------------------

    def version_of(self, row: Any) -> str:
        """The ETag of a row for whoever asks."""
        self._whole = True
        try:
            return etag_of(self.get_serializer(row).data)
        finally:
            self._whole = False

    def _etag_for(self, request: Any, response: Any) -> str:
        if not isinstance(response, Response):
            return ""
        action = getattr(self, "action", None)
        if action == "retrieve" and response.status_code == 200 and "fields" not in request.query_params:
            return etag_of(response.data)
        if action in ("create", "update", "partial_update") and response.status_code in (200, 201):
            written = getattr(self, "_written", None)
            row = self._fresh(written) if written is not None else None
            return self.version_of(row) if row is not None else ""
        return ""

    def _fresh(self, row: Any) -> Any:
        return self.get_visible_queryset("view").filter(pk=row.pk).first()

    def check_version(self, row: Any) -> None:
        """412 when If-Match names another version than this; 428 when TOM_API_REQUIRE_IF_MATCH and it names none."""
        if self.request.method in SAFE_METHODS:
            return
        header = self.request.headers.get("If-Match")
        if header is None:
            if tom_settings.TOM_API_REQUIRE_IF_MATCH:
                raise PreconditionRequired
        elif header.strip() != "*" and not match(header, self.version_of(row)):
            raise PreconditionFailed

    @contextlib.contextmanager
    def unchanged(self, row: Any) -> Iterator[None]:
        """A transaction in which the row is locked and, with If-Match, still of the version that was asked for."""
        with transaction.atomic():
            if self.request.headers.get("If-Match") is not None:
                list(type(row)._base_manager.select_for_update().filter(pk=row.pk).values_list("pk"))
                fresh = self._fresh(row)
                if fresh is None:
                    raise PreconditionFailed
                self.check_version(fresh)
            yield

    # not create, update and destroy themselves: a router gives an address to each that a viewset has

    def perform_create(self, serializer: Any) -> None:
        with transaction.atomic():
            super().perform_create(serializer)
        self._written = serializer.instance

    def perform_update(self, serializer: Any) -> None:
        with self.unchanged(serializer.instance):
            super().perform_update(serializer)
        self._written = serializer.instance

    def perform_destroy(self, instance: Any) -> None:
        with self.unchanged(instance):
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
