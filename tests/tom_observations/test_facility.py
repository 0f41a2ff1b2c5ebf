import json
import subprocess
import sys

import pytest
import responses
from django import forms
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from tom_observations import facility as module
from tom_observations.facility import (
    BaseManualObservationForm,
    BaseObservationFacility,
    BaseObservationForm,
    BaseRedirectObservationFacility,
    BaseRoboticObservationFacility,
    BaseRoboticObservationForm,
    CredentialStatus,
    GenericObservationFacility,
    GenericObservationForm,
    get_service_class,
    get_service_classes,
)
from tom_observations.tests.utils import FakeManualFacility, FakeRoboticFacility
from tom_observations.widgets import FilterField

pytestmark = pytest.mark.django_db


class Offered(FakeRoboticFacility):
    name = "Offered"


class Rival(FakeRoboticFacility):
    name = "FakeRoboticFacility"


def test_settings_come_first_then_apps(settings, monkeypatch):
    settings.TOM_FACILITY_CLASSES = ["tom_observations.tests.utils.FakeRoboticFacility"]
    here = "tests.tom_observations.test_facility"
    config = apps.get_app_config("tom_targets")
    offered = [{"class": f"{here}.Offered"}, {"class": f"{here}.Rival"}, {"class": "no.such.Facility"}, {"nonsense": 1}, None]
    monkeypatch.setattr(config, "observation_facilities", lambda: offered, raising=False)
    found = get_service_classes()
    assert list(found)[:2] == ["FakeRoboticFacility", "Offered"]
    assert "Rival" not in {each.__name__ for each in found.values()}
    assert found["FakeRoboticFacility"] is FakeRoboticFacility
    monkeypatch.setattr(config, "observation_facilities", lambda: None, raising=False)
    assert "Offered" not in get_service_classes()


def test_unset_means_the_defaults_and_wrong_means_an_error(settings):
    del settings.TOM_FACILITY_CLASSES
    assert list(get_service_classes())[:4] == ["LCO", "GEM", "SOAR", "BLANCO"]
    with pytest.raises(ImportError, match="nobody"):
        get_service_class("nobody")
    settings.TOM_FACILITY_CLASSES = ["no.such.Facility"]
    with pytest.raises(ImportError, match=r"no\.such\.Facility"):
        get_service_classes()


def test_aliases_states_and_defaults():
    assert GenericObservationForm is BaseRoboticObservationForm
    assert GenericObservationFacility is BaseRoboticObservationFacility
    assert [status.value for status in CredentialStatus] == [status.name.lower() for status in CredentialStatus]
    facility = FakeRoboticFacility()
    assert facility.user is None
    assert facility.credential_status is CredentialStatus.NOT_INITIALIZED
    assert facility.get_button_label() == "FakeRoboticFacility"
    assert facility.get_form_classes_for_display() == facility.observation_forms
    assert facility.get_facility_context_data(target=1) == {"target": 1}
    assert facility.get_start_end_keywords() == ("start", "end")
    assert facility.get_facility_weather_urls() == facility.get_facility_status() == {}
    assert facility.is_fits_facility({}) is False
    assert isinstance(module.AUTO_THUMBNAILS, bool)
    with pytest.raises(NotImplementedError):
        BaseObservationFacility.cancel_observation(facility, 1)
    with pytest.raises(TypeError):
        BaseRoboticObservationFacility()


def test_credentials_of_settings(settings):
    settings.FACILITIES = {"X": {"key": "k", "empty": " "}}
    facility = FakeManualFacility()
    assert facility._get_setting_credentials("X", ["key"]) == {"key": "k"}
    for name, keys in (("Y", ["key"]), ("X", ["other"])):
        with pytest.raises(ImproperlyConfigured):
            facility._get_setting_credentials(name, keys)
    assert [facility._is_credential_empty(value) for value in (None, "", "  ", "a")] == [True, True, True, False]
    with pytest.raises(ImproperlyConfigured):
        facility._raise_no_profile_error("u", "X")
    with pytest.raises(ImproperlyConfigured):
        facility._raise_no_defaults_error("u", "X")


