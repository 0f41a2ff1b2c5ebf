"""From the file of a data product to reduced data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from tom_common.errors import InvalidInputError, NotFoundError, RowError
from tom_common.tasks import progress
from tom_dataproducts.exceptions import InvalidFileFormatException
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.rows import AddedData, DatumRow, ValueRow

from .adding import add_reduced_data

MOST_TOLD = 50
LONGEST_MESSAGE = 10_000


def process_product(*, product: DataProduct, actor: Any = None, data_type: str | None = None, keep_good_rows: bool = False) -> AddedData:
    """Read the product's file with the processor of its type, or of `data_type`, and store what is in it.

    The data are of the type that the processor says (`data_type_override`), else of the type by which it was chosen.
    Processing again replaces what an earlier run made of this product, what was edited by hand since included. Why it failed is kept on the
    product (`processing_state`, `processing_message`) and raised; nothing is stored then. With `keep_good_rows` the rows that cannot be read
    are left out, and told in `processing_message`.
    """
    from tom_dataproducts.data_processor import processor_for

    _set_state(product, DataProduct.Processing.RUNNING, "")
    try:
        progress(0, None, "reading the file")
        processor = processor_for(data_type or product.data_product_type)
        processor.keep_good_rows = keep_good_rows
        found = processor.process_data(product) or []
        kind = processor.data_type_override() or data_type or product.data_product_type
        rows = _rows(found, kind, product, getattr(processor, "source_ids", ()))
        progress(0, len(rows), f"storing {len(rows):,} measurements")
        report = getattr(processor, "report", None)
        left_out = list(report.errors) if report is not None else []
        added = _store(product, rows, actor, getattr(processor, "places", ()), left_out if keep_good_rows else None)
    except Exception as error:
        _set_state(product, DataProduct.Processing.FAILED, str(error) or type(error).__name__)
        raise
    _set_state(product, DataProduct.Processing.DONE, _told(added, len(rows), left_out))
    return added


def _rows(found: Iterable[Any], kind: str, product: DataProduct, source_ids: Sequence[str | None]) -> list[DatumRow | ValueRow]:
    location = (product.data.name or "")[:200]
    rows = [as_row(item, kind, location) for item in found]
    if len(source_ids) == len(rows) and any(source_ids):
        rows = [
            row._replace(source_id=identifier) if identifier and isinstance(row, ValueRow) else row
            for row, identifier in zip(rows, source_ids, strict=True)
        ]
    return rows


def _store(
    product: DataProduct, rows: list[DatumRow | ValueRow], actor: Any, places: Sequence[int], left_out: list[RowError] | None
) -> AddedData:
    """Write the rows in the place of what an earlier run left. Rows that cannot be stored are added to `left_out`, or raised without it."""
    with transaction.atomic():
        # Two runs of one product take turns: the later one replaces the rows of the earlier.
        if DataProduct.objects.select_for_update().filter(pk=product.pk).first() is None:
            raise NotFoundError("The data product was deleted meanwhile.")
        was_read_before = ReducedDatum.objects.filter(data_product=product).exists()
        try:
            added = add_reduced_data(target=product.target, rows=rows, actor=actor, data_product=product, own_words=True)
        except InvalidInputError as error:
            wrong = {each.row for each in error.errors}
            if None in wrong or not wrong:
                raise
            told = [_placed(each, places if len(places) == len(rows) else ()) for each in error.errors]
            if left_out is None:
                raise InvalidFileFormatException(errors=told) from None
            left_out += told
            good = [row for number, row in enumerate(rows, start=1) if number not in wrong]
            added = add_reduced_data(target=product.target, rows=good, actor=actor, data_product=product, own_words=True)
        if was_read_before:
            _drop_stale(product, added)
    return added


def _placed(error: RowError, places: Sequence[int]) -> RowError:
    """The error with its place in the file in place of the number among the measurements."""
    place = places[error.row - 1] if error.row is not None and places else error.row
    return RowError(place, error.column, error.value, error.problem, error.mend)


def _drop_stale(product: DataProduct, added: AddedData) -> None:
    """Delete what an earlier run made of this product and this one did not find again."""
    own = set(ReducedDatum.objects.filter(data_product=product).values_list("pk", flat=True))
    stale = sorted(own - set(added.all))
    for start in range(0, len(stale), 500):
        ReducedDatum.objects.filter(pk__in=stale[start : start + 500]).delete()


def _told(added: AddedData, rows: int, left_out: Sequence[RowError]) -> str:
    if not rows and not left_out:
        return "no reduced data"
    words = f"{len(added.created)} new, {len(added.updated)} updated, {len(added.unchanged)} already there"
    same = rows - len(added) - sum(1 for error in left_out if error.column in ("source_name", "timestamp"))
    if not left_out and same > 0:
        words += f", {same} the same as another row"
    if left_out:
        number = len({error.row for error in left_out})
        words += f"; {number} row{'' if number == 1 else 's'} left out: " + "; ".join(map(str, left_out[:MOST_TOLD]))
        if len(left_out) > MOST_TOLD:
            words += f"; and {len(left_out) - MOST_TOLD} more"
    return words


def _set_state(product: DataProduct, state: str, message: str) -> None:
    product.processing_state, product.processing_message = state, message.replace("\x00", "")[:LONGEST_MESSAGE]
    DataProduct.objects.filter(pk=product.pk).update(processing_state=state, processing_message=product.processing_message)


def as_row(item: Any, data_type: str, location: str) -> DatumRow | ValueRow:
    """A row of what a processor returned: a DatumRow, or (timestamp, dict[, source name])."""
    if isinstance(item, DatumRow):
        return item
    parts = item if type(item) is tuple else list(item)
    if len(parts) < 2:
        raise InvalidInputError("A data processor returns (timestamp, value, source name) for each measurement.")
    source = str(parts[2])[:100] if len(parts) > 2 and parts[2] is not None else ""
    return ValueRow(data_type, parts[0], parts[1], source, location)
