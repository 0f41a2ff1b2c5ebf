"""The list of targets: columns, saved filters, rows on a page, and what is done with many at once."""

import re

import pytest
from django.contrib.auth.models import User
from django.core.checks import Warning
from guardian.shortcuts import assign_perm

from tom_common.models import SavedFilter, TablePreference, TaskRun
from tom_common.tables import BulkAction, BulkResult, register_bulk_action, unregister_bulk_action
from tom_targets.checks import check_settings
from tom_targets.models import BaseTarget, TargetList
from tom_targets.services import create_list

pytestmark = [pytest.mark.django_db, pytest.mark.database]
LIST = "/targets/"


def headings(answer):
    table = answer.content.decode().partition("<thead")[2].partition("</thead>")[0]
    return [re.sub(r"<[^>]+>|\s+", " ", cell).strip() for cell in re.findall(r"<th.*?</th>", table, re.S)][1:]


def names(answer):
    return [row.record.name for row in answer.context["table"].page.object_list]


@pytest.fixture
def mine(make, member):
    """Targets of the member: three that they may delete, two that they only see, and one that is hidden from them."""
    made = {}
    for name in ("T1", "T2", "T3", "Seen 1", "Seen 2", "Hidden T"):
        made[name] = make(name, ra=float(len(made)) or None, permissions="PRIVATE")
        if name != "Hidden T":
            assign_perm("tom_targets.view_target", member, made[name])
        if name.startswith("T"):
            assign_perm("tom_targets.delete_target", member, made[name])
    return made


# --- columns --------------------------------------------------------------------------------------------------------------
def test_the_columns_of_the_setting(client, mine, member, settings):
    settings.EXTRA_FIELDS = [{"name": "redshift", "type": "number"}, {"name": "secret", "type": "string", "hidden": True}]
    settings.TARGET_LIST_COLUMNS = ["name", "redshift", "dec", "aliases", "modified"]
    mine["T1"].save(extras={"redshift": "0.0123"}, names=["Other name"])
    client.force_login(member)
    answer = client.get(LIST, {"query": "T1"})
    assert headings(answer) == ["Name", "redshift", "Dec (deg)", "Aliases", "Last Modified"]
    page = answer.content.decode()
    assert "0.0123" in page
    assert "Other name" in page
    assert "UTC" in page.partition("<tbody")[2].partition("</tbody>")[0]
    assert "secret" not in client.get(LIST, {"_table": "columns"}).content.decode()


def test_a_column_that_is_none_is_told(settings):
    settings.TARGET_LIST_COLUMNS = ["name", "constellation", "no_such_thing"]
    found = [one for one in check_settings(None) if one.id == "tom_targets.W004"]
    assert len(found) == 1
    assert isinstance(found[0], Warning)
    assert "no_such_thing" in found[0].msg
    assert "constellation" not in found[0].msg


def test_a_user_chooses_columns_and_their_order(client, mine, member):
    client.force_login(member)
    chooser = client.get(LIST, {"_table": "columns", "sort": "-name"}).content.decode()
    assert 'value="distance"' in chooser
    assert 'action="/targets/?sort=-name"' in chooser
    sent = {
        "_table": "columns",
        "do": "save",
        "column": ["name", "dec", "distance"],
        "place-name": 2,
        "place-dec": 3,
        "place-distance": 1,
        "per_page": 50,
    }
    answer = client.post(f"{LIST}?sort=-name", sent)
    assert answer["Location"] == "/targets/?sort=-name"
    answer = client.get(LIST)
    assert headings(answer) == ["Distance", "Name", "Dec (deg)"]
    assert answer.context["table"].paginator.per_page == 50
    assert headings(client.get(LIST, headers={"HX-Request": "true"})) == ["Distance", "Name", "Dec (deg)"]
    client.post(LIST, {"_table": "columns", "do": "reset"})
    assert headings(client.get(LIST)) == ["Name", "Type", "RA (deg)", "Dec (deg)"]


