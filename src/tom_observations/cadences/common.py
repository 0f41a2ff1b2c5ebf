"""What strategies share: windows, and requesting again through the facility's own form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ..models import ObservationRecord
from ..services.submit import submit_observation


def as_utc(value: Any) -> datetime:
    """A stored time as an aware UTC datetime; a naive one is UTC. ``ValueError`` for what is no time."""
    moment = value if isinstance(value, datetime) else parse_datetime(str(value))
    if moment is None:
        moment = datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=UTC) if timezone.is_naive(moment) else moment.astimezone(UTC)


def as_stored(moment: datetime, like: Any) -> str:
    """The time in the form that the parameter had: a date when it was one."""
    return moment.date().isoformat() if isinstance(like, str) and len(like) == 10 else moment.isoformat()


def shift_window(payload: dict, hours: float, start_keyword: str, end_keyword: str) -> dict:
    """The payload with its window moved later by `hours`."""
    for keyword in (start_keyword, end_keyword):
        if payload.get(keyword):
            payload[keyword] = as_stored(as_utc(payload[keyword]) + timedelta(hours=hours), payload[keyword])
    return payload


def frequency(cadence_parameters: dict) -> float:
    value = (cadence_parameters or {}).get("cadence_frequency")
    if value in (None, ""):
        raise ValueError("The cadence has no parameter cadence_frequency: give it in hours.")
    return float(value)


def form_for(facility: Any, record: ObservationRecord, parameters: dict) -> Any:
    """The facility's form for the record's observation type, bound to `parameters`. ``ValidationError`` when it finds them invalid."""
    observation_type = parameters.get("observation_type") or None
    # The record's target, not the one it was submitted for: targets may have been merged since.
    values = {"facility": record.facility, **parameters, "target_id": record.target_id}
    data = QueryDict(mutable=True)
    for key, value in values.items():
        data.setlist(key, value if isinstance(value, list) else [value] if value is not None else [""])
    form = facility.create_form_instance(observation_type, data=data)
    if not form.is_valid():
        raise ValidationError(f"{record.facility} cannot be asked again: {form.errors.as_text()}")
    return form


def resubmit(*, cadence: Any, record: ObservationRecord, facility: Any, parameters: dict, key: str) -> list[ObservationRecord]:
    """New records of the cadence's group for the same request with other parameters. The same `key` is submitted once."""
    form = form_for(facility, record, parameters)
    submission = submit_observation(
        actor=record.user,
        facility=facility,
        target=record.target,
        payload=form.observation_payload(),
        parameters=form.serialize_parameters(),
        submission_key=key,
    )
    cadence.observation_group.observation_records.add(*submission.records)
    return [] if submission.repeated else submission.records
