"""The scheduler: starts periodic jobs when they are due, and work that had to wait. One of several running ones leads."""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from datetime import timedelta

from django.db import IntegrityError, close_old_connections, transaction
from django.db.models import Q
from django.utils import timezone

from tom_common.models import PeriodicJob, SchedulerLease, TaskRun
from tom_common.tasks import _hand_over, _resolve, enqueue, periodic_jobs

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)


class Scheduler:
    """One scheduler process. `tick()` does what is due now; `run()` ticks until `stop()`."""

    def __init__(self, *, interval_s: float = 5.0, lease: timedelta = LEASE) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"[:100]
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
        """Bring the rows in line with the code; when a job ran, and whether it is enabled, stays."""
        jobs = periodic_jobs()
        rows = {row.name: row for row in PeriodicJob.objects.all()}
        now = timezone.now()
        for job in jobs.values():
            every_s = int(job.every.total_seconds())
            row = rows.get(job.name)
            if row is None:
                PeriodicJob.objects.get_or_create(name=job.name, defaults={"task": job.task.path, "every_s": every_s, "next_run_at": now})
            elif (row.task, row.every_s) != (job.task.path, every_s):
                row.task, row.every_s = job.task.path, every_s
                row.next_run_at = min(row.next_run_at, now + job.every)
                row.save(update_fields=["task", "every_s", "next_run_at"])
        PeriodicJob.objects.exclude(name__in=jobs).delete()

    def tick(self) -> int:
        """Start what is due; gives how many were started (0 when another scheduler leads)."""
        if not self.lead():
            return 0
        return self._start_periodic() + self._start_waiting()

    def _start_periodic(self) -> int:
        started = 0
        now = timezone.now()
        for job in PeriodicJob.objects.filter(enabled=True, next_run_at__lte=now).select_related("last_run"):
            # missed runs are not made up for: the next one counts from now
            following = job.next_run_at + timedelta(seconds=job.every_s)
            if following <= now:
                following = now + timedelta(seconds=job.every_s)
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
                run = enqueue(_resolve(job.task))
            except Exception:
                logger.exception("Periodic job %s cannot be started", job.name)
                continue
            PeriodicJob.objects.filter(pk=job.pk).update(last_run=run)
            started += 1
        return started

    def _start_waiting(self) -> int:
        """Hand over again what a backend without run-later could not keep: retries and deferred runs that are due."""
        from tom_common.tasks import _backend

        if _backend().supports_defer:
            return 0
        started = 0
        for run in TaskRun.objects.filter(state=TaskRun.State.WAITING, run_after__lte=timezone.now()).order_by("id")[:100]:
            try:
                _hand_over(run, _resolve(run.name), None)
                started += 1
            except Exception:
                logger.exception("Task run %s cannot be started", run.pk)
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
