"""The pages of tasks, history and the outbox: who sees what, and what the buttons do."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from tests.tom_common import tasks_for_tests as jobs
from tom_common import tasks
from tom_common.models import HistoryEvent, OutboxItem, PeriodicJob, TaskRun
from tom_common.scheduler import Scheduler, sync_jobs
from tom_common.services import outbox

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def text(answer):
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def later(actor, **more):
    return tasks.enqueue(jobs.add, 1, actor=actor, run_after=timezone.now() + timedelta(hours=1), **more)


def test_a_user_sees_their_own_tasks_and_a_superuser_all(client_of, member, stranger, boss):
    mine = later(member, title="Import of supernovae")
    assert client_of(None).get(reverse("task-list")).status_code == 302
    assert "Import of supernovae" in text(client_of(member).get(reverse("task-list")))
    assert "Import of supernovae" not in text(client_of(stranger).get(reverse("task-list")))
    everybodys = text(client_of(boss).get(reverse("task-list")))
    assert "Import of supernovae" in everybodys
    assert "member" in everybodys
    for name in ("task-detail", "task-progress"):
        assert client_of(stranger).get(reverse(name, args=[mine.pk])).status_code == 404
        assert client_of(None).get(reverse(name, args=[mine.pk])).status_code == 302
        assert "Import of supernovae" in text(client_of(member).get(reverse(name, args=[mine.pk])))
    for name in ("task-cancel", "task-retry"):
        assert client_of(stranger).post(reverse(name, args=[mine.pk])).status_code == 404
        assert client_of(member).get(reverse(name, args=[mine.pk])).status_code == 405
    mine.refresh_from_db()
    assert mine.state == "waiting"


def test_the_list_can_be_narrowed(client_of, boss, member):
    later(boss, title="One thing")
    tasks.enqueue(jobs.fails, "type", actor=member, title="Another thing")
    client, url = client_of(boss), reverse("task-list")
    assert "One thing" not in text(client.get(url, {"state": "failed"}))
    assert "Another thing" in text(client.get(url, {"state": "failed"}))
    assert "Another thing" not in text(client.get(url, {"name": "one"}))
    assert "One thing" not in text(client.get(url, {"user": "memb"}))
    assert "Another thing" in text(client.get(url, {"state": "nonsense\x00", "before": "x"}))


def test_what_failed_says_why_and_administrators_see_the_traceback(client_of, member, boss, settings):
    settings.BROKERS = {"TNS": {"api_key": "fake-key-of-tns-1234"}}
    run = tasks.enqueue(jobs.tells_a_secret, actor=member)
    assert run.state == "failed"
    for person in (member, boss):
        page = text(client_of(person).get(reverse("task-detail", args=[run.pk])))
        assert "The service said no to" in page
        assert "fake-key-of-tns-1234" not in page
    assert "Traceback" in text(client_of(boss).get(reverse("task-detail", args=[run.pk])))
    assert "Traceback" not in text(client_of(member).get(reverse("task-detail", args=[run.pk])))


def test_the_progress_part_asks_until_the_end_and_then_leads_to_the_result(client_of, member):
    run = later(member, link="/targets/")
    url = reverse("task-progress", args=[run.pk])
    client = client_of(member)
    assert 'hx-trigger="every 2s"' in text(client.get(url))
    assert tasks.execute(run.pk) == "succeeded"
    answer = client.get(url, {"go": "1"})
    assert answer["HX-Redirect"] == "/targets/"
    assert "hx-trigger" not in text(answer)
    assert "HX-Redirect" not in client.get(url)
    assert 'href="/targets/"' in text(client.get(url))


def test_the_list_keeps_itself_up_to_date_only_while_something_runs(client_of, member):
    run = later(member)
    assert 'hx-trigger="every 3s"' in text(client_of(member).get(reverse("task-list")))
    tasks.cancel(run)
    assert 'hx-trigger="every 3s"' not in text(client_of(member).get(reverse("task-list")))


def test_cancel_and_run_again(client_of, member):
    run = later(member)
    client = client_of(member)
    assert client.post(reverse("task-cancel", args=[run.pk]), {"next": "/tasks/?state=waiting"})["Location"] == "/tasks/?state=waiting"
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert client.post(reverse("task-cancel", args=[run.pk]), {"next": "https://elsewhere.example/"})["Location"] == reverse(
        "task-detail", args=[run.pk]
    )
    again = client.post(reverse("task-retry", args=[run.pk]))
    new = TaskRun.objects.exclude(pk=run.pk).get()
    assert again["Location"] == reverse("task-detail", args=[new.pk])
    assert (new.state, new.actor, new.args) == ("succeeded", member, [1])


def test_periodic_jobs_are_switched_and_run_by_superusers(client_of, member, boss):
    sync_jobs()
    job = PeriodicJob.objects.get(name="prune")
    client = client_of(boss)
    assert "every day" in text(client.get(reverse("periodic-list")))
    assert client_of(member).get(reverse("periodic-list")).status_code in (403, 404)
    for name in ("periodic-switch", "periodic-run"):
        assert client_of(member).post(reverse(name, args=[job.pk])).status_code in (403, 404)
        assert client.post(reverse(name, args=[10**9])).status_code == 404
    client.post(reverse("periodic-switch", args=[job.pk]), {"enabled": "0"})
    job.refresh_from_db()
    assert not job.enabled
    PeriodicJob.objects.exclude(pk=job.pk).update(enabled=False)
    assert Scheduler().tick() == 0
    client.post(reverse("periodic-run", args=[job.pk]))
    job.refresh_from_db()
    assert (job.last_run.state, job.last_run.actor) == ("succeeded", boss)
    client.post(reverse("periodic-switch", args=[job.pk]), {"enabled": "1"})
    job.refresh_from_db()
    assert job.enabled
    assert job.next_run_at > timezone.now()  # not at once for what it missed
    assert set(HistoryEvent.objects.filter(object_type="tom_common.periodicjob").values_list("verb", flat=True)) == {"changed", "run now"}


@override_settings(TASKS={"default": {"BACKEND": "django_tasks.backends.database.DatabaseBackend"}})
def test_the_page_says_when_nobody_works(client_of, boss):
    from tom_common.models.tasks import WorkerBeat

    client, url = client_of(boss), reverse("task-list")
    assert "No worker" in text(client.get(url))
    assert "No scheduler" in text(client.get(url))
    WorkerBeat.objects.create(name="w", kind="worker")
    assert Scheduler().lead()
    page = text(client.get(url))
    assert "Workers alive" in page
    assert "Scheduler alive" in page
    WorkerBeat.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    assert "No worker" in text(client.get(url))


def test_on_the_immediate_backend_the_page_says_that_requests_wait(client_of, member):
    assert "which waits until it ends" in text(client_of(member).get(reverse("task-list")))


def test_tasks_over_rest(client_of, member, stranger):
    run = later(member)
    client = client_of(member)
    assert client_of(None).get("/api/tasks/").status_code == 401
    assert [row["id"] for row in client.get("/api/tasks/").json()["results"]] == [run.pk]
    assert client_of(stranger).get("/api/tasks/").json()["results"] == []
    assert client_of(stranger).get(f"/api/tasks/{run.pk}/").status_code == 404
    assert client_of(stranger).post(f"/api/tasks/{run.pk}/cancel/").status_code == 404
    assert client.post(f"/api/tasks/{run.pk}/cancel/").json()["state"] == "cancelled"
    assert client.post(f"/api/tasks/{run.pk}/cancel/").status_code == 409
    assert client.delete(f"/api/tasks/{run.pk}/").status_code == 405
    assert not {"args", "kwargs", "error", "worker"} & client.get(f"/api/tasks/{run.pk}/").json().keys()


# --- the outbox ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def item(member):
    return outbox.put_in_outbox(
        destination="LCO", kind="test-kind", payload={"api_key": "not-to-be-seen", "target": 5}, idempotency_key="k", actor=member
    )


@pytest.fixture
def _sent_by_itself(monkeypatch):
    monkeypatch.setattr(outbox, "_sent_by_itself", {"test-kind"})


def test_the_outbox_is_for_who_caused_it(client_of, item, member, stranger, boss):
    detail = reverse("outbox-detail", args=[item.pk])
    assert client_of(None).get(reverse("outbox-list")).status_code == 302
    assert "test-kind" in text(client_of(member).get(reverse("outbox-list")))
    assert "test-kind" not in text(client_of(stranger).get(reverse("outbox-list")))
    assert "test-kind" in text(client_of(boss).get(reverse("outbox-list"), {"state": "to_send", "destination": "lco"}))
    assert client_of(stranger).get(detail).status_code == 404
    assert client_of(stranger).post(reverse("outbox-settle", args=[item.pk]), {"state": "refused"}).status_code == 404
    for person in (member, boss):
        page = text(client_of(person).get(detail))
        assert "not-to-be-seen" not in page
        assert "target" in page


@pytest.mark.usefixtures("_sent_by_itself")
def test_people_decide_about_what_is_unknown_but_not_while_it_is_sent(client_of, item, member):
    client, url = client_of(member), reverse("outbox-settle", args=[item.pk])
    taken = outbox.claim(kind="test-kind")[0]
    client.post(url, {"state": "to_send"})
    item.refresh_from_db()
    assert item.state == "unknown"  # its sender is at it
    outbox.leave_unknown(taken, error="cut off; token=abcdefgh")
    assert "abcdefgh" not in text(client.get(reverse("outbox-detail", args=[item.pk])))
    client.post(url, {"state": "nonsense"})
    client.post(url, {"state": "to_send"})
    item.refresh_from_db()
    assert item.state == "to_send"
    assert outbox.claim(kind="test-kind")[0].pk == item.pk
    OutboxItem.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    client.post(url, {"state": "sent", "remote_id": " 4711 "})
    item.refresh_from_db()
    assert (item.state, item.remote_id) == ("sent", "4711")
    client.post(url, {"state": "to_send"})
    item.refresh_from_db()
    assert item.state == "sent"
    told = HistoryEvent.objects.filter(verb="settled").order_by("pk").values_list("before__state", "after__state")
    assert list(told) == [("unknown", "to_send"), ("unknown", "sent")]


def test_what_nobody_sends_by_itself_is_not_offered_again(item, member):
    OutboxItem.objects.update(state="refused")
    item.refresh_from_db()
    assert outbox.settlements(member, item) == []
