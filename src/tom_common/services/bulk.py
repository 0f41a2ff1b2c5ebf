"""Do an action with many rows: at once, or as a task when they are many."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict

from tom_common.errors import InvalidInputError, NotAllowedError, TomError
from tom_common.tables.bulk import BulkAction, BulkResult, Selection, batches, bulk_action, selected_rows, view_at
from tom_common.tables.paging import capped_count
from tom_common.tasks import enqueue, progress, task


def run_bulk(*, actor: Any, action: BulkAction, rows: QuerySet, options: dict[str, Any], total: int | None = None) -> BulkResult:
    """Do `action` with `rows`, batch by batch; each batch holds together, and what fails in one stops no other."""
    if action.run is None:
        raise InvalidInputError(f"{action.label} answers with a file and cannot be run by itself.")
    result, seen = BulkResult(), 0
    for keys in batches(rows):
        some = rows.model._default_manager.filter(pk__in=keys)
        allowed = some if action.allowed is None else action.allowed(actor, some)
        may = list(allowed.order_by("pk").values_list("pk", flat=True))
        result += BulkResult(not_allowed=len(keys) - len(may))
        if may:
            result += _batch(actor, action, rows.model._default_manager.filter(pk__in=may).order_by("pk"), options, len(may))
        seen += len(keys)
        progress(seen, total if total is None or total >= seen else seen, f"{action.label}: {result.done:,} {action.past}")
    return result


def _batch(actor: Any, action: BulkAction, rows: QuerySet, options: dict[str, Any], count: int) -> BulkResult:
    try:
        with transaction.atomic():
            return action.run(actor=actor, rows=rows, options=options)  # type: ignore[misc]
    except TomError as error:
        return BulkResult(failed=[(f"{count} rows", error.message)], failed_count=count)


def start_bulk(*, actor: Any, table: str, action: BulkAction, selection: Selection, rows: QuerySet, options: QueryDict) -> Any:
    """A `BulkResult` for few rows, else the `TaskRun` that does it."""
    form = action.form_for(actor, options)
    if form is not None and not form.is_valid():
        raise InvalidInputError("; ".join(f"{name}: {text}" for name, texts in form.errors.items() for text in texts))
    count = capped_count(rows, action.at_once)
    if count <= action.at_once:
        return run_bulk(actor=actor, action=action, rows=rows, options=form.cleaned_data if form is not None else {})
    return enqueue(run_bulk_task, table, action.slug, selection.as_dict(), options.urlencode(), actor.pk, actor=actor)


@task
def run_bulk_task(table: str, slug: str, selection: dict[str, Any], options: str, actor_id: int) -> dict[str, Any]:
    """The rows of a big selection, looked up again as the actor sees them when the task begins."""
    actor = get_user_model().objects.filter(pk=actor_id, is_active=True).first()
    if actor is None:
        raise NotAllowedError("Who asked for this is no active user any more.")
    chosen = Selection.from_dict(selection)
    action = bulk_action(table, slug, actor)
    form = action.form_for(actor, QueryDict(options))
    if form is not None and not form.is_valid():
        raise InvalidInputError("What was asked for is not valid any more: " + form.errors.as_text())
    rows = selected_rows(view_at(chosen.path, actor, chosen.query), chosen)
    total = capped_count(rows, 1_000_000)
    result = run_bulk(actor=actor, action=action, rows=rows, options=form.cleaned_data if form is not None else {}, total=total)
    return {"label": action.label, "past": action.past, "back": f"{chosen.path}?{chosen.query}".rstrip("?"), **result.as_dict()}
