"""Packets that could not be ingested: kept, and tried again when the cause is mended."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tom_alerts.models import DeadLetter
from tom_alerts.services.report import IngestReport
from tom_clients.alert_packets import BadPacket, PacketError, SchemaStore, read_packets
from tom_common.conf import tom_settings

LARGEST_PAYLOAD_BYTES = 16 * 1024 * 1024


@transaction.atomic
def keep_dead_letter(*, bad: BadPacket, survey: str = "", source: str = "") -> DeadLetter:
    """Keep a bad packet with its error; the same one again counts a further attempt."""
    origin = (bad.origin or source)[-500:]
    payload, error = bad.payload, bad.error
    digest = hashlib.sha256(f"{origin}\0{bad.position}\0".encode() + payload).hexdigest()
    if len(payload) > LARGEST_PAYLOAD_BYTES:
        payload, error = b"", f"{error} (the {len(payload)} bytes are not kept: read the source again)"
    letter, created = DeadLetter.objects.get_or_create(
        digest=digest,
        defaults={"survey": survey, "source": origin, "position": bad.position, "payload": payload, "error": error},
    )
    if not created:
        DeadLetter.objects.filter(pk=letter.pk).update(attempts=F("attempts") + 1, error=error, replayed=None)
        letter.refresh_from_db()
    return letter


def replay_dead_letters(*, actor: User | None = None, pks: Iterable[int] | None = None, **options: Any) -> IngestReport:
    """Try the dead letters again that were not ingested since; those that work are marked, the others count an attempt.

    :param pks: only these
    :param options: further arguments of `ingest_packets`
    """
    from tom_alerts.services.ingest import ingest_packets

    letters = DeadLetter.objects.filter(replayed=None).order_by("pk")
    if pks is not None:
        letters = letters.filter(pk__in=list(pks))
    schemas = SchemaStore(tom_settings.ALERT_SCHEMA_FOLDERS)
    total = IngestReport()
    for letter in letters.iterator(chunk_size=50):
        try:
            if not letter.payload:
                raise PacketError("The packet itself was not kept.")
            packets = list(read_packets(bytes(letter.payload), survey=letter.survey or None, schemas=schemas))
            with transaction.atomic():
                done = ingest_packets(packets=packets, actor=actor, source=letter.source, **options)
                DeadLetter.objects.filter(pk=letter.pk).update(replayed=timezone.now(), attempts=F("attempts") + 1)
            total.add(done)
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            DeadLetter.objects.filter(pk=letter.pk).update(attempts=F("attempts") + 1, error=message)
            total.packets += 1
            total.failed.append(f"{letter.source}#{letter.position}: {message}")
    return total
