"""The finder chart: stars from a cached cone, offsets, slit, parallactic angle; nothing is fetched by looking."""

import math
from datetime import UTC, datetime

import pytest
import responses
from django.urls import reverse

from tom_clients.gaia import GaiaClient, GaiaError, read_stars
from tom_common.errors import InvalidInputError, NotAllowedError, NotFoundError
from tom_common.http import forget_hosts
from tom_targets.finder import chart, nearby, offset_stars, project, slit
from tom_targets.models import StarField
from tom_targets.services.stars import fetch_stars

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GAIA = "https://gea.esac.esa.int/tap-server/tap/sync"
ROWS = """source_id,ra,dec,pmra,pmdec,phot_g_mean_mag
1001,150.02,20.0,,,9.5
1002,150.0,20.05,1000.0,-2000.0,12.25
1003,149.99,19.99,null,null,19.0
"""


@pytest.fixture(autouse=True)
def _calm():
    forget_hosts()
    yield
    forget_hosts()


@pytest.fixture
def web():
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def star(make):
    return make("star", ra=150.0, dec=20.0, permissions="OPEN")


def keep(target, **kwargs):
    values = {"catalogue": "Gaia DR3", "ra": 150.0, "dec": 20.0, "radius_arcmin": 7.5, "epoch": 2016.0, "stars": read_stars(ROWS)}
    return StarField.objects.create(target=target, **{**values, **kwargs})


def test_the_table_of_the_archive():
    assert read_stars(ROWS)[1] == ["1002", 150.0, 20.05, 1000.0, -2000.0, 12.25]
    assert read_stars(ROWS)[2][3:5] == [None, None]
    for wrong in ("<html>no</html>", "", "source_id,ra,dec,phot_g_mean_mag\n1,x,2,3\n"):
        with pytest.raises(GaiaError):
            read_stars(wrong)


def test_the_question_to_the_archive(web):
    web.get(GAIA, body=ROWS)
    assert len(GaiaClient().cone(150.0, -20.5, 0.125, rows=7)) == 3
    asked = web.calls[0].request.params["QUERY"]
    assert "TOP 7" in asked
    assert "CIRCLE('ICRS', 150.0000000, -20.5000000, 0.125000)" in asked


def test_stars_are_fetched_kept_and_replaced(web, star, member, visitor, make, settings):
    web.get(GAIA, body=ROWS)
    fetch_stars(actor=member, target=star, radius_arcmin=7.5)
    field = fetch_stars(actor=member, target=star, radius_arcmin=5.0)
    assert list(StarField.objects.all()) == [field]
    assert (field.ra, field.dec, field.epoch, field.limit) == (150.0, 20.0, 2016.0, None)
    with pytest.raises(NotAllowedError):
        fetch_stars(actor=visitor, target=star, radius_arcmin=5.0)
    with pytest.raises(NotFoundError):
        fetch_stars(actor=member, target=make("unseen"), radius_arcmin=5.0)
    with pytest.raises(InvalidInputError, match="radius"):
        fetch_stars(actor=member, target=star, radius_arcmin=1e9)
    settings.FINDER_CATALOG_URL = ""
    with pytest.raises(InvalidInputError, match="FINDER_CATALOG_URL"):
        fetch_stars(actor=member, target=star, radius_arcmin=5.0)


def test_stars_are_moved_to_the_date(star, visitor):
    keep(star)
    found = chart(visitor, star, NOW, 10.0)
    by_name = {one["name"]: one for one in found["stars"]}
    assert by_name["1002"]["dec"] == pytest.approx(20.05 - 2.0 * 10 / 3600, abs=1e-5)
    assert by_name["1001"]["x"] < 100
    assert found["covered"]
    assert by_name["1001"]["r"] > by_name["1002"]["r"] > by_name["1003"]["r"]
    assert not chart(visitor, star, NOW, 30.0)["covered"]


def test_offsets_are_those_of_astropy(star, visitor):
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    keep(star)
    rows = offset_stars(chart(visitor, star, NOW, 10.0), 8.0, 18.0)
    assert [row["name"] for row in rows] == ["1001", "1002"]
    assert [row["label"] for row in rows] == ["S1", "S2"]
    target = SkyCoord(150.0 * u.deg, 20.0 * u.deg)
    for row in rows:
        at = SkyCoord(row["ra"] * u.deg, row["dec"] * u.deg)
        assert row["arcsec"] == pytest.approx(at.separation(target).arcsec, abs=0.01)
        angle = at.position_angle(target)
        assert row["east"] == pytest.approx(at.separation(target).arcsec * math.sin(angle.rad), abs=0.01)
        assert row["north"] == pytest.approx(at.separation(target).arcsec * math.cos(angle.rad), abs=0.01)
    assert rows[0]["east"] < 0


