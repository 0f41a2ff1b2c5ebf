from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from tom_observations.models import Facility, ObservationRecord
from tom_observations.plots import airmass_plot, mollweide, sky_map
from tom_observations.templatetags.observation_extras import display_obs_type, plan_range
from tom_observations.tests.factories import ObservationTemplateFactory
from tom_observations.utils import get_astroplan_sun_and_time, get_facilities, get_sidereal_visibility
from tom_targets.tests.factories import NonSiderealTargetFactory, SiderealTargetFactory

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=1)


@pytest.fixture(autouse=True)
def _lco(settings):
    settings.TOM_FACILITY_CLASSES = ["tom_observations.facilities.lco.LCOFacility", "tom_observations.facilities.gemini.GEMFacility"]


@pytest.fixture
def star():
    return SiderealTargetFactory.create(ra=180.0, dec=-30.0)


def test_every_site_of_every_facility_has_its_curve(star):
    found = get_sidereal_visibility(star, START, END, 10, None)
    assert sum(name.startswith(("(LCO)", "(GEM)")) for name in found) == 8
    assert {"(LCO) Siding Spring", "(LCO) Sutherland", "(LCO) Cerro Tololo", "(GEM) Maunakea"} <= set(found)
    times, values = found["(LCO) Cerro Tololo"]
    assert len(times) == len(values) == 145
    assert times[0] == START
    assert times[-1] == END
    seen = [value for value in values if value is not None]
    assert 1 <= min(seen) < 1.01
    assert max(seen) < 10
    assert any(value is None for value in values)


def test_it_agrees_with_astropy(star):
    from astropy import units
    from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_sun
    from astropy.time import Time

    times, values = get_sidereal_visibility(star, START, END, 30, 3, "LCO")["(LCO) Sutherland"]
    place = EarthLocation(lat=-32.381 * units.deg, lon=20.810 * units.deg, height=1760 * units.m)
    frame = AltAz(obstime=Time(list(times)), location=place)
    altitude = SkyCoord(180 * units.deg, -30 * units.deg).transform_to(frame).alt.deg
    sun = get_sun(Time(list(times))).transform_to(frame).alt.deg
    compared = 0
    for value, high, low in zip(values, altitude, sun, strict=True):
        if low > -17.9 or high < 17:
            assert value is None
        elif low < -18.1 and high > 25:
            import math

            compared += 1
            assert value == pytest.approx(1 / math.sin(math.radians(high)), rel=0.01)
    assert compared > 8


def test_limits_and_other_inputs(star):
    assert get_sidereal_visibility(NonSiderealTargetFactory.create(), START, END, 10, 2) == {}
    with pytest.raises(ValueError, match="before"):
        get_sidereal_visibility(star, END, START, 10, 2)
    with pytest.raises(ValueError, match="interval"):
        get_sidereal_visibility(star, START, END, 0, 2)
    naive = get_sidereal_visibility(star, START.replace(tzinfo=None), END.replace(tzinfo=None), 60, 1.5, "GEM")
    assert set(naive) == {"(GEM) Cerro Pachon", "(GEM) Maunakea"}
    assert max(value for _, values in naive.values() for value in values if value) < 1.5


def test_general_facilities_are_asked_by_full_name_on_the_ground(star):
    common = {"detector_type": "optical", "latitude": -24.6, "longitude": -70.4}
    Facility.objects.create(full_name="Very Large Telescope", short_name="VLT", location="ground", elevation=2635, **common)
    Facility.objects.create(full_name="Hubble", short_name="HST", location="space", detector_type="uvoir")
    assert list(get_sidereal_visibility(star, START, END, 60, 2, "Very Large Telescope")) == ["VLT"]
    assert get_sidereal_visibility(star, START, END, 60, 2, "Hubble") == {}
    choices = get_facilities()
    assert choices[:2] == [("LCO", "LCO"), ("GEM", "GEM")]
    assert choices[-2:] == [("Hubble", "Hubble"), ("Very Large Telescope", "Very Large Telescope")]


