"""From a name to the filled-in form of a target."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from tom_catalogs.harvester import AbstractHarvester, MissingDataException, get_service_class, get_service_classes
from tom_catalogs.harvesters.jplhorizons import JPLHorizonsHarvester
from tom_catalogs.harvesters.mpc import MPCExplorerHarvester, MPCHarvester
from tom_catalogs.harvesters.ned import NEDHarvester
from tom_catalogs.harvesters.simbad import SimbadHarvester
from tom_catalogs.harvesters.tns import TNS_URL, TNSHarvester, get
from tom_clients.horizons import read_elements
from tom_clients.mpc import MpcClient
from tom_clients.simbad import SimbadClient
from tom_common.exceptions import ImproperCredentialsException
from tom_common.http import ServiceUnavailableError

STAR = {"main_id": "V* RR  Lyr", "ra": 291.366, "dec": 42.784, "pmra": -109.7, "pmdec": -195.9, "plx_value": 3.98, "distance_pc": 251.0}


class Offered(AbstractHarvester):
    name = "Offered"

    def query(self, term):
        self.catalog_data = {"name": term} if term == "known" else {}

    def to_target(self):
        target = super().to_target()
        target.name, target.type, target.ra, target.dec = "Known 1", "SIDEREAL", 0.0, -5.5
        target.extra_names = ["A1", "B 2"]
        return target


@pytest.fixture
def user(db):
    return get_user_model().objects.create_user("observer")


def test_harvesters_on_offer(settings):
    assert set(get_service_classes()) >= {"Simbad", "NED", "JPL Horizons", "TNS"}
    settings.EXCLUDE_HARVESTER_CLASSES = ["tom_catalogs.harvesters.tns.TNSHarvester"]
    assert "TNS" not in get_service_classes()
    settings.INCLUDE_HARVESTER_CLASSES = ["tests.tom_catalogs.test_catalogs.Offered"]
    settings.TOM_HARVESTER_CLASSES = ["tom_catalogs.harvesters.mpc.MPCHarvester"]
    assert set(get_service_classes()) == {"Offered", "MPC"}
    with pytest.raises(ImportError):
        get_service_class("Simbad")
    settings.INCLUDE_HARVESTER_CLASSES = ["tom_catalogs.nowhere.Harvester"]
    with pytest.raises(ImportError, match="nowhere"):
        get_service_classes()


@pytest.mark.parametrize(
    "harvester", [SimbadHarvester, NEDHarvester, JPLHorizonsHarvester, MPCHarvester, MPCExplorerHarvester, TNSHarvester]
)
def test_nothing_found_is_missing_data(harvester):
    with pytest.raises(MissingDataException):
        harvester().to_target()


def test_julian_dates():
    assert AbstractHarvester.jd_to_mjd(2459000.5) == 59000.0
    assert AbstractHarvester.jd_to_mjd(59000.0) == 59000.0


def test_simbad(monkeypatch):
    monkeypatch.setattr(SimbadClient, "object", lambda self, term: STAR)
    harvester = SimbadHarvester()
    harvester.query("RR Lyr")
    target = harvester.to_target()
    assert (target.name, target.ra, target.pm_dec, target.distance) == ("V*RRLyr", 291.366, -195.9, 251.0)


@pytest.mark.recorded
def test_horizons(shared_data):
    harvester = JPLHorizonsHarvester()
    harvester.catalog_data = read_elements((shared_data / "jpl_horizons" / "ceres_elements_single.txt").read_text())
    target = harvester.to_target()
    assert (target.type, target.scheme) == ("NON_SIDEREAL", "MPC_MINOR_PLANET")
    assert target.epoch_of_elements == 51544.0
    assert target.perihdist == 2.549670145428669
    assert (target.abs_mag, target.slope) == (3.53, 0.12)


@pytest.mark.recorded
def test_minor_planet_center(shared_data, monkeypatch):
    orbit = json.loads((shared_data / "mpc" / "2020AB_mpcorb.json").read_text())
    monkeypatch.setattr(MpcClient, "orbit", lambda self, term: orbit)
    harvester = MPCExplorerHarvester()
    harvester.query("2020 AB")
    assert (harvester.to_target().name, harvester.to_target().inclination) == ("2020 AB", 4.8503289061181)


def test_tns_needs_its_key(settings):
    assert TNS_URL == "https://www.wis-tns.org/"
    with pytest.raises(ImproperCredentialsException, match="HARVESTERS"):
        get("2023ixf")


def test_the_page_fills_in_the_form(client, user, settings):
    settings.INCLUDE_HARVESTER_CLASSES = ["tests.tom_catalogs.test_catalogs.Offered"]
    client.force_login(user)
    assert client.get(reverse("tom_catalogs:query")).status_code == 200
    answer = client.post(reverse("tom_catalogs:query"), {"term": "known", "service": "Offered"})
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.url).query)
    assert urlsplit(answer.url).path == reverse("targets:create")
    assert (query["name"], query["ra"], query["names"]) == (["Known 1"], ["0.0"], ["A1,B 2"])


def test_not_found_is_an_error_of_the_field(client, user, settings):
    settings.INCLUDE_HARVESTER_CLASSES = ["tests.tom_catalogs.test_catalogs.Offered"]
    client.force_login(user)
    answer = client.post(reverse("tom_catalogs:query"), {"term": "unknown", "service": "Offered"})
    assert answer.status_code == 200
    assert answer.context["form"].errors["term"] == ["Object not found"]


def test_a_catalogue_that_is_down_is_told(client, user, settings, monkeypatch):
    def down(self, term):
        raise ServiceUnavailableError("no answer within 30 s")

    settings.INCLUDE_HARVESTER_CLASSES = ["tests.tom_catalogs.test_catalogs.Offered"]
    monkeypatch.setattr(Offered, "query", down)
    client.force_login(user)
    answer = client.post(reverse("tom_catalogs:query"), {"term": "known", "service": "Offered"})
    assert "no answer within 30 s" in answer.content.decode()


def test_a_visitor_is_asked_to_log_in(client, db):
    assert reverse("login") in client.get(reverse("tom_catalogs:query")).url
