"""Who may do what with targets and lists of them: one door.

`view` is asked of the grant index, `change` and `delete` of guardian's direct tables. Who has the right on the model as a whole
(`<target app>.view_target`), and a superuser, may do it with every target.
"""

from __future__ import annotations

import hashlib

from django.core.cache import cache
from django.db import connections
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest

from tom_common.prepared import Prepared
from tom_targets.constants import EVERYONE, VISITORS
from tom_targets.models import (
    BaseTarget,
    Grant,
    TargetGroupObjectPermission,
    TargetList,
    TargetUserObjectPermission,
    get_target_model_class,
)
from tom_targets.seen_sql import GivenOnList, SeenBy
from tom_targets.standing import standing_of

__all__ = [
    "EVERYONE", "VISITORS", "actions_for", "can", "can_with_list", "get_or_deny", "holders_of", "lists_visible_to", "restrict_by_target",
    "sees_all", "target_rule", "visible_to",
]  # fmt: skip

# On SQLite a viewer of fewer targets than this is served by `pk IN (...)`: EXISTS would walk the table to find them.
FEW = 5000


def _action(action: str) -> str:
    return action.removesuffix("_target")


def _person(user):
    """The account whose rights count: a visitor's are those of guardian's anonymous account."""
    if user is not None and user.is_authenticated:
        return user
    from guardian.conf import settings as guardian_settings
    from guardian.utils import get_anonymous_user

    if guardian_settings.ANONYMOUS_USER_NAME is None:
        return None
    from django.contrib.auth import get_user_model

    known = getattr(user, "_tom_account", None)
    if known is None:
        try:
            known = get_anonymous_user()
        except get_user_model().DoesNotExist:
            return None
        if user is not None:
            user._tom_account = known  # for this request
    return known


def _sees_all(person, action: str) -> bool:
    if person is None or not person.is_active:
        return False
    return person.is_superuser or action in standing_of(person).everywhere


def sees_all(user, action: str = "view") -> bool:
    """True for a superuser and for who has the right on the model as a whole."""
    return _sees_all(_person(user), _action(action))


def _holders(user, person) -> list[int]:
    own = [-person.pk, *standing_of(person).groups] if person is not None and person.is_active else []
    return [EVERYONE if user is not None and user.is_authenticated and user.is_active else VISITORS, *own]


def holders_of(user) -> list[int]:
    """Holders in the grant index that speak for `user` (None or AnonymousUser: a visitor)."""
    return _holders(user, _person(user))


def _sees_few(holders: list[int], using: str) -> bool:
    if connections[using].vendor != "sqlite":
        return False
    # Which of two ways is faster, not what the answer is: it may be remembered for a while.
    key = "tom_targets.few." + hashlib.md5(",".join(map(str, holders)).encode(), usedforsecurity=False).hexdigest()
    few = cache.get(key)
    if few is None:
        few = Grant.objects.using(using).filter(holder__in=holders)[:FEW].count() < FEW
        cache.set(key, few, 60)
    return few


def _granted(person, action: str, target) -> Q:
    """Rows whose target guardian's direct tables give `person` the right on; `target` names it in the outer query."""
    of = {"permission__codename": f"{action}_target", "content_object_id": OuterRef(target)}
    mine = TargetUserObjectPermission.objects.filter(user_id=person.pk, **of)
    ours = TargetGroupObjectPermission.objects.filter(group__in=standing_of(person).groups, **of)
    return Q(Exists(mine)) | Q(Exists(ours))


def target_rule(user, action: str = "view", path: str = "target_id", using: str = "default", **bounds: int) -> Q:
    """The condition that `user` may do `action` with the target whose key is found along `path`; for conditions that have further parts."""
    action = _action(action)
    person = _person(user)
    if _sees_all(person, action):
        return Q()
    if action != "view":
        return _granted(person, action, path) if person is not None and person.is_active else Q(pk__in=[])
    holders = _holders(user, person)
    # The bound of the page is repeated inside: ordered by key, PostgreSQL walks the index from the top without it.
    return Q(SeenBy(path, holders, _sees_few(holders, using), **bounds))


def _restrict(queryset: QuerySet, user, action: str, target: str, bounds: dict) -> QuerySet:
    rule = target_rule(user, action, target, queryset.db, **bounds)
    return queryset.filter(rule) if rule else queryset


