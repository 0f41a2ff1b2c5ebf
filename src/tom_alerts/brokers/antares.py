"""ANTARES (https://antares.noirlab.edu): loci of ZTF alerts, through its public JSON interface."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from crispy_forms.layout import HTML, Column, Fieldset, Layout, Row
from django import forms
from django.utils import timezone

from tom_alerts.alerts import GenericAlert, GenericBroker, GenericQueryForm
from tom_alerts.brokers.common import mjd_time, ztf_row
from tom_common.http import ServiceClient
from tom_dataproducts.services import add_reduced_data
from tom_targets.models import Target, TargetName

ANTARES_BASE_URL = "https://antares.noirlab.edu"
ANTARES_API_URL = "https://api.antares.noirlab.edu"
MOST_LOCI = 100


class ANTARESBrokerForm(GenericQueryForm):
    ztfid = forms.CharField(required=False, label="ZTF object id")
    antid = forms.CharField(required=False, label="Locus id")
    tag = forms.CharField(required=False, label="Tags", help_text="with commas between them")
    nobs__gt = forms.IntegerField(required=False, min_value=0, label="Least number of measurements")
    nobs__lt = forms.IntegerField(required=False, min_value=0, label="Largest number of measurements")
    ra = forms.FloatField(required=False, min_value=0, max_value=360, label="RA", help_text="degrees")
    dec = forms.FloatField(required=False, min_value=-90, max_value=90, label="Dec", help_text="degrees")
    sr = forms.FloatField(required=False, min_value=0, max_value=1, label="Radius", help_text="degrees, at most 1")
    mjd__gt = forms.FloatField(required=False, min_value=0, label="Newest alert after (MJD)")
    mjd__lt = forms.FloatField(required=False, min_value=0, label="Newest alert before (MJD)")
    last_day = forms.BooleanField(required=False, label="Newest alert in the last 24 hours")
    mag__min = forms.FloatField(required=False, label="Newest magnitude at least")
    mag__max = forms.FloatField(required=False, label="Newest magnitude at most")
    esquery = forms.JSONField(required=False, label="Elasticsearch query", help_text="JSON; takes the place of all the rest")
    max_alerts = forms.IntegerField(required=False, initial=20, min_value=1, max_value=MOST_LOCI, label="Most loci shown")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(
            HTML(f'<p>See the <a href="{ANTARES_BASE_URL}" rel="noopener">ANTARES website</a>.</p>'),
            self.common_layout,
            Fieldset("Name", Row(Column("ztfid"), Column("antid"), Column("tag"))),
            Fieldset("Place", Row(Column("ra"), Column("dec"), Column("sr"))),
            Fieldset("Light curve", Row(Column("nobs__gt"), Column("nobs__lt"), Column("mag__min"), Column("mag__max"))),
            Fieldset("Time", Row(Column("mjd__gt"), Column("mjd__lt"), Column("last_day"))),
            Fieldset("", "esquery", "max_alerts"),
        )

    def clean(self):
        cleaned = super().clean()
        place = [cleaned.get(name) is not None for name in ("ra", "dec", "sr")]
        if any(place) and not all(place):
            raise forms.ValidationError("A search by place needs RA, Dec and radius.")
        asked = any(cleaned.get(name) not in (None, "", False) for name in cleaned if name not in ("query_name", "broker", "max_alerts"))
        if not asked and not self.errors:
            raise forms.ValidationError("Fill in at least one of the fields.")
        return cleaned


class ANTARESBroker(GenericBroker):
    name = "ANTARES"
    form = ANTARESBrokerForm
    help_url = ANTARES_BASE_URL

    def _client(self) -> ServiceClient:
        return ServiceClient("antares", base_url=ANTARES_API_URL)

    def fetch_alerts(self, parameters: dict):
        if parameters.get("antid"):
            document = self.fetch_alert(parameters["antid"])
            return iter([document] if document else []), ""
        limit = min(int(parameters.get("max_alerts") or 20), MOST_LOCI)
        return self._search(build_query(parameters), limit), ""

    def _search(self, query: dict[str, Any], limit: int):
        answer = self._client().get_json(
            "/v1/loci",
            params={
                "sort": "-properties.newest_alert_observation_time",
                "elasticsearch_query[locus_listing]": json.dumps(query),
                "page[limit]": limit,
            },
        )
        yield from (flat(item) for item in (answer.get("data") or [])[:limit])

    def fetch_alert(self, alert_id):
        answer = self._client().get_json(f"/v1/loci/{quote(str(alert_id), safe='')}")
        return flat(answer["data"]) if answer.get("data") else None

    def fetch_alerts_of(self, locus_id: str) -> list[dict[str, Any]]:
        """The locus's alerts and upper limits."""
        return self._client().get_json(f"/v1/loci/{quote(locus_id, safe='')}/alerts").get("data") or []

    def to_target(self, alert):
        """(the saved target, [], its aliases)"""
        name, aliases = _names(alert)
        target = Target.objects.create(name=name, type="SIDEREAL", ra=alert["ra"], dec=alert["dec"])
        return target, [], [TargetName.objects.create(target=target, name=alias) for alias in aliases]

    def to_generic_alert(self, alert) -> GenericAlert:
        properties = alert["properties"]
        name, aliases = _names(alert)
        return LocusAlert(
            timestamp=mjd_time(properties.get("newest_alert_observation_time")),
            id=alert["locus_id"],
            name=name,
            ra=alert["ra"],
            dec=alert["dec"],
            mag=properties.get("newest_alert_magnitude"),
            score=None,
            url=f"{ANTARES_BASE_URL}/loci/{alert['locus_id']}",
        ).with_aliases(aliases)

    def process_reduced_data(self, target, alert=None):
        locus_id = alert["locus_id"] if alert else next((name for name in target.names if name.startswith("ANT")), None)
        if locus_id is None:
            return None
        rows = []
        for item in self.fetch_alerts_of(locus_id):
            attributes = item["attributes"]
            properties = {name.removeprefix("ztf_"): value for name, value in attributes["properties"].items() if name.startswith("ztf_")}
            kind, _, key = item["id"].partition(":")
            if attributes.get("survey") not in (None, "ztf") or not kind.startswith("ztf"):
                continue
            rows.append(
                ztf_row(
                    properties,
                    mjd=attributes["mjd"],
                    source_name=self.name,
                    source_location=f"{ANTARES_BASE_URL}/loci/{locus_id}",
                    source_id=key if kind == "ztf_candidate" else f"limit:{key}",
                )
            )
        return add_reduced_data(target=target, rows=[row for row in rows if row is not None])


