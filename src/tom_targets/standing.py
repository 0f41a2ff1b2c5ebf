"""What an account brings along to every question of rights: its groups, and the rights it has on models as a whole. Asked once a request."""

from __future__ import annotations

import functools
import inspect
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_backends
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.contrib.auth.models import Group, Permission, PermissionsMixin
from django.contrib.contenttypes.models import ContentType
from django.db import connections, router
from django.db.models.fields.related_descriptors import ManyToManyDescriptor
from django.db.models.signals import m2m_changed, post_delete
from django.dispatch import receiver
from guardian.backends import ObjectPermissionBackend

from tom_targets.models import get_target_model_app_label

ACTIONS = ("view", "change", "delete")
# A request is shorter; what lives longer (a task) asks again.
SECONDS = 10.0
_changes = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Keys of the groups; those of view, change and delete that the account may do with every target."""

    groups: tuple[int, ...]
    everywhere: frozenset[str]


@receiver(m2m_changed)
def _changed(sender: Any, instance: Any, action: str, **kwargs: Any) -> None:
    global _changes
    if action.startswith("post_") and isinstance(instance, PermissionsMixin | Group | Permission):
        _changes += 1
        for kept in ("_user_perm_cache", "_group_perm_cache", "_perm_cache") if isinstance(instance, PermissionsMixin) else ():
            instance.__dict__.pop(kept, None)


@receiver(post_delete, sender=Group)
@receiver(post_delete, sender=Permission)
def _gone(sender: Any, **kwargs: Any) -> None:
    global _changes
    _changes += 1


def standing_of(person: Any) -> Standing:
    """Of an active account; remembered with it for as long as a request takes."""
    known = person.__dict__.get("_tom_standing")
    if known is not None and known[0] == _changes and time.monotonic() - known[1] < SECONDS:
        return known[2]
    found = _by_one_statement(person) if _plain_user(person.__class__) and _plain_backends(tuple(settings.AUTHENTICATION_BACKENDS)) else _asked(person)
    person.__dict__["_tom_standing"] = (_changes, time.monotonic(), found)
    return found


def _labels() -> list[str]:
    return list(dict.fromkeys((get_target_model_app_label(), "tom_targets")))


def _asked(person: Any) -> Standing:
    groups = tuple(person.groups.order_by().values_list("pk", flat=True))
    return Standing(groups, frozenset(a for a in ACTIONS if any(person.has_perm(f"{label}.{a}_target") for label in _labels())))


@functools.cache
def _plain_user(model: Any) -> bool:
    """A user model that keeps groups and rights as Django does."""
    own = inspect.getattr_static(model, "has_perm", None) is inspect.getattr_static(PermissionsMixin, "has_perm")
    return own and all(isinstance(inspect.getattr_static(model, name, None), ManyToManyDescriptor) for name in ("groups", "user_permissions"))


@functools.cache
def _plain_backends(paths: tuple[str, ...]) -> bool:
    """Whether the tables of Django say all that `has_perm` would: no backend has rules of its own."""
    asked = ("has_perm", "get_all_permissions", "get_user_permissions", "get_group_permissions", "_get_permissions", "_get_user_permissions",
             "_get_group_permissions")  # fmt: skip
    plain = (ModelBackend, BaseBackend, ObjectPermissionBackend, object)
    backends = [type(backend) for backend in get_backends()]
    definers = [next((cls for cls in backend.__mro__ if name in vars(cls)), object) for backend in backends for name in asked]
    return any(issubclass(backend, ModelBackend) for backend in backends) and all(cls in plain for cls in definers)


def _by_one_statement(person: Any) -> Standing:
    if person.is_superuser:
        return Standing(tuple(person.groups.order_by().values_list("pk", flat=True)), frozenset(ACTIONS))
    connection = connections[router.db_for_read(person.__class__)]
    with connection.cursor() as cursor:
        cursor.execute(_statement(person.__class__, connection), [person._meta.pk.get_db_prep_value(person.pk, connection)] * 3)
        rows = cursor.fetchall()
    groups = tuple(key for key, app, _ in rows if not app)
    by_user, by_group = ({f"{app}.{code}" for key, app, code in rows if app and key == way} for way in (0, 1))
    # where Django looks before it asks the database: `has_perm` costs nothing more
    person._user_perm_cache, person._group_perm_cache = by_user, by_group
    has = by_user | by_group
    return Standing(groups, frozenset(a for a in ACTIONS if any(f"{label}.{a}_target" in has for label in _labels())))


@functools.cache
def _statement(model: Any, connection: Any) -> str:
    """Three parts: (group, '', ''), then (0, app, codename) of the account's own permissions and (1, app, codename) of its groups'."""
    quote = connection.ops.quote_name
    of_user, rights, of_group = model._meta.get_field("groups"), model._meta.get_field("user_permissions"), Group._meta.get_field("permissions")
    groups, own, shared = (quote(field.m2m_db_table()) for field in (of_user, rights, of_group))
    user, group = quote(of_user.m2m_column_name()), quote(of_user.m2m_reverse_name())
    permissions = f"{quote(Permission._meta.db_table)} p, {quote(ContentType._meta.db_table)} c"
    is_that = "c.id = p.content_type_id AND p.id = r."
    return (
        f"SELECT {group}, '', '' FROM {groups} WHERE {user} = %s "  # noqa: S608
        f"UNION ALL SELECT 0, c.app_label, p.codename FROM {own} r, {permissions} "
        f"WHERE r.{quote(rights.m2m_column_name())} = %s AND {is_that}{quote(rights.m2m_reverse_name())} "
        f"UNION ALL SELECT 1, c.app_label, p.codename FROM {groups} u, {shared} r, {permissions} "
        f"WHERE u.{user} = %s AND r.{quote(of_group.m2m_column_name())} = u.{group} AND {is_that}{quote(of_group.m2m_reverse_name())}"
    )
