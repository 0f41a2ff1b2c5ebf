"""Work in the background: files of targets are checked, imported, and imports undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from tom_common.tasks import enqueue, periodic, task

SMALL_BYTES = 300_000  # files up to this size are dealt with at once
KEPT_DAYS = 14


def _row(key: int):
    from tom_targets.models import TargetImport

    return TargetImport.objects.filter(pk=key).first()


@task(title="Check a file of targets")
def check_import_task(key: int) -> str:
    from tom_targets.services.importing.files import check_file

    row = _row(key)
    if row is None:
        return "gone"
    report = check_file(row=row)
    return report.get("problem") or f"{report['new']} new, {report['wrong']} wrong"


@task(title="Import targets", max_attempts=3)
def import_targets_task(key: int) -> str:
    from tom_targets.services.importing.files import import_file

    row = _row(key)
    if row is None or row.state != row.State.RUNNING:
        return "gone"
    report = import_file(row=row)
    return report.get("problem") or f"{report['new']} targets made, {report['wrong']} rows with errors"


@task(title="Undo an import of targets")
def undo_import_task(key: int, event_id: int, actor_id: int) -> str:
    from tom_common.models.history import HistoryEvent
    from tom_common.services.history_shown import undo_event

    done = undo_event(actor=get_user_model().objects.get(pk=actor_id), event=HistoryEvent.objects.get(pk=event_id))
    return done.summary


@task(title="Change a list of targets")
def change_list_task(verb: str, query: str, list_id: int, actor_id: int) -> str:
    """Put all targets that match the filters of `query` into a list, take them out or move them; for very many."""
    from tom_targets.groups import all_that_match
    from tom_targets.models import TargetList

    grouping, actor = TargetList.objects.filter(pk=list_id).first(), get_user_model().objects.filter(pk=actor_id, is_active=True).first()
    if grouping is None or actor is None:
        return "gone"
    change = all_that_match(verb, query, grouping, actor)
    return f"{change.done:,} targets changed, {change.already:,} were so already"


@periodic("tom_targets.forget_files", at="02:40")
@task(title="Forget files of targets that were not imported")
def forget_files() -> str:
    """Files that somebody checked and did not import are deleted after two weeks."""
    from tom_targets.models import TargetImportPart

    before = timezone.now() - timedelta(days=KEPT_DAYS)
    count, _ = TargetImportPart.objects.filter(of_import__created__lt=before).exclude(of_import__state="running").delete()
    return f"{count} parts deleted"


def start(function: Any, row: Any, *args: Any, actor: Any, title: str) -> None:
    """Small files at once, large ones by a worker, whose progress the page shows."""
    if row.size <= SMALL_BYTES:
        function(row.pk, *args)
    else:
        row.run = enqueue(function, row.pk, *args, actor=actor, title=title, link=row.get_absolute_url())
        type(row).objects.filter(pk=row.pk).update(run=row.run)
    row.refresh_from_db()
