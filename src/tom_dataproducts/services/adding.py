"""The one way of measurements into the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, connections, models, router, transaction

from tom_common.errors import InvalidInputError, RowError
from tom_common.services.history import HistoryRow, record_history, record_many
from tom_dataproducts import policy
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.normalising import CONTENT_COLUMNS
from tom_dataproducts.rows import AddedData, DatumRow, ValueRow

from .preparing import Prepared, prepare
from .writing import insert_rows

ATTEMPTS = 4
MOST_RUNS = 5000
"""Keys of added rows that history keeps, as unbroken runs, so that an adding can be undone."""
NOT_AVAILABLE = "this identifier is not available"
WRITTEN = ("value", "timestamp", "data_type", "source_location", "fingerprint", "source_key", *CONTENT_COLUMNS)


def add_reduced_data(
    *,
    target: Any,
    rows: Iterable[DatumRow | ValueRow],
    actor: Any = None,
    data_product: DataProduct | None = None,
    own_words: bool = False,
) -> AddedData:
    """Add measurements of a target: new ones are made, those that a source sent anew are updated, the others left as they are.

    One transaction: all or none. Raises InvalidInputError naming each row that cannot be stored. With `own_words` the rows are the
    actor's, not a source's: one that would change a stored row which the actor may not change is refused.
    """
    return add_reduced_data_many({target: rows}, actor=actor, data_product=data_product, own_words=own_words)[target]


def add_reduced_data_many(
    rows_by_target: Mapping[Any, Iterable[DatumRow | ValueRow]],
    *,
    actor: Any = None,
    data_product: DataProduct | None = None,
    own_words: bool = False,
) -> dict[Any, AddedData]:
    """`add_reduced_data` for many targets in one transaction: targets (or their keys) to rows, back to what was done with them."""
    prepared = {target: prepare(target, rows, data_product, getattr(actor, "pk", None)) for target, rows in rows_by_target.items()}
    using = router.db_for_write(ReducedDatum)
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic(using=using):
                added = {target: _write(data, actor, using, own_words) for target, data in prepared.items()}
                if getattr(actor, "pk", None):
                    _remember(prepared, added, data_product, actor)
                return added
        except IntegrityError:
            # Another writer stored some of these rows since they were looked up: look again. What fails every time is raised.
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _remember(prepared: dict[Any, list[Prepared]], added: dict[Any, AddedData], product: DataProduct | None, actor: Any) -> None:
    """One event of history for all that a person added to a target at once; what streams bring says itself where it comes from."""
    targets = ReducedDatum._meta.get_field("target").related_model
    rows = []
    for target, data in prepared.items():
        number = len(added[target].created)
        if not number:
            continue
        obj = product or (target if isinstance(target, models.Model) else targets._base_manager.get(pk=target))
        kinds = sorted({datum.data_type for datum in data})
        what = f"{number} row{'' if number == 1 else 's'} of {', '.join(kinds)}"
        after = {"rows": number, "data types": kinds, "sources": sorted({datum.source_name for datum in data if datum.source_name})[:20]}
        undo = {"keys": runs} if len(runs := _runs(added[target].created)) <= MOST_RUNS else None
        rows.append(HistoryRow("data added", obj, after=after, summary=f"{what} added", undo=undo))
    record_many(actor=actor, rows=rows)


def _runs(keys: Iterable[int]) -> list[list[int]]:
    """Sorted keys as [first, last] of each unbroken run."""
    runs: list[list[int]] = []
    for key in sorted(keys):
        if runs and key == runs[-1][1] + 1:
            runs[-1][1] = key
        else:
            runs.append([key, key])
    return runs


def _write(data: list[Prepared], actor: Any, using: str, own_words: bool) -> AddedData:
    if not data:
        return AddedData()
    target_id = data[0].target_id
    contents, sources = _known(data, target_id, using)
    fresh: dict[int, Prepared] = {}
    again: dict[int, Prepared] = {}
    unchanged: dict[int, None] = {}
    for datum in data:
        by_content = contents.get(datum.fingerprint)
        by_source = sources.get(datum.source_key) if datum.source_id else None
        if by_content is not None:
            unchanged[by_content] = None
        elif by_source is not None:
            again[by_source] = datum
        else:
            # The same measurement twice in one batch is one; of one identifier the last counts.
            fresh[datum.source_key] = datum
    if own_words and actor is not None and again:
        _refuse_others(data, again, sources, actor, using)
    created = insert_rows(list({datum.fingerprint: datum for datum in fresh.values()}.values()), using=using)
    updated = _update(again, actor, using)
    if created or updated:
        from tom_dataproducts.events import data_added

        data_added.send(target_id=target_id, created=created, updated=updated, actor=actor)
    return AddedData(created, updated, [pk for pk in unchanged if pk not in again])


def _known(data: list[Prepared], target_id: int, using: str) -> tuple[dict[int, int], dict[int, int]]:
    """Keys of stored rows with the same content (by fingerprint), and of those of the same source and identifier (by source key)."""
    contents: dict[int, int] = {}
    sources: dict[int, int] = {}
    rows = ReducedDatum._base_manager.using(using).filter(target_id=target_id)
    size = 900 if connections[using].vendor == "sqlite" else 5000
    if len(data) > size:
        # Of a target that has not more rows than these, all are fetched by one statement.
        stored = list(rows.values_list("pk", "fingerprint", "source_key")[: len(data) + 1])
        if len(stored) <= len(data):
            return {fingerprint: pk for pk, fingerprint, _ in stored}, {key: pk for pk, _, key in stored}
    for start in range(0, len(data), size):
        part = data[start : start + size]
        for pk, fingerprint in rows.filter(fingerprint__in=[d.fingerprint for d in part]).values_list("pk", "fingerprint"):
            contents[fingerprint] = pk
        keys = [d.source_key for d in part if d.source_id]
        if keys:
            for pk, key in rows.filter(source_key__in=keys).values_list("pk", "source_key"):
                sources[key] = pk
    return contents, sources


def _refuse_others(data: list[Prepared], again: dict[int, Prepared], sources: dict[int, int], actor: Any, using: str) -> None:
    """Raise for rows that would change what the actor may not change. It says no more than that the identifier is taken."""
    rows = policy.data_visible_to(actor, "change", ReducedDatum._base_manager.using(using).only("pk"))
    kept = set(again) - set(rows.in_bulk(list(again)))
    if kept:
        numbered = [(number, datum) for number, datum in enumerate(data, start=1) if datum.source_id and sources.get(datum.source_key) in kept]
        raise InvalidInputError(errors=[RowError(number, "source_id", datum.source_id, NOT_AVAILABLE) for number, datum in numbered])


def _update(again: dict[int, Prepared], actor: Any, using: str) -> list[int]:
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
            actor=actor,
            verb="updated",
            obj=row,
            before=before,
            after={"timestamp": row.timestamp, "value": _brief(row)},
            summary=f"{row.source_name or 'the source'} sent measurement {row.source_id} anew",
        )
        updated.append(pk)
    return updated


def _brief(row: ReducedDatum) -> Any:
    """What history keeps of a value: no arrays."""
    from tom_dataproducts.normalising import stored_value

    return stored_value(row.data_type, row.value)
