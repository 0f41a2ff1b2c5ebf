"""Spectra as observers have them: right, or refused with the reason."""

import datetime as dt
import io
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from tests.tom_dataproducts.processing import product_of
from tests.tom_dataproducts.processing import read as run
from tom_dataproducts.exceptions import InvalidFileFormatException
from tom_dataproducts.processors import spectroscopy_processor
from tom_dataproducts.processors.spectroscopy_processor import SpectroscopyProcessor
from tom_dataproducts.processors.tables import read_any_table

FLUX = np.linspace(1.0, 2.0, 50)


def fits_file(*hdus):
    content = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(content)
    return content.getvalue()


def image(data=FLUX, **cards):
    hdu = fits.PrimaryHDU(np.asarray(data))
    for key, card in {"CRVAL1": 4000.0, "CDELT1": 2.0, "DATE-OBS": "2020-05-31T12:00:00", **cards}.items():
        if card is not None:
            hdu.header[key.replace("__", "-")] = card
    return hdu


def read(content, name="s.fits", **options):
    return run(SpectroscopyProcessor(), content, name, **options)[0]


def spectrum(content, name="s.fits"):
    ((when, value, _),) = read(content, name)
    return when, np.array(value["wavelength"]), np.array(value["flux"]), value


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ({}, 4000 + 2 * np.arange(50)),
        ({"CRPIX1": 11.0, "CD1_1": 3.0}, 4000 + 3 * (np.arange(50) - 10)),
        ({"CUNIT1": "nm", "CRVAL1": 400.0, "CDELT1": 0.2}, 4000 + 2 * np.arange(50)),
        ({"CUNIT1": "um", "CRVAL1": 1.0, "CDELT1": 0.01}, 10000 + 100 * np.arange(50)),
        ({"CUNIT1": "deg"}, 4000 + 2 * np.arange(50)),
        ({"WAT1_001": "wtype=linear label=Wavelength units=angstroms", "CUNIT1": "m"}, 4000 + 2 * np.arange(50)),
        ({"CRVAL1": 3.6, "CDELT1": 1e-4, "DC-FLAG": 1}, 10 ** (3.6 + 1e-4 * np.arange(50))),
        ({"CRVAL1": None, "CDELT1": None, "COEFF0": 3.6, "COEFF1": 1e-4}, 10 ** (3.6 + 1e-4 * np.arange(50))),
        ({"CRVAL1": 3.6, "CDELT1": 1e-4, "WFITTYPE": "LOG-LINEAR"}, 10 ** (3.6 + 1e-4 * np.arange(50))),
        ({"CTYPE1": "WAVE-LOG", "CDELT1": 2.0}, 4000 * np.exp(2 * np.arange(50) / 4000)),
    ],
)
def test_axes_of_images(cards, expected):
    when, wavelength, flux, value = spectrum(fits_file(image(**cards)))
    np.testing.assert_allclose(wavelength, expected, rtol=1e-12)
    np.testing.assert_allclose(flux, FLUX)
    assert when == dt.datetime(2020, 5, 31, 12, tzinfo=dt.UTC)
    assert value["wavelength_units"] == "Angstrom"
    assert value["flux_units"] == "erg / (Angstrom s cm2)"


def test_a_log_axis_is_that_of_astropy():
    from astropy.wcs import WCS

    hdu = image(CTYPE1="WAVE-LOG", CUNIT1="Angstrom", CRPIX1=5.0, **{"DATE-OBS": None})
    expected = WCS(hdu.header).all_pix2world(np.arange(50), 0)[0] * 1e10
    np.testing.assert_allclose(spectrum(fits_file(hdu))[1], expected, rtol=1e-9)