def test_a_visitors_columns_live_in_the_session(client, make):
    make("Open", permissions="OPEN")
    client.post(LIST, {"_table": "columns", "do": "save", "column": ["name", "epoch"]})
    assert headings(client.get(LIST)) == ["Name", "Epoch"]
    assert not TablePreference.objects.exists()


@pytest.mark.parametrize("wrong", [{"column": ["name", "password"]}, {"column": []}, {"column": ["name"], "per_page": "7"}])
def test_columns_that_are_not_there_are_refused_in_words(client, mine, member, wrong):
    client.force_login(member)
    answer = client.post(LIST, {"_table": "columns", "do": "save", **wrong}, follow=True)
    assert answer.status_code == 200
    assert any(message.level_tag == "error" for message in answer.context["messages"])
    assert not TablePreference.objects.exists()


def test_a_column_that_has_gone_is_left_out_and_told(client, mine, member):
    TablePreference.objects.create(user=member, page="targets:list", columns=["name", "gone_field"])
    client.force_login(member)
    assert headings(client.get(LIST)) == ["Name"]
    assert "gone_field" in client.get(LIST, {"_table": "columns"}).content.decode()


def test_rows_on_a_page_have_a_limit(client, boss, make):
    BaseTarget.objects.bulk_create([BaseTarget(name=f"N {i}", type="SIDEREAL", ra=1.0, dec=1.0) for i in range(230)])
    client.force_login(boss)
    assert len(names(client.get(LIST, {"per_page": "100"}))) == 100
    assert len(names(client.get(LIST, {"per_page": "99999"}))) == 200
    assert len(names(client.get(LIST, {"per_page": "1000000"}))) == 20
    for wrong in ("-1", "x", "0", "9" * 40):
        assert client.get(LIST, {"per_page": wrong}).status_code == 200


def test_order_by_a_column_that_some_have_not(client, mine, member):
    client.force_login(member)
    assert names(client.get(LIST, {"sort": "ra"}))[-1] == "T1", "without a right ascension, so at the end"
    assert names(client.get(LIST, {"sort": "-ra"}))[-1] == "T1"
    assert names(client.get(LIST, {"sort": ["type", "-name"]}))[0] == "T3"
    page = client.get(LIST, {"sort": ["type", "-name"]}).content.decode()
    assert page.count('aria-sort="ascending"') == 1
    assert 'aria-sort="descending"' not in page, "one heading says the order"
    for wrong in ("password", "targetextra__value", "pk", "?", "-", "ra__gt", "permissions"):
        assert client.get(LIST, {"sort": wrong}).status_code == 200


def test_the_columns_that_upper_floors_add_count_what_is_seen(client, mine, member, stranger, settings):
    from tom_dataproducts.models import DataProduct
    from tom_observations.models import ObservationRecord

    settings.TARGET_LIST_COLUMNS = ["name", "type", "observations", "saved_data"]
    for name in ("T1", "T1", "T2", "Hidden T"):
        ObservationRecord.objects.create(target=mine[name], user=member, facility="Example", status="PENDING", parameters={})
    DataProduct.objects.create(target=mine["T2"], product_id="p", data_product_type="photometry")
    client.force_login(member)
    answer = client.get(LIST, {"sort": "name"})
    assert headings(answer) == ["Name", "Type", "Observations", "Saved data"]
    cells = re.findall(r'<td class="num text-end">(\d+)</td>', answer.content.decode())
    assert list(zip(names(answer), cells[::2], cells[1::2], strict=True))[2:4] == [("T1", "2", "0"), ("T2", "1", "1")]


# --- saved filters --------------------------------------------------------------------------------------------------------
def save(client, query, **more):
    return client.post(f"{LIST}?{query}", {"_table": "filters", "do": "save", "query": query, "name": "My nights", **more})


def test_a_filter_is_saved_and_applied(client, mine, member):
    client.force_login(member)
    answer = save(client, "query=T&sort=-name&page=3")
    saved = SavedFilter.objects.get()
    assert saved.query == "query=T&sort=-name"
    assert answer["Location"] == f"/targets/?query=T&sort=-name&saved={saved.pk}"
    page = client.get(answer["Location"])
    assert names(page) == ["T3", "T2", "T1"]
    assert "My nights" in page.content.decode()
    assert "changed since" not in page.content.decode()
    assert "changed since" in client.get(LIST, {"query": "T1", "saved": saved.pk}).content.decode()
    assert "My nights" in client.get(LIST, {"_table": "filters"}).content.decode()


