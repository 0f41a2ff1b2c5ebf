"""The pages about the sky in Chromium: map by keyboard, plan drawn, coordinates with one click, finder chart; accessible at both widths."""

import os

import pytest
from django.contrib.auth.models import User

from tests.axe import violations
from tom_targets.models import BaseTarget, StarField

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("OPENTOM_TEST_PICTURES")


@pytest.fixture
def star():
    return BaseTarget.objects.create(
        name="Barnard", type="SIDEREAL", permissions="OPEN", ra=269.452, dec=4.693, epoch=2000.0, pm_ra=-801.551, pm_dec=10362.394
    )


@pytest.fixture
def open_page(new_page):
    boss = User.objects.create_superuser("boss", "b@example.org")

    def make(address, width=1280, theme="light", **options):
        return new_page(address, width, theme, user=boss, **options)

    return make


def sound(page, name):
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
    assert page.complaints == []
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than the window"


def test_the_map_by_keyboard(open_page):
    BaseTarget.objects.bulk_create(BaseTarget(name=f"t{i}", type="SIDEREAL", ra=i * 10.0, dec=0.0, permissions="OPEN") for i in range(36))
    page = open_page("/targets/skymap/")
    first = page.locator("[data-skymap-cells] a[tabindex='0'], [data-skymap-cells] a:not([tabindex])").first
    first.focus()
    at = page.evaluate("document.activeElement.getBBox().x")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getBBox().x") > at
    sound(page, "skymap")
    page.keyboard.press("Enter")
    page.wait_for_url("**/targets/?polygon=3/*")
    assert page.locator("tbody tr").count() >= 1


def test_the_map_without_script(open_page):
    BaseTarget.objects.create(name="one", type="SIDEREAL", ra=10.0, dec=0.0, permissions="OPEN")
    page = open_page("/targets/skymap/", scripts=False, width=390)
    assert page.locator(".skymap-target").count() == 1
    page.get_by_role("link", name="List the 1 targets").click()
    assert page.locator("tbody tr").count() == 1


def test_the_plan_is_drawn_with_its_nights(open_page, star):
    page = open_page(f"{star.get_absolute_url()}?tab=visibility&start_time=2026-07-01&end_time=2026-07-03&sites=Teide")
    plot = page.locator("[data-plot=night]")
    plot.scroll_into_view_if_needed()
    plot.locator("canvas").wait_for()
    assert page.get_by_role("button", name="Moon", exact=True).count() == 1
    assert page.locator(".nights-table tbody tr").count() >= 2
    assert page.complaints == []


def test_coordinates_of_now_are_one_click_away(open_page, star):
    page = open_page(star.get_absolute_url())
    page.click("text=Coordinates now, every frame")
    page.locator("#coordinates-now").wait_for()
    assert "/coordinates/" not in page.url
    assert page.locator("#coordinates-now [data-copy]").count() >= 8
    assert page.complaints == []


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark"), (390, "night")])
def test_finder_ephemeris_and_coordinates_are_accessible(open_page, star, width, theme):
    StarField.objects.create(
        target=star,
        catalogue="Gaia DR3",
        ra=star.ra,
        dec=star.dec,
        radius_arcmin=9,
        epoch=2016.0,
        stars=[["1", star.ra + 0.02, star.dec, 0.0, 0.0, 12.0]],
    )
    root = star.get_absolute_url()
    sound(open_page(f"{root}finder/?slit_pa=30&site=Teide", width, theme), f"finder-{width}-{theme}")
    sound(
        open_page(f"{root}ephemeris/?start=2026-07-01&stop=2026-07-02&step=1&unit=h&observatory=Teide", width, theme),
        f"ephemeris-{width}-{theme}",
    )
    sound(open_page(f"{root}coordinates/", width, theme), f"coordinates-{width}-{theme}")
    sound(open_page("/targets/skymap/", width, theme), f"skymap-{width}-{theme}")
    sound(open_page("/targets/targetselection/", width, theme), f"selection-{width}-{theme}")
