"""Pages: who gets which answer, a fixed number of queries, nothing changed by GET."""

import io
import json

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from guardian.shortcuts import assign_perm

from tom_targets.models import BaseTarget, PersistentShare, TargetList
from tom_targets.services import create_list

pytestmark = pytest.mark.django_db

PEOPLE = ["visitor", "stranger", "viewer", "changer", "deleter", "owner", "boss"]


@pytest.fixture
def people(django_user_model):
    found = {name: django_user_model.objects.create_user(name) for name in PEOPLE[1:-1]}
    found["boss"] = django_user_model.objects.create_superuser("boss")
    found["visitor"] = None
    return found


@pytest.fixture
def given(make, people):
    def _given(permissions):
        target = make(f"target {permissions}", permissions=permissions, names=["other"], extras={"k": "v"})
        assign_perm("view_target", people["viewer"], target)
        for action in ("view", "change"):
            assign_perm(f"{action}_target", people["changer"], target)
        for action in ("view", "delete"):
            assign_perm(f"{action}_target", people["deleter"], target)
        target.give_user_access(people["owner"])
        return target

    return _given


def rights(permissions, who):
    if who in ("owner", "boss"):
        return {"view", "change", "delete"}
    own = {"viewer": {"view"}, "changer": {"view", "change"}, "deleter": {"view", "delete"}}.get(who, set())
    if permissions == "OPEN" or (permissions == "PUBLIC" and who != "visitor"):
        own = own | {"view"}
    return own


PAGES = [
    ("get", "targets:detail", "view"),
    ("get", "targets:tab", "view"),
    ("get", "targets:tonight", "view"),
    ("get", "targets:render-observation-table", "view"),
    ("get", "targets:update", "change"),
    ("get", "targets:delete", "delete"),
    ("get", "targets:share", "change"),
    ("get", "targets:refresh-observations", "change"),
    ("get", "targets:target-persistent-share-manage-form", "change"),
    ("get", "targets:target-persistent-share-manage-table", "change"),
    ("post", "targets:delete", "delete"),
    ("post", "targets:update", "change"),
    ("post", "targets:share", "change"),
    ("post", "targets:hermes-preload", "change"),
]


def address(name, pk):
    if name == "targets:tab":
        return reverse(name, kwargs={"pk": pk, "slug": "visibility"})
    return reverse(name, kwargs={"target_pk" if "target-persistent" in name else "pk": pk})


@pytest.mark.parametrize("permissions", ["PRIVATE", "PUBLIC", "OPEN"])
def test_who_gets_which_answer(client, given, people, permissions):
    for method, name, action in PAGES:
        for who in PEOPLE:
            target = BaseTarget.objects.filter(name=f"target {permissions}").first() or given(permissions)
            client.logout()
            if people[who]:
                client.force_login(people[who])
            may = rights(permissions, who)
            hidden = getattr(client, method)(address(name, 999999))
            answer = getattr(client, method)(address(name, target.pk))
            told = f"{method} {name} {who} {permissions}: {answer.status_code}"
            if action in may and (people[who] or action == "view"):
                assert answer.status_code in (200, 302, 400), told
                assert "login" not in answer.get("Location", ""), told
            elif who == "visitor":
                assert answer.status_code == 302, told
                assert "login" in answer["Location"], told
                assert hidden.status_code == 302
            elif "view" in may:
                assert answer.status_code in (403, 302), told
                assert BaseTarget.objects.filter(pk=target.pk).exists(), told
            else:
                assert answer.status_code == hidden.status_code == 404, told
                assert BaseTarget.objects.filter(pk=target.pk).exists(), told


API = [("get", "view"), ("patch", "change"), ("put", "change"), ("delete", "delete")]


