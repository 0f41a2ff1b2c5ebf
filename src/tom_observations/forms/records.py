"""Forms about records that are there, or that a facility has already."""

from __future__ import annotations

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.urls import reverse


def facility_choices() -> list[tuple[str, str]]:
    from ..facility import get_service_classes

    return [(name, name) for name in get_service_classes()]


class AddExistingObservationForm(forms.Form):
    """Tell the TOM of an observation that was requested elsewhere."""

    target_id = forms.IntegerField(widget=forms.HiddenInput())
    facility = forms.ChoiceField(choices=facility_choices)
    observation_id = forms.CharField(max_length=255, label="Observation ID")
    confirm = forms.BooleanField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_method = "POST"
        self.helper.form_action = reverse("tom_observations:add-existing")
        self.helper.layout = Layout("target_id", "facility", "observation_id", "confirm")
        self.helper.add_input(Submit("submit", "Add"))


class UpdateObservationId(forms.Form):
    """Correct the id by which a manual facility knows an observation."""

    obsr_id = forms.IntegerField(required=False, widget=forms.HiddenInput())
    observation_id = forms.CharField(max_length=255, label="Observation ID")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_method = "POST"
        obsr_id = self.initial.get("obsr_id") or self.data.get("obsr_id")
        if obsr_id and str(obsr_id).isdigit():
            self.helper.form_action = reverse("tom_observations:update", kwargs={"pk": obsr_id})
        self.helper.layout = Layout("obsr_id", "observation_id")
        self.helper.add_input(Submit("submit", "Update"))


class SetStatusForm(forms.Form):
    """Say what became of an observation at a facility that no program can ask."""

    status = forms.ChoiceField()

    def __init__(self, *args, states=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = [(state, state.replace("_", " ").capitalize()) for state in states]
