"""How names and positions are compared: the manager `matches` of targets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connections, models, router
from django.utils.module_loading import import_string

_DROPPED = str.maketrans("", "", " -_()")
# A transient of the TNS: "AT" until it is classified, "SN" once it is a supernova; the same object. Before a year only.
_TNS = re.compile(r"(at|sn)(\d{4}[a-z]+)")


def _twins(simplified: str) -> list[str]:
    tns = _TNS.fullmatch(simplified)
    return [simplified] if tns is None else [simplified, ("sn" if tns[1] == "at" else "at") + tns[2]]


def spellings(simplified: str) -> list[str]:
    """Simplified names that mean the same as this one, the given one first: ``at2024abc`` and ``sn2024abc``.

    A project's own `simplify_name` says all there is to say: under it every name stands for itself.
    """
    return _twins(simplified) if _rule_in_force() is TargetMatchManager.simplify_name else [simplified]


def one_spelling(simplified: str) -> str:
    """One simplified name for all `spellings` of it, to compare within a program."""
    return min(spellings(simplified))


def is_plain() -> bool:
    """True when the manager in force compares names as the toolkit does, whatever its `simplify_name`: then many can be asked for at once."""
    from tom_targets.base_models import BaseTarget

    manager = type(BaseTarget.matches)
    return all(getattr(manager, name, None) is getattr(TargetMatchManager, name) for name in ("match_name", "match_fuzzy_name"))


def has_own_rule() -> bool:
    """True when the manager in force says by itself which target is the same object, not by names alone."""
    from tom_targets.base_models import BaseTarget

    manager = type(BaseTarget.matches)
    return any(getattr(manager, name, None) is not getattr(TargetMatchManager, name) for name in ("match_target", "is_unique"))


class Named(models.Func):
    """True for targets that have one of these simplified names, or an alias with it.

    A union, each half of which has its index: PostgreSQL would read the table for "name or owner of an alias".
    """

    output_field = models.BooleanField()
    conditional = True

    def __init__(self, simplified: Iterable[str]):
        super().__init__(models.F("pk"))
        self.simplified = tuple(simplified)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        from tom_targets.models import BaseTarget, TargetName

        key, params = compiler.compile(self.get_source_expressions()[0])
        quote, marks = connection.ops.quote_name, ", ".join(["%s"] * len(self.simplified))
        names, aliases = (quote(model._meta.db_table) for model in (BaseTarget, TargetName))
        sql = (
            f"{key} IN (SELECT named.id FROM {names} named WHERE named.simplified_name IN ({marks})"  # noqa: S608
            f" UNION SELECT aka.target_id FROM {aliases} aka WHERE aka.simplified_name IN ({marks}))"
        )
        return sql, [*params, *self.simplified, *self.simplified]


class TargetMatchManager(models.Manager):
    """Finds targets that may be the same object.

    A project names its own subclass in `MATCH_MANAGERS['Target']`. Names are compared through the stored result of
    `simplify_name`; whoever overrides that method afterwards runs `manage.py repairtargets` once.
    """

    def is_unique(self, target, *args, **kwargs) -> bool:
        """True when no other target matches."""
        return not self.match_target(target, *args, **kwargs).exclude(pk=target.pk).exists()

    def match_target(self, target, *args, **kwargs) -> models.QuerySet:
        return self.match_name(target.name)

    def match_name(self, name) -> models.QuerySet:
        return self.match_fuzzy_name(name)

    def match_exact_name(self, name) -> models.QuerySet:
        return self.get_queryset().filter(name=name)

    def match_fuzzy_name(self, name, input_queryset=None) -> models.QuerySet:
        """Targets whose name or alias is the same after `simplify_name`; ``AT`` and ``SN`` before a year are the same to the toolkit's own rule."""
        queryset = self.get_queryset() if input_queryset is None else input_queryset
        wanted = self.simplify_name(name)
        if _rule_of(type(self)) is not _rule_in_force():
            return queryset.filter(pk__in=self._match_by_reading(wanted, queryset))
        return queryset.filter(Named(self._spellings(wanted)))

    def _spellings(self, simplified):
        return _twins(simplified) if _rule_of(type(self)) is TargetMatchManager.simplify_name else [simplified]

    def _match_by_reading(self, wanted, queryset) -> list:
        # Stored names follow another rule than this manager's: compare row by row.
        found = set()
        for pk, name, alias in queryset.order_by().values_list("pk", "name", "aliases__name").iterator():
            if self.simplify_name(name) == wanted or (alias and self.simplify_name(alias) == wanted):
                found.add(pk)
        return list(found)

    def match_cone_search(self, ra, dec, radius, epoch=None) -> models.QuerySet:
        """Targets within `radius` arcseconds of (ra, dec) in degrees, with `separation` in degrees.

        Proper motion carries stars to `epoch` (Julian year); without one both today's position and the stored one count.
        """
        from tom_targets.queries import cone

        if ra is None or dec is None or radius is None:
            return self.get_queryset().none()
        try:
            ra, dec, radius = float(ra), float(dec), float(radius)
        except (TypeError, ValueError):
            return self.get_queryset().none()
        try:
            return cone(self.get_queryset(), ra, dec, radius / 3600.0, epoch)
        except ValueError:
            return self.get_queryset().none()

    def simplify_name(self, name) -> str:
        return _simplified(str(name))


