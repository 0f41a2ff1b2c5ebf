"""Background work: a thin layer over the project's task backend (django-tasks, or Django 6's own).

::

    @task(max_attempts=5)
    def update_status(record_id): ...

    run = enqueue(update_status, 17, actor=request.user)      # a TaskRun; on the immediate backend it is already done
    periodic("update-statuses", every=timedelta(minutes=5))(update_all_statuses)

Each run has a `TaskRun` row with state, progress, result and error. Arguments and results are JSON.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import logging
import random
import traceback
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from tom_common.errors import InvalidInputError, TomError

if TYPE_CHECKING:
    from tom_common.models import TaskRun

logger = logging.getLogger(__name__)


@dataclass
class _Running:
    run_id: int
    done: int | None = None
    total: int | None = None
    message: str = ""


_current: ContextVar[_Running | None] = ContextVar("tom_task_run", default=None)


class TaskCancelledError(TomError):
    """Raised by `progress` inside a task that somebody asked to stop."""

    status = 409
    code = "cancelled"
    default_message = "The task was cancelled."


class RetryLaterError(TomError):
    """Raise it in a task to be run again after `delay_s` seconds, whatever the backoff would be."""

    status = 503
    code = "retry_later"

    def __init__(self, message: str = "", *, delay_s: float = 60.0) -> None:
        super().__init__(message or "not yet possible")
        self.delay_s = delay_s


@dataclass(frozen=True)
class Task:
    """A function that can be enqueued. Calling it runs it here and now, without a row."""

    func: Callable[..., Any]
    max_attempts: int = 1
    backoff_s: float = 30.0
    max_backoff_s: float = 3600.0
    queue_name: str = "default"
    retry_on: tuple[type[BaseException], ...] = (Exception,)

    @property
    def path(self) -> str:
        return f"{self.func.__module__}.{self.func.__qualname__}"

    @property
    def __name__(self) -> str:
        return self.func.__name__

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        return self.func.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.func(*args, **kwargs)

    def delay_s(self, attempt: int) -> float:
        """Seconds to wait after the given failed attempt (from 1): doubled each time, with 10 % jitter."""
        return min(self.backoff_s * 2 ** min(attempt - 1, 20), self.max_backoff_s) * random.uniform(0.9, 1.1)


def task(
    function: Callable[..., Any] | None = None,
    *,
    max_attempts: int = 1,
    backoff_s: float = 30.0,
    max_backoff_s: float = 3600.0,
    queue_name: str = "default",
    retry_on: tuple[type[BaseException], ...] = (Exception,),
) -> Any:
    """Make a module-level function a task. It is tried `max_attempts` times on the errors of `retry_on`."""

    def wrap(func: Callable[..., Any]) -> Task:
        if "<locals>" in func.__qualname__ or "." in func.__qualname__:
            raise InvalidInputError(f"a task is a function of a module, which {func.__qualname__} is not")
        return Task(func, max_attempts, backoff_s, max_backoff_s, queue_name, retry_on)

    return wrap(function) if function is not None else wrap


def _backend(alias: str = "default") -> Any:
    if importlib.util.find_spec("django.tasks") is not None:
        from django.conf import settings

        path = (getattr(settings, "TASKS", None) or {}).get(alias, {}).get("BACKEND", "")
        if path.startswith("django.tasks."):
            return importlib.import_module("django.tasks").task_backends[alias]
    from django_tasks import task_backends

    return task_backends[alias]


def backend_is_immediate(alias: str = "default") -> bool:
    """Whether work enqueued is done at once, in the request that asks for it."""
    return type(_backend(alias)).__name__ == "ImmediateBackend"


def _resolve(path: str) -> Task:
    found = import_string(path)
    if not isinstance(found, Task):
        raise InvalidInputError(f"{path} is no task")
    return found


def enqueue(function: Task, *args: Any, actor: Any = None, run_after: datetime | None = None, **kwargs: Any) -> TaskRun:
    """Have the task run in the background (at once on the immediate backend) and give its row.

    Inside a transaction a queued task becomes visible to workers when that commits. Arguments must be JSON: keys, not objects.
    """
    from tom_common.models import TaskRun

    if not isinstance(function, Task):
        raise InvalidInputError(f"{function!r} is no task: decorate it with tom_common.tasks.task")
    try:
        json.dumps([args, kwargs])
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"the arguments of {function.path} are not JSON: {error}; give keys, not objects") from error
    person = actor if actor is not None and getattr(actor, "pk", None) else None
    run = TaskRun.objects.create(
        name=function.path,
        args=list(args),
        kwargs=kwargs,
        actor=person,
        run_after=run_after or timezone.now(),
    )
    _hand_over(run, function, run_after)
    run.refresh_from_db()
    return run


def _hand_over(run: TaskRun, function: Task, run_after: datetime | None) -> None:
    """Give the row to the backend. What a backend cannot defer stays waiting for the scheduler."""
    from tom_common.models import TaskRun
    from tom_common.task_runner import run_task_row

    backend = _backend()
    job = run_task_row
    later = run_after is not None and run_after > timezone.now()
    if later and not backend.supports_defer:
        return
    options: dict[str, Any] = {}
    if later:
        options["run_after"] = run_after
    if function.queue_name != "default" and function.queue_name in getattr(backend, "queues", ()):
        options["queue_name"] = function.queue_name
    if options:
        job = job.using(**options)
    with contextlib.ExitStack() as stack:
        if backend_is_immediate() and connection.in_atomic_block:
            stack.enter_context(transaction.atomic())
        result = job.enqueue(run.pk)
    TaskRun.objects.filter(pk=run.pk).update(backend_id=str(result.id)[:64])


def execute(run_id: int) -> str:
    """Run the task of one row now and give its new state. The task backend calls this; a row is run by one worker at a time."""
    from tom_common.models import TaskRun

    state = TaskRun.State
    now = timezone.now()
    claimed = TaskRun.objects.filter(pk=run_id, state=state.WAITING, cancel_asked=False).update(
        state=state.RUNNING,
        started_at=now,
        attempts=F("attempts") + 1,
        error="",
    )
    run = TaskRun.objects.filter(pk=run_id).first()
    if run is None:
        logger.warning("Task run %s is gone", run_id)
        return "gone"
    if not claimed:
        if run.state == state.WAITING and run.cancel_asked:
            _finish(run, state.CANCELLED)
        return run.state
    running = _Running(run.pk)
    token = _current.set(running)
    function: Task | None = None
    try:
        function = _resolve(run.name)
        with _guard():
            result = function.func(*run.args, **run.kwargs)
        result = json.loads(json.dumps(result, default=str))
    except TaskCancelledError:
        # the progress itself may have been undone with the task's transaction
        _finish(run, state.CANCELLED, done=running.done, total=running.total, message=running.message)
    except Exception as error:
        _failed(run, function, error)
    else:
        _finish(run, state.SUCCEEDED, result=result)
    finally:
        _current.reset(token)
    return run.state


@contextlib.contextmanager
def _guard() -> Iterator[None]:
    # within somebody's transaction a failing task must not break that transaction
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
    else:
        yield


def _finish(run: TaskRun, state: str, **changes: Any) -> None:
    changes |= {"state": state, "finished_at": timezone.now()}
    for name, value in changes.items():
        setattr(run, name, value)
    run.save(update_fields=list(changes))


def _failed(run: TaskRun, function: Task | None, error: Exception) -> None:
    from tom_common.models import TaskRun

    text = "".join(traceback.format_exception(error))[-20_000:]
    retry = (
        function is not None
        and run.attempts < function.max_attempts
        and (isinstance(error, RetryLaterError) or isinstance(error, function.retry_on))
    )
    if not retry:
        logger.error("Task %s (run %s) failed: %s", run.name, run.pk, error, exc_info=error)
        _finish(run, TaskRun.State.FAILED, error=text)
        return
    wait_s = error.delay_s if isinstance(error, RetryLaterError) else function.delay_s(run.attempts)
    run.state, run.error, run.run_after = TaskRun.State.WAITING, text, timezone.now() + timedelta(seconds=wait_s)
    run.save(update_fields=["state", "error", "run_after"])
    logger.warning("Task %s (run %s) failed, again in %.0f s: %s", run.name, run.pk, wait_s, error)
    _hand_over(run, function, run.run_after)


def progress(done: int, total: int | None = None, message: str = "") -> None:
    """Tell how far the running task is; outside a task it does nothing. Raises TaskCancelledError when one asked to stop."""
    running = _current.get()
    if running is None:
        return
    from tom_common.models import TaskRun

    running.done, running.total, running.message = done, total, message[:500]
    rows = TaskRun.objects.filter(pk=running.run_id)
    rows.update(done=done, total=total, message=message[:500])
    if rows.filter(cancel_asked=True).exists():
        raise TaskCancelledError


def current_run_id() -> int | None:
    """The key of the running task's row, inside a task."""
    running = _current.get()
    return running.run_id if running else None


