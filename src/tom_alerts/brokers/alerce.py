"""ALeRCE (http://alerce.science): objects of the ZTF alert stream with their classifications."""

from __future__ import annotations

import itertools
import logging
from typing import Any

from crispy_forms.layout import Column, Div, Fieldset, Layout, Row
from django import forms
from django.core.cache import cache

from tom_alerts.alerts import GenericAlert, GenericBroker, GenericQueryForm
from tom_alerts.brokers.common import mjd_time, ztf_row
from tom_clients.alerce import AlerceClient
from tom_common.errors import TomError
from tom_dataproducts.services import add_reduced_data
from tom_targets.models import Target

logger = logging.getLogger(__name__)

ALERCE_URL = "https://alerce.online"
ALERCE_SEARCH_URL = "https://api.alerce.online/ztf/v1"
CLASSIFIERS = (
    "lc_classifier",
    "lc_classifier_top",
    "lc_classifier_bhrf",
    "lc_classifier_bhrf_top",
    "lc_classifier_atat",
    "stamp_classifier",
    "stamp_classifier_beta",
)
SORT_CHOICES = [
    ("oid", "Object ID"),
    ("probability", "Classifier probability"),
    ("ndet", "Number of detections"),
    ("firstmjd", "First detection"),
    ("lastmjd", "Last detection"),
    ("deltamjd", "Time between first and last detection"),
]
PAGES_CHOICES = [(number, f"{number} page{'s' if number > 1 else ''}") for number in (1, 5, 10, 20)]
CLASSIFIERS_CACHE_KEY = "tom_alerts:alerce:classifiers"


class AnyClassField(forms.ChoiceField):
    """Offers the classes that ALeRCE lists now, and takes any other: the list changes, and saved queries remain."""

    def valid_value(self, value):
        return True


def _choices_of(classifier: str):
    def choices():
        for item in ALeRCEQueryForm._get_classifiers():
            if item.get("classifier_name") == classifier:
                return [("", ""), *((name, name) for name in item.get("classes", []))]
        return [("", "")]

    return choices


class ALeRCEQueryForm(GenericQueryForm):
    oid = forms.CharField(required=False, label="Object ID")
    ndet = forms.IntegerField(required=False, min_value=1, label="Minimum number of detections")
    ranking = forms.IntegerField(required=False, min_value=1, label="Class ranking")
    ra = forms.FloatField(required=False, min_value=0, max_value=360, label="RA", help_text="degrees")
    dec = forms.FloatField(required=False, min_value=-90, max_value=90, label="Dec", help_text="degrees")
    radius = forms.FloatField(required=False, min_value=0, label="Radius", help_text="arcsec")
    firstmjd__gt = forms.FloatField(required=False, min_value=0, label="First detection after (MJD)")
    firstmjd__lt = forms.FloatField(required=False, min_value=0, label="First detection before (MJD)")
    lastmjd__gt = forms.FloatField(required=False, min_value=0, label="Last detection after (MJD)")
    lastmjd__lt = forms.FloatField(required=False, min_value=0, label="Last detection before (MJD)")
    order_by = forms.ChoiceField(required=False, choices=[("", ""), *SORT_CHOICES], label="Sort by")
    order_mode = forms.ChoiceField(required=False, choices=[("", ""), ("ASC", "Ascending"), ("DESC", "Descending")], label="Order")
    max_pages = forms.TypedChoiceField(required=False, coerce=int, empty_value=1, choices=PAGES_CHOICES, label="Pages of 20 objects")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rows = []
        for classifier in CLASSIFIERS:
            self.fields[classifier] = AnyClassField(required=False, choices=_choices_of(classifier), label=classifier)
            self.fields[f"p_{classifier}"] = forms.FloatField(required=False, min_value=0, max_value=1, label="Minimum probability")
            rows.append(Row(Column(classifier), Column(f"p_{classifier}")))
        self.helper.layout = Layout(
            self.common_layout,
            Row(Column("oid"), Column("ndet"), Column("ranking")),
            Fieldset("Classifiers", *rows),
            Fieldset("Place", Row(Column("ra"), Column("dec"), Column("radius"))),
            Fieldset("Time", Row(Column("firstmjd__gt"), Column("firstmjd__lt")), Row(Column("lastmjd__gt"), Column("lastmjd__lt"))),
            Div(Row(Column("order_by"), Column("order_mode"), Column("max_pages"))),
        )

    @staticmethod
    def _get_classifiers() -> list[dict[str, Any]]:
        """The classifiers and their classes, asked for once a day; none when ALeRCE does not answer."""
        found = cache.get(CLASSIFIERS_CACHE_KEY)
        if found is None:
            try:
                found = AlerceClient().classifiers()
                cache.set(CLASSIFIERS_CACHE_KEY, found, 86400)
            except TomError as error:
                logger.warning("ALeRCE's classifiers could not be had: %s", error)
                found = []
                cache.set(CLASSIFIERS_CACHE_KEY, found, 60)
        return found

    def clean(self):
        cleaned = super().clean()
        cone = [cleaned.get(name) is not None for name in ("ra", "dec", "radius")]
        if any(cone) and not all(cone):
            raise forms.ValidationError("All of RA, Dec and Radius must be given to search by place, or none.")
        if sum(bool(cleaned.get(name)) for name in CLASSIFIERS) > 1:
            raise forms.ValidationError("Choose a class of one classifier: ALeRCE searches by one at a time.")
        for first, last in (("firstmjd__gt", "firstmjd__lt"), ("lastmjd__gt", "lastmjd__lt")):
            if None not in (cleaned.get(first), cleaned.get(last)) and cleaned[first] > cleaned[last]:
                raise forms.ValidationError(f"{self.fields[first].label} must be earlier than {self.fields[last].label.lower()}.")
        return cleaned


