"""The Southern Astrophysical Research telescope, through the portal of Las Cumbres Observatory."""

from __future__ import annotations

from .lco import LCOFacility, LCOImagingObservationForm, LCOObservationTemplateForm, LCOSettings, LCOSpectroscopyObservationForm

__all__ = [
    "SOARFacility",
    "SOARGoodmanBlueSpectroscopyObservationForm",
    "SOARGoodmanRedSpectroscopyObservationForm",
    "SOARImagingObservationForm",
    "SOARSettings",
    "SOARSpectroscopyObservationForm",
]


class SOARSettings(LCOSettings):
    def __init__(self, facility_name="SOAR"):
        super().__init__(facility_name)

    def get_setting(self, key):
        """The portal and its key are those of LCO where SOAR has none of its own."""
        from django.conf import settings

        own = (getattr(settings, "FACILITIES", None) or {}).get(self.facility_name, {})
        return own[key] if key in own else LCOSettings("LCO").get_setting(key)

    def get_sites(self):
        # https://noirlab.edu/science/programs/ctio/telescopes/soar-telescope
        return {"Cerro Pachón": {"sitecode": "sor", "latitude": -30.237892, "longitude": -70.733642, "elevation": 2000}}

    def get_weather_urls(self):
        url = "https://noirlab.edu/science/observing-noirlab/weather-webcams/cerro-pachon/environmental-conditions"
        return {"code": "SOAR", "sites": [{"code": "sor", "weather_url": url}]}


class _SOARDefaults:
    def __init__(self, *args, **kwargs):
        kwargs.setdefault("facility_settings", SOARSettings("SOAR"))
        super().__init__(*args, **kwargs)


class SOARImagingObservationForm(_SOARDefaults, LCOImagingObservationForm):
    def _is_for_this_form(self, code, item):
        return item.get("type") == "IMAGE" and "SOAR" in code


class SOARSpectroscopyObservationForm(_SOARDefaults, LCOSpectroscopyObservationForm):
    def _is_for_this_form(self, code, item):
        return item.get("type") == "SPECTRA" and "SOAR" in code


class SOARTemplateForm(_SOARDefaults, LCOObservationTemplateForm):
    pass


class _GoodmanForm(SOARSpectroscopyObservationForm):
    """Each spectrum is followed by an arc and a flat with the same instrument configurations, whose exposure times the observatory sets."""

    camera = ""
    configuration_types = ("SPECTRUM",)

    def _is_for_this_form(self, code, item):
        return super()._is_for_this_form(code, item) and f"GHTS_{self.camera}CAM" in code

    def _build_configurations(self):
        found = []
        for configuration in super()._build_configurations():
            found.append(configuration)
            for kind in ("ARC", "LAMP_FLAT"):
                found.append({**configuration, "type": kind})
        return found


class SOARGoodmanBlueSpectroscopyObservationForm(_GoodmanForm):
    camera = "BLUE"


class SOARGoodmanRedSpectroscopyObservationForm(_GoodmanForm):
    camera = "RED"


class SOARFacility(LCOFacility):
    name = "SOAR"
    link = "https://noirlab.edu/science/programs/ctio/telescopes/soar-telescope"
    settings_class = SOARSettings
    observation_forms = {
        "IMAGING": SOARImagingObservationForm,
        "Goodman_BLUE_Spectra": SOARGoodmanBlueSpectroscopyObservationForm,
        "Goodman_RED_Spectra": SOARGoodmanRedSpectroscopyObservationForm,
        "SPECTRA_Advanced": SOARSpectroscopyObservationForm,
    }

    def get_form(self, observation_type):
        return self.observation_forms.get(observation_type, SOARImagingObservationForm)

    def get_template_form(self, observation_type):
        return SOARTemplateForm
