"""Facilities for tests of projects and plugins: they answer at once and reach nothing."""

from django import forms

from tom_observations.facility import (
    BaseManualObservationFacility,
    BaseRoboticObservationFacility,
    BaseRoboticObservationForm,
)
from tom_observations.observation_template import GenericTemplateForm

SITES = {
    "Siding Spring": {"sitecode": "coj", "latitude": -31.272, "longitude": 149.07, "elevation": 1116},
    "Sutherland": {"sitecode": "cpt", "latitude": -32.38, "longitude": 20.81, "elevation": 1804},
}


class FakeFacilityForm(BaseRoboticObservationForm):
    test_input = forms.CharField(help_text="fake form input")

    def layout(self):
        from crispy_forms.layout import Layout

        return Layout("test_input")


class FakeFacilityTemplateForm(FakeFacilityForm, GenericTemplateForm):
    pass


class _Answers:
    observation_forms = {"OBSERVATION": FakeFacilityForm}

    def get_form(self, observation_type):
        return FakeFacilityForm

    def get_template_form(self, observation_type):
        return FakeFacilityTemplateForm

    def get_observing_sites(self):
        return SITES

    def get_observation_url(self, observation_id):
        return ""

    def get_flux_constant(self):
        from astropy import units

        return units.Unit("1e-15 erg / (s cm2 Angstrom)")

    def get_wavelength_units(self):
        from astropy import units

        return units.Angstrom

    def get_terminal_observing_states(self):
        return ["COMPLETED", "FAILED"]

    def get_failed_observing_states(self):
        return ["FAILED"]

    def submit_observation(self, payload):
        return ["fakeid"]

    def validate_observation(self, observation_payload):
        return {}

    def cancel_observation(self, observation_id):
        return True


class FakeRoboticFacility(_Answers, BaseRoboticObservationFacility):
    name = "FakeRoboticFacility"

    def get_facility_status(self):
        return {}

    def get_observation_status(self, observation_id):
        return {"state": "COMPLETED", "scheduled_start": None, "scheduled_end": None}

    def data_products(self, observation_id, product_id=None):
        return [{"id": "testdpid", "filename": "afile.fits", "created": None, "url": "https://example.com/afile.fits"}]


class FakeManualFacility(_Answers, BaseManualObservationFacility):
    name = "FakeManualFacility"


# the name under which older projects' tests import it
FakeFacility = FakeRoboticFacility