def test_bands_and_extensions():
    bands = np.stack([FLUX, FLUX * 2, FLUX * 0, FLUX / 10])[:, np.newaxis, :]
    *_, flux, value = spectrum(fits_file(image(bands)))
    np.testing.assert_allclose(flux, FLUX)
    np.testing.assert_allclose(value["flux_error"], FLUX / 10)
    *_, flux, _ = spectrum(fits_file(image(np.stack([FLUX, FLUX * 2]))))
    np.testing.assert_allclose(flux, FLUX)
    for name, data in (("VAR", FLUX**2), ("IVAR", FLUX**-2.0), ("ERR", FLUX)):
        *_, value = spectrum(fits_file(image(), fits.ImageHDU(data, name=name)))
        np.testing.assert_allclose(value["flux_error"], FLUX)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("erg/cm2/s/A", 1), ("1E-17 erg/cm^2/s/Ang", 1e-17), ("erg/cm2/s/A  10^20", 1e-20), ("10**(-17) erg/cm2/s/A", 1e-17),
        ("W/m2/um", 0.1), ("erg s-1 cm-2 Angstrom-1", 1), ("nonsense", 1),
    ],
)  # fmt: skip
def test_units_of_flux(unit, factor):
    *_, flux, value = spectrum(fits_file(image(BUNIT=unit)))
    np.testing.assert_allclose(flux, FLUX * factor, rtol=1e-12)
    assert value["flux_units"] == "erg / (Angstrom s cm2)"
    *_, flux, value = spectrum(fits_file(image(BUNIT="mJy")))
    assert value["flux_units"] == "mJy"
    assert spectrum(fits_file(image(BUNIT="normalized")))[3]["flux_units"] == ""


def test_tables():
    table = Table({"loglam": 3.6 + 1e-4 * np.arange(50), "flux": FLUX, "ivar": np.where(np.arange(50) == 3, 0, 100.0)})
    primary = fits.PrimaryHDU()
    primary.header["BUNIT"], primary.header["MJD-OBS"] = "1E-17 erg/cm^2/s/Ang", 59000.5
    when, wavelength, flux, value = spectrum(fits_file(primary, fits.BinTableHDU(table)))
    np.testing.assert_allclose(wavelength, 10 ** (3.6 + 1e-4 * np.arange(50)))
    np.testing.assert_allclose(flux, FLUX * 1e-17)
    assert value["flux_error"][0] == pytest.approx(1e-18)
    assert np.isnan(value["flux_error"][3])
    assert value["wavelength_medium"] == "vacuum"
    assert when == dt.datetime(2020, 5, 31, 12, tzinfo=dt.UTC)
    # One row of arrays, as ESO writes them, with units of columns.
    columns = [
        fits.Column("WAVE", "50D", "nm", array=[400 + np.arange(50)]), fits.Column("FLUX", "50D", "10**(-16) erg/cm2/s/angstrom", array=[FLUX])
    ]  # fmt: skip
    _, wavelength, flux, _ = spectrum(fits_file(fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)))
    np.testing.assert_allclose(wavelength, 4000 + 10 * np.arange(50))
    np.testing.assert_allclose(flux, FLUX * 1e-16)
    columns = [fits.Column("WAVE", "5D", array=np.ones((2, 5))), fits.Column("FLUX", "5D", array=np.ones((2, 5)))]
    with pytest.raises(InvalidFileFormatException, match="holds 2 spectra"):
        read(fits_file(fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)))


def multispec(*lines, data=None):
    text = "wtype=multispec " + " ".join(f'spec{i} = "{line}"' for i, line in enumerate(lines, start=1))
    cards = {f"WAT2_{i // 68 + 1:03d}": text[i : i + 68] for i in range(0, len(text), 68)}
    data = np.stack([FLUX * (i + 1) for i in range(len(lines))]) if data is None else data
    return fits_file(
        image(data, CTYPE1="MULTISPE", CTYPE2="MULTISPE", WAT1_001="wtype=multispec label=Wavelength units=angstroms", CRVAL1=None,
              CDELT1=None, **cards)
    )  # fmt: skip


def test_multispec_with_several_apertures():
    rows = read(
        multispec(
            "1 88 0 4000.123456789012 2.0 50 0. 1.0 2.0",
            "2 87 1 3.6 0.0001 50 0. 1.0 2.0",
            "3 86 2 0. 0. 50 0.001 1.0 2.0 1. 0. 1 3 1. 50. 5000. 100. 7.5",
            "4 85 2 0. 0. 40 0. 1.0 2.0 0.5 10. 2 2 1. 50. 5000. 100. 0.5 10. 2 2 1. 50. 5000. 100.",
        )
    )
    found = [np.array(row[1]["wavelength"]) for row in rows]
    x = (np.arange(1, 51) - 25.5) / 24.5
    np.testing.assert_allclose(found[0], 4000.123456789012 + 2 * np.arange(50))
    np.testing.assert_allclose(found[1], 10 ** (3.6 + 1e-4 * np.arange(50)))
    np.testing.assert_allclose(found[2], (5000 + 100 * x + 7.5 * (2 * x * x - 1)) / 1.001)
    np.testing.assert_allclose(found[3], 10 + 5000 + 100 * x[:40])
    assert [row[1]["aperture"] for row in rows] == [1, 2, 3, 4]
    np.testing.assert_allclose(rows[3][1]["flux"], FLUX[:40] * 4)


