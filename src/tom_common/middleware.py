"""What stands around every request of a TOM."""

from __future__ import annotations

import fnmatch
import logging
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.module_loading import import_string

from tom_common.conf import tom_settings
from tom_common.error_pages import dressed
from tom_common.errors import TomError
from tom_common.exceptions import ImproperCredentialsException
from tom_common.permissions import LoginNeeded, is_api_request, login_redirect, page_of
from tom_common.plugins import leaving_out_broken

logger = logging.getLogger(__name__)

# what a person without (complete) account must be able to reach
AUTH_URL_NAMES = {
    "login",
    "logout",
    "robots_txt",
    "favicon",
    "terms-of-service",
    "terms-accept",
    "account_login",
    "account_logout",
    "account_signup",
    "account_inactive",
    "account_reauthenticate",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_request_login_code",
    "account_confirm_login_code",
    "account_confirm_password_reset_code",
    "account_complete_password_reset",
    "account_password_reset_completed",
    "account_signup_by_passkey",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_trust",
    "mfa_login_webauthn",
    "mfa_signup_webauthn",
    "socialaccount_signup",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
}


def is_login_page(match: Any) -> bool:
    """Whether the resolved address belongs to logging in or registering, here or by way of another site."""
    return match.view_name in AUTH_URL_NAMES or getattr(match.func, "tom_is_login_page", False)


def error_page(request: HttpRequest, status: int, message: str, errors: list[Any] | None = None) -> HttpResponse:
    """The answer to an error; see `tom_common.error_pages`."""
    from tom_common.error_pages import answer

    return answer(request, status, message, errors)


def api_refusal(text: str, *, status: int, code: str = "") -> HttpResponse:
    from tom_common.api.errors import refusal

    return refusal(text, status=status, code=code)


class _Middleware:
    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class AuthStrategyMiddleware(_Middleware):
    """With AUTH_STRATEGY 'LOCKED' anonymous visitors get 403, except at the login pages, static files and OPEN_URLS."""

    @classmethod
    def refuses(cls, request: HttpRequest) -> bool:
        return tom_settings.AUTH_STRATEGY == "LOCKED" and not request.user.is_authenticated and not cls.is_open(request)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self.refuses(request):
            text = "This TOM is only for those who are logged in."
            if is_api_request(request):
                refusal = self.api_refusal(request)
                return self.get_response(request) if refusal is None else api_refusal(refusal or text, status=401)
            raise LoginNeeded(text)
        return self.get_response(request)

    @staticmethod
    def api_refusal(request: HttpRequest) -> str | None:
        """None when the API's own authentication (token, basic) accepts this request, which Django's middleware does not know;
        else why it does not, as far as it says."""
        if not request.headers.get("authorization"):
            return ""
        from rest_framework.exceptions import APIException
        from rest_framework.request import Request
        from rest_framework.settings import api_settings

        from tom_common.accounts.api_auth import authenticators

        try:
            wrapped = Request(request, authenticators=authenticators(api_settings.DEFAULT_AUTHENTICATION_CLASSES))
            return None if wrapped.user and wrapped.user.is_authenticated else ""
        except APIException as error:
            return str(error.detail)

    @staticmethod
    def is_open(request: HttpRequest) -> bool:
        # under a script prefix: patterns are of the TOM's own paths or of whole ones, addresses that Django makes are whole
        path = request.path_info
        if any(fnmatch.fnmatchcase(one, pattern) for pattern in tom_settings.OPEN_URLS for one in {path, request.path}):
            return True
        static = settings.STATIC_URL or ""
        if static.startswith("/") and len(static) > 1 and request.path.startswith(static):
            return True
        if request.path == resolve_url(settings.LOGIN_URL) or path == "/api/token-auth/":
            return True
        try:
            return is_login_page(resolve(path))
        except Resolver404:
            return False


