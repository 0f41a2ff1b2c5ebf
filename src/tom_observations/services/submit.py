"""Asking a facility for an observation: written down before, so that nothing is asked for twice, and after, so that nothing is lost."""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from tom_common.errors import ConflictError
from tom_common.exceptions import ImproperCredentialsException
from tom_common.models import OutboxItem
from tom_common.services import outbox
from tom_common.services.history import record_history

from ..models import DynamicCadence, ObservationGroup, ObservationRecord
from .groups import create_group, grant_records
from .parameters import as_json

logger = logging.getLogger(__name__)

KIND = "observation"


@dataclass
class Submission:
    """What came of a request: the records, the group they are in, the cadence that goes on with them. `repeated`: it was made before."""

    records: list[ObservationRecord]
    group: ObservationGroup | None = None
    cadence: DynamicCadence | None = None
    repeated: bool = False
    observation_ids: list[str] = field(default_factory=list)


def submit_observation(
    *,
    actor: Any,
    facility: Any,
    target: Any,
    payload: Any,
    parameters: dict,
    name: str = "",
    holders: Iterable[Any] = (),
    cadence_strategy: str = "",
    cadence_parameters: dict | None = None,
    submission_key: str = "",
) -> Submission:
    """Submit `payload` to `facility` (an instance) and keep a record with `parameters` for each id that it answers with.

    More than one record, or a cadence, makes an ObservationGroup named `name`. `holders` are users or user groups that get all rights on
    the records. The same `submission_key` with the same parameters is one request: the second time gives the records of the first.

    Raises what the facility raises. ``ConflictError``: a request with that key is under way, or it is not known whether it arrived.
    """
    parameters = as_json(parameters)
    item = _claimed(actor, facility, target, parameters, submission_key)
    if item.state == OutboxItem.State.SENT:
        ids = item.payload.get("observation_ids", [])
        known = ObservationRecord.objects.filter(facility=facility.name, target_id=target.pk, observation_id__in=ids)
        return Submission(list(known.order_by("pk")), repeated=True, observation_ids=ids)
    ids = _ask(facility, payload, item)
    with transaction.atomic():
        records = [
            ObservationRecord.objects.create(
                target_id=target.pk, user=actor, facility=facility.name, parameters=parameters, observation_id=observation_id, status=""
            )
            for observation_id in ids
        ]
        submission = Submission(records, observation_ids=ids)
        if len(records) > 1 or cadence_strategy:
            group = create_group(actor=actor, name=name or f"{target} at {facility.name}", records=records)
            submission.group = group
        if cadence_strategy:
            submission.cadence = DynamicCadence.objects.create(
                observation_group=group,
                cadence_strategy=cadence_strategy,
                cadence_parameters=as_json(cadence_parameters or {}),
                active=True,
            )
        grant_records(holders, records)
        for record in records:
            record_history(actor=actor, verb="submit", obj=record, summary=f"{facility.name} {record.observation_id} for {target}")
        item.payload["observation_ids"] = ids
        item.save(update_fields=["payload"])
        outbox.mark_sent(item, remote_id=", ".join(ids))
    return submission


def _key(facility: Any, target: Any, parameters: dict, submission_key: str, actor: Any) -> str:
    text = json.dumps([facility.name, target.pk, getattr(actor, "pk", None), parameters, submission_key], sort_keys=True)
    return f"observation:{hashlib.sha256(text.encode()).hexdigest()}"


def _claimed(actor: Any, facility: Any, target: Any, parameters: dict, submission_key: str) -> OutboxItem:
    """The outbox row of this request, taken for sending; or the row of the same request if that was sent."""
    base = _key(facility, target, parameters, submission_key or uuid.uuid4().hex, actor)
    refused = OutboxItem.objects.filter(idempotency_key__startswith=base, state=OutboxItem.State.REFUSED).count()
    item = outbox.put_in_outbox(
        destination=facility.name,
        kind=KIND,
        payload={"target_id": target.pk, "parameters": parameters},
        idempotency_key=f"{base}:{refused}",
        actor=actor,
    )
    if item.state == OutboxItem.State.SENT:
        return item
    taken = outbox.claim_item(item)
    if taken is None:
        raise ConflictError(
            f"The same request to {facility.name} is under way, or it is not known whether it arrived. "
            f"Look at {facility.name} before you ask again; an observation that is there can be added to the target by its id."
        )
    return taken


def _ask(facility: Any, payload: Any, item: OutboxItem) -> list[str]:
    try:
        return [str(observation_id) for observation_id in facility.submit_observation(payload)]
    except (ValidationError, ImproperCredentialsException) as error:
        outbox.mark_refused(item, error=str(error))
        raise
    except Exception as error:
        # what certainly did not arrive is asked for again by who asked, not later by itself: the sky has moved on by then
        if getattr(error, "certain_not_sent", False) or getattr(error, "refused", False):
            outbox.mark_refused(item, error=str(error))
        else:
            outbox.leave_unknown(item, error=str(error))
        raise
