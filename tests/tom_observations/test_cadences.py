from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from tom_observations.cadence import BaseCadenceForm, CadenceForm, CadenceStrategy, get_cadence_strategies, get_cadence_strategy
from tom_observations.cadences.resume_cadence_after_failure import ResumeCadenceAfterFailureStrategy
from tom_observations.cadences.retry_failed_observations import RetryFailedObservationsStrategy
from tom_observations.models import DynamicCadence, ObservationGroup, ObservationRecord
from tom_observations.tests.factories import ObservingRecordFactory
from tom_observations.tests.utils import FakeRoboticFacility

pytestmark = [pytest.mark.django_db, pytest.mark.database]
START, END = "2026-01-01T00:00:00+00:00", "2026-01-02T12:00:00+00:00"


@pytest.fixture
def asked(monkeypatch):
    found = []

    def submit(self, payload):
        found.append(payload["params"])
        return [f"new{len(found)}"]

    monkeypatch.setattr(FakeRoboticFacility, "submit_observation", submit)
    monkeypatch.setattr(FakeRoboticFacility, "get_observation_status", lambda self, observation_id: {"state": STATES.get(observation_id, "PENDING")})
    from django import forms

    from tom_observations.tests.utils import FakeFacilityForm

    class Windowed(FakeFacilityForm):
        start, end = forms.CharField(), forms.CharField()

    monkeypatch.setattr(FakeRoboticFacility, "get_form", lambda self, observation_type: Windowed)
    STATES.clear()
    return found


STATES: dict = {}


def cadence_of(target, strategy, status, hours=24, **parameters):
    record = ObservingRecordFactory.create(
        target_id=target.pk, facility="FakeRoboticFacility", status=status, observation_id="first",
        parameters={"facility": "FakeRoboticFacility", "target_id": target.pk, "test_input": "x", "start": START, "end": END, **parameters},
    )  # fmt: skip
    STATES["first"] = status
    group = ObservationGroup.objects.create(name="a cadence")
    group.observation_records.add(record)
    values = {} if hours is None else {"cadence_frequency": hours}
    return DynamicCadence.objects.create(observation_group=group, cadence_strategy=strategy, cadence_parameters=values, active=True)


def test_a_failed_one_is_asked_for_again_once(target, fakes, asked):
    cadence = cadence_of(target, "RetryFailedObservationsStrategy", "FAILED")
    (new,) = RetryFailedObservationsStrategy(cadence).run()
    assert (asked[0]["start"], asked[0]["end"]) == ("2026-01-02T00:00:00+00:00", "2026-01-03T12:00:00+00:00")
    assert new in cadence.observation_group.observation_records.all()
    cadence.refresh_from_db()
    assert not RetryFailedObservationsStrategy(cadence).run()
    assert len(asked) == 1


def test_nothing_is_asked_for_again_that_did_not_fail(target, fakes, asked):
    assert not RetryFailedObservationsStrategy(cadence_of(target, "RetryFailedObservationsStrategy", "COMPLETED")).run()
    assert not asked


def test_an_invalid_request_is_not_submitted(target, fakes, asked):
    cadence = cadence_of(target, "RetryFailedObservationsStrategy", "FAILED", test_input="")
    with pytest.raises(Exception, match="test_input"):
        RetryFailedObservationsStrategy(cadence).run()
    assert not asked


def test_a_rhythm_goes_on_and_restarts(target, fakes, asked):
    now = datetime.now(UTC)
    cadence = cadence_of(target, "ResumeCadenceAfterFailureStrategy", "PENDING")
    strategy = ResumeCadenceAfterFailureStrategy(cadence)
    assert not strategy.run()
    STATES["first"] = "FAILED"
    (new,) = strategy.run()
    start, end = (datetime.fromisoformat(asked[0][name]) for name in ("start", "end"))
    assert abs(start - now) < timedelta(minutes=1)
    assert end - start == timedelta(hours=36)
    assert new.facility == "FakeRoboticFacility"
    STATES["new1"] = "COMPLETED"
    strategy.run()
    again = datetime.fromisoformat(asked[1]["start"])
    assert again == start + timedelta(hours=24)
    assert cadence.observation_group.observation_records.count() == 3


