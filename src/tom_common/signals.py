"""What follows from accounts being made and used: a profile, an API token, entries in the security log."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import m2m_changed, post_delete, post_init, post_save, pre_delete, pre_save

from tom_common import postgres

RIGHTS = ("is_superuser", "is_staff", "is_active")
MANY = 50


def _record(kind: str, *args: Any, **kwargs: Any) -> None:
    from tom_common.accounts.security_log import record

    record(kind, *args, **kwargs)


def create_profile_and_token(sender: Any, instance: Any, created: bool, raw: bool = False, using: str | None = None, **kwargs: Any) -> None:
    if not created or raw:
        return
    from tom_common.models import Profile

    Profile.objects.using(using).get_or_create(user=instance)
    if apps.is_installed("rest_framework.authtoken"):
        from rest_framework.authtoken.models import Token

        Token.objects.using(using).get_or_create(user=instance)


def remember_account(sender: Any, instance: Any, **kwargs: Any) -> None:
    # reading a deferred field here would query for every user loaded
    stored = instance.__dict__
    instance._tom_password = stored.get("password")
    instance._tom_rights = {name: stored[name] for name in RIGHTS if name in stored}


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
        from django.utils import timezone

        from tom_common.accounts.client import current_request
        from tom_common.models import Profile

        # a password that somebody else set has no time: its user has to choose an own one where passwords expire
        own = getattr(getattr(current_request(), "user", None), "pk", None) == instance.pk
        Profile.objects.using(using).filter(user=instance).update(password_changed_at=timezone.now() if own else None)
        _record("password changed", instance, using=using)
    instance._tom_password_changed = False
    instance._tom_password = instance.__dict__.get("password")


def after_rights_change(
    sender: Any, instance: Any, created: bool, raw: bool = False, using: str | None = None, update_fields: Any = None, **kwargs: Any
) -> None:
    """Superuser, staff and active: given or taken, by whatever way the account was saved."""
    stored = instance.__dict__
    now = {name: stored[name] for name in RIGHTS if name in stored}
    before = {} if created else getattr(instance, "_tom_rights", {})
    saved = [name for name in now if update_fields is None or name in update_fields]
    instance._tom_rights = before | {name: now[name] for name in saved}
    if raw:
        return
    if created:
        given = [name.removeprefix("is_") for name in ("is_superuser", "is_staff") if now.get(name)]
        _record("account made", instance, using=using, detail=", ".join(given))
        return
    changed = [name for name in saved if name in before and before[name] != now[name]]
    if changed:
        _record(
            "rights changed",
            instance,
            using=using,
            detail=", ".join(f"{name.removeprefix('is_')}: {'yes' if now[name] else 'no'}" for name in changed),
        )


def after_account_deleted(sender: Any, instance: Any, using: str | None = None, **kwargs: Any) -> None:
    # neither the account nor its user as the actor can be pointed to any more
    from tom_common.accounts.client import current_request

    actor = getattr(current_request(), "user", None)
    _record("account deleted", instance.get_username(), actor=actor if getattr(actor, "pk", None) != instance.pk else None, using=using)


def after_membership_change(
    sender: Any, instance: Any, action: str, reverse: bool, model: Any, pk_set: Any, using: str | None = None, **kwargs: Any
) -> None:
    """Groups joined and left, permissions given and taken. Emptying is told before it happens, when it is still known what goes."""
    if action not in ("post_add", "post_remove", "pre_clear") or (action != "pre_clear" and not pk_set):
        return
    field = "user_permissions" if sender is get_user_model().user_permissions.through else "groups"
    what = "permission" if field == "user_permissions" else "group"
    sign = "+" if action == "post_add" else "−"
    if not reverse:
        names = ["all"] if action == "pre_clear" else [str(row) for row in model._default_manager.using(using).filter(pk__in=pk_set)[:MANY]]
        _record("rights changed", instance, using=using, detail=f"{what} {sign} {', '.join(names)}")
        return
    members = {field: instance} if action == "pre_clear" else {"pk__in": pk_set}
    for user in model._default_manager.using(using).filter(**members):
        _record("rights changed", user, using=using, detail=f"{what} {sign} {instance}")


def before_group_deleted(sender: Any, instance: Any, using: str | None = None, **kwargs: Any) -> None:
    _record("rights changed", using=using, detail=f"group deleted: {instance}")


def on_login(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    _record("login", user, actor=user, request=request, detail=_ways_of(request))


def _ways_of(request: Any) -> str:
    """By what the user logged in, beside a password: allauth keeps it in the session."""
    session = getattr(request, "session", None)
    ways = session.get("account_authentication_methods") if session is not None else None
    words = [way.get("provider") or FACTORS.get(way.get("type", ""), "") for way in ways or [] if isinstance(way, dict)]
    return ", ".join(word for word in words if word)


def on_logout(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    # who deletes their own account is logged out after it is gone
    if user is not None and get_user_model()._default_manager.filter(pk=user.pk).exists():
        _record("logout", user, actor=user, request=request)


def on_login_failed(sender: Any, credentials: dict, request: Any = None, **kwargs: Any) -> None:
    from tom_common.accounts.security_log import record_refused

    record_refused(credentials.get("username") or credentials.get("email") or credentials.get("login") or "", request)


def stamp_own_change(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    from tom_common.accounts.services import stamp_password

    stamp_password(user=user)


def on_password_reset(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    _record("password reset", user, request=request)


def on_signed_up(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    from tom_common.accounts.services import stamp_password

    if user.has_usable_password():
        stamp_password(user=user)
    _record("registered", user, request=request)


FACTORS = {"totp": "authenticator app", "webauthn": "passkey or security key", "recovery_codes": "recovery codes"}


def _authenticator(what: str) -> Any:
    def receiver(sender: Any, request: Any = None, user: Any = None, authenticator: Any = None, **kwargs: Any) -> None:
        kind = getattr(authenticator, "type", "")
        _record(what, user, request=request, detail=FACTORS.get(kind, kind))

    return receiver


def _outside_login(what: str) -> Any:
    def receiver(sender: Any, request: Any = None, sociallogin: Any = None, socialaccount: Any = None, **kwargs: Any) -> None:
        account = socialaccount if socialaccount is not None else sociallogin.account
        _record(what, account.user, request=request, detail=account.provider)

    return receiver


# signals hold their receivers weakly
_kept: list[Any] = []


def connect() -> None:
    """Connect all receivers; called once by the AppConfig."""
    postgres.connect()
    user_model = get_user_model()
    uid = "tom_common.signals.{}".format
    post_save.connect(create_profile_and_token, sender=user_model, dispatch_uid=uid("profile"))
    post_init.connect(remember_account, sender=user_model, dispatch_uid=uid("remember"))
    pre_save.connect(note_password_change, sender=user_model, dispatch_uid=uid("note"))
    post_save.connect(after_password_change, sender=user_model, dispatch_uid=uid("changed"))
    post_save.connect(after_rights_change, sender=user_model, dispatch_uid=uid("rights"))
    post_delete.connect(after_account_deleted, sender=user_model, dispatch_uid=uid("deleted"))
    for field in ("groups", "user_permissions"):
        if hasattr(user_model, field):
            m2m_changed.connect(after_membership_change, sender=getattr(user_model, field).through, dispatch_uid=uid(field))
    pre_delete.connect(before_group_deleted, sender=Group, dispatch_uid=uid("group deleted"))
    user_logged_in.connect(on_login, dispatch_uid=uid("login"))
    user_logged_out.connect(on_logout, dispatch_uid=uid("logout"))
    user_login_failed.connect(on_login_failed, dispatch_uid=uid("failed"))
    if apps.is_installed("allauth.account"):
        _connect_allauth(uid)
    if apps.is_installed("allauth.mfa"):
        from allauth.mfa import signals as mfa

        for name in ("added", "removed", "reset"):
            _connect_kept(getattr(mfa, f"authenticator_{name}"), _authenticator(f"authenticator {name}"), uid(name))
    if apps.is_installed("allauth.socialaccount"):
        from allauth.socialaccount import signals as social

        _connect_kept(social.social_account_added, _outside_login("login linked"), uid("linked"))
        _connect_kept(social.social_account_removed, _outside_login("login unlinked"), uid("unlinked"))
    if apps.is_installed("allauth.account") and apps.is_installed("django.contrib.admin") and _uses_allauth():
        _secure_admin_login()


def _connect_allauth(uid: Any) -> None:
    from allauth.account import signals as account

    for signal in (account.password_changed, account.password_set, account.password_reset):
        signal.connect(stamp_own_change, dispatch_uid=uid("own"))
    account.password_reset.connect(on_password_reset, dispatch_uid=uid("reset"))
    account.user_signed_up.connect(on_signed_up, dispatch_uid=uid("signed up"))


def _connect_kept(signal: Any, receiver: Any, dispatch_uid: str) -> None:
    _kept.append(receiver)
    signal.connect(receiver, dispatch_uid=dispatch_uid)


def _uses_allauth() -> bool:
    return "allauth.account.auth_backends.AuthenticationBackend" in settings.AUTHENTICATION_BACKENDS


def _secure_admin_login() -> None:
    """The second factor and the limits of the login page hold on the administration's own login too."""
    from django.contrib import admin

    if getattr(admin.site, "_tom_secure", False):
        return
    plain = admin.site.login

    def login(request: Any, extra_context: Any = None) -> Any:
        from allauth.account.decorators import secure_admin_login

        return secure_admin_login(plain)(request, extra_context=extra_context)

    admin.site.login = login
    admin.site._tom_secure = True
