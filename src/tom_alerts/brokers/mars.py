"""MARS, Las Cumbres Observatory's broker of ZTF alerts. The public service is retired; another may be named in BROKERS['MARS']['base_url']."""

from __future__ import annotations

from typing import Any

from crispy_forms.layout import HTML, Fieldset, Layout
from dateutil.parser import parse
from django import forms
from django.utils import timezone

from tom_alerts.alerts import GenericAlert, GenericBroker, GenericQueryForm
from tom_alerts.brokers.common import ConeField, broker_setting, ztf_row
from tom_common.http import ServiceClient
from tom_dataproducts.services import add_reduced_data
from tom_targets.models import Target

MARS_URL = "https://mars.lco.global"
MOST_PAGES = 10
FILTER_CHOICES = [("", ""), ("g", "g"), ("r", "r"), ("i", "i")]
RANGES = {
    "ra": "RA (degrees)",
    "dec": "Dec (degrees)",
    "l": "Galactic longitude (degrees)",
    "b": "Galactic latitude (degrees)",
}
BOTH = {
    "magpsf": "Magnitude (PSF)",
    "magap": "Magnitude (aperture)",
    "distnr": "Distance to the reference source (arcsec)",
    "deltamaglatest": "Change since the latest detection (mag)",
    "deltamagref": "Change against the reference (mag)",
    "classtar": "Star or galaxy score",
}


class MARSQueryForm(GenericQueryForm):
    time__gt = forms.CharField(required=False, label="After", help_text="date, UTC")
    time__lt = forms.CharField(required=False, label="Before", help_text="date, UTC")
    time__since = forms.IntegerField(required=False, label="In the last seconds")
    jd__gt = forms.FloatField(required=False, label="After JD")
    jd__lt = forms.FloatField(required=False, label="Before JD")
    filter = forms.CharField(required=False, widget=forms.Select(choices=FILTER_CHOICES))
    cone = ConeField()
    objectcone = forms.CharField(required=False, label="Cone around an object", help_text="name,radius in degrees")
    objectidps = forms.CharField(required=False, label="Nearest Pan-STARRS object's id")
    objectId = forms.CharField(required=False, label="ZTF object id")
    sigmapsf__lte = forms.FloatField(required=False, label="Largest magnitude error")
    rb__gte = forms.FloatField(required=False, label="Least real/bogus score")
    drb__gte = forms.FloatField(required=False, label="Least deep-learning real/bogus score")
    fwhm__lte = forms.FloatField(required=False, label="Largest FWHM (pixels)")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in RANGES.items():
            self.fields[f"{name}__gt"] = forms.FloatField(required=False, label=f"{label} above")
            self.fields[f"{name}__lt"] = forms.FloatField(required=False, label=f"{label} below")
        for name, label in BOTH.items():
            self.fields[f"{name}__gte"] = forms.FloatField(required=False, label=f"{label} at least")
            self.fields[f"{name}__lte"] = forms.FloatField(required=False, label=f"{label} at most")
        own = [name for name in self.fields if name not in ("query_name", "broker")]
        self.helper.layout = Layout(
            HTML(f'<p>See the <a href="{MARS_URL}/help/" rel="noopener">MARS help</a> for its filters.</p>'),
            self.common_layout,
            Fieldset("", *own),
        )

    def clean_objectcone(self):
        text = self.cleaned_data["objectcone"].strip()
        if text:
            name, _, radius = text.rpartition(",")
            try:
                float(radius)
            except ValueError as error:
                raise forms.ValidationError("Give a name and a radius: M31,0.1") from error
            if not name.strip():
                raise forms.ValidationError("Give a name and a radius: M31,0.1")
        return text


class MARSBroker(GenericBroker):
    """The interface to MARS; its filters are described on its help page."""

    name = "MARS"
    form = MARSQueryForm
    help_url = f"{MARS_URL}/help/"
    score_description = "Real/bogus score (rb): 0 is bogus, 1 is real."

    @property
    def base_url(self) -> str:
        return broker_setting("MARS", "base_url", MARS_URL)

    def _clean_parameters(self, parameters: dict) -> dict[str, Any]:
        left_out = ("query_name", "broker", "format", "page")
        return {name: value for name, value in parameters.items() if value not in (None, "") and name not in left_out}

    def _request_alerts(self, parameters: dict) -> dict[str, Any]:
        """One page of alerts."""
        query = {**self._clean_parameters(parameters), "page": parameters.get("page", 1), "format": "json"}
        return ServiceClient("mars", base_url=self.base_url).get_json("/", params=query)

    def fetch_alerts(self, parameters: dict):
        return self._pages(parameters), ""

    def _pages(self, parameters: dict):
        for page in range(1, MOST_PAGES + 1):
            answer = self._request_alerts({**parameters, "page": page})
            yield from answer.get("results") or []
            if not answer.get("has_next"):
                return

    def fetch_alert(self, alert_id):
        return ServiceClient("mars", base_url=self.base_url).get_json(f"/{int(alert_id)}/", params={"format": "json"})

    def to_target(self, alert) -> Target:
        candidate = alert["candidate"]
        return Target.objects.create(
            name=alert["objectId"],
            type="SIDEREAL",
            ra=candidate["ra"],
            dec=candidate["dec"],
            galactic_lng=candidate.get("l"),
            galactic_lat=candidate.get("b"),
        )

    def to_generic_alert(self, alert) -> GenericAlert:
        candidate = alert["candidate"]
        return GenericAlert(
            timestamp=_time(candidate),
            id=alert["lco_id"],
            name=alert["objectId"],
            ra=candidate["ra"],
            dec=candidate["dec"],
            mag=candidate.get("magpsf"),
            score=candidate.get("rb"),
            url=f"{self.base_url}/{alert['lco_id']}/",
        )

    def process_reduced_data(self, target, alert=None):
        if alert is None:
            found = next(iter(self._request_alerts({"objectId": target.name}).get("results") or []), None)
            if found is None:
                return None
            alert = self.fetch_alert(found["lco_id"])
        elif "prv_candidate" not in alert:
            alert = self.fetch_alert(alert["lco_id"])
        rows = []
        for item in [alert, *(alert.get("prv_candidate") or [])]:
            candidate = item["candidate"]
            candid = item.get("candid") or candidate.get("candid")
            rows.append(
                ztf_row(
                    candidate,
                    mjd=candidate["jd"] - 2400000.5,
                    source_name=self.name,
                    source_location=str(alert["lco_id"]),
                    source_id=str(candid) if candid else f"limit:{candidate.get('fid')}:{candidate['jd']:.7f}",
                    band=candidate.get("filter"),
                )
            )
        return add_reduced_data(target=target, rows=[row for row in rows if row is not None])


def _time(candidate: dict[str, Any]):
    if not candidate.get("wall_time"):
        from tom_astro.times import jd_to_datetime

        return jd_to_datetime(candidate["jd"], scale="utc")
    moment = parse(candidate["wall_time"])
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=timezone.get_fixed_timezone(0))
