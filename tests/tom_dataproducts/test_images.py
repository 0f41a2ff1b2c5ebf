"""FITS images and pictures: what is drawn, what is refused, and where pixels lie on the sky."""

from __future__ import annotations

import gzip
import io
import resource
import tracemalloc
import zlib

import astropy.visualization  # noqa: F401  (what loads at the first picture is not what a picture costs)
import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from django.core.files.base import ContentFile
from PIL import Image

from tom_astro import fits_layout
from tom_common.errors import InvalidInputError
from tom_dataproducts import fits_files
from tom_dataproducts.exceptions import InvalidFileFormatException
from tom_dataproducts.models import DataProduct, find_fits_img_size, is_fits_image_file
from tom_dataproducts.services import images, store_product
from tom_dataproducts.services.images import Region
from tom_dataproducts.utils import create_image_dataproduct
from tom_targets.models import BaseTarget

pytestmark = pytest.mark.django_db
WIDTH, HEIGHT = 300, 200


@pytest.fixture
def target(db):
    return BaseTarget.objects.create(name="M 51", type="SIDEREAL", ra=202.47, dec=47.2, permissions="OPEN")


def header(**cards):
    found = fits.Header()
    found.update(
        CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1=202.47, CRVAL2=47.2, CRPIX1=150.5, CRPIX2=100.5,
        CD1_1=-2e-4, CD1_2=1e-5, CD2_1=1e-5, CD2_2=2e-4, RADESYS="ICRS",
    )  # fmt: skip
    found.update(cards)
    return found


def sky(seed=1):
    """Noise about 100, a star at x 250, y 20 (from 0), and pixels that are not numbers."""
    pixels = np.random.default_rng(seed).normal(100, 3, (HEIGHT, WIDTH)).astype("f4")
    pixels[18:23, 248:253] = 9000
    pixels[150:160, 10:20] = np.nan
    return pixels


def written(*hdus):
    out = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(out)
    return out.getvalue()


def plain():
    return written(fits.PrimaryHDU(sky(), header()))


def packed():
    """As LCO sends them: an empty primary, a mask, and the image SCI packed by tiles."""
    mask = fits.ImageHDU(np.zeros((50, 60), "u1"), name="BPM")
    return written(fits.PrimaryHDU(), mask, fits.CompImageHDU(np.nan_to_num(sky()), header(), name="SCI"))


def cube():
    return written(fits.PrimaryHDU(np.stack([sky(), sky(2) * 0]), header()))


def whole_numbers():
    return written(fits.PrimaryHDU(np.nan_to_num(sky()).astype("u2"), header()))


def kept(target, content, name="image.fits"):
    return store_product(target=target, filename=name, content=content, data_product_type="fits_file")


@pytest.fixture(autouse=True)
def _types(settings):
    settings.DATA_PRODUCT_TYPES = {"fits_file": ("fits_file", "FITS"), "image_file": ("image_file", "Image")}


@pytest.mark.parametrize(
    ("make", "name"),
    [(plain, "a.fits"), (packed, "a.fits.fz"), (cube, "a.fit"), (whole_numbers, "a.fts"), (lambda: gzip.compress(plain()), "a.fits.gz")],
)
def test_a_star_is_drawn_where_it_is(target, make, name):
    product = kept(target, make(), name)
    picture = np.asarray(images.drawn(product.data, limits="minmax", stretch="linear"))
    assert picture.shape == (HEIGHT, WIDTH)
    star = np.argwhere(picture > 200)
    # the first row of FITS is the last one of a picture
    assert (star.min(axis=0).tolist(), star.max(axis=0).tolist()) == ([HEIGHT - 23, 248], [HEIGHT - 19, 252])
    assert images.drawn(product.data, longest=100).size == (100, 67)


def test_means_of_squares_know_nothing_of_what_is_no_number():
    pixels = np.array([[1, 3, np.nan], [5, np.nan, np.nan], [7, 7, np.inf]], dtype="f4")
    found = images._means(pixels, 2)
    assert found[0, 0] == 3.0
    assert np.isnan(found[0, 1])
    assert (found[1, 0], np.isnan(found[1, 1])) == (7.0, True)


