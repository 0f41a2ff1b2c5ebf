"""From the file of a data product to reduced data."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from tom_common.errors import InvalidInputError
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.rows import AddedData, DatumRow

from .adding import add_reduced_data

logger = logging.getLogger(__name__)


def process_product(*, product: DataProduct, actor: Any = None, data_type: str | None = None) -> AddedData:
    """Read the product's file with the processor of its type and store what is in it.

    Processing again replaces what an earlier run made of this product. Why it failed is kept on the product and raised.
    """
    from tom_dataproducts.data_processor import processor_for

    _set_state(product, DataProduct.Processing.RUNNING, "")
    try:
        processor = processor_for(data_type or product.data_product_type)
        found = processor.process_data(product)
        kind = data_type or processor.data_type_override() or product.data_product_type
        rows = [as_row(item, kind, product) for item in found]
        with transaction.atomic():
            added = add_reduced_data(target=product.target, rows=rows, actor=actor, data_product=product)
            _drop_stale(product, added)
    except Exception as error:
        _set_state(product, DataProduct.Processing.FAILED, str(error) or type(error).__name__)
        raise
    message = f"{len(added.created)} new, {len(added.updated)} updated, {len(added.unchanged)} already there" if rows else "no reduced data"
    _set_state(product, DataProduct.Processing.DONE, message)
    return added


def _drop_stale(product: DataProduct, added: AddedData) -> None:
    """Delete what an earlier run made of this product and this one did not find again."""
    own = set(ReducedDatum.objects.filter(data_product=product).values_list("pk", flat=True))
    stale = sorted(own - set(added.all))
    for start in range(0, len(stale), 500):
        ReducedDatum.objects.filter(pk__in=stale[start : start + 500]).delete()


def _set_state(product: DataProduct, state: str, message: str) -> None:
    product.processing_state, product.processing_message = state, message[:2000]
    DataProduct.objects.filter(pk=product.pk).update(processing_state=state, processing_message=product.processing_message)


def as_row(item: Iterable[Any], data_type: str, product: DataProduct) -> DatumRow:
    """A row of what a processor returned: a DatumRow, or (timestamp, dict[, source name])."""
    if isinstance(item, DatumRow):
        return item
    parts = list(item)
    if len(parts) < 2:
        raise InvalidInputError("A data processor returns (timestamp, value, source name) for each measurement.")
    source = str(parts[2]) if len(parts) > 2 and parts[2] is not None else ""
    return DatumRow(
        data_type=data_type, timestamp=parts[0], value=parts[1], source_name=source[:100],
        source_location=(product.data.name or "")[:200],
    )
