"""The one function that stands in the task backend's queue; which task it runs, the TaskRun row says."""

from __future__ import annotations

import importlib
import importlib.util

from django.conf import settings

from tom_common.tasks import execute


def _decorator():
    path = (getattr(settings, "TASKS", None) or {}).get("default", {}).get("BACKEND", "")
    if path.startswith("django.tasks.") and importlib.util.find_spec("django.tasks") is not None:
        return importlib.import_module("django.tasks").task
    return importlib.import_module("django_tasks").task


@_decorator()
def run_task_row(run_id: int) -> str:
    return execute(run_id)