def match_manager_class() -> type[TargetMatchManager]:
    """The manager class that the project names, or the toolkit's own when it names none that can be loaded."""
    path = getattr(settings, "MATCH_MANAGERS", {}).get("Target")
    if path:
        try:
            return import_string(path)
        except (ImportError, AttributeError):
            pass  # reported by the check tom_targets.W002
    return TargetMatchManager


def _rule_of(manager_class):
    return getattr(manager_class, "simplify_name", None)


def _rule_in_force():
    from tom_targets.base_models import BaseTarget

    return _rule_of(type(BaseTarget.matches))


def simplify(name: str) -> str:
    """`name` by the rule under which simplified names are stored."""
    from tom_targets.base_models import BaseTarget

    matches = BaseTarget.matches
    if _rule_of(type(matches)) in (None, TargetMatchManager.simplify_name):
        return _simplified(str(name))
    return str(matches.simplify_name(name))


@lru_cache(maxsize=8192)  # a name that is written is simplified several times
def _simplified(name: str) -> str:
    return name.lower().translate(_DROPPED)


def same_name(name: str) -> str:
    """What two names have in common that mean the same object: simplified, in one spelling."""
    return one_spelling(simplify(name))


@dataclass(frozen=True)
class Owners:
    """Keys of the targets that have names, by `same_name`: as their name, and as an alias."""

    by_name: dict[str, int] = field(default_factory=dict)
    by_alias: dict[str, int] = field(default_factory=dict)

    def get(self, same: str) -> int | None:
        return self.by_name.get(same, self.by_alias.get(same))


def owners(names: Iterable[str], among: models.QuerySet | None = None) -> Owners:
    """Which targets (of `among`, else of all) have these names, as the manager in force compares them; few statements for many names."""
    from tom_targets.models import BaseTarget, TargetName
    from tom_targets.querysets import batched

    found = Owners()
    if not is_plain():
        for name in dict.fromkeys(names):
            same = BaseTarget.matches.match_name(name)
            same = same if among is None else same.filter(pk__in=among.order_by().values("pk"))
            for key, called in same.order_by("-pk").values_list("pk", "name"):
                (found.by_name if same_name(called) == same_name(name) else found.by_alias)[same_name(name)] = key
        return found
    wanted = {spelling for name in names for spelling in spellings(simplify(name))}
    # Every row: a project's own manager may leave some out, whose names are taken all the same.
    connection = connections[router.db_for_read(BaseTarget) if among is None else among.db]
    tables = [connection.ops.quote_name(model._meta.db_table) for model in (BaseTarget, TargetName)]
    rows: list[tuple[int, str, int]] = []
    with connection.cursor() as cursor:
        for some in batched(wanted, 400):
            marks = ", ".join(["%s"] * len(some))
            cursor.execute(
                f"SELECT 0, simplified_name, id FROM {tables[0]} WHERE simplified_name IN ({marks})"  # noqa: S608
                f" UNION ALL SELECT 1, simplified_name, target_id FROM {tables[1]} WHERE simplified_name IN ({marks})",
                [*some, *some],
            )
            rows += cursor.fetchall()
    if among is not None and rows:
        seen: set[int] = set()
        for some in batched({key for _, _, key in rows}, 400):
            seen.update(among.order_by().filter(pk__in=some).values_list("pk", flat=True))
        rows = [row for row in rows if row[2] in seen]
    for is_alias, simplified, key in sorted(rows, key=lambda row: -row[2]):  # of several the oldest
        (found.by_alias if is_alias else found.by_name)[one_spelling(simplified)] = key
    return found
