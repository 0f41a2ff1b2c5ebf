"""`downloaddata` and `updatereduceddata`, and the page that runs the latter."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from tom_common.models import TaskRun
from tom_common.tasks import execute
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_observations.facility import BaseRoboticObservationFacility
from tom_observations.models import ObservationRecord
from tom_observations.ports import data_sink
from tom_observations.tests.utils import _Answers
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.django_db, pytest.mark.database]
T0 = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
STATES = {"done": "COMPLETED", "failed": "FAILED", "waiting": "PENDING", "now-done": "PENDING"}


class Telescope(_Answers, BaseRoboticObservationFacility):
    """One file for each observation; of one it says at the next look that it is done; one makes it stumble."""

    name = "Telescope"
    asked: list[str] = []

    def get_facility_status(self):
        return {}

    def get_observation_status(self, observation_id):
        self.asked.append(observation_id)
        if observation_id == "broken":
            raise ConnectionError("the dome is closed")
        return {"state": "COMPLETED" if observation_id == "now-done" else "PENDING", "scheduled_start": None, "scheduled_end": None}

    def save_data_products(self, observation_record, product_id=None):
        name = observation_record.observation_id
        return [data_sink.store(observation_record, product_id=name, filename=f"{name}.fits", content=b"x")]

    def data_products(self, observation_id, product_id=None):
        return []


class Broken(Telescope):
    name = "Broken"

    def __init__(self):
        raise RuntimeError("no settings")


class Source:
    """A broker that has a new point of each target."""

    name = "Source"
    fails = False

    def process_reduced_data(self, target, alert=None):
        if self.fails:
            raise ConnectionError("no answer, token=hush-hush-hush")
        when = T0 + dt.timedelta(days=ReducedDatum.objects.filter(target=target).count())
        ReducedDatum.objects.create(target=target, data_type="photometry", timestamp=when, value={"magnitude": 17.0}, source_name=self.name)


class Silent(Source):
    name = "Silent"


@pytest.fixture
def targets():
    return [BaseTarget.objects.create(name=f"SN {i}", type="SIDEREAL", ra=i, dec=2) for i in range(3)]


@pytest.fixture
def sources(settings, targets, monkeypatch):
    monkeypatch.setattr(Source, "fails", False)
    settings.TOM_ALERT_CLASSES = [f"{__name__}.Source", f"{__name__}.Silent"]
    for target in targets[:2]:
        ReducedDatum.objects.create(target=target, data_type="photometry", timestamp=T0, value={"magnitude": 18.0}, source_name="Source")


def test_the_files_of_finished_observations_are_fetched_once(settings, targets):
    settings.TOM_FACILITY_CLASSES = [f"{__name__}.Telescope", f"{__name__}.Broken", "tom_observations.tests.utils.FakeManualFacility"]
    rows = [("Broken", "b", "PENDING"), ("FakeManualFacility", "m", "PENDING"), ("Nowhere", "n", "PENDING"), ("Telescope", "broken", "PENDING")]
    rows += [("Telescope", key, state) for key, state in STATES.items()]
    for facility, key, state in rows:
        ObservationRecord.objects.create(target=targets[0], facility=facility, parameters={}, observation_id=key, status=state)
    Telescope.asked = []
    for _ in range(2):
        err = io.StringIO()
        assert call_command("downloaddata", stdout=io.StringIO(), stderr=err) == "completed command"
        assert sorted(DataProduct.objects.values_list("product_id", flat=True)) == ["done", "now-done"]
        told = err.getvalue()
        assert "Telescope broken: the dome is closed" in told
        assert "Broken b: " in told
        assert "Nowhere n: " in told
        assert "3 observations failed." in told
    assert Telescope.asked == ["broken", "waiting", "now-done", "broken", "waiting"]
    assert ObservationRecord.objects.get(observation_id="now-done").status == "COMPLETED"


def test_sources_are_asked_of_targets_of_which_they_sent_data(sources, targets):
    assert call_command("updatereduceddata", stdout=io.StringIO()) == "Update completed successfully"
    assert [ReducedDatum.objects.filter(target=target, source_name="Source").count() for target in targets] == [2, 2, 0]
    assert not ReducedDatum.objects.filter(source_name="Silent").exists()
    assert call_command("updatereduceddata", "--target_id", str(targets[1].pk), stdout=io.StringIO()) == "Update completed successfully"
    assert [ReducedDatum.objects.filter(target=target).count() for target in targets] == [2, 3, 0]
    with pytest.raises(CommandError, match="There is no target 123456"):
        call_command("updatereduceddata", "--target_id", "123456")


def test_a_source_that_fails_is_told_and_stops_nothing(sources, targets, monkeypatch):
    monkeypatch.setattr(Source, "fails", True)
    told = call_command("updatereduceddata", stdout=io.StringIO())
    assert told.startswith("Update completed with errors: {'Source': 'no answer")
    assert "hush" not in told
    ReducedDatum.objects.create(target=targets[2], data_type="photometry", timestamp=T0, value={"magnitude": 1.0}, source_name="Silent")
    monkeypatch.setattr(Silent, "fails", False, raising=False)
    call_command("updatereduceddata", stdout=io.StringIO())
    assert ReducedDatum.objects.filter(target=targets[2]).count() == 2


def test_data_services_are_asked_too(settings, targets, monkeypatch):
    from tom_dataservices import dataservices

    class Service:
        name = "Service"

        def query_reduced_data(self, target, **kwargs):
            return {"photometry": [17.0]} if target == targets[0] else {}

        def to_reduced_datums(self, target, found, **kwargs):
            assert found == {"photometry": [17.0]}
            ReducedDatum.objects.create(target=target, data_type="photometry", timestamp=T0, value={"magnitude": 17.0}, source_name=self.name)

    monkeypatch.setattr(dataservices, "get_data_service_classes", lambda: {"Service": Service, "Nothing": type("Nothing", (), {"name": "Nothing"})})
    for target in targets[:2]:
        ReducedDatum.objects.create(target=target, data_type="photometry", timestamp=T0, value={"magnitude": 18.0}, source_name="Service")
    assert call_command("updatereduceddata", stdout=io.StringIO()) == "Update completed successfully"
    assert [ReducedDatum.objects.filter(target=target).count() for target in targets] == [2, 1, 0]


def test_the_page_asks_now_or_by_the_worker(sources, targets, client_of, boss, settings, monkeypatch):
    url = reverse("dataproducts:update-reduced-data")
    page = client_of(boss).post(url, {"target_id": targets[0].pk}, follow=True).content.decode()
    assert "Update completed successfully" in page
    assert ReducedDatum.objects.filter(target=targets[0]).count() == 2
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.database.DatabaseBackend"}}
    page = client_of(boss).post(url, follow=True).content.decode()
    assert "The sources are being asked." in page
    assert ReducedDatum.objects.filter(target=targets[1]).count() == 1
    run = TaskRun.objects.get(state=TaskRun.State.WAITING)
    assert (run.title, run.actor) == ("Ask the sources for new data of every target", boss)
    execute(run.pk)  # as the worker does
    run.refresh_from_db()
    assert (run.state, run.result) == (run.State.SUCCEEDED, "Update completed successfully")
    assert ReducedDatum.objects.filter(target=targets[1]).count() == 2
