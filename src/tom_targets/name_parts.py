"""Parts of names and aliases, found by index: which rows have `text` somewhere in a name, at a cost that does not grow with the table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connections
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet

from tom_common.substring import SHORTEST, SubstringIndex
from tom_targets.base_models import BaseTarget
from tom_targets.models.names import TargetName

# So few hits are named by their keys, which makes every query with them cheap; so many are left to the database as a subquery, or named
# as one array where it has arrays; a part that more names have is so common that walking a table meets it soon.
FEW, MANY, MANY_IN_ARRAY = 500, 20_000, 100_000


class Among(Func):
    """True for rows whose key is in an array. PostgreSQL looks them up; for the hits as a subquery it reads the whole table."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, keys: Iterable[int]):
        super().__init__(F("pk"))
        self.keys = sorted(set(keys))

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        key, params = compiler.compile(self.get_source_expressions()[0])
        return f"{key} = ANY(%s::bigint[])", [*params, self.keys]


def indexes() -> list[SubstringIndex]:
    return [
        SubstringIndex.of(BaseTarget, "name", "tom_target_name_part"),
        SubstringIndex.of(TargetName, "name", "tom_alias_name_part"),
    ]


def install(using: str = "default") -> list[str]:
    """Make the indexes anew on that database; what stood against it, in words."""
    connection = connections[using]

    def execute(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return [problem for index in indexes() if (problem := index.install(connection, execute))]


def keep_triggers(using: str) -> None:
    """SQLite drops triggers with a table that a migration remakes: make what is lost again."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for index in indexes():
            if index.shadow in tables and index.table in tables and not index.is_there(connection):
                index.install(connection, cursor.execute)


def _holding(text: str, using: str) -> tuple[QuerySet, QuerySet]:
    """(keys of targets, keys of owners of aliases) with `text` in that name."""
    found = []
    for index, model, key in zip(indexes(), (BaseTarget, TargetName), ("pk", "target_id"), strict=True):
        rows = model._base_manager.using(using).order_by()
        proposed = index.proposed(connections[using], text)
        if proposed is not None:
            rows = rows.filter(pk__in=proposed)
        found.append(rows.filter(name__icontains=text).values_list(key))
    return found[0], found[1]


def _read_both(text: str, using: str) -> Q:
    # Too short for an index: where statements are interpreted, reading the aliases once is cheaper than asking for those of each row.
    if connections[using].vendor != "sqlite":
        return Q(name__icontains=text) | Q(Exists(TargetName.objects.filter(target_id=OuterRef("pk"), name__icontains=text)))
    return Q(name__icontains=text) | Q(pk__in=TargetName.objects.filter(name__icontains=text).values("target_id"))


def has_part(text: str, using: str = "default") -> Q:
    """Condition on targets: `text` is somewhere in the name or in an alias, in either case of letters.

    The hits are looked for at once, to choose the cheapest way of asking for them; which way is taken never changes the answer.
    """
    text = text.replace("\x00", "").strip()
    if not text:
        return Q()
    walk = Q(name__icontains=text) | Q(Exists(TargetName.objects.filter(target_id=OuterRef("pk"), name__icontains=text)))
    if len(text) < SHORTEST:
        return _read_both(text, using)
    names, owners = _holding(text, using)
    arrays = connections[using].vendor == "postgresql"
    hits = [key for (key,) in names.union(owners, all=True)[: (MANY_IN_ARRAY if arrays else FEW) + 1]]
    if len(hits) <= FEW:
        return Q(pk__in=sorted(set(hits)))
    if arrays:
        return Q(Among(hits)) if len(hits) <= MANY_IN_ARRAY else walk
    if names.union(owners, all=True)[: MANY + 1].count() > MANY:
        return walk
    return Q(pk__in=names.union(owners))
