"""Forced photometry of ATLAS asked from a page: nobody waits for its queue, whatever does the background work."""

import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.urls import reverse
from django.utils import timezone

from tom_common import http
from tom_common.models import SchedulerLease, TaskRun
from tom_common.task_execution import hand_over_due
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.single_target_data_service import atlas
from tom_targets.models import BaseTarget

pytestmark = pytest.mark.django_db
FINISHED = {"finishtimestamp": "2026-01-01T00:00:00Z", "error_msg": None}


class _Atlas(BaseHTTPRequestHandler):
    def answer(self):
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.asked.append((self.command, self.path, form, self.headers.get("Authorization")))
        status, content = self.server.said(self.path)
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass


@pytest.fixture
def server(settings, shared_data):
    """ATLAS as its guide describes it; `state` is what it says of the one job, `taking` its answer to a query."""
    found = ThreadingHTTPServer(("127.0.0.1", 0), _Atlas)
    url = f"http://127.0.0.1:{found.server_port}/forcedphot"
    found.asked, found.state = [], {"starttimestamp": None, "finishtimestamp": None, "queuepos": 3}
    found.taking = (201, {"url": f"{url}/queue/7/", "id": 7})
    found.result = (shared_data / "atlas/AT2020wol_job01088.txt").read_bytes()
    found.url = url

    def said(path):
        if path.endswith("/queue/"):
            return found.taking
        return (200, found.result) if path.endswith(".txt") else (200, found.state)

    found.said = said
    settings.SINGLE_TARGET_DATA_SERVICES = {
        "ATLAS": {"class": "tom_dataproducts.single_target_data_service.atlas.AtlasForcedPhotometryService", "url": url, "api_key": "k"}
    }
    settings.DATA_PROCESSORS = {"atlas_photometry": "tom_dataproducts.processors.atlas_processor.AtlasProcessor"}
    settings.DATA_PRODUCT_TYPES = {"atlas_photometry": ("atlas_photometry", "ATLAS")}
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    http.forget_hosts()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()
    http.forget_hosts()


@pytest.fixture
def target():
    return BaseTarget.objects.create(name="AT2020wol", type="SIDEREAL", ra=10.0, dec=20.0)


@pytest.fixture
def ask(client_of, boss, target, monkeypatch):
    def run(target=target):
        url = reverse("dataproducts:single-target-data-service-query", args=["Atlas"])
        with monkeypatch.context() as patched:
            patched.setattr(atlas, "time", None)  # whoever waits, fails
            answer = client_of(boss).post(url, {"service": "Atlas", "target_id": target.pk, "min_date_mjd": "59000"}, follow=True)
        return answer.content.decode()

    return run


def scheduler_passes():
    """What the scheduler does at its next round, when the run is due."""
    TaskRun.objects.filter(state=TaskRun.State.WAITING).update(run_after=timezone.now())
    return hand_over_due()


def test_the_page_answers_at_once_and_the_result_comes_later(ask, server, target):
    assert "start `manage.py runscheduler`" in ask()
    assert [(command, path) for command, path, *_ in server.asked] == [("POST", "/forcedphot/queue/")]
    assert server.asked[0][3] == "Token k"
    assert "mjd_min=59000.0" in server.asked[0][2]
    run = TaskRun.objects.get(name="tom_dataproducts.tasks.atlas_result_task")
    assert run.state == run.State.WAITING
    assert run.run_after > timezone.now()

    assert scheduler_passes() == 1
    run.refresh_from_db()
    assert run.state == run.State.WAITING
    assert run.reason == "waiting at ATLAS, place 3"
    server.state = {"starttimestamp": "2026-01-01", "finishtimestamp": None}
    scheduler_passes()
    run.refresh_from_db()
    assert run.reason == "running at ATLAS"
    assert not DataProduct.objects.exists()

    server.state = {**FINISHED, "result_url": f"{server.url}/static/results/job7.txt"}
    scheduler_passes()
    run.refresh_from_db()
    assert (run.state, run.result, run.reason) == (run.State.SUCCEEDED, True, "")
    assert DataProduct.objects.get().processing_state == DataProduct.Processing.DONE
    assert ReducedDatum.objects.filter(target=target, source_name="ATLAS").count() == 147


