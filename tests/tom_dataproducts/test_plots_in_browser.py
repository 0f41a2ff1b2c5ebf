"""The light curve and the spectrum are drawn in a real browser, under the strict policy of the site."""

import datetime as dt
import os

import pytest

from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHROMIUM = "/usr/bin/chromium"
T0 = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)


@pytest.fixture
def page(monkeypatch):
    sync_api = pytest.importorskip("playwright.sync_api")
    if not os.path.exists(CHROMIUM):
        pytest.skip("Chromium is not here: apt-get install chromium")
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        page.problems = []
        page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        yield page
        browser.close()


def test_tabs_draw(page, live_server, tmp_path):
    target = BaseTarget.objects.create(name="SN 2024abc", type="SIDEREAL", ra=10, dec=20, permissions="OPEN")
    rows = [
        DatumRow("photometry", T0 + dt.timedelta(days=i), brightness=17 + i / 10, brightness_error=0.05, bandpass="gr"[i % 2], telescope="ZTF")
        for i in range(20)
    ]
    rows.append(DatumRow("photometry", T0 - dt.timedelta(days=3), limit=20.5, bandpass="r", telescope="ZTF"))
    rows.append(DatumRow("spectroscopy", T0, flux=[1.0, 2.0, 1.5], wavelength=[4000.0, 5000.0, 6000.0]))
    add_reduced_data(target=target, rows=rows)
    for slug, mark in (("photometry", "data-light-curve"), ("spectroscopy", "data-spectra")):
        page.goto(f"{live_server.url}/targets/{target.pk}/?tab={slug}")
        page.wait_for_selector(f"figure[{mark}][data-state=drawn] canvas", timeout=15000)
        page.screenshot(path=os.environ.get("OPENTOM_SCREENSHOTS", str(tmp_path)) + f"/{slug}.png")
        labels = page.locator(f"figure[{mark}] .plot-key").all_inner_texts()
        assert labels == (["ZTF:r", "ZTF:g"] if slug == "photometry" else ["2024-03-01 00:00"])
        key = page.locator(f"figure[{mark}] .plot-key").first
        key.focus()
        page.keyboard.press("Enter")
        assert key.get_attribute("aria-pressed") == "false"
    page.goto(f"{live_server.url}/targets/{target.pk}/?tab=photometry")
    area = page.locator("figure[data-light-curve][data-state=drawn] .u-over")
    box = area.bounding_box()
    tip = page.locator(".plot-tip")
    for step in range(60):
        page.mouse.move(box["x"] + box["width"] * (0.02 + step / 62), box["y"] + box["height"] * 0.93)
        if tip.is_visible():
            break
    limit = tip.inner_text()
    assert ("ZTF:r" in limit, "20.500" in limit, "limit" in limit, "2024-02-27 00:00:00 UTC" in limit, limit.endswith("ZTF")) == (True,) * 5
    page.evaluate("document.documentElement.dataset.bsTheme = 'night'")
    page.wait_for_function("document.querySelectorAll('[data-light-curve] canvas').length > 0")
    assert "18.90 ± 0.05" in page.locator(".target-brightness").inner_text()
    assert [text for text in page.problems if "404" not in text] == []