def test_the_sun_stands_still_in_a_short_range():
    sun, times = get_astroplan_sun_and_time(START, START + timedelta(days=1), 60)
    assert len(times) == 25
    assert sun.isscalar
    sun, times = get_astroplan_sun_and_time(START, START + timedelta(days=10), 60)
    assert sun.shape == times.shape == (241,)


def test_drawings(star):
    plot = airmass_plot(get_sidereal_visibility(star, START, END, 30, 2.5))
    assert plot.count("<polyline") >= 3
    assert 'style="' not in plot
    assert "best 1." in plot
    assert airmass_plot({}) == ""
    assert airmass_plot({"<b>": ([START, END], [1.2, 1.4])}).count("<b>") == 0
    assert mollweide(0, 0) == (0, 0)
    assert mollweide(180, 0)[0] == pytest.approx(2)
    assert mollweide(50, 90) == pytest.approx((0, 1), abs=1e-9)
    assert "&lt;i&gt;" in sky_map([(10, 20, "site", "<i>")], mirrored=True, label="x")


@pytest.mark.parametrize(
    ("query", "problem"),
    [({}, False), ({"start_time": "x"}, True), ({"start_time": "2026-01-02", "end_time": "2026-01-01T00:00"}, True), ({"airmass": "0.5"}, True),
     ({"airmass": "nan"}, True), ({"start_time": "2026-01-01T00:00", "end_time": "2029-01-01T00:00"}, True)],
)  # fmt: skip
def test_the_range_of_a_plan(query, problem):
    assert bool(plan_range(query)[3]) is problem


def render(text, user=None, **context):
    from django.contrib.auth.models import AnonymousUser

    request = RequestFactory().get("/", {"target_id": 1, "observation_type": "A"})
    request.user = user or AnonymousUser()
    return Template("{% load observation_extras %}" + text).render(Context({"request": request, **context}))


def test_every_tag_renders(star, people, fakes):
    from tom_observations.tests.factories import ObservingRecordFactory

    record = ObservingRecordFactory.create(target_id=star.pk, facility="FakeRoboticFacility", status="PENDING", observation_id="fakeid")
    ObservationTemplateFactory.create(name="a template")
    root = people["superuser"]
    assert f"FakeRoboticFacility/create/?target_id={star.pk}" in render("{% observing_buttons target %}", target=star)
    assert 'name="observation_id"' in render("{% existing_observation_form target %}", target=star)
    assert 'value="fakeid"' in render("{% update_observation_id_form obsr %}", obsr=record)
    assert "<svg" in render("{% observation_plan target start=start %}", target=star, start=START)
    assert "fakeid" in render("{% observation_list target %}", root, target=star)
    assert "fakeid" in render("{% observation_list %}", root)
    assert "fakeid" not in render("{% observation_list %}")
    assert "a template" in render("{% observationtemplate_run target %}", target=star)
    assert "/observations/template/FakeRoboticFacility/create/?" in render("{% observationtemplate_from_record obsr %}", obsr=record)
    assert "obs-point-open" in render("{% observation_distribution observations %}", observations=ObservationRecord.objects.all())
    assert "obs-point-site" in render("{% facility_map %}")
    assert "update_status" in render("{% update_status_button %}", root)
    assert "test_input" in render("{% facility_observation_form target 'FakeRoboticFacility' 'OBSERVATION' %}", root, target=star)
    assert render("{% observation_facilities_list %}").strip() == ""
    form = FakeForm({"facility": "X"})
    assert "observation_type=B" in render("{% observation_type_tabs %}", type_choices=["A", "B"], form=form)
    assert display_obs_type("SPECTRA_Advanced") == "Spectra Advanced"


class FakeForm(dict):
    def __getitem__(self, name):
        return type("Field", (), {"value": lambda self: "X"})()


def test_moving_targets_are_told_what_to_install(fakes):
    moving = NonSiderealTargetFactory.create()
    assert "tom_nonsidereal_airmass" in render("{% observation_plan target %}", target=moving)