def visible_to(user, action: str = "view", queryset: QuerySet | None = None, *, pk_below: int | None = None, pk_above: int | None = None):
    """Targets on which `user` may do `action` (view, change, delete).

    A page by keyset over the primary key passes its bound as `pk_below` or `pk_above`.
    """
    if queryset is None:
        queryset = get_target_model_class().objects.all()
    bounds = {}
    if pk_below is not None:
        queryset, bounds["below"] = queryset.filter(pk__lt=pk_below), pk_below
    if pk_above is not None:
        queryset, bounds["above"] = queryset.filter(pk__gt=pk_above), pk_above
    return _restrict(queryset, user, action, "pk", bounds)


def restrict_by_target(queryset: QuerySet, user, action: str = "view", path: str = "target") -> QuerySet:
    """Rows whose target, found along `path`, is one on which `user` may do `action`."""
    return _restrict(queryset, user, action, f"{path}_id", {})


def can(user, action: str, target) -> bool:
    """May `user` do `action` (add, view, change, delete) with this target; `add` needs no target."""
    action = _action(action)
    if action == "add":
        return user is not None and user.is_authenticated and user.is_active
    if target is None or target.pk is None:
        return False
    if user is not None and user.is_authenticated and user.is_active and user.is_superuser:
        return True
    if action in ("change", "delete"):
        return action in actions_for(user, target, known=frozenset({"view"}))
    return visible_to(user, action, BaseTarget.objects.filter(pk=target.pk)).exists()


def actions_for(user, target, known: frozenset[str] = frozenset()) -> set[str]:
    """Which of view, change and delete `user` may do with `target`; `known` are those that are certain already."""
    if target is None or target.pk is None:
        return set()
    person, found = _person(user), set(known)
    if user is not None and user.is_authenticated and user.is_active and user.is_superuser:
        return {"view", "change", "delete"}
    if "view" not in found and can(user, "view", target):
        found.add("view")
    if person is None or not person.is_active:
        return found
    found |= {action for action in ("change", "delete") if _sees_all(person, action)}
    if not {"change", "delete"} <= found:
        found |= {_action(name) for name in _granted_names(target.pk, person.pk, standing_of(person).groups)}
    return found


def _rights_on(target, person, groups) -> QuerySet:
    of = {"content_object_id": target, "permission__codename__in": ("change_target", "delete_target")}
    mine = TargetUserObjectPermission.objects.filter(user_id=person, **of).values_list("permission__codename", flat=True)
    ours = TargetGroupObjectPermission.objects.filter(group__in=groups, **of)
    return mine.union(ours.values_list("permission__codename", flat=True))


_granted_names = Prepared(_rights_on)


def lists_visible_to(user, action: str = "view", queryset: QuerySet | None = None) -> QuerySet:
    """Lists with which `user` may do `action` (view, change, delete): guardian's rights on each, of the account and of its groups."""
    queryset = TargetList.objects.all() if queryset is None else queryset
    person, codename = _person(user), f"{action}_targetlist"
    if person is None or not person.is_active:
        return queryset.none()
    groups = standing_of(person).groups  # and what `has_perm` would ask for
    return queryset if person.has_perm(f"tom_targets.{codename}") else queryset.filter(GivenOnList(codename, person.pk, groups))


def can_with_list(user, action: str, grouping: TargetList) -> bool:
    """May `user` do `action` (view, change, delete) with this list."""
    return lists_visible_to(user, action, TargetList.objects.filter(pk=grouping.pk)).exists()


def get_or_deny(request: HttpRequest, pk, action: str = "view", queryset: QuerySet | None = None):
    """The target, or the one answer that hidden and missing ones share; 403 for one that is seen but may not be changed.

    Raises Http404 or PermissionDenied, or leaves by the redirect to login that `tom_common.permissions.deny` makes.
    """
    from tom_common.permissions import deny

    if queryset is None:
        queryset = get_target_model_class().objects.all()
    try:
        found = next(iter(visible_to(request.user, action, queryset.filter(pk=pk)).order_by()[:1]), None)
    except (TypeError, ValueError) as error:
        raise Http404 from error
    if found is not None:
        return found
    seen = _action(action) != "view" and visible_to(request.user, "view", BaseTarget.objects.filter(pk=pk)).exists()
    deny(request, seen=seen)
    raise Http404
