from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from tom_common.errors import ConflictError, InvalidInputError
from tom_common.http import ServiceUnavailableError
from tom_common.models import HistoryEvent, OutboxItem
from tom_observations.models import DynamicCadence, ObservationGroup, ObservationRecord
from tom_observations.services import add_existing, cancel_observation, set_status, submit_observation
from tom_observations.services.groups import add_to_group, create_group, remove_from_group
from tom_observations.services.status import as_utc
from tom_observations.tests.utils import FakeRoboticFacility

pytestmark = [pytest.mark.django_db, pytest.mark.database]


class Facility(FakeRoboticFacility):
    def __init__(self, answer=("1",)):
        super().__init__()
        self.answer, self.asked = answer, 0

    def submit_observation(self, payload):
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def submit(facility, target, people, **kwargs):
    kwargs = {"actor": people["owner"], "payload": {}, "parameters": {"start": datetime(2026, 1, 1, tzinfo=UTC)}, **kwargs}
    return submit_observation(facility=facility, target=target, **kwargs)


def test_a_request_becomes_a_record(target, people, fakes):
    found = submit(Facility([17]), target, people)
    (record,) = found.records
    assert (record.observation_id, record.status, record.user, record.facility) == ("17", "", people["owner"], "FakeRoboticFacility")
    assert record.parameters == {"start": "2026-01-01T00:00:00Z"}
    assert found.group is None
    item = OutboxItem.objects.get()
    assert (item.state, item.destination, item.remote_id) == ("sent", "FakeRoboticFacility", "17")
    assert HistoryEvent.objects.filter(verb="submit", object_id=str(record.pk), actor=people["owner"]).exists()


def test_several_ids_become_a_group_of_the_requester(target, people, fakes):
    found = submit(Facility(["1", "2"]), target, people, name="n" * 60)
    assert found.group.name == "n" * 50
    assert set(found.group.observation_records.all()) == set(found.records)
    assert people["owner"].has_perm("tom_observations.delete_observationgroup", found.group)
    assert not people["member"].has_perm("tom_observations.view_observationgroup", found.group)


def test_a_cadence_goes_with_its_group(target, people, fakes):
    found = submit(Facility(), target, people, cadence_strategy="RetryFailedObservationsStrategy", cadence_parameters={"cadence_frequency": 24})
    assert found.cadence.active
    assert found.cadence.observation_group == found.group
    assert found.cadence.cadence_parameters == {"cadence_frequency": 24}


def test_holders_get_all_rights(target, people, fakes, settings):
    settings.TARGET_PERMISSIONS_ONLY = False
    (record,) = submit(Facility(), target, people, holders=[people["group"]]).records
    for action in ("view", "change", "delete"):
        assert people["member"].has_perm(f"tom_observations.{action}_observationrecord", record)


def test_the_same_request_is_submitted_once(target, people, fakes):
    facility = Facility(["1", "2"])
    first = submit(facility, target, people, submission_key="k")
    second = submit(facility, target, people, submission_key="k")
    assert facility.asked == 1
    assert second.repeated
    assert [record.pk for record in second.records] == [record.pk for record in first.records]
    assert ObservationGroup.objects.count() == 1
    submit(facility, target, people, submission_key="k", parameters={"other": 1})
    submit(facility, target, people)
    assert facility.asked == 3


def test_what_was_refused_may_be_asked_again(target, people, fakes):
    facility = Facility(ValidationError("no time"))
    for _ in range(2):
        with pytest.raises(ValidationError):
            submit(facility, target, people, submission_key="k")
    facility.answer = ["9"]
    assert [record.observation_id for record in submit(facility, target, people, submission_key="k").records] == ["9"]
    assert sorted(OutboxItem.objects.values_list("state", flat=True)) == ["refused", "refused", "sent"]


def test_what_may_have_arrived_is_not_sent_again(target, people, fakes):
    facility = Facility(ServiceUnavailableError("no answer within 30 s"))
    with pytest.raises(ServiceUnavailableError):
        submit(facility, target, people, submission_key="k")
    assert OutboxItem.objects.get().state == "unknown"
    facility.answer = ["9"]
    with pytest.raises(ConflictError, match="not known whether it arrived"):
        submit(facility, target, people, submission_key="k")
    assert facility.asked == 1
    assert not ObservationRecord.objects.exists()


