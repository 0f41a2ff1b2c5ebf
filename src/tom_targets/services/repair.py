"""Columns that follow others: which rows are stale, and mending them."""

from __future__ import annotations

from django.db import models

BATCH = 5000


def _tables():
    from tom_targets.models import BaseTarget, TargetName

    return BaseTarget, TargetName


def _stale_rows(model, using, newest_first=False, limit=None):
    """Batches of rows whose derived columns are not what they should be; `limit` rows are looked at, or all."""
    derived = model.objects.all().derived
    fields = {"pk", *derived, *(s for sources in derived.values() for s in sources)}
    rows = model._base_manager.using(using).only(*fields)
    if limit is not None:
        batches = [list(rows.order_by("-pk" if newest_first else "pk")[:limit])]
    else:
        batches = _walk(rows)
    for batch in batches:
        stale = []
        for row in batch:
            before = [getattr(row, column) for column in derived]
            for column in derived:
                setattr(row, column, model._meta.get_field(column).compute(row))
            if before != [getattr(row, column) for column in derived]:
                stale.append(row)
        yield stale


def _walk(rows):
    last = 0
    while True:
        batch = list(rows.filter(pk__gt=last).order_by("pk")[:BATCH])
        if not batch:
            return
        last = batch[-1].pk
        yield batch


def stale(*, using: str = "default", sample: int | None = None) -> dict[str, int]:
    """How many rows of each table are stale; of the first and the last `sample` rows when given."""
    found = {}
    for model in _tables():
        if sample is None:
            found[model._meta.label] = sum(map(len, _stale_rows(model, using)))
        else:
            keys = {row.pk for first in (True, False) for some in _stale_rows(model, using, first, sample) for row in some}
            found[model._meta.label] = len(keys)
    return found


def mend(*, using: str = "default") -> dict[str, int]:
    """Mend every stale row; returns how many there were in each table."""
    found = {}
    for model in _tables():
        columns = list(model.objects.all().derived)
        found[model._meta.label] = 0
        for rows in _stale_rows(model, using):
            if rows:
                models.QuerySet(model, using=using).bulk_update(rows, columns, batch_size=500)
                found[model._meta.label] += len(rows)
    return found
