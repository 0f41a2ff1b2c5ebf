"""Gaia Photometric Science Alerts (http://gsaweb.ast.cam.ac.uk/alerts)."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from crispy_forms.layout import HTML, Fieldset, Layout
from dateutil.parser import parse
from django import forms
from django.utils import timezone

from tom_alerts.alerts import GenericAlert, GenericBroker, GenericQueryForm
from tom_alerts.brokers.common import ConeField, parse_cone
from tom_astro.sphere import separation_deg
from tom_clients.alert_packets.measurement import number
from tom_common.http import ServiceAnswerError, ServiceClient
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data
from tom_targets.models import Target

BASE_BROKER_URL = "http://gsaweb.ast.cam.ac.uk"
BROKER_URL = f"{BASE_BROKER_URL}/alerts/alertsindex"
ALERTS = re.compile(r"var\s+alerts\s*=\s*(\[.*?\])\s*;?\s*(?:\n|</script)", re.DOTALL)


class GaiaQueryForm(GenericQueryForm):
    target_name = forms.CharField(required=False, label="Name", help_text="a part of the alert's name")
    cone = ConeField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(
            HTML(f'<p>See the <a href="{BASE_BROKER_URL}/alerts/alertsindex" rel="noopener">Gaia alerts website</a>.</p>'),
            self.common_layout,
            Fieldset("", "target_name", "cone"),
        )

    def clean(self):
        super().clean()
        if bool(self.cleaned_data.get("target_name")) == bool(self.cleaned_data.get("cone")) and not self.errors:
            raise forms.ValidationError("Give either a name or a cone, one of the two.")
        return self.cleaned_data


class GaiaBroker(GenericBroker):
    name = "Gaia"
    form = GaiaQueryForm
    help_url = f"{BASE_BROKER_URL}/alerts/"

    def _client(self) -> ServiceClient:
        return ServiceClient("gaia", base_url=BASE_BROKER_URL)

    def _alerts(self) -> list[dict[str, Any]]:
        match = ALERTS.search(self._client().get("/alerts/alertsindex").text)
        if match is None:
            raise ServiceAnswerError("The Gaia alerts page does not hold its list of alerts any more.")
        return json.loads(match[1])

    def fetch_alerts(self, parameters: dict):
        alerts = self._alerts()
        if parameters.get("cone"):
            ra, dec, radius = parse_cone(parameters["cone"])
            found = [alert for alert in alerts if separation_deg(ra, dec, float(alert["ra"]), float(alert["dec"])) <= radius]
        elif parameters.get("target_name"):
            wanted = parameters["target_name"].strip().lower()
            found = [alert for alert in alerts if wanted in alert["name"].lower()]
        else:
            found = alerts
        return iter(found), ""

    def fetch_alert(self, alert_id):
        alerts, _ = self.fetch_alerts({"target_name": str(alert_id), "cone": None})
        found = list(alerts)
        exact = [alert for alert in found if alert["name"].lower() == str(alert_id).lower()]
        return (exact or found or [None])[0]

    def to_target(self, alert) -> Target:
        return Target.objects.create(name=alert["name"], type="SIDEREAL", ra=float(alert["ra"]), dec=float(alert["dec"]))

    def to_generic_alert(self, alert) -> GenericAlert:
        link = alert.get("per_alert", {}).get("link") or f"/alerts/alert/{quote(alert['name'])}/"
        return GenericAlert(
            timestamp=_utc(alert.get("obstime")),
            id=alert["name"],
            name=alert["name"],
            ra=float(alert["ra"]),
            dec=float(alert["dec"]),
            mag=number(alert.get("alertMag")),
            score=None,
            url=link if link.startswith("http") else f"{BASE_BROKER_URL}{link}",
        )

    def process_reduced_data(self, target, alert=None):
        name = alert["name"] if alert else next((name for name in target.names if name.lower().startswith("gaia")), None)
        if name is None:
            return None
        path = f"/alerts/alert/{quote(name)}/lightcurve.csv"
        rows = light_curve_rows(self._client().get(path).text, source_location=f"{BASE_BROKER_URL}{path}")
        return add_reduced_data(target=target, rows=rows)


def light_curve_rows(text: str, *, source_location: str) -> list[DatumRow]:
    """Rows of `date,JD(TCB),magnitude` lines; `untrusted` and `null` magnitudes are no measurements. G band, Vega; no errors are given."""
    from tom_astro.times import jd_to_datetime

    rows = []
    for line in text.splitlines():
        parts = [part.strip() for part in line.split(",")]
        if len(parts) < 3 or parts[0].startswith("#"):
            continue
        try:
            julian_date, magnitude = float(parts[1]), float(parts[2])
        except ValueError:
            continue
        rows.append(
            DatumRow(
                data_type="photometry",
                timestamp=jd_to_datetime(julian_date, scale="tcb"),
                source_name="Gaia",
                source_location=source_location,
                source_id=f"{parts[1]}",
                telescope="Gaia",
                bandpass="G",
                brightness=magnitude,
                unit="Vega",
                value={"time_reference": "barycentre (TCB, as published)"},
            )
        )
    return rows


def _utc(text: Any):
    if not text:
        return None
    moment = parse(str(text))
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=timezone.get_fixed_timezone(0))
