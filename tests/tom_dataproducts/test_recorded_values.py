"""Every value of every recorded file, stored and read back, beside an independent reading of the file by csv or astropy."""

import csv
import json
import math

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.io import ascii, fits
from astropy.time import Time
from django.core.files.base import ContentFile

from tests.tom_dataproducts.test_recorded_files import KINDS
from tom_dataproducts.exceptions import InvalidFileFormatException
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.services import preview_product, process_product, store_product
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.django_db, pytest.mark.recorded]
RA, DEC = 160.97, 11.67
POGSON = 2.5 / math.log(10)
ALL_FOLDERS = ("lightcurves", "spectra", "atlas", "panstarrs", "ztf_forced_photometry")


@pytest.fixture
def stored(settings, shared_data):
    settings.DATA_PROCESSORS = KINDS
    settings.DATA_PRODUCT_TYPES = {kind: (kind, kind) for kind in KINDS}
    target = BaseTarget.objects.create(name="SN", type="SIDEREAL", ra=RA, dec=DEC)

    def run(path, kind):
        content = (shared_data / path).read_bytes()
        product = store_product(target=target, filename=path.rpartition("/")[2], content=ContentFile(content), data_product_type=kind)
        process_product(product=product)
        return list(ReducedDatum.objects.filter(data_product=product).order_by("timestamp", "bandpass", "brightness", "limit"))

    return run


def by_flux(flux, error, zero, snr=3.0, limit_snr=3.0):
    """(magnitude, error, limit) as the documentation says, for one row."""
    if flux is not None and flux > 0 and flux / error > snr:
        return zero - 2.5 * math.log10(flux), POGSON * error / flux, None
    return None, None, zero - 2.5 * math.log10(limit_snr * error)


def number(cell):
    return float(cell) if cell not in ("", None) else None


def of_csv(path, row):
    with path.open() as file:
        return [row(cells) for cells in csv.DictReader(file)]


def skyportal_fluxes(path):
    return of_csv(
        path, lambda c: (float(c["mjd"]), c["filter"], *by_flux(number(c["flux"]), float(c["fluxerr"]), float(c["zp"])))
    )  # fmt: skip


def atlas_magnitudes(path):
    def row(c):
        found = number(c["mag"]), number(c["magerr"])
        return float(c["mjd"]), c["filter"], *found, None if found[0] is not None else float(c["limiting_mag"])

    return of_csv(path, row)


def omega(path):
    return of_csv(path, lambda c: (float(c["time"]) - 2400000.5, c["filter"], float(c["magnitude"]), float(c["error"]), None))


def sncosmo(path):
    table = ascii.read(path, format="basic", comment="@")
    return [(r["time"], r["band"], *by_flux(r["flux"], r["fluxerr"], r["zp"])) for r in table]


def sn2012aw(path):
    lines = path.read_text().splitlines()
    band = lines[1].split()[1]
    return [(float(w[0]), band, float(w[1]), float(w[2]), None) for w in (line.split() for line in lines[4:]) if w]


def ogle(path):
    """Back from the Sun with astropy's own ephemeris."""
    days, magnitude, error = np.loadtxt(path, usecols=(0, 1, 2), unpack=True)
    place = SkyCoord(RA, DEC, unit="deg")
    at_earth = Time(days, format="jd", scale="utc", location=EarthLocation.from_geocentric(0, 0, 0, unit=u.m))
    for _ in range(3):
        light = at_earth.light_travel_time(place, "heliocentric", ephemeris="builtin")
        at_earth = Time(days - light.to_value("day"), format="jd", scale="utc", location=at_earth.location)
    return list(zip(at_earth.mjd, ["I"] * len(days), magnitude, error, [None] * len(days), strict=True))


def alcdef(path):
    found, band = [], ""
    for line in path.read_text().splitlines():
        if line.startswith("FILTER="):
            band = line[7:]
        if line.startswith("DATA="):
            day, magnitude, error = map(float, line[5:].split("|")[:3])
            found.append((day - 2400000.5, band, magnitude, error, None))
    return found


def atlas(path):
    table = ascii.read(path.read_text().lstrip("#"), format="basic")
    found = []
    for r in table:
        if r["uJy"] / r["duJy"] > 3:
            found.append((r["MJD"], r["F"], r["m"], r["dm"], None))
        else:
            found.append((r["MJD"], r["F"], None, None, 23.9 - 2.5 * math.log10(3 * r["duJy"])))
    return found


def ztf(path):
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    names = lines[0].replace(",", " ").split()
    found = []
    for line in lines[1:]:
        c = dict(zip(names, line.split(), strict=True))
        if c["forcediffimflux"] in ("null", "-99999") or int(c["infobitssci"]) >= 33554432:
            continue
        flux = by_flux(float(c["forcediffimflux"]), float(c["forcediffimfluxunc"]), float(c["zpdiff"]), 3.0, 5.0)
        found.append((float(c["jd"]) - 2400000.5, c["filter"].replace("ZTF_", ""), *flux))
    return found