def test_the_base_form(target, settings):
    form = BaseObservationForm({"facility": "X", "target_id": target.pk}, facility="instance")
    assert form.facility == "instance"
    assert form.is_valid()
    assert "groups" not in form.fields
    assert form.observation_payload() == {"target_id": target.pk, "params": {"facility": "X", "target_id": target.pk, "observation_type": ""}}
    assert form.get_validation_message() == "This observation is valid."
    settings.TARGET_PERMISSIONS_ONLY = False
    form = BaseManualObservationForm({"facility": "X", "target_id": target.pk, "name": "n", "start": "2026-01-01"})
    assert isinstance(form.fields["groups"].widget, forms.CheckboxSelectMultiple)
    assert form.is_valid()
    assert "groups" not in form.serialize_parameters()
    assert set(form.fields) >= {"name", "start", "end", "observation_id", "observation_params"}


def test_a_redirect_facility_has_no_forms(target):
    class Redirect(BaseRedirectObservationFacility):
        def get_terminal_observing_states(self):
            return []

        def get_observing_sites(self):
            return {}

        def get_observation_url(self, observation_id):
            return ""

    facility = Redirect()
    assert facility.is_redirect
    for name in ("get_form", "get_template_form", "submit_observation", "validate_observation"):
        with pytest.raises(TypeError):
            getattr(facility, name)("x")
    with pytest.raises(NotImplementedError):
        facility.redirect_url(1, "")


class Sink:
    def __init__(self):
        self.stored = []

    def store(self, record, **product):
        self.stored.append((record.pk, product))
        return product["product_id"]


def test_files_of_a_facility_are_fetched_and_stored(record, monkeypatch):
    sink = Sink()
    monkeypatch.setattr("tom_observations.services.data.data_sink", sink)
    with responses.RequestsMock() as mock:
        mock.get("https://example.com/afile.fits", body=b"SIMPLE")
        assert FakeRoboticFacility().save_data_products(record) == ["testdpid"]
    ((pk, product),) = sink.stored
    assert pk == record.pk
    assert (product["product_id"], product["filename"], product["content"]) == ("testdpid", "afile.fits", b"SIMPLE")
    assert "Authorization" not in mock.calls[0].request.headers if mock.calls else True


def test_what_is_kept_is_told_from_what_is_not(record):
    found = FakeRoboticFacility().all_data_products(record)
    assert found["saved"] == []
    assert [product["id"] for product in found["unsaved"]] == ["testdpid"]
    assert FakeManualFacility().all_data_products(record) == {"saved": [], "unsaved": []}


def test_filter_field_reads_boxes_and_lists():
    class Form(forms.Form):
        gp = FilterField(required=False)

    for data in ({"gp_0": "30", "gp_1": "2", "gp_2": "1"}, {"gp": [30, 2, 1]}):
        form = Form(data)
        assert form.is_valid(), form.errors
        assert form.cleaned_data["gp"] == [30.0, 2, 1]
    assert Form({}).is_valid()
    assert not Form({"gp_0": "-1", "gp_1": "2", "gp_2": "1"}).is_valid()


def test_nothing_heavy_is_imported_at_start():
    code = (
        "import django, sys, json; django.setup(); import tom_observations.urls, tom_observations.panels, tom_observations.facilities.lco,"
        "tom_observations.facilities.gemini, tom_observations.templatetags.observation_extras; print(json.dumps(sorted(sys.modules)))"
    )
    import os

    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": "src:."}
    found = json.loads(subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout)
    heavy = {"astropy.coordinates", "astropy.units", "astropy.time", "astroplan", "plotly", "numpy", "specutils", "matplotlib", "scipy", "pandas", "astroquery"}
    assert not heavy & set(found)
