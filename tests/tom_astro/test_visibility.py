import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_body
from astropy.time import Time
from astropy.utils.iers import earth_orientation_table
from hypothesis import given
from hypothesis import strategies as st

from tom_astro import earth
from tom_astro import visibility as vis
from tom_astro.earth import earth_orientation
from tom_astro.sphere import separation_deg
from tom_astro.visibility import Site

TOLOLO = Site("Cerro Tololo", -30.169, -70.804, 2200)
HALEAKALA = Site("Haleakala", 20.707, -156.257, 3055)
POLE = Site("South Pole", -89.99, 0.0, 2835)
SITES = [TOLOLO, HALEAKALA, POLE]
TIMES = np.linspace(57000.0, 61000.0, 17)


def sky(n=40):
    rng = np.random.default_rng(0)
    return rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))


def theirs(site):
    moments = Time(TIMES, format="mjd", scale="utc")
    place = EarthLocation.from_geodetic(site.longitude_deg * u.deg, site.latitude_deg * u.deg, site.elevation_m * u.m)
    return moments, place, AltAz(obstime=moments, location=place)


@pytest.mark.parametrize("site", SITES, ids=lambda s: s.name)
def test_altaz_sun_and_moon_agree_with_astropy(site):
    moments, place, frame = theirs(site)
    ra, dec = sky()
    expected = SkyCoord(ra, dec, unit="deg")[:, None].transform_to(frame)
    found = vis.altaz(ra[:, None], dec[:, None], TIMES, site)
    assert found.altitude_deg.shape == (40, 17)
    assert separation_deg(found.azimuth_deg, found.altitude_deg, expected.az.deg, expected.alt.deg).max() * 3600 < 0.01
    sun = get_body("sun", moments, place).transform_to(frame)
    np.testing.assert_allclose(vis.sun_altitude(TIMES, site), sun.alt.deg, atol=0.0005)
    moon = get_body("moon", moments, place)
    ours = vis.moon(TIMES, site)
    assert separation_deg(ours.ra_deg, ours.dec_deg, moon.ra.deg, moon.dec.deg).max() < 0.01
    np.testing.assert_allclose(ours.distance_km, moon.distance.km, atol=100)
    np.testing.assert_allclose(ours.altitude_deg, moon.transform_to(frame).alt.deg, atol=0.01)
    np.testing.assert_allclose(vis.local_sidereal_time_deg(TIMES, site), moments.sidereal_time("apparent", place).deg, atol=1e-4)


def test_refraction_through_erfa_agrees_with_astropy():
    moments, place, _ = theirs(TOLOLO)
    ra, dec = sky()
    frame = AltAz(
        obstime=moments[0], location=place, pressure=780 * u.hPa, temperature=10 * u.deg_C, relative_humidity=0.5, obswl=0.55 * u.um
    )
    expected = SkyCoord(ra, dec, unit="deg").transform_to(frame)
    found = vis.altaz(ra, dec, TIMES[0], TOLOLO, pressure_hpa=780)
    up = expected.alt.deg > 5
    assert separation_deg(found.azimuth_deg, found.altitude_deg, expected.az.deg, expected.alt.deg)[up].max() * 3600 < 0.05


def test_the_turning_of_the_earth_is_that_of_astropys_tables():
    days = np.array([42000.5, 46000.25, 50000.0, 53735.99, 53736.01, 57753.999, 57754.001, 60000.5, 61000.0])
    moments = Time(days, format="mjd", scale="utc")
    x, y = earth_orientation_table.get().pm_xy(moments)
    found = earth_orientation(days)
    # the two series of the IERS differ by some ms in the seventies
    np.testing.assert_allclose(found.ut1_utc_s[2:], moments.delta_ut1_utc[2:], atol=5e-4)
    np.testing.assert_allclose(found.ut1_utc_s, moments.delta_ut1_utc, atol=0.01)
    np.testing.assert_allclose(found.x_arcsec[2:], x.to_value("arcsec")[2:], atol=0.002)
    np.testing.assert_allclose(found.y_arcsec[2:], y.to_value("arcsec")[2:], atol=0.002)
    assert earth_orientation(30000.0) == (0.0, 0.0, 0.0)
    assert earth_orientation(80000.0) == (0.0, 0.0, 0.0)


