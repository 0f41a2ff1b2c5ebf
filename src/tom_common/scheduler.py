"""The scheduler: starts periodic jobs when they are due, work that had to wait, and what died. One of several running ones leads."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from django.db import IntegrityError, close_old_connections, transaction
from django.db.models import Q
from django.utils import timezone

from tom_common.errors import TomError
from tom_common.models import PeriodicJob, SchedulerLease, TaskRun
from tom_common.schedule import Schedule, make_schedule
from tom_common.task_execution import hand_over_due, recover_lost, worker_name
from tom_common.tasks import enqueue, periodic_jobs, resolve

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)


def schedule_of(job: PeriodicJob) -> Schedule:
    return make_schedule(None if job.at else timedelta(seconds=job.every_s), job.at, job.weekdays)


def sync_jobs() -> None:
    """Bring the rows in line with the code; when a job ran, and whether it is enabled, stays."""
    jobs = periodic_jobs()
    rows = {row.name: row for row in PeriodicJob.objects.all()}
    now = timezone.now()
    for job in jobs.values():
        plan = {
            "task": job.task.path,
            "every_s": job.schedule.every_s,
            "at": job.schedule.at_text,
            "weekdays": job.schedule.weekdays_text,
        }
        row = rows.get(job.name)
        if row is None:
            first = now if job.schedule.every is not None else job.schedule.following(now)
            PeriodicJob.objects.get_or_create(name=job.name, defaults={**plan, "next_run_at": first, "enabled": job.enabled})
        elif any(getattr(row, name) != value for name, value in plan.items()):
            following = job.schedule.following(now)
            PeriodicJob.objects.filter(pk=row.pk).update(
                **plan, next_run_at=following if job.schedule.every is None else min(row.next_run_at, following)
            )
    PeriodicJob.objects.exclude(name__in=jobs).delete()


def start_job(job: PeriodicJob, *, actor: object = None) -> TaskRun:
    """Enqueue the job's task now; a run of it that waits already is given in place of a second one."""
    run = enqueue(resolve(job.task), actor=actor, key=f"periodic:{job.name}")
    PeriodicJob.objects.filter(pk=job.pk).update(last_run=run, last_run_at=timezone.now())
    return run


class Scheduler:
    """One scheduler process. `tick()` does what is due now; `run()` ticks until `stop()`."""

    def __init__(self, *, interval_s: float = 5.0, lease: timedelta = LEASE) -> None:
        self.name = f"{worker_name()}:{id(self):x}"[:100]
        self.interval_s = interval_s
        self.lease = lease
        self._stop = threading.Event()

    def lead(self) -> bool:
        """Take or renew the lease; False while another one holds it."""
        now = timezone.now()
        try:
            with transaction.atomic():
                SchedulerLease.objects.get_or_create(name="scheduler", defaults={"holder": "", "until": now})
        except IntegrityError:
            pass
        free = Q(holder=self.name) | Q(until__lte=now)
        return bool(SchedulerLease.objects.filter(free, name="scheduler").update(holder=self.name, until=now + self.lease))

    def release(self) -> None:
        SchedulerLease.objects.filter(name="scheduler", holder=self.name).update(holder="", until=timezone.now())

    def sync_jobs(self) -> None:
        sync_jobs()

    def tick(self) -> int:
        """Start what is due; gives how many were started (0 when another scheduler leads)."""
        if not self.lead():
            return 0
        recover_lost()
        return self._start_periodic() + hand_over_due()

    def _start_periodic(self) -> int:
        started = 0
        now = timezone.now()
        for job in PeriodicJob.objects.filter(enabled=True, next_run_at__lte=now).select_related("last_run"):
            try:
                following = schedule_of(job).following(now, job.next_run_at)
            except TomError:
                logger.exception("The schedule of the periodic job %s cannot be read", job.name)
                continue
            mine = PeriodicJob.objects.filter(pk=job.pk, next_run_at=job.next_run_at)
            if not mine.update(next_run_at=following, last_run_at=now):
                continue
            if (
                job.last_run is not None
                and not job.last_run.is_finished
                and job.last_run.created_at > now - timedelta(seconds=max(job.every_s * 10, 3600))
            ):
                logger.info("Periodic job %s is still under way: not started again", job.name)
                continue
            try:
                start_job(job)
            except Exception:
                logger.exception("Periodic job %s cannot be started", job.name)
                continue
            started += 1
        return started

    def stop(self) -> None:
        self._stop.set()

    def run(self) -> None:
        """Tick until `stop()` is called, then give up the lease."""
        logger.info("Scheduler %s starts", self.name)
        self.sync_jobs()
        try:
            while not self._stop.is_set():
                try:
                    self.tick()
                except Exception:
                    logger.exception("The scheduler stumbled; it goes on")
                close_old_connections()
                self._stop.wait(self.interval_s)
        finally:
            self.release()
