"""REST: aliases, extras and lists as resources; merging; who can see a target."""

import pytest
from guardian.shortcuts import assign_perm

from tom_common.models import HistoryEvent
from tom_common.services.history_shown import undo_event
from tom_targets.models import BaseTarget, TargetList
from tom_targets.services import create_list

pytestmark = [pytest.mark.django_db, pytest.mark.database]
JSON = "application/json"


@pytest.fixture
def logged_in(client, member):
    client.force_login(member)
    return client


@pytest.fixture
def mine(make, member):
    target = make("Mine", names=["An alias"], extras={"kind": "nova"})
    target.give_user_access(member)
    return target


def seen_only(make, name="Seen", **kwargs):
    return make(name, permissions="PUBLIC", **kwargs)


PARTS = [
    ("targetname", {"name": "Another"}, {"name": "Changed"}, "aliases"),
    ("targetextra", {"key": "class", "value": True}, {"value": 5}, "targetextra_set"),
]


@pytest.mark.parametrize(("path", "body", "change", "related"), PARTS)
def test_made_changed_and_deleted(logged_in, mine, path, body, change, related):
    made = logged_in.post(f"/api/{path}/", {**body, "target": mine.pk}, content_type=JSON)
    assert made.status_code == 201, made.content
    row = made.json()
    assert row["target"] == mine.pk
    url = f"/api/{path}/{row['id']}/"
    assert made["Location"].endswith(url)
    assert getattr(mine, related).count() == 2
    plain = logged_in.get(url)
    assert set(plain.json()) == {"id", *body}  # as it always was: without the target
    assert plain["ETag"] == made["ETag"]
    answer = logged_in.patch(url, change, content_type=JSON, headers={"If-Match": made["ETag"]})
    assert answer.status_code == 200, answer.content
    kept = logged_in.get(url).json()
    assert [kept[name] for name in change] == [str(value) for value in change.values()]
    late = logged_in.delete(url, headers={"If-Match": made["ETag"]})
    assert late.status_code == 412
    assert logged_in.delete(url).status_code == 204
    assert getattr(mine, related).count() == 1
    verbs = set(HistoryEvent.objects.values_list("verb", flat=True))
    assert {"changed", "deleted"} <= verbs
    assert {found["id"] for found in logged_in.get(f"/api/{path}/?target={mine.pk}").json()["results"]} == {getattr(mine, related).get().pk}


@pytest.mark.parametrize(("path", "body", "change", "related"), PARTS)
def test_rights_on_parts(client, make, stranger, member, path, body, change, related):
    hidden, seen = make("Hidden", names=["h"], extras={"k": "v"}), seen_only(make, names=["s"], extras={"k": "v"})
    rows = {target: getattr(target, related).get() for target in (hidden, seen)}
    for row in rows.values():
        assert client.post(f"/api/{path}/", {**body, "target": row.target_id}, content_type=JSON).status_code == 401
        assert client.patch(f"/api/{path}/{row.pk}/", change, content_type=JSON).status_code == 401
    client.force_login(stranger)
    assert client.post(f"/api/{path}/", {**body, "target": hidden.pk}, content_type=JSON).json().keys() == {"target"}
    assert client.post(f"/api/{path}/", {**body, "target": seen.pk}, content_type=JSON).status_code == 403
    for method in ("patch", "delete"):
        assert getattr(client, method)(f"/api/{path}/{rows[hidden].pk}/", change, content_type=JSON).status_code == 404
        assert getattr(client, method)(f"/api/{path}/{rows[seen].pk}/", change, content_type=JSON).status_code == 403
    listed = client.get(f"/api/{path}/").json()["results"]
    assert [row["target"] for row in listed] == [seen.pk]
    hidden.give_user_access(member)
    client.force_login(member)
    moved = client.patch(f"/api/{path}/{rows[hidden].pk}/", {"target": seen.pk}, content_type=JSON)
    assert moved.status_code in (400, 403)
    assert getattr(hidden, related).count() == 1


