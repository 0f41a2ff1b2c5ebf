"""Continuous sharing: new data of a target go to the destinations of its persistent shares.

A row of the outbox is written with the data, in the same transaction; a periodic job sends what waits. Nothing is sent
twice: an item whose fate is unknown is left for a person to look at.
"""

from __future__ import annotations

import uuid
from typing import Any

from tom_common.http import ServiceRefusedError
from tom_common.services.outbox import put_in_outbox, register_sender, send_due
from tom_targets.models import PersistentShare

KIND = "continuous_share"
register_sender(KIND)


def queue_new_data(*, target_id: int, created: list[int], updated: list[int], actor: Any = None, **_: Any) -> None:
    """Receiver of `data_added`: one outbox item for each persistent share of the target."""
    keys = [*created, *updated]
    if not keys:
        return
    for share in PersistentShare.objects.filter(target_id=target_id):
        put_in_outbox(
            destination=share.destination,
            kind=KIND,
            payload={"share": share.pk, "target": target_id, "data": keys},
            idempotency_key=f"{KIND}:{share.pk}:{uuid.uuid4()}",
            actor=actor or share.user,
        )


def send_shared_data(*, limit: int = 50) -> dict[str, int]:
    """Send what waits; counts by outcome (sent, refused, to_send, unknown)."""
    return send_due(deliver=_deliver, kind=KIND, limit=limit)


def _deliver(item: Any) -> str:
    from tom_dataproducts.models import ReducedDatum
    from tom_targets.sharing import send_to_share

    share = PersistentShare.objects.filter(pk=item.payload["share"]).select_related("target", "user").first()
    if share is None:
        raise ServiceRefusedError("The target is no longer shared with this destination.")
    data = list(ReducedDatum.objects.filter(pk__in=item.payload["data"], target_id=item.payload["target"]))
    if not data:
        raise ServiceRefusedError("The data are no longer there.")
    answer = send_to_share(share, data)
    message = answer.get("message", "") if isinstance(answer, dict) else str(getattr(answer, "text", ""))
    if "ERROR" in message:
        raise ServiceRefusedError(message[:500])
    return ""
