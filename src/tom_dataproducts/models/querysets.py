"""The one way in and out of the table of reduced data for the ORM: both sides of a row are kept together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, router, transaction
from django.db.models.query import FlatValuesListIterable, NamedValuesListIterable, ValuesIterable, ValuesListIterable
from django.db.models.utils import create_namedtuple_class, resolve_callables

from tom_common.errors import InvalidInputError
from tom_dataproducts.normalising import (
    ARRAY_COLUMNS,
    CONTENT_COLUMNS,
    SPECTROSCOPY,
    columns_from_value,
    composed_value,
    plain_json,
    stored_value,
)

from .cascading import delete_rows
from .parts import batches, late_arrays, write_late

IDENTITY_FIELDS = frozenset({"data_type", "timestamp", "source_name", "source_id"})
"""Fields beside value and typed columns that the fingerprint of a row covers."""
COMPUTED_FIELDS = frozenset({"fingerprint", "source_key"})
BATCH = 500


def _complete_rows(iterable: Any) -> Iterator[tuple[list[str], tuple[Any, ...]]]:
    """Rows of `values...()` that name `value`, with the arrays of spectra composed into it."""
    queryset = iterable.queryset
    query = queryset.query
    names = list(query.selected) if query.selected else [*query.extra_select, *query.values_select, *query.annotation_select]
    hidden: list[str] = []
    if query.selected and not (query.group_by or query.distinct or query.combinator or (query.is_sliced and query.subquery)):
        hidden = [name for name in ("data_type", *ARRAY_COLUMNS) if name not in names]
        query = query.chain()
        alias = query.get_initial_alias()
        columns = {f"_{name}": queryset.model._meta.get_field(name).get_col(alias) for name in hidden}
        query.selected = {**query.selected, **columns}
    compiler = query.get_compiler(queryset.db)
    every = [*names, *hidden]
    at = names.index("value")
    for row in compiler.results_iter(chunked_fetch=iterable.chunked_fetch, chunk_size=iterable.chunk_size):
        by_name = dict(zip(every, row, strict=True))
        shown = list(row[: len(names)])
        if by_name.get("data_type") == SPECTROSCOPY:
            shown[at] = composed_value(SPECTROSCOPY, shown[at], {name: by_name.get(name) or [] for name in ARRAY_COLUMNS})
        yield names, tuple(shown)


class _CompleteValues(ValuesIterable):
    def __iter__(self) -> Iterator[dict[str, Any]]:
        for names, row in _complete_rows(self):
            yield dict(zip(names, row, strict=True))


class _CompleteValuesList(ValuesListIterable):
    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for names, row in _complete_rows(self):
            if self.queryset._fields:
                by_name = dict(zip(names, row, strict=True))
                order = [*self.queryset._fields, *(name for name in names if name not in self.queryset._fields)]
                yield tuple(by_name[name] for name in order if name in by_name)
            else:
                yield row


class _CompleteNamedValuesList(NamedValuesListIterable):
    def __iter__(self) -> Iterator[Any]:
        for names, row in _complete_rows(self):
            yield create_namedtuple_class(*names)._make(row)


class _CompleteFlatValuesList(FlatValuesListIterable):
    def __iter__(self) -> Iterator[Any]:
        for _, row in _complete_rows(self):
            yield row[0]


_COMPLETE = {
    ValuesIterable: _CompleteValues,
    ValuesListIterable: _CompleteValuesList,
    NamedValuesListIterable: _CompleteNamedValuesList,
    FlatValuesListIterable: _CompleteFlatValuesList,
}


@contextmanager
def _set_aside(obj: Any, arrays: dict[str, bytes]) -> Iterator[None]:
    """The row without these arrays, for the time of one statement."""
    held = {name: getattr(obj, name) for name in arrays}
    for name in held:
        setattr(obj, name, [])
    try:
        yield
    finally:
        for name, content in held.items():
            setattr(obj, name, content)


def _by_whole_value(args: tuple[Any, ...], asked: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Conditions that name a whole `value`, for spectra too, whose arrays stand in columns of their own."""
    if not isinstance(asked.get("value"), Mapping):
        return args, asked
    value = plain_json(asked["value"])
    stored = stored_value(SPECTROSCOPY, value)
    if stored == value:
        return args, asked
    arrays = {name: content for name, content in columns_from_value(SPECTROSCOPY, value).items() if name in ARRAY_COLUMNS and content}
    either = models.Q(value=value) | models.Q(data_type=SPECTROSCOPY, value=stored, **arrays)
    return (*args, either), {name: content for name, content in asked.items() if name != "value"}