def test_names_and_keys_that_are_taken(logged_in, make, mine):
    make("Taken")
    taken = logged_in.post("/api/targetname/", {"target": mine.pk, "name": "TAKEN"}, content_type=JSON)
    assert taken.status_code == 400
    assert "Taken" not in taken.content.decode()
    again = logged_in.post("/api/targetname/", {"target": mine.pk, "name": "An alias"}, content_type=JSON)
    assert (again.status_code, set(again.json())) == (400, {"name"})
    doubled = logged_in.post("/api/targetextra/", {"target": mine.pk, "key": "kind", "value": "x"}, content_type=JSON)
    assert (doubled.status_code, set(doubled.json())) == (400, {"key"})
    assert mine.targetextra_set.get().value == "nova"
    column = logged_in.post("/api/targetextra/", {"target": mine.pk, "key": "ra", "value": "1"}, content_type=JSON)
    assert (column.status_code, set(column.json())) == (400, {"key"})
    alias = mine.aliases.get()
    assert logged_in.patch(f"/api/targetname/{alias.pk}/", {"name": "taken"}, content_type=JSON).status_code == 400


def test_lists_are_made_named_and_filled(logged_in, client, member, stranger, make, mine):
    made = logged_in.post("/api/targetlist/", {"name": " Best "}, content_type=JSON)
    assert made.status_code == 201
    url = f"/api/targetlist/{made.json()['id']}/"
    assert logged_in.patch(url, {"name": "Better"}, content_type=JSON, headers={"If-Match": made["ETag"]}).json()["name"] == "Better"
    assert logged_in.patch(url, {"name": "Late"}, content_type=JSON, headers={"If-Match": made["ETag"]}).status_code == 412
    seen, hidden = seen_only(make), make("Hidden")
    added = logged_in.post(f"{url}add/", {"targets": [mine.pk, seen.pk, hidden.pk, 987654]}, content_type=JSON).json()
    assert added == {"done": 2, "already": 0, "already_names": [], "not_found": [hidden.pk, 987654]}
    again = logged_in.post(f"{url}add/", {"matching": {"name": "mine"}}, content_type=JSON).json()
    assert (again["done"], again["already"], again["already_names"]) == (0, 1, ["Mine"])
    within = logged_in.get(f"/api/targets/?targetlist__name={made.json()['id']}").json()["results"]
    assert {row["id"] for row in within} == {mine.pk, seen.pk}
    other = create_list(actor=member, name="other")
    moved = logged_in.post(f"/api/targetlist/{other.pk}/move/", {"targets": [mine.pk]}, content_type=JSON).json()
    assert moved["done"] == 1
    assert [row["name"] for row in logged_in.get(f"/api/targetlist/?target={mine.pk}").json()["results"]] == ["other"]
    taken = logged_in.post(f"{url}remove/", {"targets": [seen.pk, mine.pk]}, content_type=JSON).json()
    assert (taken["done"], taken["already"]) == (1, 1)
    for body in ({}, {"targets": [1], "matching": {}}, {"targets": ["x"]}, {"matching": {"nmae": "x"}}, {"matching": {"type": "X"}}):
        assert logged_in.post(f"{url}add/", body, content_type=JSON).status_code == 400, body
    client.force_login(stranger)
    assert client.get("/api/targetlist/").json()["results"] == []
    for action in ("add", "remove", "move"):
        assert client.post(f"{url}{action}/", {"targets": [seen.pk]}, content_type=JSON).status_code == 404
    assign_perm("tom_targets.view_targetlist", stranger, TargetList.objects.get(name="Better"))
    assert client.post(f"{url}add/", {"targets": [seen.pk]}, content_type=JSON).status_code == 403
    assert client.patch(url, {"name": "Stolen"}, content_type=JSON).status_code == 403
    client.force_login(member)
    assert client.delete(url).status_code == 204
    assert BaseTarget.objects.count() == 3


