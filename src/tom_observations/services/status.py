"""The state of a record: said by the facility, or by a person where no program can ask."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tom_common.errors import InvalidInputError, RowError
from tom_common.services.history import record_history

from ..models import ObservationRecord

_UNSET: Any = object()


def as_utc(value: str | datetime | None) -> datetime | None:
    """A time as facilities write it. A naive one is UTC. ``InvalidInputError`` for what is no time."""
    if value in (None, ""):
        return None
    try:
        moment = parse_datetime(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if moment is None and isinstance(value, str) and len(value) == 10:
        moment = parse_datetime(f"{value}T00:00:00")
    if not isinstance(moment, datetime):
        raise InvalidInputError(errors=[RowError(None, "time", value, "this is no date and time", "write YYYY-MM-DDThh:mm:ss, UTC")])
    return timezone.make_aware(moment, timezone.get_fixed_timezone(0)) if timezone.is_naive(moment) else moment


def set_status(
    *, record: ObservationRecord, status: str, scheduled_start: Any = _UNSET, scheduled_end: Any = _UNSET, actor: Any = None
) -> ObservationRecord:
    """Write status and, when given, schedule. Nothing is written when nothing is different."""
    new: dict[str, Any] = {"status": record.status if status is None else status}
    if scheduled_start is not _UNSET:
        new["scheduled_start"] = as_utc(scheduled_start)
    if scheduled_end is not _UNSET:
        new["scheduled_end"] = as_utc(scheduled_end)
    if len(new["status"]) > 200:
        raise InvalidInputError(errors=[RowError(None, "status", new["status"], "is longer than 200 characters")])
    with transaction.atomic():
        locked = ObservationRecord.objects.select_for_update().get(pk=record.pk)
        before = {name: getattr(locked, name) for name in new}
        for name, value in new.items():
            setattr(record, name, value)
        if before == new:
            return record
        record.save(update_fields=[*new, "modified"])
        changed = [name for name in new if before[name] != new[name]]
        record_history(
            actor=actor,
            verb="status",
            obj=record,
            before={name: _text(before[name]) for name in changed},
            after={name: _text(new[name]) for name in changed},
            summary=f"{record.facility} {record.observation_id}: {before['status'] or 'no status'} to {new['status'] or 'no status'}",
        )
    return record


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def update_status(*, record: ObservationRecord, actor: Any = None) -> ObservationRecord:
    """Ask the facility for the state of the record and write it. Errors of the facility are passed on."""
    record.update_status()
    record.refresh_from_db()
    return record
