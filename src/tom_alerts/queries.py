"""Questions about what was ingested."""

from __future__ import annotations

from collections.abc import Iterable

from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.rows import DatumRow

CHUNK = 500


def known_source_ids(*, target_ids: Iterable[int], rows: Iterable[DatumRow]) -> set[tuple[int, str, str]]:
    """Which (target, source name, source id) of these targets and rows the TOM has already."""
    targets = list(target_ids)
    by_source: dict[str, set[str]] = {}
    for row in rows:
        by_source.setdefault(row.source_name, set()).add(row.source_id)
    known: set[tuple[int, str, str]] = set()
    for source_name, ids in by_source.items():
        ordered = sorted(ids)
        for start in range(0, len(ordered), CHUNK):
            known.update(
                ReducedDatum.objects.filter(
                    target_id__in=targets, source_name=source_name, source_id__in=ordered[start : start + CHUNK]
                ).values_list("target_id", "source_name", "source_id")
            )
    return known
