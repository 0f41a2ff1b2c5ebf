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
import hashlib
import importlib
import importlib.util
import json
import logging
import random
import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from tom_common import task_backend
from tom_common.errors import InvalidInputError, NotAllowedError, NotFoundError, TomError
from tom_common.schedule import Schedule, make_schedule

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from tom_common.models import TaskRun

logger = logging.getLogger(__name__)

WRITE_EVERY_S = 1.0  # how often progress is written and a wish to cancel is looked for


@dataclass
class Running:
    """What a process knows of the run that it is doing."""

    run_id: int
    done: int | None = None
    total: int | None = None
    message: str = ""
    link: str = ""
    cancel: bool = False
    deadline: float | None = None
    written_at: float = field(default=float("-inf"))


_current: ContextVar[Running | None] = ContextVar("tom_task_run", default=None)
_here: dict[int, Running] = {}


class TaskCancelledError(TomError):
    """Raised by `progress` inside a task that somebody asked to stop."""

    status = 409
    code = "cancelled"
    default_message = "The task was cancelled."


class TaskTimeoutError(TomError):
    """The task took longer than its `timeout_s`."""

    status = 504
    code = "timeout"
    default_message = "It took too long and was stopped."


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
    give_up_on: tuple[type[BaseException], ...] = (InvalidInputError, NotAllowedError, NotFoundError)
    timeout_s: float | None = None
    title: str = ""

    @property
    def path(self) -> str:
        return f"{self.func.__module__}.{self.func.__qualname__}"

    @property
    def __name__(self) -> str:
        return self.func.__name__

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        return self.func.__doc__

    @property
    def words(self) -> str:
        """What it does: its title, else its name in words."""
        return self.title or self.func.__name__.removesuffix("_task").replace("_", " ").capitalize()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.func(*args, **kwargs)

    def delay_s(self, attempt: int) -> float:
        """Seconds to wait after the given failed attempt (from 1): doubled each time, with 10 % jitter."""
        return min(self.backoff_s * 2 ** min(attempt - 1, 20), self.max_backoff_s) * random.uniform(0.9, 1.1)

    def wait_before_retry_s(self, attempt: int, error: BaseException) -> float | None:
        """Seconds until the next attempt after `error`; None when there is none."""
        if attempt >= self.max_attempts:
            return None
        if isinstance(error, RetryLaterError):
            return error.delay_s
        if isinstance(error, self.give_up_on) or not isinstance(error, self.retry_on):
            return None
        return max(self.delay_s(attempt), min(getattr(error, "retry_after_s", None) or 0.0, 86_400.0))


def task(
    function: Callable[..., Any] | None = None,
    *,
    max_attempts: int = 1,
    backoff_s: float = 30.0,
    max_backoff_s: float = 3600.0,
    queue_name: str = "default",
    retry_on: tuple[type[BaseException], ...] = (Exception,),
    give_up_on: tuple[type[BaseException], ...] = (InvalidInputError, NotAllowedError, NotFoundError),
    timeout_s: float | None = None,
    title: str = "",
) -> Any:
    """Make a module-level function a task.

    It is tried `max_attempts` times, also when its worker dies in the middle, on the errors of `retry_on` but not on those of `give_up_on`;
    between two attempts it waits `backoff_s`, doubled each time. After `timeout_s` it is stopped: in a worker wherever it is, elsewhere at
    its next `progress`. `title` is what people read.
    """

    def wrap(func: Callable[..., Any]) -> Task:
        if "<locals>" in func.__qualname__ or "." in func.__qualname__:
            raise InvalidInputError(f"a task is a function of a module, which {func.__qualname__} is not")
        return Task(func, max_attempts, backoff_s, max_backoff_s, queue_name, retry_on, give_up_on, timeout_s, title)

    return wrap(function) if function is not None else wrap


def backend_is_immediate(alias: str = "default") -> bool:
    """Whether work enqueued is done at once, in the request that asks for it."""
    return task_backend.is_immediate(alias)


def resolve(path: str) -> Task:
    """The task of that dotted path; InvalidInputError when there is none (any more)."""
    try:
        found = import_string(path)
    except ImportError as error:
        raise InvalidInputError(f"{path} is not there (any more): {error}") from error
    if not isinstance(found, Task):
        raise InvalidInputError(f"{path} is no task")
    return found


def enqueue(
    function: Task,
    *args: Any,
    actor: Any = None,
    run_after: datetime | None = None,
    key: str = "",
    title: str = "",
    link: str = "",
    **kwargs: Any,
) -> TaskRun:
    """Have the task run in the background (at once on the immediate backend) and give its row.

    Arguments must be JSON: keys, not objects. With a `key`, a run of the same task and key that still waits is given in place of a second
    one. `title` says what this run does, `link` is the address where its result will be seen. Inside a transaction nothing starts before
    that commits, on the immediate backend too; when it is rolled back there is no run.
    """
    if not isinstance(function, Task):
        raise InvalidInputError(f"{function!r} is no task: decorate it with tom_common.tasks.task")
    try:
        json.dumps([args, kwargs], allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"the arguments of {function.path} are not JSON: {error}; give keys, not objects") from error
    if len(key) > 200:
        raise InvalidInputError(f"the key of a task run has at most 200 characters, not {len(key)}: {key[:40]}...")
    # where the queue is in this database, a run and its place in the queue are there both or neither
    with transaction.atomic() if task_backend.keeps_rows_here() else contextlib.nullcontext():
        run, made = _row(function, args, kwargs, actor, run_after, key, title, link)
        if made:
            task_backend.hand_over(run, queue_name=function.queue_name)
    if made:
        run.refresh_from_db()
    return run


