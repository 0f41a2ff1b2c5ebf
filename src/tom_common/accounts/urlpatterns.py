"""Addresses of logging in and out and of everything else about one's own account."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.urls import include, path

from tom_common.conf import tom_settings


def has_allauth() -> bool:
    return apps.is_installed("allauth.account")


def account_urlpatterns() -> list[Any]:
    """``login`` and ``logout`` always; with allauth installed also its own pages."""
    if has_allauth():
        from allauth.account import views as allauth_views

        return [
            path("accounts/login/", allauth_views.login, name="login"),
            path("accounts/logout/", allauth_views.logout, name="logout"),
            path("accounts/", include(allauth_urlpatterns())),
        ]
    from django.contrib.auth import views as auth_views

    return [
        path("accounts/login/", auth_views.LoginView.as_view(), name="login"),
        path("accounts/logout/", auth_views.LogoutView.as_view(next_page="home"), name="logout"),
        *reset_urlpatterns(),
    ]


def reset_urlpatterns() -> list[Any]:
    """Django's own password reset, for a TOM without allauth that asks for it."""
    if not tom_settings.TOM_PASSWORD_RESET_ENABLED:
        return []
    from django.contrib.auth import views as auth_views

    return [
        path("accounts/password_reset/", auth_views.PasswordResetView.as_view(), name="password_reset"),
        path("accounts/password_reset/done/", auth_views.PasswordResetDoneView.as_view(), name="password_reset_done"),
        path("accounts/reset/<uidb64>/<token>/", auth_views.PasswordResetConfirmView.as_view(), name="password_reset_confirm"),
        path("accounts/reset/done/", auth_views.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
    ]


def allauth_urlpatterns() -> list[Any]:
    """allauth's pages, without the reset of passwords unless ``TOM_PASSWORD_RESET_ENABLED``."""
    from allauth.account import urls as account_urls

    offered = list(account_urls.urlpatterns)
    if not tom_settings.TOM_PASSWORD_RESET_ENABLED:
        offered = [pattern for pattern in offered if "reset_password" not in (getattr(pattern, "name", "") or "")]
    if apps.is_installed("allauth.mfa"):
        offered += mfa_urlpatterns()
    if apps.is_installed("allauth.socialaccount"):
        from tom_common.accounts.social import provider_urlpatterns

        offered.append(path("3rdparty/", include("allauth.socialaccount.urls")))
        offered += provider_urlpatterns()
    return offered


def mfa_urlpatterns() -> list[Any]:
    from allauth.mfa import app_settings

    patterns = [path("2fa/", include("allauth.mfa.urls"))]
    if "webauthn" in app_settings.SUPPORTED_TYPES:
        from tom_common.accounts.mfa_views import TomRemoveWebAuthnView

        patterns.insert(0, path("2fa/webauthn/keys/<int:pk>/remove/", TomRemoveWebAuthnView.as_view(), name="mfa_remove_webauthn"))
    return patterns
