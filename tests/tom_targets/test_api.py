"""REST: what comes in is kept, and few statements."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIRequestFactory, force_authenticate

from tom_targets.api_views import TargetViewSet
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
    assert counts[0] == counts[1] <= 6, [q["sql"][:120] for q in caught.captured_queries]  # two of them are the session's
    one = answer.json()["results"][0]["id"]
    with CaptureQueriesContext(connection) as caught:
        logged_in.get(f"/api/targets/{one}/")
    assert len(caught) <= 5, [q["sql"][:120] for q in caught.captured_queries]


def test_one_is_made_in_few_statements(logged_in):
    for number in range(2):
        row = {"name": f"made {number}", "type": "SIDEREAL", "ra": 1.5, "dec": 2.5, "aliases": [{"name": f"also {number}"}]}
        with CaptureQueriesContext(connection) as caught:
            assert logged_in.post("/api/targets/", row, content_type="application/json").status_code == 201
    asked = [q["sql"] for q in caught.captured_queries if not q["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]
    assert len(asked) <= 11, [sql[:120] for sql in asked]  # five of them write, two are the session's


def test_lists(logged_in, member, stranger, client):
    mine = create_list(actor=member, name="mine")
    assert logged_in.get(f"/api/targetlist/{mine.pk}/").json() == {"id": mine.pk, "name": "mine"}
    client.force_login(stranger)
    assert client.get(f"/api/targetlist/{mine.pk}/").status_code == 404
    client.force_login(member)
    assert client.delete(f"/api/targetlist/{mine.pk}/").status_code == 204


def test_what_another_tom_sends_reaches_a_target_that_lacks_something(logged_in, make, member):
    """Sharing sends only `target_lists` for a target that is there: a gap in its columns does not matter then."""
    old = make("old", ra=None, dec=None)
    old.give_user_access(member)
    answer = logged_in.patch(f"/api/targets/{old.pk}/", {"target_lists": [{"name": "Imported From other"}]}, content_type=JSON)
    assert answer.status_code == 200, answer.content
    assert old.targetlist_set.get().name == "Imported From other"


def test_a_comma_list_of_names_finds_a_target_by_its_alias(logged_in, make):
    """Sharing asks for the name and all aliases at once."""
    target = make("SN 2026aa", permissions="PUBLIC", names=["ZTF26aaaaaaa"])
    for asked in ("SN 2026aa,ZTF26aaaaaaa", "sn-2026AA", "unknown, ztf26AAAAAAA"):
        found = logged_in.get("/api/targets/", {"name_fuzzy": asked}).json()["results"]
        assert [row["id"] for row in found] == [target.pk], asked
    assert logged_in.get("/api/targets/", {"name_fuzzy": "nobody,nothing"}).json()["results"] == []


def test_an_unchanged_alias_does_not_stop_those_after_it(logged_in, make, member):
    target = make("t", names=["a", "b"])
    target.give_user_access(member)
    first, second = target.aliases.order_by("pk")
    sent = [{"id": first.pk, "name": "a"}, {"id": second.pk, "name": "c"}, {"name": "d"}, {"name": "a"}]
    answer = logged_in.patch(f"/api/targets/{target.pk}/", {"aliases": sent}, content_type=JSON).json()
    assert answer["aliases"] == [
        {"id": first.pk, "name": "a"},
        {"id": second.pk, "name": "c"},
        {"id": answer["aliases"][2]["id"], "name": "d"},
    ]


def test_zero_is_a_value(logged_in):
    orbit = {
        "name": "zero", "type": "NON_SIDEREAL", "scheme": "MPC_MINOR_PLANET", "epoch_of_elements": 0, "inclination": 0, "lng_asc_node": 0,
        "arg_of_perihelion": 0, "eccentricity": 0, "mean_anomaly": 0, "semimajor_axis": 1,
    }  # fmt: skip
    assert logged_in.post("/api/targets/", orbit, content_type=JSON).status_code == 201
    told = logged_in.post("/api/targets/", {**orbit, "name": "gap", "mean_anomaly": None}, content_type=JSON)
    assert told.json() == {"non_field_errors": ["The following fields are required for MPC_MINOR_PLANET targets: ['mean_anomaly']"]}


def test_near_names_are_refused_and_tell_of_nobody_hidden(logged_in, make):
    make("Hidden one")
    make("Shown one", permissions="PUBLIC")
    body = {"type": "SIDEREAL", "ra": 1, "dec": 2}
    hidden = logged_in.post("/api/targets/", {**body, "name": "hidden-ONE"}, content_type=JSON)
    assert (hidden.status_code, hidden.json()) == (400, {"name": ["This name is not available."]})
    shown = logged_in.post("/api/targets/", {**body, "name": "shown-ONE"}, content_type=JSON)
    assert "Shown one" in shown.json()["name"][0]


def test_groups_are_shown_to_those_who_may_know_of_them(client, member, members, stranger, boss, make):
    from django.contrib.auth.models import Group

    target, others = make("t", permissions="OPEN"), Group.objects.create(name="others")
    for group in (members, others):
        target.give_user_access(group)
    shown = {}
    for who in (None, stranger, member, boss):
        client.logout()
        if who is not None:
            client.force_login(who)
        listed, one = client.get("/api/targets/").json()["results"][0], client.get(f"/api/targets/{target.pk}/").json()
        assert listed["groups"] == one["groups"]
        shown[getattr(who, "username", None)] = [group["name"] for group in one["groups"]]
    assert shown == {None: [], "stranger": [], "member": ["members"], "boss": ["members", "others"]}
    client.force_login(member)  # what one does not know of stays as it is
    assert client.patch(f"/api/targets/{target.pk}/", {"groups": []}, content_type=JSON).status_code == 200
    client.force_login(boss)
    assert [group["name"] for group in client.get(f"/api/targets/{target.pk}/").json()["groups"]] == ["others"]


def test_values_of_extras_may_be_numbers_and_truth_values(logged_in, settings):
    settings.EXTRA_FIELDS = [{"name": "redshift", "type": "number"}, {"name": "good", "type": "boolean"}]
    extras = [{"key": "redshift", "value": 0.5}, {"key": "good", "value": False}, {"key": "text", "value": ""}]
    body = {"name": "typed", "type": "SIDEREAL", "ra": 1, "dec": 2, "targetextra_set": extras}
    made = logged_in.post("/api/targets/", body, content_type=JSON)
    assert {extra["key"]: extra["value"] for extra in made.json()["targetextra_set"]} == {"redshift": "0.5", "good": "False", "text": ""}
    assert BaseTarget.objects.get().extra_fields == {"redshift": 0.5, "good": False}
    assert logged_in.get("/api/targets/?redshift_min=0.4&redshift_max=0.6").json()["count"] == 1
    assert logged_in.get("/api/targets/?redshift_min=0.6").json()["count"] == 0


def test_the_version_of_a_row(logged_in, make, member):
    body = {"name": "v", "type": "SIDEREAL", "ra": 1, "dec": 2, "aliases": [{"name": "w"}], "targetextra_set": [{"key": "k", "value": 1}]}
    made = logged_in.post("/api/targets/", body, content_type=JSON)
    url = made["Location"]
    assert logged_in.get(url)["ETag"] == made["ETag"]
    changed = logged_in.patch(url, {"dec": 3}, content_type=JSON, headers={"If-Match": made["ETag"]})
    assert changed.status_code == 200
    assert logged_in.get(url)["ETag"] == changed["ETag"] != made["ETag"]
    for method in ("patch", "delete"):
        assert getattr(logged_in, method)(url, {}, content_type=JSON, headers={"If-Match": made["ETag"]}).status_code == 412
    # a row that hangs on it is part of it
    logged_in.post("/api/targetname/", {"target": made.json()["id"], "name": "x"}, content_type=JSON)
    assert logged_in.patch(url, {"dec": 4}, content_type=JSON, headers={"If-Match": changed["ETag"]}).status_code == 412


@pytest.mark.parametrize("permissions", ["OPEN", "PUBLIC", "PRIVATE"])
def test_heads_and_options(client, make, stranger, member, permissions):
    target = make("t", permissions=permissions)
    target.give_user_access(member)
    for who in (None, stranger, member):
        client.logout()
        if who is not None:
            client.force_login(who)
        seen = who is member or permissions == "OPEN" or (permissions == "PUBLIC" and who is not None)
        refused = 401 if who is None else 404
        url = f"/api/targets/{target.pk}/"
        assert client.head(url).status_code == client.get(url).status_code == (200 if seen else refused)
        assert client.head(url).content == b""
        assert client.options(url).status_code in ((200,) if seen else (200, 401, 404))
        assert "t" not in [row["name"] for row in client.get("/api/targets/").json()["results"]] or seen
        assert client.options("/api/targets/").status_code == 200
        for method in ("put", "patch", "delete"):
            status = getattr(client, method)(url, {}, content_type=JSON).status_code
            assert status not in (200, 204) if who is not member or method == "put" else status in (200, 204)


def test_what_is_written_of_a_target_is_what_the_framework_writes(make, settings):
    """The short way to JSON and the long one give the same bytes."""
    from rest_framework.renderers import JSONRenderer
    from rest_framework.serializers import ModelSerializer

    from tom_targets.api.serializers import TargetSerializer
    from tom_targets.models import Target

    made = Target(name="t", type="SIDEREAL", ra=1e-12, dec=-0.0, epoch=2000, shared_by="ü")
    made.save(names=["a", "b"], extras={"k": 1})
    for target in (made, Target.objects.get(pk=made.pk), Target(name="unsaved", ra="12.5", dec=5)):
        if target.pk is None:
            target.pk = 0
        short, long = TargetSerializer(target), TargetSerializer(target)
        by_framework = dict(ModelSerializer.to_representation(long, target), groups=[])
        assert {**short.data} == {name: by_framework[name] for name in short.data}
        assert set(by_framework) == set(short.data)
        assert JSONRenderer().render(short.data) == JSONRenderer().render({name: by_framework[name] for name in short.data})


# --- viewsets of projects
class Bright(TargetViewSet):
    """A project's own rows, and its own way of saving."""

    def get_queryset(self):
        return super().get_queryset().filter(targetextra__key="bright")

    def perform_create(self, serializer):
        serializer.save().save(extras={"bright": "1"})


