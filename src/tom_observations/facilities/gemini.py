"""Gemini: target-of-opportunity triggers of the Observing Database (``POST https://<server>/too``)."""

from __future__ import annotations

from datetime import UTC, datetime

from crispy_forms.layout import Layout
from django import forms
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError

from tom_common.http import ServiceClient
from tom_targets.models import BaseTarget

from ..facility import BaseRoboticObservationFacility, BaseRoboticObservationForm
from ..forms.layouts import Section, row
from ..observation_template import GenericTemplateForm
from .ocs_forms import UTCDateTimeField, as_datetime

PORTALS = {"GN": "https://gnodb.gemini.edu:8443", "GS": "https://gsodb.gemini.edu:8443"}
GEMINI_DEFAULT_SETTINGS = {"portal_url": PORTALS, "api_key": {"GS": "", "GN": ""}, "user_email": "", "programs": {}}
GEM_SETTINGS = {**GEMINI_DEFAULT_SETTINGS, **((getattr(settings, "FACILITIES", None) or {}).get("GEM", {}))}

# degrees (east positive) and metres
SITES = {
    "Cerro Pachon": {"sitecode": "cpo", "latitude": -30.24075, "longitude": -70.736694, "elevation": 2722.0},
    "Maunakea": {"sitecode": "mko", "latitude": 19.8238, "longitude": -155.46905, "elevation": 4213.0},
}
TERMINAL_OBSERVING_STATES = ["TRIGGERED", "ON_HOLD"]
BRIGHTNESS_SYSTEMS = [("Vega", "Vega"), ("AB", "AB"), ("Jy", "Jy")]
BANDS = [(band, band) for band in ("u", "U", "B", "g", "V", "UC", "r", "R", "i", "I", "z", "Y", "J", "H", "K", "L", "M", "N", "Q", "AP")]


def gem_settings() -> dict:
    return {**GEMINI_DEFAULT_SETTINGS, **((getattr(settings, "FACILITIES", None) or {}).get("GEM", {}))}


def get_site(program_id: str) -> str:
    """GN or GS, of a program id such as GN-2026A-T-1."""
    return program_id.split("-")[0]


def observation_choices() -> list[tuple[str, str]]:
    """Each template observation of each program as ``<program>-<number>``."""
    found = []
    for program, observations in gem_settings()["programs"].items():
        for number, text in observations.items():
            found.append((f"{program}-{number}", f"{program}-{number}: {text}"))
    return found


class GEMObservationForm(BaseRoboticObservationForm):
    """One trigger for each chosen template observation."""

    obsid = forms.MultipleChoiceField(choices=observation_choices, label="Template observations")
    ready = forms.ChoiceField(initial="true", choices=[("true", "Yes"), ("false", "No, keep it on hold")], label="Ready for the queue")
    brightness = forms.FloatField(required=False, label="Target brightness")
    brightness_system = forms.ChoiceField(required=False, initial="AB", choices=BRIGHTNESS_SYSTEMS)
    brightness_band = forms.ChoiceField(required=False, initial="r", choices=BANDS)
    posangle = forms.FloatField(min_value=0, max_value=360, required=False, initial=0.0, label="Position angle (deg)")
    exptimes = forms.CharField(
        required=False, label="Exposure times (s)", help_text="Whole seconds, one for each observation, separated by commas"
    )
    group = forms.CharField(required=False)
    notetitle = forms.CharField(required=False, initial="Finding chart", label="Note title")
    note = forms.CharField(required=False)
    eltype = forms.ChoiceField(
        required=False, label="Elevation constraint", choices=[("none", "None"), ("airmass", "Airmass"), ("hourAngle", "Hour angle (h)")]
    )
    elmin = forms.FloatField(required=False, min_value=-5, max_value=5, label="From")
    elmax = forms.FloatField(required=False, min_value=-5, max_value=5, label="To")
    gstarg = forms.CharField(required=False, label="Guide star name")
    gsra = forms.CharField(required=False, label="Guide star RA")
    gsdec = forms.CharField(required=False, label="Guide star Dec")
    gsbrightness = forms.FloatField(required=False, label="Guide star brightness")
    gsbrightness_system = forms.ChoiceField(required=False, initial="Vega", choices=BRIGHTNESS_SYSTEMS)
    gsbrightness_band = forms.ChoiceField(required=False, initial="UC", choices=BANDS)
    gsprobe = forms.ChoiceField(
        required=False, label="Guide probe", choices=[("", "---"), *((probe, probe) for probe in ("OIWFS", "PWFS1", "PWFS2", "AOWFS"))]
    )
    window_start = UTCDateTimeField(required=False, label="Window start (UTC)")
    window_duration = forms.IntegerField(required=False, min_value=1, label="Window duration (h)")

    def layout(self):
        return Layout(
            row("obsid", "ready"),
            row("exptimes", "posangle", "group"),
            row("brightness", "brightness_system", "brightness_band"),
            row("notetitle", "note"),
            Section("Timing window and elevation", row("window_start", "window_duration"), row("eltype", "elmin", "elmax")),
            Section(
                "Guide star",
                row("gstarg", "gsra", "gsdec"),
                row("gsbrightness", "gsbrightness_system", "gsbrightness_band"),
                row("gsprobe"),
            ),
        )

    def clean(self):
        cleaned = super().clean()
        low, high = cleaned.get("elmin"), cleaned.get("elmax")
        if cleaned.get("eltype") in ("airmass", "hourAngle"):
            if low is None or high is None:
                self.add_error("elmin", "Give both bounds of the elevation constraint.")
            elif low > high:
                self.add_error("elmin", "The lower bound is above the upper one.")
            elif cleaned["eltype"] == "airmass" and not 1.0 <= low <= high <= 2.5:
                self.add_error("elmin", "The airmass must be between 1.0 and 2.5.")
        chosen = cleaned.get("obsid") or []
        if cleaned.get("exptimes"):
            times = [part.strip() for part in cleaned["exptimes"].split(",")]
            if len(times) != len(chosen):
                self.add_error("exptimes", f"{len(chosen)} observations are chosen, but {len(times)} exposure times are given.")
            elif not all(part.isdigit() and 1 <= int(part) <= 1200 for part in times):
                self.add_error("exptimes", "Exposure times are whole seconds from 1 to 1200.")
        if cleaned.get("window_start") and not cleaned.get("window_duration"):
            self.add_error("window_duration", "A window needs a duration.")
        return cleaned

    def serialize_parameters(self):
        parameters = super().serialize_parameters()
        if isinstance(parameters.get("window_start"), datetime):
            parameters["window_start"] = parameters["window_start"].isoformat()
        return parameters

    def observation_payload(self) -> list[dict]:
        """The query parameters of each trigger, without address and password."""
        from tom_astro.angles import format_dec, format_ra

        values = self.cleaned_data
        target = BaseTarget.objects.get(pk=values["target_id"])
        if target.ra is None or target.dec is None:
            raise ValidationError("Gemini triggers need a sidereal target.")
        times = [part.strip() for part in values["exptimes"].split(",")] if values.get("exptimes") else []
        payloads = []
        for number, obsid in enumerate(values["obsid"]):
            program, _, observation = obsid.rpartition("-")
            payload = {
                "prog": program,
                "obsnum": observation,
                "target": target.name,
                "ra": format_ra(target.ra),
                "dec": format_dec(target.dec),
                "ready": values["ready"],
                "posangle": values.get("posangle") or 0.0,
            }
            if values.get("note"):
                payload["noteTitle"], payload["note"] = values.get("notetitle") or "Note", values["note"]
            if values.get("brightness") is not None:
                payload["mags"] = f"{values['brightness']}/{values['brightness_band']}/{values['brightness_system']}"
            if times:
                payload["exptime"] = int(times[number])
            if values.get("group"):
                payload["group"] = values["group"]
            if values.get("window_start"):
                start = as_datetime(values["window_start"]).astimezone(UTC)
                payload["windowDate"] = start.strftime("%Y-%m-%d")
                payload["windowTime"] = start.strftime("%H:%M")
                payload["windowDuration"] = values["window_duration"]
            if values.get("eltype") in ("airmass", "hourAngle"):
                payload["elevationType"] = values["eltype"]
                payload["elevationMin"], payload["elevationMax"] = values["elmin"], values["elmax"]
            if values.get("gstarg"):
                payload.update(gstarget=values["gstarg"], gsra=values["gsra"], gsdec=values["gsdec"])
                if values.get("gsbrightness") is not None:
                    payload["gsmags"] = f"{values['gsbrightness']}/{values['gsbrightness_band']}/{values['gsbrightness_system']}"
                if values.get("gsprobe"):
                    payload["gsprobe"] = values["gsprobe"]
            payloads.append(payload)
        return payloads


