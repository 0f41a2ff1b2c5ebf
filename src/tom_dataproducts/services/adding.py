"""The one way of measurements into the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any

from django.db import IntegrityError, connections, models, router, transaction
from django.utils.dateparse import parse_datetime

from tom_common.errors import InvalidInputError, RowError
from tom_common.services.history import record_history
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.normalising import CONTENT_COLUMNS, fingerprint_of, normalise, source_key_of
from tom_dataproducts.rows import AddedData, DatumRow

from .writing import insert_rows

ATTEMPTS = 4
WRITTEN = ("value", "timestamp", "data_type", "source_location", "fingerprint", "source_key", *CONTENT_COLUMNS)


def add_reduced_data(
    *, target: Any, rows: Iterable[DatumRow], actor: Any = None, data_product: DataProduct | None = None
) -> AddedData:
    """Add measurements of a target: new ones are made, those that a source sent anew are updated, the others left as they are.

    One transaction: all or none. Raises InvalidInputError naming each row that cannot be stored.
    """
    return add_reduced_data_many({target: rows}, actor=actor, data_product=data_product)[target]


def add_reduced_data_many(
    rows_by_target: Mapping[Any, Iterable[DatumRow]], *, actor: Any = None, data_product: DataProduct | None = None
) -> dict[Any, AddedData]:
    """`add_reduced_data` for many targets in one transaction: targets (or their keys) to rows, back to what was done with them."""
    prepared = {target: _prepare(target, rows, data_product) for target, rows in rows_by_target.items()}
    using = router.db_for_write(ReducedDatum)
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic(using=using):
                return {target: _write(data, actor, using) for target, data in prepared.items()}
        except IntegrityError:
            # Another writer stored some of these rows since they were looked up: look again. What fails every time is raised.
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


class _Prepared:
    """A row ready to be written: every column of the table as an attribute, without the cost of a model instance."""

    target_id: int
    source_id: str
    fingerprint: int
    source_key: int

    def __init__(self, contents: dict[str, Any]) -> None:
        self.__dict__ = contents


_LIMITS = [
    (field.name, field.max_length)
    for field in ReducedDatum._meta.concrete_fields
    if isinstance(field, models.CharField) and field.max_length
]
_EMPTY = {field.name: field.get_default() for field in ReducedDatum._meta.concrete_fields if field.name in CONTENT_COLUMNS}


def _prepare(target: Any, rows: Iterable[DatumRow], data_product: DataProduct | None) -> list[_Prepared]:
    target_id = target.pk if isinstance(target, models.Model) else target
    product_id = data_product.pk if data_product is not None else None
    data: list[_Prepared] = []
    errors: list[RowError] = []
    for number, row in enumerate(rows, start=1):
        given = {name: content for name, content in zip(CONTENT_COLUMNS, _contents_of(row), strict=True) if not _is_default(content)}
        value, clean = normalise(row.data_type, row.value, given, given=set(given))
        timestamp = _utc(row.timestamp)
        if timestamp is None:
            errors.append(RowError(number, "timestamp", row.timestamp, "this is no time"))
            continue
        contents = {
            **_EMPTY, **given, **clean, "target_id": target_id, "data_product_id": product_id, "data_type": row.data_type,
            "source_name": row.source_name, "source_location": row.source_location, "source_id": str(row.source_id),
            "timestamp": timestamp, "value": value,
        }
        for name, length in _LIMITS:
            if len(contents[name]) > length:
                errors.append(RowError(number, name, contents[name], f"longer than {length} characters"))
        datum = _Prepared(contents)
        datum.fingerprint = fingerprint_of(datum)
        datum.source_key = source_key_of(datum, datum.fingerprint)
        data.append(datum)
    if errors:
        raise InvalidInputError(errors=errors)
    return data


def _utc(timestamp: Any) -> dt.datetime | None:
    """An aware datetime in UTC; a naive one counts as UTC. Text is read as ISO 8601. None for what is no time."""
    if isinstance(timestamp, str):
        timestamp = parse_datetime(timestamp)
    if isinstance(timestamp, dt.date) and not isinstance(timestamp, dt.datetime):
        timestamp = dt.datetime(timestamp.year, timestamp.month, timestamp.day)
    if not isinstance(timestamp, dt.datetime):
        return None
    return timestamp.replace(tzinfo=dt.UTC) if timestamp.tzinfo is None else timestamp.astimezone(dt.UTC)


_contents_of = attrgetter(*CONTENT_COLUMNS)
_NO_TEXT, _NO_ARRAY = "", ()


def _is_default(content: Any) -> bool:
    if content is None or content is _NO_TEXT or content is _NO_ARRAY:
        return True
    if type(content) is float:
        return False
    return (isinstance(content, (str, tuple, dict, list)) and len(content) == 0)


def _write(data: list[_Prepared], actor: Any, using: str) -> AddedData:
    if not data:
        return AddedData()
    target_id = data[0].target_id
    known = _known(data, target_id, using)
    fresh: dict[int, _Prepared] = {}
    again: dict[int, _Prepared] = {}
    unchanged: dict[int, None] = {}
    for datum in data:
        by_content = known.get(("content", datum.fingerprint))
        by_source = known.get(("source", datum.source_key)) if datum.source_id else None
        if by_content is not None:
            unchanged[by_content] = None
        elif by_source is not None:
            again[by_source] = datum
        else:
            # The same measurement twice in one batch is one; of one identifier the last counts.
            fresh[datum.source_key] = datum
    created = insert_rows(list({datum.fingerprint: datum for datum in fresh.values()}.values()), using=using)
    updated = _update(again, actor, using)
    if created or updated:
        from tom_dataproducts.events import data_added

        data_added.send(target_id=target_id, created=created, updated=updated, actor=actor)
    return AddedData(created, updated, [pk for pk in unchanged if pk not in again])


def _known(data: list[_Prepared], target_id: int, using: str) -> dict[tuple[str, int], int]:
    """Keys of stored rows with the same content, or of the same source and identifier."""
    known: dict[tuple[str, int], int] = {}
    rows = ReducedDatum._base_manager.using(using).filter(target_id=target_id)
    size = 900 if connections[using].vendor == "sqlite" else 5000
    for start in range(0, len(data), size):
        part = data[start : start + size]
        for pk, fingerprint in rows.filter(fingerprint__in=[d.fingerprint for d in part]).values_list("pk", "fingerprint"):
            known[("content", fingerprint)] = pk
        keys = [d.source_key for d in part if d.source_id]
        if keys:
            for pk, key in rows.filter(source_key__in=keys).values_list("pk", "source_key"):
                known[("source", key)] = pk
    return known


def _update(again: dict[int, _Prepared], actor: Any, using: str) -> list[int]:
    """Rows whose source sent them with new content."""
    if not again:
        return []
    stored = ReducedDatum._base_manager.using(using).select_for_update().in_bulk(list(again))
    updated = []
    for pk, datum in sorted(again.items()):
        row = stored.get(pk)
        if row is None:
            raise IntegrityError("a row that was to be updated is gone")
        before = {"timestamp": row.timestamp, "value": _brief(row)}
        for name in WRITTEN:
            setattr(row, name, getattr(datum, name))
        models.Model.save(row, using=using, force_update=True, update_fields=WRITTEN)
        record_history(
            actor=actor, verb="updated", obj=row, before=before, after={"timestamp": row.timestamp, "value": _brief(row)},
            summary=f"{row.source_name or 'the source'} sent measurement {row.source_id} anew",
        )
        updated.append(pk)
    return updated


def _brief(row: ReducedDatum) -> Any:
    """What history keeps of a value: no arrays."""
    from tom_dataproducts.normalising import stored_value

    return stored_value(row.data_type, row.value)
