"""Groups of data products."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from tom_common.services.history import record_history
from tom_dataproducts.models import DataProduct, DataProductGroup


def create_group(*, name: str, user_groups: Iterable[Any] = (), actor: Any = None) -> DataProductGroup:
    """A new group; with user groups, its products are for their members."""
    with transaction.atomic():
        group = DataProductGroup.objects.create(name=name)
        group.user_groups.set(user_groups)
        record_history(actor=actor, verb="created", obj=group, after={"name": name})
    return group


def delete_group(*, group: DataProductGroup, actor: Any = None) -> None:
    """Delete a group; its products stay."""
    with transaction.atomic():
        record_history(actor=actor, verb="deleted", obj=group, before={"name": group.name})
        group.delete()


def add_to_group(*, group: DataProductGroup, products: Iterable[DataProduct], actor: Any = None) -> None:
    products = list(products)
    with transaction.atomic():
        group.dataproduct_set.add(*products)
        record_history(actor=actor, verb="changed", obj=group, after={"added": [product.pk for product in products]})


def remove_from_group(*, group: DataProductGroup, products: Iterable[DataProduct], actor: Any = None) -> None:
    products = list(products)
    with transaction.atomic():
        group.dataproduct_set.remove(*products)
        record_history(actor=actor, verb="changed", obj=group, before={"removed": [product.pk for product in products]})
