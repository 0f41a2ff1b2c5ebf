"""The Liverpool Telescope: its facility is a package of its own, which this one points to."""

from __future__ import annotations

from crispy_forms.layout import Layout

from ..facility import BaseRoboticObservationFacility, BaseRoboticObservationForm
from ..forms.layouts import Note

PACKAGE = "tom-lt"
TEXT = f"The Liverpool Telescope is brought by the package {PACKAGE}: install it and add its facility to TOM_FACILITY_CLASSES."


class LTQueryForm(BaseRoboticObservationForm):
    def layout(self):
        return Layout(Note(TEXT))

    def button_layout(self):
        return Layout()

    def clean(self):
        self.add_error(None, TEXT)
        return super().clean()


class LTFacility(BaseRoboticObservationFacility):
    name = "LT"
    link = "https://github.com/TOMToolkit/tom_lt"
    observation_forms = {"ALL": LTQueryForm}

    def get_form(self, observation_type):
        return LTQueryForm

    def submit_observation(self, observation_payload):
        raise NotImplementedError(TEXT)

    def validate_observation(self, observation_payload):
        return {"errors": [TEXT]}

    def get_observation_url(self, observation_id):
        return ""

    def get_terminal_observing_states(self):
        return []

    def get_observing_sites(self):
        return {}

    def get_observation_status(self, observation_id):
        raise NotImplementedError(TEXT)

    def data_products(self, observation_id, product_id=None):
        return []
