"""What observations add to the tables of lower floors."""

from __future__ import annotations

from django.db.models import Count

from tom_common.tables import AddedColumn, register_table_column


def observations_of(user, targets) -> dict[int, int]:
    """Of each target, how many observations `user` sees."""
    from .policy import visible_to

    rows = visible_to(user).filter(target_id__in=[target.pk for target in targets]).order_by()
    counted = dict(rows.values("target_id").annotate(number=Count("pk")).values_list("target_id", "number"))
    return {target.pk: counted.get(target.pk, 0) for target in targets}


def register() -> None:
    register_table_column("targets", AddedColumn("observations", "Observations", observations_of))
