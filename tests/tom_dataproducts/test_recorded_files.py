"""Every recorded file of measurements is read with the right numbers, or refused for the right reason."""

import datetime as dt
import math

import pytest
from django.core.files.base import ContentFile

from tom_dataproducts.exceptions import InvalidFileFormatException
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.services import process_product, store_product
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.django_db, pytest.mark.recorded, pytest.mark.database]

KINDS = {
    "photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor",
    "spectroscopy": "tom_dataproducts.processors.spectroscopy_processor.SpectroscopyProcessor",
    "atlas_photometry": "tom_dataproducts.processors.atlas_processor.AtlasProcessor",
    "panstarrs_photometry": "tom_dataproducts.processors.panstarrs_processor.PanstarrsProcessor",
    "ztf_photometry": "tom_dataproducts.processors.ztf_forced_photometry_processor.ZTFForcedPhotometryProcessor",
}


@pytest.fixture
def ingest(settings, shared_data):
    settings.DATA_PROCESSORS = KINDS
    settings.DATA_PRODUCT_TYPES = {kind: (kind, kind) for kind in KINDS}
    target = BaseTarget.objects.create(name="SN", type="SIDEREAL", ra=160.97, dec=11.67)

    def run(path, kind, content=None):
        file = shared_data / path
        product = store_product(
            target=target, filename=file.name, content=content or ContentFile(file.read_bytes()), data_product_type=kind
        )
        process_product(product=product)
        return list(ReducedDatum.objects.filter(data_product=product).order_by("pk"))

    return run


def test_files_that_are_read(ingest, shared_data):
    expected = {
        ("lightcurves/Gaia_event_LCO_sample_photometry.csv", "photometry"): 48,
        ("lightcurves/AT2017gfo_optical.csv", "photometry"): 107,
        ("lightcurves/AT2017gfo_xray.csv", "photometry"): 8,
        ("lightcurves/sncosmo_example_photometric_data.dat", "photometry"): 40,
        ("lightcurves/sn2012aw.out_B", "photometry"): 95,
        ("lightcurves/sn2012aw.out_g_2.5m", "photometry"): 28,
        ("atlas/ZTF21aasourc_ATLAS_skyportal.csv", "photometry"): 384,
        ("atlas/AT2020wol_job01088.txt", "atlas_photometry"): 147,
    }
    found = {}
    for path, kind in expected:
        data = ingest(path, kind)
        found[(path, kind)] = len(data)
        assert all(d.data_type == "photometry" for d in data)
        assert all((d.brightness is None) != (d.limit is None) for d in data)
        assert all(d.value.get("magnitude") == d.brightness for d in data)
    assert found == expected


def test_julian_dates_under_the_name_time(ingest):
    first = ingest("lightcurves/Gaia_event_LCO_sample_photometry.csv", "photometry")[0]
    assert first.brightness == 18.28438465409354
    assert first.brightness_error == 0.0060538706873515084
    assert first.bandpass == "OMEGA_sinistro_gp"
    # JD 2460199.2804929283
    assert abs(first.timestamp - dt.datetime(2023, 9, 11, 18, 43, 54, 589000, tzinfo=dt.UTC)) < dt.timedelta(milliseconds=1)


def test_fluxes_with_zero_point(ingest):
    first = ingest("lightcurves/AT2017gfo_optical.csv", "photometry")[0]
    assert first.brightness == pytest.approx(23.9 - 2.5 * math.log10(319.1537855100758))
    assert first.brightness_error == pytest.approx(1.0857362 * 11.758059982209915 / 319.1537855100758)
    assert first.unit == "AB mag"
    limits = [d for d in ingest("lightcurves/ZTF21aaqjmps_phot.csv", "photometry") if d.limit is not None]
    assert limits[0].limit == pytest.approx(23.9 - 2.5 * math.log10(3 * 8.28686134956073))
    assert len(ingest("lightcurves/14gqr_phot.csv", "photometry")) == 366


def test_asteroid_light_curve(ingest):
    data = ingest("lightcurves/433_Eros_ALCDEF.txt", "photometry")
    assert len(data) > 100
    assert all(d.brightness is not None and d.brightness_error is not None for d in data)


def test_atlas(ingest):
    data = ingest("atlas/AT2020wol_job01088.txt", "atlas_photometry")
    assert data[0].limit == pytest.approx(23.9 - 2.5 * math.log10(30))
    assert (data[0].bandpass, data[0].telescope, data[0].source_name) == ("o", "ATLAS", "ATLAS")
    detections = [d for d in data if d.brightness is not None]
    assert detections
    assert all(10 < d.brightness < 21 for d in detections)


def test_ztf_forced_photometry(ingest):
    for path in ("forcedphotometry_req00010458_lc.txt", "forcedphotometry_req00012210_lc_ZTF20acfkyll.txt"):
        data = ingest(f"ztf_forced_photometry/{path}", "ztf_photometry")
        assert len(data) > 20
        assert {d.bandpass for d in data} <= {"g", "r", "i"}
        detection = next(d for d in data if d.brightness is not None)
        flux, error, zero = (detection.value[key] for key in ("flux", "flux_error", "zero_point"))
        assert detection.brightness == pytest.approx(zero - 2.5 * math.log10(flux))
        assert flux / error > 3


