import math

import astropy.units as u
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_astro import photometry as phot
from tom_astro.bands import SURVEYS, band, known_bands

MAGNITUDES = st.floats(-30, 40)


def test_zero_points_agree_with_astropy():
    for unit in ("Jy", "mJy", "uJy", "nJy"):
        assert (0 * u.ABmag).to(u.Unit(unit)).value == pytest.approx(10 ** (0.4 * phot.zero_point(unit)), rel=1e-9)
    assert (0 * u.ABmag).to(u.erg / u.s / u.cm**2 / u.Hz).value == pytest.approx(10 ** (0.4 * phot.zero_point("erg/s/cm2/Hz")), rel=1e-9)


def test_units():
    assert phot.zero_point("\u00b5Jy") == phot.zero_point("\u03bcJy") == phot.zero_point("microJansky") == 23.9
    assert phot.convert_flux(3.0, "uJy", "nJy") == 3000.0
    for bad in ("MJy", "counts", ""):
        with pytest.raises(ValueError, match="unit"):
            phot.zero_point(bad)


def test_known_fluxes():
    assert phot.njy_to_ab(1e9).magnitude == pytest.approx(8.9)
    assert phot.ujy_to_ab(1.0, 0.1) == (23.9, pytest.approx(0.108574, abs=1e-6))
    assert phot.jy_to_ab(3630.78).magnitude == pytest.approx(0.0, abs=1e-6)


@given(MAGNITUDES, st.floats(0, 1), st.sampled_from([8.9, 23.9, 31.4]))
def test_magnitudes_come_back(magnitude, error, zero):
    flux = phot.mag_to_flux(magnitude, error, zero_point=zero)
    back = phot.flux_to_mag(flux.flux, flux.error, zero_point=zero)
    assert back == (pytest.approx(magnitude, abs=1e-9), pytest.approx(error, abs=1e-9))
    arrays = phot.flux_to_mag(np.array([flux.flux]), np.array([flux.error]), zero_point=zero)
    assert arrays.magnitude[0] == pytest.approx(back.magnitude, abs=1e-12)


@given(st.floats(max_value=0, allow_nan=False))
def test_a_flux_of_zero_or_less_has_no_magnitude(flux):
    assert math.isnan(phot.flux_to_mag(flux, 1.0).magnitude)
    assert np.isnan(phot.flux_to_mag(np.array([flux]), 1.0).magnitude).all()
    assert math.isnan(phot.flux_to_mag(math.nan).magnitude)


def test_detections_and_limits():
    found = phot.detection_or_limit([10, 3, 1, -5, math.nan, 5], [1, 1, 1, 1, 1, 0], zero_point=23.9)
    np.testing.assert_allclose(found.magnitude, [21.4, *[math.nan] * 5])
    np.testing.assert_allclose(found.limit, [math.nan, *[23.9 - 2.5 * math.log10(3)] * 3, math.nan, math.nan])
    five = phot.detection_or_limit(4.0, 1.0, zero_point=31.4, detection_sigma=5, limit_sigma=5)
    assert math.isnan(five.magnitude)
    assert five.limit == pytest.approx(31.4 - 2.5 * math.log10(5))


def test_asinh_magnitudes():
    bright = phot.asinh_magnitude(1e-3, 1e-5, softening=0.9e-10, zero_point=8.9)
    plain = phot.flux_to_mag(1e-3, 1e-5)
    assert bright == (pytest.approx(plain.magnitude, abs=1e-5), pytest.approx(plain.error, rel=1e-5))
    # Lupton et al. 1999 / SDSS: zero flux in g has 25.11
    assert phot.asinh_magnitude(0.0, softening=0.9e-10).magnitude == pytest.approx(25.11, abs=0.01)
    with pytest.raises(ValueError, match="softening"):
        phot.asinh_magnitude(1.0, softening=0.0)


@given(st.floats(1e-3, 1e10))
def test_distance_comes_back(distance):
    assert phot.distance_pc(phot.distance_modulus(distance)) == pytest.approx(distance, rel=1e-9)


def test_distances():
    assert phot.distance_modulus(10.0) == 0.0
    assert phot.distance_modulus(1e6) == pytest.approx(25.0)
    assert math.isnan(phot.distance_modulus(-1.0))
    assert phot.absolute_magnitude(20.0, 1e6, extinction=0.5) == pytest.approx(-5.5)


def test_ccm89_agrees_with_its_table_3():
    x = np.array([2.78, 2.27, 1.82, 1.43, 1.11, 0.80, 0.63, 0.46])
    expected = [1.569, 1.337, 1.000, 0.751, 0.479, 0.282, 0.190, 0.114]
    np.testing.assert_allclose(phot.extinction_curve(1000 / x, "ccm89"), expected, atol=0.016)


def test_f99_agrees_with_its_table_3():
    wavelengths = [2650.0, 1220.0, 600.0, 547.0, 467.0, 411.0, 270.0, 260.0]
    expected = [0.265, 0.829, 2.688, 3.055, 3.806, 4.315, 6.265, 6.591]
    np.testing.assert_allclose(phot.extinction_curve(wavelengths, "f99") * 3.1, expected, atol=0.001)
    np.testing.assert_allclose(phot.extinction_mag(wavelengths, 0.1), np.array(expected) / 10, atol=0.0002)


