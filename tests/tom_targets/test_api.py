"""REST: what comes in is kept, and few statements."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tom_targets.models import BaseTarget, TargetList
from tom_targets.services import create_list

pytestmark = [pytest.mark.django_db, pytest.mark.database]
JSON = "application/json"


@pytest.fixture
def logged_in(client, member):
    client.force_login(member)
    return client


def test_create_update_delete(logged_in, member, members):
    body = {
        "name": "SN 1", "type": "SIDEREAL", "ra": 0, "dec": "-20:30:00", "abs_mag": 1.5, "slope": 0.1, "permissions": "PUBLIC", "shared_by": "x",
        "targetextra_set": [{"key": "k", "value": "v"}], "aliases": [{"name": "a1"}, {"name": "a2"}], "groups": [{"name": "members"}],
        "target_lists": [{"name": "from outside"}],
    }  # fmt: skip
    made = logged_in.post("/api/targets/", body, content_type=JSON)
    assert made.status_code == 201, made.content
    data = made.json()
    assert data["message"] == "Target successfully uploaded."
    assert (data["ra"], data["dec"], data["abs_mag"], data["permissions"], data["shared_by"]) == (0.0, -20.5, 1.5, "PUBLIC", "x")
    assert [a["name"] for a in data["aliases"]] == ["a1", "a2"]
    assert data["groups"] == [{"id": members.pk, "name": "members"}]
    assert not {"healpix", "simplified_name"} & set(data)
    assert TargetList.objects.get().targets.get().pk == data["id"]
    url = f"/api/targets/{data['id']}/"
    first, second = data["aliases"]
    patch = {
        "abs_mag": 2.5, "slope": 0.2, "permissions": "OPEN", "shared_from": "y", "epoch": 2000,
        "aliases": [first, {**second, "name": "changed"}, {"name": "third"}],
        "targetextra_set": [{**data["targetextra_set"][0], "value": "w"}, {"key": "new", "value": "1"}],
    }  # fmt: skip
    answer = logged_in.patch(url, patch, content_type=JSON)
    assert answer.status_code == 200, answer.content
    data = answer.json()
    assert data["message"] == "Target successfully updated."
    assert (data["abs_mag"], data["slope"], data["permissions"], data["shared_from"], data["epoch"]) == (2.5, 0.2, "OPEN", "y", 2000.0)
    assert {a["name"] for a in data["aliases"]} == {"a1", "changed", "third"}
    assert {e["key"]: e["value"] for e in data["targetextra_set"]} == {"k": "w", "new": "1"}
    assert logged_in.head("/api/targets/").status_code == 200
    assert logged_in.delete(url).status_code == 204
    assert not BaseTarget.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ra": None}, "non_field_errors"), ({"dec": 91}, "dec"), ({"ra": "x"}, "ra"), ({"type": "X"}, "type"), ({"name": ""}, "name"),
        ({"aliases": [{"name": "new"}]}, "non_field_errors"), ({"name": "TAKEN"}, "name"), ({"aliases": [{"name": "Taken"}]}, "aliases"),
        ({"type": "NON_SIDEREAL"}, "non_field_errors"), ({"targetextra_set": [{"key": "ra", "value": "1"}]}, "targetextra_set"),
        ({"groups": [{"name": "others"}]}, "groups"), ({"permissions": "ALL"}, "permissions"),
    ],
)  # fmt: skip
def test_refused_and_nothing_left(logged_in, make, change, field):
    make("taken")
    answer = logged_in.post("/api/targets/", {"name": "new", "type": "SIDEREAL", "ra": 1, "dec": 2, **change}, content_type=JSON)
    assert answer.status_code == 400
    assert field in answer.json(), answer.json()
    assert BaseTarget.objects.count() == 1
    assert "taken" not in answer.content.decode().replace("TAKEN", "").replace("Taken", "")


def test_visitors_do_not_write(client):
    assert client.post("/api/targets/", {"name": "a", "type": "SIDEREAL", "ra": 1, "dec": 2}, content_type=JSON).status_code == 401


def test_rows_of_other_targets_are_refused(logged_in, make, member):
    mine, other = make("mine"), make("other", extras={"k": "v"}, names=["x"])
    mine.give_user_access(member)
    extra, alias = other.targetextra_set.get(), other.aliases.get()
    for body in ({"targetextra_set": [{"id": extra.pk, "key": "k", "value": "stolen"}]}, {"aliases": [{"id": alias.pk, "name": "stolen"}]}):
        assert logged_in.patch(f"/api/targets/{mine.pk}/", body, content_type=JSON).status_code == 400
    assert other.targetextra_set.get().value == "v"


def test_list_in_few_statements(logged_in, make):
    counts = []
    for round_ in range(2):
        for i in range(10):
            make(f"r{round_} {i}", permissions="PUBLIC", names=[f"a{round_} {i}"], extras={"k": i})
        logged_in.get("/api/targets/")
        with CaptureQueriesContext(connection) as caught:
            answer = logged_in.get("/api/targets/?limit=100")
        counts.append(len(caught))
    assert len(answer.json()["results"]) == 20
    assert counts[0] == counts[1] <= 13, [q["sql"][:120] for q in caught.captured_queries]


def test_lists(logged_in, member, stranger, client):
    mine = create_list(actor=member, name="mine")
    assert logged_in.get(f"/api/targetlist/{mine.pk}/").json() == {"id": mine.pk, "name": "mine"}
    client.force_login(stranger)
    assert client.get(f"/api/targetlist/{mine.pk}/").status_code == 404
    client.force_login(member)
    assert client.delete(f"/api/targetlist/{mine.pk}/").status_code == 204