PHOTOMETRY = {
    "lightcurves/14gqr_phot.csv": ("photometry", skyportal_fluxes),
    "lightcurves/433_Eros_ALCDEF.txt": ("photometry", alcdef),
    "lightcurves/AT2017gfo_optical.csv": ("photometry", skyportal_fluxes),
    "lightcurves/AT2017gfo_xray.csv": ("photometry", skyportal_fluxes),
    "lightcurves/Gaia_event_LCO_sample_photometry.csv": ("photometry", omega),
    "lightcurves/OGLE-2023-BLG-0348_phot.dat": ("photometry", ogle),
    "lightcurves/ZTF21aaqjmps_phot.csv": ("photometry", skyportal_fluxes),
    "lightcurves/sn2012aw.out_B": ("photometry", sn2012aw),
    "lightcurves/sn2012aw.out_g_2.5m": ("photometry", sn2012aw),
    "lightcurves/sncosmo_example_photometric_data.dat": ("photometry", sncosmo),
    "atlas/AT2020wol_job01088.txt": ("atlas_photometry", atlas),
    "atlas/ZTF21aasourc_ATLAS_skyportal.csv": ("photometry", atlas_magnitudes),
    "ztf_forced_photometry/forcedphotometry_req00010458_lc.txt": ("ztf_photometry", ztf),
    "ztf_forced_photometry/forcedphotometry_req00012210_lc_ZTF20acfkyll.txt": ("ztf_photometry", ztf),
}


def told(row):
    time, band, *rest = row
    return f"{time:.7f}", band, *(None if number is None else f"{float(number):.6g}" for number in rest)


@pytest.mark.parametrize("path", PHOTOMETRY)
def test_photometry(stored, shared_data, path):
    kind, expected = PHOTOMETRY[path]
    found = stored(path, kind)
    expected = expected(shared_data / path)
    distinct = set(map(told, expected))
    # The same measurement reported twice is one row; those that differ, if only in the seventh digit of the flux, are all kept.
    assert len(distinct) <= len(found) <= len(expected)
    order = sorted(expected, key=lambda row: (row[0], row[1], row[2] is not None, row[2] or row[4]))
    if len(distinct) < len(expected):
        assert {told((d.value["mjd"], d.bandpass, d.brightness, d.brightness_error, d.limit)) for d in found} == distinct
    else:
        mine = sorted(found, key=lambda d: (d.timestamp, d.bandpass, d.brightness is not None, d.brightness or d.limit))
        # Times within a millisecond (ERFA's Earth and astropy's), numbers to rounding.
        np.testing.assert_allclose(Time([d.timestamp for d in mine]).mjd, [row[0] for row in order], rtol=0, atol=1e-3 / 86400)
        assert [d.bandpass for d in mine] == [row[1] for row in order]
        for name, column in (("brightness", 2), ("brightness_error", 3), ("limit", 4)):
            mine_, theirs = (
                [np.nan if x is None else float(x) for x in xs] for xs in ([getattr(d, name) for d in mine], [r[column] for r in order])
            )
            np.testing.assert_allclose(mine_, theirs, rtol=1e-9)
    assert all(d.value.get("magnitude") == d.brightness and d.value.get("limit") == d.limit for d in found)


def of_columns(path):
    return np.loadtxt(path, usecols=(0, 1), unpack=True)


def of_named(path):
    table = ascii.read(path, format="csv")
    return table["wavelengths"], table["fluxes"]


def lco(path):
    wavelength, flux = np.loadtxt(path, skiprows=3, unpack=True)
    return wavelength, flux * 1e-15


def floyds(path):
    header, data = fits.getheader(path), fits.getdata(path)
    return header["CRVAL1"] + header["CD1_1"] * np.arange(4560), data[0, 0] * 1e-20


def gmos(path):
    """W / (m2 nm) is 100 erg / (s cm2 Angstrom)."""
    header, data = fits.getheader(path, "SCI"), fits.getdata(path, "SCI")
    axis = header["CRVAL1"] + header.get("CD1_1", header.get("CDELT1")) * (np.arange(3200) + 1 - header["CRPIX1"])
    return axis * u.Unit(header.get("CUNIT1", "Angstrom")).to("Angstrom"), np.asarray(data, dtype=float) * u.Unit(header["BUNIT"]).to(
        "erg / (s cm2 Angstrom)"
    )


