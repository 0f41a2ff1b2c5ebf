"""What grows is pruned: history, outbox, task rows and the security log, by age, in batches."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils import timezone

from tom_common.conf import tom_settings
from tom_common.tasks import periodic, progress, task

logger = logging.getLogger(__name__)

BATCH = 5000


def delete_in_batches(rows: QuerySet, batch: int = BATCH) -> int:
    """Delete many rows a batch at a time, so that no transaction grows large. Gives how many."""
    deleted = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:batch]):
        deleted += (
            rows.model._default_manager.filter(pk__in=keys)._raw_delete(using=rows.db)
            if _is_plain(rows.model)
            else rows.model._default_manager.filter(pk__in=keys).delete()[0]
        )
        progress(deleted)
    return deleted


def _is_plain(model: type) -> bool:
    """Nothing that must follow points to the model, so its rows can go without looking for others."""
    relations = [field for field in model._meta.get_fields(include_hidden=True) if field.auto_created and not field.concrete]
    return all(relation.field.remote_field.on_delete.__name__ == "DO_NOTHING" for relation in relations)


def prune_history() -> int:
    from tom_common.models import HistoryEvent

    days = tom_settings.TOM_HISTORY_RETENTION_DAYS
    return 0 if days is None else delete_in_batches(HistoryEvent.objects.filter(at__lt=timezone.now() - timedelta(days=days)))


def prune_outbox() -> int:
    """Sent and refused items; what is still to send or unknown stays however old it is."""
    from tom_common.models import OutboxItem

    days = tom_settings.TOM_OUTBOX_RETENTION_DAYS
    if days is None:
        return 0
    ended = Q(state__in=[OutboxItem.State.SENT, OutboxItem.State.REFUSED])
    return delete_in_batches(OutboxItem.objects.filter(ended, changed_at__lt=timezone.now() - timedelta(days=days)))


def prune_task_runs() -> int:
    """Finished runs, and what the task backend keeps of them in its own table."""
    from tom_common.models import TaskRun

    days = tom_settings.TOM_TASK_RETENTION_DAYS
    if days is None:
        return 0
    old = timezone.now() - timedelta(days=days)
    for app, label in {"django_tasks.backends.database": "django_tasks_database", "django_tasks_db": "django_tasks_db"}.items():
        if apps.is_installed(app):
            delete_in_batches(apps.get_model(label, "DBTaskResult")._default_manager.filter(finished_at__lt=old))
    return delete_in_batches(TaskRun.objects.filter(finished_at__lt=old))


def prune_security_log() -> int:
    from tom_common.accounts.security_log import prune_security_log as prune_log

    return prune_log()


@task(title="Delete what is older than the retention settings allow")
def prune() -> dict[str, int]:
    """Delete what is older than the retention settings allow."""
    counts = {"history": prune_history(), "outbox": prune_outbox(), "task_runs": prune_task_runs(), "security_log": prune_security_log()}
    logger.info("Pruned: %s", counts)
    return counts


periodic("prune", every=timedelta(days=1))(prune)
