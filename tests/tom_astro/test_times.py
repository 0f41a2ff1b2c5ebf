import datetime as dt
import warnings

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from tom_astro import times
from tom_astro.visibility import Site

DATES = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))
SITE = Site("Tololo", -30.169, -70.804, 2200)


@pytest.mark.parametrize("source", times.SCALES)
@pytest.mark.parametrize("target", times.SCALES)
def test_scales_agree_with_astropy(source, target):
    mjd = np.array([41500.3, 44000.5, 50630.25, 53736.0, 57753.99999, 57754.0, 60000.123456, 62000.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = getattr(Time(mjd, format="mjd", scale=source), target).mjd
    np.testing.assert_allclose(times.convert_mjd(mjd, source, target), theirs, rtol=0, atol=1.5e-11)


def test_leap_seconds():
    assert times.convert_mjd(57753.0, "utc", "tai") - 57753.0 == pytest.approx(36 / 86400, abs=1e-11)
    assert times.convert_mjd(57754.0, "utc", "tai") - 57754.0 == pytest.approx(37 / 86400, abs=1e-11)
    assert times.convert_mjd(60000.0, "utc", "tt") - 60000.0 == pytest.approx(69.184 / 86400, abs=1e-11)
    noon = dt.datetime(2016, 12, 31, 12, tzinfo=dt.UTC)
    assert times.datetime_to_mjd(noon) == Time(noon).mjd
    assert times.mjd_to_datetime(times.datetime_to_mjd(noon)) == noon
    assert times.mjd_to_datetime(57753.999995) == dt.datetime(2016, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)
    assert times.parse_time("2016-12-31T23:59:60.5Z") == dt.datetime(2016, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)
    with pytest.raises(times.TimeError, match="no leap second"):
        times.parse_time("2015-12-31T23:59:60Z")


@given(DATES, st.sampled_from(times.SCALES))
def test_datetimes_come_back(when, scale):
    mjd = times.datetime_to_mjd(when, scale)
    assert abs(times.mjd_to_datetime(mjd, scale) - when) <= dt.timedelta(microseconds=2)
    assert abs(times.jd_to_datetime(times.datetime_to_jd(when, scale), scale) - when) <= dt.timedelta(microseconds=50)


@given(DATES, st.sampled_from(times.SCALES), st.sampled_from(times.SCALES))
def test_scales_come_back(when, first, second):
    mjd = times.datetime_to_mjd(when)
    there = times.convert_mjd(mjd, first, second)
    assert times.convert_mjd(there, second, first) == pytest.approx(mjd, abs=3e-11)


@given(DATES)
def test_iso_comes_back(when):
    assert times.parse_time(times.format_iso(when, 6)) == when
    assert times.parse_time(when.isoformat()) == when


def test_arrays_and_scalars():
    mjd = np.array([[60000.0, 60000.5], [60001.0, 60001.25]])
    found = times.mjd_to_datetime(mjd)
    assert found[1][1] == dt.datetime(2023, 2, 26, 6, tzinfo=dt.UTC)
    np.testing.assert_array_equal(times.datetime_to_mjd(found[0]), mjd[0])
    assert type(times.datetime_to_mjd(found[0][0])) is float
    assert type(times.convert_mjd(60000.0, "utc", "tdb")) is float
    assert times.mjd_to_jd(60000.5) == 2460001.0
    assert times.jd_to_mjd(2460001.0) == 60000.5
    assert times.mjd_to_jyear(51544.5) == 2000.0
    assert times.jyear_to_mjd(2016.0) == 57388.5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", "2026-01-31T00:00:00"),
        ("20260131", "2026-01-31T00:00:00"),
        ("2026-01-31 12:34", "2026-01-31T12:34:00"),
        ("2026-01-31T12:34:56.789", "2026-01-31T12:34:56.789000"),
        ("2026-01-31T12:34:56,789Z", "2026-01-31T12:34:56.789000"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00"),
        ("2026-01-31T12:00:00-0330", "2026-01-31T15:30:00"),
        ("2026-01-31T12:00:37 TAI", "2026-01-31T12:00:00"),
        ("2026-01-31 12:01:09.184 TT", "2026-01-31T12:00:00"),
        ("60000.5", "2023-02-25T12:00:00"),
        ("MJD 60000.5", "2023-02-25T12:00:00"),
        ("2460001.0 UTC", "2023-02-25T12:00:00"),
        ("JD=2460001.0", "2023-02-25T12:00:00"),
    ],
)
def test_times_as_astronomers_write_them(text, expected):
    found = times.parse_time(text)
    assert found.tzinfo is dt.UTC
    assert abs(found - dt.datetime.fromisoformat(expected).replace(tzinfo=dt.UTC)) < dt.timedelta(microseconds=50)


@pytest.mark.parametrize(
    "text", ["", "2024", "today", "2026-02-30", "2026-13-01", "2026-01-01T25:00", "123", "1e5", "2026-01-01T00:00:00Z TAI", "0000-01-01"]
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(times.TimeError):
        times.parse_time(text)


def test_errors():
    with pytest.raises(times.TimeError, match="scale"):
        times.convert_mjd(60000.0, "gps", "utc")
    with pytest.raises(times.TimeError, match="finite"):
        times.convert_mjd([60000.0, float("nan")], "utc", "tdb")
    for bad in (float("nan"), float("inf"), 1e9):
        with pytest.raises(times.TimeError):
            times.mjd_to_datetime(bad)


def test_many_datetimes_at_once_are_those_of_one_by_one():
    days = np.concatenate([np.random.default_rng(1).uniform(-600_000, 2_900_000, 500), 57753 + np.linspace(0.9999, 1.0001, 500)])
    assert times.mjd_to_datetime(days) == [times.mjd_to_datetime(day) for day in days.tolist()]
    assert times.mjd_to_datetime(np.array([])) == []
    with pytest.raises(times.TimeError, match="outside the years"):
        times.mjd_to_datetime(np.array([60000.0, 1e9]))


def test_iso_rounds_and_carries():
    assert times.format_iso(dt.datetime(2026, 12, 31, 23, 59, 59, 999600, tzinfo=dt.UTC)) == "2027-01-01T00:00:00.000Z"
    assert times.format_iso(60000.5, 0) == "2023-02-25T12:00:00Z"


def test_barycentric_and_heliocentric_times_agree_with_astropy():
    mjd = np.linspace(57000, 61000, 41)
    target = SkyCoord(100.0, -20.0, unit="deg")
    place = EarthLocation.from_geodetic(SITE.longitude_deg * u.deg, SITE.latitude_deg * u.deg, SITE.elevation_m * u.m)
    moments = Time(mjd, format="mjd", scale="utc", location=place)
    bary = moments.light_travel_time(target, kind="barycentric").sec
    np.testing.assert_allclose(times.barycentric_correction_s(mjd, 100.0, -20.0, site=SITE), bary, rtol=0, atol=2e-5)
    helio = moments.light_travel_time(target, kind="heliocentric").sec
    np.testing.assert_allclose(times.heliocentric_correction_s(mjd, 100.0, -20.0, site=SITE), helio, rtol=0, atol=2e-5)
    bjd = times.bjd_tdb(mjd, 100.0, -20.0, site=SITE)
    assert np.abs((bjd - moments.tdb.jd) * 86400 - bary).max() < 1e-4
    assert np.abs((times.hjd_utc(mjd, 100.0, -20.0) - moments.utc.jd) * 86400 - helio).max() < 0.03


def test_leap_seconds_are_kept_where_no_datetime_holds_them():
    for text in ("1972-06-30T23:59:60.250Z", "2016-12-31T23:59:60.500Z", "2016-12-31T23:59:60.999Z"):
        mjd = times.iso_to_mjd(text)
        assert times.mjd_to_iso(mjd) == text
        assert mjd == pytest.approx(Time(text[:-1]).mjd, abs=1e-12)
    second = [times.iso_to_mjd(f"2016-12-31T23:59:{s}Z", "tai") for s in ("59", "60", "60.75")] + [times.iso_to_mjd("2017-01-01", "tai")]
    np.testing.assert_allclose(np.diff(second) * 86400, [1.0, 0.75, 0.25], atol=2e-6)
    assert times.mjd_to_iso(times.iso_to_mjd("2016-12-31T23:59:59.9996Z")) == "2016-12-31T23:59:60.000Z"
    assert times.mjd_to_iso(times.iso_to_mjd("2015-12-31T23:59:59.9996Z")) == "2016-01-01T00:00:00.000Z"
    for bad in ("2015-12-31T23:59:60Z", "2016-12-31T23:59:60 TAI", "2016-12-31T23:58:60Z", "60000", "nonsense"):
        with pytest.raises(times.TimeError):
            times.iso_to_mjd(bad)
    with pytest.raises(times.TimeError):
        times.mjd_to_iso(float("nan"))


@given(st.floats(15020, 88000), st.sampled_from(times.SCALES))
def test_mjds_come_back_from_texts(mjd, scale):
    text = times.mjd_to_iso(mjd, 6, scale)
    assert times.iso_to_mjd(text, scale) == pytest.approx(mjd, abs=2e-11)
    assert times.iso_to_mjd([text, text], scale).shape == (2,)
    assert times.mjd_to_iso([[mjd], [mjd]], 6, scale) == [[text], [text]]


@given(st.floats(30000, 75000), st.floats(0, 360), st.floats(-90, 90), st.sampled_from(times.SCALES), st.sampled_from([None, SITE]))
def test_barycentric_and_heliocentric_dates_come_back(mjd, ra, dec, scale, site):
    for there, back in ((times.bjd_tdb, times.mjd_of_bjd_tdb), (times.hjd_utc, times.mjd_of_hjd_utc)):
        date = there(mjd, ra, dec, scale=scale, site=site)
        # across a leap second of HJD (UTC) a second is two
        assert abs(back(date, ra, dec, scale=scale, site=site) - mjd) * 86400 < (1e-4 if there is times.bjd_tdb else 1.1)


@given(st.floats(0, 5e6))
def test_julian_dates_and_years_come_back(mjd):
    assert times.jd_to_mjd(times.mjd_to_jd(mjd)) == pytest.approx(mjd, abs=1e-9)
    assert times.jyear_to_mjd(times.mjd_to_jyear(mjd)) == pytest.approx(mjd, abs=1e-8)
