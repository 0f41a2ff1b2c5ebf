"""The map of the whole sky: projection, cells, counts within what the viewer sees, and its size."""

import re
from datetime import UTC, datetime

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from tom_targets import skymap
from tom_targets.models import BaseTarget
from tom_targets.policy import visible_to
from tom_targets.skymap import cell_path, counts, great_circle, mollweide, sky_map

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)
URL = "/targets/skymap/"


def many(count, **kwargs):
    rng = np.random.default_rng(7)
    ra, dec = rng.uniform(0, 360, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    rows = [
        BaseTarget(name=f"t{i}", type="SIDEREAL", ra=float(a), dec=float(d), permissions="OPEN", **kwargs)
        for i, (a, d) in enumerate(zip(ra, dec, strict=True))
    ]
    return BaseTarget.objects.bulk_create(rows, batch_size=500)


def corners(path):
    return [tuple(map(float, point.split(" "))) for point in re.findall(r"-?[\d.]+ -?[\d.]+", path)]


def test_the_projection():
    x, y = mollweide([0, 90, 270, 180, 180.1, 12, 12], [0, 0, 0, 0, 0, 90, -90])
    assert x == pytest.approx([0, -90, 90, -180, 179.9, 0, 0], abs=1e-6)
    assert y == pytest.approx([0, 0, 0, 0, 0, -90, 90], abs=1e-4)
    # Equal areas: half of a hemisphere lies below 30 degrees, and half of the half ellipse below its y.
    _, at = mollweide([0.0], [30.0])
    t = np.arcsin(-at[0] / 90)
    assert (2 * t + np.sin(2 * t)) / np.pi == pytest.approx(0.5, abs=1e-5)


def test_cells_tile_the_map():
    area = 0.0
    for cell in range(768):
        for part in cell_path(3, cell).split("Z")[:-1]:
            x, y = np.array(corners(part)).T
            area += 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))
    assert area == pytest.approx(np.pi * 180 * 90, rel=0.01)
    one = np.array(corners(cell_path(3, 0)))
    assert np.ptp(one[:, 0]) < 15


def test_great_circles():
    # The galactic centre lies on the plane, at 17h45m -29.
    x, y = mollweide([266.405], [-28.936])
    assert min(np.hypot(px - x[0], py - y[0]) for px, py in corners(great_circle("galactic"))) < 1.5
    heights = [py for _, py in corners(great_circle("ecliptic"))]
    assert max(heights) == pytest.approx(-mollweide([0], [23.44])[1][0], abs=0.3)


def test_counts_are_of_what_the_viewer_sees(make, member, visitor, boss):
    from tom_astro.healpix import ang2pix

    make("open", ra=10.0, dec=20.0, permissions="OPEN")
    make("hidden", ra=10.01, dec=20.0)
    cell = int(ang2pix(10.0, 20.0, 4))
    assert counts(visible_to(visitor)) == {cell: 1}
    assert counts(visible_to(boss)) == {cell: 2}


def test_the_page_is_the_viewers(client, make, boss):
    make("open one", ra=10.0, dec=20.0, permissions="OPEN")
    before = client.get(URL).content
    make("unseen one", ra=200.0, dec=-20.0)
    make("unseen orbit", type="NON_SIDEREAL", ra=None, dec=None)
    after = client.get(URL).content

    def still(page):
        return re.sub(rb"<time.*?</time>", b"", re.sub(rb'nonce-\S+|nonce="[^"]+"|csrf\S+', b"", page), flags=re.S)

    assert still(before) == still(after)
    client.force_login(boss)
    assert "unseen one" in client.get(URL).content.decode()


def test_a_cell_leads_to_its_targets(client):
    many(400)
    page = client.get(URL)
    assert page.context["points"]
    assert sum(cell["count"] for cell in page.context["cells"]) == 400
    region = page.context["regions"][0]
    listed = client.get(reverse("targets:list"), {"polygon": region["moc"]})
    assert listed.context["record_count"] == region["count"] > 0
    assert f"?polygon={region['moc']}" in page.content.decode()


def test_the_filter_holds_on_the_map(client):
    many(30)
    assert client.get(URL, {"name": "t1"}).context["total"] == 11
    assert client.get(URL, {"cone_search": "0,90,60"}).context["total"] == sum(t.dec >= 30 for t in BaseTarget.objects.all())
    assert "?name=t1&amp;polygon=" in client.get(URL, {"name": "t1", "polygon": "0/0-11"}).content.decode()


def test_many_are_counted_in_cells_and_the_page_stays_small(client, monkeypatch):
    many(9000)
    page = client.get(URL)
    assert page.context["points"]
    assert len(page.content) < 500_000
    monkeypatch.setattr(skymap, "MOST_POINTS", 5000)
    page = client.get(URL)
    assert not page.context["points"]
    assert sum(least <= most for _, _, least, most in page.context["shades"]) == len(page.context["shades"]) > 1
    assert len(page.content) < 500_000
    assert "Targets in a cell" in page.content.decode()


def test_moving_targets_stand_where_they_are_now(make):
    ceres = make(
        "Ceres", type="NON_SIDEREAL", ra=None, dec=None, scheme="MPC_MINOR_PLANET", epoch_of_elements=60000.0, eccentricity=0.0788, inclination=10.586,
        lng_asc_node=80.26, arg_of_perihelion=73.47, mean_anomaly=17.2, semimajor_axis=2.767, permissions="OPEN",
    )  # fmt: skip
    make("nowhere", type="NON_SIDEREAL", ra=None, dec=None, permissions="OPEN")
    first = sky_map(BaseTarget.objects.all(), NOW)["moving"]
    assert [one["name"] for one in first] == [ceres.name]
    assert first != sky_map(BaseTarget.objects.all(), datetime(2026, 6, 1, tzinfo=UTC))["moving"]


def test_sun_and_moon_are_where_astropy_has_them():
    from astropy.coordinates import get_body
    from astropy.time import Time

    found = skymap.sun_and_moon(NOW)
    for name in ("sun", "moon"):
        body = get_body(name, Time(NOW))
        x, y = mollweide([body.ra.deg], [body.dec.deg])
        assert float(found[name]["x"]) == pytest.approx(x[0], abs=0.2)
        assert float(found[name]["y"]) == pytest.approx(y[0], abs=0.2)


def test_an_empty_sky_and_a_wrong_filter(client):
    assert "No target on this map" in client.get(URL).content.decode()
    assert visible_to(AnonymousUser()).count() == 0
    page = client.get(URL, {"cone_search": "abc"})
    assert page.status_code == 200
    assert page.context["total"] == 0
