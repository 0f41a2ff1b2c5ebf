"""Running cadences."""

from __future__ import annotations

import logging

from ..cadence import get_cadence_strategy
from ..models import DynamicCadence

logger = logging.getLogger(__name__)


def run_cadences() -> tuple[list[DynamicCadence], list[tuple[DynamicCadence, str]]]:
    """Run every active cadence: those that asked for new observations, and those that failed with why. One failing stops no other."""
    changed, failed = [], []
    for cadence in DynamicCadence.objects.filter(active=True).select_related("observation_group").order_by("pk"):
        try:
            new = get_cadence_strategy(cadence.cadence_strategy)(cadence).run()
        except Exception as error:
            logger.exception("cadence %s (%s) failed", cadence.pk, cadence.cadence_strategy)
            failed.append((cadence, str(error)))
            continue
        if new:
            changed.append(cadence)
    return changed, failed