def test_a_filter_opens_the_list_when_so_asked(client, mine, member):
    client.force_login(member)
    save(client, "query=Seen", begin="on")
    answer = client.get(LIST)
    assert answer.status_code == 302
    assert "query=Seen" in answer["Location"]
    assert len(names(client.get(LIST, {"saved": "0"}))) == 5, "and it can be put aside"
    assert client.get(LIST, headers={"HX-Request": "true"}).status_code == 200
    client.post(LIST, {"_table": "filters", "do": "begin-none"})
    assert client.get(LIST).status_code == 200


@pytest.mark.parametrize("query", ["", "page=3", "nonsense=1", "type=NO_SUCH_TYPE"])
def test_what_is_no_filter_is_not_saved(client, mine, member, query):
    client.force_login(member)
    answer = client.post(LIST, {"_table": "filters", "do": "save", "query": query, "name": "x"}, follow=True)
    assert not SavedFilter.objects.exists()
    assert any(message.level_tag == "error" for message in answer.context["messages"])


def test_a_filter_whose_field_has_gone_says_so(client, mine, member, settings):
    settings.EXTRA_FIELDS = [{"name": "redshift", "type": "number"}]
    client.force_login(member)
    save(client, "redshift_min=0.1&query=T")
    saved = SavedFilter.objects.get()
    assert "is no filter" not in client.get(f"{LIST}?{saved.query}&saved={saved.pk}").content.decode()
    settings.EXTRA_FIELDS = []
    page = client.get(f"{LIST}?{saved.query}&saved={saved.pk}")
    assert "&quot;redshift_min&quot; is no filter of this page (any more)." in page.content.decode()
    assert len(names(page)) == 3
    assert "redshift_min" in client.get(LIST, {"_table": "filters"}).content.decode()


def test_what_others_saved_answers_like_what_is_not_there(client, mine, member, stranger):
    saved = SavedFilter.objects.create(owner=stranger, page="targets:list", name="Theirs", query="query=T")
    client.force_login(member)
    for do in ("change", "delete", "begin"):
        assert client.post(LIST, {"_table": "filters", "do": do, "filter": saved.pk, "name": "mine"}).status_code == 404
        assert client.post(LIST, {"_table": "filters", "do": do, "filter": saved.pk + 1000, "name": "mine"}).status_code == 404
    assert "Theirs" not in client.get(LIST, {"query": "T", "saved": saved.pk}).content.decode()
    assert SavedFilter.objects.get().name == "Theirs"


def test_visitors_are_asked_to_log_in(client, make):
    make("Open", permissions="OPEN")
    for sent in ({"_table": "filters", "do": "save", "name": "x", "query": "query=x"}, {"bulk": "delete", "isSelectAll": "True"}):
        answer = client.post(LIST, sent)
        assert answer.status_code == 302
        assert "/accounts/login/" in answer["Location"]
    assert client.get(LIST, {"_table": "no-such-tool"}).status_code == 404
    assert client.post(LIST, {}).status_code == 405


