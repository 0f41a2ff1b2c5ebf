import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_astro.angles import (
    AngleError,
    AngleRangeError,
    format_angle,
    format_coordinates,
    format_dec,
    format_ra,
    parse_angle,
    parse_coordinates,
    parse_dec,
    parse_ra,
)

RA, DEC = 188.73625, -(1 + 2 / 60 + 3 / 3600)


@pytest.mark.parametrize(
    "text",
    [
        "12:34:56.7 -01:02:03",
        "12h34m56.7s -1d2m3s",
        "12 34 56.7 -1 2 3",
        "12h34m56.7s \u22121\u00b02\u20323\u2033",
        "12\u02b034\u1d5056.7\u02e2 \u22121\u00b0 2\u2032 3\u2033",
        "12h 34m 56.7s -1d 2' 3\"",
        "12h34m56.7s, -1d2m3s",
        "12:34:56.7-01:02:03",
        "J123456.7-010203",
        "RA=12:34:56.7 Dec=-01:02:03",
        "RA: 12:34:56.7, Dec: -01:02:03",
        "188.73625 -1.0341666666666667",
        "188.73625, \u22121.0341666666666667",
        "188.73625d -1.0341666666666667d",
        "188d44m10.5s -1d2m3s",
        "12.582416666666667h -1.0341666666666667\u00b0",
        "  12:34:56.7\t-01:02:03\n",
    ],
)
def test_every_notation_gives_the_same_position(text):
    ra, dec = parse_coordinates(text)
    assert ra == pytest.approx(RA, abs=1e-12)
    assert dec == pytest.approx(DEC, abs=1e-12)


@pytest.mark.parametrize(
    "text", ["12h34m56.7s 1d2m3s", "12 34 56.7 1 2 3", "12h34m56.7s1d2m3s", "12h 34m 56.7s 1d 2m 3s", "12:34:56.7 1:2:3"]
)
def test_positive_declination_needs_no_sign(text):
    assert parse_coordinates(text) == (pytest.approx(RA), pytest.approx(-DEC))


@pytest.mark.parametrize("text", ["-0:30:00", "-00 30 00", "-0d30m", "\u22120\u00b030\u2032", "-0.5", "\u20130.5", "- 0:30"])
def test_minus_zero_degrees_is_south(text):
    assert parse_dec(text) == -0.5


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("0:30:00 S", -0.5), ("0 30 00 S", -0.5), ("0.5 S", -0.5), ("0d30m0s S", -0.5), ("0\u00b030\u20320\u2033S", -0.5), ("0:30:00 N", 0.5),
        ("0:30:00N", 0.5), ("0d30m0s", 0.5), ("0D30M0S", 0.5), ("0d 30m 0 S", 0.5), ("0:30:00S", -0.5), ("0:30:00s", 0.5),
    ],
)  # fmt: skip
def test_north_and_south_may_be_said_by_letter(text, degrees):
    assert parse_dec(text) == degrees
    assert parse_coordinates(f"12:34:56.7, {text}") == (pytest.approx(RA), degrees)


def test_a_sign_and_a_letter_are_too_much():
    with pytest.raises(AngleError, match="both a sign and S"):
        parse_dec("-0:30:00 S")
    assert parse_coordinates("12 34 56.7 1 2 3 S") == (pytest.approx(RA), pytest.approx(DEC))


def test_minus_zero_in_a_pair():
    assert parse_coordinates("12 34 56.7 -0 0 1")[1] == pytest.approx(-1 / 3600)


def test_a_single_number_is_degrees_and_sexagesimal_right_ascension_hours():
    assert parse_ra("12.5") == 12.5
    assert parse_ra(12.5) == 12.5
    assert parse_ra("12:30") == 187.5
    assert parse_ra("12.5h") == 187.5
    assert parse_ra("12d30m") == 12.5
    assert parse_dec("12:30") == 12.5
    assert parse_ra("24:00:00") == 0.0
    assert parse_ra(360) == 0.0
    assert math.copysign(1.0, parse_ra("-0.0")) == 1.0
    assert parse_angle("-370.5") == -370.5


