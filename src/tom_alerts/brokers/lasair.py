"""Lasair (https://lasair-ztf.lsst.ac.uk): cone searches and SQL conditions on ZTF objects. Needs a token."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from crispy_forms.layout import HTML, Column, Fieldset, Layout, Row
from django import forms

from tom_alerts.alerts import GenericAlert, GenericBroker, GenericQueryForm
from tom_alerts.brokers.common import broker_setting, mjd_time, ztf_row
from tom_clients.alert_packets.measurement import number
from tom_common.conf import tom_settings
from tom_common.exceptions import ImproperCredentialsException
from tom_common.http import ServiceClient
from tom_dataproducts.services import add_reduced_data
from tom_targets.models import Target

LASAIR_URL = "https://lasair-ztf.lsst.ac.uk"
MOST_OBJECTS = 100
ROWS_LIMIT = 1000


def get_lasair_object(obj: dict[str, Any]) -> dict[str, Any]:
    """What the result page and a target need of a Lasair object document.

    `timestamp` is an aware datetime (UTC) of the newest detection, or None; angles in degrees.
    """
    data = obj["objectData"]
    detections = [candidate for candidate in obj.get("candidates") or [] if candidate.get("candid")]
    newest = max(detections, key=_mjd, default={})
    return {
        "alert_id": obj["objectId"],
        "timestamp": mjd_time(_mjd(newest)) if newest else None,
        "ra": data["ramean"],
        "dec": data["decmean"],
        "galactic_lng": data.get("glonmean"),
        "galactic_lat": data.get("glatmean"),
        "mag": newest.get("magpsf"),
    }


def _mjd(candidate: dict[str, Any]) -> float:
    mjd = number(candidate.get("mjd"))
    return mjd if mjd is not None else float(candidate.get("jd") or 2400000.5) - 2400000.5


class LasairBrokerForm(GenericQueryForm):
    cone_ra = forms.FloatField(required=False, min_value=0, max_value=360, label="RA", help_text="degrees")
    cone_dec = forms.FloatField(required=False, min_value=-90, max_value=90, label="Dec", help_text="degrees")
    cone_radius = forms.FloatField(
        required=False, min_value=0, max_value=1000, initial=10, label="Radius", help_text="arcsec, at most 1000"
    )
    sqlquery = forms.CharField(
        required=False, label="SQL conditions", help_text="the WHERE clause on the table objects, e.g. gmag < 16 AND ncand > 10"
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(
            HTML(f'<p>See the <a href="{LASAIR_URL}/api" rel="noopener">Lasair website</a> for what can be asked.</p>'),
            self.common_layout,
            Fieldset("Cone search", Row(Column("cone_ra"), Column("cone_dec"), Column("cone_radius"))),
            Fieldset("SQL search", "sqlquery"),
        )

    def clean(self):
        cleaned = super().clean()
        place = [cleaned.get("cone_ra") is not None, cleaned.get("cone_dec") is not None]
        if any(place) and not all(place):
            raise forms.ValidationError("Give both RA and Dec for a cone search.")
        if not all(place) and not cleaned.get("sqlquery"):
            raise forms.ValidationError("One of either the cone search or the SQL search must be filled in.")
        if all(place) and cleaned.get("sqlquery"):
            raise forms.ValidationError("Fill in either the cone search or the SQL search, not both.")
        return cleaned


class LasairBroker(GenericBroker):
    """The interface to the Lasair broker. The token is BROKERS['LASAIR']['api_key'] or LASAIR_TOKEN."""

    name = "Lasair"
    form = LasairBrokerForm
    help_url = f"{LASAIR_URL}/api"

    def _token(self) -> str:
        token = broker_setting("LASAIR", "api_key") or tom_settings.LASAIR_TOKEN
        if not token:
            raise ImproperCredentialsException("Lasair: set BROKERS['LASAIR']['api_key'] or LASAIR_TOKEN.")
        return token

    def _client(self) -> ServiceClient:
        return ServiceClient("lasair", base_url=LASAIR_URL, headers={"Authorization": f"Token {self._token()}"})

    def fetch_alerts(self, parameters: dict):
        client = self._client()
        if parameters.get("cone_ra") is not None and parameters.get("cone_dec") is not None:
            answer = client.get_json(
                "/api/cone/",
                params={
                    "ra": parameters["cone_ra"],
                    "dec": parameters["cone_dec"],
                    "radius": parameters.get("cone_radius") or 10,
                    "requestType": "all",
                    "format": "json",
                },
            )
            key = "object"
        else:
            answer = client.get_json(
                "/api/query/",
                params={
                    "selected": "objectId",
                    "tables": "objects",
                    "conditions": parameters.get("sqlquery", ""),
                    "limit": ROWS_LIMIT,
                    "format": "json",
                },
            )
            key = "objectId"
        if isinstance(answer, dict):
            return iter(()), str(answer.get("error") or answer.get("detail") or "Lasair gave no objects.")
        names = [item[key] for item in answer]
        feedback = f"Lasair found {len(names)} objects; the first {MOST_OBJECTS} are shown." if len(names) > MOST_OBJECTS else ""
        return self._objects(client, names[: MOST_OBJECTS + 1]), feedback

    def _objects(self, client: ServiceClient, names: list[str]):
        for start in range(0, len(names), 10):
            chunk = names[start : start + 10]
            answer = client.get_json("/api/objects/", params={"objectIds": ",".join(chunk), "format": "json"})
            yield from (item for item in answer if item and item.get("objectData"))

    def fetch_alert(self, alert_id):
        return self._client().get_json(f"/object/{quote(str(alert_id), safe='')}/json/")

    def process_reduced_data(self, target, alert=None):
        document = alert or self.fetch_alert(target.name)
        oid = document["objectId"]
        rows = []
        for candidate in document.get("candidates") or []:
            mjd = _mjd(candidate)
            source_id = str(candidate["candid"]) if candidate.get("candid") else f"limit:{candidate.get('fid')}:{mjd:.7f}"
            rows.append(
                ztf_row(candidate, mjd=mjd, source_name=self.name, source_location=f"{LASAIR_URL}/objects/{oid}/", source_id=source_id)
            )
        return add_reduced_data(target=target, rows=[row for row in rows if row is not None])

    def to_target(self, alert) -> Target:
        found = get_lasair_object(alert)
        return Target.objects.create(
            name=found["alert_id"],
            type="SIDEREAL",
            ra=found["ra"],
            dec=found["dec"],
            galactic_lng=found["galactic_lng"],
            galactic_lat=found["galactic_lat"],
        )

    def to_generic_alert(self, alert) -> GenericAlert:
        found = get_lasair_object(alert)
        return GenericAlert(
            timestamp=found["timestamp"],
            id=found["alert_id"],
            name=found["alert_id"],
            ra=found["ra"],
            dec=found["dec"],
            mag=found["mag"],
            score=None,
            url=f"{LASAIR_URL}/objects/{found['alert_id']}/",
        )
