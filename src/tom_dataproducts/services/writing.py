"""The writer: rows of reduced data into their table, keys back.

PostgreSQL takes arrays of columns (`unnest`), MariaDB several rows in one statement, each answering with the new keys; SQLite takes one
statement for many rows and gives keys in their order; any other database goes through the ORM.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container
from functools import lru_cache
from operator import attrgetter
from typing import Any

from django.db import connections
from django.db.models import DateTimeField, Field

from tom_common.postgres import array_text
from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.models.fields import FloatArrayField, ValueField, pack
from tom_dataproducts.models.parts import batches, late_arrays, write_late
from tom_dataproducts.normalising import stored_value

POSTGRES_BATCH = 2000
MOST_VARIABLES = 30_000


def insert_rows(data: list[Any], *, using: str) -> list[int]:
    """Insert prepared rows (all columns of ReducedDatum as attributes) inside the caller's transaction and return their keys in order."""
    if not data:
        return []
    connection = connections[using]
    fields = [field for field in ReducedDatum._meta.concrete_fields if not field.primary_key]
    if connection.vendor == "postgresql":
        keys = _unnest(data, fields, connection)
    elif connection.vendor == "sqlite":
        keys = _one_by_one(data, fields, connection)
    elif connection.features.can_return_rows_from_bulk_insert:
        keys = _many_values(data, fields, connection)
    else:
        keys = _through_orm(data, using)
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


def _unnest(data: list[Any], fields: list[Field], connection: Any) -> list[int]:
    """Columns that say the same in every row are sent once, the others as arrays."""
    quote, read = connection.ops.quote_name, reader_of(fields, connection)
    columns = ", ".join(quote(field.column) for field in fields)
    kinds = [(field.db_type(connection) or "").split("(")[0] for field in fields]
    table = quote(ReducedDatum._meta.db_table)
    keys: dict[tuple[int, int], int] = {}
    with connection.cursor() as cursor:
        for part in batches(data, count=POSTGRES_BATCH, using=connection.alias):
            taken, names, arrays, same, different = [], [], [], [], []
            for i, (column, kind) in enumerate(zip(zip(*map(read, part), strict=True), kinds, strict=True)):
                if column.count(column[0]) == len(column):
                    taken.append(f"%s::{kind}")
                    same.append(column[0])
                else:
                    as_text = "text" if kind == "jsonb" else kind
                    taken.append(f"c{i}::{kind}")
                    names.append(f"c{i}")
                    arrays.append(f"%s::{as_text}[]")
                    different.append(array_text(column, kind))
            cursor.execute(
                f"INSERT INTO {table} ({columns}) SELECT {', '.join(taken)} "  # noqa: S608
                f"FROM unnest({', '.join(arrays) or 'ARRAY[0]'}) WITH ORDINALITY AS t({', '.join([*(names or ['c']), 'place'])}) "
                "ORDER BY place RETURNING id, target_id, fingerprint",
                [*same, *different],
            )
            keys.update({(target, fingerprint): pk for pk, target, fingerprint in cursor.fetchall()})
    return [keys[(datum.target_id, datum.fingerprint)] for datum in data]


def _one_by_one(data: list[Any], fields: list[Field], connection: Any) -> list[int]:
    """SQLite has one writer at a time, and keys that only grow: rows written within a transaction have keys without a gap."""
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    statement = f"INSERT INTO {quote(ReducedDatum._meta.db_table)} ({columns}) VALUES ({', '.join(['%s'] * len(fields))})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(statement, map(reader_of(fields, connection), data))
        cursor.execute("SELECT last_insert_rowid()")
        last = cursor.fetchone()[0]
    return list(range(last - len(data) + 1, last + 1))


def _many_values(data: list[Any], fields: list[Field], connection: Any) -> list[int]:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    read, one = reader_of(fields, connection), "(" + ", ".join(["%s"] * len(fields)) + ")"
    table = quote(ReducedDatum._meta.db_table)
    size = max(1, min(500, MOST_VARIABLES // len(fields)))
    keys: dict[tuple[int, int], int] = {}
    with connection.cursor() as cursor:
        for part in batches(data, count=size, using=connection.alias):
            late = late_arrays(part[0], connection.alias) if len(part) == 1 else {}
            contents = [content for datum in part for content in read(datum, late)]
            cursor.execute(
                f"INSERT INTO {table} ({columns}) VALUES {', '.join([one] * len(part))} RETURNING id, target_id, fingerprint",  # noqa: S608
                contents,
            )
            keys.update({(target, fingerprint): pk for pk, target, fingerprint in cursor.fetchall()})
            if late:
                pk = keys[(part[0].target_id, part[0].fingerprint)]
                write_late(late, table=ReducedDatum._meta.db_table, pk=pk, using=connection.alias)
    return [keys[(datum.target_id, datum.fingerprint)] for datum in data]


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
