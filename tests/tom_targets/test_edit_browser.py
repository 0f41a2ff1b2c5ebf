"""Creating, merging and sharing rights in Chromium: by mouse and keyboard, without complaints of the page's policy."""

import os

import pytest
from django.contrib.auth.models import Group, User

from tests.axe import violations
from tom_common.models import HistoryEvent
from tom_targets.models import BaseTarget
from tom_targets.rows import TargetRow
from tom_targets.services import create_list, create_target

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("OPENTOM_TEST_PICTURES")


@pytest.fixture
def boss():
    return User.objects.create_superuser("boss", "b@example.org")


@pytest.fixture
def pair(boss):
    first = TargetRow(name="SN 2026abc", ra=150.0, dec=2.2, aliases=("ZTF26abc",), extras={"host": "NGC 1"}, fields={"pm_ra": 1.0})
    second = TargetRow(name="Gaia26xyz", ra=150.0003, dec=2.2001, aliases=("GOTO26x",), extras={"host": "NGC 1a"}, fields={"distance": 5e7})
    made = [create_target(actor=boss, row=row) for row in (first, second)]
    create_list(actor=boss, name="Transients").targets.add(made[1])
    return made


@pytest.fixture
def open_page(new_page, boss):
    def make(address, width=1280, theme="light", **options):
        return new_page(address, width, theme, user=boss, height=900, **options)

    return make


def picture(page, name):
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def test_two_targets_are_merged_and_taken_apart(open_page, pair):
    first, second = pair
    page = open_page("/targets/?sort=name")
    for name in ("SN 2026abc", "Gaia26xyz"):
        page.get_by_role("row", name=name).locator("[data-table-select-row]").check()
    page.click("button[name=merge]")
    page.wait_for_selector("h1:has-text('Merge')")
    page.select_option("select[name=name_select]", str(first.pk))
    page.wait_for_selector(f"#id_target_merge_fields input[name=shown][value='{first.pk}']", state="attached")
    row = page.locator("tr", has=page.locator("th", has_text="Right Ascension"))
    assert "150.0" in row.locator("td").last.text_content()
    row.locator(f"input[value='{second.pk}']").check()
    page.wait_for_function(
        "() => [...document.querySelectorAll('#id_target_merge_fields tr')].some(r => r.children[3]?.textContent.includes('150.0003'))"
    )
    assert page.locator("tr", has_text="Target lists").locator("td").first.text_content() == "1"
    host = page.locator("tr", has=page.locator("th", has_text="host"))
    assert host.locator("input[value='']").is_checked(), "both values of a tag are kept unless one is chosen"
    picture(page, "merge-1280")
    assert violations(page) == []
    page.click("button[name=confirm]")
    page.wait_for_selector(".tom-toast:has-text('was merged into')")
    merged = BaseTarget.objects.get()
    assert (merged.name, merged.ra, merged.dec, merged.distance) == ("SN 2026abc", 150.0003, 2.2, 5e7)
    assert set(merged.names) == {"SN 2026abc", "ZTF26abc", "Gaia26xyz", "GOTO26x"}
    event = HistoryEvent.objects.get(verb="merged")
    page.goto(page.url.split("?")[0] + "?tab=history")
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator(f"form.history-undo[action*='{event.pk}'] button").click()
    page.wait_for_selector(".history-head:has-text('split')", state="attached", timeout=15000)
    assert BaseTarget.objects.count() == 2
    assert page.complaints == []


def test_without_scripts_what_comes_out_is_shown_by_a_button(open_page, pair):
    first, second = pair
    page = open_page(f"/targets/merge/{first.pk}/{second.pk}", scripts=False)
    page.select_option("select[name=name_select]", str(second.pk))
    page.click("button[name=preview]")
    assert page.locator("input[name=shown]").get_attribute("value") == str(second.pk)
    page.click("button[name=confirm]")
    assert BaseTarget.objects.get().name == "Gaia26xyz"


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_pages_are_accessible_and_fit(open_page, pair, boss, theme, width):
    Group.objects.create(name="Supernova group")
    grouping = create_list(actor=boss, name="Mine")
    first, second = pair
    pages = {
        "form": "/targets/create/", "orbit": "/targets/create/?type=NON_SIDEREAL", "update": f"/targets/{first.pk}/update/",
        "rights": f"/targets/{first.pk}/rights/", "list": f"/targets/targetgrouping/{grouping.pk}/", "delete": f"/targets/{first.pk}/delete/",
        "merge": f"/targets/merge/{first.pk}/{second.pk}", "detail": f"/targets/{first.pk}/",
    }  # fmt: skip
    wrong = {}
    for name, address in pages.items():
        page = open_page(address, width=width, theme=theme)
        picture(page, f"{name}-{theme}-{width}")
        found = violations(page) if name != "detail" else []
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if found or wide > 0 or page.complaints:
            wrong[name] = (found, wide, page.complaints)
        page.context.close()
    assert not wrong
