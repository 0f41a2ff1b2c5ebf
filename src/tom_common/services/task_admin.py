"""What people do with task runs and periodic jobs: stop, try again, switch on and off, run now."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tom_common.errors import ConflictError, NotAllowedError
from tom_common.models import PeriodicJob, TaskRun
from tom_common.services.history import record_history
from tom_common.tasks import cancel, run_again


def _own(actor: Any, run: TaskRun) -> None:
    if not (actor.is_superuser or (run.actor_id is not None and run.actor_id == actor.pk)):
        raise NotAllowedError("Only who asked for it, or an administrator, may do this.")


def cancel_run(*, actor: Any, run: TaskRun) -> str:
    """Ask the run to stop; gives its state. ConflictError when it has ended."""
    _own(actor, run)
    if run.is_finished:
        raise ConflictError(f"“{run.title}” has ended already ({run.get_state_display()}).")
    return cancel(run)


def retry_run(*, actor: Any, run: TaskRun) -> TaskRun:
    """The same work once more, as a new run. ConflictError while it has not ended."""
    _own(actor, run)
    if not run.is_finished:
        raise ConflictError(f"“{run.title}” has not ended yet ({run.get_state_display()}).")
    return run_again(run, actor=actor)


def _superuser(actor: Any) -> None:
    if not actor.is_superuser:
        raise NotAllowedError("Only administrators change periodic jobs.")


@transaction.atomic
def switch_job(*, actor: Any, job: PeriodicJob, enabled: bool) -> None:
    """Switch a periodic job on or off. Switched on, it is next due by its schedule, not at once for what it missed."""
    from django.utils import timezone

    from tom_common.scheduler import schedule_of

    _superuser(actor)
    if job.enabled == enabled:
        return
    job.enabled = enabled
    if enabled and job.next_run_at < timezone.now():
        job.next_run_at = schedule_of(job).following(timezone.now())
    job.save(update_fields=["enabled", "next_run_at"])
    record_history(actor=actor, verb="changed", obj=job, before={"enabled": not enabled}, after={"enabled": enabled})


def run_job_now(*, actor: Any, job: PeriodicJob) -> TaskRun:
    """Start the job's task now, besides its schedule; a run that waits already is given in place of a second one."""
    from tom_common.scheduler import start_job

    _superuser(actor)
    record_history(actor=actor, verb="run now", obj=job)
    return start_job(job, actor=actor)
