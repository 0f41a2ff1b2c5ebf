"""Deleting measurements by hand, few or many, and bringing them back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import QuerySet

from tom_common.errors import ConflictError
from tom_common.services.history import HistoryRow, record_many
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.models.cascading import delete_rows
from tom_dataproducts.normalising import ARRAY_COLUMNS
from tom_targets.models import BaseTarget

AT_ONCE = 500
MOST_KEPT = 8_000_000
"""Bytes of arrays that one event of history keeps: spectra beyond that are deleted for good, and the event says so."""
COLUMNS = [field for field in ReducedDatum._meta.concrete_fields if field.name not in ("fingerprint", "source_key")]


def delete_reduced_data(*, rows: QuerySet, actor: Any = None) -> int:
    """Delete measurements; how many there were.

    History has an event for each target (or product) and each 500 rows, with what brings them back.
    """
    count, last = 0, 0
    with transaction.atomic():
        while True:
            keys = list(rows.order_by("pk").filter(pk__gt=last).values_list("pk", flat=True)[:AT_ONCE])
            if not keys:
                return count
            last = keys[-1]
            found = list(ReducedDatum._base_manager.filter(pk__in=keys).select_related("target", "data_product"))
            record_many(actor=actor, rows=_events(found))
            forget_rights(found)
            if delete_rows(QuerySet(ReducedDatum, using=rows.db).filter(pk__in=keys)) is None:
                QuerySet(ReducedDatum, using=rows.db).filter(pk__in=keys).delete()
            count += len(found)


def _events(rows: Iterable[ReducedDatum]) -> list[HistoryRow]:
    groups: dict[tuple[int, int | None], list[ReducedDatum]] = {}
    for row in rows:
        groups.setdefault((row.target_id, row.data_product_id), []).append(row)
    events = []
    for some in groups.values():
        obj = some[0].data_product or some[0].target
        kinds = sorted({row.data_type for row in some})
        what = f"{len(some)} row{'' if len(some) == 1 else 's'} of {', '.join(kinds)}"
        size = 8 * sum(len(getattr(row, name)) for row in some for name in ARRAY_COLUMNS)
        kept = {"rows": [_packed(row) for row in some]} if size <= MOST_KEPT else None
        before = {"rows": len(some), "data types": kinds, "sources": sorted({row.source_name for row in some if row.source_name})[:20]}
        if len(some) == 1:
            before |= {"timestamp": some[0].timestamp, "identifier": some[0].pk}
        events.append(
            HistoryRow("data deleted", obj, before=before, summary=f"{what} deleted{'' if kept else ' for good: too large to keep'}", undo=kept)
        )
    return events


def _packed(row: ReducedDatum) -> dict[str, Any]:
    found = {}
    for field in COLUMNS:
        content = getattr(row, field.attname)
        if field.name in ARRAY_COLUMNS:
            content = field.value_to_string(row) if len(content) else None
        elif isinstance(field, models.JSONField):
            content = field.pre_save(row, False)
        elif isinstance(field, models.DateTimeField) and content is not None:
            content = content.isoformat()  # to the microsecond, of which history's own encoder keeps the milliseconds
        if content not in (None, ""):
            found[field.attname] = content
    return found


def restore_reduced_data(*, kept: list[dict[str, Any]], actor: Any = None, obj: Any = None) -> int:
    """Bring back what `delete_reduced_data` deleted, under the same keys; what is there again already is left as it is.

    How many came back; ConflictError when none can, or when target or product are gone.
    """
    rows = [_unpacked(one) for one in kept]
    targets = set(BaseTarget._base_manager.filter(pk__in={row.target_id for row in rows}).values_list("pk", flat=True))
    products = set(DataProduct.objects.filter(pk__in={row.data_product_id for row in rows}).values_list("pk", flat=True))
    if any(row.target_id not in targets or (row.data_product_id and row.data_product_id not in products) for row in rows):
        raise ConflictError("The target or the product to which these data belonged is no longer there.")
    people = set(ReducedDatum._meta.get_field("added_by").related_model._base_manager.values_list("pk", flat=True).filter(
        pk__in={row.added_by_id for row in rows if row.added_by_id}
    ))  # fmt: skip
    with transaction.atomic():
        taken = set(ReducedDatum._base_manager.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
        gone = {row.pk: row for row in rows if row.pk not in taken}
        for row in gone.values():
            row.added_by_id = row.added_by_id if row.added_by_id in people else None
        ReducedDatum.objects.bulk_create(gone.values(), ignore_conflicts=True)
        # one that says the same as another that came meanwhile has the key of that one now
        back = sum(row.pk == key for key, row in gone.items())
        if not back:
            raise ConflictError("All of these measurements are there again already.")
        if obj is not None:
            text = f"{back} row{'' if back == 1 else 's'} restored"
            text += f", {len(rows) - back} were there again already" if back < len(rows) else ""
            record_many(actor=actor, rows=[HistoryRow("data restored", obj, after={"rows": back}, summary=text)])
    return back


def _unpacked(kept: dict[str, Any]) -> ReducedDatum:
    row = ReducedDatum()
    for field in COLUMNS:
        if field.attname in kept:
            content = kept[field.attname]
            setattr(row, field.attname, content if isinstance(field, models.JSONField) else field.to_python(content))
    row._compose()
    row.take_snapshot()
    return row


def forget_rights(rows: Iterable[Any]) -> None:
    """Rights on a row are not for the next row that gets its key."""
    from guardian.models import GroupObjectPermission, UserObjectPermission

    rows = list(rows)
    if not rows:
        return
    concrete = rows[0]._meta.concrete_model
    kinds = [model for model in concrete._meta.apps.get_models() if model._meta.concrete_model is concrete]
    types = [ContentType.objects.get_for_model(model, for_concrete_model=False).pk for model in kinds]
    for table in (UserObjectPermission, GroupObjectPermission):
        table.objects.filter(content_type__in=types, object_pk__in=[str(row.pk) for row in rows]).delete()
