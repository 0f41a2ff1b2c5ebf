"""The Transient Name Server (https://www.wis-tns.org)."""

from __future__ import annotations

from typing import Any

from tom_catalogs.harvester import AbstractHarvester
from tom_clients.tns import TNS_URL as BASE_URL
from tom_clients.tns import TNSClient, bare_name
from tom_common.conf import tom_settings
from tom_common.exceptions import ImproperCredentialsException

TNS_URL = f"{BASE_URL}/"


def _configuration() -> dict[str, Any]:
    for setting in ("HARVESTERS", "BROKERS"):
        found = (getattr(tom_settings, setting, None) or {}).get("TNS") or {}
        if found.get("api_key"):
            return found
    raise ImproperCredentialsException("TNS: set api_key, bot_id and bot_name in HARVESTERS['TNS'] or BROKERS['TNS'].")


def get(term: str) -> dict[str, Any]:
    """The object document of this name; empty if there is none."""
    settings = _configuration()
    client = TNSClient(
        api_key=settings["api_key"],
        bot_id=settings.get("bot_id", ""),
        bot_name=settings.get("bot_name", ""),
        base_url=settings.get("tns_base_url") or BASE_URL,
    )
    return client.object(bare_name(term), photometry=False) or {}


class TNSHarvester(AbstractHarvester):
    name = "TNS"
    help_text = "The name of a transient: 2023ixf, SN 2023ixf."

    def query(self, term):
        self.catalog_data = get(term)

    def to_target(self):
        target = super().to_target()
        data = self.catalog_data
        target.type = "SIDEREAL"
        target.name = f"{data.get('name_prefix') or ''}{data['objname']}"
        target.ra, target.dec = data["radeg"], data["decdeg"]
        return target