class LocusAlert(GenericAlert):
    aliases: tuple[str, ...] = ()

    def with_aliases(self, aliases: list[str]) -> LocusAlert:
        self.aliases = tuple(aliases)
        return self

    def to_target(self):
        target, extras, _ = super().to_target()
        return target, extras, list(self.aliases)


def flat(item: dict[str, Any]) -> dict[str, Any]:
    """A locus of the JSON:API answer as a flat document."""
    return {"locus_id": item["id"], **item["attributes"]}


def _names(locus: dict[str, Any]) -> tuple[str, list[str]]:
    ztf_name = locus["properties"].get("ztf_object_id")
    return (ztf_name, [locus["locus_id"]]) if ztf_name else (locus["locus_id"], [])


def build_query(parameters: dict[str, Any]) -> dict[str, Any]:
    """The Elasticsearch query of the form's data."""
    if parameters.get("esquery"):
        return parameters["esquery"]
    filters: list[dict[str, Any]] = []
    if parameters.get("ztfid"):
        filters.append({"term": {"properties.ztf_object_id": parameters["ztfid"]}})
    tags = [tag.strip() for tag in str(parameters.get("tag") or "").split(",") if tag.strip()]
    if tags:
        filters.append({"terms": {"tags": tags}})
    now = timezone.now()
    newest_after = parameters.get("mjd__gt")
    if parameters.get("last_day"):
        from tom_astro.times import datetime_to_mjd

        newest_after = datetime_to_mjd(now, scale="utc") - 1.0
    for name, low, high in (
        ("num_mag_values", parameters.get("nobs__gt"), parameters.get("nobs__lt")),
        ("newest_alert_observation_time", newest_after, parameters.get("mjd__lt")),
        ("newest_alert_magnitude", parameters.get("mag__min"), parameters.get("mag__max")),
    ):
        bounds = {key: value for key, value in (("gte", low), ("lte", high)) if value is not None}
        if bounds:
            filters.append({"range": {f"properties.{name}": bounds}})
    if all(parameters.get(name) is not None for name in ("ra", "dec", "sr")):
        centre = f"{parameters['ra']} {parameters['dec']}"
        filters.append({"sky_distance": {"distance": f"{parameters['sr']} degree", "htm16": {"center": centre}}})
    return {"query": {"bool": {"filter": filters}}}
