"""Slow work of observations, done outside the request where the project has a task backend for it."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import messages

from tom_common.tasks import backend_is_immediate, enqueue, task

from .services.sweep import update_statuses

logger = logging.getLogger(__name__)


@task()
def update_statuses_task(target_id: int | None = None, user_id: int | None = None) -> dict[str, Any]:
    """Ask every facility for the states of its unfinished observations; by facility, which could not be updated and why."""
    return update_statuses(target_id=target_id, user_id=user_id)


def update_all_statuses(request, target_id: int | None = None) -> None:
    """Enqueue the update, and tell the user what comes of it."""
    run = enqueue(update_statuses_task, actor=request.user, target_id=target_id, user_id=request.user.pk)
    if not backend_is_immediate():
        messages.info(request, "The statuses are being updated in the background.")
        return
    failed = run.result or {}
    if run.state == run.State.FAILED:
        messages.error(request, "The statuses could not be updated.")
    elif failed:
        messages.warning(
            request, "Some statuses could not be updated: " + "; ".join(f"{name} ({len(rows)})" for name, rows in failed.items())
        )
    else:
        messages.success(request, "The observation statuses were updated.")