def waiting_key_of(path: str, key: str) -> str | None:
    if not key:
        return None
    whole = f"{path}:{key}"
    return whole if len(whole) <= 200 else hashlib.sha256(whole.encode()).hexdigest()


def _row(function: Task, args: Any, kwargs: Any, actor: Any, run_after: Any, key: str, title: str, link: str) -> tuple[TaskRun, bool]:
    from tom_common.models import TaskRun

    waiting_key = waiting_key_of(function.path, key)
    for _ in range(5):
        if waiting_key is not None:
            waits = TaskRun.objects.filter(waiting_key=waiting_key).first()
            if waits is not None:
                return waits, False
        try:
            with transaction.atomic():
                run = TaskRun.objects.create(
                    name=function.path,
                    title=(title or function.words)[:200],
                    link=link[:500],
                    key=key,
                    waiting_key=waiting_key,
                    args=list(args),
                    kwargs=kwargs,
                    actor=actor if actor is not None and getattr(actor, "pk", None) else None,
                    max_attempts=function.max_attempts,
                    run_after=run_after or timezone.now(),
                )
        except IntegrityError:
            if waiting_key is None:
                raise
            continue  # another process was faster: its row is the one, unless it began at once
        return run, True
    raise InvalidInputError(f"{function.path} with the key {key} is asked for by too many at once")


def execute(run_id: int) -> str:
    """Run the task of one row now and give its new state. The task backend calls this; a row is run by one worker at a time."""
    from tom_common.task_execution import execute as run_row

    return run_row(run_id)


def progress(done: int, total: int | None = None, message: str = "") -> None:
    """Tell how far the running task is; outside a task it does nothing. Raises TaskCancelledError when one asked to stop.

    Call it as often as you like, best between transactions: it is written once a second.
    """
    running = _current.get()
    if running is None:
        return
    running.done, running.total, running.message = done, total, message[:500]
    now = time.monotonic()
    if running.deadline is not None and now > running.deadline:
        raise TaskTimeoutError
    if running.cancel:
        raise TaskCancelledError
    if now - running.written_at < WRITE_EVERY_S:
        return
    running.written_at = now
    from tom_common.models import TaskRun

    rows = TaskRun.objects.filter(pk=running.run_id)
    rows.update(done=done, total=total, message=message[:500], heartbeat_at=timezone.now())
    if rows.filter(cancel_asked=True).exists():
        running.cancel = True
        raise TaskCancelledError


def set_link(url: str) -> None:
    """Inside a task: where its result can be seen, once that is known."""
    running = _current.get()
    if running is not None:
        running.link = url[:500]


def current_run_id() -> int | None:
    """The key of the running task's row, inside a task."""
    running = _current.get()
    return running.run_id if running else None


def cancel(run: TaskRun) -> str:
    """Ask a run to stop: a waiting one is cancelled at once, a running one at its next `progress`. Gives the state."""
    state = type(run).State
    rows = type(run).objects.filter(pk=run.pk)
    rows.filter(state__in=[state.WAITING, state.RUNNING]).update(cancel_asked=True)
    rows.filter(state=state.WAITING).update(state=state.CANCELLED, finished_at=timezone.now(), waiting_key=None)
    if run.pk in _here:
        _here[run.pk].cancel = True
    run.refresh_from_db()
    return run.state


def run_again(run: TaskRun, *, actor: Any = None) -> TaskRun:
    """Enqueue a finished run's task once more, as a new row."""
    if not run.is_finished:
        raise InvalidInputError(f"{run} has not finished")
    return enqueue(resolve(run.name), *run.args, actor=actor, key=run.key, title=run.title, link=run.link, **run.kwargs)


def visible_runs(user: Any) -> QuerySet[TaskRun]:
    """Superusers see every run, others those that they asked for."""
    from tom_common.models import TaskRun

    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return TaskRun.objects.none()
    return TaskRun.objects.all() if user.is_superuser else TaskRun.objects.filter(actor=user)


@dataclass(frozen=True, slots=True)
class Periodic:
    name: str
    schedule: Schedule
    task: Task
    enabled: bool = True


_periodic: dict[str, Periodic] = {}


def periodic(
    name: str, *, every: timedelta | None = None, at: str | Iterable[str] = (), weekdays: str | Iterable[str] = (), enabled: bool = True
) -> Callable[[Task], Task]:
    """Have the scheduler (`manage.py runscheduler`) start the task again and again. Declare it in the app's `tasks.py`.

    `every` a duration; or `at` a time of day in UTC ("03:15", or several), on `weekdays` ("mon,thu") or daily. A superuser can switch it off
    and on; `enabled` is how it begins. Runs that were missed are not made up for, and none starts while the last is under way.
    """
    schedule = make_schedule(every, at, weekdays)

    def wrap(function: Task) -> Task:
        if not isinstance(function, Task):
            raise InvalidInputError(f"{function!r} is no task: decorate it with tom_common.tasks.task first")
        _periodic[name] = Periodic(name, schedule, function, enabled)
        return function

    return wrap


def periodic_jobs() -> dict[str, Periodic]:
    """All periodic jobs that installed apps declare in their `tasks.py`; an app whose name does not begin with tom_ says
    `declares_tom_settings = True` on its AppConfig. A module that cannot be imported is reported and left out."""
    for config in apps.get_app_configs():
        ours = config.name.startswith("tom_") or getattr(config, "declares_tom_settings", False)
        if not ours or config.name == "tom_common" or importlib.util.find_spec(f"{config.name}.tasks") is None:
            continue
        try:
            importlib.import_module(f"{config.name}.tasks")
        except Exception:
            logger.exception("The periodic jobs of %s are left out: its tasks cannot be imported", config.name)
    importlib.import_module("tom_common.housekeeping")
    return dict(_periodic)
