"""Order, pages, bulk actions and saved filters, without a list page."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group, User
from django.core.paginator import EmptyPage
from django.http import QueryDict
from django.template import Context, Template
from django.utils import timezone

from tom_common.errors import ConflictError, InvalidInputError, NotAllowedError
from tom_common.htmx_table import HTMXTable
from tom_common.models import HistoryEvent, SavedFilter, TablePreference, TaskRun
from tom_common.services import saved_filters, table_preferences
from tom_common.services.bulk import run_bulk
from tom_common.tables import (
    BulkAction,
    BulkResult,
    CappedPaginator,
    bulk,
    count_text,
    register_bulk_action,
    unregister_bulk_action,
)
from tom_common.tables.bulk import Selection, batches, bulk_actions, view_at
from tom_common.tables.filters import filters_alone
from tom_common.tables.ordering import settled

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def runs(*minutes):
    moment = timezone.now()
    return TaskRun.objects.bulk_create([TaskRun(name=f"t{i}", done=minute, created_at=moment) for i, minute in enumerate(minutes)])


@pytest.mark.parametrize(("order", "wanted"), [("done", [1, 2, None, None]), ("-done", [2, 1, None, None])])
def test_what_has_no_value_comes_last_either_way(order, wanted):
    runs(None, 2, 1, None)
    assert [run.done for run in settled(TaskRun.objects.order_by(order))] == wanted


def test_equal_rows_stand_by_their_key():
    runs(5, 5, 5, 5)
    keys = list(TaskRun.objects.order_by("pk").values_list("pk", flat=True))
    assert list(settled(TaskRun.objects.order_by("done")).values_list("pk", flat=True)) == keys
    assert list(settled(TaskRun.objects.order_by("-done")).values_list("pk", flat=True)) == keys[::-1]
    assert settled(User.objects.order_by("username")).query.order_by == ("username",), "a unique column decides by itself"
    assert settled(TaskRun.objects.order_by("actor__username")).query.order_by[-1] == "pk"


def test_pages_end_where_they_would_cost_too_much(monkeypatch):
    monkeypatch.setattr(CappedPaginator, "count_cap", 4)
    monkeypatch.setattr(CappedPaginator, "reach", 8)
    pager = CappedPaginator(list(range(20)), 2)
    assert pager.page(4).object_list == [6, 7]
    assert not pager.page(4).has_next()
    assert pager.page(4).is_cut_short
    with pytest.raises(EmptyPage):
        pager.page(5)
    with pytest.raises(EmptyPage):
        pager.page(10**30)


def test_a_capped_count_in_words():
    assert (count_text(1234), count_text(10_001), count_text(10_000)) == ("1,234", "more than 10,000", "10,000")


def test_of_an_address_only_what_filters():
    query = QueryDict("query=x&sort=-ra&page=3&per_page=50&saved=4&type=&_table=columns&kind=a&kind=b")
    assert filters_alone(query).urlencode() == "query=x&kind=a&kind=b"


# --- saved filters --------------------------------------------------------------------------------------------------------
def keep(user, name="bright", query="query=x", page="targets:list", group=None):
    return saved_filters.save_filter(actor=user, page=page, name=name, query=query, group=group)


def test_a_filter_is_kept_and_replaced_by_its_name(member):
    first = keep(member)
    assert keep(member, query="query=y").pk == first.pk
    assert SavedFilter.objects.get().query == "query=y"
    assert keep(member, page="observations:list").pk != first.pk


def test_filters_are_seen_by_owner_and_group_alone(member, members, stranger, boss, visitor):
    own, shared = keep(member), keep(member, "shared", group=members)
    colleague = User.objects.create_user("colleague")
    colleague.groups.add(members)
    assert set(saved_filters.visible_filters(member)) == {own, shared}
    assert set(saved_filters.visible_filters(colleague)) == {shared}
    for other in (stranger, visitor):
        assert not saved_filters.visible_filters(other).exists()
    for service in (saved_filters.delete_filter, lambda **about: saved_filters.change_filter(name="mine", **about)):
        with pytest.raises(NotAllowedError):
            service(actor=colleague, saved=shared)
    saved_filters.change_filter(actor=boss, saved=shared, name="ours", group=members)
    assert SavedFilter.objects.get(pk=shared.pk).name == "ours"


def test_one_shares_with_ones_own_groups_only(member, boss):
    others = Group.objects.create(name="others")
    with pytest.raises(NotAllowedError):
        keep(member, group=others)
    assert keep(boss, group=others).group == others


@pytest.mark.parametrize(("name", "query"), [("", "query=x"), ("n" * 101, "query=x"), ("fine", ""), ("fine", "q=" + "x" * 4000)])
def test_what_cannot_be_kept_is_refused(member, name, query):
    with pytest.raises(InvalidInputError):
        keep(member, name, query)
    assert not SavedFilter.objects.exists()


def test_there_is_a_limit_and_names_do_not_clash(member, monkeypatch):
    monkeypatch.setattr(saved_filters, "MOST_PER_PAGE", 2)
    one, two = keep(member, "one"), keep(member, "two")
    with pytest.raises(InvalidInputError):
        keep(member, "three")
    with pytest.raises(InvalidInputError):
        saved_filters.change_filter(actor=member, saved=two, name="one")
    keep(member, "one", "query=z")
    saved_filters.begin_with(actor=member, page="targets:list", saved=one)
    saved_filters.delete_filter(actor=member, saved=one)
    assert TablePreference.objects.get(user=member).default_filter is None


def test_one_begins_only_with_what_one_sees(member, stranger):
    with pytest.raises(NotAllowedError):
        saved_filters.begin_with(actor=stranger, page="targets:list", saved=keep(member))


# --- columns --------------------------------------------------------------------------------------------------------------
def preference(user, session=None, **what):
    about = {"columns": ["a", "b"], "per_page": 50, "choosable": ["a", "b"], "page_sizes": (20, 50), **what}
    table_preferences.keep_preference(user=user, session=session, page="p", **about)
    return table_preferences.preference_of(user=user, session=session, page="p")


def test_columns_are_kept_for_users_and_in_the_session_of_visitors(member, visitor):
    kept = preference(member)
    assert (kept.columns, kept.per_page) == (["a", "b"], 50)
    assert preference(member, columns=None, per_page=None).columns is None
    assert TablePreference.objects.count() == 1
    session = {}
    assert preference(visitor, session, columns=["b"]).columns == ["b"]
    assert TablePreference.objects.count() == 1
    assert (
        table_preferences.preference_of(user=visitor, session={"tom_tables": "broken"} and {"tom_tables": {"p": 3}}, page="p").columns
        is None
    )


@pytest.mark.parametrize("wrong", [{"columns": ["a", "c"]}, {"columns": []}, {"per_page": 33}, {"per_page": 100_000}])
def test_columns_and_rows_that_are_not_offered_are_refused(member, wrong):
    with pytest.raises(InvalidInputError):
        preference(member, **wrong)


# --- many rows ------------------------------------------------------------------------------------------------------------
def rename(*, actor, rows, options):
    if options.get("break"):
        raise ConflictError("they clash")
    return BulkResult(done=rows.update(summary="seen"))


def history(count):
    return HistoryEvent.objects.bulk_create([HistoryEvent(verb="v", object_type="x", object_id=str(i)) for i in range(count)])


def test_rows_are_done_in_batches_and_what_is_not_allowed_is_counted(boss, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 3)
    history(10)
    last = HistoryEvent.objects.order_by("pk").last().pk
    action = BulkAction(slug="x", label="X", run=rename, allowed=lambda user, rows: rows.exclude(pk=last))
    assert [len(keys) for keys in batches(HistoryEvent.objects.all(), 3)] == [3, 3, 3, 1]
    result = run_bulk(actor=boss, action=action, rows=HistoryEvent.objects.all(), options={})
    assert (result.done, result.not_allowed, result.failures) == (9, 1, 0)
    assert HistoryEvent.objects.filter(summary="seen").count() == 9


def test_what_fails_is_told_and_counted(boss):
    history(4)
    result = run_bulk(actor=boss, action=BulkAction(slug="x", label="X", run=rename), rows=HistoryEvent.objects.all(), options={"break": 1})
    assert (result.done, result.failures, result.failed) == (0, 4, [("4 rows", "they clash")])


def test_results_add_up_and_keep_no_more_failures_than_one_reads():
    many = BulkResult(failed=[(str(i), "no") for i in range(80)])
    total = many + many + BulkResult(done=3)
    assert (total.done, total.failures, len(total.failed)) == (3, 160, bulk.KEPT_FAILURES)


def test_actions_are_offered_to_whom_they_are_for(member, visitor):
    register_bulk_action("shelf", BulkAction(slug="a", label="A", run=rename))
    register_bulk_action("shelf", BulkAction(slug="b", label="B", run=rename, offered=lambda user: user.is_superuser))
    register_bulk_action("shelf", BulkAction(slug="c", label="C", run=rename, needs_login=False, offered=lambda user: True, order=1))
    try:
        assert [action.slug for action in bulk_actions("shelf", member)] == ["c", "a"]
        assert [action.slug for action in bulk_actions("shelf", visitor)] == ["c"]
        with pytest.raises(NotAllowedError):
            bulk.bulk_action("shelf", "b", member)
    finally:
        for slug in "abc":
            unregister_bulk_action("shelf", slug)
    with pytest.raises(InvalidInputError):
        register_bulk_action("shelf", BulkAction(slug="d", label="D"))


def test_modules_that_apps_name_are_met_before_others_register(monkeypatch):
    met = []
    monkeypatch.setattr(bulk, "_actions", {})
    monkeypatch.setattr(bulk, "_awaited", True)
    monkeypatch.setattr(bulk, "import_module", lambda name: SimpleNamespace(register=lambda: met.append(name)))
    register_bulk_action("targets", BulkAction(slug="delete", label="Mine", run=rename))
    assert {"tom_targets.bulk", "tom_dataproducts.product_bulk", "tom_dataproducts.measurement_bulk"} <= set(met)
    assert len(met) == len(set(met))
    assert bulk._actions["targets"]["delete"].label == "Mine"


@pytest.mark.parametrize("sent", ["", "selected-row=x", "selected-row=-1", "isSelectAll=False", "selected-row=" + "9" * 30])
def test_nothing_selected_is_nothing_done(sent):
    with pytest.raises(InvalidInputError):
        Selection.from_post("/targets/", QueryDict(sent), ["selected-row"])


def test_a_selection_goes_through_json():
    import json

    for sent in ("isSelectAll=True&query_string=query%3Dx%26page%3D2&newest=7", "selected-row=3&selected-row=3&selected-row=5"):
        selection = Selection.from_post("/targets/", QueryDict(sent), ["selected-row"])
        assert Selection.from_dict(json.loads(json.dumps(selection.as_dict()))) == selection
    assert selection.keys == (3, 5)


@pytest.mark.parametrize("path", ["/nothing/here/", "/targets/export/", "/admin/"])
def test_only_list_pages_can_be_asked_for_their_rows(boss, path):
    with pytest.raises(ConflictError):
        view_at(path, boss)


def test_a_template_may_have_rows_of_its_own(rf, member):
    """A template that extends ours and overrides the block of one row is asked for each row; else rows are made without a template."""

    class Names(HTMXTable):
        class Meta(HTMXTable.Meta):
            model = User
            fields = ["username"]

    def shown(source):
        request = rf.get("/?x=1")
        return Template(source).render(Context({"table": Names(User.objects.filter(pk=member.pk), request=request), "request": request}))

    plain = shown('{% extends "tom_common/bootstrap_htmx.html" %}')
    assert plain.count('<tr class="even">') == 1
    assert f"<td>{member.username}</td>" in plain
    assert 'href="?x=1&amp;sort=username"' in plain
    row = '{% block table.tbody.row %}<tr class="mine">{{ row.record.pk }}</tr>{% endblock %}'
    own = shown('{% extends "tom_common/bootstrap_htmx.html" %}' + row)
    assert f'<tr class="mine">{member.pk}</tr>' in own
    assert "even" not in own
