"""CDS Simbad through its TAP service (https://simbad.cds.unistra.fr)."""

from __future__ import annotations

from typing import Any

from tom_clients.votable import read_votable
from tom_common.http import ServiceClient

SIMBAD_URL = "https://simbad.cds.unistra.fr"
PARSEC_PER_UNIT = {"pc": 1.0, "kpc": 1e3, "mpc": 1e6}

BASIC = """SELECT TOP 2 b.main_id, b.ra, b.dec, b.pmra, b.pmdec, b.plx_value, b.otype, d.dist, d.unit
FROM basic AS b JOIN ident AS i ON i.oidref = b.oid LEFT OUTER JOIN mesDistance AS d ON d.oidref = b.oid
WHERE i.id = '{name}'"""
IDENTIFIERS = """SELECT i2.id FROM ident AS i1 JOIN ident AS i2 ON i2.oidref = i1.oidref WHERE i1.id = '{name}'"""


class SimbadClient:
    """Objects by any of their identifiers."""

    def __init__(self, base_url: str = SIMBAD_URL) -> None:
        self.http = ServiceClient("simbad", base_url=base_url)

    def object(self, name: str) -> dict[str, Any] | None:
        """`main_id`, `ra`, `dec` (deg, ICRS), `pmra`, `pmdec` (mas/yr), `plx_value` (mas), `otype`, `distance_pc`; None if unknown."""
        rows = self._ask(BASIC.format(name=_quote(name)))
        if not rows:
            return None
        row = rows[0]
        factor = PARSEC_PER_UNIT.get(str(row.get("unit") or "").strip().lower())
        row["distance_pc"] = row["dist"] * factor if row.get("dist") is not None and factor else None
        return row

    def identifiers(self, name: str) -> list[str]:
        return [row["id"] for row in self._ask(IDENTIFIERS.format(name=_quote(name))) if row.get("id")]

    def _ask(self, query: str) -> list[dict[str, Any]]:
        parameters = {"request": "doQuery", "lang": "adql", "format": "votable/td", "query": query}
        return read_votable(self.http.get("/simbad/sim-tap/sync", params=parameters).content)


def _quote(name: str) -> str:
    return " ".join(name.split()).replace("'", "''")