def test_what_certainly_did_not_arrive_may_be_sent_again(target, people, fakes):
    facility = Facility(ServiceUnavailableError("no connection", certain_not_sent=True))
    with pytest.raises(ServiceUnavailableError):
        submit(facility, target, people, submission_key="k")
    facility.answer = ["9"]
    assert submit(facility, target, people, submission_key="k").records


def test_nothing_is_half_written(target, people, fakes):
    with pytest.raises(TypeError):
        submit(Facility(["1", "2"]), target, people, cadence_strategy="x", cadence_parameters={"bad": object()})
    assert not ObservationRecord.objects.exists()
    assert not DynamicCadence.objects.exists()
    assert not ObservationGroup.objects.exists()
    assert OutboxItem.objects.get().state == "unknown"


def test_status_and_schedule_are_written_with_history(record, people):
    set_status(actor=people["owner"], record=record, status="COMPLETED", scheduled_start="2026-01-01T00:00:00", scheduled_end=None)
    record.refresh_from_db()
    assert record.status == "COMPLETED"
    assert record.scheduled_start == datetime(2026, 1, 1, tzinfo=UTC)
    event = HistoryEvent.objects.get(verb="status")
    assert event.before["status"] == "PENDING"
    assert event.after["status"] == "COMPLETED"
    set_status(record=record, status="COMPLETED")
    assert HistoryEvent.objects.filter(verb="status").count() == 1
    with pytest.raises(InvalidInputError):
        set_status(record=record, status="x" * 201)


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01T00:00:00", 5])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(InvalidInputError):
        as_utc(text)


def test_an_existing_observation_is_added_once_unless_confirmed(target, people, fakes):
    record = add_existing(actor=people["member"], target=target, facility="FakeRoboticFacility", observation_id=" 5 ")
    assert (record.observation_id, record.parameters, record.user, record.status) == ("5", {}, None, "")
    with pytest.raises(ConflictError):
        add_existing(actor=people["member"], target=target, facility="FakeRoboticFacility", observation_id="5")
    add_existing(actor=people["member"], target=target, facility="FakeRoboticFacility", observation_id="5", confirmed=True)
    assert ObservationRecord.objects.count() == 2
    with pytest.raises(InvalidInputError):
        add_existing(actor=people["member"], target=target, facility="nowhere", observation_id="5")


def test_cancel(record, people, monkeypatch):
    monkeypatch.setattr(FakeRoboticFacility, "get_observation_status", lambda self, i: {"state": "FAILED"})
    assert cancel_observation(actor=people["owner"], record=record).status == "FAILED"
    monkeypatch.setattr(FakeRoboticFacility, "cancel_observation", lambda self, i: False)
    with pytest.raises(ConflictError):
        cancel_observation(actor=people["owner"], record=record)


def test_records_go_in_and_out_of_groups(record, people):
    group = create_group(actor=people["owner"], name="g")
    assert add_to_group(actor=people["owner"], group=group, records=[record]) == 1
    assert add_to_group(actor=people["owner"], group=group, records=[record]) == 0
    assert remove_from_group(actor=people["owner"], group=group, records=[record]) == 1
    assert not group.observation_records.exists()


@pytest.mark.django_db
def test_history_tells_what_changed_in_a_template():
    from tom_common.services.history import history_of
    from tom_observations.services.templates import delete_template, save_template

    template = save_template(name="Deep", facility="LCO", parameters={"exposure_time": 30, "filter": "r"})
    save_template(name="Deep", facility="LCO", parameters={"exposure_time": 60, "filter": "r"}, template_id=template.pk)
    save_template(name="Deep", facility="LCO", parameters={"exposure_time": 60, "filter": "r"}, template_id=template.pk)
    newest, first = history_of(template)
    assert first.after["parameters: filter"] == "r"
    assert (newest.before, newest.after) == ({"parameters: exposure_time": 30}, {"parameters: exposure_time": 60})
    key = template.pk
    template.refresh_from_db()
    events = history_of(template)
    delete_template(actor=None, template=template)
    assert events.count() == 3, f"the deletion of template {key} is kept too"