@pytest.mark.parametrize(
    "text", ["", " ", "abc", "12:60:00", "12:00:60", "12.5:30:00", "12:34.5:56", "1:2:3:4", "nan", "inf", "12,5", "0x10", "1e999"]
)
def test_what_is_no_angle_is_refused(text):
    with pytest.raises(AngleError):
        parse_ra(text)


@pytest.mark.parametrize("value", [None, True, math.nan, math.inf, [1]])
def test_values_that_are_no_numbers_are_refused(value):
    with pytest.raises(AngleError):
        parse_dec(value)


@pytest.mark.parametrize("value", ["-1", -0.001, "24:00:00.1", "25:00:00", 360.1])
def test_right_ascension_out_of_range(value):
    with pytest.raises(AngleRangeError, match="right ascension"):
        parse_ra(value)


@pytest.mark.parametrize("value", ["-90:00:01", 90.0001, "91"])
def test_declination_out_of_range(value):
    with pytest.raises(AngleRangeError, match="declination"):
        parse_dec(value)


def test_a_declination_in_hours_is_refused():
    with pytest.raises(AngleError, match="hours"):
        parse_dec("12h34m56s")


@pytest.mark.parametrize("text", ["", "12:34:56.7", "1 2 3", "1,2,3", "12:34:56 95:00:00"])
def test_what_is_no_pair_is_refused(text):
    with pytest.raises(AngleError):
        parse_coordinates(text)


def test_rounding_carries_over():
    assert format_ra(15 * (11 + 59 / 60 + 59.9996 / 3600)) == "12:00:00.000"
    assert format_ra(359.9999999) == "00:00:00.000"
    assert format_ra(-15.0) == "23:00:00.000"
    assert format_dec(-(9 + 59 / 60 + 59.9996 / 3600)) == "-10:00:00.000"
    assert format_dec(-0.00001) == "-00:00:00.036"
    assert format_dec(-1e-12) == "+00:00:00.000"
    assert format_dec(-0.5, 0) == "-00:30:00"
    assert format_dec(90) == "+90:00:00.000"


def test_separators_and_pairs():
    assert format_ra(RA, 1, " ") == "12 34 56.7"
    assert format_ra(RA, 1, "unit") == "12h34m56.7s"
    assert format_dec(DEC, 0, "unit") == "-01d02m03s"
    assert format_coordinates(RA, DEC) == "12:34:56.700 -01:02:03.00"
    assert format_angle(190.5, precision=0, signed=False) == "190:30:00"


def test_formatting_refuses_what_is_no_position():
    for bad in (math.nan, math.inf):
        with pytest.raises(AngleError):
            format_ra(bad)
        with pytest.raises(AngleError):
            format_dec(bad)
    with pytest.raises(AngleRangeError):
        format_dec(90.1)
    with pytest.raises(ValueError, match="precision"):
        format_ra(1.0, 10)


@given(st.floats(0, 360, exclude_max=True), st.sampled_from([":", " ", "unit"]))
def test_right_ascension_comes_back(ra, separator):
    back = parse_ra(format_ra(ra, 9, separator))
    assert min(abs(back - ra), 360 - abs(back - ra)) < 3e-12


@given(st.floats(-90, 90), st.sampled_from([":", " ", "unit"]))
def test_declination_comes_back(dec, separator):
    assert parse_dec(format_dec(dec, 9, separator)) == pytest.approx(dec, abs=3e-13)


@given(st.floats(0, 359.99999), st.floats(-90, 90))
def test_pairs_come_back(ra, dec):
    for separator in (":", " ", "unit"):
        back = parse_coordinates(format_coordinates(ra, dec, 6, separator))
        assert back == (pytest.approx(ra, abs=1e-9), pytest.approx(dec, abs=1e-9))
    assert parse_coordinates(f"{ra!r} {dec!r}") == (ra, dec)


@given(st.text(max_size=30))
def test_no_text_raises_anything_else(text):
    for read in (parse_ra, parse_dec, parse_coordinates):
        try:
            read(text)
        except AngleError:
            pass


@pytest.mark.parametrize("module", ["angles", "sphere", "healpix", "times", "visibility", "photometry", "bands", "orbits", "coords"])
def test_modules_import_nothing_heavy(module):
    code = f"import sys, tom_astro.{module}; print([m for m in ('numpy', 'erfa', 'astropy', 'django', 'scipy') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="src")
    assert answer.stdout.strip() == "[]"