def test_multispec_that_cannot_be_read():
    for line in ("1 1 2 0. 0. 50 0. 1. 2. 1. 0. 3 4 1. 50. 1. 2. 3.", "1 1 2 0. 0. 50 0. 1. 2. 1. 0. 1 99 1. 50. 1.", "1 1", "x"):
        with pytest.raises(InvalidFileFormatException, match="aperture 1"):
            read(multispec(line))


@pytest.mark.parametrize(
    ("cards", "when"),
    [
        ({"DATE-OBS": "2020-05-31", "UTSTART": "12:00:00"}, dt.datetime(2020, 5, 31, 12, tzinfo=dt.UTC)),
        ({"DATE-OBS": "31/05/99"}, dt.datetime(1999, 5, 31, tzinfo=dt.UTC)),
        ({"DATE-OBS": "2020-05-31T12:00:37", "TIMESYS": "TAI"}, dt.datetime(2020, 5, 31, 12, tzinfo=dt.UTC)),
        ({"DATE-OBS": None, "MJD-OBS": 59000.5}, dt.datetime(2020, 5, 31, 12, tzinfo=dt.UTC)),
        ({"DATE-OBS": None}, dt.datetime(2021, 1, 1, tzinfo=dt.UTC)),
    ],
)
def test_dates(cards, when):
    product = product_of(fits_file(image(**cards)), "s.fits")
    product.created = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
    processor = SpectroscopyProcessor()
    ((found, _, _),) = processor.process_data(product)
    assert found == when
    assert any("DATE-OBS" in note for note in processor.report.notes) == (when.year == 2021)


def test_what_the_header_tells():
    *_, value = spectrum(fits_file(image(TELESCOP="NTT", INSTRUME="EFOSC", OBSERVER="me", EXPTIME=600.0, CTYPE1="AWAV")))
    assert (value["telescope"], value["instrument"], value["observer"], value["exposure_time"]) == ("NTT", "EFOSC", "me", 600.0)
    assert value["wavelength_medium"] == "air"


TEXT = "wavelength,flux\n4000,1\n5000,2\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXT, (4000, 5000)),
        ("4000 1\n5000 2\n", (4000, 5000)),
        ("4000 1 0.1\n5000 2 0.1\n", (4000, 5000)),
        ("# wave flux\n4000 1\n5000 2\n", (4000, 5000)),
        ("\ufeffwavelength;flux\r\n4000,5;1,0\r\n5000,5;2,0\r\n", (4000.5, 5000.5)),
        ("wavelength (nm),flux\n400,1\n500,2\n", (4000, 5000)),
        ("wavelength_um,flux\n0.4,1\n0.5,2\n", (4000, 5000)),
        ("# WAVELENGTH_UNITS: micron\n0.4 1\n0.5 2\n", (4000, 5000)),
        ("# CUNIT1 = 'nm' / unit\n400 1\n500 2\n", (4000, 5000)),
    ],
)
def test_text(text, expected):
    _, wavelength, flux, _ = spectrum(text, "s.csv")
    np.testing.assert_allclose(wavelength, expected)
    np.testing.assert_allclose(flux, (1, 2))


def test_comments_of_text():
    text = "# DATE-OBS: 2020-05-31T12:34:56.5\n# TELESCOP = 'NTT'  / where\n# EXPTIME: 60\n# FLUX_UNITS: 1e-15 erg/s/cm2/A\n" + TEXT
    when, _, flux, value = spectrum(text, "s.csv")
    assert when == dt.datetime(2020, 5, 31, 12, 34, 56, 500000, tzinfo=dt.UTC)
    assert (value["telescope"], value["exposure_time"]) == ("NTT", 60.0)
    np.testing.assert_allclose(flux, (1e-15, 2e-15))


