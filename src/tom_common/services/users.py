"""Accounts: saved, deleted, let in and shut out by superusers; who may know of whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Q, QuerySet

from tom_common.conf import tom_settings
from tom_common.errors import ConflictError, InvalidInputError, NotAllowedError
from tom_common.services.history import record_history

COUNTED_AT_MOST = 1000


# --- who may know of whom -------------------------------------------------------------------------------------------------
def accounts() -> QuerySet:
    """All accounts of people: guardian's stand-in for visitors is none."""
    user_model = get_user_model()
    stand_in = getattr(settings, "ANONYMOUS_USER_NAME", "AnonymousUser")
    return user_model.objects.exclude(**{user_model.USERNAME_FIELD: stand_in}) if stand_in else user_model.objects.all()


def may_see_all_users(viewer: Any, *, managing: bool = False) -> bool:
    """Superusers and who has ``auth.view_user``; in `managing` a group also its managers, unless TOM_HIDE_OTHER_USERS."""
    if not getattr(viewer, "is_authenticated", False) or not viewer.is_active:
        return False
    label = get_user_model()._meta.app_label
    return viewer.is_superuser or viewer.has_perm(f"{label}.view_user") or (managing and not tom_settings.TOM_HIDE_OTHER_USERS)


def visible_users(viewer: Any) -> QuerySet:
    """The accounts that a user may look at: their own, and those of active users who share a group with them.

    With TOM_HIDE_OTHER_USERS a plain member sees themselves, and a manager those of their groups. Superusers and who has
    ``auth.view_user`` see all.
    """
    if may_see_all_users(viewer):
        return accounts()
    if not getattr(viewer, "is_authenticated", False):
        return accounts().none()
    from tom_common.services.groups import MEMBERSHIP, managed_groups

    groups: Any = managed_groups(viewer) if tom_settings.TOM_HIDE_OTHER_USERS else viewer.groups
    together = MEMBERSHIP.objects.filter(group__in=groups.order_by().values("pk")).values("user_id")
    return accounts().filter(Q(pk=viewer.pk) | Q(pk__in=together, is_active=True))


# --- saving and deleting --------------------------------------------------------------------------------------------------
@transaction.atomic
def save_user(*, actor: Any, form: Any) -> Any:
    """Save a valid user form with its profile and groups."""
    created = form.instance.pk is None
    groups_before = _group_names(form.instance)
    user = form.save()
    before: dict[str, Any] | None = None
    after: dict[str, Any] = {"fields": sorted(form.changed_data_names())}
    if (groups := _group_names(user)) != groups_before:
        before, after["groups"] = {"groups": groups_before}, groups
    record_history(actor=actor, verb="create" if created else "update", obj=user, before=before, after=after)
    return user


def _group_names(user: Any) -> list[str]:
    return list(user.groups.order_by("name").values_list("name", flat=True)) if user.pk else []


def is_last_superuser(user: Any) -> bool:
    """Whether nobody else could administer this TOM without `user`."""
    if not (user.is_superuser and user.is_active):
        return False
    others = get_user_model().objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    # locked, so that of two superusers who part at the same time one stays
    return not list((others.select_for_update() if _in_transaction() else others).values_list("pk", flat=True)[:1])


def _in_transaction() -> bool:
    return transaction.get_connection().in_atomic_block


LAST = "This is the last superuser of this TOM; make another one first."


@transaction.atomic
def delete_user(*, actor: Any, user: Any) -> None:
    """Delete an account. What its user observed and measured stays. The last superuser stays too: ConflictError."""
    if not actor.is_superuser and actor.pk != user.pk:
        raise NotAllowedError
    if is_last_superuser(user):
        raise ConflictError(LAST)
    record_history(actor=None if actor.pk == user.pk else actor, verb="delete", obj=user, summary=f"by {actor.get_username()}")
    user.delete()


STATES = {
    "activate": ("is_active", True),
    "deactivate": ("is_active", False),
    "promote": ("is_superuser", True),
    "demote": ("is_superuser", False),
}


@transaction.atomic
def set_state(*, actor: Any, user: Any, state: str) -> None:
    """Let an account in or shut it out, make it a superuser's or an ordinary one: a key of `STATES`. The last superuser stays one."""
    if not actor.is_superuser:
        raise NotAllowedError
    if state not in STATES:
        raise InvalidInputError(f"An account can be made to {', '.join(STATES)}; not {state!r}.")
    field, value = STATES[state]
    if getattr(user, field) == value:
        return
    if not value and is_last_superuser(user):
        raise ConflictError(LAST)
    setattr(user, field, value)
    fields = [field]
    if field == "is_superuser" and hasattr(user, "is_staff"):
        user.is_staff = value
        fields.append("is_staff")
    user.save(update_fields=fields)
    record_history(actor=actor, verb=state, obj=user, before={field: not value}, after={field: value})


# --- what hangs on an account ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Hanging:
    """Rows that name an account: what they are, how many (`COUNTED_AT_MOST` + 1: more), and whether they go with it."""

    label: str
    count: int
    goes: bool

    @property
    def shown(self) -> str:
        return f"more than {COUNTED_AT_MOST:,}" if self.count > COUNTED_AT_MOST else f"{self.count:,}"


def what_hangs_on(user: Any) -> list[Hanging]:
    """What goes and what stays when the account is deleted; one query for each kind of row that can name an account."""
    found = []
    for relation in user._meta.related_objects:
        model = relation.related_model
        if model._meta.auto_created or model._meta.proxy or not model._meta.managed:
            continue
        goes = getattr(relation, "on_delete", None) is models.CASCADE
        count = model._base_manager.filter(**{relation.field.name: user}).order_by()[: COUNTED_AT_MOST + 1].count()
        if count:
            found.append(Hanging(str(model._meta.verbose_name_plural), count, goes))
    return sorted(found, key=lambda one: one.label)
