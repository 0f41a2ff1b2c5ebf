"""Light curve, periodogram and spectra in a real browser, under the strict policy of the site."""

import datetime as dt
import math
import os
import re

import numpy as np
import pytest

from tests.axe import violations
from tests.browser import SIDEWAYS, dress
from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data
from tom_targets.models import BaseTarget, TargetExtra

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
T0 = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
MJD0 = 60370
NOTE = "figure[data-light-curve] figcaption [data-plot-note]"
CONTROLS = "figure[data-light-curve] > [data-plot-controls]"
DRAWING = "figure[data-light-curve][data-state=drawn] > .plot-area .u-over"


@pytest.fixture
def target():
    return BaseTarget.objects.create(name="SN 2024abc", type="SIDEREAL", ra=10, dec=20, permissions="OPEN")


def point(days, brightness, band="r", telescope="ZTF", **more):
    return DatumRow(
        "photometry", T0 + dt.timedelta(days=days), brightness=brightness, brightness_error=0.05, bandpass=band, telescope=telescope, **more
    )


@pytest.fixture
def opened(new_page, target):
    def make(tab="photometry", wait=True, **options):
        page = new_page(f"/targets/{target.pk}/?tab={tab}", **{"width": 1100, "height": 1000} | options)
        if wait:
            page.wait_for_selector("figure[data-state=drawn] canvas", timeout=20000)
        return page

    return make


def picture(page, name, tmp_path):
    page.screenshot(path=os.environ.get("OPENTOM_SCREENSHOTS", str(tmp_path)) + f"/{name}.png", full_page=True)


def troubles(page):
    return [text for text in page.complaints if "404" not in text]


def x_range(page):
    """What the lower axis says, by way of what is saved: smallest and largest x of the CSV file."""
    return [float(row[2]) for row in saved(page, "CSV")]


def saved(page, kind, within="figure[data-light-curve] > .plot-tools"):
    with page.expect_download() as download:
        page.locator(within).get_by_role("button", name=kind, exact=True).click()
    with open(download.value.path(), "rb") as file:
        content = file.read()
    return [line.split(",") for line in content.decode().split("\r\n")[1:-1]] if kind == "CSV" else content


def drag(page, place, start, end, modifiers=()):
    box = page.locator(place).bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    for key in modifiers:
        page.keyboard.down(key)
    page.mouse.move(*at[0])
    page.mouse.down()
    page.mouse.move(*at[1], steps=6)
    page.mouse.up()
    for key in modifiers:
        page.keyboard.up(key)


def test_tabs_draw(opened, target, tmp_path):
    rows = [point(i, 17 + i / 10, "gr"[i % 2]) for i in range(20)]
    rows.append(DatumRow("photometry", T0 - dt.timedelta(days=3), limit=20.5, bandpass="r", telescope="ZTF"))
    rows.append(DatumRow("spectroscopy", T0, flux=[1.0, 2.0, 1.5], wavelength=[4000.0, 5000.0, 6000.0]))
    add_reduced_data(target=target, rows=rows)
    for slug, mark in (("photometry", "data-light-curve"), ("spectroscopy", "data-spectra")):
        page = opened(slug)
        picture(page, slug, tmp_path)
        labels = page.locator(f"figure[{mark}] .plot-key").all_inner_texts()
        assert labels == (["ZTF:g", "ZTF:r"] if slug == "photometry" else ["2024-03-01 00:00"])
        key = page.locator(f"figure[{mark}] .plot-key").first
        key.focus()
        page.keyboard.press("Enter")
        assert key.get_attribute("aria-pressed") == "false"
        assert troubles(page) == []
    page = opened()
    box = page.locator(DRAWING).bounding_box()
    tip = page.locator("figure[data-light-curve] .plot-tip").first
    for step in range(60):
        page.mouse.move(box["x"] + box["width"] * (0.005 + step / 62), box["y"] + box["height"] * 0.93)
        if tip.is_visible():
            break
    limit = tip.inner_text()
    assert ("ZTF:r" in limit, "20.500" in limit, "limit" in limit, "2024-02-27 00:00:00 UTC" in limit, limit.endswith("ZTF")) == (True,) * 5
    page.evaluate("document.documentElement.dataset.bsTheme = 'night'")
    page.wait_for_function("document.querySelectorAll('[data-light-curve] canvas').length > 0")
    assert "18.90 ± 0.05" in page.locator(".target-brightness").inner_text()
    assert troubles(page) == []


