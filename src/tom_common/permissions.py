"""Who gets which answer, for pages and API alike.

Hidden or not there: an anonymous visitor is asked to log in (API: 401), anybody else gets 404. Seen but not allowed: 403.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import resolve_url

from tom_common.errors import NotAllowedError


def is_api_request(request: Any) -> bool:
    """A request that DRF handles, or one below /api/, wants an answer for programs."""
    from rest_framework.request import Request

    return isinstance(request, Request) or request.path_info.startswith("/api/")


class LoginNeeded(PermissionDenied):  # noqa: N818
    """Raised where no response can be returned: `Raise403Middleware` turns it into the redirect to the login page."""


def login_redirect(request: Any) -> HttpResponse:
    """To the login page and then back to here, query string and all."""
    return redirect_to_login(page_of(request), resolve_url(settings.LOGIN_URL))


def page_of(request: Any) -> str:
    """The page on which the request was made, as a way back: a POST cannot be repeated, and a part is no page of its own."""
    if request.method in ("GET", "HEAD") and request.headers.get("HX-Request") != "true":
        return request.get_full_path()
    from urllib.parse import urlsplit

    from django.utils.http import url_has_allowed_host_and_scheme

    referer = request.headers.get("HX-Current-URL") or request.headers.get("referer", "")
    if referer and url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        parts = urlsplit(referer)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return request.get_full_path()


def deny(request: Any, *, seen: bool) -> NoReturn:
    """Refuse: `seen` tells whether the requester may see the thing at all. Always raises.

    Anonymous: LoginNeeded (pages; becomes the login redirect) or NotAuthenticated (API; 401). Else Http404 when hidden,
    PermissionDenied when seen.
    """
    if not getattr(request.user, "is_authenticated", False):
        if is_api_request(request):
            from rest_framework.exceptions import NotAuthenticated

            raise NotAuthenticated
        raise LoginNeeded("Please log in to go on.")
    if seen:
        raise PermissionDenied(NotAllowedError.default_message)
    raise Http404


API_ACTIONS = {
    "list": "view",
    "retrieve": "view",
    "metadata": "view",
    "create": "add",
    "update": "change",
    "partial_update": "change",
    "destroy": "delete",
}


class AccessMixin:
    """For class views and viewsets: the object comes from what the user may do `action` to, else the right refusal.

    Set `action` ("view", "change", "delete", ...; a viewset's own actions are understood) and `get_visible_queryset(action)`:
    the rows that the user may see ("view") or do the action to.
    """

    request: Any
    kwargs: dict[str, Any]

    def get_action(self) -> str:
        action = getattr(self, "action", None) or "view"
        return API_ACTIONS.get(action, action)

    def get_visible_queryset(self, action: str) -> QuerySet:
        raise NotImplementedError(f"{type(self).__name__} must say which rows are visible: get_visible_queryset(action)")

    def get_queryset(self) -> QuerySet:
        return self.get_visible_queryset("view")

    def get_object(self, queryset: QuerySet | None = None) -> Any:
        field = getattr(self, "slug_field_name", "pk")
        key = self.kwargs[getattr(self, "lookup_url_kwarg", None) or getattr(self, "pk_url_kwarg", None) or "pk"]
        action = self.get_action()
        try:
            found = self.get_visible_queryset(action).filter(**{field: key}).first()
            if found is not None:
                if hasattr(self, "check_object_permissions"):
                    self.check_object_permissions(self.request, found)
                return found
            seen = action != "view" and self.get_visible_queryset("view").filter(**{field: key}).exists()
        except (ValueError, TypeError, OverflowError):
            seen = False
        deny(self.request, seen=seen)
