"""Work in the background."""

from datetime import timedelta

from tom_common.tasks import periodic, task


@periodic("tom_alerts.prune_ingest_records", every=timedelta(days=1))
@task()
def prune() -> dict[str, int]:
    """Delete ledger rows and dead letters that are past their retention."""
    from tom_alerts.services.retention import prune_ingest_records

    return prune_ingest_records()