def test_zoom_pan_keys_and_all(opened, target):
    add_reduced_data(target=target, rows=[point(i, 18 + i / 100) for i in range(101)])
    page = opened()
    assert len(x_range(page)) == 101
    drag(page, DRAWING, (0.5, 0.5), (0.75, 0.5))
    zoomed = x_range(page)
    assert 24 <= len(zoomed) <= 27
    assert min(zoomed) == pytest.approx(MJD0 + 50, abs=2)
    drag(page, DRAWING, (0.2, 0.5), (0.7, 0.5), modifiers=["Shift"])
    assert min(x_range(page)) == pytest.approx(min(zoomed) - 13, abs=2)
    page.locator("figure[data-light-curve] > .plot-area").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert min(x_range(page)) == pytest.approx(min(zoomed) - 13 + 7.8, abs=2.5)
    page.locator("figure[data-light-curve] > .plot-area").focus()
    page.keyboard.press("+")
    assert 11 <= len(x_range(page)) <= 15
    page.locator(DRAWING).dblclick(position={"x": 30, "y": 10})
    assert len(x_range(page)) == 101
    page.get_by_role("button", name="Zoom in").first.click()
    assert 48 <= len(x_range(page)) <= 54
    page.locator("figure[data-light-curve] > .plot-tools").get_by_role("button", name="All", exact=True).click()
    assert len(x_range(page)) == 101
    assert troubles(page) == []


def test_units_change_and_hidden_series_stay_hidden(opened, target):
    TargetExtra.objects.create(target=target, key="redshift", value="0.05")
    rows = [point(i, 18.0 + i, "g") for i in range(3)] + [point(i, 100.0, "o", "ATLAS", unit="uJy") for i in range(3)]
    rows.append(point(4, -5.0, "o", "ATLAS", unit="uJy"))
    rows.append(point(4, 5.0, "clear", "Mine", unit="counts"))
    add_reduced_data(target=target, rows=rows)
    page = opened()
    assert sorted({row[8] for row in saved(page, "CSV")}) == ["ATLAS", "Mine", "ZTF"]
    page.select_option(f"{CONTROLS} [name=brightness]", "mag")
    values = {(row[3], round(float(row[4]), 3)) for row in saved(page, "CSV")}
    assert ("ATLAS:o", 18.9) in values  # 100 uJy
    assert "2 points have no value in this unit" in page.locator(NOTE).inner_text()
    page.select_option(f"{CONTROLS} [name=brightness]", "flux")
    values = {(row[3], round(float(row[4]), 2)) for row in saved(page, "CSV")}
    assert {("ZTF:g", 229.09), ("ATLAS:o", -5.0)} <= values
    page.select_option(f"{CONTROLS} [name=brightness]", "abs")
    assert "redshift 0.05" in page.locator("[data-distance-from]").inner_text()
    brightest = min(float(row[4]) for row in saved(page, "CSV"))
    assert brightest == pytest.approx(18.0 - 36.81, abs=0.02)
    page.fill(f"{CONTROLS} [name=ebv]", "0.1")
    page.keyboard.press("Tab")
    assert min(float(row[4]) for row in saved(page, "CSV")) == pytest.approx(brightest - 0.36, abs=0.04)
    page.locator(".plot-key", has_text="ATLAS").click()
    page.select_option(f"{CONTROLS} [name=time]", "days")
    page.fill(f"{CONTROLS} [name=zero]", "2024-02-29 00:00")
    page.keyboard.press("Tab")
    rows = saved(page, "CSV")
    assert {row[8] for row in rows} == {"ZTF"}
    assert [float(row[2]) for row in rows] == [1.0, 2.0, 3.0]
    assert troubles(page) == []


