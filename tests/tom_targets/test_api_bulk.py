"""REST: many targets at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tom_common.models import HistoryEvent
from tom_targets.models import BaseTarget, TargetList, TargetName

pytestmark = [pytest.mark.django_db, pytest.mark.database]
URL = "/api/targets/bulk/"


def row(name, **more):
    return {"name": name, "type": "SIDEREAL", "ra": 10, "dec": -20, **more}


@pytest.fixture
def send(client, member):
    client.force_login(member)
    return lambda rows, query="": client.post(URL + query, rows, content_type="application/json")


def test_everything_that_is_sent_is_kept(send, client, member, members, stranger):
    full = row(
        "full", permissions="PUBLIC", abs_mag=0, aliases=[{"name": "a"}, {"name": "b"}], targetextra_set=[{"key": "k", "value": 2.5}],
        groups=[{"name": "members"}], target_lists=[{"name": "List"}], shared_by="x", ra="01:00:00",
    )  # fmt: skip
    answer = send([full, row("plain", target_lists=[{"name": "List"}])])
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["created"], body["existing"], body["errors"]) == (2, 0, [])
    assert [made["name"] for made in body["results"]] == ["full", "plain"]
    first = body["results"][0]
    assert first == client.get(f"/api/targets/{first['id']}/").json()
    assert (first["ra"], first["abs_mag"], first["permissions"], first["shared_by"]) == (15.0, 0.0, "PUBLIC", "x")
    assert [alias["name"] for alias in first["aliases"]] == ["a", "b"]
    assert first["targetextra_set"][0]["value"] == "2.5"
    assert first["groups"] == [{"id": members.pk, "name": "members"}]
    assert TargetList.objects.get().targets.count() == 2
    assert BaseTarget.objects.get(name="full").healpix is not None
    assert HistoryEvent.objects.filter(verb="created", object_type__endswith="target").count() == 2
    client.force_login(stranger)
    assert [target["name"] for target in client.get("/api/targets/").json()["results"]] == ["full"]


def test_all_or_nothing(send, make):
    make("Hidden")
    make("Seen", permissions="PUBLIC")
    rows = [row("good"), row("HIDDEN"), row("seen"), row("x", ra=400), row("Good"), row("y", aliases=[{"name": "g-o-o-d"}]), {"name": "z"},
            row("g", groups=[{"name": "of others"}])]  # fmt: skip
    answer = send(rows)
    assert answer.status_code == 400
    errors = {entry["index"]: entry["errors"] for entry in answer.json()["errors"]}
    assert set(errors) == {1, 2, 3, 4, 5, 6, 7}
    assert errors[1] == {"name": ["This name is not available."]}
    assert '"Seen"' in errors[2]["name"][0]
    assert "ra" in errors[3]
    assert "earlier row" in errors[4]["name"][0]
    assert "earlier row" in errors[5]["aliases"][0]
    assert "groups" in errors[7]
    assert BaseTarget.objects.count() == 2
    partial = send(rows, "?partial=true")
    assert partial.status_code == 201
    assert (partial.json()["created"], len(partial.json()["errors"])) == (1, 7)
    assert set(BaseTarget.objects.values_list("name", flat=True)) == {"Hidden", "Seen", "good"}


def test_sent_twice_made_once(send, make):
    make("Hidden")
    rows = [row("a", aliases=[{"name": "alias of a"}]), row("b")]
    first = send(rows, "?existing=keep").json()
    again = send([*rows, row("c")], "?existing=keep")
    assert again.status_code == 201
    body = again.json()
    assert (body["created"], body["existing"]) == (1, 2)
    assert [made["id"] for made in body["results"][:2]] == [made["id"] for made in first["results"]]
    nothing_new = send(rows, "?existing=keep").json()
    assert (nothing_new["created"], nothing_new["existing"]) == (0, 2)
    assert send(rows).status_code == 400
    assert send([row("hidden")], "?existing=keep").status_code == 400  # nobody learns where it is
    assert send(rows, "?existing=perhaps").status_code == 400
    assert (BaseTarget.objects.count(), TargetName.objects.count()) == (4, 1)


def test_statements_do_not_grow_with_rows(send):
    counts = []
    for size in (5, 50):
        rows = [row(f"n{size} {number}", aliases=[{"name": f"a{size} {number}"}], target_lists=[{"name": "L"}]) for number in range(size)]
        with CaptureQueriesContext(connection) as caught:
            assert send(rows).status_code == 201
        counts.append(len(caught))
    assert counts[1] <= counts[0], counts  # the list is there the second time


def test_what_comes_in_wrong_shape(send, client, settings):
    for body in ([], {}, {"items": "x"}, [1], ["x"], [None], [[]]):
        assert send(body).status_code == 400, body
    settings.TOM_API_BULK_LIMIT = 2
    assert send([row("a"), row("b"), row("c")]).status_code == 413
    client.logout()
    assert send([row("a")]).status_code == 401
    assert not BaseTarget.objects.exists()


def test_the_hook_runs_once_for_each(send, settings, monkeypatch):
    seen = []
    monkeypatch.setattr("tom_common.hooks.run_hook", lambda name, **kwargs: seen.append((name, kwargs["target"].name, kwargs["created"])))
    assert send([row("a"), row("b")]).status_code == 201
    assert seen == [("target_post_save", "a", True), ("target_post_save", "b", True)]


def test_a_serializer_of_the_project_makes_its_rows_itself(send, monkeypatch):
    from tom_targets.api.serializers import TargetSerializer
    from tom_targets.api.views import TargetViewSet

    class Own(TargetSerializer):
        def create(self, validated_data):
            return super().create({**validated_data, "name": f"own {validated_data['name']}"})

    monkeypatch.setattr(TargetViewSet, "serializer_class", Own)
    assert [made["name"] for made in send([row("a"), row("b")]).json()["results"]] == ["own a", "own b"]


def test_many_are_changed_at_once(send, client, make, member):
    mine = [make(f"m{number}", names=[f"alias {number}"]) for number in range(3)]
    for target in mine:
        target.give_user_access(member)
    seen, hidden = make("seen", permissions="PUBLIC"), make("hidden")

    def change(rows, query=""):
        return client.patch(f"{URL}change/{query}", rows, content_type="application/json")

    tags = {"targetextra_set": [{"key": "kind", "value": "nova"}], "permissions": "OPEN", "target_lists": [{"name": "L"}]}
    good = [{"id": target.pk, **tags} for target in mine]
    answer = change(good)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["changed"], answer.json()["errors"]) == (3, [])
    assert [row["permissions"] for row in answer.json()["results"]] == ["OPEN"] * 3
    assert TargetList.objects.get().targets.count() == 3
    wrong = [{"id": mine[0].pk, "dec": 5}, {"id": seen.pk, "dec": 5}, {"id": hidden.pk, "dec": 5}, {"dec": 5}, 7, {"id": mine[1].pk, "dec": 95},
             {"id": mine[2].pk, "dcc": 5}]  # fmt: skip
    refused = change(wrong)
    assert refused.status_code == 400
    errors = {entry["index"]: entry["errors"] for entry in refused.json()["errors"]}
    assert set(errors) == {1, 2, 3, 4, 5, 6}
    assert errors[2] == errors[3] == {"id": ["There is no such target."]} != errors[1]
    assert set(errors[5]) == {"dec"}
    assert set(errors[6]) == {"dcc"}
    assert not BaseTarget.objects.filter(dec=5).exists()
    partial = change(wrong, "?partial=true")
    assert (partial.status_code, partial.json()["changed"], len(partial.json()["errors"])) == (200, 1, 6)
    assert BaseTarget.objects.get(dec=5).pk == mine[0].pk
    client.logout()
    assert change(good).status_code == 401