def test_a_window_is_never_in_the_past(target, fakes, asked):
    ResumeCadenceAfterFailureStrategy(cadence_of(target, "ResumeCadenceAfterFailureStrategy", "COMPLETED")).run()
    assert abs(datetime.fromisoformat(asked[0]["start"]) - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("strategy", [RetryFailedObservationsStrategy, ResumeCadenceAfterFailureStrategy])
def test_the_frequency_is_needed_and_naive_times_are_utc(target, fakes, strategy):
    with pytest.raises(ValueError, match="cadence_frequency"):
        strategy(cadence_of(target, strategy.__name__, "COMPLETED", hours=None)).advance_window({"start": START, "end": END})
    later = datetime.now(UTC).replace(microsecond=0, tzinfo=None) + timedelta(days=30)
    payload = {"begin": later.isoformat(), "finish": (later + timedelta(hours=1)).isoformat()}
    moved = strategy(cadence_of(target, strategy.__name__, "COMPLETED", hours=6)).advance_window(payload, "begin", "finish")
    assert moved["begin"] == (later + timedelta(hours=6)).replace(tzinfo=UTC).isoformat()


def test_the_override_point_is_used(target, fakes, asked):
    class Mine(ResumeCadenceAfterFailureStrategy):
        def update_observation_payload(self, observation_payload):
            return {**observation_payload, "test_input": "changed"}

    Mine(cadence_of(target, "Mine", "COMPLETED")).run()
    assert asked[0]["test_input"] == "changed"


def test_the_command_runs_all_and_skips_failures(target, fakes, asked, capsys):
    assert call_command("runcadencestrategies") == "No new observations for any dynamic cadences."
    cadence_of(target, "RetryFailedObservationsStrategy", "FAILED")
    cadence_of(target, "Nonsense", "FAILED")
    stopped = cadence_of(target, "RetryFailedObservationsStrategy", "FAILED")
    stopped.active = False
    stopped.save()
    text = call_command("runcadencestrategies")
    assert text == "Created new observations for dynamic cadences with observation groups: a cadence."
    assert "Nonsense" in capsys.readouterr().err
    assert len(asked) == 1


def test_strategies_are_found_by_name(settings):
    assert list(get_cadence_strategies()) == ["RetryFailedObservationsStrategy", "ResumeCadenceAfterFailureStrategy"]
    assert get_cadence_strategy("RetryFailedObservationsStrategy") is RetryFailedObservationsStrategy
    with pytest.raises(ImportError):
        get_cadence_strategy("nobody")
    settings.TOM_CADENCE_STRATEGIES = ["no.such.Strategy"]
    with pytest.raises(ImportError, match="no.such.Strategy"):
        get_cadence_strategies()
    assert issubclass(BaseCadenceForm, CadenceForm)
    with pytest.raises(TypeError):
        CadenceStrategy(None)


def test_statuses_are_updated_by_command(record, settings, people):
    settings.TOM_FACILITY_CLASSES = [*settings.TOM_FACILITY_CLASSES, "tom_observations.facilities.manual.ExampleManualFacility"]
    assert call_command("updatestatus") == "Update completed successfully"
    assert ObservationRecord.objects.get(pk=record.pk).status == "COMPLETED"
    assert call_command("updatestatus", target_id=record.target_id, username="member") == "Update completed successfully"
    for wrong in ({"target_id": 999}, {"username": "nobody"}):
        with pytest.raises(CommandError):
            call_command("updatestatus", **wrong)


def test_a_failing_facility_is_named_by_the_command(record, monkeypatch):
    def fail(self, observation_id):
        raise RuntimeError("offline")

    monkeypatch.setattr(FakeRoboticFacility, "get_observation_status", fail)
    text = call_command("updatestatus")
    assert text.startswith("Update completed with errors: ")
    assert "offline" in text