def test_a_box_selects_points(opened, target, boss):
    add_reduced_data(target=target, rows=[point(i, 18 + i / 10) for i in range(10)])
    page = opened(user=boss)
    page.get_by_role("button", name="Select points").click()
    drag(page, DRAWING, (0.001, 0.01), (0.5, 0.99))
    said = page.locator("[data-plot-chosen] [role=status]")
    assert said.inner_text() == "5 points selected"
    keys = set(page.locator("[data-plot-chosen] tbody tr td:last-child").all_inner_texts())
    assert keys == {str(pk) for pk in ReducedDatum.objects.order_by("timestamp").values_list("pk", flat=True)[:5]}
    assert page.evaluate("document.querySelectorAll('[data-plot-chosen] tbody tr').length") == 5
    rows = saved(page, "CSV", "[data-plot-chosen]")
    assert [row[3] for row in rows] == ["18", "18.1", "18.2", "18.3", "18.4"]
    page.get_by_role("button", name="Clear").click()
    assert page.locator("[data-plot-chosen]").is_hidden()
    assert troubles(page) == []


def test_a_periodogram_folds_on_click(opened, target, tmp_path):
    rng = np.random.default_rng(5)
    times = np.sort(rng.uniform(0, 100, 120))
    add_reduced_data(
        target=target, rows=[point(float(t), 18 + 0.4 * math.sin(2 * math.pi * float(t) / 2.345), "gr"[k % 2]) for k, t in enumerate(times)]
    )
    page = opened()
    page.locator("[data-plot-periods] > summary").click()
    page.wait_for_selector("[data-plot-peaks] li", timeout=20000)
    best = page.locator("[data-plot-peaks] li").first
    assert best.get_by_role("button").first.inner_text().startswith("2.34")
    best.get_by_role("button").first.click()
    assert float(page.input_value(f"{CONTROLS} [name=period]")) == pytest.approx(2.345, rel=2e-3)
    assert page.input_value(f"{CONTROLS} [name=time]") == "phase"
    rows = saved(page, "CSV")
    assert len(rows) == 120
    assert all(0 <= float(row[2]) < 1 for row in rows)
    # a click near the highest peak of the plot does the same
    page.fill(f"{CONTROLS} [name=period]", "")
    page.locator("[data-plot-periods] .u-over").scroll_into_view_if_needed()
    box = page.locator("[data-plot-periods] .u-over").bounding_box()
    where = page.evaluate(
        """() => { const row = document.querySelector('[data-plot-peaks] li button').textContent; return Number.parseFloat(row) }"""
    )
    low, high = 0.05, 100.0
    part = (math.log10(where) - math.log10(0.05)) / (math.log10(high) - math.log10(low))
    page.mouse.click(box["x"] + part * box["width"], box["y"] + 30)
    assert float(page.input_value(f"{CONTROLS} [name=period]")) == pytest.approx(2.345, rel=2e-3)
    picture(page, "folded", tmp_path)
    assert "false-alarm levels" in page.locator("[data-plot-periods] [data-plot-note]").inner_text()
    assert troubles(page) == []


def test_zooming_asks_for_every_point(opened, target, settings):
    settings.TOM_PLOT_MAX_POINTS = 300
    for start in range(0, 3000, 1000):
        add_reduced_data(target=target, rows=[point(k / 10, 18 + k % 13 / 10) for k in range(start, start + 1000)])
    page = opened()
    assert "of 3000 points are drawn" in page.locator(NOTE).inner_text()
    assert len(saved(page, "CSV")) <= 300
    drag(page, DRAWING, (0.5, 0.5), (0.54, 0.5))
    page.wait_for_function("selector => !document.querySelector(selector).textContent.includes('are drawn')", arg=NOTE)
    assert 100 <= len(saved(page, "CSV")) <= 140
    page.locator("figure[data-light-curve] > .plot-tools").get_by_role("button", name="All", exact=True).click()
    page.wait_for_function("selector => document.querySelector(selector).textContent.includes('of 3000 points')", arg=NOTE)
    assert troubles(page) == []


def test_saved_pictures(opened, target):
    add_reduced_data(target=target, rows=[point(i, 18 + i / 10, "gr"[i % 2]) for i in range(10)])
    page = opened()
    svg = saved(page, "SVG").decode()
    assert svg.startswith("<svg ")
    assert all(word in svg for word in ("Magnitude", "MJD (UTC)", "ZTF:g", "ZTF:r"))
    size = page.evaluate(
        "text => { const one = new DOMParser().parseFromString(text, 'image/svg+xml'); return one.querySelectorAll('path').length }", svg
    )
    assert size > 10
    assert saved(page, "PNG")[:8] == b"\x89PNG\r\n\x1a\n"
    assert troubles(page) == []


