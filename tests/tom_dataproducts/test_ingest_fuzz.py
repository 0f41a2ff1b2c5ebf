"""Whatever is sent as a file: measurements, or a reason; never an error of the server, never half a product.

A few inputs in each run; 10,000 as `long`: `pytest tests/tom_dataproducts/test_ingest_fuzz.py -m long`.
"""

import io
import math

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tom_common.errors import InvalidInputError
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.processors.photometry_columns import NAMES, TIMES
from tom_dataproducts.services import preview_file, process_product, store_product
from tom_targets.models import BaseTarget

PROCESSORS = {
    "photometry": "photometry_processor.PhotometryProcessor",
    "spectroscopy": "spectroscopy_processor.SpectroscopyProcessor",
    "atlas_photometry": "atlas_processor.AtlasProcessor",
    "panstarrs_photometry": "panstarrs_processor.PanstarrsProcessor",
    "ztf_photometry": "ztf_forced_photometry_processor.ZTFForcedPhotometryProcessor",
}
ROUNDS = {"few": 25, "many": 2500}
KINDS = st.sampled_from(sorted(PROCESSORS))
FILES = st.sampled_from(["a.csv", "a.txt", "a.dat", "a.ecsv", "a.xml", "a.fits", "a.fz", "a.ascii", "a", "ogle-1.dat", "a.gz", "a.json"])


@pytest.fixture
def ingest(db, settings):
    settings.DATA_PROCESSORS = {kind: f"tom_dataproducts.processors.{path}" for kind, path in PROCESSORS.items()}
    settings.DATA_PRODUCT_TYPES = {kind: (kind, kind) for kind in PROCESSORS}
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    targets = [
        BaseTarget.objects.create(name="placed", type="SIDEREAL", ra=10, dec=20), BaseTarget.objects.create(name="lost", type="NON_SIDEREAL")
    ]  # fmt: skip

    def run(content, name, kind, which, keep):
        with transaction.atomic():
            _check(content, name, kind, targets[which], keep)
            transaction.set_rollback(True)

    return run


def _check(content, name, kind, target, keep):
    preview = preview_file(file=content, filename=name, target=target, data_product_type=kind)
    assert not preview.problem.startswith("The processor failed"), preview.problem
    product = store_product(target=target, filename=name, content=content, data_product_type=kind)
    added = reason = None
    try:
        added = process_product(product=product, keep_good_rows=keep)
    except InvalidInputError as error:
        reason = str(error)
    if added is None:
        event("refused")
        assert reason
        assert not ReducedDatum.objects.exists(), "half a product was stored"
        assert DataProduct.objects.get(pk=product.pk).processing_state == "failed"
        assert preview.problem or preview.error_count or not keep
        return
    event("stored" if len(added) else "nothing in it")
    rows = list(ReducedDatum.objects.filter(data_product=product))
    assert len(rows) == len(added.created)
    assert DataProduct.objects.get(pk=product.pk).processing_state == "done"
    for row in rows:
        for number in (row.brightness, row.brightness_error, row.limit, row.exposure_time):
            assert number is None or math.isfinite(number)
        if row.data_type == "spectroscopy":
            assert len(row.flux) == len(row.wavelength)
    again = process_product(product=product, keep_good_rows=keep)
    assert (again.created, again.updated) == ([], []), "reading it again made more of it"


# --- tables of text

WORDS = [*TIMES, *(name for names in NAMES.values() for name in names), "flux [uJy]", "time (BJD_TDB)", "mag (AB)", "wavelength", "loglam"]
WORDS += ["wave [nm]", "epochMean", "gMeanPSFMag", "MJD", "m", "dm", "uJy", "duJy", "F", "jd", "zpdiff", "forcediffimfluxunc", "", "#", "x"]
OF_BANDS = ["g", "g_err", "r_mag", "e_r_mag", "r_mag_err", "g_lim", "ps1_r [mag]", "err_ps1_r", "Vmag", "V [mJy]", "z", "zerr", "y", "flux_g", "limit"]
NUMBERS = st.one_of(
    st.floats(50000, 60000).map(lambda x: f"{x:.5f}"), st.floats(2.45e6, 2.46e6).map(str), st.integers(-5, 70000).map(str),
    st.floats().map(str), st.floats(10, 25).map(lambda x: f"{x:.3f}"),
)  # fmt: skip
ODD = st.sampled_from(
    ["", "nan", "--", ">19.5", "<3", "≥20", "99.0", "-999", "1e400", "1_0", "17,5", "2020-01-01", "2020-01-01T12:00:00", "12:00:00", "0000-00-00",
     "9999-12-31T23:59:59.9999999", "2016-12-31T23:59:60", "TRUE", "r", "ztfg", "uJy", "TDB", "ab", "x" * 300, '"', "'", "\\", "é", "٣", "\u2028"]
)  # fmt: skip
CELLS = st.one_of(NUMBERS, NUMBERS, NUMBERS, ODD, st.text(max_size=8))


@st.composite
def tables(draw):
    width = draw(st.integers(1, 8))
    names = draw(
        st.lists(
            st.one_of(st.sampled_from(WORDS), st.sampled_from(["mjd", "mag", "flux", "wavelength", "magerr"])),
            min_size=width,
            max_size=width,
        )
    )
    if draw(st.integers(0, 4)) == 0:
        names = ["mjd", *draw(st.lists(st.sampled_from(OF_BANDS), min_size=width - 1, max_size=width - 1))]
    rows = draw(st.lists(st.lists(CELLS, min_size=max(1, width - draw(st.integers(0, 1))), max_size=width), max_size=8))
    separator = draw(st.sampled_from([",", ";", "\t", " ", "|", "  "]))
    above = draw(
        st.sampled_from(
            ["", "", "# TIMESYS: TDB\n", "# DATE-OBS: soon\n", "# FILTER: r\n", "SN: x\n", "# %ECSV 1.0\n", "\\fixlen\n|a|\n", "\ufeff"]
        )
    )
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    header = [separator.join(names)] if draw(st.integers(0, 9)) else []
    text = above + end.join([*header, *(separator.join(row) for row in rows)]) + draw(st.sampled_from(["", end]))
    return text.encode(draw(st.sampled_from(["utf-8", "utf-16"])), "replace")