def test_without_the_tables_all_still_works(monkeypatch):
    monkeypatch.setattr(earth, "_table", lambda: None)
    apart = separation_deg(*vis.altaz(10.0, -30.0, TIMES, TOLOLO)[::-1], *vis.altaz(10.0, -30.0, TIMES, TOLOLO, dut1_s=0.0)[::-1])
    assert np.max(apart) < 1e-9


@given(st.floats(0, 360), st.floats(-89, 89), st.floats(45000, 61000), st.sampled_from(SITES), st.booleans())
def test_horizontal_coordinates_come_back(ra, dec, mjd, site, air):
    pressure = site.pressure_hpa if air else 0.0
    there = vis.altaz(ra, dec, mjd, site, pressure_hpa=pressure)
    back = vis.altaz_to_icrs(*there, mjd, site, pressure_hpa=pressure)
    if there.altitude_deg > 10 or not air:
        assert separation_deg(ra, dec, *back) * 3600 < (0.02 if air else 1e-5)


@given(st.floats(-0.5, 90), st.floats(500, 1050), st.floats(-20, 30))
def test_refraction_is_undone(true, pressure, temperature):
    seen = vis.apparent_altitude_deg(true, pressure_hpa=pressure, temperature_c=temperature)
    assert vis.true_altitude_deg(seen, pressure_hpa=pressure, temperature_c=temperature) == pytest.approx(true, abs=1e-8)


def test_moon_and_risings_of_many_sites():
    ra, dec = sky(4)
    grid = vis.moon_separation_deg(ra[:, None], dec[:, None], TIMES, SITES)
    assert grid.shape == (3, 4, 17)
    np.testing.assert_allclose(grid[1], vis.moon_separation_deg(ra[:, None], dec[:, None], TIMES, HALEAKALA), atol=1e-10)
    both = vis.moon(TIMES, SITES)
    np.testing.assert_allclose(both.altitude_deg[2], vis.moon(TIMES, POLE).altitude_deg, atol=1e-10)
    np.testing.assert_allclose(both.illumination[0], vis.moon(TIMES, TOLOLO).illumination, atol=1e-12)
    nights = np.array([60000.3, 60200.3])
    found = vis.rise_transit_set(ra[:, None], dec[:, None], nights, [TOLOLO, HALEAKALA])
    assert found.rise_mjd.shape == found.always_up.shape == (2, 4, 2)
    alone = vis.rise_transit_set(ra, dec, 60200.3, HALEAKALA)
    np.testing.assert_allclose(found.set_mjd[1, :, 1], alone.set_mjd, atol=1e-9)


def test_ut1_is_taken_in():
    moments, place, _ = theirs(TOLOLO)
    moments.delta_ut1_utc = 0.5
    expected = SkyCoord(10, -30, unit="deg").transform_to(AltAz(obstime=moments, location=place))
    found = vis.altaz(10.0, -30.0, TIMES, TOLOLO, dut1_s=0.5)
    assert separation_deg(found.azimuth_deg, found.altitude_deg, expected.az.deg, expected.alt.deg).max() * 3600 < 0.7


