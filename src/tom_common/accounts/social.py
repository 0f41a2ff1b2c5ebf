"""Logging in with an account elsewhere (ORCID, OpenID Connect): the same rules of registration as on our own pages.

The setting ``SOCIALACCOUNT_ADAPTER`` names `TomSocialAccountAdapter`; it is used once a project adds ``allauth.socialaccount`` and
a provider to INSTALLED_APPS.
"""

from __future__ import annotations

import functools
import logging
from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLResolver

from tom_common.accounts.adapters import registration_is_open, registration_needs_approval

logger = logging.getLogger(__name__)


class TomSocialAccountAdapter(DefaultSocialAccountAdapter):
    """Who is not known here registers by ``TOM_REGISTRATION_STRATEGY``: not at all, at once, or after approval."""

    def is_open_for_signup(self, request: Any, sociallogin: Any) -> bool:
        return registration_is_open()

    def save_user(self, request: Any, sociallogin: Any, form: Any = None) -> Any:
        if registration_needs_approval():
            sociallogin.user.is_active = False
        user = super().save_user(request, sociallogin, form)
        if form is None:
            # nobody filled in our form of registration, which does this otherwise
            from tom_common.accounts.services import complete_registration

            complete_registration(user=user)
        return user


def login_page(view: Any) -> Any:
    """A provider's page, with a page that leads to the provider, and one that says so when the provider fails.

    A form must not be redirected to another site (policy ``form-action 'self'``), so the way out is a page of its own.
    """

    @functools.wraps(view)
    def inner(request: Any, *args: Any, **kwargs: Any) -> Any:
        from requests import RequestException

        try:
            response = view(request, *args, **kwargs)
        except (RequestException, LookupError, ValueError, TypeError) as error:
            # no answer, or one that is not what the protocol says
            logger.warning("login by an outside account failed: %s", type(error).__name__, exc_info=error)
            return render(request, "socialaccount/authentication_error.html", status=502)
        if isinstance(response, HttpResponseRedirect) and response.url.startswith(("https://", "http://")):
            page = render(request, "socialaccount/login_redirect.html", {"redirect_to": response.url})
            page.cookies = response.cookies
            page["Cache-Control"] = "no-store"
            return page
        return response

    inner.tom_is_login_page = True  # type: ignore[attr-defined]
    return inner


def provider_urlpatterns() -> list[Any]:
    """The addresses of the providers that the project installed."""
    from allauth.urls import build_provider_urlpatterns

    patterns = build_provider_urlpatterns()
    _wrap(patterns)
    return patterns


def _wrap(patterns: list[Any]) -> None:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            _wrap(pattern.url_patterns)
        elif not hasattr(pattern.callback, "tom_is_login_page"):
            pattern.callback = login_page(pattern.callback)