class GEMTemplateForm(GenericTemplateForm, GEMObservationForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(self.common_layout, self.layout())


class GEMFacility(BaseRoboticObservationFacility):
    """Triggers only: there is no call for state, cancellation or data, so what was triggered is at its end for this TOM."""

    name = "GEM"
    link = "https://www.gemini.edu/observing/phase-i/too"
    observation_forms = {"OBSERVATION": GEMObservationForm}

    def get_form(self, observation_type):
        return GEMObservationForm

    def get_template_form(self, observation_type):
        return GEMTemplateForm

    def submit_observation(self, observation_payload):
        return [self._trigger(payload) for payload in observation_payload]

    def _trigger(self, payload: dict) -> str:
        configured = gem_settings()
        site = get_site(payload["prog"])
        portal, key = configured["portal_url"].get(site), configured["api_key"].get(site)
        if not portal or not key:
            raise ImproperlyConfigured(f"FACILITIES['GEM'] lacks portal_url or api_key of {site}: add it to the settings.")
        # the service takes the key as a query parameter and in no other way; the client keeps it out of logs and errors
        client = ServiceClient("Gemini", base_url=portal, secrets=(key,))
        response = client.post("too", params={**payload, "email": configured["user_email"], "password": key})
        return f"{payload['prog']}-{response.text.strip().split('-')[-1]}"

    def validate_observation(self, observation_payload):
        """Errors by template observation; what the form cannot know before the payloads are made."""
        errors = {}
        for payload in observation_payload:
            found = []
            if payload.get("elevationType") == "airmass" and not 1.0 <= payload["elevationMin"] <= payload["elevationMax"] <= 2.5:
                found.append("The airmass must be between 1.0 and 2.5.")
            if "exptime" in payload and not 1 <= payload["exptime"] <= 1200:
                found.append("The exposure time must be 1 to 1200 s.")
            if found:
                errors[f"{payload['prog']}-{payload['obsnum']}"] = found
        return errors

    def get_start_end_keywords(self):
        return ("window_start", "window_end")

    def get_terminal_observing_states(self):
        return TERMINAL_OBSERVING_STATES

    def get_observing_sites(self):
        return SITES

    def get_observation_url(self, observation_id):
        return ""

    def get_observation_status(self, observation_id):
        """There is nobody to ask: the state is what the trigger said."""
        return {"state": "TRIGGERED", "scheduled_start": None, "scheduled_end": None}

    def data_products(self, observation_id, product_id=None):
        return []
