"""The security log: one line to the logger ``tom_common.security`` and one row for the page. Neither ever has a password, token or code."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from tom_common.accounts.client import client_address, current_request
from tom_common.conf import tom_settings
from tom_common.models.security import SecurityEvent

logger = logging.getLogger("tom_common.security")
Kind = SecurityEvent.Kind
SHOWN_OF_UNKNOWN = 3


def log_line(what: str, name: str, address: str | None, **more: Any) -> None:
    """One line of the logger. Values are quoted, so that no input can forge a line."""
    extra = "".join(f" {key}={str(value)!r}" for key, value in more.items() if value)
    logger.info("%s user=%r ip=%s%s", what, name or "-", address or "-", extra)


WHO_ASKS: Any = object()


def record(kind: str, user: Any = None, *, actor: Any = WHO_ASKS, request: Any = None, detail: str = "", using: str | None = None) -> None:
    """Write down that ``kind`` happened to ``user`` (an account, or a name).

    ``actor`` is who did it, when it was somebody else; by default whoever is logged in where the request came from. That the row
    cannot be written stops nobody: the line of the logger is there, and the error beside it.
    """
    request = request if request is not None else current_request()
    request = getattr(request, "_request", request)  # DRF's asks for the user while the login is still being refused
    address = client_address(request)
    account = user if getattr(user, "pk", None) else None
    name = account.get_username() if account is not None else str(user or "")
    if name == getattr(settings, "ANONYMOUS_USER_NAME", "AnonymousUser"):
        return  # guardian's stand-in for visitors is no account
    if actor is WHO_ASKS:
        actor = getattr(request, "user", None)
    known = actor is not None and getattr(actor, "is_authenticated", False) and actor.pk is not None
    by = actor if known and (account is None or actor.pk != account.pk) else None
    log_line(kind, name, address, by=by.get_username() if by else "", detail=detail)
    if tom_settings.TOM_SECURITY_LOG_RETENTION_DAYS == 0:
        return
    agent = request.META.get("HTTP_USER_AGENT", "") if request is not None else ""
    row = SecurityEvent(
        kind=kind,
        user=account,
        user_name=clean(name, 150),
        actor=by,
        actor_name=clean(by.get_username(), 150) if by else "",
        ip_address=address,
        user_agent=clean(agent, 200),
        detail=clean(detail, 200),
    )
    try:
        with transaction.atomic(using=using):
            row.save(using=using, force_insert=True)
    except DatabaseError:
        logger.exception("this entry of the security log could not be kept")


def clean(text: str, length: int) -> str:
    """Short and printable: no line breaks, no zero bytes."""
    return "".join(letter if letter.isprintable() else " " for letter in str(text))[:length]


def record_refused(typed: str, request: Any = None, detail: str = "") -> None:
    """A refused login. What was typed is kept only if it is the name of an account: people type passwords into the wrong field."""
    typed = clean(typed, 150).strip()
    users = get_user_model()
    same = Q(**{f"{users.USERNAME_FIELD}__iexact": typed})
    if "@" in typed:
        same |= Q(**{f"{users.get_email_field_name()}__iexact": typed})
    account = users.objects.filter(same).first() if typed else None
    shown = account if account is not None else (f"{typed[:SHOWN_OF_UNKNOWN]}…" if typed else "")
    record(Kind.LOGIN_FAILED, shown, request=request, detail=detail)


def events_for(viewer: Any) -> QuerySet[SecurityEvent]:
    """The events that the viewer may look at: a superuser all of them, others those of their own account."""
    if not viewer.is_authenticated:
        return SecurityEvent.objects.none()
    return SecurityEvent.objects.all() if viewer.is_superuser else SecurityEvent.objects.filter(user=viewer)


def recent_logins(user: Any, limit: int = 5) -> list[SecurityEvent]:
    """The account's newest logins and refused ones, newest first."""
    kinds: Iterable[str] = (Kind.LOGIN, Kind.LOGIN_FAILED)
    return list(SecurityEvent.objects.filter(user=user, kind__in=kinds).order_by("-id")[:limit])


def prune_security_log() -> int:
    """Delete what is older than ``TOM_SECURITY_LOG_RETENTION_DAYS``. Gives how many."""
    from tom_common.housekeeping import delete_in_batches

    days = tom_settings.TOM_SECURITY_LOG_RETENTION_DAYS
    return 0 if days is None else delete_in_batches(SecurityEvent.objects.filter(at__lt=timezone.now() - timedelta(days=days)))
