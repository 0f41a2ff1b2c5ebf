import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_astro import orbits
from tom_astro.orbits import (
    Elements,
    ElementsError,
    elements_from_fields,
    elements_from_state,
    ephemerides,
    ephemeris,
    heliocentric_position_au,
    heliocentric_state,
)
from tom_astro.sphere import separation_deg
from tom_astro.visibility import Site


def rows(text):
    return [[cell.strip() for cell in line.split(",")] for line in text.split("$$SOE")[1].split("$$EOE")[0].strip().splitlines()]


def ceres(row, scheme="MPC_MINOR_PLANET"):
    fields = {
        "scheme": scheme, "eccentricity": row[2], "perihdist": row[3], "inclination": row[4], "lng_asc_node": row[5], "arg_of_perihelion": row[6],
        "epoch_of_perihelion": float(row[7]) - 2400000.5, "mean_daily_motion": row[8], "mean_anomaly": row[9], "semimajor_axis": row[11],
        "epoch_of_elements": float(row[0]) - 2400000.5,
    }  # fmt: skip
    return elements_from_fields(fields, absolute_magnitude=3.33, slope=0.12)


@pytest.fixture
def horizons(shared_data):
    folder = shared_data / "jpl_horizons"
    text = (folder / "ceres_ephemerides_range.txt").read_text()
    header = next(line for line in text.splitlines() if "R.A._(ICRF)" in line and line.lstrip().startswith("Date"))
    names = [cell.strip() for cell in header.split(",")]
    return [ceres(row) for row in rows((folder / "ceres_elements_range.txt").read_text())], [
        dict(zip(names, row, strict=True)) for row in rows(text)
    ]


@pytest.mark.recorded
def test_ceres_is_where_horizons_has_it(horizons):
    elements, answers = horizons
    for body, row in zip(elements, answers, strict=True):
        said = {
            name: float(row[name])
            for name in ("R.A._(ICRF)", "DEC_(ICRF)", "delta", "r", "dRA*cosD", "d(DEC)/dt", "APmag", "S-T-O", "S-O-T")
        }
        seen = ephemeris(body, float(row["Date_________JDUT"]) - 2400000.5)
        assert separation_deg(seen.ra_deg, seen.dec_deg, said["R.A._(ICRF)"], said["DEC_(ICRF)"]) * 3600 < 0.03
        assert seen.delta_au == pytest.approx(said["delta"], abs=1e-6)
        assert seen.r_au == pytest.approx(said["r"], abs=1e-6)
        assert seen.light_time_min == pytest.approx(float(row["1-way_down_LT"]), abs=1e-5)
        # Horizons gives rates along the equator of date, 0.13 degrees turned from ours
        assert seen.rate_arcsec_min * 60 == pytest.approx(math.hypot(said["dRA*cosD"], said["d(DEC)/dt"]), abs=0.03)
        assert seen.rate_ra_arcsec_min * 60 == pytest.approx(said["dRA*cosD"], abs=0.2)
        assert seen.rate_dec_arcsec_min * 60 == pytest.approx(said["d(DEC)/dt"], abs=0.2)
        assert seen.magnitude == pytest.approx(said["APmag"], abs=0.001)
        assert seen.phase_angle_deg == pytest.approx(said["S-T-O"], abs=0.003)
        assert seen.elongation_deg == pytest.approx(said["S-O-T"], abs=0.001)


@pytest.mark.recorded
def test_elements_of_30_days_ago_still_serve(horizons):
    elements, answers = horizons
    times = np.array([float(row["Date_________JDUT"]) for row in answers]) - 2400000.5
    seen = ephemeris(elements[0], times)
    said = np.array([[float(row["R.A._(ICRF)"]), float(row["DEC_(ICRF)"])] for row in answers]).T
    errors = separation_deg(seen.ra_deg, seen.dec_deg, *said) * 3600
    assert errors.max() < 0.3
    one = ephemeris(elements[0], float(times[2]))
    assert type(one.ra_deg) is float
    assert one.ra_deg == pytest.approx(seen.ra_deg[2], abs=1e-10)