def test_spectra_are_shaped(opened, target, tmp_path):
    TargetExtra.objects.create(target=target, key="redshift", value="0.1")
    wave = np.linspace(4000, 9000, 501)
    for k in range(12):
        noise = np.random.default_rng(k).normal(0, 0.3, 501)
        add_reduced_data(
            target=target,
            rows=[
                DatumRow(
                    "spectroscopy",
                    T0 + dt.timedelta(days=k),
                    wavelength=wave.tolist(),
                    flux=((k + 1) * (10 + noise)).tolist(),
                    telescope="NTT",
                )
            ],
        )
    page = opened("spectroscopy")
    controls = "figure[data-spectra] [data-plot-controls]"
    tools = "figure[data-spectra] > .plot-tools"
    assert page.locator("figure[data-spectra] .plot-key").count() == 10
    page.locator("input[data-spectrum]").nth(11).check()
    page.wait_for_function("() => document.querySelectorAll('figure[data-spectra] .plot-key').length === 11")
    for number in range(2, 12):
        page.locator("input[data-spectrum]").nth(number).uncheck()
    page.wait_for_function("() => document.querySelectorAll('figure[data-spectra] .plot-key').length === 2")
    assert float(page.input_value(f"{controls} [name=redshift]")) == 0.1
    page.check(f"{controls} [name=rest]")
    page.select_option(f"{controls} [name=normalise]", "median")
    rows = saved(page, "CSV", tools)
    assert len(rows) == 2 * 501
    assert float(rows[0][4]) == pytest.approx(4000 / 1.1)
    flux = np.array([float(row[5]) for row in rows])
    assert np.median(flux) == pytest.approx(1.0, abs=0.01)
    page.select_option(f"{controls} [name=smoothing]", "boxcar")
    page.fill(f"{controls} [name=width]", "25")
    page.fill(f"{controls} [name=offset]", "2")
    page.keyboard.press("Tab")
    rows = saved(page, "CSV", tools)
    smoothed = np.array([float(row[5]) for row in rows])[50:450]
    assert smoothed.std() < flux[50:450].std() / 4
    assert {round(float(row[6]), 1) for row in rows} == {2.0, 0.0}
    page.check(f"{controls} [value=H]")
    page.check(f"{controls} [value=telluric]")
    assert "Hα" in saved(page, "SVG", tools).decode()
    assert "NIST, standard air, z = 0.1" in page.locator("figure[data-spectra] figcaption").inner_text()
    picture(page, "spectra-shaped", tmp_path)
    assert troubles(page) == []


def test_spectra_of_very_different_fluxes_are_drawn_relative_to_their_medians(opened, target):
    waves = [4000.0 + 10 * k for k in range(50)]
    for k, size in enumerate((1e-17, 100.0)):
        row = DatumRow("spectroscopy", T0, flux=[size * (1 + w / 1e4) for w in waves], wavelength=waves, source_location=f"m-51/none/spec{k}.csv")
        add_reduced_data(target=target, rows=[row])
    page = opened("spectroscopy")
    figure = page.locator("figure[data-spectra]")
    assert figure.locator("[name=normalise]").input_value() == "median"
    assert "more than a hundred times" in figure.locator("[data-plot-note]").inner_text()
    fluxes = [float(row[5]) for row in saved(page, "CSV", "figure[data-spectra] > .plot-tools")]
    assert (len(fluxes), 0.8 < min(fluxes), max(fluxes) < 1.2) == (100, True, True)
    # without a telescope and a source it is the file that tells them apart
    assert sorted(figure.locator(".plot-key").all_inner_texts()) == [f"spec{k}.csv 2024-03-01 00:00" for k in (0, 1)]
    figure.locator("[name=normalise]").select_option("none")
    page.wait_for_function("() => !document.querySelector('figure[data-spectra] [data-plot-note]').textContent.includes('hundred')")
    assert max(float(row[5]) for row in saved(page, "CSV", "figure[data-spectra] > .plot-tools")) > 100
    assert troubles(page) == []