def test_shapes():
    ra, dec = sky(5)
    grid = vis.altaz(ra[:, None], dec[:, None], TIMES, SITES)
    assert grid.altitude_deg.shape == (3, 5, 17)
    for i, site in enumerate(SITES):
        np.testing.assert_allclose(grid.altitude_deg[i], vis.altaz(ra[:, None], dec[:, None], TIMES, site).altitude_deg, atol=1e-10)
    assert vis.parallactic_angle_deg(ra[:, None], dec[:, None], TIMES, SITES).shape == (3, 5, 17)
    assert vis.hour_angle_deg(ra[:, None], dec[:, None], TIMES, SITES).shape == (3, 5, 17)
    assert vis.sun_altitude(TIMES, SITES).shape == (3, 17)
    assert vis.moon_separation_deg(ra[:, None], dec[:, None], TIMES, TOLOLO).shape == (5, 17)
    assert type(vis.altaz(1.0, 2.0, 60000.0, TOLOLO).altitude_deg) is float


def test_hour_and_parallactic_angle():
    mjd = 60000.3
    lst = vis.local_sidereal_time_deg(mjd, TOLOLO)
    ha = vis.hour_angle_deg(30.0, -10.0, mjd, TOLOLO)
    assert abs((lst - 30.0 - ha + 180) % 360 - 180) < 0.5  # precession since J2000
    before, after = (
        vis.parallactic_angle_deg((lst + 15.0) % 360, 10.0, mjd, TOLOLO),
        vis.parallactic_angle_deg((lst - 15.0) % 360, 10.0, mjd, TOLOLO),
    )
    assert abs(before) > 90  # north of the zenith, the pole is behind: beyond a right angle
    assert before * after < 0


def test_airmass_formulas():
    assert vis.airmass(90.0) == pytest.approx(1.0, abs=1e-6)
    assert vis.airmass(30.0) == pytest.approx(1.993, abs=0.001)
    assert vis.airmass(0.0, "kasten_young1989") == pytest.approx(37.92, abs=0.01)
    assert vis.airmass(0.0) == pytest.approx(38.75, abs=0.01)
    assert vis.airmass(30.0, "secant") == pytest.approx(2.0)
    assert np.isnan(vis.airmass(np.array([-0.001, -90.0, 91.0]))).all()
    with pytest.raises(ValueError, match="formula"):
        vis.airmass(10.0, "hardie")


@given(st.floats(0, 88), st.sampled_from(["pickering2002", "kasten_young1989"]))
def test_airmass_comes_back(altitude, formula):
    back = vis.altitude_of_airmass(vis.airmass(altitude, formula), formula)
    assert vis.airmass(back, formula) == pytest.approx(vis.airmass(altitude, formula), rel=1e-9)
    assert back == pytest.approx(altitude, abs=0.05)


@given(st.floats(5, 90))
def test_refraction_of_true_and_apparent_altitude_agree(altitude):
    lift = vis.refraction_deg(altitude)
    assert vis.refraction_deg(altitude + lift, apparent=True) * 60 == pytest.approx(lift * 60, abs=0.1)


def test_phases_of_the_moon_of_2024():
    # US Naval Observatory: new 2024-04-08 18:21, first quarter 04-15 19:13, full 04-23 23:49, last quarter 05-01 11:27 UT
    moments = Time(["2024-04-08T18:21", "2024-04-15T19:13", "2024-04-23T23:49", "2024-05-01T11:27"]).mjd
    found = vis.moon(moments)
    np.testing.assert_allclose((found.phase + 0.02) % 1.0 - 0.02, [0.0, 0.25, 0.5, 0.75], atol=0.0005)
    np.testing.assert_allclose(found.illumination, [0.0, 0.5, 1.0, 0.5], atol=0.005)
    assert found.altitude_deg is None


