"""Who may do what with targets: one door.

`view` is asked of the grant index, `change` and `delete` of guardian's direct tables. Who has the right on the model as a whole
(`<target app>.view_target`), and a superuser, may do it with every target.
"""

from __future__ import annotations

from django.db import connections
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest

from tom_targets.constants import EVERYONE, VISITORS
from tom_targets.models import (
    BaseTarget,
    Grant,
    TargetGroupObjectPermission,
    TargetUserObjectPermission,
    get_target_model_app_label,
    get_target_model_class,
)

__all__ = [
    "EVERYONE", "VISITORS", "actions_for", "can", "get_or_deny", "holders_of", "restrict_by_target", "visible_to", "sees_all",
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

    try:
        return get_anonymous_user()
    except get_user_model().DoesNotExist:
        return None


def _sees_all(person, action: str) -> bool:
    if person is None or not person.is_active:
        return False
    if person.is_superuser:
        return True
    label = get_target_model_app_label()
    return person.has_perm(f"{label}.{action}_target") or (label != "tom_targets" and person.has_perm(f"tom_targets.{action}_target"))


def sees_all(user, action: str = "view") -> bool:
    """True for a superuser and for who has the right on the model as a whole."""
    return _sees_all(_person(user), _action(action))


def _holders(user, person) -> list[int]:
    own = [-person.pk, *person.groups.order_by().values_list("pk", flat=True)] if person is not None and person.is_active else []
    return [EVERYONE if user is not None and user.is_authenticated and user.is_active else VISITORS, *own]


def holders_of(user) -> list[int]:
    """Holders in the grant index that speak for `user` (None or AnonymousUser: a visitor)."""
    return _holders(user, _person(user))


def _sees_few(holders: list[int], using: str) -> bool:
    if connections[using].vendor != "sqlite":
        return False
    return Grant.objects.using(using).filter(holder__in=holders)[:FEW].count() < FEW


def _granted(person, action: str, target) -> Q:
    """Rows whose target guardian's direct tables give `person` the right on; `target` names it in the outer query."""
    of = {"permission__codename": f"{action}_target", "content_object_id": OuterRef(target)}
    mine = TargetUserObjectPermission.objects.filter(user_id=person.pk, **of)
    ours = TargetGroupObjectPermission.objects.filter(group__in=person.groups.order_by().values("pk"), **of)
    return Q(Exists(mine)) | Q(Exists(ours))


def _restrict(queryset: QuerySet, user, action: str, target: str, bounds: dict) -> QuerySet:
    action = _action(action)
    person = _person(user)
    if _sees_all(person, action):
        return queryset
    if action != "view":
        return queryset.filter(_granted(person, action, target)) if person is not None and person.is_active else queryset.none()
    holders = _holders(user, person)
    grants = Grant.objects.filter(holder__in=holders)
    if _sees_few(holders, queryset.db):
        return queryset.filter(**{f"{target}__in": grants.values("target_id")})
    # The bound of the page is repeated inside: ordered by key, PostgreSQL walks the index from the top without it.
    return queryset.filter(Exists(grants.filter(target_id=OuterRef(target), **bounds)))


def visible_to(user, action: str = "view", queryset: QuerySet | None = None, *, pk_below: int | None = None, pk_above: int | None = None):
    """Targets on which `user` may do `action` (view, change, delete).

    A page by keyset over the primary key passes its bound as `pk_below` or `pk_above`.
    """
    if queryset is None:
        queryset = get_target_model_class().objects.all()
    bounds = {}
    if pk_below is not None:
        queryset, bounds["target_id__lt"] = queryset.filter(pk__lt=pk_below), pk_below
    if pk_above is not None:
        queryset, bounds["target_id__gt"] = queryset.filter(pk__gt=pk_above), pk_above
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
    return visible_to(user, action, BaseTarget.objects.filter(pk=target.pk)).exists()


def actions_for(user, target) -> set[str]:
    """Which of view, change and delete `user` may do with `target`."""
    return {action for action in ("view", "change", "delete") if can(user, action, target)}


def get_or_deny(request: HttpRequest, pk, action: str = "view", queryset: QuerySet | None = None):
    """The target, or the one answer that hidden and missing ones share; 403 for one that is seen but may not be changed.

    Raises Http404 or PermissionDenied, or leaves by the redirect to login that `tom_common.permissions.deny` makes.
    """
    from tom_common.permissions import deny

    if queryset is None:
        queryset = get_target_model_class().objects.all()
    try:
        found = visible_to(request.user, action, queryset.filter(pk=pk)).first()
    except (TypeError, ValueError) as error:
        raise Http404 from error
    if found is not None:
        return found
    seen = _action(action) != "view" and visible_to(request.user, "view", BaseTarget.objects.filter(pk=pk)).exists()
    deny(request, seen=seen)
    raise Http404
