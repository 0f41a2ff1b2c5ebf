"""Rows of reduced data into their table, keys back: by `tom_common.inserting`, or through the ORM where the database gives no keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Container
from functools import lru_cache
from operator import attrgetter
from typing import Any

from django.db import connections
from django.db.models import DateTimeField, Field

from tom_common.inserting import gives_keys, insert_columns
from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.models.fields import FloatArrayField, ValueField, pack
from tom_dataproducts.models.parts import batches, late_arrays, write_late
from tom_dataproducts.normalising import stored_value

AT_ONCE = 2000


def insert_rows(data: list[Any], *, using: str) -> list[int]:
    """Insert prepared rows (all columns of ReducedDatum as attributes) inside the caller's transaction and return their keys in order."""
    if data and not gives_keys(using):
        return _through_orm(data, using)
    fields = [field for field in ReducedDatum._meta.concrete_fields if not field.primary_key]
    read, keys = reader_of(fields, connections[using]), []
    for part in batches(data, count=AT_ONCE, using=using):
        late = late_arrays(part[0], using) if len(part) == 1 else {}
        columns = zip(*(read(datum, late) for datum in part), strict=True)
        keys += insert_columns(ReducedDatum, dict(zip((field.name for field in fields), columns, strict=True)), using=using, keys=True)
        if late:
            write_late(late, table=ReducedDatum._meta.db_table, pk=keys[-1], using=using)
    return keys


_to_json = json.JSONEncoder(check_circular=False).encode
_KINDS: tuple[type, ...] = (ValueField, FloatArrayField, DateTimeField)


def reader_of(fields: list[Field], connection: Any) -> Callable[..., list[Any]]:
    """What takes all columns of a row, in the form in which they are written; without the arrays that are named as `late`."""
    getter = attrgetter(*(field.attname for field in fields))
    special = [(i, field.attname, kind) for i, field in enumerate(fields) for kind in _KINDS if isinstance(field, kind)]
    # the moment of writing is the same in every row
    adapt = lru_cache(maxsize=4)(connection.ops.adapt_datetimefield_value)

    def read(datum: Any, late: Container[str] = ()) -> list[Any]:
        found = list(getter(datum))
        for place, name, kind in special:
            content = found[place]
            if kind is ValueField:
                found[place] = _to_json(stored_value(datum.data_type, content))
            elif kind is FloatArrayField:
                found[place] = pack(content) if content and name not in late else None
            else:
                found[place] = adapt(content)
        return found

    return read


def _through_orm(data: list[Any], using: str) -> list[int]:
    from django.db.models import Model, QuerySet

    names = [field.attname for field in ReducedDatum._meta.concrete_fields if not field.primary_key]
    made = []
    for datum in data:
        row = ReducedDatum()
        for name in names:
            Model.__setattr__(row, name, getattr(datum, name))
        made.append(row)
    rows: QuerySet[ReducedDatum] = QuerySet(ReducedDatum, using=using)
    keys: dict[tuple[int, int], int] = {}
    for part in batches(made, count=500, using=using):
        late = late_arrays(part[0], using) if len(part) == 1 else {}
        for name in late:
            setattr(part[0], name, [])
        QuerySet.bulk_create(rows, part)
        # Not `row.pk`: some databases do not tell the keys of several new rows.
        found = rows.filter(target_id__in={d.target_id for d in part}, fingerprint__in=[d.fingerprint for d in part])
        keys.update({(target, fp): pk for pk, target, fp in found.values_list("pk", "target_id", "fingerprint")})
        if late:
            pk = keys[(part[0].target_id, part[0].fingerprint)]
            write_late(late, table=ReducedDatum._meta.db_table, pk=pk, using=using)
    return [keys[(row.target_id, row.fingerprint)] for row in data]
