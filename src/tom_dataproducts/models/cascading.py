"""What becomes of measurements when their target or product goes: they are deleted in a few statements, whatever their number.

Django would load every row to see what hangs on it. Here what hangs on the rows is deleted by the same condition, and then the rows.
Where somebody listens to the deletion of a measurement (`pre_delete`, `post_delete`), or something hangs on measurements that needs more
than a DELETE, Django's own way is taken, row by row, so that no signal is missed.
"""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models import QuerySet
from django.db.models.deletion import CASCADE, DO_NOTHING, Collector, get_candidate_relations_to_delete


def _hanging(model: type[models.Model], collector: Collector) -> list[Any] | None:
    """Relations whose rows go with rows of `model`, none of which needs a look at the rows; None where Django's way is needed."""
    if collector._has_signal_listeners(model):
        return None
    found = []
    for relation in get_candidate_relations_to_delete(model._meta):
        on_delete = relation.field.remote_field.on_delete
        if on_delete is DO_NOTHING:
            continue
        if on_delete is not CASCADE or not collector.can_fast_delete(relation.related_model, from_field=relation.field):
            return None
        found.append(relation)
    return found


def delete_statements(rows: QuerySet, collector: Collector) -> list[QuerySet] | None:
    """What to delete, in order, for `rows` to go; None where they have to be looked at one by one."""
    relations = _hanging(rows.model._meta.concrete_model, collector)
    if relations is None:
        return None
    statements = []
    for relation in relations:
        hanging = relation.related_model._base_manager.using(rows.db)
        if hanging.exists():
            statements.append(hanging.filter(**{f"{relation.field.name}__in": rows.order_by().values("pk")}))
    return [*statements, rows.order_by()]


def CASCADE_DATA(collector: Collector, field: Any, sub_objs: QuerySet, using: str) -> None:  # noqa: N802  (as Django's own)
    """`on_delete` of the relations of a measurement."""
    statements = delete_statements(sub_objs, collector)
    if statements is not None:
        collector.fast_deletes.extend(statements)
    elif sub_objs:
        CASCADE(collector, field, sub_objs, using)


CASCADE_DATA.lazy_sub_objs = True  # type: ignore[attr-defined]


def delete_rows(rows: QuerySet) -> dict[str, int] | None:
    """Delete measurements and what hangs on them; how many of which model. None where they have to be looked at one by one."""
    statements = delete_statements(rows, Collector(using=rows.db))
    if statements is None:
        return None
    counted: dict[str, int] = {}
    with transaction.atomic(using=rows.db, savepoint=False):
        for statement in statements:
            label = statement.model._meta.label
            counted[label] = counted.get(label, 0) + statement._raw_delete(rows.db)
    return counted
