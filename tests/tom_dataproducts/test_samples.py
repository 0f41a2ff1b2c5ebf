"""The samples that the upload form offers are read as they stand, and their numbers are those of the files."""

import csv
from pathlib import Path

import pytest

import tom_dataproducts
from tom_astro.times import datetime_to_mjd
from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.services import process_product, store_product
from tom_targets.models import BaseTarget

pytestmark = pytest.mark.django_db
SAMPLES = Path(tom_dataproducts.__file__).parent / "static" / "tom_dataproducts"


@pytest.fixture(autouse=True)
def _processors(settings):
    settings.DATA_PROCESSORS = {
        "photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor",
        "spectroscopy": "tom_dataproducts.processors.spectroscopy_processor.SpectroscopyProcessor",
    }


def processed(name, kind):
    text = (SAMPLES / name).read_text()
    target = BaseTarget.objects.create(name="SN 2012aw", type="SIDEREAL", ra=160.974, dec=11.671)
    process_product(product=store_product(target=target, filename=name, content=text, data_product_type=kind))
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    return rows, list(ReducedDatum.objects.order_by("timestamp", "pk"))


def test_photometry():
    rows, data = processed("photometry_sample.csv", "photometry")
    assert len(data) == len(rows) == 3
    for row, datum in zip(rows, data, strict=True):
        assert float(datetime_to_mjd(datum.timestamp)) == pytest.approx(float(row["time"]), abs=1e-9)
        assert (datum.bandpass, datum.source_name) == (row["filter"], row["source"])
        read = [datum.brightness, datum.brightness_error, datum.limit]
        assert read == [float(row[name]) if row[name] else None for name in ("magnitude", "error", "limit")]


def test_spectrum():
    rows, [datum] = processed("spectrum_sample.csv", "spectroscopy")
    assert list(datum.wavelength) == [float(row["wavelength"]) for row in rows]
    assert list(datum.flux) == [float(row["flux"]) for row in rows]
    assert f"{datum.timestamp:%Y-%m-%dT%H:%M:%S}" == "2024-02-03T04:05:06"