def test_smoothing_and_air_are_right(opened, target):
    """Savitzky-Golay leaves a parabola as it is; lines in vacuum are those of another published list (SDSS, vacuum)."""
    add_reduced_data(target=target, rows=[DatumRow("spectroscopy", T0, flux=[1.0, 2.0, 1.5], wavelength=[4000.0, 5000.0, 6000.0])])
    page = opened("spectroscopy")
    found = page.evaluate(
        """async () => {
            const base = document.querySelector('script[src*="spectra"]').src.replace(/[^/]*$/, "");
            const name = (stem) => [...performance.getEntriesByType("resource")].map((one) => one.name).find((one) => one.includes(`/${stem}.`)) ?? `${base}${stem}.js`;
            const { smooth } = await import(name("spectra"));
            const { LINES, vacuum } = await import(name("spectral_lines"));
            const parabola = Float64Array.from({ length: 41 }, (_, k) => 3 + 0.5 * k - 0.2 * k * k);
            const impulse = new Float64Array(21); impulse[10] = 1;
            const near = (wanted) => (a, b) => Math.abs(a - wanted) - Math.abs(b - wanted);
            const air = (group, label, about) => LINES[group].lines.filter(([name]) => name === label).map(([, wave]) => wave).sort(near(about))[0];
            return {
                same: Math.max(...smooth(parabola, "savgol", 9).map((value, k) => Math.abs(value - parabola[k]))),
                five: [...smooth(impulse, "savgol", 5)].slice(8, 13), mean: [...smooth(impulse, "boxcar", 5)].slice(7, 14),
                vacuum: [["H", "Hα", 6563], ["H", "Hβ", 4861], ["H", "Hγ", 4340], ["H", "Hδ", 4102], ["Ca", "Ca II K", 3934], ["Ca", "Ca II H", 3968],
                    ["host", "[O III]", 5007], ["host", "[O III]", 4959], ["host", "[O II]", 3726], ["host", "[O II]", 3729], ["host", "[N II]", 6583],
                    ["host", "[S II]", 6716], ["host", "[S II]", 6731], ["host", "[O I]", 6300], ["Ca", "Ca II", 8542]].map((one) => vacuum(air(...one))),
            };
        }"""
    )
    assert found["same"] < 1e-9
    assert found["five"] == pytest.approx([-3 / 35, 12 / 35, 17 / 35, 12 / 35, -3 / 35])  # Savitzky & Golay 1964, table I
    assert found["mean"] == pytest.approx([0, 0.2, 0.2, 0.2, 0.2, 0.2, 0])
    # "Table of Spectral Lines Used in SDSS" of the Sloan Digital Sky Survey, vacuum
    sdss = [
        6564.61,
        4862.68,
        4341.68,
        4102.89,
        3934.777,
        3969.588,
        5008.240,
        4960.295,
        3727.092,
        3729.875,
        6585.27,
        6718.29,
        6732.67,
        6302.046,
        8544.44,
    ]
    assert found["vacuum"] == pytest.approx(sdss, abs=0.08)


@pytest.mark.parametrize("size", [3e-19, 7e-17, 1.0, 4e6])
def test_fluxes_of_any_size_have_ticks(opened, target, size):
    flux = [size * value for value in (1.0, 2.0, 1.5)]
    row = DatumRow("spectroscopy", T0, flux=flux, wavelength=[4000.0, 5000.0, 6000.0])
    points = [DatumRow("photometry", T0 + dt.timedelta(days=k), brightness=size * (k + 1), bandpass="r", unit="counts") for k in range(2)]
    add_reduced_data(target=target, rows=[row, *points])
    for tab, mark, room in (("spectroscopy", "data-spectra", 0.1), ("photometry", "data-light-curve", 0.3)):
        page = opened(tab)
        svg = saved(page, "SVG", f"figure[{mark}] > .plot-tools").decode()
        ticks = [float(text) for text in re.findall(r'text-anchor="end"[^>]*>(-?[\d.]+(?:e[-+]?\d+)?)<', svg)]
        ticks = [tick for tick in ticks if (1 - room) * size <= tick <= (2 + room) * size]
        assert len(ticks) >= 4
        assert np.ptp(np.diff(sorted(ticks))) < 1e-6 * size
        assert troubles(page) == []


