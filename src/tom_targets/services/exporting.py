"""Targets as CSV, line by line: the file of a large TOM never stands in memory."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator

from django.db import models
from django.db.models import Count, QuerySet

from tom_targets.models import BaseTarget, TargetExtra, TargetName

LEFT_OUT = {"id", "healpix", "simplified_name", "basetarget_ptr"}
BATCH = 1000


class _Echo:
    def write(self, text):
        return text


def column_names(model: type[models.Model]) -> list[str]:
    """Columns of the target model in the order of a file."""
    return [f.name for f in model._meta.concrete_fields if f.name not in LEFT_OUT and not f.is_relation]


def export_csv(*, queryset: QuerySet) -> Iterator[str]:
    """Lines of CSV: the model's columns, then a column for each tag, then `name2`, `name3`, ... for aliases."""
    model = queryset.model
    base = model._base_manager.filter(pk__in=queryset.order_by().values("pk"))
    owners = BaseTarget.objects.filter(pk__in=queryset.order_by().values("pk")).values("pk")
    columns = column_names(model)
    keys = [
        key
        for key in TargetExtra.objects.filter(target_id__in=owners).order_by("key").values_list("key", flat=True).distinct()
        if key not in columns
    ]
    most = (
        TargetName.objects.filter(target_id__in=owners).order_by().values("target_id").annotate(n=Count("pk")).order_by("-n")
    ).values_list("n", flat=True).first() or 0
    writer = csv.writer(_Echo())
    yield writer.writerow([*columns, *keys, *(f"name{i + 2}" for i in range(most))])
    last = 0
    while True:
        rows = list(base.filter(pk__gt=last).order_by("pk").values_list("pk", *columns)[:BATCH])
        if not rows:
            return
        last = rows[-1][0]
        some = [row[0] for row in rows]
        extras: dict[int, dict[str, str]] = defaultdict(dict)
        names: dict[int, list[str]] = defaultdict(list)
        for target, key, value in TargetExtra.objects.filter(target_id__in=some).values_list("target_id", "key", "value"):
            extras[target][key] = value
        for target, name in TargetName.objects.filter(target_id__in=some).order_by("pk").values_list("target_id", "name"):
            names[target].append(name)
        for row in rows:
            cells = [_cell(value) for value in row[1:]] + [_safe(extras[row[0]].get(key, "")) for key in keys]
            aliases = names[row[0]]
            yield writer.writerow([*cells, *map(_safe, aliases), *([""] * (most - len(aliases)))])


def _cell(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return _safe(value)
    return value.isoformat() if hasattr(value, "isoformat") else repr(value) if isinstance(value, float) else value


def _safe(text: str) -> str:
    # A spreadsheet runs a cell that begins so as a formula.
    return f"'{text}" if text[:1] in ("=", "@") else text
