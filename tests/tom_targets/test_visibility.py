"""The plan of a target at chosen sites: airmass, altitudes, twilight, the Moon, and the nights as a table; against astropy."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.urls import reverse

from tom_astro.visibility import Site, night
from tom_targets.visibility import plan

pytestmark = pytest.mark.django_db

CTIO = Site("Cerro Tololo", -30.167331, -70.804661, 2198.0)
TEIDE = Site("Teide", 28.300308, -16.511703, 2330.0)
START = datetime(2024, 12, 15, 12, tzinfo=UTC)


def test_altitudes_of_one_site_are_astropys(make):
    from astropy import units as u
    from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_body, get_sun
    from astropy.time import Time

    found = plan(make("a", ra=88.79, dec=7.41), [CTIO], START, START + timedelta(days=1))
    (site,) = found["sites"]
    times = Time(np.array(found["time"][::12]), format="unix")
    place = EarthLocation(lat=CTIO.latitude_deg * u.deg, lon=CTIO.longitude_deg * u.deg, height=CTIO.elevation_m * u.m)
    frame = AltAz(obstime=times, location=place)
    for ours, theirs in (
        (site["altitude"], SkyCoord(88.79 * u.deg, 7.41 * u.deg).transform_to(frame).alt.deg),
        (site["moon"], get_body("moon", times, place).transform_to(frame).alt.deg),
        (site["sun"], get_sun(times).transform_to(frame).alt.deg),
    ):
        for mine, real in zip(ours[::12], theirs, strict=True):
            assert (mine is None and real < 0.1) or mine == pytest.approx(real, abs=0.1)
    assert "altitude" not in plan(make("b"), [CTIO, TEIDE], START, START + timedelta(days=1))["sites"][0]


def test_the_nights_are_those_of_the_almanac(make):
    found = plan(make("a", ra=88.79, dec=7.41), [CTIO], START, START + timedelta(days=3), 2.0)
    nights = [row for row in found["sites"][0]["nights"] if row["dark_from"]]
    assert len(nights) == 3
    exact = night(CTIO, 60659.5 + 0.2)
    from tom_astro.times import mjd_to_datetime

    assert abs(nights[0]["dark_from"] - mjd_to_datetime(exact.astronomical_dusk_mjd)) < timedelta(minutes=1)
    assert abs(nights[0]["dark_to"] - mjd_to_datetime(exact.astronomical_dawn_mjd)) < timedelta(minutes=1)
    assert nights[0]["night"] == "2024-12-15"
    assert nights[0]["airmass"] == pytest.approx(1.26, abs=0.01)
    # 4 h 43 min behind Greenwich by its longitude
    assert nights[0]["local"] == f"{nights[0]['best'] - timedelta(hours=70.804661 / 15):%H:%M}"


def test_a_site_where_it_is_never_dark(make):
    north = Site("Tromsø", 69.65, 18.96, 0.0)
    found = plan(make("a"), [north], datetime(2024, 6, 20, tzinfo=UTC), datetime(2024, 6, 22, tzinfo=UTC))
    assert all(row["dark_from"] is None and row["hours"] == 0 for row in found["sites"][0]["nights"])


def test_the_tab_plans_at_chosen_sites(client, make):
    target = make("a", ra=88.79, dec=7.41, permissions="OPEN")
    url = reverse("targets:tab", args=[target.pk, "visibility"])
    page = client.get(url, {"start_time": "2024-12-15", "end_time": "2024-12-17", "sites": "Teide"}).content.decode()
    assert 'data-plot="night"' in page
    assert "Local solar time" in page
    assert page.count('<th scope="row">Teide</th><td class="num">2024-12-1') >= 2
    many = client.get(url, {"start_time": "2024-12-15", "end_time": "2024-12-17", "sites": ["Teide", "Cerro Tololo"]}).content.decode()
    assert 'data-plot="airmass"' in many
    wrong = client.get(url, {"start_time": "2024-12-15", "end_time": "2024-12-17", "sites": "Atlantis"}).content.decode()
    assert "Atlantis is not one of the available choices" in wrong