@pytest.mark.parametrize("permissions", ["PRIVATE", "PUBLIC", "OPEN"])
def test_who_gets_which_answer_by_rest(client, given, people, permissions):
    for method, action in API:
        for who in PEOPLE:
            target = BaseTarget.objects.filter(name=f"target {permissions}").first() or given(permissions)
            client.logout()
            if people[who]:
                client.force_login(people[who])
            may = rights(permissions, who)
            body = {"name": target.name, "type": "SIDEREAL", "ra": 1, "dec": 2}
            answer, hidden = (
                getattr(client, method)(f"/api/targets/{pk}/", data=json.dumps(body) if method != "get" else None, content_type="application/json")
                for pk in (target.pk, 999999)
            )
            told = f"{method} {who} {permissions}: {answer.status_code} {answer.content[:200]}"
            if action in may:
                assert answer.status_code in (200, 204), told
            elif who == "visitor":
                assert answer.status_code == hidden.status_code == 401, told
            elif "view" in may:
                assert answer.status_code == 403, told
            else:
                assert answer.status_code == hidden.status_code == 404, told
                assert answer.json() == hidden.json()
                assert answer.json()["detail"] == "No Target matches the given query."
            for part, model in (("targetname", "aliases"), ("targetextra", "targetextra_set")):
                row = getattr(target, model).first()
                if row is None or method in ("patch", "put") or not BaseTarget.objects.filter(pk=target.pk).exists():
                    continue
                reply = getattr(client, method)(f"/api/{part}/{row.pk}/")
                needed = "view" if method == "get" else "change"
                expected = {200, 204} if needed in may else {401} if who == "visitor" else {403} if "view" in may else {404}
                assert reply.status_code in expected, f"{method} {part} {who} {permissions} {reply.status_code}"


LOGIN_PAGES = ["create", "import", "create-group", "persistent-share-manage-form", "persistent-share-manage-table", "target-selection"]


@pytest.mark.parametrize("name", LOGIN_PAGES)
def test_pages_behind_the_login(client, member, name):
    url = reverse(f"targets:{name}")
    assert "login" in client.get(url)["Location"]
    client.force_login(member)
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("name", ["list", "targetgrouping", "export"])
def test_open_pages(client, name):
    assert client.get(reverse(f"targets:{name}")).status_code == 200


def test_both_namespaces():
    assert reverse("tom_targets:list") == reverse("targets:list") == "/targets/"
    assert reverse("targets:merge", kwargs={"pk1": 1, "pk2": 2}) == "/targets/merge/1/2"
    for name in ("name-search", "seed", "add-remove-grouping", "group-hermes-preload", "persistent-share-detail", "target-persistent-share"):
        for space in ("targets", "tom_targets"):
            kwargs = {"name-search": {"name": "x"}, "target-persistent-share": {"target_pk": 1}}.get(name)
            kwargs = kwargs or ({"pk": 1} if name in ("group-hermes-preload", "persistent-share-detail") else {})
            assert reverse(f"{space}:{name}", kwargs=kwargs)
    with pytest.raises(NoReverseMatch):
        reverse("targets:nothing")


def test_list_in_a_fixed_number_of_queries(client, make, member):
    counts = []
    for round_ in range(2):
        for i in range(15):
            make(f"r{round_} {i}", permissions="PUBLIC", names=[f"a{round_} {i}"])
        client.force_login(member)
        client.get("/targets/")
        with CaptureQueriesContext(connection) as caught:
            page = client.get("/targets/")
        counts.append(len(caught))
        assert page.status_code == 200
    assert counts[0] == counts[1] <= 14, [q["sql"][:150] for q in caught.captured_queries]
    assert page.context["record_count"] == 30
    assert len(page.context["object_list"]) == 20


def test_detail_in_a_fixed_number_of_queries(client, make, member):
    counts = []
    for i in (1, 12):
        target = make(f"t{i}", permissions="PUBLIC", names=[f"a{i} {n}" for n in range(i)], extras={f"k{n}": n for n in range(i)})
        client.force_login(member)
        client.get(f"/targets/{target.pk}/")
        with CaptureQueriesContext(connection) as caught:
            page = client.get(f"/targets/{target.pk}/")
        assert page.status_code == 200
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 25, [q["sql"][:150] for q in caught.captured_queries]
    assert len(page.content) < 100_000


def test_hidden_targets_are_in_no_list(client, make, member):
    make("secret", names=["alias of secret"])
    make("open", permissions="OPEN")
    for query in ("", "?name=secret", "?query=secret", "?target_cone_search=secret,10", "?name_fuzzy=secret"):
        assert "secret" not in {t.name for t in client.get(f"/targets/{query}").context["object_list"]}
        assert b"alias of" not in client.get(f"/targets/{query}").content
        assert b"secret" not in b"".join(client.get(f"/targets/export/{query}").streaming_content)
        assert "secret" not in {t["name"] for t in client.get(f"/api/targets/{query}").json()["results"]}
    assert client.get("/targets/name/secret")["Location"] == "/targets/?name=secret"
    assert client.get("/targets/name/open")["Location"].startswith("/targets/")


