from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from tests.tom_common import tasks_for_tests as jobs
from tom_common import tasks
from tom_common.errors import InvalidInputError
from tom_common.models import PeriodicJob, SchedulerLease, TaskRun
from tom_common.scheduler import Scheduler

pytestmark = [pytest.mark.django_db, pytest.mark.database]
DATABASE = {"default": {"BACKEND": "django_tasks.backends.database.DatabaseBackend"}}


@pytest.fixture(autouse=True)
def _no_calls():
    jobs.calls.clear()


@pytest.fixture
def database_backend(settings):
    settings.TASKS = DATABASE  # django-tasks forgets its backends when the setting changes


def work():
    call_command("db_worker", batch=True, interval=0, startup_delay=False, verbosity=0, reload=False)


def test_immediate_runs_at_once():
    assert tasks.backend_is_immediate()
    user = get_user_model().objects.create_user("u")
    run = tasks.enqueue(jobs.add, 2, b=3, actor=user)
    assert (run.state, run.result, run.attempts, run.actor) == ("succeeded", 5, 1, user)
    assert jobs.add(1) == 1  # a plain call needs no row


def test_arguments_must_be_json_and_functions_tasks():
    with pytest.raises(InvalidInputError, match="JSON"):
        tasks.enqueue(jobs.add, object())
    with pytest.raises(InvalidInputError, match="no task"):
        tasks.enqueue(len, [])
    with pytest.raises(InvalidInputError, match="module"):
        tasks.task(lambda: None)


def test_a_failure_is_kept_and_retried_with_backoff():
    before = timezone.now()
    run = tasks.enqueue(jobs.fails)
    assert (run.state, run.attempts) == ("waiting", 1)
    assert "broken value" in run.error
    assert 8 < (run.run_after - before).total_seconds() < 11.1 + (timezone.now() - before).total_seconds()
    scheduler = Scheduler()
    for attempt in (2, 3):
        TaskRun.objects.filter(pk=run.pk).update(run_after=timezone.now())
        assert scheduler.tick() == 1
        run.refresh_from_db()
        assert run.attempts == attempt
    assert run.state == "failed"
    assert jobs.calls == ["value"] * 3


def test_other_errors_are_not_retried():
    run = tasks.enqueue(jobs.fails, "type")
    assert (run.state, run.attempts) == ("failed", 1)


def test_a_task_can_ask_for_its_time():
    before = timezone.now()
    run = tasks.enqueue(jobs.later)
    assert 120 <= (run.run_after - before).total_seconds() <= 120 + (timezone.now() - before).total_seconds()


def test_a_failing_task_does_not_break_the_transaction_it_was_asked_in():
    run = tasks.enqueue(jobs.breaks_the_database)
    assert run.state == "failed"
    assert not Group.objects.filter(name="same").exists()
    Group.objects.create(name="after")


def test_progress_and_cancel():
    run = tasks.enqueue(jobs.steps)
    assert (run.state, run.done, run.total, run.message, run.percent) == ("succeeded", 4, 5, "step 4", 80)
    run = tasks.enqueue(jobs.steps, 3)
    assert (run.state, run.done) == ("cancelled", 3)
    tasks.progress(1, 2)  # outside a task: nothing


def test_cancel_before_it_starts_and_again():
    run = tasks.enqueue(jobs.add, 1, run_after=timezone.now() + timedelta(hours=1))
    assert run.state == "waiting"
    assert jobs.calls == []
    with pytest.raises(InvalidInputError):
        tasks.run_again(run)
    assert tasks.cancel(run) == "cancelled"
    assert tasks.execute(run.pk) == "cancelled"
    assert jobs.calls == []
    assert tasks.run_again(run).state == "succeeded"
    assert tasks.execute(10**12) == "gone"


def test_a_row_is_run_once():
    run = tasks.enqueue(jobs.add, 1)
    assert tasks.execute(run.pk) == "succeeded"
    assert len(jobs.calls) == 1


