"""What merging two targets would give: shown before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from tom_targets.hanging import label_of, seen_by
from tom_targets.querysets import batched
from tom_targets.services import merge_journal
from tom_targets.services.merge import TAG, hanging_rows, mergeable_columns, merged_value


@dataclass(frozen=True)
class MergeField:
    """One column or tag of two targets. `chosen` is the key of the target whose value the result has; of a tag `both` values may be kept,
    the other one then as `kept_as`."""

    name: str
    label: str
    first: Any
    second: Any
    result: Any
    chosen: int | None
    differs: bool
    help: str = ""
    kept_as: str = ""
    both: bool = False


@dataclass(frozen=True)
class MergeRelation:
    """Rows of one kind that hang on the target that goes: how many move, and how many the other has already (texts, capped)."""

    label: str
    moved: str
    dropped: str


def merge_fields(primary, secondary, choices: Mapping[str, int] | None = None) -> list[MergeField]:
    """Columns and tags of which at least one of the two has a value. Reads no rows beyond prefetched tags."""
    choices = choices or {}
    found = []
    for field in mergeable_columns(primary):
        first, second = getattr(primary, field.attname), getattr(secondary, field.attname, None)
        if first in (None, "") and second in (None, ""):
            continue
        result = merged_value(primary, secondary, field.attname, choices)
        chosen = None if first == second else choices.get(field.attname, primary.pk if result == first else secondary.pk)
        show = (lambda value, field=field: dict(field.flatchoices).get(value, value)) if field.choices else (lambda value: value)
        found.append(
            MergeField(
                field.attname,
                str(field.verbose_name),
                show(first),
                show(second),
                show(result),
                chosen,
                first != second,
                str(field.help_text),
            )
        )
    mine = {extra.key: extra.value for extra in primary.targetextra_set.all()}
    other = {extra.key: extra.value for extra in secondary.targetextra_set.all()}
    for key in sorted({*mine, *other}):
        found.append(_tag(key, mine.get(key), other.get(key), primary, secondary, choices.get(TAG + key)))
    return found


def _tag(key, first, second, primary, secondary, chosen) -> MergeField:
    differs = first != second
    takes_second = differs and (chosen == secondary.pk if chosen is not None else first is None)
    both = differs and first is not None and second not in (None, "")
    kept = f"{key} ({secondary.name})" if both and chosen is None else ""
    marked = (secondary.pk if takes_second else primary.pk) if differs and not kept else None
    return MergeField(TAG + key, key, first, second, second if takes_second else first, marked, differs, "Tag", kept, both)


def merge_relations(user, primary, secondary) -> list[MergeRelation]:
    """What hangs on the target that goes, plugins' relations included, as far as `user` may know of it. A few queries for each kind."""
    found: dict[str, list[int]] = {}
    for hanging in hanging_rows(primary, secondary):
        rows = seen_by(user, hanging.model, hanging.rows)
        many = _capped(rows)
        if not many:
            continue
        either = Q(pk__in=[])
        for twins in hanging.twins:  # a row may be doubled in more than one way
            either |= Q(pk__in=twins.values("pk"))
        known = found.setdefault(label_of(hanging.model), [0, 0])
        known[0] += many
        known[1] += _capped(rows.filter(either)) if hanging.twins else 0
    from tom_common.tables import count_text

    return [
        MergeRelation(label, count_text(max(many - dropped, 0)), count_text(dropped)) for label, (many, dropped) in sorted(found.items())
    ]


def _capped(rows) -> int:
    from tom_common.tables import capped_count

    return capped_count(rows)


def can_be_undone(primary, secondary) -> bool:
    """Whether the history can keep each row that this merge would touch. Reads keys of what hangs on `secondary`, no more than history keeps."""
    journal = merge_journal.Journal(secondary)
    for hanging in hanging_rows(primary, secondary):
        dropped: set[Any] = {key for twins in hanging.twins for key in twins.values_list("pk", flat=True)[: merge_journal.MOST_ROWS + 1]}
        if len(dropped) > merge_journal.MOST_ROWS:
            return False
        for some in batched(dropped, 500):
            journal.dropped(QuerySet(hanging.model).filter(pk__in=some))
        keys = hanging.rows.order_by("pk").values_list("pk", flat=True).iterator()
        journal.moved(hanging.model, hanging.column, (key for key in keys if key not in dropped))
        if journal.too_much:
            return False
    return True
