import csv
import itertools
import math
import re
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_astro import band_colours, cosmology, extinction
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


# A(wavelength) / A(V) of the extinction package 0.4.9 at 150, 217.5, 300, 440, 550, 650, 900, 1500 and 2100 nm
PACKAGE = {
    "f99": [2.602508, 3.075883, 1.796747, 1.309258, 0.977795, 0.771643, 0.452591, 0.19116, 0.116335],
    "ccm89": [2.663879, 3.185101, 1.818157, 1.324521, 0.99885, 0.827471, 0.478808, 0.210317, 0.122351],
    "odonnell94": [2.663879, 3.185101, 1.818157, 1.322219, 0.998667, 0.821012, 0.478909, 0.210317, 0.122351],
    "calzetti00": [2.551582, 2.093492, 1.709991, 1.249454, 0.999479, 0.831268, 0.539471, 0.236003, 0.105944],
}


@pytest.mark.parametrize("law", extinction.LAWS)
def test_every_law_is_that_of_the_extinction_package(law):
    wavelengths = np.array([150, 217.5, 300, 440, 550, 650, 900, 1500, 2100])
    np.testing.assert_allclose(extinction.extinction_curve(wavelengths, law), PACKAGE[law], atol=1e-6)


def test_extinction_in_a_band():
    # Schlafly & Finkbeiner 2011, table 6, R_V 3.1, in units of the 0.86 larger E(B-V) of SFD: broad bands differ by some per cent
    for name, survey, said in (("g", "SDSS", 3.303), ("r", "SDSS", 2.285), ("i", "SDSS", 1.698), ("g", "PS1", 3.172), ("r", "PS1", 2.271)):
        assert extinction.extinction_in_band(name, 0.86, survey) == pytest.approx(said, rel=0.05)
    assert extinction.extinction_in_band("V", 0.1, law="calzetti00") == pytest.approx(0.405, abs=0.005)
    with pytest.raises(ValueError, match="no wavelength"):
        extinction.extinction_in_band("clear", 0.1)


@given(st.floats(1e-4, 1000), st.sampled_from(sorted(cosmology.COSMOLOGIES)))
def test_redshifts_come_back(redshift, name):
    distance = cosmology.luminosity_distance_mpc(redshift, name)
    assert cosmology.redshift_of_luminosity_distance(distance, name) == pytest.approx(redshift, rel=1e-10)


def test_luminosity_distances_are_those_of_astropy():
    from astropy import cosmology as theirs

    z = np.array([1e-4, 0.01, 0.1, 1.0, 3.0, 10.0, 1000.0])
    others = {name: getattr(theirs, name) for name in ("Planck18", "Planck15", "WMAP9")} | {"H70": theirs.FlatLambdaCDM(70, 0.3)}
    assert set(others) == set(cosmology.COSMOLOGIES)
    for name, other in others.items():
        np.testing.assert_allclose(cosmology.luminosity_distance_mpc(z, name), other.luminosity_distance(z).value, rtol=1e-6)
    assert cosmology.distance_modulus_of_redshift(0.1) == pytest.approx(38.3872, abs=1e-4)
    assert cosmology.luminosity_distance_mpc(0.0) == 0.0
    assert math.isnan(cosmology.luminosity_distance_mpc(-0.1))
    assert math.isnan(cosmology.redshift_of_luminosity_distance(-1.0))
    with pytest.raises(ValueError, match="cosmology"):
        cosmology.luminosity_distance_mpc(0.1, "Einstein-de Sitter")


@given(MAGNITUDES, st.floats(0, 1), st.sampled_from([b.key for b in known_bands()]), st.sampled_from(["AB", "Vega", None]))
def test_magnitudes_in_a_band_come_back(magnitude, error, name, system):
    if system == "Vega" and band(name).ab_minus_vega is None:
        with pytest.raises(ValueError, match="no published"):
            phot.band_zero_point_jy(name, system=system)
        return
    flux = phot.band_mag_to_flux(magnitude, error, band_name=name, system=system)
    back = phot.band_flux_to_mag(flux.flux, flux.error, band_name=name, system=system)
    assert back == (pytest.approx(magnitude, abs=1e-9), pytest.approx(error, abs=1e-9))


