"""Las Cumbres Observatory (https://lco.global)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crispy_forms.layout import Div, Layout
from django import forms

from ..forms.layouts import row
from ..widgets import FilterField
from .ocs import (
    OCSBaseObservationForm,
    OCSFacility,
    OCSFullObservationForm,
    OCSSettings,
    OCSTemplateBaseForm,
    make_request,
)

__all__ = [
    "PORTAL_URL",
    "LCOBaseObservationForm",
    "LCOFacility",
    "LCOFullObservationForm",
    "LCOImagingObservationForm",
    "LCOMuscatImagingObservationForm",
    "LCOObservationTemplateForm",
    "LCOOldStyleObservationForm",
    "LCOPhotometricSequenceForm",
    "LCOSettings",
    "LCOSpectroscopicSequenceForm",
    "LCOSpectroscopyObservationForm",
    "LCOTemplateBaseForm",
    "make_request",
]

PORTAL_URL = "https://observe.lco.global"


class LCOSettings(OCSSettings):
    default_settings = {
        "portal_url": PORTAL_URL,
        "archive_url": "https://archive-api.lco.global/",
        "api_key": "",
        "max_instrument_configs": 5,
        "max_configurations": 5,
    }

    def __init__(self, facility_name="LCO"):
        super().__init__(facility_name)

    def get_fits_facility_header_value(self):
        return "LCOGT"

    def get_sites(self):
        # the observatory's table of sites, https://lco.global/observatory/sites/ (degrees east positive, metres)
        return {
            "Siding Spring": {"sitecode": "coj", "latitude": -31.273, "longitude": 149.071, "elevation": 1116},
            "Sutherland": {"sitecode": "cpt", "latitude": -32.381, "longitude": 20.810, "elevation": 1760},
            "Teide": {"sitecode": "tfn", "latitude": 28.300, "longitude": -16.512, "elevation": 2330},
            "Cerro Tololo": {"sitecode": "lsc", "latitude": -30.167, "longitude": -70.805, "elevation": 2198},
            "McDonald": {"sitecode": "elp", "latitude": 30.680, "longitude": -104.015, "elevation": 2070},
            "Haleakala": {"sitecode": "ogg", "latitude": 20.707, "longitude": -156.258, "elevation": 3055},
        }

    def get_weather_urls(self):
        return {
            "code": self.facility_name,
            "sites": [
                {"code": site["sitecode"], "weather_url": f"https://weather.lco.global/#/{site['sitecode']}"}
                for site in self.get_sites().values()
            ],
        }


class _LCODefaults:
    def __init__(self, *args, **kwargs):
        kwargs.setdefault("facility_settings", LCOSettings("LCO"))
        super().__init__(*args, **kwargs)


class LCOTemplateBaseForm(_LCODefaults, OCSTemplateBaseForm):
    pass


class LCOObservationTemplateForm(LCOTemplateBaseForm):
    pass


class LCOOldStyleObservationForm(_LCODefaults, OCSBaseObservationForm):
    """One instrument, and fields without numbers: what sequences are made of."""


LCOBaseObservationForm = LCOOldStyleObservationForm


class LCOFullObservationForm(_LCODefaults, OCSFullObservationForm):
    """Configurations of one instrument type each, with how guiding, acquisition and rotator are used."""

    instrument_kind = ""
    configuration_types: tuple[str, ...] = ()
    guiding_is_optional = True

    def get_instruments(self):
        return {code: item for code, item in self._get_instruments().items() if self._is_for_this_form(code, item)}

    def _is_for_this_form(self, code, item) -> bool:
        return not self.instrument_kind or item.get("type") == self.instrument_kind

    def configuration_type_choices(self):
        offered = super().configuration_type_choices()
        if not self.configuration_types:
            return offered
        known = dict(offered)
        return [(code, known.get(code, code.replace("_", " ").capitalize())) for code in self.configuration_types]

    def guide_mode_choices(self):
        return [("", "Default"), *self.mode_type_choices("guiding")]

    def _add_guiding(self, j):
        self.fields[f"c_{j}_guide_mode"] = forms.ChoiceField(choices=self.guide_mode_choices(), required=False, label="Guiding")

    def _build_guiding_config(self, configuration_id=1):
        mode = self.cleaned_data.get(f"c_{configuration_id}_guide_mode")
        config = {"mode": mode} if mode else {}
        if self.guiding_is_optional:
            config["optional"] = True
        return config


class LCOImagingObservationForm(LCOFullObservationForm):
    instrument_kind = "IMAGE"
    configuration_types = ("EXPOSE", "REPEAT_EXPOSE")

    def _is_for_this_form(self, code, item):
        return super()._is_for_this_form(code, item) and not any(other in code for other in ("MUSCAT", "SOAR", "BLANCO"))

    def _add_configuration_fields(self, j):
        super()._add_configuration_fields(j)
        self._add_guiding(j)
        self.fields[f"c_{j}_fractional_ephemeris_rate"] = forms.FloatField(
            required=False,
            min_value=0,
            max_value=1,
            label="Fractional ephemeris rate",
            help_text="0 sidereal tracking, 1 target tracking; for moving targets",
        )


class LCOMuscatImagingObservationForm(LCOFullObservationForm):
    """MuSCAT takes four bands at once, each with its own exposure time."""

    instrument_kind = "IMAGE"
    configuration_types = ("EXPOSE", "REPEAT_EXPOSE")
    bands = ("g", "r", "i", "z")

    def _is_for_this_form(self, code, item):
        return super()._is_for_this_form(code, item) and "MUSCAT" in code

    def _add_configuration_fields(self, j):
        super()._add_configuration_fields(j)
        self._add_guiding(j)

    def _add_instrument_config_fields(self, j, i):
        super()._add_instrument_config_fields(j, i)
        first = f"c_{j}_ic_{i}_"
        del self.fields[f"{first}exposure_time"]
        for band in self.bands:
            self.fields[f"{first}exposure_time_{band}"] = forms.FloatField(
                required=False, min_value=0.001, label=f"Exposure time {band} (s)"
            )
        self.fields[f"{first}exposure_mode"] = forms.ChoiceField(
            choices=self.mode_type_choices("exposure") or [("SYNCHRONOUS", "Synchronous"), ("ASYNCHRONOUS", "Asynchronous")],
            required=False,
            label="Exposure mode",
        )

    def _exposure_time(self, cleaned, j, i):
        times = [cleaned.get(f"c_{j}_ic_{i}_exposure_time_{band}") for band in self.bands]
        return max((seconds for seconds in times if seconds), default=None)

    def clean(self):
        cleaned = super().clean()
        for j in self._configurations():
            for i in self._instrument_configs():
                names = [f"c_{j}_ic_{i}_exposure_time_{band}" for band in self.bands]
                if any(cleaned.get(name) for name in names):
                    for name in names:
                        if not cleaned.get(name) and name not in self.errors:
                            self.add_error(name, "Each band needs an exposure time.")
        return cleaned

    def _build_instrument_config(self, instrument_type, configuration_id, instrument_config_id):
        config = super()._build_instrument_config(instrument_type, configuration_id, instrument_config_id)
        if config:
            first = f"c_{configuration_id}_ic_{instrument_config_id}_"
            config["extra_params"] = {f"exposure_time_{band}": self.cleaned_data[f"{first}exposure_time_{band}"] for band in self.bands}
            if self.cleaned_data.get(f"{first}exposure_mode"):
                config["extra_params"]["exposure_mode"] = self.cleaned_data[f"{first}exposure_mode"]
        return config


class LCOSpectroscopyObservationForm(LCOFullObservationForm):
    instrument_kind = "SPECTRA"
    configuration_types = ("SPECTRUM", "REPEAT_SPECTRUM", "ARC", "LAMP_FLAT")
    guiding_is_optional = False

    def _is_for_this_form(self, code, item):
        return super()._is_for_this_form(code, item) and "SOAR" not in code

    def _add_configuration_fields(self, j):
        super()._add_configuration_fields(j)
        self._add_guiding(j)
        self.fields[f"c_{j}_acquisition_mode"] = forms.ChoiceField(
            choices=[("", "Default"), *self.mode_type_choices("acquisition")], required=False, label="Acquisition mode"
        )

    def _add_instrument_config_fields(self, j, i):
        super()._add_instrument_config_fields(j, i)
        first = f"c_{j}_ic_{i}_"
        self.fields[f"{first}rotator_mode"] = forms.ChoiceField(
            choices=[("", "Default"), *self.mode_type_choices("rotator")], required=False, label="Rotator mode"
        )
        self.fields[f"{first}rotator_angle"] = forms.FloatField(
            required=False, min_value=0, max_value=360, label="Rotator angle (deg)", help_text="With rotator mode SKY"
        )

    def clean(self):
        cleaned = super().clean()
        for name in [name for name in self.fields if name.endswith("rotator_mode")]:
            angle = name.replace("rotator_mode", "rotator_angle")
            if cleaned.get(name) == "SKY" and cleaned.get(angle) is None and angle not in self.errors:
                self.add_error(angle, "Rotator mode SKY needs an angle.")
        return cleaned

    def _configuration_type(self, instrument_type, configuration_id):
        chosen = super()._configuration_type(instrument_type, configuration_id)
        if "NRES" in instrument_type:
            return {"SPECTRUM": "NRES_SPECTRUM", "REPEAT_SPECTRUM": "REPEAT_NRES_SPECTRUM"}.get(chosen, chosen)
        return chosen

    def _build_acquisition_config(self, configuration_id=1):
        mode = self.cleaned_data.get(f"c_{configuration_id}_acquisition_mode")
        return {"mode": mode} if mode else {}

    def _build_instrument_config(self, instrument_type, configuration_id, instrument_config_id):
        config = super()._build_instrument_config(instrument_type, configuration_id, instrument_config_id)
        if config:
            first = f"c_{configuration_id}_ic_{instrument_config_id}_"
            if "NRES" in instrument_type:
                config["optical_elements"] = {}
            mode = self.cleaned_data.get(f"{first}rotator_mode")
            if mode:
                config["rotator_mode"] = mode
            if mode == "SKY":
                config["extra_params"] = {"rotator_angle": self.cleaned_data[f"{first}rotator_angle"]}
        return config


class _SequenceForm(LCOOldStyleObservationForm):
    """A request that a cadence repeats: its window is set when it is made."""

    cadence_strategy = forms.ChoiceField(
        choices=[("", "Once in the next"), ("ResumeCadenceAfterFailureStrategy", "Repeating every")], required=False, label="Cadence"
    )
    cadence_frequency = forms.FloatField(required=True, min_value=0.01, label="Cadence frequency (h)", help_text="Hours")
    max_airmass = forms.FloatField(min_value=1, max_value=25, initial=1.6, label="Maximum airmass")
    min_lunar_distance = forms.FloatField(min_value=0, max_value=180, initial=20, required=False, label="Minimum lunar distance (deg)")
    cadence_fields = {"cadence_frequency"}
    instrument_codes: tuple[str, ...] = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("start", "end"):
            self.fields[name].required = False
        self.fields["instrument_type"] = forms.ChoiceField(choices=self.instrument_choices())
        self.helper.layout = Layout(self.common_layout, self.layout(), self.button_layout())

    def get_instruments(self):
        return {code: item for code, item in self._get_instruments().items() if code in self.instrument_codes}

    def clean(self):
        """Without a window it is from now for one period."""
        cleaned = super().clean()
        if not cleaned.get("start") and not cleaned.get("end") and cleaned.get("cadence_frequency"):
            cleaned["start"] = datetime.now(UTC).replace(microsecond=0)
            cleaned["end"] = cleaned["start"] + timedelta(hours=cleaned["cadence_frequency"])
        elif not cleaned.get("start") or not cleaned.get("end"):
            self.add_error(None, "Give both the start and the end of the window, or neither.")
        return cleaned

    def _constraints(self):
        found = {"max_airmass": self.cleaned_data["max_airmass"]}
        if self.cleaned_data.get("min_lunar_distance") is not None:
            found["min_lunar_distance"] = self.cleaned_data["min_lunar_distance"]
        return found

    def _configuration(self, kind, instrument_configs) -> dict:
        return {
            "type": kind,
            "instrument_type": self.cleaned_data["instrument_type"],
            "instrument_configs": instrument_configs,
            "acquisition_config": self._build_acquisition_config(),
            "guiding_config": self._build_guiding_config(),
            "constraints": self._constraints(),
            "target": self._build_target_fields(self.cleaned_data["target_id"]),
        }


class LCOPhotometricSequenceForm(_SequenceForm):
    """Some filters one after the other; those with the same block number are taken together, blocks in their order."""

    valid_instruments = ["1M0-SCICAM-SINISTRO", "0M4-SCICAM-SBIG", "2M0-SPECTRAL-AG"]
    valid_filters = ["U", "B", "V", "R", "I", "up", "gp", "rp", "ip", "zs", "w", "unknown"]
    filters = valid_filters
    instrument_codes = tuple(valid_instruments)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.valid_filters:
            self.fields[name] = FilterField(label=name, required=False)
        self.helper.layout = Layout(self.common_layout, self.layout(), self.button_layout())

    def layout(self):
        return Layout(
            row("name", "proposal"),
            row("cadence_strategy", "cadence_frequency"),
            row("start", "end"),
            row("observation_mode", "ipp_value", "instrument_type"),
            row("optimization_type", "configuration_repeats"),
            row("max_airmass", "min_lunar_distance"),
            Div(*(name for name in self.valid_filters if name in self.fields)),
        )

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not any(self._wanted(cleaned, name) for name in self.valid_filters):
            self.add_error(None, "Give exposure time and count for at least one filter.")
        return cleaned

    def _wanted(self, cleaned, name):
        values = cleaned.get(name) or []
        return len(values) >= 2 and values[0] and values[1]

    def _build_instrument_config(self) -> list[dict]:
        blocks = []
        for order, name in enumerate(self.valid_filters):
            if self._wanted(self.cleaned_data, name):
                exposure_time, count, *block = self.cleaned_data[name]
                blocks.append(((block[0] if block and block[0] is not None else 0), order, name, exposure_time, count))
        return [
            {"exposure_count": count, "exposure_time": exposure_time, "optical_elements": {"filter": name}}
            for _, _, name, exposure_time, count in sorted(blocks)
        ]

    def _build_configurations(self):
        return [self._configuration("EXPOSE", self._build_instrument_config())]


class LCOSpectroscopicSequenceForm(_SequenceForm):
    """A FLOYDS spectrum, with its lamp exposures as the observatory adds them."""

    site = forms.ChoiceField(choices=[("any", "Any"), ("ogg", "Haleakala"), ("coj", "Siding Spring")], required=False)
    acquisition_radius = forms.FloatField(min_value=0, required=False, label="Acquisition radius (arcsec)")
    guider_mode = forms.ChoiceField(choices=[("on", "On"), ("off", "Off"), ("optional", "Optional")], required=False)
    guider_exposure_time = forms.FloatField(min_value=0, initial=10, required=False, label="Guider exposure time (s)")
    exposure_count = forms.IntegerField(min_value=1, initial=1)
    exposure_time = forms.FloatField(min_value=0.1, label="Exposure time (s)")
    instrument_codes = ("2M0-FLOYDS-SCICAM",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["filter"] = forms.ChoiceField(choices=self.filter_choices_for_group("slits"), label="Slit")
        self.helper.layout = Layout(self.common_layout, self.layout(), self.button_layout())

    def layout(self):
        return Layout(
            row("name", "proposal"),
            row("cadence_strategy", "cadence_frequency"),
            row("start", "end"),
            row("observation_mode", "ipp_value", "site"),
            row("optimization_type", "configuration_repeats"),
            row("instrument_type", *(["filter"] if "filter" in self.fields else []), "exposure_count", "exposure_time"),
            row("acquisition_radius", "guider_mode", "guider_exposure_time"),
            row("max_airmass", "min_lunar_distance"),
        )

    def _build_instrument_config(self) -> list[dict]:
        return [
            {
                "exposure_count": self.cleaned_data["exposure_count"],
                "exposure_time": self.cleaned_data["exposure_time"],
                "optical_elements": {"slit": self.cleaned_data["filter"]},
                "rotator_mode": "VFLOAT",
            }
        ]

    def _build_acquisition_config(self, configuration_id=1):
        config = {"mode": "WCS"}
        if self.cleaned_data.get("acquisition_radius"):
            config = {"mode": "BRIGHTEST", "extra_params": {"acquire_radius": self.cleaned_data["acquisition_radius"]}}
        return config

    def _build_guiding_config(self, configuration_id=1):
        mode = self.cleaned_data.get("guider_mode") or "on"
        config = {"mode": "OFF" if mode == "off" else "ON", "optional": mode == "optional"}
        if self.cleaned_data.get("guider_exposure_time") is not None:
            config["exposure_time"] = self.cleaned_data["guider_exposure_time"]
        return config

    def _build_location(self, configuration_id=1):
        location = super()._build_location()
        if self.cleaned_data.get("site") in ("ogg", "coj"):
            location["site"] = self.cleaned_data["site"]
        return location

    def _build_configurations(self):
        return [self._configuration("SPECTRUM", self._build_instrument_config())]


class LCOFacility(OCSFacility):
    name = "LCO"
    link = "https://lco.global/observatory/"
    settings_class = LCOSettings
    observation_forms = {
        "IMAGING": LCOImagingObservationForm,
        "MUSCAT_IMAGING": LCOMuscatImagingObservationForm,
        "SPECTRA": LCOSpectroscopyObservationForm,
        "PHOTOMETRIC_SEQUENCE": LCOPhotometricSequenceForm,
        "SPECTROSCOPIC_SEQUENCE": LCOSpectroscopicSequenceForm,
    }

    def get_form(self, observation_type):
        return self.observation_forms.get(observation_type, LCOImagingObservationForm)

    def get_template_form(self, observation_type):
        return LCOObservationTemplateForm