# --- files that were right once


def _fits(*hdus):
    content = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(content)
    return content.getvalue()


def _seeds():
    flux = np.linspace(1, 2, 20)
    image = fits.PrimaryHDU(flux)
    image.header.update(
        {"CRVAL1": 4000.0, "CDELT1": 2.0, "CRPIX1": 1.0, "DATE-OBS": "2020-01-01T00:00:00", "BUNIT": "1e-17 erg/cm2/s/A", "EXPTIME": 5.0}
    )
    spec = fits.PrimaryHDU(np.stack([flux, flux]))
    spec.header.update(
        {"CTYPE1": "MULTISPE", "CTYPE2": "MULTISPE", "WAT1_001": "wtype=multispec units=angstroms", "DATE-OBS": "2020-01-01"}
    )
    spec.header["WAT2_001"] = 'wtype=multispec spec1 = "1 1 0 4000. 2. 20 0. 1. 2." '
    spec.header["WAT2_002"] = 'spec2 = "2 2 2 0. 0. 20 0. 1. 2. 1. 0. 1 2 1. 20. 5000. 9."'
    table = Table(
        {"mjd": [59000.5, 59001.5], "mag": [17.0, 18.0], "filter": ["r", "g"], "wavelength": [4000.0, 5000.0], "flux": [1.0, 2.0]}
    )
    for column, unit in (("mag", "mag"), ("wavelength", "nm")):
        table[column].unit = unit
    found = [_fits(image), _fits(spec), _fits(fits.PrimaryHDU(), fits.CompImageHDU(np.ones((4, 20))))]
    for form in ("fits", "votable", "ascii.ecsv", "ascii.ipac"):
        if form in ("fits", "votable"):
            content = io.BytesIO()
            table.write(content, format=form)
            found.append(content.getvalue())
        else:
            text = io.StringIO()
            table.write(text, format=form)
            found.append(text.getvalue().encode())
    return [
        *found,
        b"STARTMETADATA\nFILTER=R\nDELIMITER=PIPE\nENDMETADATA\nDATA=2459001.0|12.5|0.01|1.2\nDATA=2459001.1|12.5|0.01\nENDDATA\n",
        b"###MJD m dm uJy duJy F err\n59000.5 17.5 0.1 500 10 o 0\n59001.5 -20 1 -20 10 c 0\n",
        b"# x\nindex, field, jd, filter, zpdiff, forcediffimflux, forcediffimfluxunc, infobitssci\n0 1 2459001.5 ZTF_g 26.3 100 5 0\n",
        b"mjd,g,g_err,r_mag,g_lim\n59000.5,17.5,0.1,17.1,\n59001.5,,,17.2,20.5\n",
        b'{"info": [{"name": "epochMean"}, {"name": "gMeanPSFMag"}], "data": [[59000.5, 17.5]]}',
        b"# DATE-OBS: 2020-01-01\nwavelength flux flux_error\n4000 1 .1\n5000 2 .1\n",
    ]


SEEDS = _seeds()
CARD_VALUES = [b"99999999999", b"-1", b"0", b"'x'", b"T", b"1E400", b"NaN", b"2000000000", b"8", b"-64"]


@st.composite
def mutants(draw):
    content = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        kind = draw(st.integers(0, 5))
        if kind == 0 and content:
            content[at] = draw(st.integers(0, 255))
        elif kind == 1:
            del content[at : at + draw(st.integers(1, 3000))]
        elif kind == 2:
            content[at:at] = draw(st.binary(max_size=20))
        elif kind == 3:
            piece = content[at : at + draw(st.integers(1, 200))]
            content[at:at] = piece
        elif kind == 4 and content[:6] == b"SIMPLE":
            # the value of a card of the header
            card = 80 * draw(st.integers(0, 40))
            written = draw(st.sampled_from(CARD_VALUES))
            content[card + 10 : card + 30] = written.rjust(20)
        else:
            del content[at:]
    return bytes(content)


def _settings(rounds):
    return settings(max_examples=ROUNDS[rounds], deadline=None, database=None, suppress_health_check=list(HealthCheck))


INPUTS = {
    "tables": (
        tables(),
        st.sampled_from(["photometry", "photometry", "spectroscopy", "atlas_photometry", "panstarrs_photometry", "ztf_photometry"]),
    ),
    "mutants": (mutants(), KINDS),
    "fits": (mutants().filter(lambda content: content[:6] == b"SIMPLE"), st.sampled_from(["photometry", "spectroscopy"])),
    "anything": (st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))), KINDS),
}


def _run(ingest, which, rounds):
    contents, kinds = INPUTS[which]
    names = st.sampled_from(["a.fits", "a.fits.gz", "a.fz"]) if which == "fits" else FILES

    @_settings(rounds)
    @given(contents, names, kinds, st.integers(0, 1), st.booleans())
    def check(content, name, kind, target, keep):
        ingest(content, name, kind, target, keep)

    check()


@pytest.mark.parametrize("which", INPUTS)
def test_a_few_inputs(ingest, which):
    _run(ingest, which, "few")


@pytest.mark.long
@pytest.mark.parametrize("which", INPUTS)
def test_ten_thousand_inputs(ingest, which):
    _run(ingest, which, "many")