class ALeRCEBroker(GenericBroker):
    """The interface to the ALeRCE broker; for objects and classes see http://alerce.science."""

    name = "ALeRCE"
    form = ALeRCEQueryForm
    help_url = "https://api.alerce.online/ztf/v1/"
    score_description = "Probability of the class that was asked for."

    def _clean_classifier_parameters(self, parameters: dict) -> dict[str, Any]:
        for classifier in CLASSIFIERS:
            if parameters.get(classifier):
                found = {"classifier": classifier, "class": parameters[classifier]}
                if parameters.get(f"p_{classifier}") is not None:
                    found["probability"] = parameters[f"p_{classifier}"]
                return found
        return {}

    def _clean_coordinate_parameters(self, parameters: dict) -> dict[str, Any]:
        cone = {name: parameters.get(name) for name in ("ra", "dec", "radius")}
        return cone if all(value is not None for value in cone.values()) else {}

    def _clean_date_parameters(self, parameters: dict) -> dict[str, list[float]]:
        """A range is the key twice; a range that is open on one side is closed with the ends of time."""
        found = {}
        for name in ("firstmjd", "lastmjd"):
            low, high = parameters.get(f"{name}__gt"), parameters.get(f"{name}__lt")
            if low is not None or high is not None:
                found[name] = [low if low is not None else 0, high if high is not None else 100000]
        return found

    def _clean_parameters(self, parameters: dict) -> dict[str, Any]:
        payload = {
            name: parameters[name]
            for name in ("oid", "ndet", "ranking", "order_by", "order_mode")
            if parameters.get(name) not in (None, "")
        }
        payload |= self._clean_classifier_parameters(parameters)
        payload |= self._clean_coordinate_parameters(parameters)
        payload |= self._clean_date_parameters(parameters)
        return payload | {"page_size": 20}

    def _request_alerts(self, parameters: dict):
        payload = self._clean_parameters(parameters)
        size = payload.pop("page_size")
        pairs = [(name, item) for name, value in payload.items() for item in (value if isinstance(value, list) else [value])]
        return AlerceClient().all_objects(pairs, max_pages=int(parameters.get("max_pages") or 1), page_size=size)

    def fetch_alerts(self, parameters: dict):
        alerts = self._request_alerts(parameters)
        first = list(itertools.islice(alerts, 1))
        return itertools.chain(first, alerts), ""

    def fetch_alert(self, alert_id):
        return AlerceClient().object(str(alert_id))

    def fetch_lightcurve(self, oid):
        return AlerceClient().light_curve(str(oid))

    def to_target(self, alert) -> Target:
        return Target.objects.create(name=alert["oid"], type="SIDEREAL", ra=alert["meanra"], dec=alert["meandec"])

    def process_reduced_data(self, target, alert=None):
        oid = alert["oid"] if alert else target.name
        curve = self.fetch_lightcurve(oid)
        rows = []
        for detection in curve.get("detections") or []:
            rows.append(self._row(detection, oid, str(detection["candid"])))
        for limit in curve.get("non_detections") or []:
            rows.append(self._row(limit, oid, f"limit:{limit['fid']}:{limit['mjd']:.7f}"))
        return add_reduced_data(target=target, rows=[row for row in rows if row is not None])

    def _row(self, record: dict, oid: str, source_id: str):
        return ztf_row(record, mjd=record["mjd"], source_name=self.name, source_location=f"{ALERCE_URL}/object/{oid}", source_id=source_id)

    def to_generic_alert(self, alert) -> GenericAlert:
        return GenericAlert(
            timestamp=mjd_time(alert.get("lastmjd")),
            id=alert["oid"],
            name=alert["oid"],
            ra=alert["meanra"],
            dec=alert["meandec"],
            mag=None,
            score=alert.get("probability"),
            url=f"{ALERCE_URL}/object/{alert['oid']}",
        )