def test_scaled_in_stripes_as_in_one(target, monkeypatch):
    product = kept(target, packed(), "a.fits.fz")
    whole = np.asarray(images.drawn(product.data, longest=64, limits="90,120"))
    monkeypatch.setattr(images, "STRIPE_PIXELS", 1000)
    assert np.array_equal(whole, np.asarray(images.drawn(product.data, longest=64, limits="90,120")))


def test_a_region_is_that_of_the_whole(target):
    product = kept(target, plain())
    whole = np.asarray(images.drawn(product.data, limits="90,120"))
    part = np.asarray(images.drawn(product.data, limits="90,120", region=Region(200, 10, 80, 30)))
    assert np.array_equal(part, whole[HEIGHT - 40 : HEIGHT - 10, 200:280])
    corner = images.drawn(product.data, region=Region(290, 190, 500, 500))
    assert corner.size == (16, 16) or corner.size == (10, 10)


def test_limits_and_stretches(target):
    product = kept(target, plain())
    pixels = sky()
    assert images.limits_of(pixels, "minmax") == (float(np.nanmin(pixels)), 9000.0)
    low, high = images.limits_of(pixels, "zscale")
    assert 80 < low < 100 < high < 130
    assert images.limits_of(np.full((4, 4), 7.0), "zscale") == (7.0, 8.0)
    assert images.limits_of(np.full((4, 4), np.nan), "98") == (0.0, 1.0)
    for wrong in ("5,1", "a,b", "nan,2", "1,inf", "nothing"):
        with pytest.raises(InvalidInputError):
            images.drawn(product.data, limits=wrong)
    with pytest.raises(InvalidInputError, match="asinh, linear, sqrt, log"):
        images.drawn(product.data, stretch="cubic")
    means = {stretch: np.asarray(images.drawn(product.data, stretch=stretch, limits="90,9000")).mean() for stretch in images.STRETCHES}
    assert means["linear"] < means["sqrt"] < means["log"]
    assert means["linear"] < means["asinh"]


def interpolated(grid, x, y):
    """What the script of the viewer does with the grid."""
    n = grid["size"] - 1
    u, v = (x - grid["x"][0]) / (grid["x"][1] - grid["x"][0]) * n, (y - grid["y"][0]) / (grid["y"][1] - grid["y"][0]) * n
    i, j = min(int(u), n - 1), min(int(v), n - 1)
    total = np.zeros(3)
    for di, dj, weight in (
        (0, 0, (1 - u + i) * (1 - v + j)),
        (1, 0, (u - i) * (1 - v + j)),
        (0, 1, (1 - u + i) * (v - j)),
        (1, 1, (u - i) * (v - j)),
    ):
        total += weight * np.array(grid["vectors"][(j + dj) * grid["size"] + i + di])
    return total / np.linalg.norm(total)


SIP = {
    "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2, "A_2_0": 2e-6, "A_0_2": -1e-6, "B_2_0": 1e-6, "B_1_1": 2e-6,
    "CD1_1": -1.6e-4, "CD2_2": 1.6e-4, "CRPIX1": 2000.0, "CRPIX2": 2000.0,
}  # fmt: skip
# (cards, width and height in pixels, how far off in arcseconds at most): half a degree, at a pole and across RA 0, in other frames
FIELDS = [
    (header(CRPIX1=3000.0, CRPIX2=3000.0, CD1_1=-1e-4, CD2_2=1e-4, CD1_2=0.0, CD2_1=0.0), 6000, 6000, 1e-3),
    (header(CRVAL1=0.001, CRVAL2=-30.0), 4000, 3000, 1e-3),
    (header(CRVAL1=40.0, CRVAL2=89.99), 3000, 3000, 1e-3),
    (header(CTYPE1="GLON-TAN", CTYPE2="GLAT-TAN", CRVAL1=120.0, CRVAL2=5.0), 1000, 1000, 1e-3),
    (header(RADESYS="FK5", EQUINOX=2000.0), 1000, 1000, 1e-3),
    (header(**SIP), 4000, 4000, 0.01),
]


