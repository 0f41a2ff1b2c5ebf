"""Calls to the portal and archive of an observatory that runs the Observatory Control System (Las Cumbres Observatory and others)."""

from __future__ import annotations

import json
import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError

from tom_common.exceptions import ImproperCredentialsException
from tom_common.http import ServiceClient, ServiceError

logger = logging.getLogger(__name__)

INSTRUMENTS_FOR_S = 60
PROPOSALS_FOR_S = 3600
LAST_KNOWN_FOR_S = 7 * 24 * 3600


def make_request(method, url, **kwargs):
    """One request, with time limits; a ``requests.Response``.

    ``ImproperCredentialsException`` for 401 to 403, ``ValidationError`` for 400, a ``ServiceError`` for everything else that is amiss.
    """
    parts = urlsplit(url)
    client = ServiceClient("OCS", base_url=f"{parts.scheme}://{parts.netloc}", headers=kwargs.pop("headers", None))
    try:
        return client.request(method, url, **kwargs)
    except ServiceError as error:
        if error.status_code in (401, 402, 403):
            raise ImproperCredentialsException(f"OCS: {error.body or 'the portal does not take the API key'}") from error
        if error.status_code == 400:
            raise ValidationError([f"OCS: {line}" for line in flatten_errors(_parsed(error.body))] or f"OCS: {error}") from error
        raise


def _parsed(body: str):
    try:
        return json.loads(body)
    except ValueError:
        return body


def flatten_errors(errors, path: str = "") -> list[str]:
    """The portal's nested errors as lines, each naming where it belongs."""
    if isinstance(errors, dict):
        return [line for key, value in errors.items() for line in flatten_errors(value, f"{path}.{key}" if path else str(key))]
    if isinstance(errors, list | tuple):
        lines = []
        for number, value in enumerate(errors):
            lines += flatten_errors(value, f"{path}[{number + 1}]" if isinstance(value, dict | list) else path)
        return lines
    if not errors:
        return []
    return [str(errors) if not path or path.endswith("non_field_errors") else f"{path}: {errors}"]


class OCSSettings:
    """Where an observatory's portal is and how it is spoken to: ``FACILITIES[<name>]``, and its defaults."""

    default_settings = {"portal_url": "", "archive_url": "", "api_key": "", "max_instrument_configs": 5, "max_configurations": 5}
    default_instrument_config = {}

    def __init__(self, facility_name="OCS"):
        self.facility_name = facility_name

    def get_setting(self, key):
        configured = (getattr(settings, "FACILITIES", None) or {}).get(self.facility_name, {})
        return configured.get(key, self.default_settings.get(key))

    def get_unconfigured_settings(self) -> list[str]:
        return [key for key in self.default_settings if not str(self.get_setting(key) or "").strip()]

    def get_observing_states(self):
        return ["PENDING", "COMPLETED", "WINDOW_EXPIRED", "CANCELED", "FAILURE_LIMIT_REACHED", "NOT_ATTEMPTED"]

    def get_pending_observing_states(self):
        return ["PENDING"]

    def get_successful_observing_states(self):
        return ["COMPLETED"]

    def get_failed_observing_states(self):
        return ["WINDOW_EXPIRED", "CANCELED", "FAILURE_LIMIT_REACHED", "NOT_ATTEMPTED"]

    def get_terminal_observing_states(self):
        return self.get_successful_observing_states() + self.get_failed_observing_states()

    def get_fits_facility_header_keyword(self):
        return "ORIGIN"

    def get_fits_facility_header_value(self):
        return "OCS"

    def get_fits_header_dateobs_keyword(self):
        return "DATE-OBS"

    def get_data_flux_constant(self):
        from astropy import units

        return units.Unit("1e-15 erg / (s cm2 Angstrom)")

    def get_data_wavelength_units(self):
        from astropy import units

        return units.Angstrom

    def get_sites(self) -> dict:
        return {}

    def get_weather_urls(self) -> dict:
        return {"code": self.facility_name, "sites": []}


class Portal:
    """The calls, made with one observatory's settings."""

    def __init__(self, facility_settings: OCSSettings):
        self.settings = facility_settings
        self.problem = ""

    @property
    def name(self) -> str:
        return self.settings.facility_name

    def headers(self) -> dict:
        key = self.settings.get_setting("api_key")
        return {"Authorization": f"Token {key}"} if key else {}

    def _url(self, path: str, base: str = "portal_url") -> str:
        root = self.settings.get_setting(base)
        if not root:
            raise ServiceError(f"{base} of {self.name} is not set: add it to FACILITIES[{self.name!r}].", service=self.name)
        return f"{root.rstrip('/')}/{path.lstrip('/')}"

    def get(self, path: str, base: str = "portal_url", **kwargs):
        return make_request("GET", self._url(path, base), headers=self.headers(), **kwargs).json()

    def post(self, path: str, data=None):
        return make_request("POST", self._url(path), headers=self.headers(), **({"json": data} if data is not None else {})).json()

    def _cached(self, what: str, seconds: int, fetch):
        """What the portal says, asked for now and then; when it cannot be reached, what it said last, with `problem` set."""
        key = f"{self.name}_{what}"
        value = cache.get(key)
        if value is not None:
            return value
        self.problem = cache.get(f"{key}_problem") or ""
        if not self.problem:
            try:
                value = fetch()
            except (ServiceError, ImproperCredentialsException, ValidationError, OSError, ValueError) as error:
                text = error.messages[0] if isinstance(error, ValidationError) else str(error)
                logger.warning("%s of %s could not be had: %s", what, self.name, text)
                self.problem = f"The {what} of {self.name} could not be asked for: {text}"
                cache.set(f"{key}_problem", self.problem, INSTRUMENTS_FOR_S)
            else:
                cache.set(key, value, seconds)
                cache.set(f"{key}_last", value, LAST_KNOWN_FOR_S)
                return value
        last = cache.get(f"{key}_last")
        if last:
            self.problem += " What is offered here is what it said last."
        return last or {}

    def instruments(self) -> dict:
        """By code: name, type, class, optical_elements, modes, configuration_types."""
        return self._cached("instruments", INSTRUMENTS_FOR_S, lambda: self.get("/api/instruments/"))

    def proposals(self) -> list[tuple[str, str]]:
        """(id, title and id) of the current proposals of the key's owner."""

        def fetch():
            return [
                (item["id"], f"{item.get('title', '')} ({item['id']})")
                for item in self.get("/api/profile/").get("proposals", [])
                if item.get("current", True)
            ]

        return self._cached("proposals", PROPOSALS_FOR_S, fetch) or []
