"""To whom a data product is open and why: `policy`, told for one product. Both must agree; a test asks them of every user and product."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType

from tom_common.access import EVERYONE, Given, narrowed, object_rights, on_the_model, superusers
from tom_common.conf import tom_settings
from tom_targets.access import rights_on

from .models import DataProduct, DataProductGroup

OF_TARGET = "of the target: "


def grants_of(product: DataProduct) -> list[Given]:
    """What the target gives, narrowed by the product's groups, or the rights on the product: a fixed number of queries."""
    if tom_settings.TARGET_PERMISSIONS_ONLY:
        of_target = rights_on(product.target)
        # who may change the target may change and delete its data
        found = narrowed(of_target, OF_TARGET, source="view") + narrowed(of_target, OF_TARGET, source="change", visitors=False)
        found += narrowed(of_target, OF_TARGET, source="change", action="delete", visitors=False)
        own_groups = DataProductGroup.user_groups.through.objects.filter(dataproductgroup__dataproduct=product.pk)
        keys = frozenset(own_groups.values_list("group_id", flat=True))
        if keys:
            found = [_within(one, keys) for one in found]
    else:
        own = object_rights(ContentType.objects.get_for_model(DataProduct), product.pk)
        found = narrowed(own, source="view")
        found += [one for action in ("change", "delete") for one in narrowed(own, source=action, visitors=False)]
    return [*found, *narrowed(on_the_model({"tom_dataproducts"}, "dataproduct"), visitors=False), *superusers()]


def _within(one: Given, keys: frozenset[int]) -> Given:
    """The product lies in groups of products that are open to these groups alone."""
    visitors = one.visitors and one.kind != EVERYONE
    return narrowed([one], "in a group of data that is theirs; ", within=keys, visitors=visitors)[0]
