"""Deleting data products and reduced data."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tom_common.services.history import record_history
from tom_dataproducts.models import DataProduct, ReducedDatum

from .removing import delete_reduced_data, forget_rights


def delete_product(*, product: DataProduct, actor: Any = None) -> int:
    """Delete a product, the reduced data made of it and, once that is committed, its files. Returns how many data went with it."""
    files = [field for field in (product.data, product.thumbnail) if field]
    places = [(field.storage, str(field.name)) for field in files]
    with transaction.atomic():
        count, _ = ReducedDatum.objects.filter(data_product=product).delete()
        record_history(
            actor=actor, verb="deleted", obj=product,
            before={
                "file": product.data.name if product.data else "", "type": product.data_product_type, "target": product.target_id,
                "measurements": count,
            },
        )
        forget_rights([product])
        product.delete()
        transaction.on_commit(lambda: _delete_files(places))
    return count


def _delete_files(places: list[tuple[Any, str]]) -> None:
    for storage, name in places:
        storage.delete(name)


def delete_datum(*, datum: ReducedDatum, actor: Any = None) -> None:
    """Delete one measurement; history keeps what brings it back."""
    delete_reduced_data(rows=ReducedDatum.objects.filter(pk=datum.pk), actor=actor)
