"""Forms of observation templates: the one that a facility's template form mixes in, and the one that applies a template to a target."""

from __future__ import annotations

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms

from tom_targets.models import BaseTarget

from .cadence import get_cadence_strategies
from .models import ObservationTemplate


class GenericTemplateForm(forms.Form):
    """Saves its cleaned values as the parameters of an ObservationTemplate."""

    facility = forms.CharField(required=True, max_length=50, widget=forms.HiddenInput())
    template_name = forms.CharField(max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # a template stands for no target, and is of the type of its form
        for name in ("target_id", "observation_type"):
            if name in self.fields:
                self.fields[name].required = False
        self.helper = FormHelper()
        self.helper.add_input(Submit("submit", "Submit"))
        self.common_layout = Layout("facility", "template_name")

    def save(self, template_id=None):
        from .services.templates import save_template

        return save_template(
            name=self.cleaned_data["template_name"],
            facility=self.cleaned_data["facility"],
            parameters=dict(self.cleaned_data),
            template_id=template_id,
            actor=getattr(self, "actor", None),
        )


def cadence_strategy_choices():
    return [("", "No cadence"), *((name, getattr(strategy, "name", name) or name) for name, strategy in get_cadence_strategies().items())]


class ApplyObservationTemplateForm(forms.Form):
    """Choose a template, and a cadence, for a target: leads to the prefilled form of the facility."""

    target = forms.ModelChoiceField(queryset=BaseTarget.objects.all(), widget=forms.HiddenInput())
    observation_template = forms.ModelChoiceField(queryset=ObservationTemplate.objects.all(), label="Observation template")
    cadence_strategy = forms.ChoiceField(choices=cadence_strategy_choices, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_method = "GET"
        self.helper.add_input(Submit("run", "Apply"))
        self.helper.layout = Layout("target", "observation_template", "cadence_strategy")
