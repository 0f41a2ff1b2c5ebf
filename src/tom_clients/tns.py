"""The Transient Name Server (https://www.wis-tns.org)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tom_common.exceptions import ImproperCredentialsException
from tom_common.http import ServiceClient, ServiceError

TNS_URL = "https://www.wis-tns.org"


class TNSClient:
    """Search and objects. The key is sent as form data and kept out of logs by the client; the bot's marker is the user agent."""

    def __init__(self, *, api_key: str, bot_id: str | int, bot_name: str, base_url: str = TNS_URL) -> None:
        self.api_key = api_key
        marker = json.dumps({"tns_id": str(bot_id), "type": "bot", "name": bot_name})
        self.http = ServiceClient("tns", base_url=base_url or TNS_URL, headers={"User-Agent": f"tns_marker{marker}"}, secrets=(api_key,))

    def search(self, **criteria: Any) -> list[dict[str, Any]]:
        """`[{objname, prefix, objid}]` of what meets the criteria (`ra`, `dec`, `radius`, `units`, `objname`, `internal_name`, `public_timestamp`)."""
        reply = self._post("/api/get/search", {name: value for name, value in criteria.items() if value not in (None, "")})
        return list(reply) if isinstance(reply, list) else []

    def object(self, name: str, *, photometry: bool = True, spectra: bool = False) -> dict[str, Any] | None:
        """The object of this name (without its prefix), or None."""
        reply = self._post("/api/get/object", {"objname": name, "photometry": str(int(photometry)), "spectra": str(int(spectra))})
        return dict(reply) if isinstance(reply, Mapping) and reply.get("objname") and reply.get("radeg") is not None else None

    def _post(self, path: str, data: Mapping[str, Any]) -> Any:
        try:
            answer = self.http.post(path, data={"api_key": self.api_key, "data": json.dumps(data)}, idempotent=True).json()
        except ServiceError as error:
            status = error.status_code
            if status in (400, 401, 403):
                raise ImproperCredentialsException("TNS: the api_key or the bot's name and id were refused.") from error
            if status == 404:
                return None
            raise
        if answer.get("id_code") in (400, 401, 402, 403):
            raise ImproperCredentialsException(f"TNS: {answer.get('id_message', 'refused')}")
        payload = answer.get("data")
        # The service once wrapped the payload in `reply`.
        return payload["reply"] if isinstance(payload, Mapping) and "reply" in payload else payload


def bare_name(name: str) -> str:
    """'SN 2023ixf', 'AT2023ixf' and '2023ixf' are all '2023ixf' to the server."""
    stripped = name.strip().replace(" ", "")
    for prefix in ("SN", "AT", "TDE", "FRB"):
        rest = stripped[len(prefix) :]
        if stripped.upper().startswith(prefix) and rest[:1].isdigit():
            return rest
    return stripped


def public_since(days: float, now: Any) -> str:
    """`public_timestamp` of so many days ago."""
    return (now - timedelta(days=float(days))).strftime("%Y-%m-%d %H:%M:%S")