def test_projection_and_slit():
    assert project(0.0, 10.0, 0.0, 10.0, 0.1) == (100.0, 100.0)
    x, y = project(359.99, 10.0, 0.01, 10.05, 0.1)
    assert x < 100 > y
    assert project(0.0, 10.0, 180.0, -10.0, 0.1) is None
    assert project(0.0, 90.0, 123.0, 89.95, 0.1) is not None
    # Ten arcmin are 200 units: 120 by 6 arcsec are 40 by 2. PA 0 is north, PA 90 is east, to the left.
    north = [tuple(map(float, point.split(","))) for point in slit(10.0, 0.0, 6.0, 120.0).split()]
    assert sorted(round(y) for _, y in north) == [80, 80, 120, 120]
    assert {round(x) for x, _ in north} == {99, 101}
    turned = [tuple(map(float, point.split(","))) for point in slit(10.0, 30.0, 0.01, 120.0).split()]
    top = min(turned, key=lambda point: point[1])
    assert top[0] == pytest.approx(100 - 20 * math.sin(math.radians(30)), abs=0.4)


def test_the_page(client, star, member, boss, make):
    make("unseen", ra=150.0, dec=20.01)
    make("seen", ra=150.0, dec=20.02, permissions="OPEN")
    url = reverse("targets:finder", args=[star.pk])
    page = client.get(url).content.decode()
    assert "No sky image and no stars are at hand" in page
    assert "unseen" not in page
    assert "seen" in page
    assert StarField.objects.count() == 0
    keep(star)
    page = client.get(url, {"when": "2026-01-01 00:00", "slit_pa": "45", "site": "Cerro Tololo"})
    assert page.context["offsets"][0]["label"] == "S1"
    text = page.content.decode()
    for words in ("finder-slit", "Parallactic angle", "Offset stars", "Gaia DR3", "finder-arrow"):
        assert words in text
    assert client.get(url, {"parallactic": "on"}).context["form"].errors["site"]
    assert client.get(url, {"brightest": "15", "faintest": "10"}).context["form"].errors["faintest"]
    assert client.get(url, {"field": "1e9"}).context["form"].errors["field"]
    assert client.get(url, {"when": "2026-01-01", "parallactic": "on", "site": "Teide"}).context["slit"]


def test_the_parallactic_angle_turns_the_slit_towards_the_zenith(client, star):
    from tom_astro.sphere import position_angle_deg
    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import altaz_to_icrs
    from tom_targets.observatories import places

    when = datetime(2026, 1, 1, 3, tzinfo=UTC)
    page = client.get(reverse("targets:finder", args=[star.pk]), {"when": "2026-01-01 03:00", "site": "Teide", "parallactic": "on"})
    zenith = altaz_to_icrs(90.0, 0.0, float(datetime_to_mjd(when)), places()["Teide"])
    expected = float(position_angle_deg(150.0, 20.0, *zenith)) % 360.0
    assert page.context["slit_pa"] == pytest.approx(expected, abs=0.3)


def test_asking_for_stars(client, web, star, member, settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    url = reverse("targets:finder-stars", args=[star.pk])
    assert client.get(url).status_code in (302, 405)
    assert client.post(url).status_code == 302
    assert StarField.objects.count() == 0
    client.force_login(member)
    web.get(GAIA, body=ROWS)
    answer = client.post(url, {"field": "10"})
    assert answer["Location"].startswith(reverse("targets:finder", args=[star.pk]))
    settings.FINDER_CATALOG_URL = ""
    assert client.post(url, {"field": "nan"}).status_code == 302


def test_neighbours_with_separation_and_position_angle(make, member, star):
    make("east", ra=150.01, dec=20.0, permissions="PUBLIC")
    make("north", ra=150.0, dec=20.1, permissions="PUBLIC")
    make("far", ra=150.0, dec=22.0, permissions="PUBLIC")
    make("unseen", ra=150.0, dec=20.0001)
    found = nearby(member, star, NOW, 0.5, 10)
    assert [(one["target"].name, round(one["arcsec"]), round(one["pa"])) for one in found] == [("east", 34, 90), ("north", 360, 0)]
    assert nearby(member, make("nowhere", type="NON_SIDEREAL", ra=None, dec=None), NOW, 0.5, 10) is None


def test_a_moving_target_has_a_chart_where_it_is(make, visitor, client):
    ceres = make(
        "Ceres", type="NON_SIDEREAL", ra=None, dec=None, scheme="MPC_MINOR_PLANET", epoch_of_elements=60000.0, eccentricity=0.0788, inclination=10.586,
        lng_asc_node=80.26, arg_of_perihelion=73.47, mean_anomaly=17.2, semimajor_axis=2.767, permissions="OPEN",
    )  # fmt: skip
    one, other = chart(visitor, ceres, NOW, 10.0), chart(visitor, ceres, datetime(2026, 3, 1, tzinfo=UTC), 10.0)
    assert abs(one["ra"] - other["ra"]) > 1
    assert client.get(reverse("targets:finder", args=[ceres.pk])).context["chart"] is not None
    nowhere = make("nowhere", type="NON_SIDEREAL", ra=None, dec=None, permissions="OPEN")
    assert "No chart" in client.get(reverse("targets:finder", args=[nowhere.pk])).content.decode()