def test_a_search_by_name_may_be_changed_by_a_project(make, member):
    from django.test import RequestFactory

    from tom_targets.views import TargetNameSearchView

    class Search(TargetNameSearchView):
        def get(self, request, *args, **kwargs):
            return super().get(request, *args, **{**kwargs, "name": kwargs["name"].removeprefix("old ")})

    target = make("new", permissions="PUBLIC")
    request = RequestFactory().get("/")
    request.user = member
    assert Search.as_view()(request, name="old new")["Location"] == target.get_absolute_url()


def test_create_by_form(client, member, members):
    client.force_login(member)
    data = {
        "name": "SN 1", "type": "SIDEREAL", "ra": "10:00:00", "dec": "-20:30:00", "permissions": "PRIVATE", "groups": [members.pk],
        "aliases-TOTAL_FORMS": 3, "aliases-INITIAL_FORMS": 0, "aliases-0-name": "alias", "aliases-1-name": "", "aliases-2-name": "",
        "targetextra_set-TOTAL_FORMS": 1, "targetextra_set-INITIAL_FORMS": 0, "targetextra_set-0-key": "k", "targetextra_set-0-value": "v",
    }  # fmt: skip
    answer = client.post("/targets/create/", data)
    assert answer.status_code == 302, answer.context["form"].errors
    target = BaseTarget.objects.get()
    assert (target.ra, target.dec, target.names, target.tags) == (150.0, -20.5, ["SN 1", "alias"], {"k": "v"})
    assert members in [g for g in Group.objects.all() if g.pk in dict.fromkeys(target.targetgroupobjectpermission_set.values_list("group", flat=True))]
    again = client.post("/targets/create/", {**data, "name": "new", "aliases-0-name": "sn1"})
    assert again.status_code == 200
    assert BaseTarget.objects.count() == 1
    assert b"SN 1" in again.content
    bad = client.post("/targets/create/", {**data, "name": "x", "ra": "abc"})
    assert "ra" in bad.context["form"].errors
    row = target.aliases.get()
    update = {
        **data, "name": "SN 2", "aliases-TOTAL_FORMS": 2, "aliases-INITIAL_FORMS": 1, "aliases-0-id": row.pk, "aliases-0-name": "changed",
        "aliases-1-name": "added", "targetextra_set-TOTAL_FORMS": 0, "dec": "0", "groups": [],
    }  # fmt: skip
    answer = client.post(f"/targets/{target.pk}/update/", update)
    assert answer.status_code == 302, (answer.context["form"].errors, answer.context["names_form"].errors)
    target = BaseTarget.objects.get()
    assert (target.names, target.dec) == (["SN 2", "changed", "added"], 0.0)
    assert not target.targetgroupobjectpermission_set.exists()


def test_create_prefilled(client, member):
    client.force_login(member)
    page = client.get("/targets/create/?type=NON_SIDEREAL&name=2024+AB&names=one,two")
    assert b'value="2024 AB"' in page.content
    assert b'value="one"' in page.content
    many = client.get("/targets/create/?names=" + ",".join(f"name {i}" for i in range(7)))
    assert [form["name"].value() for form in many.context["names_form"].forms] == [f"name {i}" for i in range(7)]
    assert b'name="aliases-TOTAL_FORMS" value="7"' in many.content
    assert client.post("/targets/create/", {"type": "NON_SIDEREAL", "name": "a", "permissions": "PRIVATE"}).status_code == 200


