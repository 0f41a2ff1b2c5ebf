"""The Transient Name Server as a broker."""

from __future__ import annotations

from typing import Any

from crispy_forms.layout import HTML, Column, Fieldset, Layout, Row
from dateutil.parser import parse
from django import forms
from django.utils import timezone

from tom_alerts.alerts import GenericAlert, GenericBroker, GenericQueryForm
from tom_alerts.brokers.common import broker_setting
from tom_clients.tns import TNS_URL, TNSClient, bare_name, public_since
from tom_common.exceptions import ImproperCredentialsException
from tom_targets.models import Target

TNS_BASE_URL = f"{TNS_URL}/"
TNS_OBJECT_URL = f"{TNS_URL}/object/"
UNITS = [("", ""), ("arcsec", "arcsec"), ("arcmin", "arcmin"), ("deg", "deg")]


class TNSForm(GenericQueryForm):
    target_name = forms.CharField(required=False, label="Name")
    internal_name = forms.CharField(required=False, label="Internal name")
    ra = forms.FloatField(required=False, min_value=0, max_value=360, label="RA", help_text="degrees")
    dec = forms.FloatField(required=False, min_value=-90, max_value=90, label="Dec", help_text="degrees")
    radius = forms.FloatField(required=False, min_value=0, label="Radius")
    units = forms.ChoiceField(required=False, choices=UNITS, label="Unit of the radius")
    days_ago = forms.FloatField(required=False, min_value=0, label="Discovered in the last days")
    min_date = forms.CharField(required=False, label="Discovered after", help_text="a date, UTC")
    days_from_nondet = forms.FloatField(required=False, min_value=0, label="Days from the last non-detection", help_text="at most")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(
            HTML(f'<p>See the <a href="{TNS_URL}/search" rel="noopener">Transient Name Server</a>.</p>'),
            self.common_layout,
            Fieldset("Name", Row(Column("target_name"), Column("internal_name"))),
            Fieldset("Cone search", Row(Column("ra"), Column("dec"), Column("radius"), Column("units"))),
            Fieldset("Discovery", Row(Column("days_ago"), Column("min_date"), Column("days_from_nondet"))),
        )

    def clean_min_date(self):
        text = self.cleaned_data["min_date"].strip()
        if text:
            try:
                parse(text)
            except (ValueError, OverflowError) as error:
                raise forms.ValidationError("This is not a date.") from error
        return text

    def clean(self):
        cleaned = super().clean()
        place = [cleaned.get(name) not in (None, "") for name in ("ra", "dec", "radius", "units")]
        if any(place) and not all(place):
            raise forms.ValidationError("A cone search needs RA, Dec, radius and its unit.")
        if cleaned.get("days_ago") is not None and cleaned.get("min_date"):
            raise forms.ValidationError("Give the last days or a date, not both.")
        if not any(cleaned.get(name) not in (None, "") for name in ("target_name", "internal_name", "ra", "days_ago", "min_date")):
            raise forms.ValidationError("Give a name, a place or a date.")
        return cleaned


class TNSBroker(GenericBroker):
    """Reads the bot's key, id and name from BROKERS['TNS']."""

    name = "TNS"
    form = TNSForm
    help_url = f"{TNS_URL}/search"

    @classmethod
    def _client(cls) -> TNSClient:
        key, bot_id, bot_name = (broker_setting("TNS", part) for part in ("api_key", "bot_id", "bot_name"))
        if not key:
            raise ImproperCredentialsException("TNS: set api_key, bot_id and bot_name in BROKERS['TNS'].")
        return TNSClient(api_key=key, bot_id=bot_id or "", bot_name=bot_name or "", base_url=broker_setting("TNS", "tns_base_url", TNS_URL))

    @classmethod
    def tns_headers(cls) -> dict[str, str]:
        """The bot's marker, without which the server refuses."""
        return dict(cls._client().http.headers)

    @classmethod
    def fetch_tns_transients(cls, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """`[{objname, prefix, objid}]` of a search with the server's own parameter names."""
        return cls._client().search(**parameters)

    @classmethod
    def get_tns_object_info(cls, parameters: dict[str, Any]) -> dict[str, Any] | None:
        """The object `parameters['objname']`, or None."""
        wanted = {"photometry": bool(int(parameters.get("photometry", 1))), "spectra": bool(int(parameters.get("spectroscopy", 0)))}
        return cls._client().object(bare_name(parameters["objname"]), **wanted)

    def fetch_alerts(self, parameters: dict):
        since = parameters.get("min_date") or ""
        if parameters.get("days_ago") is not None:
            since = public_since(parameters["days_ago"], timezone.now())
        search = {
            "objname": bare_name(parameters.get("target_name") or ""),
            "internal_name": parameters.get("internal_name"),
            "ra": parameters.get("ra"),
            "dec": parameters.get("dec"),
            "radius": parameters.get("radius"),
            "units": parameters.get("units"),
            "public_timestamp": since,
        }
        return self._objects(self.fetch_tns_transients(search), parameters.get("days_from_nondet")), ""

    def _objects(self, found: list[dict[str, Any]], days_from_nondet: float | None):
        for item in found:
            document = self.get_tns_object_info({"objname": item["objname"]})
            if document and (days_from_nondet is None or _days_from_nondetection(document) <= float(days_from_nondet)):
                yield document

    def fetch_alert(self, alert_id):
        return self.get_tns_object_info({"objname": str(alert_id)})

    def to_target(self, alert) -> Target:
        return Target.objects.create(name=_name(alert), type="SIDEREAL", ra=alert["radeg"], dec=alert["decdeg"])

    def to_generic_alert(self, alert) -> GenericAlert:
        discovered = alert.get("discoverydate")
        return GenericAlert(
            timestamp=parse(discovered).replace(tzinfo=timezone.get_fixed_timezone(0)) if discovered else None,
            id=alert["objname"],
            name=_name(alert),
            ra=alert["radeg"],
            dec=alert["decdeg"],
            mag=alert.get("discoverymag"),
            score=None,
            url=f"{TNS_OBJECT_URL}{alert['objname']}",
        )

    def process_reduced_data(self, target, alert=None):
        from tom_alerts.brokers.tns_rows import photometry_rows
        from tom_dataproducts.services import add_reduced_data

        document = alert or self.get_tns_object_info({"objname": target.name})
        return add_reduced_data(target=target, rows=photometry_rows(document)) if document else None


def _name(document: dict[str, Any]) -> str:
    return f"{document.get('name_prefix') or ''}{document['objname']}"


def _days_from_nondetection(document: dict[str, Any]) -> float:
    """Days between the last non-detection and the first detection; infinite without a non-detection."""
    points = [(float(point["jd"]), point) for point in document.get("photometry") or [] if point.get("jd")]
    detections = [jd for jd, point in points if point.get("flux") not in (None, "")]
    first = min(detections, default=None)
    if first is None:
        return float("inf")
    limits = [
        jd for jd, point in points if jd < first and (point.get("limflux") not in (None, "") or "ast non" in str(point.get("remarks")))
    ]
    return first - max(limits) if limits else float("inf")
