"""Deleting data products and reduced data."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tom_common.services.history import record_history
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.normalising import stored_value


def delete_product(*, product: DataProduct, actor: Any = None) -> int:
    """Delete a product, the reduced data made of it and, once that is committed, its files. Returns how many data went with it."""
    files = [field for field in (product.data, product.thumbnail) if field]
    places = [(field.storage, str(field.name)) for field in files]
    with transaction.atomic():
        record_history(
            actor=actor, verb="deleted", obj=product,
            before={"file": product.data.name if product.data else "", "type": product.data_product_type, "target": product.target_id},
        )
        count, _ = ReducedDatum.objects.filter(data_product=product).delete()
        _forget_rights(product)
        product.delete()
        transaction.on_commit(lambda: _delete_files(places))
    return count


def _delete_files(places: list[tuple[Any, str]]) -> None:
    for storage, name in places:
        storage.delete(name)


def delete_datum(*, datum: ReducedDatum, actor: Any = None) -> None:
    """Delete one measurement."""
    with transaction.atomic():
        record_history(
            actor=actor, verb="deleted", obj=datum,
            before={"timestamp": datum.timestamp, "target": datum.target_id, "value": stored_value(datum.data_type, datum.value)},
        )
        _forget_rights(datum)
        datum.delete()


def _forget_rights(obj: Any) -> None:
    """Rights on a row are not for the next row that gets its key."""
    from django.contrib.contenttypes.models import ContentType
    from guardian.models import GroupObjectPermission, UserObjectPermission

    concrete = obj._meta.concrete_model
    models = [model for model in obj._meta.apps.get_models() if model._meta.concrete_model is concrete]
    types = [ContentType.objects.get_for_model(model, for_concrete_model=False).pk for model in models]
    for table in (UserObjectPermission, GroupObjectPermission):
        table.objects.filter(content_type__in=types, object_pk=str(obj.pk)).delete()