def test_import_and_export_round_trip(client, member, make):
    client.force_login(member)
    text = "name,name2,type,ra,dec,pm_ra,groups,colour\n"
    text += "SN 1,alias 1,SIDEREAL,10:00:00,-20:30:00,1.25,,red\n0 o'clock,,SIDEREAL,0,0,,members,\nbad,,SIDEREAL,400,,,,\n"
    upload = io.BytesIO(text.encode())
    upload.name = "x.csv"
    page = client.post("/targets/import/", {"target_csv": upload}, follow=True)
    told = [str(m) for m in page.context["messages"]]
    assert told[0] == "Targets created: 2"
    assert any(m.startswith("Error on line 4") for m in told[1:])
    first = BaseTarget.objects.get(name="SN 1")
    assert (first.ra, first.dec, first.pm_ra, first.tags, first.names) == (150.0, -20.5, 1.25, {"colour": "red"}, ["SN 1", "alias 1"])
    exported = b"".join(client.get("/targets/export/").streaming_content).decode()
    before = {t.name: (t.as_dict(), t.names, t.tags) for t in BaseTarget.objects.all()}
    BaseTarget.objects.all().delete()
    upload = io.BytesIO(exported.encode())
    upload.name = "x.csv"
    client.post("/targets/import/", {"target_csv": upload})
    assert {t.name: (t.as_dict(), t.names, t.tags) for t in BaseTarget.objects.all()} == before
    assert exported.splitlines()[0].startswith("name,type,created,modified,permissions,ra,dec,epoch,parallax")


def test_lists_by_page(client, member, make):
    client.force_login(member)
    client.post("/targets/targetgrouping/create/", {"name": "mine"})
    mine = TargetList.objects.get()
    made = [make(f"t{i}", permissions="PUBLIC") for i in range(3)]
    client.post("/targets/add-remove-grouping/", {"grouping": mine.pk, "selected-target": [made[0].pk], "add": "", "query_string": ""})
    assert mine.targets.count() == 1
    client.post("/targets/add-remove-grouping/", {"grouping": mine.pk, "isSelectAll": "True", "add": "", "query_string": "name=t"})
    assert mine.targets.count() == 3
    client.post("/targets/add-remove-grouping/", {"grouping": mine.pk, "selected-target": [made[0].pk], "remove": "", "query_string": ""})
    assert mine.targets.count() == 2
    hidden = make("hidden")
    chosen = {"selected-target": [made[0].pk, made[1].pk, hidden.pk, "²", "9" * 30], "query_string": ""}
    page = client.post("/targets/add-remove-grouping/", {"grouping": mine.pk, "add": "", **chosen}, follow=True)
    told = [str(message) for message in page.context["messages"]][-5:]
    assert told[:2] == ["1 target(s) successfully added to group 'mine'.", "1 target(s) already in group 'mine': t1"]
    assert [text.split(" was not")[0] for text in told[2:]] == [f"Target {hidden.pk}", "Target ²", f"Target {'9' * 20}"]
    client.post("/targets/add-remove-grouping/", {"grouping": mine.pk, "selected-target": [made[0].pk], "remove": "", "query_string": ""})
    assert client.get(mine.get_absolute_url()).context["record_count"] == 2
    assert b"mine" in client.get("/targets/targetgrouping/").content
    answer = client.post("/targets/add-remove-grouping/", {"selected-target": [made[0].pk, made[1].pk], "merge": ""})
    assert answer["Location"] == f"/targets/merge/{made[0].pk}/{made[1].pk}"
    assert client.get(f"/targets/targetgrouping/{mine.pk}/share/").status_code == 200
    client.get(f"/targets/targetgrouping/{mine.pk}/delete/")
    assert TargetList.objects.exists()
    client.post(f"/targets/targetgrouping/{mine.pk}/delete/")
    assert not TargetList.objects.exists()


def test_merge_by_page(client, member, make, stranger):
    first, second = make("A", permissions="PUBLIC"), make("B", permissions="PUBLIC")
    for target in (first, second):
        target.give_user_access(member)
    url = f"/targets/merge/{first.pk}/{second.pk}"
    assert "login" in client.post(url, {"name_select": first.pk, "confirm": "1"})["Location"]
    client.force_login(stranger)
    assert client.post(url, {"name_select": first.pk, "confirm": "1"}).status_code in (302, 403)
    assert BaseTarget.objects.count() == 2
    client.force_login(member)
    assert client.get(url).status_code == 200
    assert b"id_target_merge_fields" in client.get(url, {"name_select": second.pk}, headers={"HX-Request": "true"}).content
    client.post(url, {"name_select": second.pk, "confirm": "1"})
    assert BaseTarget.objects.get().name == "B"


