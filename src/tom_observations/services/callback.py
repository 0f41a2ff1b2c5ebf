"""Taking over what was requested on a facility's own site."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tom_common.services.history import record_history

from ..models import ObservationGroup, ObservationRecord
from .groups import grant_group, grant_records


def records_of_callback(*, actor: Any, facility: Any, target: Any, observation_id: str) -> ObservationGroup | None:
    """The group that the facility makes of the request, or None where it is one record. The same request again makes nothing new.

    The user and all of the user's groups get all rights on the records.
    """
    parameters = {"facility": facility.name, "target_id": target.pk, "observation_id": observation_id}
    with transaction.atomic():
        if hasattr(facility, "request_id_to_group"):
            group = facility.request_id_to_group(observation_id, actor, target, parameters)
            records = list(group.observation_records.all()) if group is not None else []
        else:
            group = None
            record = ObservationRecord.objects.filter(
                target_id=target.pk, facility=facility.name, observation_id=observation_id
            ).first() or ObservationRecord.objects.create(
                target_id=target.pk, user=actor, facility=facility.name, observation_id=observation_id, parameters=parameters, status=""
            )
            records = [record]
        grant_records([actor, *actor.groups.all()], records)
        if group is not None:
            grant_group(actor, group)
        for record in records:
            record_history(actor=actor, verb="callback", obj=record, summary=f"{facility.name} {record.observation_id} for {target}")
    return group
