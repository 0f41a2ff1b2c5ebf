"""Taking a request back."""

from __future__ import annotations

import logging
from typing import Any

from tom_common.errors import ConflictError
from tom_common.services.history import record_history

from ..models import ObservationRecord

logger = logging.getLogger(__name__)


def cancel_observation(*, actor: Any, record: ObservationRecord) -> ObservationRecord:
    """Ask the facility to cancel, then for the state. ``ConflictError`` when it does not agree; its own errors are passed on."""
    facility = record.get_facility()
    if not facility.cancel_observation(record.observation_id):
        raise ConflictError(f"{record.facility} did not cancel observation {record.observation_id}: it may have been carried out already.")
    record_history(actor=actor, verb="cancel", obj=record, summary=f"{record.facility} {record.observation_id}")
    try:
        facility.update_observation_status(record.observation_id)
    except Exception as error:  # cancelled it is: that its state could not be read is for the next update to mend
        logger.warning("%s was cancelled at %s, but its status could not be read: %s", record.observation_id, record.facility, error)
    record.refresh_from_db()
    return record


def can_be_cancelled(record: ObservationRecord) -> bool:
    """Whether the record is of a facility that takes cancellations and is not at an end."""
    from ..facility import BaseObservationFacility

    try:
        facility = record.get_facility()
    except ImportError:
        return False
    if getattr(type(facility), "cancel_observation", None) in (None, BaseObservationFacility.cancel_observation):
        return False
    return record.status not in facility.get_terminal_observing_states()
