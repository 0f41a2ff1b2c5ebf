"""One run of a task, from its claim to its end; and what becomes of a run whose worker died."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import threading
import time
import traceback
import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import Error as DatabaseError
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from tom_common.conf import tom_settings
from tom_common.errors import TomError
from tom_common.models import TaskRun
from tom_common.redaction import without_secrets
from tom_common.task_backend import hand_over, was_taken
from tom_common.tasks import RetryLaterError, Running, Task, TaskCancelledError, TaskTimeoutError, _current, _here, resolve, waiting_key_of

logger = logging.getLogger(__name__)
State = TaskRun.State
ERROR_KEPT = 20_000


@cache
def _process(pid: int) -> str:
    return f"{socket.gethostname()[:60]}:{pid}:{uuid.uuid4().hex[:8]}"


def worker_name() -> str:
    """Host, process id, and something that no other process of that id had."""
    return _process(os.getpid())


def execute(run_id: int) -> str:
    me, now = worker_name(), timezone.now()
    claimed = TaskRun.objects.filter(pk=run_id, state=State.WAITING, cancel_asked=False).update(
        state=State.RUNNING,
        started_at=now,
        heartbeat_at=now,
        worker=me,
        waiting_key=None,
        attempts=F("attempts") + 1,
        done=None,
        total=None,
        message="",
        reason="",
        error="",
    )
    run = TaskRun.objects.filter(pk=run_id).first()
    if run is None:
        logger.warning("Task run %s is gone", run_id)
        return "gone"
    if not claimed:
        if run.state == State.WAITING and run.cancel_asked:
            TaskRun.objects.filter(pk=run_id, state=State.WAITING).update(state=State.CANCELLED, finished_at=now, waiting_key=None)
            run.refresh_from_db()
        return run.state
    running = Running(run.pk)
    token = _current.set(running)
    _here[run.pk] = running
    function: Task | None = None
    try:
        function = resolve(run.name)
        if function.timeout_s is not None:
            running.deadline = time.monotonic() + function.timeout_s
        with _guard(), _heartbeat(run), _alarm(function.timeout_s):
            result = function.func(*run.args, **run.kwargs)
        result = json.loads(json.dumps(result, default=str))
    except TaskCancelledError:
        _finish(run, running, State.CANCELLED)
    except Exception as error:
        _failed(run, running, function, error)
    except BaseException:
        # the process is told to end: do not leave it to the lease
        _lost(run, "The process that ran it was told to end in the middle.", running)
        raise
    else:
        _finish(run, running, State.SUCCEEDED, result=result)
    finally:
        _current.reset(token)
        _here.pop(run.pk, None)
    return run.state


@contextlib.contextmanager
def _guard() -> Iterator[None]:
    # within somebody's transaction a failing task must not break that transaction
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
    else:
        yield


@contextlib.contextmanager
def _heartbeat(run: TaskRun) -> Iterator[None]:
    """Say from time to time that the run is alive, in a thread of its own: a task may be long silent."""
    if connection.in_atomic_block:  # nobody else sees the row yet
        yield
        return
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(lease_s() / 6):
            try:
                TaskRun.objects.filter(pk=run.pk, state=State.RUNNING, attempts=run.attempts).update(heartbeat_at=timezone.now())
            except Exception as error:
                logger.debug("The heartbeat of task run %s was not written: %s", run.pk, error)
            finally:
                connections.close_all()

    thread = threading.Thread(target=beat, name=f"heartbeat of task run {run.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)


@contextlib.contextmanager
def _alarm(timeout_s: float | None) -> Iterator[None]:
    usable = timeout_s is not None and hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not usable or timeout_s is None or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    def ring(*_: Any) -> None:
        raise TaskTimeoutError(f"It took longer than {timeout_s:g} s and was stopped.")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, timeout_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _write(run: TaskRun, running: Running | None, **changes: Any) -> bool:
    """Write the end of this attempt, unless somebody took the run for lost meanwhile."""
    if running is not None:
        changes |= {"done": running.done, "total": running.total, "message": running.message}
        if running.link:
            changes["link"] = running.link
    changes["waiting_key"] = changes.get("waiting_key")
    mine = TaskRun.objects.filter(pk=run.pk, state=State.RUNNING, attempts=run.attempts)
    if not mine.update(**changes):
        logger.warning("Task run %s was taken for lost, or pruned, before its attempt %s ended", run.pk, run.attempts)
        fresh = TaskRun.objects.filter(pk=run.pk).first()
        run.state = fresh.state if fresh is not None else "gone"
        return False
    for name, value in changes.items():
        setattr(run, name, value)
    return True


def _finish(run: TaskRun, running: Running | None, state: str, **changes: Any) -> None:
    _write(run, running, state=state, finished_at=timezone.now(), **changes)


def plain_reason(error: BaseException) -> str:
    """What a person is told of an error: its own words, no traceback, no statement of the database, no secret."""
    if isinstance(error, DatabaseError):
        return f"The database did not take it ({type(error).__name__})."
    if isinstance(error, ValidationError):
        text = "; ".join(error.messages)
    else:
        text = str(error).strip()
        if text and not isinstance(error, TomError):
            text = f"{type(error).__name__}: {text}"
    return without_secrets(text or type(error).__name__)[:500]


def _failed(run: TaskRun, running: Running, function: Task | None, error: Exception) -> None:
    said = {"reason": plain_reason(error), "error": without_secrets("".join(traceback.format_exception(error)))[-ERROR_KEPT:]}
    wait_s = function.wait_before_retry_s(run.attempts, error) if function is not None else None
    if function is not None and wait_s is not None and not running.cancel:
        if _wait_again(run, running, function, wait_s, **said):
            level = logging.DEBUG if isinstance(error, RetryLaterError) else logging.WARNING
            logger.log(level, "Task %s (run %s) failed, again in %.0f s: %s", run.name, run.pk, wait_s, said["reason"])
        return
    logger.error("Task %s (run %s) failed: %s", run.name, run.pk, said["error"])
    _finish(run, running, State.FAILED, **said)


def _wait_again(run: TaskRun, running: Running | None, function: Task, wait_s: float, **said: Any) -> bool:
    changes = {
        "state": State.WAITING,
        "run_after": timezone.now() + timedelta(seconds=wait_s),
        "backend_id": "",
        "waiting_key": waiting_key_of(run.name, run.key),
        **said,
    }
    try:
        with transaction.atomic():
            written = _write(run, running, **changes)
    except IntegrityError:
        said["reason"] = f"{said.get('reason', '')} Not tried again: the same work waits already."[:500].strip()
        _finish(run, running, State.FAILED, **said)
        return False
    if written:
        hand_over(run, queue_name=function.queue_name)
    return written


# --- workers that died -------------------------------------------------------------------------------------------------
def lease_s() -> float:
    return float(tom_settings.TOM_TASK_LEASE_S)


def _lost(run: TaskRun, reason: str, running: Running | None = None) -> None:
    try:
        function = resolve(run.name)
    except TomError:
        function = None
    if run.cancel_asked:
        _finish(run, running, State.CANCELLED, reason=reason)
    elif function is not None and run.attempts < function.max_attempts:
        _wait_again(run, running, function, function.delay_s(run.attempts), reason=f"{reason} It is tried again.")
    else:
        _finish(run, running, State.FAILED, reason=f"{reason} What it had done by then may stand; look before you run it again.")


def recover_lost(limit: int = 100) -> int:
    """End, or try again, the runs whose process has said nothing for longer than the lease; gives how many."""
    late = timezone.now() - timedelta(seconds=lease_s())
    rows = TaskRun.objects.filter(state=State.RUNNING, heartbeat_at__lt=late).order_by("id")[:limit]
    found = list(rows)
    for run in found:
        logger.error("Task run %s (%s) is lost: its worker %s has said nothing since %s", run.pk, run.name, run.worker, run.heartbeat_at)
        _lost(run, "The worker that ran it stopped in the middle.")
    return len(found)


def hand_over_due(limit: int = 100) -> int:
    """Give the backend again what is due and is not in its queue: what it could not keep until later, and what it lost."""
    now = timezone.now()
    due = TaskRun.objects.filter(state=State.WAITING, cancel_asked=False, run_after__lte=now)
    runs = list(due.filter(backend_id="").order_by("id")[:limit])
    # taken off the queue by a worker that died before it could claim the row
    silent = due.exclude(backend_id="").filter(run_after__lte=now - timedelta(seconds=lease_s())).order_by("id")[:limit]
    runs += [run for run in silent if was_taken(run.backend_id)]
    started = 0
    for run in runs:
        TaskRun.objects.filter(pk=run.pk, state=State.WAITING).update(backend_id="")
        try:
            hand_over(run, queue_name=resolve(run.name).queue_name)
            started += 1
        except TomError as error:
            logger.error("Task run %s cannot be started: %s", run.pk, error)
            TaskRun.objects.filter(pk=run.pk, state=State.WAITING).update(
                state=State.FAILED, finished_at=now, waiting_key=None, reason=without_secrets(str(error))[:500]
            )
    return started