def test_laws_are_continuous_and_refuse_what_they_do_not_hold_for():
    for law in ("f99", "ccm89", "odonnell94"):
        for edge in (1000 / 1.1, 1000 / 3.3, 125.0, 1000 / 5.9, 270.0, 121.0):
            below, above = phot.extinction_curve([edge * 0.9999, edge * 1.0001], law)
            assert below == pytest.approx(above, rel=0.01)
        assert phot.extinction_curve(550.0, law) == pytest.approx(1.0, abs=0.03)
        for bad in (50.0, 1e5):
            with pytest.raises(ValueError, match="holds from"):
                phot.extinction_curve(bad, law)
    with pytest.raises(ValueError, match="R_V"):
        phot.extinction_curve(500.0, r_v=10.0)
    with pytest.raises(ValueError, match="law"):
        phot.extinction_curve(500.0, "calzetti")


@given(MAGNITUDES, st.floats(0, 3), st.floats(150, 2000))
def test_dereddening_takes_off_what_reddening_put_on(magnitude, ebv, wavelength):
    red = magnitude + phot.extinction_mag(wavelength, ebv)
    assert phot.deredden(red, wavelength, ebv) == pytest.approx(magnitude, abs=1e-9)


@given(MAGNITUDES, st.sampled_from([b.key for b in known_bands() if b.ab_minus_vega is not None]))
def test_vega_and_ab_come_back(magnitude, name):
    assert phot.ab_to_vega(phot.vega_to_ab(magnitude, name), name) == pytest.approx(magnitude, abs=1e-9)


def test_vega_offsets():
    assert phot.vega_to_ab(10.0, "Johnson V") == pytest.approx(10.02)
    assert phot.vega_to_ab(10.0, "Ks") == pytest.approx(11.85)
    with pytest.raises(ValueError, match="no published"):
        phot.vega_to_ab(10.0, "ztfr")
    for known in known_bands():
        if known.vega_zero_jy and known.ab_minus_vega is not None:
            assert known.ab_minus_vega == pytest.approx(8.9 - 2.5 * math.log10(known.vega_zero_jy), abs=0.04)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("r", "r"), ("rp", "r"), ("r'", "r"), ("r-band", "r"), ("R", "R"), ("V", "V"), ("zs", "z"), ("Ks", "Ks"), ("K", "K"), ("clear", "clear"),
        ("ztfr", "ZTF:r"), ("r-ZTF", "ZTF:r"), ("ZTF_r", "ZTF:r"), ("ZTF-R", "ZTF:r"), ("r (ZTF)", "ZTF:r"), ("lsstr", "LSST:r"),
        ("lssty", "LSST:y"), ("LSSTCam i", "LSST:i"), ("atlaso", "ATLAS:o"), ("o", "ATLAS:o"), ("ATLAS-orange", "ATLAS:o"), ("cyan", "ATLAS:c"),
        ("ps1::g", "PS1:g"), ("Pan-STARRS1 g", "PS1:g"), ("sdssr", "SDSS:r"), ("sdss::r'", "SDSS:r"), ("bessellv", "Johnson-Cousins:V"),
        ("Johnson V", "Johnson-Cousins:V"), ("Gaia G", "Gaia:G"), ("gaia::g", "Gaia:G"), ("G", "Gaia:G"), ("G_BP", "Gaia:BP"),
        ("UVOT_UVM2", "Swift:UVM2"), ("Swift UVOT U", "Swift:u"), ("2MASS Ks", "2MASS:Ks"), ("W1", "WISE:W1"), ("ASAS-SN g", "ASAS-SN:g"),
    ],
)  # fmt: skip
def test_spellings_of_bands(name, key):
    found = band(name)
    assert found.key == key
    assert found.colour.startswith("#")


def test_the_survey_is_kept_and_decides():
    assert band("rp", "Gaia").key == "Gaia:RP"
    assert band("rp", "ZTF").key == "ZTF:r"
    assert band("g", "1m0a").survey == "1m0a"
    assert band("ztfr", "LSST").survey == "ZTF"
    assert band("r").wavelength_nm != band("r", "ZTF").wavelength_nm
    borrowed = band("z", "DECam")
    assert borrowed.source.startswith("taken as SDSS")
    assert borrowed.ab_minus_vega is None


def test_unknown_bands_come_back_as_given():
    for name in ("foo", "i.00", "", "F606W", "open2"):
        found = band(name)
        assert found.canonical == name
        assert found.wavelength_nm is None
        assert not found.known
    assert band(None).canonical == ""


@given(st.text(max_size=20), st.text(max_size=10))
def test_no_name_of_a_band_raises(name, survey):
    assert band(name, survey).colour


def test_every_number_has_a_source_and_every_key_finds_its_band():
    for known in known_bands():
        assert known.source
        assert known.survey in SURVEYS
        assert 100 < known.wavelength_nm < 30000
        assert (known.ab_minus_vega is None) or known.zero_point_source
        assert band(known.key) == known
        assert band(known.canonical, known.survey) == known
