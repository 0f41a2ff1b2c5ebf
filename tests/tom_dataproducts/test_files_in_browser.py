"""Files are dropped and uploaded, and an image is looked at, in a real browser under the strict policy of the site."""

import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from django.contrib.auth.models import User
from PIL import Image

from tests.axe import violations
from tests.browser import SIDEWAYS
from tom_dataproducts.exceptions import InvalidFileFormatException
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.services import process_product, store_product
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CSV = "time,filter,magnitude,error\n60000.1,r,17.5,0.02\n"
DROP = """(form, csv) => {
  const files = new DataTransfer();
  files.items.add(new File([csv], "one.csv"));
  files.items.add(new File([csv.replace("17.5", "18.5")], "two.csv"));
  files.items.add(new File(["<html></html>"], "page.html"));
  form.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(autouse=True)
def _processors(settings):
    settings.DATA_PROCESSORS = {"photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor"}


@pytest.fixture
def target(db):
    return BaseTarget.objects.create(name="M 101", type="SIDEREAL", ra=210.8, dec=54.35, permissions="OPEN")


@pytest.fixture
def boss(db):
    return User.objects.create_superuser("boss")


def test_many_files_are_dropped(new_page, target, boss):
    page = new_page(f"/targets/{target.pk}/?tab=manage-data", user=boss)
    page.wait_for_selector("form[data-upload][data-ready]")
    page.check("input[name=data_product_type][value=photometry]")
    page.eval_on_selector("form[data-upload]", DROP, CSV)
    page.click("[data-preview-all]")
    page.locator(".upload-preview-one").nth(2).wait_for()
    assert DataProduct.objects.count() == 0
    page.click("form[data-upload] [type=submit]:not([data-preview-all])")
    page.wait_for_selector("[data-upload-status] a")
    assert "2 stored, 1 refused" in page.locator("[data-upload-status]").inner_text()
    assert ".html are not taken" in page.locator(".upload-files .is-refused").inner_text()
    assert sorted(ReducedDatum.objects.values_list("brightness", flat=True)) == [17.5, 18.5]
    assert violations(page, "form[data-upload]") == []
    page.set_viewport_size({"width": 390, "height": 850})
    assert page.evaluate(SIDEWAYS) <= 0
    assert [text for text in page.complaints if "CSP" in text] == []


def test_without_a_script_the_form_uploads(new_page, target, boss):
    page = new_page(f"/dataproducts/data/upload/?target={target.pk}", user=boss, scripts=False)
    page.check("input[name=data_product_type][value=photometry]")
    content = CSV.encode()
    page.set_input_files("input[type=file]", [{"name": f"{n}.csv", "mimeType": "text/csv", "buffer": content} for n in "ab"])
    page.locator("form[data-upload] [type=submit]").first.click()
    page.wait_for_load_state()
    assert DataProduct.objects.count() == 2


def test_a_product_is_read_again_from_its_page(new_page, target, boss):
    content = CSV + "60001.1,r,bright,0.02\n60002.1,r,17.7,0.02\n"
    product = store_product(target=target, filename="night.csv", content=content, data_product_type="photometry")
    with pytest.raises(InvalidFileFormatException):
        process_product(product=product)
    page = new_page(f"/targets/{target.pk}/?tab=manage-data", user=boss)
    page.get_by_role("link", name="Process again").click()
    assert "row 3, magnitude" in page.locator("main .alert-danger").first.inner_text()
    assert "2 of 3 rows can be read" in page.locator("main").inner_text()
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 850})
    assert page.evaluate(SIDEWAYS) <= 0
    page.get_by_label("Keep the good rows").check()
    page.get_by_role("button", name="Process again").click()
    page.get_by_text("1 row left out: row 3, magnitude").first.wait_for()
    assert page.url.endswith("?tab=manage-data")
    assert sorted(ReducedDatum.objects.filter(data_product=product).values_list("brightness", flat=True)) == [17.5, 17.7]
    page.goto(page.url.partition("/targets/")[0] + product.get_absolute_url())
    page.get_by_role("link", name="Process again").click()
    page.get_by_role("button", name="Process again").click()  # without the bad row it cannot be: what was read stays
    page.get_by_text("It could not be processed").first.wait_for()
    assert ReducedDatum.objects.filter(data_product=product).count() == 2
    assert page.complaints == []


def test_the_viewer_reads_positions(new_page, target, boss, settings):
    settings.DATA_PRODUCT_TYPES = {"fits_file": ("fits_file", "FITS")}
    header = fits.Header()
    header.update(
        CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1=210.8, CRVAL2=54.35, CRPIX1=300.0, CRPIX2=200.0, CD1_1=-2e-4, CD1_2=3e-5, CD2_1=3e-5, CD2_2=2e-4,
        RADESYS="ICRS",
    )  # fmt: skip
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.random.default_rng(1).normal(9, 1, (400, 600)), header, name="SCI")]).writeto(out)
    product = store_product(target=target, filename="frame.fits", content=out.getvalue(), data_product_type="fits_file")
    page = new_page(f"/dataproducts/data/{product.pk}/view/", user=boss)
    page.wait_for_selector("[data-image-viewer][data-state=drawn]")
    box = page.locator("[data-stage]").bounding_box()
    readout = page.locator("[data-readout]")
    wcs = WCS(header)
    for zoomed in (False, True):
        if zoomed:
            page.click("[data-zoom=in]")
        for share in (0.3, 0.5, 0.62):
            page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] * 0.4)
            x, y, ra, dec = (float(readout.get_attribute(f"data-{name}")) for name in ("x", "y", "ra", "dec"))
            true_ra, true_dec = wcs.all_pix2world(x, y, 1)
            assert abs(true_dec - dec) * 3600 < 0.001
            assert abs(true_ra - ra) * 3600 * np.cos(np.radians(dec)) < 0.001
    page.select_option("[data-limits]", "minmax")
    page.fill("[data-low]", "20")
    page.fill("[data-high]", "10")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-image-viewer][data-state=failed]")
    page.select_option("[data-limits]", "auto")
    page.wait_for_selector("[data-image-viewer][data-state=drawn]")
    assert violations(page) == []
    assert [text for text in page.complaints if "400" not in text] == []


def test_the_viewer_on_a_phone(new_page, target, boss, settings):
    """A picture that was seen whole stays so when the phone is turned, two fingers zoom, and at night it sends out red light only."""
    settings.DATA_PRODUCT_TYPES = {"fits_file": ("fits_file", "FITS")}
    out = io.BytesIO()
    fits.PrimaryHDU(np.random.default_rng(1).normal(9, 1, (200, 300))).writeto(out)
    product = store_product(target=target, filename="frame.fits", content=out.getvalue(), data_product_type="fits_file")
    page = new_page(f"/dataproducts/data/{product.pk}/view/", user=boss, width=800, height=390, theme="night", has_touch=True, is_mobile=True)
    page.wait_for_selector("[data-image-viewer][data-state=drawn]")
    view = "(() => { const v = document.querySelector('[data-image-viewer]').viewer; return [v.scale, v.left, v.stage.clientWidth, v.stage.clientHeight] })()"
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("document.querySelector('[data-stage]').clientWidth < 390")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    scale, left, wide, high = page.evaluate(view)
    assert scale == pytest.approx(min(wide / 300, high / 200))
    assert left == pytest.approx((wide - 300 * scale) / 2, abs=0.01)
    box = page.locator("[data-stage]").bounding_box()
    picture = Image.open(io.BytesIO(page.screenshot(clip=box))).convert("RGB")
    colours = np.asarray(picture, dtype=int)[4:-4, 4:-4].reshape(-1, 3)
    assert colours[:, 0].max() > 100
    assert (colours[:, 1:] <= np.maximum(colours[:, :1] // 3, 12)).all()
    hand = page.context.new_cdp_session(page)
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for kind, apart in (("touchStart", 40), ("touchMove", 60), ("touchMove", 90), ("touchMove", 120), ("touchEnd", 0)):
        points = [{"x": middle[0] + sign * apart, "y": middle[1], "id": k} for k, sign in enumerate((-1, 1))]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if apart else []})
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate(view)[0] > 1.5 * scale
    assert page.evaluate(SIDEWAYS) <= 0
    assert page.complaints == []