def test_night_events_are_where_the_sun_and_moon_say():
    night = vis.night(TOLOLO, 60310.1)
    assert night.noon_mjd <= 60310.1 < night.next_noon_mjd
    order = [
        night.sunset_mjd, night.civil_dusk_mjd, night.nautical_dusk_mjd, night.astronomical_dusk_mjd, night.midnight_mjd,
        night.astronomical_dawn_mjd, night.nautical_dawn_mjd, night.civil_dawn_mjd, night.sunrise_mjd,
    ]  # fmt: skip
    assert order == sorted(order)
    limits = [-50 / 60, -6, -12, -18, None, -18, -12, -6, -50 / 60]
    for moment, limit in zip(order, limits, strict=True):
        if limit is not None:
            assert vis.sun_altitude(moment, TOLOLO) == pytest.approx(limit, abs=1e-4)
    for moment in (night.moonrise_mjd, night.moonset_mjd):
        assert vis.moon(moment, TOLOLO).altitude_deg == pytest.approx(-50 / 60, abs=1e-4)
    assert night.dark_hours == pytest.approx(6.74, abs=0.01)
    assert 0 <= night.moon_illumination <= 1


def test_sunset_of_greenwich_is_that_of_the_almanac():
    # HM Nautical Almanac Office: Greenwich, 2024 June 20: sunrise 03:43, sunset 20:21 UT
    greenwich = Site("Greenwich", 51.4769, 0.0, 0)
    night = vis.night(greenwich, Time("2024-06-20T22:00").mjd)
    assert night.sunset_mjd == pytest.approx(Time("2024-06-20T20:21").mjd, abs=1.2 / 1440)
    assert night.astronomical_dusk_mjd is None
    assert night.dark_hours == 0.0


def test_polar_day_and_night():
    day, dark = vis.night(POLE, 60310.0), vis.night(POLE, 60490.0)
    assert day.sunset_mjd is None
    assert day.sun_altitude_at_midnight_deg > 20
    assert day.dark_hours == 0.0
    assert dark.sunset_mjd is None
    assert dark.dark_hours == 24.0


def test_rise_transit_and_set():
    ra, dec = sky(200)
    found = vis.rise_transit_set(ra, dec, 60000.3, TOLOLO, altitude_deg=30.0)
    happens = ~np.isnan(found.rise_mjd)
    for moments in (found.rise_mjd, found.set_mjd):
        altitudes = vis.altaz(ra[happens], dec[happens], moments[happens], TOLOLO).altitude_deg
        np.testing.assert_allclose(altitudes, 30.0, atol=0.005)
        assert ((moments[happens] >= 60000.3) & (moments[happens] < 60001.3)).all()
    np.testing.assert_allclose(vis.hour_angle_deg(ra, dec, found.transit_mjd, TOLOLO), 0.0, atol=0.005)
    rising = vis.altaz(ra[happens], dec[happens], found.rise_mjd[happens] + 0.001, TOLOLO).altitude_deg
    assert (rising > 30).all()
    never = ~happens
    altitudes = vis.altaz(ra[never][:, None], dec[never][:, None], np.linspace(60000.3, 60001.3, 200), TOLOLO).altitude_deg
    assert ((altitudes > 30).all(axis=1) == found.always_up[never]).all()
    assert ((altitudes < 30).all(axis=1) == ~found.always_up[never]).all()


@pytest.mark.parametrize(("lat", "lon", "height"), [(91, 0, 0), (0, 361, 0), (0, 0, 1e6), (float("nan"), 0, 0)])
def test_a_site_is_on_the_earth(lat, lon, height):
    with pytest.raises(ValueError, match="site"):
        Site("x", lat, lon, height)


def test_standard_pressure():
    assert Site("sea", 0, 0, 0).pressure_hpa == pytest.approx(1013.25)
    assert Site("5000 m", 0, 0, 5000).pressure_hpa == pytest.approx(540.2, abs=0.5)


def test_what_has_no_place_or_time():
    found = vis.altaz(np.array([np.nan, 1.0]), 2.0, 60000.0, TOLOLO)
    assert np.isnan(found.altitude_deg).tolist() == [True, False]
    assert np.isnan(vis.rise_transit_set([np.nan, 1.0], 2.0, 60000.0, TOLOLO).transit_mjd).tolist() == [True, False]
    assert vis.altaz([], [], 60000.0, TOLOLO).altitude_deg.shape == (0,)
    for call in (lambda: vis.altaz(1.0, 2.0, np.nan, TOLOLO), lambda: vis.sun_altitude([60000.0, np.inf], TOLOLO)):
        with pytest.raises(ValueError, match="finite"):
            call()


