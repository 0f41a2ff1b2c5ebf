"""What a file of targets holds: columns of the model, tags, aliases; rows in pieces by key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Count, QuerySet

from tom_targets.models import BaseTarget, TargetExtra, TargetName
from tom_targets.services.importing.mapping import ALIAS_COLUMN, GROUPS, IGNORED, TAG_PREFIX
from tom_targets.services.units import UCDS, UNITS

LEFT_OUT = {"id", "healpix", "simplified_name", "basetarget_ptr"}
BATCH = 1000
KINDS = ((models.FloatField, "float"), (models.BooleanField, "bool"), (models.IntegerField, "int"), (models.DateTimeField, "time"))


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """`kind`: float, int, bool, time or text; `optional` text is None where there is none, which differs from empty text."""

    name: str
    kind: str = "text"
    unit: str = ""
    ucd: str = ""
    description: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ExportRows:
    columns: list[ExportColumn]
    rows: Iterator[list[Any]]
    name: str = "targets"


def column_names(model: type[models.Model]) -> list[str]:
    """Columns of the target model in the order of a file."""
    return [f.name for f in model._meta.concrete_fields if f.name not in LEFT_OUT and not f.is_relation]


def tag_column(key: str, columns: set[str]) -> str:
    """The column of a tag: its key, behind `tag:` where it could be taken for something else."""
    clash = key in columns or key in IGNORED or key == GROUPS or ALIAS_COLUMN.match(key) or key.startswith(TAG_PREFIX)
    return f"{TAG_PREFIX}{key}" if clash else key


def open_rows(queryset: QuerySet) -> ExportRows:
    """Columns and rows of these targets, ordered by key. A queryset of `.values()` will do."""
    model = queryset.model
    owners = BaseTarget._base_manager.filter(pk__in=queryset.order_by().values("pk")).values("pk")
    names = column_names(model)
    keys = list(TargetExtra.objects.filter(target_id__in=owners).order_by("key").values_list("key", flat=True).distinct())
    most = (
        TargetName.objects.filter(target_id__in=owners).order_by().values("target_id").annotate(n=Count("pk")).order_by("-n")
    ).values_list("n", flat=True).first() or 0
    columns = [_column(model._meta.get_field(name)) for name in names]
    columns += [ExportColumn(tag_column(key, set(names)), optional=True, description="Tag") for key in keys]
    columns += [ExportColumn(f"name{i + 2}", optional=True, ucd="meta.id", description="Alias") for i in range(most)]
    return ExportRows(columns, _rows(queryset, names, keys, most))


def _column(field: models.Field) -> ExportColumn:
    kind = next((kind for cls, kind in KINDS if isinstance(field, cls)), "text")
    text = " ".join(str(field.help_text or field.verbose_name).split())
    return ExportColumn(field.name, kind, UNITS.get(field.name, ""), UCDS.get(field.name, ""), text, optional=field.null)


def _piece(queryset: QuerySet, names: list[str], last: int) -> list[tuple]:
    simple = not (queryset.query.is_sliced or queryset.query.combinator or queryset._fields is not None)  # type: ignore[attr-defined]
    if not simple:
        queryset = queryset.model._base_manager.filter(pk__in=queryset.order_by().values("pk"))
    return list(queryset.order_by("pk").filter(pk__gt=last).values_list("pk", *names)[:BATCH])


def _rows(queryset: QuerySet, names: list[str], keys: list[str], most: int) -> Iterator[list[Any]]:
    place_of = {key: len(names) + i for i, key in enumerate(keys)}
    first_alias = len(names) + len(keys)
    empty: list[Any] = [None] * (len(keys) + most)
    last = -1
    while found := _piece(queryset, names, last):
        last = found[-1][0]
        rows = {row[0]: [*row[1:], *empty] for row in found}  # a filter over aliases may give a row twice
        if keys:
            for target, key, value in TargetExtra.objects.filter(target_id__in=rows).values_list("target_id", "key", "value"):
                if (place := place_of.get(key)) is not None:
                    rows[target][place] = value
        if most:
            aliases = defaultdict(list)
            for target, name in TargetName.objects.filter(target_id__in=rows).order_by("pk").values_list("target_id", "name"):
                aliases[target].append(name)
            for target, some in aliases.items():
                some = some[:most]
                rows[target][first_alias : first_alias + len(some)] = some
        yield from rows.values()
