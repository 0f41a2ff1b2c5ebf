"""Who may hold rights in tests of rights: groups, people (one whose account is shut, one superuser) and guardian's visitor."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, User
from guardian.utils import get_anonymous_user

USERS = ("u0", "u1", "asleep", "boss")
ASLEEP = ("asleep", "resting boss")


def holders_of(groups: Iterable[str], users: Iterable[str] = USERS) -> tuple[str, ...]:
    """Names of all to whom a right can be given; a superuser needs none."""
    return (*groups, *(name for name in users if "boss" not in name), "AnonymousUser")


def make_holders(groups: Iterable[str], users: Iterable[str] = USERS) -> None:
    for name in groups:
        Group.objects.create(name=name)
    for name in users:
        User.objects.create_user(name, is_active=name not in ASLEEP, is_superuser="boss" in name)
    get_anonymous_user()


def holder(name: str) -> Group | User:
    return Group.objects.filter(name=name).first() or User.objects.get(username=name)
