import pytest
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from tom_observations.models import DynamicCadence, ObservationGroup, ObservationRecord
from tom_observations.services.groups import create_group
from tom_observations.tests.factories import ObservingRecordFactory
from tom_observations.tests.utils import FakeRoboticFacility

pytestmark = [pytest.mark.django_db, pytest.mark.database]
URL = "/api/observations/"
WHO = ["anonymous", "stranger", "member", "owner", "superuser"]


@pytest.fixture
def api(people):
    def connect(who):
        client = APIClient()
        if people[who] is not None:
            client.force_authenticate(people[who])
        return client

    return connect


def body(target, **values):
    return {
        "facility": "FakeRoboticFacility", "observation_type": "OBSERVATION", "target_id": target.pk, "observing_parameters": {"test_input": "gnomes"}, **values,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("get", "", [200, 200, 200, 200, 200]),
        ("get", "{pk}/", [401, 404, 200, 200, 200]),
        ("post", "", [401, 404, 201, 201, 201]),
        ("patch", "{pk}/cancel/", [401, 404, 403, 200, 200]),
        ("put", "{pk}/", [401, 405, 405, 405, 405]),
        ("patch", "{pk}/", [401, 405, 405, 405, 405]),
        ("delete", "{pk}/", [401, 405, 405, 405, 405]),
        ("get", "999/", [401, 404, 404, 404, 404]),
        ("get", "abc/", [401, 404, 404, 404, 404]),
        ("patch", "999/cancel/", [401, 404, 404, 404, 404]),
    ],
)
@pytest.mark.parametrize(("who", "number"), [(who, number) for number, who in enumerate(WHO)])
@pytest.mark.parametrize("only_targets", [True])
def test_rights(api, record, settings, method, path, expected, who, number, only_targets):
    response = getattr(api(who), method)(URL + path.format(pk=record.pk), body(record.target) if method == "post" else None, format="json")
    assert response.status_code == expected[number], response.content


@pytest.mark.parametrize("only_targets", [True, False])
def test_nobody_reads_records_of_nobody(api, record, settings, only_targets):
    settings.TARGET_PERMISSIONS_ONLY = only_targets
    for who in ("anonymous", "stranger"):
        response = api(who).get(URL)
        assert response.status_code == 200
        assert response.json()["count"] == 0
    assert api("member").get(URL).json()["count"] == (1 if only_targets else 0)


def test_anonymous_visitors_submit_nothing(api, target, fakes, monkeypatch):
    monkeypatch.setattr(FakeRoboticFacility, "submit_observation", lambda *args: pytest.fail("submitted"))
    target.permissions = "PUBLIC"
    target.save()
    assert api("anonymous").post(URL, body(target), format="json").status_code == 401


def test_a_record(api, record, people):
    mine = create_group(actor=people["member"], name="mine", records=[record])
    DynamicCadence.objects.create(observation_group=mine, cadence_strategy="S", cadence_parameters={"a": 1}, active=True)
    create_group(actor=people["owner"], name="hidden", records=[record])
    found = api("member").get(f"{URL}{record.pk}/").json()
    assert set(found) == {
        "id", "observation_groups", "status", "facility", "parameters", "observation_id", "scheduled_start", "scheduled_end", "created", "modified", "target", "user",
    }  # fmt: skip
    assert found["target"] == record.target_id
    assert found["user"] is None
    assert found["observation_groups"] == [{"name": "mine", "dynamic_cadences": ["S with parameters {'a': 1}"]}]


def test_lists_cost_the_same_whatever_their_length(api, target, fakes, django_assert_max_num_queries, people):
    group = create_group(actor=people["member"], name="mine")
    for _ in range(12):
        group.observation_records.add(ObservingRecordFactory.create(target_id=target.pk))
    client = api("member")
    with django_assert_max_num_queries(12):
        assert len(client.get(URL).json()["results"]) == 12
    assert api("member").get(URL, {"limit": 5}).json()["next"]
    assert api("member").get(URL, {"facility": "FakeRoboticFacility"}).json()["count"] == 0
    assert api("member").get(URL, {"target_id": target.pk}).json()["count"] == 12
    assert api("member").get(URL, {"target_id": "x"}).status_code == 400


def test_submitting(api, target, fakes, people, monkeypatch):
    found = api("member").post(URL, body(target), format="json").json()
    assert [row["observation_id"] for row in found] == ["fakeid"]
    assert found[0]["user"] == people["member"].pk
    assert found[0]["parameters"]["test_input"] == "gnomes"
    monkeypatch.setattr(FakeRoboticFacility, "submit_observation", lambda self, payload: ["1", "2"])
    data = body(target, name="pair", cadence={"cadence_strategy": "ResumeCadenceAfterFailureStrategy", "cadence_frequency": 24})
    assert len(api("member").post(URL, data, format="json").json()) == 2
    group = ObservationGroup.objects.get(name="pair")
    assert group.dynamiccadence_set.get().cadence_parameters == {"cadence_frequency": 24}


def test_a_key_makes_a_request_unique(api, target, fakes):
    for _ in range(2):
        response = api("member").post(URL, body(target), format="json", headers={"Idempotency-Key": "k1"})
        assert response.status_code == 201
    assert ObservationRecord.objects.count() == 1


@pytest.mark.parametrize("key", ["facility", "observation_type", "target_id", "observing_parameters"])
def test_a_missing_key_is_named(api, target, fakes, key):
    data = body(target)
    del data[key]
    response = api("member").post(URL, data, format="json")
    assert response.status_code == 400
    assert f"Missing required field '{key}'." in response.content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"facility": "nowhere"}, "facility"), ({"observing_parameters": {}}, "test_input"), ({"observing_parameters": 5}, "observing_parameters"),
        ({"target_id": "x"}, "target_id"), ({"cadence": {"cadence_strategy": "nobody"}}, "cadence"), ({"cadence": {"cadence_frequency": 2}}, "cadence"),
        ({"cadence": {"cadence_strategy": "RetryFailedObservationsStrategy"}}, "cadence_frequency"), ({"groups": [{"id": 999}]}, "groups"),
        ({"groups": "x"}, "groups"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_field(api, target, fakes, change, field):
    response = api("member").post(URL, body(target, **change), format="json")
    assert response.status_code == 400
    assert field in response.json()
    assert not ObservationRecord.objects.exists()


def test_one_shares_with_ones_own_groups_only(api, target, fakes, people, settings):
    settings.TARGET_PERMISSIONS_ONLY = False
    assert api("owner").post(URL, body(target, groups=[{"id": people["group"].pk}]), format="json").status_code == 400
    response = api("member").post(URL, body(target, groups=[{"id": people["group"].pk}]), format="json")
    assert response.status_code == 201
    assert people["member"].has_perm("tom_observations.view_observationrecord", ObservationRecord.objects.get())


@pytest.mark.parametrize("how", ["refuses", "fails"])
def test_a_cancellation_that_is_not_taken_is_400(api, record, monkeypatch, how):
    def cancel(self, observation_id):
        if how == "fails":
            raise RuntimeError("offline")
        return False

    monkeypatch.setattr(FakeRoboticFacility, "cancel_observation", cancel)
    assert api("owner").patch(f"{URL}{record.pk}/cancel/").status_code == 400


def test_a_right_on_the_record_opens_it(api, record, people, settings):
    settings.TARGET_PERMISSIONS_ONLY = False
    assign_perm("tom_observations.view_observationrecord", people["stranger"], record)
    assert api("stranger").get(f"{URL}{record.pk}/").status_code == 200
