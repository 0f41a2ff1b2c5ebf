import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_astro import orbits
from tom_astro.orbits import Elements, ElementsError, elements_from_fields, ephemeris, heliocentric_position_au
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
