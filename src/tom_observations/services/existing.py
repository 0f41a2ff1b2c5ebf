"""Telling the TOM of an observation that was requested elsewhere."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tom_common.errors import ConflictError, InvalidInputError, RowError
from tom_common.services.history import record_history

from ..facility import get_service_classes
from ..models import ObservationRecord


def add_existing(*, actor: Any, target: Any, facility: str, observation_id: str, confirmed: bool = False) -> ObservationRecord:
    """A record without parameters. ``ConflictError`` when the target has that observation already and it is not `confirmed`."""
    observation_id = observation_id.strip()
    if facility not in get_service_classes():
        raise InvalidInputError(errors=[RowError(None, "facility", facility, f"there is no facility named {facility!r}")])
    if not observation_id:
        raise InvalidInputError(errors=[RowError(None, "observation_id", observation_id, "is empty")])
    known = ObservationRecord.objects.filter(target_id=target.pk, facility=facility, observation_id=observation_id)
    if not confirmed and known.exists():
        raise ConflictError(f"{target} already has observation {observation_id} of {facility}.")
    with transaction.atomic():
        record = ObservationRecord.objects.create(
            target_id=target.pk, facility=facility, observation_id=observation_id, parameters={}, status=""
        )
        record_history(actor=actor, verb="add_existing", obj=record, summary=f"{facility} {observation_id} for {target}")
    return record


def change_observation_id(*, actor: Any, record: ObservationRecord, observation_id: str) -> ObservationRecord:
    """Correct the id under which a facility knows the observation."""
    observation_id = observation_id.strip()
    if not observation_id or len(observation_id) > 255:
        raise InvalidInputError(errors=[RowError(None, "observation_id", observation_id, "must have 1 to 255 characters")])
    with transaction.atomic():
        before = record.observation_id
        record.observation_id = observation_id
        record.save(update_fields=["observation_id", "modified"])
        if before != observation_id:
            record_history(
                actor=actor,
                verb="change_observation_id",
                obj=record,
                before={"observation_id": before},
                after={"observation_id": observation_id},
            )
    return record