def test_facilities_scale_fluxes(monkeypatch):
    from astropy import units

    lco = SimpleNamespace(
        name="LCO", get_flux_constant=lambda: 1e-15 * units.Unit("erg/(s cm2 Angstrom)"), get_wavelength_units=lambda: units.nm
    )
    monkeypatch.setattr(spectroscopy_processor, "_facilities", lambda: [lco])
    ((_, value, source),) = read("# FACILITY: LCO\n" + TEXT, "s.csv")
    assert source == "LCO"
    assert value["flux"] == pytest.approx([1e-15, 2e-15])
    assert value["wavelength"] == pytest.approx([40000, 50000])


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "s.fits", "cannot be read"),
        (b"nothing", "s.fits", "no FITS file"),
        (fits_file(fits.PrimaryHDU()), "s.fits", "No part of this FITS file"),
        (fits_file(image(CRVAL1=None)), "s.fits", "no wavelength scale"),
        (fits_file(image(np.ones((60, 60)))), "s.fits", r"An image of the shape \(60, 60\)"),
        (fits_file(image(np.full(50, np.nan))), "s.fits", "No point"),
        (fits_file(image(**{"DATE-OBS": "yesterday"})), "s.fits", "“yesterday” is no date.*Write it as"),
        (b"wavelength,flux\n0.4,1\n0.5,2\n", "s.csv", "cannot be in Angstrom"),
        (b"a,b\n1,2\n", "s.csv", "needs columns `wavelength` and `flux`"),
        (b"wavelength,flux\n4000,1\nx,2\n5000,3\n", "s.csv", "row 3, wavelength: “x” is no number"),
        (b"wavelength,flux\n4000,1\n,2\n5000,3\n", "s.csv", "row 3, wavelength: a wavelength is missing"),
        (b"1 2 3 4\n5 6 7 8\n", "s.txt", "4 columns without names"),
        (b"\x00\x01\x02", "s.txt", "binary file"),
        (b"4000 1\n", "s.txt", "at least two points"),
    ],
)
def test_what_is_wrong_is_said(content, name, words):
    with pytest.raises(InvalidFileFormatException, match=words):
        read(content, name)


def test_good_rows_and_missing_fluxes():
    ((_, value, _),) = read("wavelength,flux\n4000,1\nx,2\n5000,nan\n6000,3\n", "s.csv", keep_good_rows=True)
    assert value["wavelength"] == [4000, 5000, 6000]
    assert np.isnan(value["flux"][1])


TABLE = fits_file(fits.PrimaryHDU(), fits.BinTableHDU.from_columns([fits.Column(name, "D", array=np.arange(9.0)) for name in ("mjd", "mag")]))
PACKED = fits_file(fits.PrimaryHDU(), fits.CompImageHDU(np.ones((4, 20))))


@pytest.mark.parametrize(
    ("content", "card", "words"),
    [
        (fits_file(image()), b"NAXIS   =", "NAXIS of the FITS file is 2000000000"),
        (TABLE, b"NAXIS   =", "NAXIS of the FITS file is 2000000000"),
        (TABLE, b"TFIELDS =", "TFIELDS of the FITS file is 2000000000"),
        (PACKED, b"ZTILE1  =", "no extracted spectrum"),
    ],
)
def test_a_header_of_very_many_axes_or_columns_is_refused_before_they_are_counted(content, card, words):
    at = content.rindex(card)
    bomb = content[:at] + (card + b"2000000000".rjust(21)).ljust(80) + content[at + 80 :]
    with pytest.raises(InvalidFileFormatException, match=words):
        read(bomb, "s.fits")
    if card[:1] != b"Z":
        with pytest.raises(InvalidFileFormatException, match=words):
            read_any_table(bomb)


def test_text_that_is_not_utf_8_stands_with_marks_in_its_place():
    columns = [fits.Column("mjd", "D", array=[59000.5, 59001.5]), fits.Column("filter", "3A", array=np.array([b"r", b"\xafg"]))]
    table = read_any_table(fits_file(fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)))
    assert table.columns == [[59000.5, 59001.5], ["r", "\ufffdg"]]


@pytest.mark.parametrize("card", [b"NAXIS   =", b"PCOUNT  =", b"TFIELDS ="])
def test_a_number_in_quotes_is_refused(card):
    at = TABLE.rindex(card)
    with pytest.raises(InvalidFileFormatException, match="ought to be a whole number"):
        read(TABLE[:at] + (card + b" 'x'").ljust(80) + TABLE[at + 80 :])


def test_a_header_that_claims_too_much():
    content = fits_file(image())
    for claim in (b"NAXIS1  =           2000000000", b"NAXIS1  =                 9999"):
        at = content.index(b"NAXIS1  =")
        broken = content[:at] + claim + content[at + len(claim) :]
        with pytest.raises(InvalidFileFormatException):
            read(broken)