def test_noisy_ends_do_not_flatten_a_spectrum(opened, target):
    """A tenth of the pixels is noise fifty times the continuum; a line of eight times its range is seen whole; even noise is no reason to leave a pixel out."""
    add_reduced_data(target=target, rows=[DatumRow("spectroscopy", T0, flux=[1.0, 2.0, 1.5], wavelength=[4000.0, 5000.0, 6000.0])])
    page = opened("spectroscopy")
    rng = np.random.default_rng(3)
    wave = np.linspace(4000, 9000, 2000)
    spectrum = 1 + 0.3 * np.sin(wave / 700) + rng.normal(0, 0.02, 2000) + 3 * np.exp(-(((wave - 6563) / 12) ** 2))
    spectrum[:200] += rng.normal(0, 50, 200)
    frames = page.evaluate(
        """async ([wave, ...fluxes]) => {
            const { frame } = await import([...performance.getEntriesByType("resource")].map((one) => one.name).find((one) => one.includes("/spectra.")));
            return fluxes.map((flux) => frame([{ x: Float64Array.from(wave), y: Float64Array.from(flux) }], () => true, -Infinity, Infinity));
        }""",
        [wave.tolist(), spectrum.tolist(), rng.normal(0, 1, 2000).clip(-3, 3).tolist(), [1.0] * 2000],
    )
    low, high = frames[0]
    assert spectrum[1000:1050].max() < high < 6
    assert -1 < low < 0.7
    assert frames[1] == pytest.approx([-3.36, 3.36], abs=0.4)
    assert frames[2][0] < 1 < frames[2][1]
    assert troubles(page) == []


@pytest.mark.parametrize("tab", ["photometry", "spectroscopy"])
def test_phones_themes_and_accessibility(opened, target, tab, tmp_path):
    rows = [point(i, 17 + i / 10, "gri"[i % 3], ["ZTF", "LT"][i % 2]) for i in range(60)]
    rows += [
        DatumRow("spectroscopy", T0 + dt.timedelta(days=k), flux=[1.0, 2.0, 1.5], wavelength=[4000.0, 5000.0, 6000.0]) for k in range(3)
    ]
    add_reduced_data(target=target, rows=rows)
    page = opened(tab, bypass_csp=True)
    if tab == "photometry":
        page.get_by_role("button", name="Select points").click()
        drag(page, DRAWING, (0.001, 0.01), (0.6, 0.99))
        page.locator("[data-plot-periods] > summary").click()
        page.wait_for_selector("[data-plot-peaks] li", timeout=20000)
    for theme in ("light", "dark", "night"):
        for width in (1280, 390):
            dress(page, theme, width, 1000)
            assert page.evaluate(SIDEWAYS) <= 0, (theme, width)
            picture(page, f"{tab}-{theme}-{width}", tmp_path)
        assert violations(page, ".plot-figure") == [], theme