def test_the_earth_between_nodes_is_the_earth_itself():
    rng = np.random.default_rng(5)
    for start in rng.uniform(41317.0, 75000.0, 8):
        tt = start + np.sort(rng.uniform(0.0, 12.0, 60))
        found, exact = earth.earth_state(2400000.5, tt), earth._computed(2400000.5, tt)
        angles = np.stack(found[:4], axis=-1)
        np.testing.assert_allclose(angles, exact[:, :4], atol=np.radians(2e-6 / 3600), rtol=0)
        np.testing.assert_allclose(found.from_sun_au, exact[:, 4:7], atol=100.0 / 149597870700.0, rtol=0)
        np.testing.assert_allclose(found.from_barycentre_au, exact[:, 7:10], atol=100.0 / 149597870700.0, rtol=0)
        np.testing.assert_allclose(found.velocity_au_day, exact[:, 10:13], atol=1e-3 * 86400.0 / 149597870700.0, rtol=0)
    far = earth.earth_state(2400000.5, np.array([45000.0, 60000.0]))
    np.testing.assert_array_equal(far.pole_x, earth._computed(2400000.5, np.array([45000.0, 60000.0]))[:, 0])
    assert earth.earth_state(2400000.5, np.array([])).from_sun_au.shape == (0, 3)


def test_altitude_alone_is_that_of_altaz():
    ra, dec = sky(60)
    for times in (TIMES, np.linspace(60310.0, 60311.0, 13)):
        found = vis.altitude(ra[:, None], dec[:, None], times, SITES)
        assert found.shape == (3, 60, times.size)
        full = vis.altaz(ra[:, None], dec[:, None], times, SITES).altitude_deg
        from_sun = separation_deg(ra[:, None], dec[:, None], *vis.sun(times)[:2])
        apart = np.abs(found - full).max(axis=0) * 3600
        assert apart[from_sun > 45].max() < 0.011
        assert apart[from_sun > 10].max() < 0.05
    assert type(vis.altitude(10.0, -30.0, 60000.0, TOLOLO)) is float
    assert np.isnan(vis.altitude([np.nan, 1.0], 2.0, 60000.0, TOLOLO)).tolist() == [True, False]
    assert vis.altitude([], [], 60000.0, TOLOLO).shape == (0,)
    apart = vis.altitude(ra, dec, 60000.0, TOLOLO, dut1_s=0.5) - vis.altitude(ra, dec, 60000.0, TOLOLO, dut1_s=0.0)
    assert np.abs(apart).max() * 3600 > 5


def test_nights_of_many_sites_are_those_of_each():
    days = [60310.1, 60400.7, 60490.0]
    found = vis.nights(SITES, days)
    assert [[one.site for one in row] for row in found] == [[site] * 3 for site in SITES]
    for site, row in zip(SITES, found, strict=True):
        for mjd, one in zip(days, row, strict=True):
            alone = vis.night(site, mjd)
            for name in ("noon_mjd", "sunset_mjd", "astronomical_dusk_mjd", "midnight_mjd", "sunrise_mjd", "moonrise_mjd", "moonset_mjd"):
                assert getattr(one, name) == pytest.approx(getattr(alone, name), abs=2e-7), name
            assert one.moon_illumination == pytest.approx(alone.moon_illumination, abs=1e-9)
            if one.moonrise_mjd is not None:
                assert vis.moon(one.moonrise_mjd, site).altitude_deg == pytest.approx(-50 / 60, abs=1e-4)
    assert vis.nights([], days) == []
    assert vis.nights(SITES, []) == [[], [], []]
