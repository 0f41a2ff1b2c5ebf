"""A facility where a person observes, ready for use and as an example of how to write one."""

from __future__ import annotations

from datetime import datetime

from crispy_forms.layout import Div, Layout
from django.conf import settings

from tom_targets.models import BaseTarget

from ..facility import BaseManualObservationFacility, BaseManualObservationForm

EXAMPLE_MANUAL_SETTINGS = getattr(settings, "FACILITIES", {}).get("EXAMPLE_MANUAL", {})

# an example stands nowhere: give your own as {name: {"sitecode", "latitude", "longitude", "elevation"}}, degrees east positive and metres
EXAMPLE_SITES: dict = {}
EXAMPLE_TERMINAL_OBSERVING_STATES = ["Completed"]


class ExampleManualFacilityForm(BaseManualObservationForm):
    def layout(self):
        return Layout(
            "name",
            Div(Div("start", css_class="col-md-6"), Div("end", css_class="col-md-6"), css_class="row"),
            "observation_id",
            "observation_params",
        )

    def clean(self):
        cleaned = super().clean()
        moments = {}
        for name in ("start", "end"):
            text = cleaned.get(name)
            if not text:
                continue
            try:
                moments[name] = datetime.fromisoformat(text)
            except ValueError:
                self.add_error(name, "Enter a date as YYYY-MM-DD.")
        if len(moments) == 2 and moments["end"].replace(tzinfo=None) < moments["start"].replace(tzinfo=None):
            self.add_error("end", "The end is before the start.")
        return cleaned


class ExampleManualFacility(BaseManualObservationFacility):
    """Keeps what was asked for; a person observes, and then says on the observation's page that it is completed."""

    name = "Example"
    observation_forms = {"OBSERVATION": ExampleManualFacilityForm}

    def get_form(self, observation_type):
        return ExampleManualFacilityForm

    def submit_observation(self, observation_payload):
        params = observation_payload["params"]
        if params.get("observation_id"):
            return [params["observation_id"]]
        target = BaseTarget.objects.get(pk=observation_payload["target_id"])
        return [f"{params['name']}:{target.name}-{self.name}-{params['start']}"[:255]]

    def validate_observation(self, observation_payload):
        return {}

    def get_observation_url(self, observation_id):
        return ""

    def get_terminal_observing_states(self):
        return EXAMPLE_TERMINAL_OBSERVING_STATES

    def get_observing_sites(self):
        return EXAMPLE_SITES

    def cancel_observation(self, observation_id):
        raise NotImplementedError(f"{self.name} cannot cancel observations: mark the observation by hand.")