def touch(page, *fingers, steps=8, on=DRAWING):
    """Each finger goes from its first place to its second, parts of the drawing; all at once."""
    page.locator(on).scroll_into_view_if_needed()
    box = page.locator(on).bounding_box()
    hand = page.context.new_cdp_session(page)

    def put(kind, part):
        points = [
            {"x": box["x"] + box["width"] * (a[0] + part * (b[0] - a[0])), "y": box["y"] + box["height"] * (a[1] + part * (b[1] - a[1])), "id": k}
            for k, (a, b) in enumerate(fingers)
        ]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if kind != "touchEnd" else []})

    put("touchStart", 0.0)
    for step in range(1, steps + 1):
        put("touchMove", step / steps)
        page.evaluate("new Promise(requestAnimationFrame)")
    put("touchEnd", 1.0)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_fingers_move_pinch_read_and_choose(opened, target, tmp_path):
    add_reduced_data(target=target, rows=[point(i, 18 + i / 100) for i in range(101)])
    page = opened(width=390, height=800, has_touch=True, is_mobile=True)
    assert "pinch to zoom" in page.locator(NOTE).inner_text()
    # a tap reads and chooses nothing
    box = page.locator(DRAWING).bounding_box()
    page.locator(DRAWING).tap(position={"x": box["width"] / 2, "y": box["height"] / 2})
    tip = page.locator("figure[data-light-curve] .plot-tip").first
    tip.wait_for(state="visible", timeout=5000)
    assert "ZTF:r" in tip.inner_text()
    assert page.locator("[data-plot-chosen]").is_hidden()
    assert len(x_range(page)) == 101
    # two fingers that part to three times their distance, about the middle
    touch(page, ((0.4, 0.5), (0.2, 0.5)), ((0.6, 0.5), (0.8, 0.5)))
    pinched = x_range(page)
    assert 30 <= len(pinched) <= 40
    assert sum(pinched) / len(pinched) == pytest.approx(MJD0 + 50, abs=2)
    # one finger carries along what lies under it
    touch(page, ((0.8, 0.5), (0.3, 0.52)))
    moved = x_range(page)
    assert min(moved) - min(pinched) == pytest.approx(17, abs=3)
    assert len(moved) == pytest.approx(len(pinched), abs=2)
    picture(page, "fingers", tmp_path)
    # together again: all and more is there
    touch(page, ((0.1, 0.5), (0.45, 0.5)), ((0.9, 0.5), (0.55, 0.5)))
    assert len(x_range(page)) >= 80
    # while points are selected, a finger draws the box
    page.locator("figure[data-light-curve] > .plot-tools").get_by_role("button", name="All", exact=True).click()
    page.get_by_role("button", name="Select points").click()
    touch(page, ((0.001, 0.01), (0.5, 0.99)))
    assert 45 <= int(page.locator("[data-plot-chosen] [role=status]").inner_text().split()[0]) <= 53
    assert page.evaluate(SIDEWAYS) <= 0
    assert troubles(page) == []


SPECTRUM = "figure[data-spectra][data-state=drawn] > .plot-area .u-over"
PERIODS = "[data-plot-periods] .plot-area .u-over"


def test_fingers_on_a_spectrum(opened, target, tmp_path):
    waves = [4000.0 + 10 * k for k in range(301)]
    add_reduced_data(target=target, rows=[DatumRow("spectroscopy", T0, flux=[2 + math.sin(w / 200) for w in waves], wavelength=waves)])
    page = opened("spectroscopy", width=390, height=800, has_touch=True, is_mobile=True)
    assert "pinch to zoom" in page.locator("figure[data-spectra] > figcaption").inner_text()

    def seen():
        return [float(row[4]) for row in saved(page, "CSV", "figure[data-spectra] > .plot-tools")]

    def tell(part):
        # read at once: the mouse that saved a file comes back to where it was, which no phone has
        page.evaluate(
            """place => document.querySelector(place).addEventListener("pointerup", (event) => {
              window.told = event.currentTarget.querySelector(".plot-tip:not([hidden])")?.innerText;
            }, { once: true })""",
            SPECTRUM,
        )
        box = page.locator(SPECTRUM).bounding_box()
        page.locator(SPECTRUM).tap(position={"x": part * box["width"], "y": box["height"] / 2})
        page.wait_for_function("() => window.told !== undefined")
        return page.evaluate("() => { const { told } = window; delete window.told; return told }")

    assert len(seen()) == 301
    assert "5500.00 Angstrom" in tell(0.5)
    touch(page, ((0.4, 0.5), (0.2, 0.5)), ((0.6, 0.5), (0.8, 0.5)), on=SPECTRUM)
    pinched = seen()
    assert 85 <= len(pinched) <= 125
    assert sum(pinched) / len(pinched) == pytest.approx(5500, abs=60)
    touch(page, ((0.8, 0.5), (0.3, 0.52)), on=SPECTRUM)
    moved = seen()
    assert min(moved) - min(pinched) == pytest.approx(0.5 * (max(pinched) - min(pinched)), rel=0.15)
    # what the tap tells is what lies under it
    told = re.search(r"([\d.]+) Angstrom", tell(0.5))
    assert float(told[1]) == pytest.approx((min(moved) + max(moved)) / 2, abs=30)
    picture(page, "fingers-spectrum", tmp_path)
    touch(page, ((0.1, 0.5), (0.45, 0.5)), ((0.9, 0.5), (0.55, 0.5)), on=SPECTRUM)
    assert len(seen()) > 200
    assert page.evaluate(SIDEWAYS) <= 0
    assert troubles(page) == []


