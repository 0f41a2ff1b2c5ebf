"""Looking at the TOM as a plain member of a group, or a visitor, would see it.

What is looked at is held in the session; `ViewAsMiddleware` puts a stand-in into the place of the request's user, so that every door, page and
endpoint answers as it would answer such a person. The stand-in belongs to exactly one group, owns nothing and was given nothing: its
rights are those of the group, of everybody who is logged in, and no others. Only superusers, and managers who are members of the group, may
look as a group, so that it is never more than they may see themselves. It lives in memory only and cannot be saved.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Group

from tom_common.errors import NotAllowedError
from tom_common.services.groups import managed_groups, may_manage
from tom_common.services.history import record_history

security = logging.getLogger("tom_common.security")
SESSION_KEY = "tom_view_as"
VISITOR = "visitor"
READ_ONLY = "While you look at the TOM as somebody else nothing can be changed. Stop it at the top of the page, then try again."


@dataclass(frozen=True, slots=True)
class ViewAs:
    """What is looked at: a group, or (None) what visitors see; and the stand-in whose rights hold meanwhile."""

    group: Group | None
    user: Any

    @property
    def label(self) -> str:
        return f"a plain member of {self.group.name}" if self.group is not None else "a visitor who is not logged in"


def may_view_as(user: Any, group: Group | None) -> bool:
    """Superusers may look as every group and as a visitor; managers as their groups and as a visitor."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    if group is None:
        return user.is_superuser or managed_groups(user).exists()
    return may_manage(user, group)


@cache
def _stand_in_class() -> type:
    """The user model with one group and without saving. Made past the metaclass of models, which would register it as a table of its own."""
    users = get_user_model()

    def groups(self: Any) -> Any:
        return Group.objects.filter(pk=-self.pk)

    def refuse(self: Any, *args: Any, **kwargs: Any) -> None:
        raise NotAllowedError(READ_ONLY)

    body = {
        "__module__": __name__,
        "__doc__": "A plain member of one group, in memory.",
        "groups": property(groups),
        "save": refuse,
        "delete": refuse,
    }
    return type.__new__(type(users), "StandIn", (users,), body)


def stand_in(group: Group | None) -> Any:
    """A user in memory with the rights of a plain member of `group`; None: AnonymousUser."""
    if group is None:
        return AnonymousUser()
    # A key that no account has, and of its own for each group, so that nothing kept by key is shared. In the index of grants a
    # person's holder is minus their key: this one's is the group's own.
    user = _stand_in_class()(pk=-group.pk, username=f"member of {group.name}"[:150], is_active=True, is_staff=False, is_superuser=False)
    user._state.adding = False
    return user


def start(*, actor: Any, session: Any, group: Group | None) -> ViewAs:
    """Look as `group`, or as a visitor, from the next request on."""
    if not may_view_as(actor, group):
        raise NotAllowedError("Only superusers and the managers of the group may look at the TOM as its members see it.")
    session[SESSION_KEY] = group.pk if group is not None else VISITOR
    found = ViewAs(group, stand_in(group))
    record_history(actor=actor, verb="view as", obj=group if group is not None else actor, summary=f"as {found.label}")
    security.info("user=%r looks as %r", actor.get_username(), found.label)
    return found


def stop(*, actor: Any, session: Any) -> bool:
    """Look as oneself again. False: one did already."""
    held = session.pop(SESSION_KEY, None)
    if held is None:
        return False
    group = Group.objects.filter(pk=held).first() if held != VISITOR else None
    record_history(
        actor=actor, verb="view as oneself", obj=group if group is not None else actor, summary="stopped to look as somebody else"
    )
    security.info("user=%r looks as themselves again", actor.get_username())
    return True


def current(*, actor: Any, session: Any) -> ViewAs | None:
    """What the session looks as, if `actor` may still do so; a look that is no longer allowed ends here."""
    held = session.get(SESSION_KEY)
    if held is None:
        return None
    group = Group.objects.filter(pk=held).first() if held != VISITOR else None
    if (held != VISITOR and group is None) or not may_view_as(actor, group):
        session.pop(SESSION_KEY, None)
        security.info("user=%r looks as themselves again: no longer allowed", getattr(actor, "username", "-"))
        return None
    return ViewAs(group, stand_in(group))
