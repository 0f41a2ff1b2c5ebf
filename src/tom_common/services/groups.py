"""Groups: made, named and deleted by superusers; their members added and removed by superusers and by the groups' managers.

A manager is a member whom a superuser named (`GroupManager`); the row counts only while its user is a member, so that whoever is taken out
of the group, by whatever code, manages it no longer. What members may see follows at once: rights are asked of groups, never copied.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from tom_common.errors import ConflictError, InvalidInputError, NotAllowedError
from tom_common.models.groups import GroupManager
from tom_common.services.history import record_history

MEMBERSHIP = get_user_model().groups.through


# --- who may --------------------------------------------------------------------------------------------------------------
def managed_groups(user: Any) -> QuerySet[Group]:
    """Groups whose members `user` may add and remove: for a superuser all, else those they manage and belong to."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Group.objects.none()
    if user.is_superuser:
        return Group.objects.all()
    return Group.objects.filter(pk__in=user.groups.order_by().values("pk"), tom_managers__user_id=user.pk)


def may_manage(user: Any, group: Group) -> bool:
    return managed_groups(user).filter(pk=group.pk).exists()


def visible_groups(viewer: Any) -> QuerySet[Group]:
    """Groups that a user may know of: a superuser all, others their own."""
    return Group.objects.all() if viewer.is_superuser else viewer.groups.all()


def manager_keys(group: Group) -> set[int]:
    """Keys of the group's managers who are members still."""
    return set(group.tom_managers.filter(user__groups=group).values_list("user_id", flat=True))


def members_of(group: Group, *, managers_first: bool = False) -> QuerySet:
    """Members, by name, each with ``manages``: whether they manage the group."""
    manages = Exists(GroupManager.objects.filter(group=group, user=OuterRef("pk")))
    members = get_user_model().objects.filter(groups=group).annotate(manages=manages)
    return members.order_by("-manages", "username") if managers_first else members.order_by("username")


def _ask(actor: Any, group: Group) -> None:
    if not may_manage(actor, group):
        raise NotAllowedError(f"Only superusers and the managers of {group.name} may change who belongs to it.")


def _ask_superuser(actor: Any) -> None:
    if not actor.is_superuser:
        raise NotAllowedError("Only superusers may do this.")


# --- members --------------------------------------------------------------------------------------------------------------
def _names(users: Iterable[Any]) -> list[str]:
    return sorted(user.get_username() for user in users)


@transaction.atomic
def add_members(*, actor: Any, group: Group, users: Iterable[Any]) -> list[Any]:
    """Make `users` members; gives those who were not. Deactivated accounts are refused with InvalidInputError."""
    _ask(actor, group)
    users = list(users)
    asleep = [user for user in users if not user.is_active]
    if asleep and not actor.is_superuser:
        raise InvalidInputError(f"The account {asleep[0].get_username()} is not active.")
    inside = set(MEMBERSHIP.objects.filter(group=group, user__in=users).values_list("user_id", flat=True))
    added = [user for user in users if user.pk not in inside]
    if added:
        group.user_set.add(*added)
        record_history(actor=actor, verb="add members", obj=group, after={"users": _names(added)})
    return added


@transaction.atomic
def remove_members(*, actor: Any, group: Group, users: Iterable[Any]) -> list[Any]:
    """Take `users` out of the group, and from its management; gives those who were in. Managers are taken out by superusers or themselves."""
    _ask(actor, group)
    users = list(users)
    inside = set(MEMBERSHIP.objects.filter(group=group, user__in=users).values_list("user_id", flat=True))
    gone = [user for user in users if user.pk in inside]
    others = manager_keys(group) - {actor.pk}
    if not actor.is_superuser and any(user.pk in others for user in gone):
        raise NotAllowedError("A manager of the group is taken out of it by a superuser.")
    if gone:
        group.user_set.remove(*gone)
        GroupManager.objects.filter(group=group, user__in=gone).delete()
        record_history(actor=actor, verb="remove members", obj=group, before={"users": _names(gone)})
    return gone


@transaction.atomic
def name_manager(*, actor: Any, group: Group, user: Any) -> None:
    """Let a member manage the group. Not a member: ConflictError."""
    _ask_superuser(actor)
    if not MEMBERSHIP.objects.filter(group=group, user=user).exists():
        raise ConflictError(f"{user.get_username()} is no member of {group.name}: add them first.")
    _, new = GroupManager.objects.get_or_create(group=group, user=user)
    if new:
        record_history(actor=actor, verb="name manager", obj=group, after={"managers": [user.get_username()]})


@transaction.atomic
def dismiss_manager(*, actor: Any, group: Group, user: Any) -> None:
    """Let a manager be a plain member. Managers may step down themselves."""
    if actor.pk != user.pk:
        _ask_superuser(actor)
    if GroupManager.objects.filter(group=group, user=user).delete()[0]:
        record_history(actor=actor, verb="dismiss manager", obj=group, before={"managers": [user.get_username()]})


# --- groups ---------------------------------------------------------------------------------------------------------------
@transaction.atomic
def save_group(*, actor: Any, form: Any) -> Group:
    """Save a valid group form: name and members."""
    _ask_superuser(actor)
    created = form.instance.pk is None
    before = [] if created else _names(form.instance.user_set.all())
    group = form.save()
    GroupManager.objects.filter(group=group).exclude(user__groups=group).delete()
    record_history(
        actor=actor,
        verb="create" if created else "update",
        obj=group,
        before=None if created else {"users": before},
        after={"name": group.name, "users": _names(group.user_set.all())},
    )
    return group


@transaction.atomic
def delete_group(*, actor: Any, group: Group) -> None:
    """Delete a group. Its members stay, without what they might do through it."""
    _ask_superuser(actor)
    record_history(actor=actor, verb="delete", obj=group, before={"users": _names(group.user_set.all())})
    group.delete()


# --- finding people -------------------------------------------------------------------------------------------------------
FOUND_AT_MOST = 20


def candidates(*, actor: Any, group: Group, text: str) -> list[Any]:
    """Accounts that may be added to `group` and answer to `text`, at most `FOUND_AT_MOST`.

    A manager of groups finds every active account by a part of its names; where TOM_HIDE_OTHER_USERS is set, only by its whole username,
    unless they may see the accounts anyway.
    """
    from tom_common.services.users import accounts, may_see_all_users, visible_users

    text = text.replace("\x00", "").strip()
    if not text or not may_manage(actor, group):
        return []
    found = Q()
    for word in text.split()[:5]:
        found &= Q(username__icontains=word) | Q(first_name__icontains=word) | Q(last_name__icontains=word)
    users = accounts().filter(is_active=True)
    if may_see_all_users(actor, managing=True):
        users = users.filter(found)
    else:
        users = users.filter(Q(username__iexact=text) | (found & Q(pk__in=visible_users(actor).order_by().values("pk"))))
    members = MEMBERSHIP.objects.filter(group=group, user=OuterRef("pk"))
    return list(users.filter(~Exists(members)).order_by("username")[:FOUND_AT_MOST])
