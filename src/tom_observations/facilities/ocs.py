"""An observatory that runs the Observatory Control System (https://observatorycontrolsystem.github.io/)."""

from __future__ import annotations

from datetime import datetime

from ..facility import BaseRoboticObservationFacility
from .ocs_forms import (
    OCSBaseForm,
    OCSBaseObservationForm,
    OCSFullObservationForm,
    OCSTemplateBaseForm,
    UTCDateTimeField,
    as_datetime,
)
from .ocs_portal import OCSSettings, Portal, make_request

__all__ = [
    "OCSBaseForm",
    "OCSBaseObservationForm",
    "OCSFacility",
    "OCSFullObservationForm",
    "OCSSettings",
    "OCSTemplateBaseForm",
    "Portal",
    "UTCDateTimeField",
    "as_datetime",
    "make_request",
]


class OCSFacility(BaseRoboticObservationFacility):
    """Subclass with a name, settings and forms to bring another observatory of the kind into a TOM."""

    name = "OCS"
    observation_forms = {"ALL": OCSFullObservationForm}
    settings_class = OCSSettings

    def __init__(self, facility_settings=None):
        super().__init__()
        self.facility_settings = facility_settings or self.settings_class(self.name)
        self.problems: list[str] = []

    @property
    def portal(self) -> Portal:
        return Portal(self.facility_settings)

    @property
    def portal_url(self) -> str:
        return self.facility_settings.get_setting("portal_url")

    def get_form(self, observation_type):
        return self.observation_forms.get(observation_type, next(iter(self.observation_forms.values())))

    def get_template_form(self, observation_type):
        return OCSTemplateBaseForm

    def _portal_headers(self) -> dict:
        return self.portal.headers()

    def _archive_headers(self) -> dict:
        return self.portal.headers()

    def submit_observation(self, observation_payload):
        answer = self.portal.post("/api/requestgroups/", observation_payload)
        return [request["id"] for request in answer["requests"]]

    def validate_observation(self, observation_payload):
        return self.portal.post("/api/requestgroups/validate/", observation_payload)

    def _get_requestgroup_id(self, observation_id):
        found = self.portal.get("/api/requestgroups/", params={"request_id": observation_id})
        if found.get("count") != 1:
            raise ValueError(f"{self.name} knows {found.get('count', 0)} request groups of request {observation_id}.")
        return found["results"][0]["id"]

    def cancel_observation(self, observation_id):
        group_id = self._get_requestgroup_id(observation_id)
        return self.portal.post(f"/api/requestgroups/{group_id}/cancel/").get("state") == "CANCELED"

    def get_observation_url(self, observation_id):
        return f"{self.portal_url.rstrip('/')}/requests/{observation_id}" if self.portal_url else ""

    def get_flux_constant(self):
        return self.facility_settings.get_data_flux_constant()

    def get_wavelength_units(self):
        return self.facility_settings.get_data_wavelength_units()

    def get_date_obs_from_fits_header(self, header):
        return header.get(self.facility_settings.get_fits_header_dateobs_keyword())

    def is_fits_facility(self, header):
        keyword = self.facility_settings.get_fits_facility_header_keyword()
        return header.get(keyword) == self.facility_settings.get_fits_facility_header_value()

    def get_start_end_keywords(self):
        return ("start", "end")

    def get_terminal_observing_states(self):
        return self.facility_settings.get_terminal_observing_states()

    def get_failed_observing_states(self):
        return self.facility_settings.get_failed_observing_states()

    def get_observing_sites(self):
        return self.facility_settings.get_sites()

    def get_facility_weather_urls(self):
        return self.facility_settings.get_weather_urls()

    def get_facility_status(self):
        """What the portal last said of each telescope: AVAILABLE, or why it is not."""
        sites: dict[str, dict] = {}
        for key, events in self.portal.get("/api/telescope_states/").items():
            site, enclosure, telescope = (key.split(".") + ["", ""])[:3]
            row = sites.setdefault(site, {"code": site, "telescopes": []})
            row["telescopes"].append(
                {"code": f"{site}.{enclosure}.{telescope}", "status": events[0]["event_type"] if events else "UNKNOWN"}
            )
        return {"code": self.name, "sites": list(sites.values())}

    def get_observation_status(self, observation_id):
        state = self.portal.get(f"/api/requests/{observation_id}")["state"]
        schedule = self.portal.get(f"/api/requests/{observation_id}/observations/")
        block = next((item for item in schedule if item["state"] == "COMPLETED"), None)
        if block is None:
            pending = [item for item in schedule if item["state"] == "PENDING"]
            block = pending[-1] if pending else None
        return {
            "state": state,
            "scheduled_start": block["start"] if block else None,
            "scheduled_end": block["end"] if block else None,
        }

    def data_products(self, observation_id, product_id=None):
        return [
            {"id": frame["id"], "filename": frame["filename"], "created": _date_obs(frame), "url": frame["url"]}
            for frame in self._archive_frames(observation_id, product_id)
        ]

    def _archive_frames(self, observation_id, product_id=None) -> list[dict]:
        if product_id:
            return [self.portal.get(f"/frames/{product_id}/", base="archive_url")]
        page = self.portal.get("/frames/", base="archive_url", params={"REQNUM": observation_id, "limit": 1000})
        frames = list(page["results"])
        while page.get("next"):
            page = make_request("GET", page["next"], headers=self._archive_headers()).json()
            frames += page["results"]
        return frames


def _date_obs(frame: dict) -> datetime | None:
    return as_datetime(frame.get("DATE_OBS") or frame.get("observation_date"))
