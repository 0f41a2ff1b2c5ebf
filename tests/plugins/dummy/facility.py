from django import forms

from tom_observations.facility import BaseManualObservationFacility, BaseManualObservationForm


class DummyForm(BaseManualObservationForm):
    magnitude = forms.FloatField(required=False)

    def layout(self):
        return None


class DummyFacility(BaseManualObservationFacility):
    name = "Dummy facility"
    observation_forms = {"DUMMY": DummyForm}

    def get_form(self, observation_type):
        return DummyForm

    def get_template_form(self, observation_type):
        return DummyForm

    def submit_observation(self, observation_payload):
        return [f"dummy-{observation_payload['target_id']}"]

    def validate_observation(self, observation_payload):
        return {}

    def get_observation_url(self, observation_id):
        return f"https://dummy.example/{observation_id}"

    def get_terminal_observing_states(self):
        return ["DONE"]

    def get_failed_observing_states(self):
        return []

    def get_observing_sites(self):
        return {"Dummy mountain": {"sitecode": "dum", "latitude": 10.0, "longitude": 20.0, "elevation": 1000.0}}

    def cancel_observation(self, observation_id):
        return True
