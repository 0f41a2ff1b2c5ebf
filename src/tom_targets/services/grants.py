"""The grant index: derived from guardian's direct tables and from `permissions`, written with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import DEFAULT_DB_ALIAS, router, transaction
from django.db.models import Q

from tom_common.inserting import insert_columns
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


def _rights(actions: Iterable[str]) -> dict[str, int]:
    """Keys of the permissions of targets for these actions."""
    from django.contrib.auth.models import Permission

    from tom_targets.content_types import get_content_type
    from tom_targets.models import BaseTarget

    codenames = [f"{action}_target" for action in actions]
    found = dict(Permission.objects.filter(content_type=get_content_type(BaseTarget), codename__in=codenames).values_list("codename", "pk"))
    if missing := set(codenames) - set(found):
        raise Permission.DoesNotExist(f"no permission {', '.join(sorted(missing))} of targets")
    return found


def _table_of(holder) -> tuple[Any, str, int]:
    """(guardian's direct table for this user or group, its column, the key)."""
    from guardian.utils import get_identity

    _, OfUsers, OfGroups = _models()
    user, group = get_identity(holder)
    return (OfUsers, "user_id", user.pk) if user else (OfGroups, "group_id", group.pk)  # type: ignore[union-attr]


def grant_access(*, target, holder, actions: Iterable[str] = ("view", "change", "delete"), actor=None) -> None:
    """Give a user or group these rights on a target."""
    table, who, key = _table_of(holder)
    wanted = set(_rights(actions).values())
    with transaction.atomic():
        here = {"content_object_id": target.pk, who: key}
        missing = sorted(wanted - set(table.objects.filter(permission_id__in=wanted, **here).values_list("permission_id", flat=True)))
        if missing:
            # somebody else may give the same right at this moment
            table.objects.bulk_create([table(permission_id=kind, **here) for kind in missing], ignore_conflicts=True)


def grant_access_to_new(*, holders: Mapping[Any, Iterable[int]], actions: Iterable[str] = ("view", "change", "delete")) -> None:
    """Give users and groups these rights on targets just created (holder: keys), on which nobody can have any yet; few statements for many."""
    if not holders:
        return
    Grant, _, _ = _models()
    kinds = _rights(actions)
    rows: dict[tuple[Any, str], list[tuple]] = defaultdict(list)
    grants: list[tuple] = []
    for holder, given in holders.items():
        table, who, pk = _table_of(holder)
        keys = list(dict.fromkeys(given))
        rows[table, who] += [(kind, pk, key) for kind in kinds.values() for key in keys]
        if VIEW in kinds:
            grants += [(-pk if who == "user_id" else pk, key) for key in keys]
    using = _alias(None)
    with transaction.atomic(using=using):
        # not through the managers, which would look up again what these very rows say
        for (table, who), some in rows.items():
            _insert(table, ("permission_id", who, "content_object_id"), some, using)
        _insert(Grant, ("holder", "target_id"), grants, using)


def _insert(model, columns: tuple[str, ...], rows: list[tuple[int, ...]], using: str) -> None:
    if rows:
        insert_columns(model, dict(zip(columns, zip(*rows, strict=True), strict=True)), using=using)


def revoke_access(*, target, holder, actions: Iterable[str] = ("view", "change", "delete"), actor=None) -> None:
    """Take these rights on a target from a user or group."""
    table, who, key = _table_of(holder)
    kinds = list(_rights(actions).values())
    table.objects.filter(content_object_id=target.pk, permission_id__in=kinds, **{who: key}).delete()


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
