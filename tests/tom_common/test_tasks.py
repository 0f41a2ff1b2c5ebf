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
    run = tasks.enqueue(jobs.fails)
    assert (run.state, run.attempts) == ("waiting", 1)
    assert "broken value" in run.error
    assert 8 < (run.run_after - timezone.now()).total_seconds() < 11.1
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
    run = tasks.enqueue(jobs.later)
    assert 115 < (run.run_after - timezone.now()).total_seconds() <= 120


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
