"""JPL Horizons: osculating elements (https://ssd.jpl.nasa.gov/horizons)."""

from __future__ import annotations

import csv
import re
from typing import Any

from tom_clients.alert_packets.measurement import number
from tom_common.http import ServiceClient

HORIZONS_URL = "https://ssd.jpl.nasa.gov"
NAME = re.compile(r"Target body name:\s*(.+?)\s*\{")
CONSTANT = re.compile(r"\b(H|G|M1|M2|K1|K2|k1|k2)\s*=\s*(-?\d*\.?\d+)")


class HorizonsClient:
    """Elements of one small body; nothing for a name that is unknown or that several bodies have."""

    def __init__(self, base_url: str = HORIZONS_URL) -> None:
        self.http = ServiceClient("jpl-horizons", base_url=base_url)

    def elements(self, term: str, *, center: str = "500@10", times: dict[str, str]) -> list[dict[str, Any]]:
        """Heliocentric ecliptic elements (J2000, TDB) at each of the times (`TLIST`, or `START_TIME`, `STOP_TIME`, `STEP_SIZE`)."""
        parameters = {
            "format": "text",
            "EPHEM_TYPE": "ELEMENTS",
            "MAKE_EPHEM": "YES",
            "OUT_UNITS": "AU-D",
            "COMMAND": quoted(f"{term};" if not term.rstrip().endswith(";") else term),
            "CENTER": quoted(center),
            "CSV_FORMAT": "YES",
            "ELEM_LABELS": "YES",
            "OBJ_DATA": "YES",
            "REF_SYSTEM": "ICRF",
            "REF_PLANE": "ECLIPTIC",
            "TP_TYPE": "ABSOLUTE",
            **times,
        }
        return read_elements(self.http.get("/api/horizons.api", params=parameters).text)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "") + "'"


def read_elements(text: str) -> list[dict[str, Any]]:
    """Rows of the table between $$SOE and $$EOE by their column names, each with `targetname` and the magnitude constants."""
    if "$$SOE" not in text:
        return []
    head, _, rest = text.partition("$$SOE")
    table = rest.partition("$$EOE")[0]
    columns = next(line for line in reversed(head.splitlines()) if "JDTDB" in line)
    names = [name.strip() for name in columns.split(",")]
    name = NAME.search(head)
    common: dict[str, Any] = {"targetname": name[1] if name else ""}
    common |= {key.upper(): number(value) for key, value in CONSTANT.findall(head)}
    rows = []
    for cells in csv.reader(line for line in table.splitlines() if line.strip()):
        row = {key: cell.strip() for key, cell in zip(names, cells, strict=False) if key}
        rows.append(common | {key: value if key.startswith("Calendar") else number(value) for key, value in row.items()})
    return rows
