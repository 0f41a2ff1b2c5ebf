"""The interface that a broker implements. `TOM_ALERT_CLASSES` lists the brokers of a TOM."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import ButtonHolder, Layout, Submit
from django import forms
from django.shortcuts import reverse

from tom_alerts.models import BrokerQuery
from tom_clients.parameters import jsonable
from tom_common.conf import tom_settings
from tom_common.plugins import classes_named
from tom_common.services.rows import save_row
from tom_observations.models import ObservationRecord
from tom_targets.models import Target

DEFAULT_ALERT_CLASSES = [
    "tom_alerts.brokers.lasair.LasairBroker",
    "tom_alerts.brokers.scout.ScoutBroker",
    "tom_alerts.brokers.alerce.ALeRCEBroker",
    "tom_alerts.brokers.gaia.GaiaBroker",
    "tom_alerts.brokers.fink.FinkBroker",
    "tom_alerts.brokers.hermes.HermesBroker",
]


def get_service_classes() -> dict[str, type[GenericBroker]]:
    """The broker classes of this TOM by name.

    :raises ImportError: a path in `TOM_ALERT_CLASSES` cannot be imported
    """
    paths = tom_settings.TOM_ALERT_CLASSES
    brokers = classes_named(DEFAULT_ALERT_CLASSES if paths is None else paths, setting="TOM_ALERT_CLASSES")
    return {broker.name: broker for broker in brokers}


def get_service_class(name: str) -> type[GenericBroker]:
    """The broker class of this name.

    :raises ImportError: there is none
    """
    try:
        return get_service_classes()[name]
    except KeyError as error:
        raise ImportError(f"Could not find a broker with the name {name}. Did you add it to TOM_ALERT_CLASSES?") from error


@dataclass
class GenericAlert:
    """An alert as the result page shows it: RA and Dec in degrees."""

    timestamp: datetime
    id: int
    name: str
    ra: float
    dec: float
    mag: float
    score: float
    url: str

    def to_target(self) -> tuple[Target, dict[str, Any], list[str]]:
        """An unsaved target, the extras and the aliases to be saved with it."""
        return Target(name=self.name, type="SIDEREAL", ra=self.ra, dec=self.dec), {}, []


class GenericQueryForm(forms.Form):
    """The form of a broker's query. Subclasses add fields and lay them out after `common_layout`."""

    query_name = forms.CharField(required=True)
    broker = forms.CharField(required=True, max_length=50, widget=forms.HiddenInput())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.add_input(Submit("submit", "Submit"))
        self.common_layout = Layout("query_name", "broker")

    def save(self, query_id=None) -> BrokerQuery:
        """Keep the query, as a new one or in the place of the one with this id."""
        query = BrokerQuery.objects.get(id=query_id) if query_id else BrokerQuery()
        query.name = self.cleaned_data["query_name"]
        query.broker = self.cleaned_data["broker"]
        query.parameters = jsonable(self.cleaned_data)
        return save_row(actor=getattr(self, "actor", None), row=query)


class GenericUpstreamSubmissionForm(forms.Form):
    """Submits a target or an observation to a broker: one of the two is needed."""

    target = forms.ModelChoiceField(required=False, queryset=Target.objects.all(), widget=forms.HiddenInput())
    observation_record = forms.ModelChoiceField(required=False, queryset=ObservationRecord.objects.all(), widget=forms.HiddenInput())
    redirect_url = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput())

    def __init__(self, *args, **kwargs):
        broker_name = kwargs.pop("broker")
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_action = reverse("tom_alerts:submit-alert", kwargs={"broker": broker_name})
        self.helper.layout = Layout(
            "target", "observation_record", "redirect_url", ButtonHolder(Submit("submit", f"Submit to {broker_name}"))
        )

    def clean(self):
        cleaned = super().clean()
        if not (cleaned.get("target") or cleaned.get("observation_record")):
            raise forms.ValidationError("Must provide either Target or ObservationRecord to be submitted upstream.")
        return cleaned


class GenericBroker(ABC):
    """A service that answers a query with alerts."""

    name = "Generic"
    form: type[forms.Form] = GenericQueryForm
    alert_submission_form: type[forms.Form] = GenericUpstreamSubmissionForm
    score_description = ""

    @abstractmethod
    def fetch_alerts(self, parameters: dict) -> Iterator | tuple[Iterator, str]:
        """The alerts that the query finds, or (alerts, a message to the user)."""

    def fetch_alert(self, alert_id):
        """All that the broker has about one alert."""
        return None

    def process_reduced_data(self, target, alert=None):
        """Add the reduced data that the broker has for a target."""
        return None

    def to_target(self, alert):
        """A saved target from the broker's own alert data."""
        return None

    def submit_upstream_alert(self, target=None, observation_record=None, **kwargs) -> bool:
        """Send a target or an observation to the broker; was it taken?"""
        return False

    @abstractmethod
    def to_generic_alert(self, alert) -> GenericAlert:
        """The alert as the pages show it."""

    def fetch_and_save_all(self, parameters) -> list:
        """Make a target of every alert that the query finds."""
        alerts, _ = split_answer(self.fetch_alerts(parameters))
        targets = []
        for alert in alerts:
            generic = self.to_generic_alert(alert)
            full = self.fetch_alert(generic.id)
            targets.append(self.to_target(full if full is not None else alert))
        return targets

    def get_broker_context_data(self, *args, **kwargs) -> dict[str, Any]:
        """What the broker's result page needs besides the alerts."""
        return {}


def split_answer(answer) -> tuple[Iterator, str]:
    """(alerts, feedback) of what `fetch_alerts` returned, which may be the alerts alone."""
    if isinstance(answer, tuple) and len(answer) == 2:
        return iter(answer[0]), str(answer[1] or "")
    return iter(answer or ()), ""