SPECTRA = {
    "spectra/ZTF20abucjsa_20200909_LT_v1.ascii": (of_columns, "2020-09-09T23:10:24.199"),
    "spectra/ZTF20abwdwoa_20200917_Keck1_v1.ascii": (of_columns, None),
    "spectra/ZTF21aaqjmps_spec.csv": (of_named, None),
    "spectra/floyds_test_2df_ex.fits": (floyds, "2018-07-22T12:17:40.958"),
    "spectra/gemini_gmos_S20210219S0075_1D.fits": (gmos, "2021-02-19T08:14:04.667"),
    "spectra/mop_sample_spectrum.csv": (lco, "2023-09-12T00:00:00"),
    "spectra/sncosmo_example_spectrum.dat": (of_columns, None),
    "spectra/spec1.csv": (of_named, None),
}


@pytest.mark.parametrize("path", SPECTRA)
def test_spectra(stored, shared_data, path):
    expected, date = SPECTRA[path]
    (found,) = stored(path, "spectroscopy")
    wavelength, flux = expected(shared_data / path)
    np.testing.assert_allclose(found.wavelength, wavelength, rtol=1e-12)
    np.testing.assert_allclose(found.flux, flux, rtol=1e-7 if path.endswith(".fits") else 1e-12, atol=0)
    # that of SPRAT is divided by its continuum, as its header says
    assert (found.wavelength_unit, found.flux_unit) == ("Angstrom", "" if "_LT_" in path else "erg / (Angstrom s cm2)")
    if date:
        assert found.timestamp.isoformat().startswith(date)
    else:
        assert found.timestamp == found.data_product.created


REFUSED = {
    "spectra/a001981_smass.txt": ("spectroscopy", "cannot be in Angstrom: say their unit in a line `# WAVELENGTH_UNITS: um`"),
    "spectra/ZTF20abpuxna_20200915_Keck1_v1.ascii.bad": ("spectroscopy", "row 193: 9 values where the header names 8 columns"),
    "atlas/queue_submit_201.http.json": ("atlas_photometry", "This is no result of ATLAS forced photometry"),
    "panstarrs/dr2_mean_cone.http.json": ("panstarrs_photometry", "This JSON is no answer of the MAST catalogues"),
    "panstarrs/mast_panstarrs_cone.json": ("panstarrs_photometry", "no column gMeanPSFMag"),
}


@pytest.mark.parametrize("path", REFUSED)
def test_refused(stored, path):
    kind, reason = REFUSED[path]
    with pytest.raises(InvalidFileFormatException, match=reason):
        stored(path, kind)
    product = DataProduct.objects.get()
    assert product.processing_state == "failed"
    assert reason.split("`")[0] in product.processing_message
    assert not ReducedDatum.objects.exists()
    assert reason.split("`")[0] in preview_product(product=product).problem or preview_product(product=product).can_keep_good_rows


def test_the_broken_spectrum_without_its_broken_row(stored, shared_data):
    path = "spectra/ZTF20abpuxna_20200915_Keck1_v1.ascii.bad"
    with pytest.raises(InvalidFileFormatException):
        stored(path, "spectroscopy")
    product = DataProduct.objects.get()
    process_product(product=product, keep_good_rows=True)
    lines = [line.split() for line in (shared_data / path).read_text().splitlines() if not line.startswith("#")]
    found = ReducedDatum.objects.get()
    assert found.wavelength == [float(words[0]) for words in lines[:-1]]
    assert found.flux == [float(words[1]) for words in lines[:-1]]
    assert "1 row left out: row 193" in product.processing_message


def test_the_catalogue_answer_of_pan_starrs(stored, shared_data, tmp_path):
    """The recorded answer was asked for without an epoch: refused; with the column epochMean its five magnitudes are stored."""
    body = json.loads((shared_data / "panstarrs/dr2_mean_cone.http.json").read_text())["response"]["body"]
    target = BaseTarget.objects.get()
    product = store_product(target=target, filename="a.csv", content=body, data_product_type="panstarrs_photometry")
    with pytest.raises(InvalidFileFormatException, match="ask the catalogue"):
        process_product(product=product)
    header, row = body.strip().splitlines()
    product = store_product(
        target=target, filename="b.csv", content=f"{header},epochMean\r\n{row},56000.5\r\n", data_product_type="panstarrs_photometry"
    )
    process_product(product=product)
    cells = dict(zip(header.split(","), row.split(","), strict=True))
    assert {d.bandpass: d.brightness for d in product.reduceddatum_set.all()} == {b: float(cells[f"{b}MeanPSFMag"]) for b in "grizy"}


def test_no_file_is_forgotten(shared_data):
    there = {f"{folder}/{file.name}" for folder in ALL_FOLDERS for file in (shared_data / folder).iterdir() if file.is_file()}
    assert there == {*PHOTOMETRY, *SPECTRA, *REFUSED}
