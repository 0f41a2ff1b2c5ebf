"""The project's task backend, whichever library it is of: django-tasks, django-tasks-db, or Django 6's own.

The setting ``TASKS`` says which. A backend whose path begins with ``django_tasks.`` is django-tasks'; any other is looked for in
``django.tasks`` where Django has it (Django 6, also with django-tasks-db), else in django-tasks.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

logger = logging.getLogger(__name__)


def backend_path(alias: str = "default") -> str:
    return str((getattr(settings, "TASKS", None) or {}).get(alias, {}).get("BACKEND", ""))


def tasks_module() -> Any:
    """`django.tasks` or `django_tasks`: both have `task` and `task_backends`."""
    path = backend_path()
    if path and not path.startswith("django_tasks.") and importlib.util.find_spec("django.tasks") is not None:
        return importlib.import_module("django.tasks")
    return importlib.import_module("django_tasks")


def get_backend(alias: str = "default") -> Any:
    return tasks_module().task_backends[alias]


def is_immediate(alias: str = "default") -> bool:
    return type(get_backend(alias)).__name__ == "ImmediateBackend"


def keeps_rows_here(alias: str = "default") -> bool:
    """Whether the queue is a table of the same database: then its row commits, or is undone, with ours."""
    return type(get_backend(alias)).__name__ == "DatabaseBackend"


def in_transaction() -> bool:
    """Inside a transaction of the program; the one that a test case puts around each test does not count."""
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)


def hand_over(run: Any, *, queue_name: str = "default") -> None:
    """Give a waiting row to the backend: now, or when the transaction commits where the queue is elsewhere.

    What a backend cannot keep until `run_after` stays waiting for the scheduler.
    """
    if in_transaction() and not keeps_rows_here():
        transaction.on_commit(lambda: _kick(run.pk, run.run_after, queue_name))
    else:
        _kick(run.pk, run.run_after, queue_name)


def _kick(run_id: int, run_after: Any, queue_name: str) -> None:
    from tom_common.models import TaskRun
    from tom_common.task_runner import run_task_row

    backend = get_backend()
    later = run_after > timezone.now()
    if later and not backend.supports_defer:
        return
    options: dict[str, Any] = {}
    if later:
        options["run_after"] = run_after
    if queue_name != "default" and queue_name in getattr(backend, "queues", ()):
        options["queue_name"] = queue_name
    job = run_task_row.using(**options) if options else run_task_row
    try:
        with contextlib.ExitStack() as stack:
            if connection.in_atomic_block:
                stack.enter_context(transaction.atomic())
            result = job.enqueue(run_id)
    except Exception:
        # the row is there: the scheduler tries again
        logger.exception("Task run %s could not be given to the task backend", run_id)
        return
    if not is_immediate():  # there nothing stands in a queue: what waits, waits for the scheduler
        TaskRun.objects.filter(pk=run_id, backend_id="").update(backend_id=str(result.id)[:64])


def was_taken(backend_id: str) -> bool:
    """Whether the backend took its job off the queue, or no longer knows it; False where it cannot be asked."""
    backend = get_backend()
    if not getattr(backend, "supports_get_result", False):
        return False
    try:
        status = backend.get_result(backend_id).status
    except Exception as error:
        return type(error).__name__ == "TaskResultDoesNotExist"
    return str(getattr(status, "name", status)).upper() not in {"READY", "NEW"}
