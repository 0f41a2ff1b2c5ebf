"""Targets that move: where they stand tonight comes from their elements."""

from datetime import UTC, datetime

import numpy as np
import pytest
from django.urls import reverse

from tom_astro.orbits import elements_from_fields, ephemeris
from tom_astro.times import datetime_to_mjd
from tom_astro.visibility import Site, altaz
from tom_targets.models import Target
from tom_targets.visibility import moon, motion_now, plan, positions, selection, tonight

pytestmark = pytest.mark.django_db

# (1) Ceres: osculating elements of JPL's Small-Body Database for JD 2460000.5 TDB, H and G as JPL Horizons states them.
CERES = {
    "scheme": "MPC_MINOR_PLANET", "epoch_of_elements": 60000.0, "eccentricity": 0.07881745101960996, "inclination": 10.58634326912728,
    "lng_asc_node": 80.26014869058888, "arg_of_perihelion": 73.47046154424713, "mean_anomaly": 17.21565149614834,
    "semimajor_axis": 2.767181743149466,
}  # fmt: skip
SITE = Site("Cerro Tololo", -30.167, -70.805, 2198.0)
NOW = datetime(2023, 3, 20, 0, 0, tzinfo=UTC)


@pytest.fixture
def ceres():
    return Target.objects.create(name="Ceres", type="NON_SIDEREAL", abs_mag=3.33, slope=0.12, permissions="OPEN", **CERES)


def test_positions_are_those_of_the_ephemeris(ceres):
    times = 60000.0 + np.arange(0, 30, 3.0)
    ra, dec = positions(ceres, times)
    seen = ephemeris(elements_from_fields(CERES), times)
    assert np.array_equal(ra, seen.ra_deg)
    assert np.array_equal(dec, seen.dec_deg)
    assert np.ptp(ra) > 1.0


def test_tonight_follows_the_motion(ceres):
    shown = tonight(ceres, [SITE], NOW)
    times = float(datetime_to_mjd(NOW)) + (np.array(shown["time"]) - shown["time"][0]) / 86400.0
    moving = np.asarray(altaz(*positions(ceres, times), times, SITE).altitude_deg)
    drawn = np.array([np.nan if value is None else value for value in shown["sites"][0]["altitude"]])
    dark = np.isfinite(drawn)
    assert dark.any()
    assert np.allclose(drawn[dark], moving[dark], atol=0.006)
    assert plan(ceres, [SITE], NOW, NOW.replace(day=21))["sites"][0]["airmass"]
    assert len(moon(ceres, NOW, 3)["separation"]) == 13
    assert [row["target"] for row in selection([ceres], [SITE], NOW)] == [ceres]


def test_motion_now_is_near_opposition_in_march_2023(ceres):
    motion = motion_now(ceres, NOW)
    assert motion["elongation"] > 160
    assert 0.4 < motion["rate"] < 0.7
    assert 6.8 < motion["magnitude"] < 7.1


def test_the_tab_says_where_it_is_and_what_is_missing(client, ceres):
    page = client.get(reverse("targets:tab", args=[ceres.pk, "visibility"])).content.decode()
    assert "arcsec/min" in page
    assert "The next 24 hours" in page
    Target.objects.filter(pk=ceres.pk).update(eccentricity=None)
    page = client.get(reverse("targets:tab", args=[ceres.pk, "visibility"])).content.decode()
    assert "not complete enough" in page
