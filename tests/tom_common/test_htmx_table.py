import django_tables2 as tables
import pytest
from django.contrib.auth.models import Group, User
from django.core.paginator import EmptyPage
from django.http import Http404
from django.test import RequestFactory
from django_filters.views import FilterView

from tom_common.htmx_table import CappedPaginator, HTMXTable, HTMXTableFilterSet, HTMXTableViewMixin, capped_count

pytestmark = [pytest.mark.django_db, pytest.mark.database]


class GroupTable(HTMXTable):
    name = tables.Column(linkify=lambda record: f"/g/{record.pk}")

    class Meta(HTMXTable.Meta):
        model = Group
        fields = ["selection", "name"]

    def order_name(self, queryset, is_descending):
        return self.model_property_ordering(queryset, is_descending, "shouted")


class PlainGroupTable(HTMXTable):
    class Meta(HTMXTable.Meta):
        model = Group
        fields = ["selection", "name"]


class GroupFilterSet(HTMXTableFilterSet):
    class Meta:
        model = Group
        fields = ["name"]


class GroupListView(HTMXTableViewMixin, FilterView):
    model = Group
    queryset = Group.objects.order_by("pk")
    table_class = PlainGroupTable
    filterset_class = GroupFilterSet
    template_name = "tom_common/ui/table_page.html"
    paginate_by = 10


@pytest.fixture
def groups():
    return Group.objects.bulk_create([Group(name=f"group {number:03}") for number in range(35)])


def get(view=GroupListView, htmx=False, **data):
    request = RequestFactory().get("/groups/", data, headers={"HX-Request": "true"} if htmx else {})
    request.user = User()
    return view.as_view()(request)


def test_a_page_of_the_table(groups, django_assert_num_queries):
    with django_assert_num_queries(2):  # the capped count and the rows
        response = get()
        page = response.render().content.decode()
    assert response.context_data["record_count"] == 35
    assert not response.context_data["record_count_is_capped"]
    assert "1–10 of 35" in page
    assert 'name="selected-row"' in page
    assert 'aria-label="Select group 003"' in page
    assert "Select all 35 that match" in page


def test_the_number_of_queries_does_not_grow(groups, django_assert_num_queries):
    Group.objects.bulk_create([Group(name=f"more {number}") for number in range(500)])
    with django_assert_num_queries(2):
        get(page=3).render()


def test_htmx_gets_the_table_alone(groups):
    response = get(htmx=True, query="group 01")
    page = response.render().content.decode()
    assert response.template_name == [HTMXTable.partial_template_name]
    assert "<form" not in page
    assert "1–10 of 11" in page
    assert "HX-Request" in response["Vary"]
    whole = get(query="group 01").render().content.decode()
    assert "<form" in whole


def test_sorting(groups):
    rows = get(sort="-name").context_data["table"].page.object_list
    assert [row.record.name for row in rows][:2] == ["group 034", "group 033"]
    page = get(sort="-name", page=2).render().content.decode()
    assert 'aria-sort="descending"' in page
    assert "page=2" not in page.split("</thead>")[0], "another order begins at the first page"


def test_empty_and_no_match_are_told_apart(groups):
    none = get(query="nothing like it")
    assert not none.context_data["empty_database"]
    assert "Nothing matches" in none.render().content.decode()
    Group.objects.all().delete()
    empty = get()
    assert empty.context_data["empty_database"]
    assert "Nothing here yet" in empty.render().content.decode()


def test_counting_stops(groups, monkeypatch):
    monkeypatch.setattr(CappedPaginator, "count_cap", 20)
    response = get(page=2)
    assert response.context_data["record_count"] == 20
    assert response.context_data["record_count_is_capped"]
    page = response.render().content.decode()
    assert "of more than 20" in page
    assert 'rel="next"' in page
    last = get(page=4).context_data["table"].page
    assert (len(last.object_list), last.has_next(), last.number) == (5, False, 4)


def test_a_page_out_of_range_does_not_break(groups):
    for wrong in ["999", "0", "-3", "x", "99999999999999999999"]:
        try:
            assert get(page=wrong).render().status_code == 200
        except Http404:
            pytest.fail(f"page={wrong} answered 404")


def test_the_pager_by_itself():
    pager = CappedPaginator(list(range(25)), 10)
    assert (pager.count, pager.num_pages, pager.page(3).has_next(), list(pager.page(3))) == (25, 3, False, [20, 21, 22, 23, 24])
    assert (pager.page(2).start_index(), pager.page(2).end_index()) == (11, 20)
    with pytest.raises(EmptyPage):
        pager.page(4)
    assert CappedPaginator([], 10).page(1).end_index() == 0


def test_capped_count_asks_no_more_than_it_must(groups, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert capped_count(Group.objects.all(), 10) == 11
    assert capped_count(Group.objects.all(), 100) == 35
    assert capped_count([1, 2], 1) == 2


def test_project_search_function(groups, settings):
    settings.GENERAL_SEARCH_FUNCTIONS = {"auth.Group": lambda queryset, name, value: queryset.filter(name=f"group {value}")}
    assert get(query="007").context_data["record_count"] == 1
    settings.GENERAL_SEARCH_FUNCTIONS = {"auth.Group": "tests.tom_common.test_htmx_table.search_nothing"}
    assert get(query="007").context_data["record_count"] == 0


def search_nothing(queryset, name, value):
    return queryset.none()


def test_words_are_searched_each(groups):
    assert get(query="034 group").context_data["record_count"] == 1
    assert get(query="\x00").render().status_code == 200


def test_ordering_by_a_property(groups, monkeypatch):
    monkeypatch.setattr(Group, "shouted", property(lambda self: None if self.name.endswith("5") else self.name[::-1]), raising=False)

    class View(GroupListView):
        table_class = GroupTable

    names = [row.record.name for row in View().table_class(Group.objects.all(), order_by="name").rows]
    assert names[0] == "group 000"
    assert names[1] == "group 010"
    assert all(name.endswith("5") for name in names[-3:]), "rows without a value come last"
    assert get(View, sort="-name").render().status_code == 200


def test_names_in_the_table_are_escaped():
    Group.objects.create(name="<script>alert(1)</script>")
    assert "<script>alert" not in get().render().content.decode()