def test_what_is_done_with_lists_stands_in_their_history_and_is_undone(logged_in, member, mine, make):
    seen = seen_only(make)
    made = logged_in.post("/api/targetlist/", {"name": "Best"}, content_type=JSON).json()
    other = logged_in.post("/api/targetlist/", {"name": "Other"}, content_type=JSON).json()
    url, other_url = (f"/api/targetlist/{one['id']}/" for one in (made, other))
    logged_in.patch(url, {"name": "Better"}, content_type=JSON)
    logged_in.post(f"{url}add/", {"targets": [mine.pk, seen.pk]}, content_type=JSON)
    logged_in.post(f"{url}remove/", {"targets": [seen.pk]}, content_type=JSON)
    logged_in.post(f"{other_url}move/", {"targets": [mine.pk]}, content_type=JSON)
    logged_in.patch(f"/api/targets/{mine.pk}/", {"target_lists": [{"name": "Better"}]}, content_type=JSON)
    logged_in.delete(other_url)

    def told(kind, key):
        rows = HistoryEvent.objects.filter(object_type=kind, object_id=str(key)).order_by("pk")
        assert {row.actor for row in rows} == {member}
        return list(rows.values_list("verb", flat=True))

    assert told("tom_targets.targetlist", made["id"]) == [
        "created", "renamed", "targets_added", "targets_removed", "targets_removed", "targets_added",
    ]  # fmt: skip
    assert told("tom_targets.targetlist", other["id"]) == ["created", "targets_added", "deleted"]
    assert told("tom_targets.basetarget", seen.pk) == ["listed", "unlisted"]
    removed = HistoryEvent.objects.filter(object_id=str(made["id"]), verb="targets_removed").earliest("pk")
    undo_event(actor=member, event=removed)
    undo_event(actor=member, event=HistoryEvent.objects.get(object_type="tom_targets.targetlist", verb="deleted"))
    assert {grouping.name: set(grouping.targets.values_list("pk", flat=True)) for grouping in TargetList.objects.all()} == {
        "Better": {mine.pk, seen.pk},
        "Other": {mine.pk},
    }


def test_lists_of_one_name(logged_in, member, boss, mine):
    """Names of lists are not unique: the caller's own is taken, and nothing fails."""
    others, own = create_list(actor=boss, name="Twice"), create_list(actor=member, name="Twice")
    for _ in range(2):
        answer = logged_in.patch(f"/api/targets/{mine.pk}/", {"target_lists": [{"name": "Twice"}, {"name": "Twice"}]}, content_type=JSON)
        assert answer.status_code == 200, answer.content
    assert list(own.targets.all()) == [BaseTarget.objects.get(pk=mine.pk)]
    create_list(actor=member, name="Twice")
    logged_in.force_login(boss)
    assert logged_in.patch(f"/api/targets/{mine.pk}/", {"target_lists": [{"name": "Twice"}]}, content_type=JSON).status_code == 200
    assert others.targets.count() == 1
    assert TargetList.objects.count() == 3


def test_merging(logged_in, client, make, mine, member, stranger):
    other, seen, hidden = make("Other", abs_mag=5.0, names=["other alias"]), seen_only(make), make("Hidden")
    other.give_user_access(member)
    url = f"/api/targets/{mine.pk}/merge/"
    for secondary, status in ((hidden.pk, 400), (987654, 400), (seen.pk, 403), (mine.pk, 400)):
        assert logged_in.post(url, {"secondary": secondary}, content_type=JSON).status_code == status
    merged = logged_in.post(url, {"secondary": other.pk}, content_type=JSON)
    assert merged.status_code == 200, merged.content
    answer = merged.json()
    assert answer.pop("message") == "Merged Other into Mine."
    assert answer == logged_in.get(f"/api/targets/{mine.pk}/").json()
    assert {alias["name"] for alias in answer["aliases"]} == {"An alias", "Other", "other alias"}
    assert answer["abs_mag"] == 5.0
    assert not BaseTarget.objects.filter(pk=other.pk).exists()
    client.force_login(stranger)
    assert client.post(url, {"secondary": seen.pk}, content_type=JSON).status_code == 404
    client.logout()
    assert client.post(url, {"secondary": seen.pk}, content_type=JSON).status_code == 401