# --- many targets ---------------------------------------------------------------------------------------------------------
def test_delete_is_asked_and_says_how_many_and_what_goes_with_them(client, mine, member):
    mine["T1"].save(names=["A", "B"])
    client.force_login(member)
    answer = client.post(LIST, {"bulk": "delete", "selected-target": [target.pk for target in mine.values()], "query_string": "sort=name"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert '<strong class="num">5</strong> selected' in page, "the hidden one is not even counted"
    assert '<strong class="num">3</strong> may be changed' in page
    assert "Hidden T" not in page
    goes = {name.lower(): count for name, count in answer.context["consequences"]}
    assert "2" in goes.values()
    assert BaseTarget.objects.count() == 6, "nothing is done before it is confirmed"


def test_delete_takes_what_one_may_delete_and_nothing_else(client, mine, member):
    client.force_login(member)
    sent = {"bulk": "delete", "confirmed": "1", "selected-target": [target.pk for target in mine.values()], "query_string": "sort=name"}
    answer = client.post(LIST, sent, follow=True)
    assert answer.redirect_chain[-1][0] == "/targets/?sort=name"
    assert set(BaseTarget.objects.values_list("name", flat=True)) == {"Seen 1", "Seen 2", "Hidden T"}
    texts = [str(message) for message in answer.context["messages"]]
    assert texts == ["3 deleted.", "2 left as they are: you may see but not change them."]


def test_all_that_match_never_touches_or_counts_what_is_hidden(client, mine, member, boss):
    """The same requests with and without the hidden target: the same answers."""
    client.force_login(member)
    sent = {"bulk": "delete", "isSelectAll": "True", "query_string": "query=T&sort=name"}

    def asked():
        answer = client.post(LIST, sent)
        return answer.context["count"], answer.context["allowed_text"], answer.context["names"], answer.context["consequences"]

    with_it = asked()
    hidden = mine["Hidden T"].pk
    BaseTarget.objects.filter(pk=hidden).delete()
    assert asked() == with_it
    assert with_it[:2] == ("3", "3")
    again = BaseTarget.objects.create(name="Hidden T", type="SIDEREAL", ra=1, dec=1, permissions="PRIVATE")
    client.post(LIST, {**sent, "confirmed": "1"})
    assert set(BaseTarget.objects.values_list("name", flat=True)) == {"Seen 1", "Seen 2", "Hidden T"}
    assert BaseTarget.objects.filter(pk=again.pk).exists()


def test_what_came_after_the_question_is_not_touched(client, mine, boss, make):
    client.force_login(boss)
    page = client.post(LIST, {"bulk": "delete", "isSelectAll": "True", "query_string": "query=T"})
    newest = re.search(r'name="newest" value="(\d+)"', page.content.decode()).group(1)
    make("T came later")
    client.post(LIST, {"bulk": "delete", "confirmed": "1", "isSelectAll": "True", "query_string": "query=T", "newest": newest})
    assert BaseTarget.objects.filter(name="T came later").exists()
    assert not BaseTarget.objects.filter(name="T1").exists()


@pytest.mark.parametrize("where", ["bulk", "list"])
def test_a_filter_that_is_not_understood_is_not_taken_for_none(client, mine, boss, where):
    client.force_login(boss)
    grouping = create_list(actor=boss, name="a list")
    sent = {"isSelectAll": "True", "query_string": "type=NO_SUCH_TYPE"}
    if where == "bulk":
        answer = client.post(LIST, {**sent, "bulk": "delete", "confirmed": "1"}, follow=True)
    else:
        answer = client.post("/targets/add-remove-grouping/", {**sent, "grouping": grouping.pk, "add": ""}, follow=True)
    assert BaseTarget.objects.count() == 6
    assert not grouping.targets.exists()
    assert any("not valid" in str(message) for message in answer.context["messages"])


def test_many_go_on_as_a_task_that_its_owner_may_watch(client, boss, member):
    BaseTarget.objects.bulk_create([BaseTarget(name=f"N {i}", type="SIDEREAL", ra=1.0, dec=1.0) for i in range(101)])
    client.force_login(boss)
    answer = client.post(LIST, {"bulk": "delete", "confirmed": "1", "isSelectAll": "True", "query_string": "query=N"})
    run = TaskRun.objects.get(name="tom_common.services.bulk.run_bulk_task")
    assert answer["Location"] == f"/tables/bulk/{run.pk}/"
    assert (run.state, run.result["done"], run.done, run.total) == ("succeeded", 101, 101, 101)
    assert "101 deleted." in client.get(answer["Location"]).content.decode()
    assert "<html" not in client.get(answer["Location"], headers={"HX-Request": "true"}).content.decode()
    client.force_login(member)
    for url in (answer["Location"], "/tables/bulk/987654/"):
        assert (client.get(url).status_code, client.post(url).status_code) == (404, 404)
    client.logout()
    assert "/accounts/login/" in client.get(answer["Location"])["Location"]


def test_an_export_of_what_is_ticked(client, mine, member):
    client.force_login(member)
    answer = client.post(LIST, {"bulk": "export", "selected-target": [mine["T1"].pk, mine["Hidden T"].pk]})
    text = b"".join(answer.streaming_content).decode()
    assert "T1" in text
    assert "Hidden T" not in text


def test_others_plug_in(client, mine, member):
    def tag(*, actor, rows, options):
        return BulkResult(done=len(rows), passed_over=1, failed=[("T2", "the telescope slept")])

    register_bulk_action("targets", BulkAction(slug="wink", label="Wink at them", run=tag, confirm=False, past="winked at"))
    try:
        client.force_login(member)
        assert "Wink at them" in client.get(LIST).content.decode()
        answer = client.post(LIST, {"bulk": "wink", "selected-target": [mine["T1"].pk]}, follow=True)
        texts = [str(message) for message in answer.context["messages"]]
        assert texts[0] == "1 winked at."
        assert "T2: the telescope slept" in texts[-1]
    finally:
        unregister_bulk_action("targets", "wink")
    answer = client.post(LIST, {"bulk": "wink", "selected-target": [mine["T1"].pk]}, follow=True)
    assert any("no such action" in str(message) for message in answer.context["messages"])


def test_moving_all_that_match_between_lists(client, mine, member):
    client.force_login(member)
    grouping = create_list(actor=member, name="a list")
    sent = {"grouping": grouping.pk, "isSelectAll": "True", "query_string": "query=T&page=2"}
    client.post("/targets/add-remove-grouping/", {**sent, "add": ""})
    assert set(grouping.targets.values_list("name", flat=True)) == {"T1", "T2", "T3"}
    client.post("/targets/add-remove-grouping/", {**sent, "query_string": f"targetlist__name={grouping.pk}", "remove": ""})
    assert not grouping.targets.exists()
    assert TargetList.objects.count() == 1


# --- how many queries -------------------------------------------------------------------------------------------------------
def test_the_lists_to_put_targets_into_are_asked_for_when_somebody_ticks_a_row(client, mine, member, stranger):
    seen = create_list(actor=stranger, name="Seen by all")
    assign_perm("tom_targets.view_targetlist", member, seen)
    own = create_list(actor=member, name="<Own>")
    client.force_login(member)
    page = client.get("/targets/").content.decode()
    assert "&lt;Own&gt;" not in page
    assert 'hx-get="/targets/list-choice/"' in page
    option = f'<option value="{own.pk}">&lt;Own&gt;</option>'
    assert client.get("/targets/list-choice/").content.decode().strip() == option, "a list that one sees only is not offered"
    # without script the page brings them itself, when so asked
    assert '<a href="?name=a&amp;_lists=1">' in client.get("/targets/?name=a").content.decode()
    asked = client.get("/targets/?name=a&_lists=1")
    assert option in asked.content.decode()
    assert "list-choice" not in asked.content.decode()
    assert [*asked.context["groupings"]] == [own]
    client.logout()
    assert client.get("/targets/list-choice/").status_code == 302


def test_what_a_page_costs(client, mine, member, boss, django_assert_max_num_queries):
    """Session, user, wishes about the table, count, rows, lists; of a member also the rights on the model, and the groups."""
    TablePreference.objects.create(user=member, page="targets:list", columns=["name", "ra", "modified"])
    for user, most in ((boss, 6), (member, 9)):
        client.force_login(user)
        client.get(LIST)
        with django_assert_max_num_queries(most):
            client.get(LIST, {"query": "T", "sort": "-ra"})


def test_empty_lists_say_why(client, mine, member):
    client.force_login(member)
    assert "Clear the filters" in client.get(LIST, {"query": "zzz"}).content.decode()
    client.force_login(User.objects.create_user("newcomer"))
    assert "No target yet" in client.get(LIST).content.decode()
    client.logout()
    assert "Log in" in client.get(LIST).content.decode()