def cancel(run: TaskRun) -> str:
    """Ask a run to stop: a waiting one is cancelled at once, a running one at its next `progress`. Gives the state."""
    state = type(run).State
    rows = type(run).objects.filter(pk=run.pk)
    rows.filter(state__in=[state.WAITING, state.RUNNING]).update(cancel_asked=True)
    rows.filter(state=state.WAITING).update(state=state.CANCELLED, finished_at=timezone.now())
    run.refresh_from_db()
    return run.state


def run_again(run: TaskRun, *, actor: Any = None) -> TaskRun:
    """Enqueue a finished run's task once more, as a new row."""
    if not run.is_finished:
        raise InvalidInputError(f"{run} has not finished")
    return enqueue(_resolve(run.name), *run.args, actor=actor, **run.kwargs)


@dataclass(frozen=True, slots=True)
class Periodic:
    name: str
    every: timedelta
    task: Task


_periodic: dict[str, Periodic] = {}


def periodic(name: str, *, every: timedelta) -> Callable[[Task], Task]:
    """Have the scheduler (`manage.py runscheduler`) start the task again and again. Declare it in the app's `tasks.py`."""
    if every.total_seconds() < 1:
        raise InvalidInputError("a periodic job runs at most once a second")

    def wrap(function: Task) -> Task:
        if not isinstance(function, Task):
            raise InvalidInputError(f"{function!r} is no task: decorate it with tom_common.tasks.task first")
        _periodic[name] = Periodic(name, every, function)
        return function

    return wrap


def periodic_jobs() -> dict[str, Periodic]:
    """All periodic jobs that the installed TOM apps declare in their `tasks.py`."""
    for config in apps.get_app_configs():
        if not config.name.startswith("tom_") or config.name == "tom_common":
            continue
        if importlib.util.find_spec(f"{config.name}.tasks") is not None:
            importlib.import_module(f"{config.name}.tasks")
    importlib.import_module("tom_common.housekeeping")
    return dict(_periodic)
