"""Pictures of people. By default their initials, so that nobody outside learns who looks at whom."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils.html import format_html

TONES = 8
GRAVATAR_HOSTS = ("www.gravatar.com", "secure.gravatar.com", "gravatar.com")


def initials(user: Any) -> str:
    """Up to two letters: of first and last name, else of the username."""
    names = [name for name in (user.first_name, user.last_name) if name.strip()] or [user.get_username() or "?"]
    return "".join(name.strip()[0] for name in names[:2]).upper()


def gravatar_is_let_in() -> bool:
    """Whether the project installed django_gravatar and its policy names Gravatar as a source of images."""
    if not apps.is_installed("django_gravatar"):
        return False
    directives = getattr(settings, "CONTENT_SECURITY_POLICY", {}).get("DIRECTIVES", {})
    sources = [str(source) for source in directives.get("img-src") or directives.get("default-src") or []]
    return any(source.split("//")[-1].rstrip("/") in (*GRAVATAR_HOSTS, "*.gravatar.com") for source in sources)


def avatar(user: Any, size: int = 40) -> str:
    """An image element for the person, decoration only: their name stands beside it."""
    size = max(16, min(int(size), 256))
    if user.email and gravatar_is_let_in():
        from django_gravatar.helpers import get_gravatar_url

        image = get_gravatar_url(user.email, size=size)
        return format_html('<img class="avatar" src="{}" width="{}" height="{}" alt="" referrerpolicy="no-referrer">', image, size, size)
    tone = (user.pk or 0) % TONES
    return format_html(
        '<svg class="avatar avatar-{}" width="{}" height="{}" viewBox="0 0 40 40" aria-hidden="true" focusable="false"><circle cx="20" cy="20" r="20"/>'
        '<text x="20" y="20" text-anchor="middle" dominant-baseline="central">{}</text></svg>',
        tone, size, size, initials(user),
    )  # fmt: skip