class ReducedDatumQuerySet(models.QuerySet):
    """Rows of reduced data. Writing keeps `value` and the typed columns together; what would part them is refused."""

    def filter(self, *args: Any, **kwargs: Any) -> ReducedDatumQuerySet:
        args, kwargs = _by_whole_value(args, kwargs)
        return super().filter(*args, **kwargs)

    def exclude(self, *args: Any, **kwargs: Any) -> ReducedDatumQuerySet:
        args, kwargs = _by_whole_value(args, kwargs)
        return super().exclude(*args, **kwargs)

    def _values(self, *fields: Any, **expressions: Any) -> ReducedDatumQuerySet:
        clone = super()._values(*fields, **expressions)
        clone._wants_value = not fields or "value" in fields
        return clone

    def values(self, *fields: Any, **expressions: Any) -> ReducedDatumQuerySet:
        clone = super().values(*fields, **expressions)
        return self._complete(clone, fields)

    def values_list(self, *fields: Any, flat: bool = False, named: bool = False) -> ReducedDatumQuerySet:
        clone = super().values_list(*fields, flat=flat, named=named)
        return self._complete(clone, fields)

    def _complete(self, clone: ReducedDatumQuerySet, fields: tuple[Any, ...]) -> ReducedDatumQuerySet:
        if not fields or "value" in fields:
            clone._iterable_class = _COMPLETE.get(clone._iterable_class, clone._iterable_class)
        return clone

    def only(self, *fields: str) -> ReducedDatumQuerySet:
        if "value" in fields:
            fields = (*fields, "data_type", *ARRAY_COLUMNS)
        return super().only(*fields)

    def get_or_create(self, defaults: dict[str, Any] | None = None, **kwargs: Any) -> tuple[Any, bool]:
        """The row that matches, else the row that says exactly the same, else a new one."""
        self._for_write = True
        try:
            return self.get(**kwargs), False
        except self.model.DoesNotExist:
            pass
        params = dict(resolve_callables(self._extract_model_params(defaults, **kwargs)))
        row = self.model(**params)
        twin = row.find_twin(using=self.db)
        if twin is not None:
            return twin, False
        try:
            row.save(force_insert=True, using=self.db)
        except ValidationError:
            # Another writer may have been faster than the look-up above.
            twin = row.find_twin(using=self.db)
            if twin is None:
                raise
            return twin, False
        return row, True

    def bulk_create(
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Any = None,
        unique_fields: Any = None,
    ) -> list[Any]:
        """Insert rows, complete on both sides; each comes back with its key.

        With `ignore_conflicts`, a row that is there already comes back with the key of that one. Without, a duplicate raises
        ValidationError before anything is written. `update_conflicts` belongs to `add_reduced_data`.
        """
        if update_conflicts:
            raise InvalidInputError("Reduced data are updated by source through tom_dataproducts.services.add_reduced_data.")
        objs = list(objs)
        for obj in objs:
            obj.prepare()
        if not objs:
            return objs
        self._for_write = True
        using = self.db
        for attempt in (1, 2, 3):
            known = self._known_keys(objs, using)
            fresh, seen = [], {}
            for obj in objs:
                keys = ((obj.target_id, obj.fingerprint), (obj.target_id, obj.source_key, "source"))
                twin = next((known[key] for key in keys if key in known), None)
                first = next((seen[key] for key in keys if key in seen), None)
                if (twin is not None or first is not None) and not ignore_conflicts:
                    raise ValidationError("A reduced datum that says the same exists already for this target.", code="unique")
                if twin is not None:
                    obj.pk = twin
                elif first is None:
                    fresh.append(obj)
                    seen.update(dict.fromkeys(keys, obj))
            try:
                with transaction.atomic(using=using):
                    late = self._insert_in_parts(fresh, batch_size, using)
                    if any(obj.pk is None for obj in objs):
                        keyed = self._known_keys([obj for obj in objs if obj.pk is None], using)
                        for obj in objs:
                            if obj.pk is None:
                                obj.pk = keyed.get((obj.target_id, obj.fingerprint)) or keyed[(obj.target_id, obj.source_key, "source")]
                    for obj, arrays in late:
                        write_late(arrays, table=self.model._meta.db_table, pk=obj.pk, using=using)
                    for obj in objs:
                        obj._state.adding, obj._state.db = False, using
                        obj.take_snapshot()
                    self.model.announce(created=fresh)
                return objs
            except IntegrityError:
                # Rows that appeared since they were looked up; anything else fails again and is raised.
                for obj in fresh:
                    obj.pk = None
                if attempt == 3:
                    raise
        return objs

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def _insert_in_parts(self, objs: list[Any], batch_size: int | None, using: str) -> list[tuple[Any, dict[str, bytes]]]:
        """Insert, no more at once than a statement takes; arrays that are too large for one are left to the caller."""
        late = []
        for part in batches(objs, count=len(objs), using=using):
            arrays = late_arrays(part[0], using) if len(part) == 1 else {}
            with _set_aside(part[0], arrays):
                super().bulk_create(part, batch_size=batch_size)
            if arrays:
                late.append((part[0], arrays))
        return late

    @staticmethod
    def _known_keys(objs: list[Any], using: str) -> dict[tuple[Any, ...], int]:
        """Keys of rows that are stored already, by (target, fingerprint) and by (target, source key)."""
        from .reduced import ReducedDatum

        known: dict[tuple[Any, ...], int] = {}
        by_target: dict[int, list[Any]] = {}
        for obj in objs:
            by_target.setdefault(obj.target_id, []).append(obj)
        rows = ReducedDatum._base_manager.using(using)
        for target_id, of_target in by_target.items():
            for start in range(0, len(of_target), BATCH):
                part = of_target[start : start + BATCH]
                of_this = rows.filter(target_id=target_id)
                for pk, fingerprint in of_this.filter(fingerprint__in={o.fingerprint for o in part}).values_list("pk", "fingerprint"):
                    known[(target_id, fingerprint)] = pk
                keys = {o.source_key for o in part if o.source_key != o.fingerprint}
                if keys:
                    for pk, key in of_this.filter(source_key__in=keys).values_list("pk", "source_key"):
                        known[(target_id, key, "source")] = pk
        return known

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        """Change rows; touching one side of a measurement writes the other as well."""
        objs, fields = list(objs), set(fields)
        content = {"value", *CONTENT_COLUMNS}
        if fields & (content | IDENTITY_FIELDS):
            fields |= content | COMPUTED_FIELDS
            for obj in objs:
                obj.prepare()
            complete = [obj.value for obj in objs]
            field = self.model._meta.get_field("value")
            try:
                for obj in objs:
                    obj.value = field.pre_save(obj, add=False)
                self._for_write = True
                return self._update_in_parts(objs, sorted(fields), batch_size or 100, self.db)
            finally:
                for obj, value in zip(objs, complete, strict=True):
                    obj.value = value
                    obj.take_snapshot()
        return super().bulk_update(objs, sorted(fields), batch_size=batch_size)

    bulk_update.alters_data = True  # type: ignore[attr-defined]

    def _update_in_parts(self, objs: list[Any], fields: list[str], batch_size: int, using: str) -> int:
        rows = models.QuerySet(self.model, using=using)
        changed = 0
        with transaction.atomic(using=using, savepoint=False):
            for part in batches(objs, count=batch_size, using=using):
                arrays = late_arrays(part[0], using) if len(part) == 1 else {}
                with _set_aside(part[0], arrays):
                    found = rows.bulk_update(part, fields, batch_size=batch_size)
                if arrays and found:
                    write_late(arrays, table=self.model._meta.db_table, pk=part[0].pk, using=using)
                changed += found
        return changed

    def update(self, **kwargs: Any) -> int:
        """Change rows in the database. What a measurement says cannot be changed here: `value`, columns and key belong together."""
        refused = sorted(set(kwargs) & ({"value", *CONTENT_COLUMNS} | COMPUTED_FIELDS))
        if refused:
            raise InvalidInputError(
                f"update() cannot change {', '.join(refused)} of reduced data, for it would leave `value`, the typed columns and the "
                "fingerprint telling different things. Change the rows and save() or bulk_update() them, or send the new measurement "
                "to tom_dataproducts.services.add_reduced_data."
            )
        if set(kwargs) & IDENTITY_FIELDS:
            rows = list(self)
            using = router.db_for_write(self.model) if self._db is None else self._db
            with transaction.atomic(using=using):
                for row in rows:
                    for name, content in kwargs.items():
                        setattr(row, name, content)
                    row.save(using=using, update_fields=list(kwargs))
            return len(rows)
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows in a few statements; row by row where somebody listens to that."""
        query = self.query
        plain = not (query.is_sliced or query.distinct or query.distinct_fields or query.combinator or self._fields is not None)
        counted = delete_rows(self) if plain else None
        if counted is None:
            return super().delete()
        self._result_cache = None
        return sum(counted.values()), {label: number for label, number in counted.items() if number}

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class ReducedDatumManager(models.Manager.from_queryset(ReducedDatumQuerySet)):
    """All rows; on a typed proxy, the rows of its type."""

    def get_queryset(self) -> ReducedDatumQuerySet:
        queryset = super().get_queryset()
        return self.model.restrict(queryset)