@pytest.mark.recorded
@pytest.mark.parametrize("scheme", orbits.SCHEMES)
def test_every_scheme_gives_the_vector_of_horizons(shared_data, scheme):
    folder = shared_data / "jpl_horizons"
    body = ceres(rows((folder / "ceres_elements_single.txt").read_text())[0], scheme)
    vector = [float(x) for x in rows((folder / "ceres_vectors_single.txt").read_text())[0][2:5]]
    np.testing.assert_allclose(heliocentric_position_au(body, 51544.0), vector, atol=1e-10)


@given(st.floats(0, 5), st.floats(0.01, 30), st.floats(-20000, 20000))
def test_energy_and_areas_are_kept(eccentricity, perihelion, days):
    body = Elements(eccentricity, perihelion, 50000.0, 30.0, 60.0, 90.0)
    step = max(1e-3, abs(days) * 1e-6)
    t = 50000.0 + days
    before, at, after = heliocentric_position_au(body, np.array([t - step, t, t + step]))
    r = np.linalg.norm(at)
    if step > 1e-3 * r**1.5 / orbits.GAUSS_K:
        return
    velocity = (after - before) / (2 * step)
    energy = velocity @ velocity / 2 - body.gm / r
    assert energy == pytest.approx(-body.gm * (1 - eccentricity) / (2 * perihelion), abs=2e-5 * body.gm / r + 1e-9)
    area = np.linalg.norm(np.cross(at, velocity))
    assert area == pytest.approx(math.sqrt(body.gm * perihelion * (1 + eccentricity)), rel=1e-4)


@given(st.floats(0.1, 10), st.floats(-3000, 3000))
def test_nothing_breaks_at_the_parabola(perihelion, days):
    places = [heliocentric_position_au(Elements(e, perihelion, 50000.0, 10, 20, 30), 50000.0 + days) for e in (1 - 1e-9, 1.0, 1 + 1e-9)]
    for place in (places[0], places[2]):
        np.testing.assert_allclose(place, places[1], atol=1e-6 * (1 + np.linalg.norm(places[1])))


def test_a_parabola_follows_barkers_equation():
    body = Elements(1.0, 1.0, 50000.0, 0.0, 0.0, 0.0)
    s = 1.3  # tan of half the true anomaly
    days = math.sqrt(2.0) / orbits.GAUSS_K * (s + s**3 / 3)
    place = heliocentric_position_au(body, 50000.0 + days)
    np.testing.assert_allclose(place, [1 - s**2, 2 * s, 0.0], atol=1e-12)


def test_an_interstellar_object_leaves_on_its_asymptote():
    body = Elements(1.2, 0.2559, 58005.99, 0.0, 0.0, 0.0)  # 1I: eccentricity and perihelion distance
    place = heliocentric_position_au(body, 58005.99 + np.array([-1e7, 1e7]))
    angle = np.degrees(np.arctan2(place[:, 1], place[:, 0]))
    np.testing.assert_allclose(np.abs(angle), np.degrees(np.arccos(-1 / 1.2)), atol=0.05)
    assert np.isfinite(heliocentric_position_au(Elements(50.0, 0.01, 0.0, 1, 2, 3), np.linspace(-1e6, 1e6, 101))).all()


def test_the_period_brings_a_body_back():
    body = Elements(0.97, 0.5, 50000.0, 160.0, 50.0, 110.0)
    np.testing.assert_allclose(
        heliocentric_position_au(body, 50100.0), heliocentric_position_au(body, 50100.0 + 3 * body.period_days), atol=1e-8
    )


def test_a_site_shifts_by_the_parallax():
    body = Elements(0.1, 1.2, 60000.0, 5.0, 40.0, 80.0, absolute_magnitude=15.0)
    centre = ephemeris(body, np.linspace(60000, 60001, 25))
    there = ephemeris(body, np.linspace(60000, 60001, 25), Site("Haleakala", 20.707, -156.257, 3055))
    shift = separation_deg(centre.ra_deg, centre.dec_deg, there.ra_deg, there.dec_deg) * 3600
    assert 0 < shift.max() < 8.8 / centre.delta_au.min()
    assert shift.max() > 4.0 / centre.delta_au.max()
    np.testing.assert_allclose(np.hypot(there.rate_ra_arcsec_min, there.rate_dec_arcsec_min), there.rate_arcsec_min)


