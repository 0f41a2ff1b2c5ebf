"""What will be read from a file is told before anything is stored."""

import io

import pytest

from tom_dataproducts.data_processor import DataProcessor
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.services import preview_file, preview_product, store_product
from tom_dataproducts.services.preview import _brief
from tom_targets.models import BaseTarget

pytestmark = pytest.mark.django_db
CSV = b"mjd,band,mag [AB],magerr,note\n59000.5,ztfr,17.2,0.02,a\n59001.5,g,>19.5,,b\n59002.5,g,bright,0.1,c\n"


class LegacyProcessor(DataProcessor):
    def process_data(self, data_product):
        with open(data_product.data.path) as file:
            return [("2024-01-01", {"words": len(file.read().split())}, "me")]


class BrokenProcessor(DataProcessor):
    def process_data(self, data_product):
        raise RuntimeError("boom")


@pytest.fixture
def target(settings):
    settings.DATA_PROCESSORS = {
        "photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor",
        "spectroscopy": "tom_dataproducts.processors.spectroscopy_processor.SpectroscopyProcessor",
        "legacy": f"{__name__}.LegacyProcessor",
        "broken": f"{__name__}.BrokenProcessor",
    }
    return BaseTarget.objects.create(name="t", type="SIDEREAL", ra=1, dec=2)


def test_columns_units_rows_and_errors(target):
    preview = preview_file(file=io.BytesIO(CSV), filename="../a b.csv", target=target, data_product_type="photometry")
    told = {column.name: (column.meaning, column.unit) for column in preview.columns}
    assert told == {
        "mjd": ("time", "MJD UTC"),
        "band": ("filter", ""),
        "mag [AB]": ("magnitude", "AB mag"),
        "magerr": ("error", "AB mag"),
        "note": ("", ""),
    }
    assert (preview.kind, preview.time) == ("text separated by commas", "MJD in UTC")
    assert (preview.row_count, preview.good_count, preview.error_count) == (3, 2, 1)
    assert preview.rows[0].value == {"mjd": 59000.5, "filter": "ztfr", "magnitude": 17.2, "error": 0.02, "unit": "AB mag", "note": "a"}
    assert preview.rows[1].value["limit"] == 19.5
    (error,) = preview.errors
    assert (error.row, error.column, error.value) == (4, "mag [AB]", "bright")
    assert error.mend
    assert preview.can_keep_good_rows
    assert not preview.is_readable
    assert not DataProduct.objects.exists()
    assert not ReducedDatum.objects.exists()


def test_computed_numbers_are_shown_to_fifteen_digits():
    assert _brief(0.039999999999999994) == 0.04
    assert _brief(59000.123456789) == 59000.123456789
    assert (_brief(-0.5), _brief(3), _brief("g"), _brief(None)) == (-0.5, 3, "g", None)


def test_a_spectrum(target):
    preview = preview_file(
        file=b"# DATE-OBS: 2020-01-01T10:00:00\nwave [nm],flux\n400,1\n500,2\n",
        filename="s.csv",
        target=target,
        data_product_type="spectroscopy",
    )
    assert (preview.points, preview.shortest, preview.longest) == (2, pytest.approx(4000.0), pytest.approx(5000.0))
    assert preview.columns[0].unit == "nm"
    assert preview.rows[0].value["flux"] == "2 values"


@pytest.mark.parametrize(
    ("content", "name", "kind", "problem"),
    [
        (b"", "a.csv", "photometry", "Empty table"),
        (b"%PDF-1.4", "a.pdf", "photometry", "Unsupported file type"),
        (b"a,b\n1,2\n", "a.csv", "photometry", "no column of times"),
        (b"mjd,mag\n59000,x\n", "a.csv", "photometry", "No row of this table"),
        (b"x", "..", "photometry", "no file name"),
        (b"x", "a.txt", "broken", "The processor failed: boom"),
    ],
)
def test_what_cannot_be_read_says_why(target, content, name, kind, problem):
    preview = preview_file(file=content, filename=name, target=target, data_product_type=kind)
    assert problem in preview.problem
    assert not preview.is_readable


def test_plugins_and_plain_files(target):
    preview = preview_file(file=b"two words", filename="a.txt", target=target, data_product_type="legacy")
    assert preview.rows[0].value == {"words": 2}
    preview = preview_file(file=b"two words", filename="a.txt", target=target, data_product_type="image_file")
    assert preview.is_plain_file


def test_a_stored_product(target):
    product = store_product(target=target, filename="a.csv", content=CSV, data_product_type="photometry")
    assert preview_product(product=product).good_count == 2
    assert not ReducedDatum.objects.exists()
