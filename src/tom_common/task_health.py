"""Whether somebody does the background work: workers that say they are alive, the scheduler that leads, and how long work waits."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections
from django.utils import timezone

from tom_common.models import SchedulerLease, TaskRun
from tom_common.models.tasks import WorkerBeat
from tom_common.task_execution import worker_name
from tom_common.tasks import backend_is_immediate

logger = logging.getLogger(__name__)

BEAT_S = 15.0
ALIVE = timedelta(seconds=60)


@contextlib.contextmanager
def beating(kind: str = "worker") -> Iterator[None]:
    """Within it, a thread says every 15 s that this process is alive; at its end the process is taken off the list."""
    name = worker_name()
    stop = threading.Event()

    def beat() -> None:
        while True:
            try:
                WorkerBeat.objects.update_or_create(name=name, defaults={"kind": kind, "seen_at": timezone.now()})
                WorkerBeat.objects.filter(seen_at__lt=timezone.now() - timedelta(days=1)).delete()
            except Exception as error:
                logger.debug("The heartbeat of %s was not written: %s", name, error)
            finally:
                connections.close_all()
            if stop.wait(BEAT_S):
                return

    thread = threading.Thread(target=beat, name="heartbeat of the worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)
        with contextlib.suppress(Exception):
            WorkerBeat.objects.filter(name=name).delete()


@dataclass(frozen=True, slots=True)
class Health:
    """`word` for people; `workers` alive; `scheduler` alive; `oldest_waiting`: since when due work has waited for a worker."""

    immediate: bool
    workers: int
    scheduler: bool
    oldest_waiting: datetime | None

    @property
    def fine(self) -> bool:
        return self.immediate or (self.workers > 0 and self.scheduler)

    @property
    def late(self) -> bool:
        return self.oldest_waiting is not None and self.oldest_waiting < timezone.now() - timedelta(minutes=2)


def health() -> Health:
    """Four queries, none of which counts much."""
    now = timezone.now()
    names = set(WorkerBeat.objects.filter(kind="worker", seen_at__gt=now - ALIVE).values_list("name", flat=True)[:1000])
    busy = TaskRun.objects.filter(state=TaskRun.State.RUNNING, heartbeat_at__gt=now - ALIVE).values_list("worker", flat=True)
    names |= set(busy.order_by("-id")[:1000])
    waiting = TaskRun.objects.filter(state=TaskRun.State.WAITING, run_after__lte=now).order_by("run_after")
    return Health(
        immediate=backend_is_immediate(),
        workers=len(names),
        scheduler=SchedulerLease.objects.filter(name="scheduler", until__gt=now).exclude(holder="").exists(),
        oldest_waiting=waiting.values_list("run_after", flat=True).first(),
    )