def test_magnitudes():
    assert orbits.minor_planet_magnitude(15.0, 1.0, 1.0, 0.0) == 15.0
    assert math.isnan(orbits.minor_planet_magnitude(15.0, 1.0, 1.0, 150.0))
    assert orbits.comet_magnitude(5.0, 2.0, 1.0, 10.0) == pytest.approx(5 + 10 * math.log10(2))
    assert math.isnan(ephemeris(Elements(1.0, 1.0, 60000.0, 1, 2, 3), 60100.0).magnitude)
    comet = Elements(1.0, 1.0, 60000.0, 1, 2, 3, absolute_magnitude=5.0, comet=True)
    seen = ephemeris(comet, 60100.0)
    assert seen.magnitude == pytest.approx(5 + 5 * math.log10(seen.delta_au) + 10 * math.log10(seen.r_au))


GOOD = {
    "scheme": "MPC_MINOR_PLANET", "eccentricity": 0.1, "inclination": 5, "lng_asc_node": 40, "arg_of_perihelion": 80, "mean_anomaly": 10,
    "semimajor_axis": 2.5, "epoch_of_elements": 60000,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"scheme": "KEPLER"}, "scheme"),
        ({"scheme": "MPC_COMET"}, "perihdist, epoch_of_perihelion"),
        ({"mean_anomaly": None, "inclination": ""}, "inclination, mean_anomaly"),
        ({"semimajor_axis": None}, "semimajor_axis"),
        ({"eccentricity": 1.0}, "MPC_COMET"),
        ({"eccentricity": 1.2}, "less than 0 au for a hyperbola"),
        ({"eccentricity": -0.1}, "eccentricity"),
        ({"semimajor_axis": -1}, "semimajor_axis"),
        ({"mean_anomaly": "x"}, "not a number"),
        ({"mean_anomaly": math.nan}, "not a number"),
        ({"scheme": "MPC_COMET", "perihdist": 0, "epoch_of_perihelion": 60000}, "perihelion distance"),
    ],
)
def test_impossible_elements_are_refused(change, problem):
    with pytest.raises(ElementsError, match=problem):
        elements_from_fields({**GOOD, **change})


def test_daily_motion_stands_in_for_the_axis():
    motion = math.degrees(orbits.GAUSS_K / 2.5**1.5)
    body = elements_from_fields({**GOOD, "semimajor_axis": None, "mean_daily_motion": motion})
    np.testing.assert_allclose(
        heliocentric_position_au(body, 60100.0), heliocentric_position_au(elements_from_fields(GOOD), 60100.0), atol=1e-12
    )


def test_a_hyperbola_as_jpl_gives_it_is_that_of_the_mpc():
    # 1I/'Oumuamua, JPL: a -1.27, e 1.2, M 51.2 degrees at an epoch after perihelion
    motion = orbits.GAUSS_K / 1.2723**1.5
    jpl = elements_from_fields(
        {**GOOD, "semimajor_axis": -1.2723, "eccentricity": 1.2011, "mean_anomaly": 510.0, "epoch_of_elements": 58400.0}
    )
    mpc = elements_from_fields(
        {**GOOD, "scheme": "MPC_COMET", "eccentricity": 1.2011, "perihdist": 1.2723 * 0.2011, "epoch_of_perihelion": 58400.0 - math.radians(510.0) / motion}
    )  # fmt: skip
    times = np.linspace(57800, 58800, 11)
    np.testing.assert_allclose(heliocentric_position_au(jpl, times), heliocentric_position_au(mpc, times), atol=1e-9)


@given(
    st.one_of(st.floats(0.001, 0.98), st.floats(1.02, 4)), st.floats(0.05, 30), st.floats(0.5, 179.5), st.floats(0, 360), st.floats(0, 360),
    st.floats(-900, 900),
)  # fmt: skip
def test_elements_come_back_from_position_and_velocity(eccentricity, perihelion, tilt, node, argument, days):
    body = Elements(eccentricity, perihelion, 60000.0, tilt, node, argument)
    position, velocity = heliocentric_state(body, 60000.0 + days)
    again = elements_from_state(position, velocity, 60000.0 + days)
    assert again.eccentricity == pytest.approx(eccentricity, abs=1e-9)
    assert again.perihelion_au == pytest.approx(perihelion, rel=1e-8)
    assert again.inclination_deg == pytest.approx(tilt, abs=1e-8)
    for time in (60000.0 + days, 60000.0, 60300.0):
        np.testing.assert_allclose(
            heliocentric_position_au(again, time), heliocentric_position_au(body, time), atol=1e-6 * (1 + np.linalg.norm(position))
        )


