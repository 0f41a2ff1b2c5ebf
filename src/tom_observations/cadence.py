"""The interface of a cadence strategy: what is requested next, once what was requested before has ended."""

from __future__ import annotations

from abc import ABC, abstractmethod

from crispy_forms.layout import Layout
from django import forms
from django.conf import settings

from tom_common.plugins import classes_named

DEFAULT_CADENCE_STRATEGIES = [
    "tom_observations.cadences.retry_failed_observations.RetryFailedObservationsStrategy",
    "tom_observations.cadences.resume_cadence_after_failure.ResumeCadenceAfterFailureStrategy",
]


def get_cadence_strategies() -> dict[str, type]:
    """The strategies of this TOM by class name. ``ImportError`` for a path that cannot be imported."""
    paths = getattr(settings, "TOM_CADENCE_STRATEGIES", None)
    strategies = classes_named(DEFAULT_CADENCE_STRATEGIES if paths is None else paths, setting="TOM_CADENCE_STRATEGIES")
    return {strategy.__name__: strategy for strategy in strategies}


def get_cadence_strategy(name: str) -> type:
    """The strategy of that class name. ``ImportError`` when there is none."""
    try:
        return get_cadence_strategies()[name]
    except KeyError:
        raise ImportError(f"There is no cadence strategy named {name!r} in this TOM: add its class to TOM_CADENCE_STRATEGIES.") from None


class CadenceForm(forms.Form):
    """Mixed in before a facility's form on the page on which an observation is requested."""

    cadence_strategy = forms.CharField(required=False, max_length=50, widget=forms.HiddenInput())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        helper = getattr(self, "helper", None)
        if helper is None or helper.layout is None:
            return
        shown = {pointer.name for pointer in helper.layout.get_field_names()}
        if "cadence_strategy" not in shown:
            helper.layout.insert(0, Layout(self.cadence_layout()))

    def cadence_layout(self):
        return Layout("cadence_strategy")


class BaseCadenceForm(CadenceForm):
    """`cadence_fields` names the fields that are kept as the parameters of the cadence."""

    cadence_frequency = forms.IntegerField(
        required=True, min_value=1, label="Cadence frequency (hours)", help_text="Time between observations, in hours"
    )
    cadence_fields = {"cadence_frequency"}

    def cadence_layout(self):
        return Layout("cadence_strategy", "cadence_frequency")


class CadenceStrategy(ABC):
    """Made for one DynamicCadence, and run from time to time by the command ``runcadencestrategies``."""

    name = "CadenceStrategy"
    description = ""
    form = CadenceForm

    def __init__(self, dynamic_cadence, *args, **kwargs):
        self.cadence_strategy = type(self).__name__
        self.dynamic_cadence = dynamic_cadence

    @abstractmethod
    def run(self):
        """Do what the cadence asks for now; the new ObservationRecords, or nothing."""