@pytest.mark.parametrize(("cards", "width", "height", "off_arcsec"), FIELDS)
def test_positions_are_those_of_astropy(cards, width, height, off_arcsec):
    grid = images.sky_grid(cards, width, height)
    rng = np.random.default_rng(3)
    xs, ys = rng.uniform(0.5, width + 0.5, 300), rng.uniform(0.5, height + 0.5, 300)
    true = WCS(cards).pixel_to_world(xs - 1, ys - 1).icrs.cartesian.xyz.value.T
    found = np.array([interpolated(grid, x, y) for x, y in zip(xs, ys, strict=True)])
    worst = np.degrees(2 * np.arcsin(np.linalg.norm(true - found, axis=1) / 2)).max() * 3600
    assert worst < off_arcsec, f"{worst} arcsec"


@pytest.mark.parametrize(
    "cards", [{}, {"CTYPE1": "WAVE", "CTYPE2": "LINEAR"}, {"CTYPE1": "RA---XXX", "CTYPE2": "DEC--XXX"}, {"CTYPE1": "RA---TAN"}]
)
def test_without_a_position_there_is_none(cards):
    found = fits.Header()
    found.update(cards)
    assert images.sky_grid(found, 10, 10) is None


def test_what_the_viewer_is_told(target, client):
    product = kept(target, packed(), "a.fits.fz")
    told = client.get(f"/dataproducts/data/{product.pk}/image.json").json()
    assert [index for index, _ in told["extensions"]] == [1, 2]
    assert (told["index"], told["width"], told["height"], told["wcs"]["frame"]) == (2, WIDTH, HEIGHT, "ICRS")
    assert any(card.startswith("CRVAL1") for card in told["header"])
    assert client.get(f"/dataproducts/data/{product.pk}/image.json?hdu=1").json()["width"] == 60
    wrong = client.get(f"/dataproducts/data/{product.pk}/image.json?hdu=7")
    assert (wrong.status_code, wrong.json()["problem"]) == (400, "Extension 7 is no image.")
    answer = client.get(f"/dataproducts/data/{product.pk}/image/?hdu=2&x=200&y=0&width=100&height=100&size=50&limits=90,120")
    assert (answer["Content-Type"], Image.open(io.BytesIO(answer.content)).size) == ("image/jpeg", (50, 50))
    again = client.get(
        f"/dataproducts/data/{product.pk}/image/?hdu=2",
        headers={"If-None-Match": client.get(f"/dataproducts/data/{product.pk}/image/?hdu=2")["ETag"]},
    )
    assert again.status_code == 304


def test_contract_thumbnails(target):
    product = kept(target, packed(), "a.fits.fz")
    assert is_fits_image_file(product.data)
    assert is_fits_image_file(product.data.path)
    assert not is_fits_image_file(io.BytesIO(b"nothing"))
    assert find_fits_img_size(product.data) == (WIDTH, HEIGHT)
    with product.create_thumbnail(width=40, height=30) as file:
        assert Image.open(file).size == (40, 30)
    assert product.get_preview().endswith("_tb.jpg")
    first = product.thumbnail.name
    assert product.get_preview() == product.thumbnail.url
    assert product.thumbnail.name == first
    product.get_preview(size=(50, 50))
    with product.thumbnail.open() as file, Image.open(file) as picture:
        assert picture.size == (50, 50)
    assert create_image_dataproduct(product)
    made = DataProduct.objects.get(product_id=f"{product.pk}_jpeg")
    with made.data.open() as file:
        assert (made.data_product_type, Image.open(file).size) == ("image_file", (WIDTH, HEIGHT))
    text = kept(target, b"time\n1\n", "a.csv")
    assert text.get_preview() is None
    assert text.create_thumbnail() is None