def test_fingers_on_a_periodogram(opened, target, tmp_path):
    rng = np.random.default_rng(5)
    times = np.sort(rng.uniform(0, 100, 120))
    add_reduced_data(target=target, rows=[point(float(t), 18 + 0.4 * math.sin(2 * math.pi * float(t) / 2.345)) for t in times])
    page = opened(width=390, height=800, has_touch=True, is_mobile=True)
    page.locator("[data-plot-periods] > summary").click()
    page.wait_for_selector("[data-plot-peaks] li", timeout=20000)
    assert "A tap on the plot folds" in page.locator("[data-plot-periods] [data-plot-note]").inner_text()

    def seen():
        periods = [float(row[0]) for row in saved(page, "CSV", "[data-plot-periods] .plot-tools")]
        return math.log10(min(periods)), math.log10(max(periods))

    low, high = seen()
    place = (math.log10(2.345) - low) / (high - low)
    # two fingers about the peak part to thrice their distance: a third of the logarithm of periods is left, the peak where it was
    touch(page, ((place - 0.05, 0.5), (place - 0.15, 0.5)), ((place + 0.05, 0.5), (place + 0.15, 0.5)), on=PERIODS)
    least, most = seen()
    assert most - least == pytest.approx((high - low) / 3, rel=0.1)
    assert (math.log10(2.345) - least) / (most - least) == pytest.approx(place, abs=0.04)
    assert page.input_value(f"{CONTROLS} [name=period]") == ""
    # one finger carries the peak along
    touch(page, ((place, 0.5), (place - 0.2, 0.5)), on=PERIODS)
    now, _ = seen()
    assert now - least == pytest.approx(0.2 * (most - least), rel=0.15)
    assert page.input_value(f"{CONTROLS} [name=period]") == ""
    picture(page, "fingers-periodogram", tmp_path)
    # a tap on it folds
    box = page.locator(PERIODS).bounding_box()
    page.locator(PERIODS).tap(position={"x": (place - 0.2) * box["width"], "y": 40})
    page.wait_for_function("place => document.querySelector(place).value !== ''", arg=f"{CONTROLS} [name=period]")
    assert float(page.input_value(f"{CONTROLS} [name=period]")) == pytest.approx(2.345, rel=3e-3)
    assert page.input_value(f"{CONTROLS} [name=time]") == "phase"
    assert page.evaluate(SIDEWAYS) <= 0
    assert troubles(page) == []


def test_fingers_up_and_down_scroll_the_page(opened, target):
    add_reduced_data(target=target, rows=[point(i, 18 + i / 100) for i in range(101)])
    page = opened(width=390, height=600, has_touch=True, is_mobile=True)
    page.locator(DRAWING).scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    touch(page, ((0.5, 0.9), (0.5, 0.1)), steps=12)
    page.wait_for_function("before => scrollY > before + 50", arg=before)
    assert len(x_range(page)) == 101


def test_without_scripts_there_is_a_picture(new_page, target):
    add_reduced_data(target=target, rows=[point(i, 17 + i / 10) for i in range(5)])
    page = new_page(f"/targets/{target.pk}/tab/photometry/", scripts=False)
    assert page.locator("img.plot-still").get_attribute("src").endswith("light-curve.png")


def test_a_figure_of_a_template_tag_is_drawn_by_the_shared_plotly(new_page, target, tmp_path, settings):
    """Under the strict policy, in a page of a project that uses the tag."""
    (tmp_path / "tom_targets").mkdir()
    (tmp_path / "tom_targets" / "target_detail.html").write_text(
        "{% extends 'tom_common/base.html' %}{% load dataproduct_extras %}"
        "{% block content %}{% photometry_for_target target %}{% spectroscopy_for_target target %}{% endblock %}"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path), *settings.TEMPLATES[0].get("DIRS", [])]}]
    add_reduced_data(target=target, rows=[point(0, 17.0), DatumRow("spectroscopy", T0, flux=[1.0, 2.0], wavelength=[4000.0, 5000.0])])
    page = new_page(f"/targets/{target.pk}/")
    page.wait_for_function(
        "() => document.querySelectorAll('[data-figure].js-plotly-plot, [data-figure] .main-svg').length >= 2", timeout=30000
    )
    assert page.locator("script[src*=plotly]").count() == 1
    assert troubles(page) == []