@pytest.mark.usefixtures("database_backend")
@pytest.mark.django_db(transaction=True)
def test_database_backend_with_its_worker():
    assert not tasks.backend_is_immediate()
    run = tasks.enqueue(jobs.add, 4)
    assert run.state == "waiting"
    assert run.backend_id
    retried = tasks.enqueue(jobs.fails)
    later = tasks.enqueue(jobs.add, 9, run_after=timezone.now() + timedelta(hours=1))
    work()
    for row in (run, retried, later):
        row.refresh_from_db()
    assert (run.state, run.result) == ("succeeded", 4)
    assert (retried.state, retried.attempts) == ("waiting", 1)
    assert later.state == "waiting"
    from django_tasks.backends.database.models import DBTaskResult

    assert DBTaskResult.objects.filter(status="READY").count() == 2
    DBTaskResult.objects.update(run_after=timezone.now())
    work()
    retried.refresh_from_db()
    assert retried.attempts == 2


def test_scheduler_starts_what_is_due_and_one_leads(monkeypatch):
    monkeypatch.setattr(tasks, "_periodic", {})
    tasks.periodic("adding", every=timedelta(minutes=5))(jobs.add)
    monkeypatch.setattr("tom_common.scheduler.periodic_jobs", lambda: dict(tasks._periodic))
    one, two = Scheduler(), Scheduler()
    one.sync_jobs()
    job = PeriodicJob.objects.get(name="adding")
    assert job.every_s == 300
    assert two.lead()
    assert one.tick() == 0
    two.release()
    assert one.tick() == 1
    job.refresh_from_db()
    assert job.last_run.state == "failed"  # add() needs an argument: the failure shows
    assert timedelta(minutes=4) < job.next_run_at - timezone.now() <= timedelta(minutes=5)
    assert one.tick() == 0
    SchedulerLease.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert two.lead()
    PeriodicJob.objects.update(enabled=False, next_run_at=timezone.now())
    assert two.tick() == 0
    tasks._periodic.clear()
    two.sync_jobs()
    assert not PeriodicJob.objects.exists()


def test_periodic_refuses_what_is_no_task():
    with pytest.raises(InvalidInputError):
        tasks.periodic("x", every=timedelta(minutes=1))(len)
    with pytest.raises(InvalidInputError):
        tasks.periodic("x", every=timedelta(0))


def test_runscheduler_once_registers_the_housekeeping(capsys):
    call_command("runscheduler", once=True)
    assert PeriodicJob.objects.get(name="prune").last_run.state == "succeeded"


