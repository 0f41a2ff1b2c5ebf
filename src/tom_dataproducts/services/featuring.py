"""Featuring one product of a target among those of its type."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.core.cache.utils import make_template_fragment_key
from django.db import transaction

from tom_common.services.history import record_history
from tom_dataproducts.models import DataProduct


def feature_product(*, product: DataProduct, actor: Any = None) -> None:
    """Make this the featured product of its target and type, instead of the one that was."""
    with transaction.atomic():
        others = DataProduct.objects.filter(target_id=product.target_id, data_product_type=product.data_product_type, featured=True)
        others.exclude(pk=product.pk).update(featured=False)
        product.featured = True
        product.save(update_fields=["featured", "modified"])
        record_history(actor=actor, verb="featured", obj=product, after={"featured": True})
    cache.delete(make_template_fragment_key("featured_image", [str(product.target_id)]))
