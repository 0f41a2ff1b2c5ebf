import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord, get_constellation
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from tom_astro import coords
from tom_astro.sphere import from_vectors, offset, position_angle_deg, propagate, separation_deg, to_vectors

RAS = st.floats(0, 360, exclude_max=True)
DECS = st.floats(-90, 90)


def random_sky(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))


def test_separation_and_position_angle_agree_with_astropy():
    ra1, dec1 = random_sky(500, 1)
    ra2, dec2 = random_sky(500, 2)
    ra2[:100], dec2[:100] = ra1[:100] + 1e-6, dec1[:100]
    a, b = SkyCoord(ra1, dec1, unit="deg"), SkyCoord(ra2, dec2, unit="deg")
    np.testing.assert_allclose(separation_deg(ra1, dec1, ra2, dec2), a.separation(b).deg, atol=1e-12)
    np.testing.assert_allclose(position_angle_deg(ra1, dec1, ra2, dec2), a.position_angle(b).deg, atol=1e-8)


def test_scalars_are_floats_and_equal_arrays():
    one = separation_deg(10.0, 20.0, 11.0, 21.0)
    assert type(one) is float
    assert one == pytest.approx(separation_deg(np.array([10.0]), 20.0, 11.0, 21.0)[0], abs=1e-14)
    assert type(position_angle_deg(10.0, 20.0, 11.0, 21.0)) is float


def test_extremes():
    assert separation_deg(0, 0, 180, 0) == 180.0
    assert separation_deg(10, 90, 200, 90) < 1e-13
    assert separation_deg(359.9999, 0, 0.0001, 0) == pytest.approx(0.0002, abs=1e-12)
    assert separation_deg(0, 0, 0, 1e-9) == pytest.approx(1e-9, rel=1e-9)
    assert separation_deg(0, -90, 123, 90) == pytest.approx(180.0, abs=1e-13)


@given(RAS, st.floats(-89.9, 89.9), st.floats(0, 359.9), st.floats(1e-4, 179.9))
def test_offset_and_its_inverse(ra, dec, angle, distance):
    ra2, dec2 = offset(ra, dec, angle, distance)
    assert separation_deg(ra, dec, ra2, dec2) == pytest.approx(distance, abs=1e-9)
    found = position_angle_deg(ra, dec, ra2, dec2)
    assert abs((found - angle + 180) % 360 - 180) * np.sin(np.radians(distance)) < 1e-9


@given(RAS, DECS)
def test_vectors_come_back(ra, dec):
    assert separation_deg(ra, dec, *from_vectors(to_vectors(ra, dec))) < 1e-12


@given(RAS, DECS)
def test_galactic_and_ecliptic_come_back(ra, dec):
    assert separation_deg(ra, dec, *coords.galactic_to_icrs(*coords.icrs_to_galactic(ra, dec))) < 1e-12
    assert separation_deg(ra, dec, *coords.ecliptic_to_icrs(*coords.icrs_to_ecliptic(ra, dec, 60000.0), 60000.0)) < 1e-12


def test_galactic_and_ecliptic_agree_with_astropy():
    ra, dec = random_sky(1000)
    sky = SkyCoord(ra, dec, unit="deg")
    lon, lat = coords.icrs_to_galactic(ra, dec)
    assert separation_deg(lon, lat, sky.galactic.l.deg, sky.galactic.b.deg).max() * 3600 < 0.03
    lon, lat = coords.icrs_to_ecliptic(ra, dec)
    theirs = sky.barycentricmeanecliptic
    assert separation_deg(lon, lat, theirs.lon.deg, theirs.lat.deg).max() * 3600 < 1e-6
    # the galactic centre and pole by definition (Hipparcos vol. 1, 1.5.3)
    assert separation_deg(*coords.galactic_to_icrs(0.0, 90.0), 192.85948, 27.12825) < 1e-9
    assert separation_deg(*coords.galactic_to_icrs(0.0, 0.0), 266.40499625, -28.93617242) < 1e-5


def test_barnards_star_moves_270_arcsec_in_26_years():
    start = (269.45207511, 4.69339089)
    end = propagate(*start, -798.58, 10328.12, 1991.25, 2017.25, parallax_mas=548.31, radial_velocity_kms=-110.6)
    assert separation_deg(*start, *end) * 3600 == pytest.approx(269.77, abs=0.01)
    sky = SkyCoord(
        start[0] * u.deg, start[1] * u.deg, pm_ra_cosdec=-798.58 * u.mas / u.yr, pm_dec=10328.12 * u.mas / u.yr, distance=(1000 / 548.31) * u.pc,
        radial_velocity=-110.6 * u.km / u.s, obstime=Time("J1991.25"),
    ).apply_space_motion(new_obstime=Time("J2017.25"))  # fmt: skip
    assert separation_deg(*end, sky.ra.deg, sky.dec.deg) * 3.6e6 < 1.0


@given(RAS, DECS, st.floats(-5000, 5000), st.floats(-5000, 5000), st.floats(-100, 100))
def test_motion_has_its_length_at_the_poles_too(ra, dec, pm_ra, pm_dec, years):
    moved = propagate(ra, dec, pm_ra, pm_dec, 2000.0, 2000.0 + years)
    length = np.hypot(pm_ra, pm_dec) * years / 3.6e6
    assert separation_deg(ra, dec, *moved) == pytest.approx(np.degrees(np.arctan(abs(np.radians(length)))), abs=1e-11)


def test_annual_parallax_of_a_near_star():
    mjd = np.arange(60000.0, 60365.0)
    ra, dec = coords.astrometric_place(269.0, 66.56, mjd, parallax_mas=500.0)  # near the pole of the ecliptic: a circle
    radius = separation_deg(269.0, 66.56, ra, dec) * 3.6e6
    assert radius.min() > 485
    assert radius.max() < 515


def test_constellations_of_known_stars_and_against_astropy():
    assert coords.constellation(83.822, -5.391) == "Orion"
    assert coords.constellation(37.95, 89.264) == "Ursa Minor"
    assert coords.constellation(0.0, -90.0, short=True) == "Oct"
    assert coords.constellation(266.4, -28.9, short=True) == "Sgr"
    ra, dec = random_sky(3000, 5)
    ours = coords.constellation(ra, dec, short=True)
    theirs = get_constellation(SkyCoord(ra, dec, unit="deg"), short_name=True)
    for i in np.flatnonzero(ours != theirs):
        # astropy applies 20 arcsec of aberration: the boundary must lie that near
        around = coords.constellation(*offset(ra[i], dec[i], np.arange(0, 360, 30.0), 22 / 3600), short=True)
        assert theirs[i] in around
    assert (ours != theirs).sum() <= 6