class Raise403Middleware(_Middleware):
    """Refusals. An anonymous visitor is sent to the login page and back; whoever is logged in is told why, on a page.

    The API answers for itself.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            response = self.get_response(request)
        except PermissionDenied as error:
            return self.refuse(request, str(error))
        if response.status_code == 403 and not is_api_request(request) and not self.is_csrf_failure(request, response):
            if not self.user_is_known(request):
                return self.refuse(request, "")
        if request.path_info.startswith("/api/") and response.status_code >= 400:
            from tom_common.api.errors import for_programs

            return for_programs(request, response)
        return dressed(request, response)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, LoginNeeded) or (isinstance(exception, PermissionDenied) and not is_api_request(request)):
            return self.refuse(request, str(exception))
        if isinstance(exception, TomError):
            if exception.status >= 500:
                logger.error("%s: %s", request.path, exception, exc_info=exception)
            if exception.status == 403:
                return self.refuse(request, exception.message)
            if is_api_request(request):
                return api_refusal(exception.message, status=exception.status, code=exception.code)
            return error_page(request, exception.status, exception.message, getattr(exception, "errors", None))
        return None

    @staticmethod
    def user_is_known(request: HttpRequest) -> bool:
        return bool(getattr(request, "user", None) and request.user.is_authenticated)

    @staticmethod
    def is_csrf_failure(request: HttpRequest, response: HttpResponse) -> bool:
        if request.method in ("GET", "HEAD", "OPTIONS", "TRACE") or AuthStrategyMiddleware.refuses(request):
            return False
        return getattr(request, "csrf_processing_done", False) is False

    def refuse(self, request: HttpRequest, reason: str) -> HttpResponse:
        if is_api_request(request):
            return api_refusal(reason, status=403 if self.user_is_known(request) else 401)
        if self.user_is_known(request):
            return error_page(request, 403, reason or "You are not allowed to see or do this.")
        messages.error(request, reason or "You do not have permission to see this page. Please log in.", fail_silently=True)
        return login_redirect(request)


class ExternalServiceMiddleware(_Middleware):
    """Troubles with outside services become a message and the home page, instead of an error page; broken plugins are left out of pages."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with leaving_out_broken():
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ImproperCredentialsException):
            return None
        text = f"There was a problem authenticating with {exception}. Please check that your credentials for it are configured correctly."
        logger.warning("%s: %s", request.path, text)
        if is_api_request(request):
            return api_refusal(text, status=502, code="service_credentials")
        messages.error(request, text, fail_silently=True)
        return redirect(reverse("home"))


class HTMXRedirectMiddleware(_Middleware):
    """A redirect of an htmx request must move the page, not load another page into a part of it."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code in (301, 302, 303) and request.headers.get("HX-Request") == "true":
            moved = HttpResponse(status=200, headers={"HX-Redirect": response["Location"]})
            moved.cookies = response.cookies
            return moved
        return response


class AccountRequirementsMiddleware(_Middleware):
    """Sends a logged-in user whose account lacks something (terms, second factor, ...) to where it can be made good."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return self.get_response(request)
        for requirement in self.requirements():
            url_name = requirement(request)
            if not url_name:
                continue
            if self.is_exempt(request):
                break
            try:
                target = reverse(url_name)
            except NoReverseMatch:
                target = reverse(url_name, args=[user.pk])
            if request.path == target:
                break
            if is_api_request(request):
                text = getattr(requirement, "message", "") or "Your account does not fulfil a requirement of this TOM; log in on its pages."
                return api_refusal(str(text), status=403, code="account_incomplete")
            if text := getattr(requirement, "message", ""):
                messages.warning(request, text, fail_silently=True)
            return HttpResponseRedirect(f"{target}?{urlencode({'next': page_of(request)})}")
        return self.get_response(request)

    @staticmethod
    def requirements() -> list[Any]:
        return [import_string(item) if isinstance(item, str) else item for item in tom_settings.TOM_ACCOUNT_REQUIREMENTS]

    @staticmethod
    def is_exempt(request: HttpRequest) -> bool:
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return True
        static = settings.STATIC_URL or ""
        if static.startswith("/") and len(static) > 1 and request.path_info.startswith(static):
            return True
        return is_login_page(match) or match.view_name.startswith(("mfa_", "account_", "socialaccount_"))