def test_a_running_scheduler_needs_no_hint(ask, server):
    SchedulerLease.objects.update_or_create(
        name="scheduler", defaults={"holder": "me", "until": timezone.now() + dt.timedelta(minutes=5)}
    )
    page = ask()
    assert "runscheduler" not in page
    assert "appears among the data of the target" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"min_date": "2020-05-31T00:00", "min_date_mjd": "{offered}"}, "mjd_min=59000.0&"),  # what the form offers gives way
        ({"min_date": "2020-05-31T00:00"}, "mjd_min=59000.0&"),
        ({"min_date_mjd": "59000", "max_date": "2020-06-01T12:00"}, "mjd_max=59001.5"),
        ({"min_date": "2020-05-31T00:00", "min_date_mjd": "58000"}, None),
        ({"min_date_mjd": "59000", "max_date": "2020-06-01T12:00", "max_date_mjd": "59001"}, None),
        ({}, None),
    ],
)
def test_dates_are_given_once(server, target, boss, client_of, fields, said):
    client, url = client_of(boss), reverse("dataproducts:single-target-data-service-query", args=["Atlas"])
    offered = client.get(url, {"target_id": target.pk}).context["form"]["min_date_mjd"].value()
    sent = {name: text.format(offered=offered) for name, text in fields.items()}
    page = client.post(url, {"service": "Atlas", "target_id": target.pk, **sent}, follow=True).content.decode()
    assert ("and clear the other" in page) == (said is None)
    assert [said in f"{form}&" for *_, form, _ in server.asked] == ([True] if said else [])


def test_without_anything_that_reads_the_result_nothing_is_asked(ask, server, settings):
    settings.DATA_PROCESSORS = {}
    assert "nothing that would read the result (DATA_PROCESSORS, atlas_photometry)" in ask()
    assert not server.asked


def test_asking_twice_makes_one_product_for_each_target(ask, server, target):
    other = BaseTarget.objects.create(name="another", type="SIDEREAL", ra=11.0, dec=20.0)
    server.state = {**FINISHED, "result_url": f"{server.url}/static/results/job7.txt"}
    for asked in (target, target, other):
        ask(asked)
        scheduler_passes()
    assert sorted(DataProduct.objects.values_list("target", flat=True)) == [target.pk, other.pk]
    assert [ReducedDatum.objects.filter(target=each).count() for each in (target, other)] == [147, 147]


def test_throttled_it_asks_again_when_told_to(ask, server):
    taking, server.taking = server.taking, (429, {"detail": "Request was throttled. Expected available in 2 minutes."})
    ask()
    run = TaskRun.objects.get(name="tom_dataproducts.tasks.atlas_query_task")
    assert run.state == run.State.WAITING
    assert 100 < (run.run_after - timezone.now()).total_seconds() <= 120
    server.taking = taking
    scheduler_passes()
    run.refresh_from_db()
    assert run.state == run.State.SUCCEEDED


@pytest.mark.parametrize(
    ("status", "content", "told"),
    [
        (400, {"ra": ["This field is required."]}, "400"),
        (403, {"detail": "Invalid token."}, "403"),
        (201, {"id": 7}, "did not say where"),
        (201, {"url": "http://elsewhere.example/queue/7/"}, "another host"),
    ],
)
def test_a_refusal_stands_on_the_page(ask, server, status, content, told):
    server.taking = (status, content)
    page = ask()
    assert "Problem querying Atlas" in page
    assert told in page
    assert not TaskRun.objects.filter(name="tom_dataproducts.tasks.atlas_result_task").exists()


def test_no_data_and_a_target_that_is_gone(ask, server, target):
    ask()
    server.state = {**FINISHED, "result_url": None, "error_msg": "No data returned"}
    scheduler_passes()
    run = TaskRun.objects.get(name="tom_dataproducts.tasks.atlas_result_task")
    assert (run.state, run.result) == (run.State.SUCCEEDED, False)
    ask()
    BaseTarget.objects.filter(pk=target.pk).delete()
    scheduler_passes()
    run = TaskRun.objects.filter(name="tom_dataproducts.tasks.atlas_result_task").latest("pk")
    assert (run.state, run.reason) == (run.State.FAILED, "the target is not there any more")


def test_called_as_a_function_it_waits(server, target, monkeypatch):
    from tom_dataproducts.tasks import atlas_query

    waits = []

    def sleep(seconds):
        waits.append(seconds)
        server.state = {**FINISHED, "result_url": f"{server.url}/static/results/job7.txt"}

    monkeypatch.setattr(atlas.time, "sleep", sleep)
    assert atlas_query(59000.0, 59100.0, target.pk, "atlas_photometry") is True
    assert waits == [atlas.POLL_S]
    server.taking = (500, {})
    assert atlas_query(59000.0, 59100.0, target.pk, "atlas_photometry") is False
