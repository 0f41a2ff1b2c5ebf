"""What follows from accounts being made and used: a profile, an API token, lines in the security log."""

from __future__ import annotations

import logging
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_init, post_save, pre_save

logger = logging.getLogger("tom_common.security")


def client_ip(request: Any) -> str:
    return (request.META.get("REMOTE_ADDR", "") if request is not None else "") or "-"


def log(what: str, user: Any = None, request: Any = None, **more: Any) -> None:
    """One line of the security log. Values are quoted, so that no input can forge a line."""
    name = user.get_username() if hasattr(user, "get_username") else (user or "-")
    extra = "".join(f" {key}={str(value)!r}" for key, value in more.items())
    logger.info("%s user=%r ip=%s%s", what, str(name), client_ip(request), extra)


def create_profile_and_token(sender: Any, instance: Any, created: bool, raw: bool = False, using: str | None = None, **kwargs: Any) -> None:
    if not created or raw:
        return
    from tom_common.models import Profile

    Profile.objects.using(using).get_or_create(user=instance)
    if apps.is_installed("rest_framework.authtoken"):
        from rest_framework.authtoken.models import Token

        Token.objects.using(using).get_or_create(user=instance)


def remember_password(sender: Any, instance: Any, **kwargs: Any) -> None:
    # reading a deferred field here would query for every user loaded
    instance._tom_password = instance.__dict__.get("password")


def note_password_change(sender: Any, instance: Any, raw: bool = False, update_fields: Any = None, **kwargs: Any) -> None:
    before = getattr(instance, "_tom_password", None)
    instance._tom_password_changed = (
        not raw
        and not instance._state.adding
        and before is not None
        and instance.__dict__.get("password") != before
        and (update_fields is None or "password" in update_fields)
        and not _is_rehash(instance, update_fields)
    )


def _is_rehash(instance: Any, update_fields: Any) -> bool:
    # check_password stores a stronger hash of the same password: it forgets the raw one and saves this one field
    return update_fields is not None and set(update_fields) == {"password"} and getattr(instance, "_password", None) is None


def after_password_change(sender: Any, instance: Any, using: str | None = None, **kwargs: Any) -> None:
    if getattr(instance, "_tom_password_changed", False):
        from tom_common.models import Profile

        # somebody set it; the person's own change is stamped by the account pages afterwards
        Profile.objects.using(using).filter(user=instance).update(password_changed_at=None)
        log("password changed", instance)
    instance._tom_password_changed = False
    instance._tom_password = instance.__dict__.get("password")


def on_login(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    log("login", user, request)


def on_logout(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    log("logout", user, request)


def on_login_failed(sender: Any, credentials: dict, request: Any = None, **kwargs: Any) -> None:
    log("login failed", credentials.get("username") or credentials.get("email") or credentials.get("login"), request)


def stamp_own_change(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    from django.utils import timezone

    from tom_common.models import Profile

    Profile.objects.filter(user=user).update(password_changed_at=timezone.now())
    log("password changed by its owner", user, request)


def _authenticator(what: str) -> Any:
    def receiver(sender: Any, request: Any = None, user: Any = None, authenticator: Any = None, **kwargs: Any) -> None:
        log(what, user, request, type=getattr(authenticator, "type", ""))

    return receiver


_allauth_receivers: list[Any] = []


def connect() -> None:
    """Connect all receivers; called once by the AppConfig."""
    user_model = get_user_model()
    uid = "tom_common.signals.{}".format
    post_save.connect(create_profile_and_token, sender=user_model, dispatch_uid=uid("profile"))
    post_init.connect(remember_password, sender=user_model, dispatch_uid=uid("remember"))
    pre_save.connect(note_password_change, sender=user_model, dispatch_uid=uid("note"))
    post_save.connect(after_password_change, sender=user_model, dispatch_uid=uid("changed"))
    user_logged_in.connect(on_login, dispatch_uid=uid("login"))
    user_logged_out.connect(on_logout, dispatch_uid=uid("logout"))
    user_login_failed.connect(on_login_failed, dispatch_uid=uid("failed"))
    if apps.is_installed("allauth.account"):
        from allauth.account import signals as account

        for signal in (account.password_changed, account.password_set, account.password_reset):
            signal.connect(stamp_own_change, dispatch_uid=uid("own"))
    if apps.is_installed("allauth.mfa"):
        from allauth.mfa import signals as mfa

        for name in ("added", "removed", "reset"):
            receiver = _authenticator(f"authenticator {name}")
            _allauth_receivers.append(receiver)
            getattr(mfa, f"authenticator_{name}").connect(receiver, dispatch_uid=uid(name))
    if apps.is_installed("allauth.account") and apps.is_installed("django.contrib.admin") and _uses_allauth():
        _secure_admin_login()


def _uses_allauth() -> bool:
    return "allauth.account.auth_backends.AuthenticationBackend" in settings.AUTHENTICATION_BACKENDS


def _secure_admin_login() -> None:
    from django.contrib import admin

    if getattr(admin.site, "_tom_secure", False):
        return
    plain = admin.site.login

    def login(request: Any, extra_context: Any = None) -> Any:
        from allauth.account.decorators import secure_admin_login

        return secure_admin_login(plain)(request, extra_context=extra_context)

    admin.site.login = login
    admin.site._tom_secure = True
