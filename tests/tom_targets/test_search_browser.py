"""Search in Chromium: places, names and tags in the list, what is wrong beside the field; and the navigation bar that goes straight to one."""

import pytest
from playwright.sync_api import expect

from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sky(member):
    """Two neighbours, one of them across right ascension 0, one at the pole, one elsewhere, and one that the member may not see."""
    made = {}
    for name, ra, dec, aliases, extras in (
        ("AT 2026aaa", 0.05, 10.0, ["ZTF26aaa"], {"host": "NGC 1"}),
        ("AT 2026bbb", 359.95, 10.0, [], {}),
        ("Polaris", 37.954561, 89.264109, ["alpha UMi"], {}),
        ("M42", 83.822, -5.391, ["NGC 1976"], {}),
        ("Hidden", 0.0, 10.0, [], {"host": "NGC 1"}),
    ):
        target = made[name] = BaseTarget(name=name, type="SIDEREAL", ra=ra, dec=dec, permissions="PRIVATE")
        target.save(names=aliases, extras=extras)
        if name != "Hidden":
            target.give_user_access(member)
    return made


def search(page, field, text, *found):
    """Asks for `field` alone to say `text`, and waits until these names are listed."""
    for each in page.locator("#filters-advanced input:not([type=hidden])").all():
        each.fill("")
    page.fill(f"#filters-advanced [name={field}]", text)
    page.press(f"#filters-advanced [name={field}]", "Enter")
    expect(page.locator("tbody td.col-selection + td")).to_have_text(list(found))


def test_places_names_and_tags_are_found_in_place(new_page, member, sky):
    page = new_page("/targets/?sort=name", user=member)
    page.evaluate("window.stays = true")
    page.click("a[data-table-fields]")
    page.wait_for_selector("#filters-advanced [name=cone_search]")
    search(page, "cone_search", "0 10 0.2", "AT 2026aaa", "AT 2026bbb")
    search(page, "cone_search", "05:35:17 -05:23:28, 5'", "M42")
    search(page, "cone_search", "200 89.9 1", "Polaris")
    search(page, "target_cone_search", "2026aaa, 0.2", "AT 2026aaa", "AT 2026bbb")
    search(page, "polygon", "359 9, 1 9, 1 11, 359 11", "AT 2026aaa", "AT 2026bbb")
    search(page, "name", "1976, ztf26", "AT 2026aaa", "M42")
    search(page, "name_fuzzy", "sn2026AAA", "AT 2026aaa")
    search(page, "value", "NGC 1", "AT 2026aaa")
    assert page.text_content("#record-count") == "1"
    assert page.evaluate("window.stays"), "the page was never loaded anew"
    assert page.complaints == []


def test_what_is_not_understood_is_said_with_the_mend_and_can_be_put_right(new_page, member, sky):
    page = new_page("/targets/?sort=name", user=member)
    page.click("a[data-table-fields]")
    page.wait_for_selector("#filters-advanced [name=cone_search]")
    search(page, "cone_search", "somewhere")
    problem = page.locator("#table-problems .field-errors")
    expect(problem).to_have_count(1)
    assert "83.82, -5.39, 0.5" in problem.inner_text()
    search(page, "target_cone_search", "Hidden, 1")
    expect(problem).to_contain_text('No target has "Hidden" in its name')
    search(page, "cone_search", "83.82, -5.39, 0.5", "M42")
    expect(problem).to_have_count(0)
    page.goto(page.url.replace("83.82", "nonsense"))
    expect(page.locator("#filters-advanced .has-error")).to_have_count(1)
    assert page.complaints == []


def test_the_bar_goes_straight_to_the_one_that_is_meant(new_page, member, sky):
    page = new_page("/", user=member)

    def go(text):
        page.fill("input[data-suggest]", text)
        page.press("input[data-suggest]", "Enter")
        page.wait_for_load_state()
        return page.url

    for text, name in (("ngc 197", "M42"), ("SN2026bbb", "AT 2026bbb"), ("83.822 -5.391", "M42")):
        page.goto(page.url.split("/targets")[0] + "/")
        go(text)
        page.wait_for_url(f"**/targets/{sky[name].pk}/")
    go("at 2026")
    page.wait_for_url("**/targets/?name=at+2026**")
    assert page.locator("tbody tr:not(.table-empty)").count() == 2
    go("Hidden")
    page.wait_for_url("**/targets/?name=Hidden**")
    assert page.locator(".table-empty").count() == 1
    assert page.complaints == []
