"""Reading a stored product once more."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tom_common.errors import InvalidInputError, RowError
from tom_common.services.history import record_history
from tom_dataproducts.models import DataProduct
from tom_dataproducts.models.products import data_type_choices


def reprocess_product(*, product: DataProduct, actor: Any = None, data_product_type: str = "", keep_good_rows: bool = False) -> Any:
    """Have the file of a product read again, as another type of data product where one is given; gives the run of the task.

    What it gives takes the place of what the product gave before: rows that are found again stay (with their keys), the others go, what was
    edited by hand since included. While a run of this product waits, no second one is made. InvalidInputError for a type that is not known.
    """
    from tom_dataproducts.tasks import enqueue_processing

    if data_product_type and data_product_type != product.data_product_type:
        kinds = [kind for kind, _ in data_type_choices()]
        if data_product_type not in kinds:
            known = f"Not a valid data_product_type. Valid data_product_types are {', '.join(kinds)}."
            raise InvalidInputError(errors=[RowError(None, "data_product_type", data_product_type, known)])
        with transaction.atomic():
            before, product.data_product_type = product.data_product_type, data_product_type
            product.save(update_fields=["data_product_type", "modified"])
            record_history(actor=actor, verb="updated", obj=product, before={"type": before}, after={"type": data_product_type})
    return enqueue_processing(product, actor=actor, keep_good_rows=keep_good_rows)
