"""The grant index: derived from guardian's direct tables and from `permissions`, written with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db import DEFAULT_DB_ALIAS, router, transaction
from django.db.models import Q

from tom_targets.constants import EVERYONE, HOLDERS_OF_PERMISSION
from tom_targets.querysets import batched

VIEW = "view_target"
Pair = tuple[int, int]  # holder, target key


def _models():
    from tom_targets.models import Grant, TargetGroupObjectPermission, TargetUserObjectPermission

    return Grant, TargetUserObjectPermission, TargetGroupObjectPermission


def _alias(using: str | None) -> str:
    from tom_targets.models import Grant

    return using or router.db_for_write(Grant) or DEFAULT_DB_ALIAS


def holder_of(row) -> int:
    """The holder that a row of guardian's direct tables speaks of."""
    return -row.user_id if hasattr(row, "user_id") else row.group_id


def pairs_of(queryset) -> set[Pair]:
    """(holder, target) of the view rights among these rows."""
    who = "user_id" if any(f.name == "user" for f in queryset.model._meta.fields) else "group_id"
    sign = -1 if who == "user_id" else 1
    rows = queryset.order_by().filter(permission__codename=VIEW).values_list(who, "content_object_id")
    return {(sign * holder, target) for holder, target in rows}


def grant_new(target) -> None:
    """Grants of a target just created, which can have none yet."""
    Grant, _, _ = _models()
    rows = [Grant(holder=holder, target_id=target.pk) for holder in HOLDERS_OF_PERMISSION.get(target.permissions, ())]
    if rows:
        Grant.objects.using(_alias(target._state.db)).bulk_create(rows)


def follow_permissions(keys: Iterable[int], *, using: str | None = None) -> None:
    """Make the grants of everyone and of visitors say what `permissions` of these targets says."""
    from tom_targets.base_models import BaseTarget

    Grant, _, _ = _models()
    using = _alias(using)
    grants = Grant.objects.using(using)
    for some in batched(keys):
        wanted = {
            (holder, pk)
            for pk, permissions in BaseTarget._base_manager.using(using).filter(pk__in=some).values_list("pk", "permissions")
            for holder in HOLDERS_OF_PERMISSION.get(permissions, ())
        }
        _make_equal(grants, wanted, set(grants.filter(target__in=some, holder__gte=EVERYONE).values_list("holder", "target_id")))


def follow_pairs(pairs: Iterable[Pair], *, using: str | None = None) -> None:
    """Make the grants of these (holder, target) say what guardian's direct tables say."""
    Grant, OfUsers, OfGroups = _models()
    using = _alias(using)
    grants = Grant.objects.using(using)
    for some in batched(sorted(pairs), 500):
        by_holder = defaultdict(set)
        for holder, target in some:
            by_holder[holder].add(target)
        wanted, present = set(), set()
        for holder, targets in by_holder.items():
            table, who = (OfUsers, {"user_id": -holder}) if holder < 0 else (OfGroups, {"group_id": holder})
            has = table._base_manager.using(using).filter(permission__codename=VIEW, content_object_id__in=targets, **who)
            wanted |= {(holder, target) for target in has.values_list("content_object_id", flat=True)}
            present |= set(grants.filter(holder=holder, target_id__in=targets).values_list("holder", "target_id"))
        _make_equal(grants, wanted, present)


def _make_equal(grants, wanted: set[Pair], present: set[Pair]) -> tuple[int, int]:
    surplus = defaultdict(list)
    for holder, target in present - wanted:
        surplus[holder].append(target)
    for holder, targets in surplus.items():
        for some in batched(targets):
            grants.filter(holder=holder, target_id__in=some).delete()
    missing = sorted(wanted - present)
    if missing:
        grants.bulk_create([grants.model(holder=h, target_id=t) for h, t in missing], ignore_conflicts=True, batch_size=2000)
    return len(missing), sum(map(len, surplus.values()))


def forget_holder(holder: int, *, using: str | None = None) -> None:
    """A user or group is gone."""
    Grant, _, _ = _models()
    Grant.objects.using(_alias(using)).filter(holder=holder).delete()


def grant_access(*, target, holder, actions: Iterable[str] = ("view", "change", "delete"), actor=None) -> None:
    """Give a user or group these rights on a target."""
    from guardian.shortcuts import assign_perm

    with transaction.atomic():
        for action in actions:
            assign_perm(f"{action}_target", holder, target)


def revoke_access(*, target, holder, actions: Iterable[str] = ("view", "change", "delete"), actor=None) -> None:
    """Take these rights on a target from a user or group."""
    from guardian.shortcuts import remove_perm

    with transaction.atomic():
        for action in actions:
            remove_perm(f"{action}_target", holder, target)


def differences(*, using: str | None = None, low: int | None = None, high: int | None = None) -> tuple[set[Pair], set[Pair]]:
    """(missing, surplus) grants of the targets low <= key < high."""
    from tom_targets.base_models import BaseTarget

    Grant, OfUsers, OfGroups = _models()
    using = _alias(using)

    def within(name):
        bound = Q()
        if low is not None:
            bound &= Q(**{f"{name}__gte": low})
        if high is not None:
            bound &= Q(**{f"{name}__lt": high})
        return bound

    wanted = pairs_of(OfUsers._base_manager.using(using).filter(within("content_object_id")))
    wanted |= pairs_of(OfGroups._base_manager.using(using).filter(within("content_object_id")))
    shown = BaseTarget._base_manager.using(using).filter(within("pk"), permissions__in=[p for p, h in HOLDERS_OF_PERMISSION.items() if h])
    for pk, permissions in shown.values_list("pk", "permissions"):
        wanted |= {(holder, pk) for holder in HOLDERS_OF_PERMISSION[permissions]}
    present = set(Grant.objects.using(using).filter(within("target_id")).values_list("holder", "target_id"))
    return wanted - present, present - wanted


def repair(*, using: str | None = None, check: bool = False, step: int = 20_000) -> tuple[int, int]:
    """Prove the whole index, and mend it unless `check`. Returns how many grants were missing and surplus."""
    from tom_targets.base_models import BaseTarget

    Grant, _, _ = _models()
    using = _alias(using)
    last = BaseTarget._base_manager.using(using).order_by("-pk").values_list("pk", flat=True).first() or 0
    totals = [0, 0]
    for low in range(0, last + 1, step):
        with transaction.atomic(using=using):
            missing, surplus = differences(using=using, low=low, high=low + step)
            if not check and (missing or surplus):
                _make_equal(Grant.objects.using(using), missing, surplus)
        totals[0] += len(missing)
        totals[1] += len(surplus)
    return totals[0], totals[1]