def test_what_a_merge_would_give_is_told_before(logged_in, client, make, mine, member, stranger, monkeypatch):
    from tom_targets.services import merge_journal

    other, seen, hidden = make("Other", abs_mag=5.0, names=["other alias"], extras={"note": "b"}), seen_only(make), make("Hidden")
    other.give_user_access(member)
    first = logged_in.patch(f"/api/targets/{mine.pk}/", {"targetextra_set": [{"key": "note", "value": "a"}]}, content_type=JSON)
    assert first.status_code == 200, first.content
    url = f"/api/targets/{mine.pk}/merge/plan/"
    for secondary, status in ((hidden.pk, 400), (987654, 400), ("x", 400), ("", 400), (seen.pk, 403), (mine.pk, 400)):
        assert logged_in.get(url, {"secondary": secondary}).status_code == status, secondary
    assert logged_in.get(url).status_code == 400
    rows = list(BaseTarget.objects.order_by("pk").values())
    plan = logged_in.get(url, {"secondary": other.pk})
    assert plan.status_code == 200, plan.content
    assert plan.json()["undoable"] is True
    columns = {column["name"]: column for column in plan.json()["columns"]}
    assert (columns["abs_mag"]["primary"], columns["abs_mag"]["secondary"], columns["abs_mag"]["result"]) == (None, 5.0, 5.0)
    assert (columns["tag note"]["result"], columns["tag note"]["kept_as"]) == ("a", "note (Other)")
    TargetList.objects.create(name="l").targets.add(other.pk)
    monkeypatch.setattr(merge_journal, "MOST_MOVED", 0)
    assert logged_in.get(url, {"secondary": other.pk}).json()["undoable"] is False
    assert list(BaseTarget.objects.order_by("pk").values()) == rows
    logged_in.post(f"/api/targets/{mine.pk}/merge/", {"secondary": other.pk}, content_type=JSON)
    assert HistoryEvent.objects.get(verb="merged").undo_data is None
    client.force_login(stranger)
    assert client.get(url, {"secondary": seen.pk}).status_code == 404
    client.logout()
    assert client.get(url, {"secondary": seen.pk}).status_code == 401


def test_who_can_see_it(logged_in, client, make, mine, member, members, stranger):
    mine.give_user_access(members)
    answer = logged_in.get(f"/api/targets/{mine.pk}/access/")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["sets"] == []
    assert [(group["kind"], group["id"], set(group["may"])) for group in told["groups"]] == [
        ("group", members.pk, {"view", "change", "delete"})
    ]
    assert "member" in {person["label"] for person in told["people"]}
    seen = seen_only(make)
    assert logged_in.get(f"/api/targets/{seen.pk}/access/").status_code == 403
    client.force_login(stranger)
    assert client.get(f"/api/targets/{mine.pk}/access/").status_code == 404


@pytest.mark.parametrize(
    ("into", "start"), [("", b"name,"), ("csv", b"name,"), ("ecsv", b"# %ECSV"), ("votable", b"<?xml"), ("fits", b"SIMPLE")]
)
def test_files(client, make, into, start):
    make("Open one", permissions="OPEN")
    make("Hidden one")
    answer = client.get("/api/targets/export/", {"as": into, "name": "one"} if into else {}, headers={"accept": "text/csv"})
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content)
    assert body.startswith(start)
    assert b"Open one" in body
    assert b"Hidden one" not in body
    assert client.get("/api/targets/export/?as=xlsx").status_code == 400
    assert client.get("/api/targets/export/?type=x").status_code == 400
