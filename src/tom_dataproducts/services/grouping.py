"""Groups of data products.

Which user groups a group names decides who may see its products. So who changes that must be allowed to change each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from tom_common.errors import NotAllowedError
from tom_common.services.history import record_history
from tom_dataproducts.models import DataProduct, DataProductGroup


def create_group(*, name: str, user_groups: Iterable[Any] = (), actor: Any = None) -> DataProductGroup:
    """A new group; with user groups, its products are for their members."""
    with transaction.atomic():
        group = DataProductGroup.objects.create(name=name)
        group.user_groups.set(user_groups)
        record_history(actor=actor, verb="created", obj=group, after={"name": name})
    return group


def update_group(*, group: DataProductGroup, name: str, user_groups: Iterable[Any], actor: Any = None) -> DataProductGroup:
    """Rename a group, and say anew which user groups may see its products. NotAllowedError: see the module."""
    chosen = list(user_groups)
    with transaction.atomic():
        before = {"name": group.name, "user_groups": _names(group.user_groups.all())}
        after = {"name": name, "user_groups": _names(chosen)}
        if before["user_groups"] != after["user_groups"]:
            _must_change_all(group, actor)
        group.name = name
        group.save(update_fields=["name", "modified"])
        group.user_groups.set(chosen)
        if before != after:
            record_history(actor=actor, verb="changed", obj=group, before=before, after=after)
    return group


def delete_group(*, group: DataProductGroup, actor: Any = None) -> None:
    """Delete a group; its products stay. NotAllowedError: it kept products for some, see the module."""
    with transaction.atomic():
        if group.user_groups.exists():
            _must_change_all(group, actor)
        record_history(actor=actor, verb="deleted", obj=group, before={"name": group.name})
        group.delete()


def add_to_group(*, group: DataProductGroup, products: Iterable[DataProduct], actor: Any = None) -> None:
    """Put products into a group. The caller has asked whether each of them may be changed."""
    products = list(products)
    if not products:
        return
    with transaction.atomic():
        group.dataproduct_set.add(*products)
        record_history(actor=actor, verb="changed", obj=group, after={"added": [product.pk for product in products]})


def remove_from_group(*, group: DataProductGroup, products: Iterable[DataProduct], actor: Any = None) -> None:
    """Take products out of a group. The caller has asked whether each of them may be changed."""
    products = list(products)
    if not products:
        return
    with transaction.atomic():
        group.dataproduct_set.remove(*products)
        record_history(actor=actor, verb="changed", obj=group, before={"removed": [product.pk for product in products]})


def _names(groups: Iterable[Any]) -> list[str]:
    return sorted(group.name for group in groups)


def _must_change_all(group: DataProductGroup, actor: Any) -> None:
    from tom_dataproducts.policy import visible_to

    if actor is None:
        return
    inside = DataProduct.objects.filter(group=group)
    if inside.exclude(pk__in=visible_to(actor, "change").order_by().values("pk")).exists():
        raise NotAllowedError("The group holds products that you may not change: who may see them is not yours to decide.")
