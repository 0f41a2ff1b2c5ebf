"""What data products add to the tables of lower floors."""

from __future__ import annotations

from django.db.models import Count

from tom_common.tables import AddedColumn, register_table_column


def products_of(user, targets) -> dict[int, int]:
    """Of each target, how many data products `user` sees."""
    from tom_dataproducts import policy
    from tom_dataproducts.models import DataProduct

    rows = policy.visible_to(user, "view", DataProduct.objects.filter(target_id__in=[target.pk for target in targets])).order_by()
    counted = dict(rows.values("target_id").annotate(number=Count("pk", distinct=True)).values_list("target_id", "number"))
    return {target.pk: counted.get(target.pk, 0) for target in targets}


def register() -> None:
    register_table_column("targets", AddedColumn("saved_data", "Saved data", products_of))
