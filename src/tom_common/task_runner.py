"""The one function that stands in the task backend's queue; which task it runs, the TaskRun row says."""

from __future__ import annotations

from tom_common.task_backend import tasks_module
from tom_common.task_execution import execute


@tasks_module().task()
def run_task_row(run_id: int) -> str:
    return execute(run_id)
