"""The middleware by which a person looks at the TOM as somebody else: see `tom_common.services.view_as`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve

from tom_common.middleware import AuthStrategyMiddleware, _Middleware, error_page
from tom_common.permissions import is_api_request
from tom_common.services import view_as

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
# these are for the person, whatever they look as
OWN = {"view-as-start", "view-as-stop", "logout", "account_logout"}
# pages of one's own account, which a stand-in has not got
PERSONAL = ("account_", "mfa_", "user-profile", "user-update", "user-delete", "terms-accept", "security-log", "socialaccount_", "usersessions_")
NO_ACCOUNT = "This page is about your own account, and you look at the TOM as somebody else. Stop it at the top of the page to come back."


class ViewAsMiddleware(_Middleware):
    """Puts the stand-in in the place of the request's user, and refuses everything that is no looking.

    It stands last, so that what is asked of an account (AUTH_STRATEGY, requirements) was asked of the real one.
    ``request.view_as`` is what is looked as, or None; ``request.real_user`` the person.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.view_as = None
        session = getattr(request, "session", None)
        if session is None or not session.get(view_as.SESSION_KEY):
            return self.get_response(request)
        person = request.user
        found = view_as.current(actor=person, session=session)
        name = self.name_of(request)
        if found is None:
            return self.get_response(request)
        request.view_as, request.real_user = found, person
        if name in OWN:
            return self.get_response(request)
        self.put(request, found.user)
        if request.method not in SAFE:
            return self.refuse(request, view_as.READ_ONLY)
        if name.startswith(PERSONAL):
            return self.refuse(request, NO_ACCOUNT)
        response = AuthStrategyMiddleware(self.get_response)(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @staticmethod
    def name_of(request: HttpRequest) -> str:
        try:
            return resolve(request.path_info).view_name or ""
        except Resolver404:
            return ""

    @staticmethod
    def put(request: HttpRequest, user: Any) -> None:
        async def auser() -> Any:
            return user

        request.user, request.auser = user, auser

    @staticmethod
    def refuse(request: HttpRequest, reason: str) -> HttpResponse:
        if is_api_request(request):
            return JsonResponse({"detail": reason}, status=403)
        return error_page(request, 403, reason)