def test_selection(client, member, make):
    client.force_login(member)
    grouping = create_list(actor=member, name="mine")
    make("Betelgeuse", ra=88.79, dec=7.41, permissions="PUBLIC")
    grouping.targets.add(*BaseTarget.objects.all())
    form = client.get("/targets/targetselection/").context["form"]
    for observatory, _ in form.fields["observatory"].choices:
        page = client.get("/targets/targetselection/", {"target_list": grouping.pk, "observatory": observatory, "window_start": "2024-12-15 12:00:00"})
        assert page.status_code == 200
    assert client.get("/targets/targetselection/", {"target_list": "x"}).status_code == 200


def test_persistent_shares(client, member, make, settings, boss):
    settings.DATA_SHARING = {"other": {"DISPLAY_NAME": "Other", "BASE_URL": "http://127.0.0.1:1/", "USERNAME": "u", "PASSWORD": "p"}}
    target = make("a")
    client.force_login(member)
    assert client.get("/targets/persistentshare/").status_code == 403
    client.force_login(boss)
    made = client.post("/targets/persistentshare/", {"target": target.pk, "destination": "other"})
    assert made.status_code == 201, made.content
    assert client.post("/targets/persistentshare/", {"target": target.pk, "destination": "nowhere"}).status_code == 400
    assert client.get(f"/targets/{target.pk}/persistentshare/").json()["count"] == 1
    assert client.get("/targets/persistentshare/manage/").status_code == 200
    assert client.delete(f"/targets/persistentshare/{made.json()['id']}/").status_code == 204
    assert not PersistentShare.objects.exists()


FILTERS = [
    ("query=alias", {"a"}), ("name=a,b", {"a", "b"}), ("name_fuzzy=A,ALIAS-ONE", {"a"}), ("type=SIDEREAL", {"a", "b"}),
    ("key=k", {"a"}), ("value=v", {"a"}), ("cone_search=10,20,1", {"a"}), ("cone_search=00:40:00,20:00:00,1", {"a"}),
    ("cone_search=1,2", set()), ("cone_search=text", set()), ("cone_search=1,99,1", set()), ("target_cone_search=a,0.1", {"a"}),
    ("target_cone_search=none,1", set()), ("num_min=5", {"a"}), ("num_max=5", set()), ("flag=true", {"a"}), ("when_after=2024-01-01", {"a"}),
    ("when_before=2023-01-01", set()), ("text=ell", {"a"}),
]  # fmt: skip


@pytest.mark.parametrize(("query", "names"), FILTERS)
def test_filters(client, make, settings, query, names):
    settings.EXTRA_FIELDS = [
        {"name": "num", "type": "number"}, {"name": "flag", "type": "boolean"}, {"name": "when", "type": "datetime"}, {"name": "text", "type": "string"},
    ]  # fmt: skip
    make("a", permissions="OPEN", names=["alias one"], extras={"k": "v", "num": 7, "flag": True, "when": "2024-05-05", "text": "Hello"})
    make("b", permissions="OPEN", ra=200.0, dec=-20.0)
    assert {t.name for t in client.get(f"/targets/?{query}").context["object_list"]} == names
    answer = client.get(f"/api/targets/?{query}")
    if query in ("cone_search=1,2", "cone_search=text", "cone_search=1,99,1"):
        assert (answer.status_code, "cone_search" in answer.content.decode()) == (400, True)
        return
    assert {t["name"] for t in answer.json()["results"]} == names


def test_cards_of_the_page_load_when_they_are_seen(client, make, member, django_assert_max_num_queries):
    target = make("a", permissions="PUBLIC")
    make("beside", ra=10.001, permissions="PUBLIC")
    make("unseen", ra=10.001)
    client.force_login(member)
    client.get(target.get_absolute_url())
    with django_assert_max_num_queries(25):
        page = client.get(target.get_absolute_url()).content.decode()
    url = reverse("targets:tab", args=[target.pk, "card-nearby"])
    assert f'hx-get="{url}"' in page
    assert "beside" not in page
    card = client.get(url).content.decode()
    assert "beside" in card
    assert "unseen" not in card
    assert client.get(reverse("targets:tab", args=[target.pk, "card-visibility"])).status_code == 404
    assert client.get(reverse("targets:tab", args=[target.pk, "nearby"])).status_code == 404
