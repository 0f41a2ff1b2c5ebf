"""What grows is pruned."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from tom_alerts.models import DeadLetter, IngestRecord
from tom_common.conf import tom_settings


def prune_ingest_records(*, now: datetime | None = None) -> dict[str, int]:
    """Delete ledger rows and dead letters that are older than their retention settings; returns how many of each."""
    now = now or timezone.now()
    deleted = {}
    for label, model, days in (
        ("ledger", IngestRecord, tom_settings.ALERT_LEDGER_RETENTION_DAYS),
        ("dead_letters", DeadLetter, tom_settings.ALERT_DEAD_LETTER_RETENTION_DAYS),
    ):
        deleted[label] = 0 if days is None else model.objects.filter(created__lt=now - timedelta(days=days)).delete()[0]
    return deleted
