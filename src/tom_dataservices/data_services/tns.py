"""The Transient Name Server."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from tom_clients.tns import TNS_URL, TNSClient, bare_name, public_since
from tom_common.conf import tom_settings
from tom_dataservices.dataservices import DataService, NotConfiguredError
from tom_dataservices.forms import BaseQueryForm
from tom_targets.models import Target

MOST_OBJECTS = 100


class TNSForm(BaseQueryForm):
    target_name = forms.CharField(required=False, label="Name")
    internal_name = forms.CharField(required=False, label="Internal name")
    ra = forms.FloatField(required=False, min_value=0, max_value=360, label="RA", help_text="degrees")
    dec = forms.FloatField(required=False, min_value=-90, max_value=90, label="Dec", help_text="degrees")
    radius = forms.FloatField(required=False, min_value=0, label="Radius")
    units = forms.ChoiceField(
        required=False, choices=[("", ""), ("arcsec", "arcsec"), ("arcmin", "arcmin"), ("deg", "deg")], label="Unit of the radius"
    )
    days_ago = forms.FloatField(required=False, min_value=0, label="Discovered in the last days")
    min_date = forms.CharField(required=False, label="Discovered after", help_text="a date, UTC")

    def clean(self):
        cleaned = super().clean()
        place = [cleaned.get(name) not in (None, "") for name in ("ra", "dec", "radius", "units")]
        if any(place) and not all(place):
            raise forms.ValidationError("A cone search needs RA, Dec, radius and its unit.")
        if not any(cleaned.get(name) not in (None, "") for name in ("target_name", "internal_name", "ra", "days_ago", "min_date")):
            raise forms.ValidationError("Give a name, a place or a date.")
        return cleaned


class TNSDataService(DataService):
    """Configured by DATA_SERVICES['TNS'] (or BROKERS['TNS']): `api_key`, `bot_id`, `bot_name`, `base_url`."""

    name = "TNS"
    verbose_name = "Transient Name Server"
    info_url = "https://www.wis-tns.org/"
    base_url = TNS_URL
    query_results_table = "tom_dataservices/tns/partials/tns_query_results_table.html"

    @classmethod
    def get_form_class(cls):
        return TNSForm

    @classmethod
    def configuration(cls, **kwargs) -> dict[str, Any]:
        try:
            return super().configuration(**kwargs)
        except NotConfiguredError:
            brokers = getattr(tom_settings, "BROKERS", None) or {}
            if brokers.get("TNS", {}).get("api_key"):
                return brokers["TNS"]
            raise

    def _client(self) -> TNSClient:
        settings = self.configuration()
        # The key goes to the client alone: it must not stand among the parameters, which are kept.
        return TNSClient(
            api_key=self.get_credentials(),
            bot_id=settings.get("bot_id", ""),
            bot_name=settings.get("bot_name", ""),
            base_url=settings.get("base_url") or settings.get("tns_base_url") or TNS_URL,
        )

    def build_query_parameters(self, parameters, **kwargs):
        since = parameters.get("min_date") or ""
        if parameters.get("days_ago") is not None:
            since = public_since(parameters["days_ago"], timezone.now())
        self.query_parameters = {
            "objname": bare_name(parameters.get("target_name") or ""),
            "internal_name": parameters.get("internal_name"),
            "ra": parameters.get("ra"),
            "dec": parameters.get("dec"),
            "radius": parameters.get("radius"),
            "units": parameters.get("units"),
            "public_timestamp": since,
        }
        return self.query_parameters

    def query_service(self, query_parameters, **kwargs):
        client = self._client()
        found = client.search(**query_parameters)[:MOST_OBJECTS]
        self.query_results = [document for item in found if (document := client.object(item["objname"]))]
        return self.query_results

    def query_targets(self, query_parameters, **kwargs):
        self.target_results = [
            {
                "name": f"{document.get('name_prefix') or ''}{document['objname']}",
                "ra": document["radeg"],
                "dec": document["decdeg"],
                "type": (document.get("object_type") or {}).get("name"),
                "discovered": document.get("discoverydate"),
                "magnitude": document.get("discoverymag"),
                "redshift": document.get("redshift"),
                "aliases": [name.strip() for name in (document.get("internal_names") or "").split(",") if name.strip()],
            }
            for document in self.query_service(query_parameters)
        ]
        return self.target_results

    def create_target_from_query(self, target_result, **kwargs):
        return Target(name=target_result["name"], type="SIDEREAL", ra=target_result["ra"], dec=target_result["dec"])
