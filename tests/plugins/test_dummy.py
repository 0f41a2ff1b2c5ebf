"""Every extension point, through a plugin that uses them all, and one that is broken in all of them."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse

from tests.plugins.dummy import services as dummy
from tom_targets.models import Target

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(db):
    return Target.objects.create(name="T 1", type="SIDEREAL", ra=10.0, dec=-20.0, permissions="OPEN")


@pytest.fixture
def owner(client, django_user_model):
    user = django_user_model.objects.create_superuser("owner", "owner@example.org", "pw")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return user


def test_it_is_listed_with_all_it_offers(capsys):
    call_command("tomplugins")
    listing = capsys.readouterr().out
    for word in ("DummyDataService", "DummyFacility", "DummyHarvester"):
        assert word in listing


def test_pages_of_its_own_and_navigation(client, target):
    page = client.get(reverse("dummy:index")).content.decode()
    for word in ("Dummy page", "T 1", "left-hand dummy", "right-hand dummy", "plain dummy", "/dummy.css", "/dummy.js", "Dummy of"):
        assert word in page


def test_buttons_and_tabs_on_a_target(client, owner, target):
    page = client.get(target.get_absolute_url()).content.decode()
    assert "Button: dummy for T 1" in page
    assert "Dummy things" in page
    assert "Lazy dummy" in page
    tab = client.get(reverse("targets:tab", args=[target.pk, "dummy-lazy"]), headers={"HX-Request": "true"}).content.decode()
    assert "Tab: lazy for T 1" in tab


def test_profile_users_and_home(client, owner):
    assert "Profile: dummy of owner" in client.get(reverse("user-profile")).content.decode()
    assert "Users: dummy list" in client.get(reverse("user-list")).content.decode()
    assert "Home dummy" in client.get(reverse("home")).content.decode()
    assert "at home" in client.get(reverse("home-panel", args=["dummy-home"]), headers={"HX-Request": "true"}).content.decode()


def test_an_endpoint_of_its_own(client, owner):
    assert client.get("/api/dummies/").json() == [{"dummy": True}]


def test_a_facility_takes_an_observation(client, owner, target):
    from tom_observations.models import ObservationRecord

    url = reverse("observations:create", args=["Dummy facility"])
    page = client.get(url, {"target_id": target.pk, "observation_type": "DUMMY"})
    assert page.status_code == 200
    answer = client.post(
        url + f"?target_id={target.pk}",
        {"target_id": target.pk, "facility": "Dummy facility", "observation_type": "DUMMY", "name": "n", "start": "2026-01-01"},
    )
    assert answer.status_code == 302, answer.content.decode()[:2000]
    record = ObservationRecord.objects.get()
    assert (record.observation_id, record.facility, record.user) == (f"dummy-{target.pk}", "Dummy facility", owner)


def test_a_data_service_and_a_harvester_make_targets(client, owner):
    from tom_catalogs.harvester import get_service_classes as harvesters
    from tom_dataservices.dataservices import get_data_service_class

    service = get_data_service_class("Dummy service")()
    result = service.query_targets({"word": "one"})[0]
    made = service.to_target(result)
    assert (made.name, made.ra) == ("Dummy one", 10.5)
    harvester = harvesters()["Dummy catalogue"]()
    harvester.query("Dummy star")
    assert harvester.to_target().name == "Dummy star"


@override_settings(TOM_ALERT_CLASSES=["tests.plugins.dummy.services.DummyBroker"])
def test_a_broker(client, owner):
    from tom_alerts.alerts import get_service_class
    from tom_alerts.models import BrokerQuery

    broker = get_service_class("Dummy broker")()
    alert = broker.to_generic_alert(next(iter(broker.fetch_alerts({"word": "x"}))))
    made, extras, aliases = alert.to_target()
    assert (made.name, extras, aliases) == ("Dummy alert x", {}, [])
    query = BrokerQuery.objects.create(
        name="q", broker="Dummy broker", parameters={"query_name": "q", "broker": "Dummy broker", "word": "y"}
    )
    assert "Dummy alert y" in client.get(reverse("alerts:run", args=[query.pk])).content.decode()


@override_settings(
    DATA_PRODUCT_TYPES={"dummy": ("dummy", "Dummy data")}, DATA_PROCESSORS={"dummy": "tests.plugins.dummy.services.DummyProcessor"}
)
def test_a_processor(target, owner):
    from django.core.files.base import ContentFile

    from tom_dataproducts.data_processor import run_data_processor
    from tom_dataproducts.models import DataProduct, ReducedDatum

    product = DataProduct.objects.create(target=target, data_product_type="dummy", product_id="d1")
    product.data.save("dummy.txt", ContentFile(b"dummy"))
    run_data_processor(product)
    datum = ReducedDatum.objects.get(data_product=product)
    assert (datum.data_type, datum.value["magnitude"], datum.brightness, datum.source_name) == ("photometry", 17.5, 17.5, "Dummy source")


@override_settings(TOM_CADENCE_STRATEGIES=["tests.plugins.dummy.services.DummyCadence"])
def test_a_cadence():
    from tom_observations.cadence import get_cadence_strategies

    assert get_cadence_strategies() == {"DummyCadence": dummy.DummyCadence}


def test_hooks_search_and_settings(client, owner, settings):
    settings.HOOKS = {"target_post_save": "tests.plugins.dummy.services.on_target_saved"}
    dummy.hooked.clear()
    made = Target.objects.create(name="Hooked", type="SIDEREAL", ra=1.0, dec=1.0)
    made.save()
    assert dummy.hooked == [("Hooked", True), ("Hooked", False)]
    settings.GENERAL_SEARCH_FUNCTIONS = {"tom_targets.BaseTarget": "tests.plugins.dummy.services.general_search"}
    Target.objects.create(name="Not hooked", type="SIDEREAL", ra=2.0, dec=1.0)
    from tom_common.conf import tom_settings

    assert tom_settings.DUMMY_DEPTH == 3
    settings.DUMMY_DEPTH = 5
    assert tom_settings.DUMMY_DEPTH == 5


def test_a_broken_plugin_is_reported_and_left_out(client, owner, target, monkeypatch, caplog):
    import tests.plugins as module
    from tests.plugins.broken import BrokenConfig

    config = BrokenConfig("tests.plugins.broken", module)
    config.models_module, config.models, config.apps = None, {}, apps
    monkeypatch.setitem(apps.app_configs, "broken", config)
    for url in (reverse("home"), target.get_absolute_url()):
        answer = client.get(url)
        assert answer.status_code == 200
        assert "left-hand dummy" in answer.content.decode()
    assert "no_such_attribute" in caplog.text
