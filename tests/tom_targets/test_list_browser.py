"""The list of targets in Chromium: sort, filter, columns, saved filters, all that match, and the place kept on return."""

import os

import pytest
from django.contrib.auth.models import User

from tests.axe import violations
from tom_common.models import SavedFilter, TablePreference
from tom_targets.models import BaseTarget
from tom_targets.services import create_list
from tom_targets.services.exporting import FORMATS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("OPENTOM_TEST_PICTURES")


@pytest.fixture
def boss():
    return User.objects.create_superuser("boss", "b@example.org")


@pytest.fixture
def targets(boss):
    made = [BaseTarget(name=f"SN 2026{i:03}", type="SIDEREAL", ra=i * 3.0 % 360, dec=i - 30.0, distance=i or None) for i in range(65)]
    return BaseTarget.objects.bulk_create(made)


@pytest.fixture
def open_page(new_page, boss):
    def make(address="/targets/", width=1280, theme="light", **options):
        return new_page(address, width, theme, user=boss, **options)

    return make


def picture(page, name):
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def names(page):
    return [text.strip() for text in page.locator("tbody td.col-selection + td").all_text_contents()]


def has_rows(page, count):
    from playwright.sync_api import expect

    expect(page.locator("tbody tr")).to_have_count(count)


def test_sort_filter_and_rows_on_a_page(open_page, targets):
    page = open_page()
    page.evaluate("window.stays = true")
    page.click("th >> text=Name")
    page.wait_for_url("**?sort=name")
    assert names(page)[0] == "SN 2026000"
    assert page.evaluate("document.activeElement.dataset.sortBy") == "-name", "the heading keeps the focus"
    page.click("th >> text=Type", modifiers=["Shift"])
    page.wait_for_url("**sort=name&sort=type")
    page.select_option(".table-page-size select", "50")
    page.wait_for_url("**per_page=50**")
    has_rows(page, 50)
    assert "sort=type" in page.url
    page.fill("input[name=query]", "202606")
    has_rows(page, 5)
    page.wait_for_url("**query=202606**")
    assert "per_page=50" in page.url
    assert page.text_content("#record-count") == "5"
    assert page.locator("#skymap-targets circle").count() == 5, "the map is of the rows below it"
    assert page.text_content("#table-status").startswith("1 to 5 of 5")
    page.click("a[data-table-fields]")
    page.wait_for_selector("#filters-advanced select[name=type]")
    page.select_option("#filters-advanced select[name=type]", "NON_SIDEREAL")
    page.wait_for_selector(".table-empty")
    assert page.evaluate("window.stays"), "the page was never loaded anew"
    page.reload()
    assert page.input_value("select[name=type]") == "NON_SIDEREAL"
    assert page.input_value("input[name=query]") == "202606"
    assert page.complaints == []


def test_columns_are_chosen_and_moved_by_keyboard_and_by_drag(open_page, targets):
    page = open_page("/targets/?sort=-name")
    page.click("a[data-table-tool=columns]")
    page.wait_for_selector("[data-column-chooser]")
    picture(page, "columns-1280")
    page.check("[data-column-chooser] input[value=distance]")
    for _ in range(30):
        if page.locator("[data-column]").first.locator("input[value=distance]").count():
            break
        page.focus("[data-column]:has(input[value=distance]) [data-move=up]")
        page.keyboard.press("Enter")
    assert "place 1 of" in page.text_content("[data-column-said]")
    page.locator("[data-column]:has(input[value=dec]) .column-grip").drag_to(page.locator("[data-column]:has(input[value=name]) .column-grip"))
    page.uncheck("[data-column-chooser] input[value=type]")
    page.click("[data-column-chooser] ~ .form-actions button[value=save]")
    page.wait_for_url("**/targets/?sort=-name")
    headings = [text.strip() for text in page.locator("thead th:not(.col-selection)").all_text_contents()]
    assert headings[0] == "Distance"
    assert "Type" not in headings
    assert set(headings) == {"Distance", "Name", "RA (deg)", "Dec (deg)"}
    assert headings.index("Dec (deg)") < headings.index("RA (deg)")
    assert TablePreference.objects.get().columns[0] == "distance"
    page.click("a[data-table-tool=columns]")
    page.wait_for_selector("[data-column-chooser]")
    page.keyboard.press("Escape")
    assert page.locator("[data-column-chooser]").count() == 0
    assert page.evaluate("document.activeElement.dataset.tableTool") == "columns"
    assert page.complaints == []


def test_a_filter_is_saved_applied_and_deleted(open_page, targets):
    page = open_page("/targets/?query=20260&sort=-name")
    page.click("a[data-table-tool=filters]")
    page.fill("#id_filter_name", "The first")
    picture(page, "saved-filters-1280")
    page.click("button[value=save]")
    page.wait_for_selector(".saved-filter-note:has-text('The first')")
    page.fill("input[name=query]", "2026064")
    has_rows(page, 1)
    page.click("a[data-table-tool=filters]")
    page.click(".saved-filters a:has-text('The first')")
    page.wait_for_url("**saved=**")
    assert names(page)[0] == "SN 2026064"
    page.click("a[data-table-tool=filters]")
    page.click(".saved-filters summary")
    page.click(".saved-filters button[value=delete]")
    page.wait_for_selector(".tom-toast:has-text('is deleted')")
    assert not SavedFilter.objects.exists()
    assert page.complaints == []