@pytest.mark.parametrize(("name", "kind"), [("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP"), ("a.tif", "TIFF")])
def test_pictures_have_previews(target, client, name, kind):
    out = io.BytesIO()
    Image.new("RGB", (600, 300), (200, 30, 30)).save(out, kind)
    product = kept(target, out.getvalue(), name)
    answer = client.get(f"/dataproducts/data/{product.pk}/preview/")
    picture = Image.open(io.BytesIO(answer.content))
    assert (answer["Content-Type"], picture.size) == ("image/jpeg", (200, 100))
    assert picture.getpixel((100, 50))[0] > 180
    assert client.get(f"/dataproducts/data/{product.pk}/view/").status_code == 200


def claims(content=b"", **cards):
    """A FITS file whose header claims what is not there."""
    told = {"SIMPLE": "T", "BITPIX": -32, "NAXIS": 2, "NAXIS1": 10, "NAXIS2": 10} | cards
    text = "".join(f"{key:<8}= {value!s:>20}".ljust(80) for key, value in told.items()) + "END".ljust(80)
    head = text.ljust(-(-len(text) // 2880) * 2880).encode()
    return head + content


BAD = {
    "an image far larger than the file": claims(NAXIS1=100_000, NAXIS2=100_000),
    "a negative axis": claims(NAXIS1=-5),
    "too many axes": claims(NAXIS=1000),
    "a size that is a word": claims(NAXIS1="many"),
    "a size in quotes": claims(NAXIS1="'10'"),
    "a number of axes in quotes": claims(NAXIS="'x'"),
    "a number of bits in quotes": claims(BITPIX="'x'"),
    "a size beyond all numbers": claims(NAXIS1="9" * 60),
    "cut short": plain()[:5000],
    "a header without end": b"SIMPLE  =                    T".ljust(80) + b"COMMENT x".ljust(80) * 100_000,
    "nothing after the first card": b"SIMPLE  =                    T".ljust(2880),
    "html": b"<html><script>alert(1)</script></html>",
    "empty": b"",
    "a packed image of many terabytes": written(fits.PrimaryHDU(), fits.CompImageHDU(np.zeros((20, 20), "i2"), name="SCI")).replace(
        b"ZNAXIS1 =                   20", b"ZNAXIS1 =              2000000"
    ).replace(b"ZNAXIS2 =                   20", b"ZNAXIS2 =              2000000"),
    "a packed image in one large tile": written(fits.PrimaryHDU(), fits.CompImageHDU(np.zeros((20, 20), "i2"), name="SCI")).replace(
        b"ZNAXIS1 =                   20", b"ZNAXIS1 =                19000"
    ).replace(b"ZTILE1  =                   20", b"ZTILE1  =                19000"),
    "broken packing": gzip.compress(plain())[:-500],
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("name", ["bad.fits", "bad.jpg"])
def test_what_is_no_image_is_refused_and_said(target, client, what, name):
    product = kept(target, BAD[what] or b"", name)
    with pytest.raises(InvalidFileFormatException):
        images.drawn(product.data)  # what loads the first time is not counted
    tracemalloc.start()
    try:
        with pytest.raises(InvalidFileFormatException):
            images.drawn(product.data)
        assert tracemalloc.get_traced_memory()[1] < 150_000_000
    finally:
        tracemalloc.stop()
    preview = client.get(f"/dataproducts/data/{product.pk}/preview/")
    assert (preview.status_code, preview["Content-Type"]) == (200, "image/png")  # the placeholder
    told = client.get(f"/dataproducts/data/{product.pk}/image.json")
    assert (told.status_code, bool(told.json()["problem"])) == (400, True)
    assert client.get(f"/dataproducts/data/{product.pk}/").status_code == 200
    assert product.get_preview() is None


@pytest.mark.parametrize(("name", "told_at_once"), [("table.fits", True), ("table.fits.gz", False)])
def test_a_fits_file_without_an_image_has_no_viewer(target, client, name, told_at_once):
    table = written(fits.PrimaryHDU(), fits.BinTableHDU.from_columns([fits.Column("flux", "E", array=[1.0, 2.0])]))
    product = kept(target, gzip.compress(table) if name.endswith(".gz") else table, name)
    page = f"/dataproducts/data/{product.pk}/"
    assert ("Image viewer" in client.get(page).content.decode()) is not told_at_once
    client.get(f"{page}preview/")
    assert "Image viewer" not in client.get(page).content.decode()
    assert "Image viewer" in client.get(f"/dataproducts/data/{kept(target, packed()).pk}/").content.decode()


def test_a_gzip_bomb_is_not_unpacked_to_its_end(target, settings):
    settings.TOM_UNPACKED_MAX_BYTES = 20_000_000
    bomb = gzip.compress(plain().ljust(2880) + b"\0" * 300_000_000, compresslevel=1)
    product = kept(target, bomb, "bomb.fits.gz")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidFileFormatException, match="20,000,000 bytes"):
        images.drawn(product.data)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 100


def test_a_picture_of_too_many_pixels_is_not_drawn(target):
    rows = zlib.compress(b"\0" * 60_001 * 10)

    def chunk(kind, data):
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    size = (60_000).to_bytes(4) * 2
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\0\0\0\0") + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    product = kept(target, png, "bomb.png")
    with pytest.raises(InvalidFileFormatException):
        images.drawn(product.data)


def test_a_file_of_very_many_extensions_is_refused(tmp_path):
    one = claims(NAXIS=0)
    empty = (
        b"XTENSION= 'IMAGE   '".ljust(80)
        + b"BITPIX  =                    8".ljust(80)
        + b"NAXIS   =                    0".ljust(80)
        + b"END".ljust(80)
    )
    file = io.BytesIO(one + empty.ljust(2880) * (fits_layout.MOST_HDUS + 1))
    with pytest.raises(InvalidFileFormatException, match="more than"):
        fits_files.extensions(file)


def test_extensions_are_those_of_astropy(tmp_path):
    columns = [
        fits.Column("a", "E", array=np.arange(5)),
        fits.Column("v", "PE()", array=np.array([[1.0], [1, 2], [], [3], [4]], dtype=object)),
    ]
    table = fits.BinTableHDU.from_columns(columns, name="CAT")
    content = written(
        fits.PrimaryHDU(sky()), table, fits.ImageHDU(np.zeros((3, 4, 5)), name="CUBE"), fits.ImageHDU(np.zeros(7), name="LINE")
    )
    found = fits_files.extensions(io.BytesIO(content))
    told = [(one.name, one.kind, one.width, one.height, one.planes, one.is_picture) for one in found]
    assert told == [
        ("", "image", WIDTH, HEIGHT, 1, True), ("CAT", "table", 0, 0, 1, False), ("CUBE", "image", 5, 4, 3, True), ("LINE", "image", 7, 0, 1, False),
    ]  # fmt: skip


@pytest.mark.recorded
def test_real_files(shared_data):
    found = {}
    for path in sorted([*shared_data.glob("lco/*.fits"), *shared_data.glob("spectra/*.fits")]):
        with open(path, "rb") as file:
            mine = fits_files.extensions(file)
        with fits.open(path) as hdus:
            assert [one.name for one in mine] == [hdu.header.get("EXTNAME", "") for hdu in hdus]
            assert [one.kind == "image" for one in mine] == [hdu.is_image for hdu in hdus]
        found[path.name] = images.best_extension(mine)
    # spectra and a catalogue: none of them is a picture
    assert found["cpt1m010-kb70-20151219-0075-s10.fits"] is None
    assert found["lsc1m005-kb78-20151109-0179-e90_cat.fits"] is None


def test_a_preview_of_a_product_without_a_file(target, client):
    product = DataProduct.objects.create(product_id="none", target=target, data_product_type="fits_file")
    for page in ("preview/", "view/", "file/"):
        assert client.get(f"/dataproducts/data/{product.pk}/{page}").status_code in (302, 404)
    assert client.get(f"/dataproducts/data/{product.pk}/").status_code == 200
    product.data.save("gone.fits", ContentFile(b"x"))
    product.data.storage.delete(product.data.name)
    for page in ("image/", "image.json", "file/"):
        assert client.get(f"/dataproducts/data/{product.pk}/{page}").status_code == 404
