"""The frame of every page and the table kit, in Chromium."""

import django_tables2 as tables
import pytest
from django.contrib.auth.models import Group, User
from django.urls import include, path, reverse
from django_filters.views import FilterView

from tests.axe import violations
from tests.browser import SIDEWAYS
from tom_common.htmx_table import HTMXTable, HTMXTableFilterSet, HTMXTableViewMixin

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]


class GroupTable(HTMXTable):
    name = tables.Column()

    class Meta(HTMXTable.Meta):
        model = Group
        fields = ["selection", "name"]


class GroupFilterSet(HTMXTableFilterSet):
    class Meta:
        model = Group
        fields = {"name": ["startswith"]}


class GroupListView(HTMXTableViewMixin, FilterView):
    model = Group
    queryset = Group.objects.order_by("pk")
    table_class = GroupTable
    filterset_class = GroupFilterSet
    paginate_by = 10
    template_name = "tom_common/ui/list_page.html"


urlpatterns = [path("table/", GroupListView.as_view(), name="table"), path("", include("tom_common.urls"))]


@pytest.fixture
def open_page(new_page):
    """A page logged in as a superuser."""

    def make(address="/", width=1280, theme="light", **options):
        boss = User.objects.filter(username="boss").first() or User.objects.create_superuser("boss", "b@example.org", "a-long-phrase-1")
        return new_page(address, width, theme, user=boss, **options)

    return make


@pytest.fixture
def enforced(settings):
    settings.TOM_CSP_ENFORCE = True


@pytest.mark.parametrize("theme", ["light", "dark", "night"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_are_accessible_and_fit(open_page, theme, width):
    page = open_page(width=width, theme=theme, bypass_csp=True)
    for name in ["home", "user-list", "user-profile", "user-create", "group-create", "table"]:
        page.goto(reverse(name))
        assert page.evaluate("document.documentElement.dataset.bsTheme") == theme
        assert page.evaluate(SIDEWAYS) <= 0, name
        assert violations(page) == [], name


def test_nothing_runs_into_the_policy(open_page, enforced):
    page = open_page()
    for name in ["home", "user-list", "user-profile", "table"]:
        response = page.goto(reverse(name))
        assert "script-src 'self'" in response.headers["content-security-policy"]
    page.click(".table-sort")
    page.wait_for_selector('th[aria-sort="ascending"]')
    assert page.complaints == []


def test_the_theme_is_chosen_and_kept(open_page):
    page = open_page()
    page.click(".theme-toggle")
    page.click("[data-theme-set=night]")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "night"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "night"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(0, 0, 0)"


def test_a_table_sorts_filters_pages_and_comes_back(open_page, enforced):
    Group.objects.bulk_create([Group(name=f"group {number:03}") for number in range(35)])
    page = open_page("/table/")
    page.evaluate("window.stays = true")
    page.click(".table-sort")
    page.wait_for_url("**/table/?sort=name")
    page.click("a[rel=next]")
    page.wait_for_selector("text=group 010")
    page.wait_for_url("**page=2**")
    page.fill("input[name=query]", "group 00")
    page.wait_for_selector("text=of 10")
    page.wait_for_function("location.search.includes('query=group')")
    assert "sort=name" in page.url
    assert "name__startswith" not in page.url, "an address shows only what is set"
    assert page.evaluate("window.stays"), "the page was never loaded anew"
    page.go_back()
    page.wait_for_selector("text=group 010")
    assert page.complaints == []


def test_all_that_match_are_selected(open_page):
    Group.objects.bulk_create([Group(name=f"group {number:03}") for number in range(35)])
    page = open_page("/table/")
    page.check("[data-table-select-page]")
    assert page.text_content("[data-table-selected-count]") == "10"
    page.click("[data-table-select-all]")
    assert page.text_content("[data-table-selected-count]").strip() == "35"
    page.uncheck("[data-table-select-row] >> nth=0")
    assert page.text_content("[data-table-selected-count]") == "9"
    page.click("[data-table-select-none]")
    assert page.is_hidden("[data-table-selection]")


def test_the_token_is_shown_on_asking(open_page, enforced):
    from rest_framework.authtoken.models import Token

    page = open_page("/users/profile/")
    key = Token.objects.get(user__username="boss").key
    assert key not in page.content()
    page.click("#api-token button:has-text('Show')")
    page.wait_for_selector(f"text={key}")
    assert page.complaints == []


def test_the_keyboard_reaches_search_and_content(open_page):
    page = open_page("/users/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "name"
    page = open_page("/users/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"


def test_messages_that_confirm_become_toasts(open_page):
    page = open_page("/groups/create/")
    page.fill("#id_name", "Observers")
    page.click("main button.btn-primary")
    page.wait_for_selector(".tom-toast:has-text('The group Observers is saved')")
    assert page.locator(".tom-messages .alert").count() == 0