def test_zero_points_of_bands():
    assert phot.band_zero_point_jy("r", "ZTF") == pytest.approx(3630.78, abs=0.01)
    assert phot.band_zero_point_jy("Ks") == 666.7
    assert phot.band_zero_point_jy("Gaia G") == pytest.approx(3630.78 * 10 ** (-0.4 * 0.1136), rel=1e-6)
    with pytest.raises(ValueError, match="give AB or Vega"):
        phot.band_zero_point_jy("clear")


def test_the_numbers_of_bands_are_those_of_their_curves():
    rows = csv.DictReader(
        line for line in (Path(__file__).parent / "data" / "bands.csv").read_text().splitlines() if not line.startswith("#")
    )
    for row in rows:
        found = band(row["band"], row["survey"])
        # isophotal and effective wavelengths are within 5 % of the pivot wavelength, pivot wavelengths are equal
        same = 0.003 if "pivot" in found.source else 0.05
        assert found.wavelength_nm == pytest.approx(float(row["pivot_nm"]), rel=same), row
        if found.ab_minus_vega is not None:
            assert found.ab_minus_vega == pytest.approx(float(row["ab_minus_vega"]), abs=0.04), row


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
    borrowed = band("z", "BlackGEM")
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


def tokens_of_the_stylesheet():
    text = Path("src/tom_common/static/tom_common/css/tokens.css").read_text()
    blocks = dict(zip(band_colours.THEMES, (part for part in re.split(r"\n}", text) if "--band-" in part), strict=True))
    return {theme: dict(re.findall(r"--band-(\w+): (#[0-9a-f]{6});", block)) for theme, block in blocks.items()}


def test_the_stylesheet_has_the_colours_of_the_palette():
    assert tokens_of_the_stylesheet() == {
        theme: {name: band_colours.colour(name, theme) for name in (*band_colours.PALETTE, *band_colours.ALIASES)}
        for theme in band_colours.THEMES
    }, "remake the --band lines of tokens.css with tom_astro.band_colours.css_tokens(theme)"
    assert band("r").colour == band("r", "ZTF").colour == band_colours.colour("r")


# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB
VISIONS = {
    "full": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear_rgb(text):
    value = np.array([int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    """Ottosson 2020: distances of equal size look equally large; white is 1 from black."""
    lms = np.cbrt(
        np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]])
        @ np.clip(rgb, 0, 1)
    )  # fmt: skip
    return (
        np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]])
        @ lms
    )  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("vision", sorted(VISIONS))
@pytest.mark.parametrize(
    "together",
    ["u g r i z y", "U B V R I", "g r c o", "c o w i", "G BP RP", "J H K", "W1 W2 W3 W4", "UVW2 UVM2 UVW1 U B V", "FUV NUV u g r"],
)
def test_bands_that_share_a_plot_are_told_apart_by_every_eye(theme, vision, together):
    seen = [oklab(np.asarray(VISIONS[vision]) @ linear_rgb(band_colours.colour(name, theme))) for name in together.split()]
    for one, other in itertools.combinations(range(len(seen)), 2):
        # 0.02 is just noticeable side by side
        assert np.linalg.norm(seen[one] - seen[other]) > 0.065, (together.split()[one], together.split()[other])


@pytest.mark.parametrize(("theme", "ground"), [("light", "#ffffff"), ("dark", "#17202a"), ("night", "#000000")])
def test_bands_stand_out_from_the_ground(theme, ground):
    luminance = [
        float(linear_rgb(text) @ [0.2126, 0.7152, 0.0722])
        for text in (ground, *(band_colours.colour(n, theme) for n in band_colours.PALETTE))
    ]
    for value in luminance[1:]:
        assert (max(value, luminance[0]) + 0.05) / (min(value, luminance[0]) + 0.05) >= 3.0
