"""The NASA/IPAC Extragalactic Database (https://ned.ipac.caltech.edu)."""

from __future__ import annotations

from typing import Any

from tom_clients.votable import VOTableError, read_votable
from tom_common.http import ServiceClient

NED_URL = "https://ned.ipac.caltech.edu"


class NedClient:
    """Objects by name."""

    def __init__(self, base_url: str = NED_URL) -> None:
        self.http = ServiceClient("ned", base_url=base_url)

    def object(self, name: str) -> dict[str, Any] | None:
        """`name`, `ra`, `dec` (deg, J2000), `type`, `redshift`; None if NED does not know the name."""
        parameters = {"objname": name, "of": "xml_main", "extend": "no", "img_stamp": "NO", "list_limit": 0}
        try:
            rows = read_votable(self.http.get("/cgi-bin/objsearch", params=parameters).content)
        except VOTableError:
            # NED answers an unknown name with an error document.
            return None
        return tidy(rows[0]) if rows else None


def tidy(row: dict[str, Any]) -> dict[str, Any]:
    """A row of NED's main table under stable names: the service has called its columns both `RA` and `RA(deg)`."""
    return {
        "name": row["Object Name"],
        "ra": row.get("RA(deg)", row.get("RA")),
        "dec": row.get("DEC(deg)", row.get("DEC")),
        "type": row.get("Type"),
        "redshift": row.get("Redshift"),
    }
