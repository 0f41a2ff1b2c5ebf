"""Tags of data products."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from tom_common.errors import InvalidInputError, RowError
from tom_common.services.history import record_history
from tom_dataproducts.models import DataProduct, DataProductTag

LONGEST = 100
MOST = 50


def split_tags(text: str) -> list[str]:
    """Tags out of what a person wrote, separated by commas or lines; each once, in order."""
    return list(dict.fromkeys(" ".join(part.split()) for part in re.split(r"[,;\n]", text or "") if part.strip()))


def set_tags(*, product: DataProduct, tags: Iterable[str], actor: Any = None) -> list[str]:
    """Give the product these tags and no others. Raises InvalidInputError for one that is too long, or too many."""
    wanted = list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    for tag in wanted:
        if len(tag) > LONGEST:
            raise InvalidInputError(errors=[RowError(None, "tags", tag[:30] + "…", f"longer than {LONGEST} characters", "shorten it")])
    if len(wanted) > MOST:
        raise InvalidInputError(errors=[RowError(None, "tags", len(wanted), f"more than {MOST} tags", "give fewer")])
    with transaction.atomic():
        DataProduct.objects.select_for_update().filter(pk=product.pk).first()  # two who tag at once wait for each other
        before = list(product.tags.values_list("name", flat=True))
        if sorted(before) != sorted(wanted):
            product.tags.exclude(name__in=wanted).delete()
            DataProductTag.objects.bulk_create(DataProductTag(product=product, name=tag) for tag in wanted if tag not in before)
            record_history(actor=actor, verb="changed", obj=product, before={"tags": sorted(before)}, after={"tags": sorted(wanted)})
    return wanted


def add_tags(*, product: DataProduct, tags: Iterable[str], actor: Any = None) -> list[str]:
    """Give the product these tags beside those that it has."""
    return set_tags(product=product, tags=[*product.tags.values_list("name", flat=True), *tags], actor=actor)