class Everything(TargetViewSet):
    def get_queryset(self):
        return BaseTarget.objects.all()


def asked(viewset, verb, user, data=None, **kwargs):
    action = {"get": "retrieve" if kwargs else "list", "post": "create", "patch": "partial_update", "delete": "destroy"}[verb]
    request = getattr(APIRequestFactory(), verb)("/", data, format="json")
    force_authenticate(request, user)
    return viewset.as_view({verb: action})(request, **kwargs)


def test_a_projects_viewset_has_its_own_rows(make, member, stranger):
    bright, faint, hidden = make("a", extras={"bright": "1"}), make("b"), make("c")
    for target in (bright, faint):
        target.give_user_access(member)
    assert asked(Bright, "get", member).data["count"] == 1
    for verb, data in (("get", None), ("patch", {"ra": 5.0})):
        assert asked(Bright, verb, member, data, pk=bright.pk).status_code == 200
        for other in (faint, hidden):
            assert asked(Bright, verb, member, data, pk=other.pk).status_code == 404
    assert asked(Bright, "delete", member, pk=faint.pk).status_code == 404
    assert asked(Bright, "get", stranger, pk=bright.pk).status_code == 404
    made = asked(Bright, "post", member, {"name": "new", "type": "SIDEREAL", "ra": 1, "dec": 2})
    assert (made.status_code, BaseTarget.objects.get(name="new").tags) == (201, {"bright": "1"})
    # rows may be more than one sees by one's rights; what is changed needs the right
    assert asked(Everything, "get", stranger, pk=hidden.pk).data["name"] == "c"
    assert asked(Everything, "get", stranger, pk="x").status_code == 404
    assert asked(Everything, "patch", stranger, {"ra": 1.0}, pk=hidden.pk).status_code == 404
    assert asked(Everything, "patch", member, {"ra": 1.0}, pk=faint.pk).status_code == 200
