"""The Víctor M. Blanco telescope with NEWFIRM, through the portal of Las Cumbres Observatory."""

from __future__ import annotations

from django import forms

from .lco import LCOFacility, LCOImagingObservationForm, LCOObservationTemplateForm
from .soar import SOARSettings

__all__ = ["BLANCOFacility", "BLANCOImagingObservationForm", "BLANCOSettings"]


class BLANCOSettings(SOARSettings):
    def __init__(self, facility_name="BLANCO"):
        super().__init__(facility_name)

    def get_sites(self):
        # https://noirlab.edu/science/programs/ctio/telescopes/victor-blanco-4-m-telescope
        return {"Cerro Tololo": {"sitecode": "bco", "latitude": -30.16541667, "longitude": -70.81463889, "elevation": 2000}}

    def get_weather_urls(self):
        url = "https://noirlab.edu/science/observing-noirlab/weather-webcams/cerro-tololo/environmental-conditions"
        return {"code": "BLANCO", "sites": [{"code": "bco", "weather_url": url}]}


class _BLANCODefaults:
    def __init__(self, *args, **kwargs):
        kwargs.setdefault("facility_settings", BLANCOSettings("BLANCO"))
        super().__init__(*args, **kwargs)


class BLANCOImagingObservationForm(_BLANCODefaults, LCOImagingObservationForm):
    configuration_types = ("EXPOSE", "STANDARD")

    def _is_for_this_form(self, code, item):
        return item.get("type") == "IMAGE" and "BLANCO" in code

    def _add_configuration_fields(self, j):
        super()._add_configuration_fields(j)
        first = f"c_{j}_"
        self.fields[f"{first}dither_value"] = forms.IntegerField(
            required=False, min_value=0, max_value=1600, initial=80, label="Dither value (arcsec)"
        )
        self.fields[f"{first}dither_sequence"] = forms.ChoiceField(
            choices=[("2x2", "2x2"), ("3x3", "3x3"), ("4x4", "4x4"), ("5-point", "5-point")], required=False, label="Dither sequence"
        )
        self.fields[f"{first}detector_centering"] = forms.ChoiceField(
            choices=[("none", "None"), *((f"det_{n}", f"Detector {n}") for n in (1, 2, 3, 4))], required=False, label="Detector centering"
        )
        self.fields[f"{first}dither_sequence_random_offset"] = forms.BooleanField(
            required=False, label="Random offset of the dither sequence"
        )

    def _add_instrument_config_fields(self, j, i):
        super()._add_instrument_config_fields(j, i)
        first = f"c_{j}_ic_{i}_"
        self.fields[f"{first}coadds"] = forms.IntegerField(required=False, min_value=1, max_value=100, initial=1, label="Coadds")
        self.fields[f"{first}sequence_repeats"] = forms.IntegerField(
            required=False, min_value=1, max_value=100, initial=1, label="Sequence repeats"
        )

    def _build_instrument_config(self, instrument_type, configuration_id, instrument_config_id):
        config = super()._build_instrument_config(instrument_type, configuration_id, instrument_config_id)
        if config:
            first = f"c_{configuration_id}_ic_{instrument_config_id}_"
            config["extra_params"] = {name: self.cleaned_data.get(f"{first}{name}") or 1 for name in ("coadds", "sequence_repeats")}
        return config

    def _build_configuration(self, configuration_id):
        configuration = super()._build_configuration(configuration_id)
        if configuration:
            first = f"c_{configuration_id}_"
            extra = {name: self.cleaned_data.get(f"{first}{name}") for name in ("dither_value", "dither_sequence", "detector_centering")}
            extra["dither_sequence_random_offset"] = bool(self.cleaned_data.get(f"{first}dither_sequence_random_offset"))
            configuration["extra_params"] = {name: value for name, value in extra.items() if value not in (None, "")}
        return configuration


class BLANCOTemplateForm(_BLANCODefaults, LCOObservationTemplateForm):
    pass


class BLANCOFacility(LCOFacility):
    name = "BLANCO"
    link = "https://noirlab.edu/science/programs/ctio/telescopes/victor-blanco-4-m-telescope"
    settings_class = BLANCOSettings
    observation_forms = {"IMAGING": BLANCOImagingObservationForm}

    def get_form(self, observation_type):
        return BLANCOImagingObservationForm

    def get_template_form(self, observation_type):
        return BLANCOTemplateForm
