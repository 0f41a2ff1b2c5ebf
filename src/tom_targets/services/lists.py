"""Lists of targets: put in, take out, move, make, delete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from django.db import connections, router, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.constants import OnConflict

from tom_common.errors import InvalidInputError, NotAllowedError, RowError
from tom_common.services.history import record_each, record_history
from tom_common.tasks import progress
from tom_targets.models import BaseTarget, TargetList
from tom_targets.policy import can_with_list, lists_visible_to, visible_to
from tom_targets.querysets import batched

# of more targets at once history tells with the list alone, not with each target
MOST_TOLD = 1000
MOST_UNDONE = 10_000
MOST_NAMES = 2_000
AT_A_TIME = 5_000


@dataclass(frozen=True)
class ListChange:
    """How many targets were put in (taken out, moved), and how many had it so already; the first names of those."""

    done: int
    already: int
    already_names: list[str] = field(default_factory=list)


def create_list(*, actor, name: str) -> TargetList:
    """A new list that its creator may view, change and delete. Names may be equal."""
    from guardian.shortcuts import assign_perm

    name = name.strip()
    if not name:
        raise InvalidInputError(errors=[RowError(None, "name", name, "A list needs a name.")])
    with transaction.atomic():
        made = TargetList.objects.create(name=name)
        for action in ("view", "change", "delete"):
            assign_perm(f"tom_targets.{action}_targetlist", actor, made)
        record_history(actor=actor, verb="created", obj=made, after={"name": name}, summary=f"List {name} created")
    return made


def rename_list(*, actor, grouping: TargetList, name: str) -> TargetList:
    """Another name for a list."""
    _may(actor, "change", grouping)
    name, before = name.strip(), grouping.name
    if not name or len(name) > 200:
        raise InvalidInputError(errors=[RowError(None, "name", name, "A list needs a name of at most 200 characters.")])
    if name == before:
        return grouping
    with transaction.atomic():
        grouping.name = name
        grouping.save(update_fields=["name", "modified"])
        record_history(
            actor=actor, verb="renamed", obj=grouping, before={"name": before}, after={"name": name}, summary=f"List {before} is now {name}"
        )
    return grouping


@dataclass(frozen=True)
class NamesAdded:
    """What became of names that were to be put into a list. `unknown`: no target that the actor sees has it; `several`: more than one has."""

    change: ListChange
    unknown: list[str] = field(default_factory=list)
    several: list[str] = field(default_factory=list)


def add_names_to_list(*, actor, grouping: TargetList, names: Iterable[str]) -> NamesAdded:
    """Put the targets of these names or aliases into the list. A name is met as matching meets it, among what the actor sees."""
    _may(actor, "change", grouping)
    wanted = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    if len(wanted) > MOST_NAMES:
        raise InvalidInputError(f"These are {len(wanted):,} names; at most {MOST_NAMES:,} can be added at once.")
    keys, unknown, several = [], [], []
    for name in wanted:
        found = list(
            visible_to(actor, "view", BaseTarget.matches.match_name(name)).order_by("pk").values_list("pk", flat=True).distinct()[:2]
        )
        if not found:
            unknown.append(name)
        elif len(found) > 1:
            several.append(name)
        else:
            keys.append(found[0])
    return NamesAdded(add_to_list(actor=actor, grouping=grouping, targets=keys), unknown, several)


def delete_list(*, actor, grouping: TargetList) -> None:
    """Delete a list; its targets stay."""
    _may(actor, "delete", grouping)
    with transaction.atomic():
        record_history(actor=actor, verb="deleted", obj=grouping, summary=f"List {grouping.name} deleted", undo=_kept(grouping))
        grouping.delete()


def _kept(grouping: TargetList) -> dict:
    """What brings a list back: its targets, when they are not too many, and who had which rights on it."""
    from guardian.shortcuts import get_groups_with_perms, get_users_with_perms

    keys = list(
        grouping.targets.through.objects.filter(targetlist_id=grouping.pk).values_list("basetarget_id", flat=True)[: MOST_UNDONE + 1]
    )
    if len(keys) > MOST_UNDONE:
        return {}
    users = cast("dict[Any, Any]", get_users_with_perms(grouping, attach_perms=True, with_group_users=False))
    groups = cast("dict[Any, Any]", get_groups_with_perms(grouping, attach_perms=True))
    return {
        "targets": keys,
        "users": {user.pk: list(rights) for user, rights in users.items()},
        "groups": {group.pk: list(rights) for group, rights in groups.items()},
    }


def _tell(actor, grouping: TargetList, keys: list[int], added: bool, count: int | None = None) -> None:
    """History of the list, and of each target where they are not too many; `keys` may be the first of `count`."""
    if not keys:
        return
    count = len(keys) if count is None else count
    many = count > 1
    done = "put into" if added else "taken out of"
    record_history(
        actor=actor,
        verb="targets_added" if added else "targets_removed",
        obj=grouping,
        summary=f"{count} target{'s' if many else ''} {done} {grouping.name}",
        mentions=[f"tom_targets.basetarget:{key}" for key in keys[:MOST_TOLD]],
        undo={"targets": keys} if count <= MOST_UNDONE else None,
    )
    if count > MOST_TOLD:
        return
    for some in batched(keys, 500):
        record_each(
            actor=actor,
            verb="listed" if added else "unlisted",
            rows=BaseTarget._base_manager.filter(pk__in=some),
            label="name",
            summary=f"{done.capitalize()} {grouping.name}",
            mentions=[grouping],
        )


def _may(actor, action: str, grouping: TargetList) -> None:
    if not can_with_list(actor, action, grouping):
        raise NotAllowedError(f'You may not {action} the list "{grouping.name}".')


def _targets(actor, targets: QuerySet | Iterable[int]) -> QuerySet:
    if not isinstance(targets, QuerySet):
        targets = BaseTarget.objects.filter(pk__in=list(targets))
    return visible_to(actor, "view", targets)


def _link(grouping: TargetList, keys: Iterable[int]) -> None:
    table = connections[_for_links()].ops.quote_name(BaseTarget._meta.db_table)
    for some in batched(keys, AT_A_TIME):
        _insert_links(grouping, f"SELECT id AS pk FROM {table} WHERE id IN ({', '.join(map(str, map(int, some)))})", ())  # noqa: S608


def _link_all(grouping: TargetList, rows: QuerySet) -> int:
    """Link every one of these rows: a million keys need not come here and go back."""
    select, params = rows.order_by().values("pk").query.get_compiler(_for_links()).as_sql()
    return _insert_links(grouping, select, params)


def _for_links() -> str:
    return router.db_for_write(TargetList.targets.through)


def _insert_links(grouping: TargetList, select: str, params: Iterable[Any]) -> int:
    """Link what `select` finds under the name of `pk`, and what is linked already once only. How many are new."""
    through = TargetList.targets.through
    fields: list[Any] = [through._meta.get_field(name) for name in ("targetlist", "basetarget")]
    connection = connections[_for_links()]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    insert = connection.ops.insert_statement(on_conflict=OnConflict.IGNORE)
    suffix = connection.ops.on_conflict_suffix_sql(fields, OnConflict.IGNORE, [], [])
    sql = f"{insert} {quote(through._meta.db_table)} ({columns}) SELECT %s, found.{quote('pk')} FROM ({select}) found {suffix}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [grouping.pk, *params])
        return cursor.rowcount


def add_to_list(*, actor, grouping: TargetList, targets: QuerySet | Iterable[int]) -> ListChange:
    """Put those of `targets` that the actor sees into the list."""
    _may(actor, "change", grouping)
    links = TargetList.targets.through.objects.filter(targetlist_id=grouping.pk)
    with transaction.atomic():
        rows, already, names = _targets(actor, targets).distinct(), 0, []
        outside = rows
        if links.exists():
            inside = links.filter(basetarget_id__in=rows.order_by().values("pk"))
            outside = rows.filter(~Exists(links.filter(basetarget_id=OuterRef("pk"))))
            if already := inside.count():
                names = list(inside.order_by("basetarget_id").values_list("basetarget__name", flat=True)[:20])
        keys = list(outside.order_by("pk").values_list("pk", flat=True)[: MOST_UNDONE + 1])
        done = len(keys)
        if done > MOST_UNDONE:
            done = _link_all(grouping, outside)
        else:
            _link(grouping, keys)
        _tell(actor, grouping, keys, added=True, count=done)
    return ListChange(done, already, names)


def _inside_and_outside(rows: QuerySet, grouping: TargetList) -> tuple[QuerySet, QuerySet]:
    inside = Exists(TargetList.targets.through.objects.filter(targetlist_id=grouping.pk, basetarget_id=OuterRef("pk")))
    return rows.filter(inside), rows.filter(~inside)


def _unlink(keys: Iterable[int], **of: Any) -> None:
    for some in batched(keys, 500):
        TargetList.targets.through.objects.filter(basetarget_id__in=some, **of).delete()


def remove_from_list(*, actor, grouping: TargetList, targets: QuerySet | Iterable[int]) -> ListChange:
    """Take those of `targets` that the actor sees out of the list."""
    _may(actor, "change", grouping)
    with transaction.atomic():
        inside, outside = _inside_and_outside(_targets(actor, targets).distinct(), grouping)
        absent, names = outside.order_by().values("pk").count(), list(outside.order_by("pk").values_list("name", flat=True)[:20])
        done = 0
        first: list[int] = []
        # `targets` may be those that a list holds: what is taken out is met no more
        while keys := list(inside.order_by("pk").values_list("pk", flat=True)[:AT_A_TIME]):
            _unlink(keys, targetlist_id=grouping.pk)
            done += len(keys)
            first += keys[: MOST_UNDONE + 1 - len(first)]
            progress(done, None, "targets taken out")
        _tell(actor, grouping, first, added=False, count=done)
    return ListChange(done, absent, names)


def move_to_list(*, actor, grouping: TargetList, targets: QuerySet | Iterable[int]) -> ListChange:
    """Take `targets` out of every list that the actor may change, and put them into this one."""
    _may(actor, "change", grouping)
    mine = lists_visible_to(actor, "change").exclude(pk=grouping.pk)
    sources = list(mine.values_list("pk", flat=True))
    through = TargetList.targets.through.objects
    moved = _Tally()
    left: dict[int, _Tally] = {}
    present = 0
    names: list[str] = []
    with transaction.atomic():
        rows, last = _targets(actor, targets).distinct().order_by("pk"), 0
        while found := dict(rows.filter(pk__gt=last).values_list("pk", "name")[:AT_A_TIME]):
            last = max(found)
            inside: set[int] = set()
            for some in batched(found, 500):
                inside |= set(through.filter(targetlist_id=grouping.pk, basetarget_id__in=some).values_list("basetarget_id", flat=True))
                for source, key in through.filter(basetarget_id__in=some, targetlist_id__in=sources).values_list(
                    "targetlist_id", "basetarget_id"
                ):
                    left.setdefault(source, _Tally()).add([key])
            new = [key for key in found if key not in inside]
            _unlink(found, targetlist_id__in=sources)
            _link(grouping, new)
            moved.add(new)
            present += len(inside)
            names += [found[key] for key in sorted(inside)][: 20 - len(names)]
            progress(moved.count + present, None, "targets moved")
        for emptied in TargetList.objects.filter(pk__in=left):
            _tell(actor, emptied, left[emptied.pk].first, added=False, count=left[emptied.pk].count)
        _tell(actor, grouping, moved.first, added=True, count=moved.count)
    return ListChange(moved.count, present, names)


@dataclass
class _Tally:
    """How many keys there were, and the first of them: as many as history can use."""

    count: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, keys: list[int]) -> None:
        self.count += len(keys)
        self.first += keys[: max(MOST_UNDONE + 1 - len(self.first), 0)]


def list_named(*, actor, name: str) -> TargetList:
    """The actor's list of that name, their own before others', then the newest; made when there is none."""
    from guardian.shortcuts import get_objects_for_user

    if actor is None:
        return TargetList.objects.filter(name=name).first() or TargetList.objects.create(name=name)
    own = get_objects_for_user(
        actor, "tom_targets.change_targetlist", klass=TargetList, with_superuser=False, use_groups=False, accept_global_perms=False
    )
    for mine in (own, lists_visible_to(actor, "change")):
        if (found := mine.filter(name=name).first()) is not None:
            return found
    return create_list(actor=actor, name=name)
