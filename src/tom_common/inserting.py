"""Many new rows of one table at once: what `bulk_create` writes, in a fraction of its time, most of which goes into one SQL text after another.

>>> insert_rows([TargetName(target=target, name=name) for name in names], using="default")

SQLite takes one statement for all rows and gives keys in their order, PostgreSQL arrays of columns (`unnest`), MariaDB several rows in one
statement, each answering with its key; any other database, and a model of several tables, goes through `bulk_create`. The one writer with SQL
of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections, transaction
from django.db.models import (
    AutoField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    Field,
    FloatField,
    ForeignKey,
    IntegerField,
    Model,
    QuerySet,
    TextField,
)
from django.utils import timezone

from tom_common.postgres import WRITTEN, array_text

BATCH = 2000
MOST_VARIABLES = 30_000

# Python's own types that the drivers take as they are, by the field whose methods turn others into them
_TAKEN_AS_IT_IS: tuple[tuple[type[Field], type], ...] = (
    (CharField, str),
    (TextField, str),
    (FloatField, float),
    (IntegerField, int),
    (BooleanField, bool),
)


def insert_rows(rows: Sequence[Model], *, using: str, keys: bool = True) -> None:
    """Write new instances of one model, in one transaction; with `keys` each gets its key. As with `bulk_create` no signal is sent and no `save`
    is called."""
    if not rows:
        return
    model = type(rows[0])
    connection = connections[using]
    if model._meta.parents or (keys and not gives_keys(using)):
        QuerySet.bulk_create(QuerySet(model, using=using), rows, batch_size=500)
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key and not field.generated]
    key = model._meta.pk
    if not isinstance(key, AutoField) or any(row.pk is not None for row in rows):
        raise TypeError("only rows whose keys the database gives")
    made = insert_columns(model, {field.name: _contents(field, rows, connection) for field in fields}, using=using, keys=keys)
    for row, pk in zip(rows, made, strict=True) if keys else ():
        row.__dict__[key.attname] = pk
        row._state.adding, row._state.db = False, using


def gives_keys(using: str) -> bool:
    """Whether the database tells the keys of many rows that it was given at once; MySQL does not."""
    connection = connections[using]
    return connection.vendor == "sqlite" or connection.features.can_return_rows_from_bulk_insert


def insert_columns(model: type[Model], columns: dict[str, Sequence[Any]], *, using: str, keys: bool = False) -> list[int]:
    """Insert rows given as columns, field name to contents as the database has them, in one transaction; with `keys` their keys, in order.

    All other columns must have a default in the database, or be null.
    """
    connection = connections[using]
    fields = [model._meta.get_field(name) for name in columns]
    write = {"sqlite": _one_statement, "postgresql": _arrays}.get(connection.vendor, _several_rows)
    with transaction.atomic(using=using, savepoint=False), connection.cursor() as cursor:
        return write(model._meta, fields, list(columns.values()), connection, cursor, keys)


def _contents(field: Any, rows: Sequence[Any], connection: Any) -> list[Any]:
    """A column of these rows as the database takes it."""
    kind = type(field)
    if isinstance(field, DateTimeField) and kind.pre_save is DateTimeField.pre_save and (field.auto_now or field.auto_now_add):
        now = timezone.now()  # rows that are written at once are of one moment
        for row in rows:
            row.__dict__[field.attname] = now
        return [field.get_db_prep_save(now, connection)] * len(rows)
    if kind.pre_save in (Field.pre_save, DateTimeField.pre_save, DateField.pre_save):
        found = [getattr(row, field.attname) for row in rows]
    else:
        found = [field.pre_save(row, True) for row in rows]
    prepare: Callable[[Any, Any], Any] = field.get_db_prep_save
    plain = _plain_type(field)
    if plain is None:
        return [prepare(value, connection) for value in found]
    return [value if value is None or value.__class__ is plain else prepare(value, connection) for value in found]


def _plain_type(field: Any) -> type | None:
    """The type whose values the field gives to the database unchanged; None where it may do anything."""
    stored = field.target_field if isinstance(field, ForeignKey) else field
    for known, plain in _TAKEN_AS_IT_IS:
        if isinstance(stored, known):
            names = ("get_prep_value", "get_db_prep_value", "get_db_prep_save")
            own = any(getattr(type(stored), name) is not getattr(known, name) for name in names if not isinstance(stored, AutoField))
            return None if own else plain
    return None


def _statement(meta: Any, fields: Sequence[Any], connection: Any) -> str:
    quote = connection.ops.quote_name
    return f"INSERT INTO {quote(meta.db_table)} ({', '.join(quote(field.column) for field in fields)})"


def _one_statement(meta: Any, fields: Sequence[Any], columns: list[Sequence[Any]], connection: Any, cursor: Any, keys: bool) -> list[int]:
    """SQLite has one writer at a time, and keys that only grow: rows written within a transaction have keys without a gap."""
    cursor.executemany(f"{_statement(meta, fields, connection)} VALUES ({', '.join(['%s'] * len(fields))})", zip(*columns, strict=True))
    if not keys:
        return []
    quote = connection.ops.quote_name
    # not last_insert_rowid(), which triggers and virtual tables move
    cursor.execute(f"SELECT MAX({quote(meta.pk.column)}) FROM {quote(meta.db_table)}")  # noqa: S608
    last = cursor.fetchone()[0]
    return list(range(last - len(columns[0]) + 1, last + 1))


def _arrays(meta: Any, fields: Sequence[Any], columns: list[Sequence[Any]], connection: Any, cursor: Any, keys: bool) -> list[int]:
    """PostgreSQL takes columns as arrays; what is the same in every row is sent once."""
    kinds = [(field.db_type(connection) or "").split("(")[0] for field in fields]
    start_of, made = _statement(meta, fields, connection), []
    returning = f" RETURNING {connection.ops.quote_name(meta.pk.column)}" if keys else ""
    for start in range(0, len(columns[0]), BATCH):
        some = [column[start : start + BATCH] for column in columns]
        taken, arrays, same, different = [], [], [], []
        for i, (column, kind) in enumerate(zip(some, kinds, strict=True)):
            if _is_constant(column):
                taken.append(f"%s::{kind}")
                same.append(column[0])
            else:
                taken.append(f"c{i}")
                arrays.append((f"%s::{kind}[]", f"c{i}"))
                different.append(array_text(column, kind) if _is_written(column, kind) else list(column))
        if arrays:
            rows = f"unnest({', '.join(array for array, _ in arrays)}) WITH ORDINALITY AS t({', '.join(name for _, name in arrays)}, place)"
        else:
            rows = f"generate_series(1, {len(some[0])}) AS t(place)"
        cursor.execute(f"{start_of} SELECT {', '.join(taken)} FROM {rows} ORDER BY place{returning}", [*same, *different])  # noqa: S608
        made += [key for (key,) in cursor.fetchall()] if keys else []
    return made


def _is_constant(column: Sequence[Any]) -> bool:
    first = column[0]
    return column.count(first) == len(column) and not (first.__class__ is float and first == 0.0)  # 0.0 is -0.0, but for its sign


def _is_written(column: Sequence[Any], kind: str) -> bool:
    return kind in WRITTEN or (kind == "jsonb" and all(item is None or item.__class__ is str for item in column))


def _several_rows(meta: Any, fields: Sequence[Any], columns: list[Sequence[Any]], connection: Any, cursor: Any, keys: bool) -> list[int]:
    rows = list(zip(*columns, strict=True))
    one = f"({', '.join(['%s'] * len(fields))})"
    size = max(1, min(500, MOST_VARIABLES // len(fields)))
    returning = f" RETURNING {connection.ops.quote_name(meta.pk.column)}" if keys else ""
    made: list[int] = []
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        statement = f"{_statement(meta, fields, connection)} VALUES {', '.join([one] * len(part))}{returning}"
        cursor.execute(statement, [value for row in part for value in row])
        made += [key for (key,) in cursor.fetchall()] if keys else []
    return made