@given(st.floats(0, 3), st.floats(0.1, 20), st.floats(-2000, 2000))
def test_velocity_is_the_change_of_place(eccentricity, perihelion, days):
    body = Elements(eccentricity, perihelion, 60000.0, 30.0, 60.0, 90.0)
    step = 1e-3
    before, after = heliocentric_position_au(body, 60000.0 + days + np.array([-step, step]))
    position, velocity = heliocentric_state(body, 60000.0 + days)
    r = np.linalg.norm(position)
    # the third derivative bounds what the difference leaves out
    np.testing.assert_allclose(velocity, (after - before) / (2 * step), atol=1e-11 + 1e-12 * r / step + step**2 * body.gm**1.5 / r**3.5)


def test_special_orbits_come_back():
    for body in (
        Elements(0.0, 1.0, 60000.0, 0.0, 0.0, 0.0), Elements(0.3, 1.0, 60000.0, 0.0, 0.0, 40.0), Elements(1.0, 0.7, 60000.0, 120.0, 200.0, 300.0),
        Elements(0.2, 1.0, 60000.0, 180.0, 0.0, 10.0),
    ):  # fmt: skip
        position, velocity = heliocentric_state(body, 60020.0)
        again = elements_from_state(position, velocity, 60020.0)
        for moment in (60020.0, 60025.0, 59990.0):
            np.testing.assert_allclose(heliocentric_position_au(again, moment), heliocentric_position_au(body, moment), atol=1e-7)
    with pytest.raises(ElementsError, match="straight"):
        elements_from_state([1.0, 0.0, 0.0], [0.01, 0.0, 0.0], 60000.0)


@pytest.mark.recorded
def test_the_state_of_horizons_gives_its_elements(shared_data):
    folder = shared_data / "jpl_horizons"
    vector = [float(x) for x in rows((folder / "ceres_vectors_single.txt").read_text())[0][2:8]]
    said = ceres(rows((folder / "ceres_elements_single.txt").read_text())[0])
    found = elements_from_state(vector[:3], vector[3:], 51544.0)
    assert found.eccentricity == pytest.approx(said.eccentricity, abs=1e-8)
    assert found.perihelion_au == pytest.approx(said.perihelion_au, abs=1e-8)
    for name in ("inclination_deg", "node_deg", "argument_deg"):
        assert getattr(found, name) == pytest.approx(getattr(said, name), abs=1e-6)


def test_ephemerides_of_several_bodies_are_those_of_each():
    fields = {"eccentricity": 0.1, "inclination": 10.0, "lng_asc_node": 80.0, "arg_of_perihelion": 73.0}
    planet = elements_from_fields(
        {"scheme": "MPC_MINOR_PLANET", **fields, "semimajor_axis": 2.7, "mean_anomaly": 5.0, "epoch_of_elements": 60300.0}
    )
    comet = elements_from_fields({"scheme": "MPC_COMET", **fields, "eccentricity": 1.1, "perihdist": 0.9, "epoch_of_perihelion": 60350.0})
    site = Site("Cerro Tololo", -30.169, -70.804, 2200.0)
    for times in (60310.0, 60310.0 + np.arange(20.0), 60310.0 + 100.0 * np.arange(5.0)):
        found = ephemerides([planet, comet], times, site)
        for one, elements in zip(found, (planet, comet), strict=True):
            alone = ephemeris(elements, times, site)
            assert np.shape(one.ra_deg) == np.shape(times)
            np.testing.assert_array_equal(one.ra_deg, alone.ra_deg)
            np.testing.assert_array_equal(one.rate_arcsec_min, alone.rate_arcsec_min)
            ahead = ephemeris(elements, np.asarray(times) + 1.0 / 1440.0, site)
            moved = separation_deg(one.ra_deg, one.dec_deg, ahead.ra_deg, ahead.dec_deg) * 3600.0
            np.testing.assert_allclose(moved, one.rate_arcsec_min, rtol=2e-3)
    assert ephemerides([], 60310.0) == []