def test_all_that_match_go_into_a_list_and_are_deleted(open_page, targets, boss):
    grouping = create_list(actor=boss, name="My list")
    page = open_page("/targets/?sort=name")
    assert page.is_hidden("[data-table-bulk]")
    page.fill("input[name=query]", "20260")
    page.wait_for_url("**query=20260**")
    page.check("[data-table-select-page]")
    assert page.text_content("[data-table-selected-count]") == "20"
    page.click("[data-table-select-all]")
    assert page.text_content("[data-table-selected-count]") == "65"
    picture(page, "selected-1280")
    page.select_option("#id_grouping", str(grouping.pk))
    page.click("button[name=add]")
    page.wait_for_load_state()
    assert grouping.targets.count() == 65
    assert "query=20260" in page.url, "back where one was"
    page.fill("input[name=query]", "202600")
    has_rows(page, 10)
    page.check("[data-table-select-row] >> nth=0")
    page.check("[data-table-all]")
    page.click("button[value=delete]")
    page.wait_for_selector("h1:has-text('Delete')")
    picture(page, "delete-1280")
    page.click("main .btn-danger")
    page.wait_for_selector(".tom-toast:has-text('10 deleted.')")
    assert BaseTarget.objects.count() == 55
    assert page.complaints == []


def test_what_is_ticked_and_what_the_filters_find_is_had_in_every_format(open_page, targets):
    import csv
    from pathlib import Path

    def saved(click):
        with page.expect_download() as found:
            click()
        return Path(found.value.path())

    def names_in(path):
        return [row["name"] for row in csv.DictReader(path.read_text().splitlines())]

    page = open_page("/targets/?sort=name")
    page.fill("input[name=query]", "202606")
    has_rows(page, 5)
    page.wait_for_url("**query=202606**")
    assert len(names_in(saved(lambda: page.click("a:has-text('Export Filtered Targets')")))) == 5, "as filtered since the page was loaded"
    starts = {"CSV": b"name,type", "ECSV": b"# %ECSV", "VOTable": b"<?xml", "FITS table": b"SIMPLE"}
    assert len(starts) == len(FORMATS)
    for label, start in starts.items():
        page.click("button:has-text('Export in another format')")
        picture(page, "export-1280")
        content = saved(lambda label=label: page.get_by_role("link", name=label, exact=True).click()).read_bytes()
        assert content.startswith(start), label
        assert content.count(b"SN 20260") == 5, label
    page.check("[data-table-select-row] >> nth=1")
    for slug in FORMATS:
        button = page.locator(f"button[value={'export' if slug == 'csv' else f'export-{slug}'}]")
        assert saved(button.click).read_bytes().count(b"SN 20260") == 1, slug
    page.check("[data-table-all]")
    assert len(names_in(saved(page.locator("button[value=export]").click))) == 5
    assert page.complaints == []


def test_whoever_comes_back_finds_the_list_as_it_was_left(open_page, targets):
    page = open_page("/targets/?sort=name")
    page.click("a[rel=next]")
    page.wait_for_selector("tbody a:has-text('SN 2026020')")
    page.wait_for_url("**page=2**")
    page.check("[data-table-select-row] >> nth=3")
    page.evaluate("document.querySelector('.table-scroll').style.maxHeight = ''")
    page.evaluate("document.querySelector('.table-scroll').scrollTop = 120; scrollTo(0, 60)")
    kept = page.evaluate("document.querySelector('.table-scroll').scrollTop")
    page.click("tbody a:has-text('SN 2026030')")
    page.wait_for_selector("h1:has-text('SN 2026030')")
    page.wait_for_selector("a[data-table-back][href$='/targets/?sort=name&page=2']")  # set by the page's script
    page.click("a[data-table-back]")
    page.wait_for_url("**/targets/?sort=name&page=2")
    page.wait_for_selector("tr.is-last-opened:has-text('SN 2026030')")
    page.wait_for_selector("[data-table-selected-count]:text-is('1')")
    assert page.is_checked("[data-table-select-row] >> nth=3")
    assert page.evaluate("document.querySelector('.table-scroll').scrollTop") == kept
    page.go_back()
    page.wait_for_selector("h1:has-text('SN 2026030')")
    page.go_back()
    page.wait_for_selector("tbody a:has-text('SN 2026020')")
    assert "page=2" in page.url


def test_without_scripts_it_works_by_links_and_forms(open_page, targets):
    page = open_page(scripts=False)
    page.click("th >> text=Name")
    assert names(page)[0] == "SN 2026000"
    page.fill("input[name=query]", "2026064")
    page.click("form[data-table-filter] button:has-text('Apply')")
    assert names(page) == ["SN 2026064"]
    assert "sort=name" in page.url
    page.click("a[data-table-fields]")
    page.select_option("select[name=type]", "NON_SIDEREAL")
    page.click("main button:has-text('Filter')")
    assert page.locator(".table-empty").count() == 1
    page.goto(page.url.partition("?")[0])
    page.click("a[data-table-tool=columns]")
    page.check("input[value=distance]")
    page.fill("input[name=place-distance]", "1")
    page.fill("input[name=place-name]", "2")
    page.click("main button[value=save]")
    assert [text.strip() for text in page.locator("thead th").all_text_contents()][1:3] == ["Distance", "Name"]
    page.check("[data-table-all]")
    page.click("button[value=delete]")
    assert page.locator("main strong").first.text_content() == "65"


@pytest.mark.parametrize("theme", ["light", "dark", "night"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_list_is_accessible_and_fits(open_page, targets, theme, width):
    page = open_page("/targets/?sort=-name&per_page=10", width=width, theme=theme, bypass_csp=True)
    page.check("[data-table-select-row] >> nth=1")
    picture(page, f"list-{width}-{theme}")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert violations(page) == []
    page.click("a[data-table-tool=columns]")
    page.wait_for_selector("[data-column-chooser]")
    picture(page, f"columns-{width}-{theme}")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert violations(page) == []
    page.click("a[data-table-tool=filters]")
    page.wait_for_selector(".table-tool:has-text('Saved filters')")
    assert violations(page) == []