@override_settings(TASKS={"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}})
def test_a_periodic_job_still_under_way_is_not_started_twice(monkeypatch):
    run = TaskRun.objects.create(name=jobs.add.path, state="running")
    PeriodicJob.objects.create(name="adding", task=jobs.add.path, every_s=60, last_run=run)
    scheduler = Scheduler()
    assert scheduler.tick() == 0
    TaskRun.objects.update(state="succeeded", finished_at=timezone.now())
    PeriodicJob.objects.update(next_run_at=timezone.now())
    assert scheduler.tick() == 1


def test_one_run_of_a_key_waits():
    hour = timezone.now() + timedelta(hours=1)
    first = tasks.enqueue(jobs.add, 1, key="same", run_after=hour)
    assert tasks.enqueue(jobs.add, 2, key="same", run_after=hour) == first
    assert tasks.enqueue(jobs.add, 2, key="other", run_after=hour) != first
    assert tasks.enqueue(jobs.steps, key="same", run_after=hour) != first  # another task's key is another key
    assert tasks.execute(first.pk) == "succeeded"
    second = tasks.enqueue(jobs.add, 3, key="same", run_after=hour)
    assert second != first
    tasks.cancel(second)
    assert tasks.enqueue(jobs.add, 4, key="same").state == "succeeded"
    long = "x" * 200
    assert tasks.enqueue(jobs.add, 1, key=long, run_after=hour) == tasks.enqueue(jobs.add, 1, key=long, run_after=hour)
    with pytest.raises(InvalidInputError, match="200"):
        tasks.enqueue(jobs.add, 1, key=long + "x")


def test_a_retry_does_not_wait_beside_a_newer_run_of_its_key():
    hour = timezone.now() + timedelta(hours=1)
    first = tasks.enqueue(jobs.fails, key="k", run_after=hour)
    TaskRun.objects.filter(pk=first.pk).update(state="running", attempts=1, waiting_key=None)
    tasks.enqueue(jobs.fails, key="k", run_after=hour)
    first.refresh_from_db()
    from tom_common.task_execution import _failed
    from tom_common.tasks import Running

    _failed(first, Running(first.pk), jobs.fails, ValueError("again"))
    first.refresh_from_db()
    assert first.state == "failed"
    assert "the same work waits already" in first.reason
    assert TaskRun.objects.filter(state="waiting").count() == 1


def test_infinite_numbers_are_no_json():
    with pytest.raises(InvalidInputError, match="JSON"):
        tasks.enqueue(jobs.add, float("nan"))


def test_what_can_never_work_is_not_tried_again():
    again = tasks.Task(jobs.add.func, max_attempts=5, backoff_s=30)
    assert again.wait_before_retry_s(1, InvalidInputError("wrong")) is None
    assert again.wait_before_retry_s(5, ValueError()) is None
    assert 27 <= again.wait_before_retry_s(1, ValueError()) <= 33
    assert again.wait_before_retry_s(5 - 1, ValueError()) >= 8 * 27
    asked = ValueError()
    asked.retry_after_s = 500.0
    assert again.wait_before_retry_s(1, asked) == 500.0


def test_progress_is_written_once_a_second(django_assert_max_num_queries):
    run = TaskRun.objects.create(name=jobs.add.path, state="running")
    token = tasks._current.set(tasks.Running(run.pk))
    try:
        with django_assert_max_num_queries(2):
            for number in range(1000):
                tasks.progress(number, 1000)
    finally:
        tasks._current.reset(token)


@pytest.mark.django_db(transaction=True)  # the alarm may come in the middle of a statement, and ends what is around it
def test_a_task_that_takes_too_long_is_stopped():
    run = tasks.enqueue(jobs.sleeps)  # by the alarm, in the middle
    assert (run.state, run.attempts) == ("failed", 1)
    assert "longer than 0.2 s" in run.reason
    assert tasks.enqueue(jobs.counts_for_ever).state == "failed"


def test_the_reason_is_plain_and_the_traceback_kept_without_secrets(settings):
    settings.BROKERS = {"TNS": {"api_key": "fake-key-of-tns-1234"}}
    run = tasks.enqueue(jobs.tells_a_secret)
    assert run.reason.startswith("RuntimeError: The service said no")
    assert "Traceback" in run.error
    for secret in ("hunter22", "abcdef123", "fake-key-of-tns-1234"):
        assert secret not in run.reason + run.error


def test_statements_of_the_database_are_not_told():
    run = tasks.enqueue(jobs.breaks_the_database)
    assert run.reason == "The database did not take it (IntegrityError)."


def enqueue_and_roll_back(*asked):
    from django.db import transaction

    with transaction.atomic():
        tasks.enqueue(*asked)
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_nothing_starts_before_the_commit():
    from django.db import transaction

    with transaction.atomic():
        run = tasks.enqueue(jobs.add, 7)
        assert run.state == "waiting"
        assert jobs.calls == []
    run.refresh_from_db()
    assert (run.state, jobs.calls) == ("succeeded", [(7, 0)])
    enqueue_and_roll_back(jobs.add, 8)
    assert TaskRun.objects.count() == 1
    assert jobs.calls == [(7, 0)]


@pytest.mark.usefixtures("database_backend")
@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_transaction_leaves_nothing_in_the_queue():
    from django.db import transaction
    from django_tasks.backends.database.models import DBTaskResult

    enqueue_and_roll_back(jobs.add, 8)
    assert not TaskRun.objects.exists()
    assert not DBTaskResult.objects.exists()
    with transaction.atomic():
        run = tasks.enqueue(jobs.add, 9)
    work()
    run.refresh_from_db()
    assert run.state == "succeeded"


def lose(run, **more):
    TaskRun.objects.filter(pk=run.pk).update(
        state="running", attempts=1, worker="gone", heartbeat_at=timezone.now() - timedelta(hours=1), waiting_key=None, **more
    )


def test_a_run_whose_worker_died_is_tried_again_or_fails():
    hour = timezone.now() + timedelta(hours=1)
    again, once, stopped, alive = (
        tasks.enqueue(task, run_after=hour, **kwargs)
        for task, kwargs in ((jobs.fails, {}), (jobs.add, {"a": 1}), (jobs.fails, {}), (jobs.add, {"a": 1}))
    )
    lose(again), lose(once), lose(stopped, cancel_asked=True)
    TaskRun.objects.filter(pk=alive.pk).update(state="running", heartbeat_at=timezone.now())
    Scheduler().tick()
    for run in (again, once, stopped, alive):
        run.refresh_from_db()
    assert (again.state, again.attempts) == ("waiting", 1)
    assert once.state == "failed"
    assert "stopped in the middle" in once.reason
    assert stopped.state == "cancelled"
    assert alive.state == "running"


def test_who_was_taken_for_lost_writes_nothing_any_more():
    run = tasks.enqueue(jobs.add, 1, run_after=timezone.now() + timedelta(hours=1))
    TaskRun.objects.filter(pk=run.pk).update(state="running", attempts=1)
    run.refresh_from_db()
    TaskRun.objects.filter(pk=run.pk).update(attempts=2)  # another worker has it now
    from tom_common.task_execution import _finish

    _finish(run, None, "succeeded", result="late")
    run.refresh_from_db()
    assert (run.state, run.result) == ("running", None)


@pytest.mark.usefixtures("database_backend")
@pytest.mark.django_db(transaction=True)
def test_a_job_that_a_worker_took_and_never_began_is_handed_over_again():
    from django_tasks.backends.database.models import DBTaskResult

    run = tasks.enqueue(jobs.add, 1)
    DBTaskResult.objects.update(status="RUNNING")
    TaskRun.objects.filter(pk=run.pk).update(run_after=timezone.now() - timedelta(hours=1))
    fresh = tasks.enqueue(jobs.add, 2)
    Scheduler().tick()
    assert DBTaskResult.objects.filter(status="READY").count() == 2
    work()
    for one in (run, fresh):
        one.refresh_from_db()
        assert one.state == "succeeded"


class FakeBackend:
    """As a queue outside of the database behaves: it keeps jobs, and cannot defer them."""

    supports_defer = False
    supports_get_result = False
    queues = {"default"}

    def __init__(self):
        self.jobs = []


@pytest.mark.django_db(transaction=True)
def test_a_queue_elsewhere_hears_of_a_run_after_the_commit(monkeypatch):
    from types import SimpleNamespace

    from django.db import transaction

    from tom_common import task_backend, task_runner

    backend = FakeBackend()
    monkeypatch.setattr(task_backend, "get_backend", lambda alias="default": backend)
    monkeypatch.setattr(
        task_runner, "run_task_row", SimpleNamespace(enqueue=lambda pk: backend.jobs.append(pk) or SimpleNamespace(id=f"job-{pk}"))
    )
    with transaction.atomic():
        run = tasks.enqueue(jobs.add, 1)
        assert backend.jobs == []
    assert backend.jobs == [run.pk]
    run.refresh_from_db()
    assert run.backend_id == f"job-{run.pk}"
    enqueue_and_roll_back(jobs.add, 2)
    later = tasks.enqueue(jobs.add, 3, run_after=timezone.now() + timedelta(hours=1))
    assert backend.jobs == [run.pk]
    TaskRun.objects.filter(pk=later.pk).update(run_after=timezone.now())
    assert Scheduler().tick() >= 1
    assert backend.jobs == [run.pk, later.pk]


def test_the_library_follows_the_setting(settings, monkeypatch):
    import sys
    from types import ModuleType

    from tom_common import task_backend

    fake = ModuleType("django.tasks")
    monkeypatch.setitem(sys.modules, "django.tasks", fake)
    monkeypatch.setattr(task_backend.importlib.util, "find_spec", lambda name: object())
    for path, ours in (
        ("django.tasks.backends.immediate.ImmediateBackend", False),
        ("django_tasks_db.DatabaseBackend", False),
        ("django_tasks.backends.immediate.ImmediateBackend", True),
    ):
        settings.TASKS = {"default": {"BACKEND": path}}
        assert (task_backend.tasks_module() is not fake) == ours, path


@override_settings(TASKS={"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}})
def test_on_a_backend_that_does_nothing_work_waits():
    run = tasks.enqueue(jobs.add, 1)
    assert (run.state, jobs.calls) == ("waiting", [])


def test_times_of_day(monkeypatch):
    from datetime import UTC, datetime

    from tom_common.schedule import make_schedule

    daily = make_schedule(None, "03:15, 15:15", "")
    assert str(daily) == "daily at 03:15, 15:15 UTC"
    assert daily.following(datetime(2026, 3, 1, 3, 15, tzinfo=UTC)) == datetime(2026, 3, 1, 15, 15, tzinfo=UTC)
    assert daily.following(datetime(2026, 2, 28, 23, 0, tzinfo=UTC)) == datetime(2026, 3, 1, 3, 15, tzinfo=UTC)
    weekly = make_schedule(None, "00:00", "mon")
    assert weekly.following(datetime(2026, 3, 2, tzinfo=UTC)) == datetime(2026, 3, 9, tzinfo=UTC)  # 2 March 2026 is a Monday
    often = make_schedule(timedelta(minutes=5), "", "")
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert often.following(now, now - timedelta(minutes=1)) == now + timedelta(minutes=4)
    assert often.following(now, now - timedelta(days=3)) == now + timedelta(minutes=5)  # missed ones are not made up for
    for every, at, days in ((None, "25:00", ""), (None, "", ""), (None, "03:15", "someday"), (timedelta(minutes=1), "", "mon")):
        with pytest.raises(InvalidInputError):
            make_schedule(every, at, days)


def test_a_job_at_a_time_of_day_first_runs_then(monkeypatch):
    monkeypatch.setattr(tasks, "_periodic", {})
    tasks.periodic("nightly", at="03:15", enabled=False)(jobs.steps)
    monkeypatch.setattr("tom_common.scheduler.periodic_jobs", lambda: dict(tasks._periodic))
    scheduler = Scheduler()
    scheduler.sync_jobs()
    job = PeriodicJob.objects.get()
    assert (job.at, job.enabled) == ("03:15", False)
    assert timezone.now() < job.next_run_at <= timezone.now() + timedelta(days=1)
    PeriodicJob.objects.update(enabled=True, next_run_at=timezone.now() - timedelta(days=5))
    assert scheduler.tick() == 1
    job.refresh_from_db()
    assert job.last_run.state == "succeeded"
    assert (job.next_run_at.hour, job.next_run_at.minute) == (3, 15)
    assert scheduler.tick() == 0


@pytest.mark.usefixtures("database_backend")
def test_finished_runs_are_forgotten_with_what_the_backend_kept(settings):
    from django_tasks.backends.database.models import DBTaskResult

    from tom_common.housekeeping import prune

    old = timezone.now() - timedelta(days=31)
    run = tasks.enqueue(jobs.add, 1)
    waiting = tasks.enqueue(jobs.add, 2)
    PeriodicJob.objects.create(name="adding", task=jobs.add.path, every_s=60, last_run=run)
    TaskRun.objects.filter(pk=run.pk).update(state="succeeded", finished_at=old)
    DBTaskResult.objects.filter(pk=run.backend_id).update(status="SUCCEEDED", finished_at=old)
    assert prune()["task_runs"] == 1
    assert TaskRun.objects.get() == waiting
    assert DBTaskResult.objects.count() == 1
    assert PeriodicJob.objects.get().last_run is None
