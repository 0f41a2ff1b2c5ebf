"""What a merge did, so that it can be undone: which rows it moved, added, changed and dropped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.apps import apps
from django.core import serializers
from django.db import models
from django.db.models.deletion import Collector

from tom_common.errors import ConflictError
from tom_targets.models import BaseTarget, TargetExtra, TargetGroupObjectPermission, TargetName, TargetUserObjectPermission
from tom_targets.querysets import batched

MOST_ROWS = 5_000  # kept whole
MOST_RUNS = 20_000  # of keys of rows that were moved
MOST_MOVED = 200_000  # rows that were moved: whoever is shown a merge waits while they are read


class Journal:
    """Written while a merge goes on. Past `MOST_ROWS`, `MOST_RUNS` or `MOST_MOVED` it keeps nothing, and reads no further: the merge
    cannot be undone then."""

    def __init__(self, secondary: BaseTarget):
        self.secondary = secondary.pk
        self.data: dict[str, Any] = {"secondary": secondary.pk, "removed": [], "moved": [], "added": [], "joined": [], "changed": []}
        self.runs = self.rows = 0
        self.too_much = False
        own: list[models.Model] = [BaseTarget._base_manager.get(pk=secondary.pk)]
        own += [secondary] if type(secondary) is not BaseTarget else []
        for model, name in (
            (TargetName, "target_id"), (TargetExtra, "target_id"), (TargetUserObjectPermission, "content_object_id"),
            (TargetGroupObjectPermission, "content_object_id"),
        ):  # fmt: skip
            own += list(model._base_manager.filter(**{name: secondary.pk}).order_by("pk"))
        self._keep(own)

    def _keep(self, rows: Sequence[models.Model]) -> None:
        if len(rows) + len(self.data["removed"]) > MOST_ROWS:
            self.too_much = True
        if not self.too_much:
            self.data["removed"] += _as_json(rows)

    def dropped(self, rows: models.QuerySet) -> None:
        """Rows that will be deleted, with what hangs on them."""
        if self.too_much:
            return
        collector = Collector(using=rows.db)
        found = list(rows)
        collector.collect(found)
        kept = {(type(row), row.pk): row for row in found}
        for instances in collector.data.values():
            kept |= {(type(row), row.pk): row for row in instances}
        for quick in collector.fast_deletes:
            kept |= {(type(row), row.pk): row for row in quick[: MOST_ROWS + 1]}  # type: ignore[index]
        self._keep(list(kept.values()))

    def moved(self, model: type[models.Model], column: str, keys: Iterable[Any]) -> None:
        """Rows that will be the primary's; `keys` in their order. Whole numbers are kept as runs, [first, last], other keys as they are."""
        if self.too_much:
            return
        runs: list[Any] = []
        for key in keys:
            self.rows += 1
            if not isinstance(key, int):
                runs.append(str(key))
            elif runs and isinstance(runs[-1], list) and runs[-1][1] == key - 1:
                runs[-1][1] = key
            else:
                runs.append([key, key])
            if self.runs + len(runs) > MOST_RUNS or self.rows > MOST_MOVED:
                self.too_much = True
                return
        self.runs += len(runs)
        if runs:
            self.data["moved"].append([model._meta.label_lower, column, runs])

    def added(self, row: models.Model) -> None:
        self.data["added"].append([row._meta.label_lower, row.pk])

    def joined(self, table: type[models.Model], who: str, pairs: Iterable[tuple[int, int]]) -> None:
        self.data["joined"] += [[table._meta.label_lower, who, holder, permission] for holder, permission in pairs]

    def changed(self, row: models.Model) -> None:
        """A row of the primary as it is before it is changed."""
        self.data["changed"] += _as_json([row])

    def as_json(self) -> dict[str, Any] | None:
        return None if self.too_much else self.data


def _as_json(rows: Sequence[models.Model]) -> list[dict[str, Any]]:
    # Django's JSON serializer would cut times to the millisecond.
    def text(value: Any) -> str:
        return value.isoformat() if hasattr(value, "isoformat") else str(value)

    return json.loads(json.dumps(serializers.serialize("python", rows), default=text))


def take_apart(data: dict[str, Any], primary: BaseTarget) -> BaseTarget:
    """Undo what the journal tells, the columns of the primary excepted; returns the target that is back.

    Inside a transaction. ConflictError, with the reason, when that cannot be done any more.
    """
    secondary = data["secondary"]
    if BaseTarget._base_manager.filter(pk=secondary).exists():
        raise ConflictError("There is a target with the key of the one that was merged.")
    for label, key in data["added"]:
        model = apps.get_model(label)
        row = model._base_manager.filter(pk=key, target_id=primary.pk).first()
        if row is None:
            raise ConflictError("An alias or tag that the merge brought is no longer there.")
        row.delete()
    for label, who, holder, permission in data["joined"]:
        for row in apps.get_model(label)._base_manager.filter(
            **{who: holder, "permission_id": permission, "content_object_id": primary.pk}
        ):
            row.delete()
    _restore(data["removed"])
    _restore(data["changed"])
    back = BaseTarget._base_manager.get(pk=secondary)
    for label, column, runs in data["moved"]:
        _move_back(apps.get_model(label), column, runs, primary, back)
    return back


def _restore(rows: list[dict]) -> None:
    for found in serializers.deserialize("python", rows, ignorenonexistent=True):
        found.m2m_data = {}  # rows of their tables are among the others
        for field in found.object._meta.concrete_fields:
            # who had a right, or put in a row, may have gone since
            if field.many_to_one and not isinstance(found.object, BaseTarget) and _gone(found.object, field):
                if not field.null:
                    break
                setattr(found.object, field.attname, None)
        else:
            found.save()


def _gone(row: models.Model, field: models.Field) -> bool:
    key = getattr(row, field.attname)
    return key is not None and not field.related_model._base_manager.filter(**{field.target_field.attname: key}).exists()  # type: ignore


def key_for(field: models.ForeignKey, target: BaseTarget) -> Any:
    """What the column of a foreign key holds when it points at `target` (not its key, when the field says so by `to_field`)."""
    return target.pk if field.target_field.primary_key else getattr(target, field.target_field.attname)


def _move_back(model: type[models.Model], column: str, runs: list[Any], primary: BaseTarget, secondary: BaseTarget) -> None:
    field = cast("models.Field[Any, Any]", model._meta.get_field(column))
    if isinstance(field, models.ForeignKey):
        now, then = key_for(field, primary), key_for(field, secondary)
    else:
        now, then = field.to_python(primary.pk), field.to_python(secondary.pk)
    rows: models.QuerySet = models.QuerySet(model).filter(**{column: now})
    if field.primary_key:  # the row's own key moved with it
        rows.update(**{column: then})
        return
    single = [run for run in runs if not isinstance(run, list)]
    single += [run[0] for run in runs if isinstance(run, list) and run[0] == run[1]]
    for some in batched(single, 500):
        rows.filter(pk__in=some).update(**{column: then})
    for run in runs:
        if isinstance(run, list) and run[0] != run[1]:
            rows.filter(pk__gte=run[0], pk__lte=run[1]).update(**{column: then})