@pytest.mark.parametrize(
    ("path", "points", "first"),
    [
        ("spectra/mop_sample_spectrum.csv", 3970, (3318.119889641334339, None)),
        ("spectra/spec1.csv", 1197, (3315.61709372, -1.57072903217e-16)),
        ("spectra/ZTF21aaqjmps_spec.csv", 433, (4020.0, 1.21168)),
        ("spectra/ZTF20abwdwoa_20200917_Keck1_v1.ascii", 5678, (3328.97, 99.992855)),
        ("spectra/ZTF20abucjsa_20200909_LT_v1.ascii", 432, (4029.2, None)),
        ("spectra/sncosmo_example_spectrum.dat", 600, (3000.0, 1.093260655088280773e-14)),
        ("spectra/floyds_test_2df_ex.fits", 4560, (3103.1401367188, None)),
        ("spectra/gemini_gmos_S20210219S0075_1D.fits", 3200, (6500 + (1 - 1545.2976225295597) * 1.4931235344677357, None)),
    ],
)
def test_spectra(ingest, path, points, first):
    (datum,) = ingest(path, "spectroscopy")
    assert len(datum.flux) == len(datum.wavelength) == points
    assert datum.wavelength[0] == pytest.approx(first[0], rel=1e-9)
    assert datum.wavelength_unit == "Angstrom"
    if first[1] is not None:
        assert datum.flux[0] == pytest.approx(first[1], rel=1e-9)
    assert datum.value["flux"] == datum.flux


def test_dates_and_units_of_spectra(ingest, shared_data):
    from astropy.io import fits

    (floyds,) = ingest("spectra/floyds_test_2df_ex.fits", "spectroscopy")
    assert floyds.timestamp == dt.datetime(2018, 7, 22, 12, 17, 40, 958000, tzinfo=dt.UTC)
    raw = fits.getdata(shared_data / "spectra/floyds_test_2df_ex.fits")
    assert floyds.flux[2000] == pytest.approx(float(raw[0, 0, 2000]) * 1e-20, rel=1e-6)
    (gmos,) = ingest("spectra/gemini_gmos_S20210219S0075_1D.fits", "spectroscopy")
    assert gmos.timestamp == dt.datetime(2021, 2, 19, 8, 14, 4, 667000, tzinfo=dt.UTC)
    raw = fits.getdata(shared_data / "spectra/gemini_gmos_S20210219S0075_1D.fits", "SCI")
    assert gmos.flux[1000] == pytest.approx(raw[1000] * 100)
    assert len(gmos.error) == 3200
    (lt,) = ingest("spectra/ZTF20abucjsa_20200909_LT_v1.ascii", "spectroscopy")
    assert lt.timestamp.date() == dt.date(2020, 9, 9)
    assert lt.timestamp.hour + lt.timestamp.minute > 0


@pytest.mark.parametrize(
    ("path", "kind", "reason"),
    [
        ("spectra/a001981_smass.txt", "spectroscopy", "cannot be in Angstrom"),
        ("spectra/ZTF20abpuxna_20200915_Keck1_v1.ascii.bad", "spectroscopy", "row 193: 9 values where the header names 8 columns"),
        ("atlas/ZTF21aasourc_ATLAS_skyportal.csv", "atlas_photometry", "no result of ATLAS"),
        ("spectra/floyds_test_2df_ex.fits", "photometry", "Unsupported file type"),
        ("panstarrs/mast_panstarrs_cone.json", "photometry", "Unsupported file type"),
    ],
)
def test_files_that_are_refused(ingest, path, kind, reason):
    with pytest.raises(InvalidFileFormatException, match=reason):
        ingest(path, kind)
    assert DataProduct.objects.get().processing_state == "failed"
    assert reason in DataProduct.objects.get().processing_message
    assert not ReducedDatum.objects.exists()


def test_panstarrs_answer(ingest, shared_data):
    import json

    body = json.loads((shared_data / "panstarrs/dr2_mean_cone.http.json").read_text())["response"]["body"]
    with pytest.raises(InvalidFileFormatException, match="epochMean"):
        ingest("panstarrs/dr2_mean_cone.http.json", "panstarrs_photometry", content=body)
    header, row = body.strip().splitlines()
    data = ingest(
        "panstarrs/dr2_mean_cone.http.json", "panstarrs_photometry",
        content=f"{header},epochMean,gMeanPSFMagErr\r\n{row},56000.5,0.01\r\n",
    )
    assert {d.bandpass: d.brightness for d in data}["g"] == 14.595100402832031
    assert len(data) == 5


def test_processing_again_replaces(ingest, shared_data):
    ingest("lightcurves/AT2017gfo_xray.csv", "photometry")
    product = DataProduct.objects.get()
    first = ReducedDatum.objects.count()
    lines = (shared_data / "lightcurves/AT2017gfo_xray.csv").read_text().splitlines()
    product.data.storage.delete(product.data.name)
    product.data.storage.save(product.data.name, ContentFile("\n".join(lines[:4])))
    added = process_product(product=product)
    assert (len(added.unchanged), len(added.created)) == (3, 0)
    assert ReducedDatum.objects.count() == 3 < first
