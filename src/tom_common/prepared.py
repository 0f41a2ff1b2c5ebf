"""Questions to the database that every page asks about another key: Django writes their SQL once, and only the keys change.

>>> newest = Prepared(lambda key: ReducedDatum.objects.filter(target_id=key).order_by("-timestamp")[:1])
>>> newest(5)
[<ReducedDatum: ...>]

Putting a small query together takes several times as long as the database takes to answer it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.db.models import QuerySet
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable, get_related_populators

from tom_common.kept import setting_changes

Key = int | str | tuple[int, ...]
# keys in whose place the others are put; they fit 32 bits, and are nobody's
_FIRST, _TEXT = 2_113_907_011, "tom_common.prepared "
_MOST = 2**31 - 1


class Prepared:
    """Asks ``make(*keys)``, a queryset of models, ``values_list`` or flat values, and returns its rows as a list.

    A key is an integer, a text, or a tuple of integers for ``__in``, and must stand in the statement as it is. `make` may use nothing
    else that differs from call to call, so that what one viewer may see never answers another. Models come without annotations and prefetched rows.
    """

    def __init__(self, make: Callable[..., QuerySet]) -> None:
        self.make = make
        self.model: Any = None

    def __call__(self, *keys: Key) -> list[Any]:
        values, shape = _flat(keys)
        if shape is None:  # keys of another kind, such as UUIDs, and nothing to be one of
            return list(self.make(*keys))
        if self.model is None:
            self.model = self.make(*keys).model
        # a connection is of one thread, and ends with its statements
        connection = connections[router.db_for_read(self.model)]
        known = connection.__dict__.setdefault("_tom_prepared", {})
        name = (self, shape, setting_changes())
        if name not in known:
            known[name] = self._written(connection.alias, keys)
        statement = known[name]
        if statement is None:
            return []
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, [values[place] if place is not None else fixed for place, fixed in statement.params])
            return statement.read(cursor.fetchall())

    def _written(self, alias: str, keys: Sequence[Key]) -> _Statement | None:
        marks, number = [], 0
        for key in keys:
            many = tuple(range(_FIRST + number, _FIRST + number + len(key))) if isinstance(key, tuple) else ()
            marks.append(many or (f"{_TEXT}{number}" if isinstance(key, str) else _FIRST + number))
            number += len(many) or 1
        queryset = self.make(*marks).using(alias)
        compiler = queryset.query.get_compiler(alias)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            return None
        places = {mark: place for place, mark in enumerate(_flat(marks)[0])}
        found = [(places.get(param) if isinstance(param, int | str) else None, param) for param in params]
        if {place for place, _ in found if place is not None} != set(places.values()):
            raise ValueError("each key of a prepared statement must stand in it, and as it is")
        return _Statement(sql, found, _reader(queryset, compiler))


class _Statement(NamedTuple):
    sql: str
    params: list[tuple[int | None, Any]]  # (which key, or None for what is fixed, the fixed value)
    read: Callable[[Any], list[Any]]


def _flat(keys: Sequence[Any]) -> tuple[list[Any], tuple[Any, ...] | None]:
    """All keys in a row, and of what kind each is; None for kinds that cannot be prepared."""
    values: list[Any] = []
    shape: list[Any] = []
    for key in keys:
        values += key if type(key) is tuple else (key,)
        shape.append(len(key) if type(key) is tuple else type(key))
    plain = all(type(value) is str or (type(value) is int and 0 <= value <= _MOST) for value in values)
    return values, tuple(shape) if plain and 0 not in shape else None


def _reader(queryset: QuerySet, compiler: Any) -> Callable[[Any], list[Any]]:
    converters = compiler.get_converters([column[0] for column in compiler.select])
    convert = (lambda rows: compiler.apply_converters(rows, converters)) if converters else lambda rows: rows
    kind = queryset._iterable_class
    if kind is FlatValuesListIterable:
        return lambda rows: [row[0] for row in convert(rows)]
    if kind is ValuesListIterable:
        return lambda rows: [tuple(row) for row in convert(rows)]
    info = compiler.klass_info
    if kind is not ModelIterable or compiler.annotation_col_map or queryset._prefetch_related_lookups:
        raise TypeError("a prepared statement gives models, values_list or flat values")
    model, alias = info["model"], compiler.using
    names = [compiler.select[place][0].target.attname for place in info["select_fields"]]
    first, behind = info["select_fields"][0], info["select_fields"][-1] + 1
    related = get_related_populators(info, compiler.select, alias)

    def read(rows: Any) -> list[Any]:
        found = []
        for row in convert(rows):
            one = model.from_db(alias, names, row[first:behind])
            for populator in related:
                populator.populate(row, one)
            found.append(one)
        return found

    return read
