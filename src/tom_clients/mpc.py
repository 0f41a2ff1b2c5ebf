"""The Minor Planet Center's orbits (https://data.minorplanetcenter.net/api)."""

from __future__ import annotations

import json
import math
from typing import Any

from tom_common.http import ServiceClient

MPC_URL = "https://data.minorplanetcenter.net"
GAUSSIAN_CONSTANT = 0.01720209895
"""rad/day: k of Gauss, the mean motion at 1 au (IAU 1976)."""
COMET_TYPES = {10, 11}


class MpcClient:
    """Orbits by designation or name."""

    def __init__(self, base_url: str = MPC_URL) -> None:
        self.http = ServiceClient("mpc", base_url=base_url)

    def orbit(self, designation: str) -> dict[str, Any] | None:
        """The `mpc_orb` document, or None if there is none of this designation."""
        answer = self.http.get_json("/api/get-orb", json={"desig": designation})
        return orbit_document(answer)


def orbit_document(answer: Any) -> dict[str, Any] | None:
    """The first orbit in an answer; the service has wrapped it in lists in several ways."""
    found = answer[0] if isinstance(answer, list) and answer else answer
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return None
    if not isinstance(found, dict):
        return None
    orbit = found.get("mpc_orb", found)
    if isinstance(orbit, list):
        orbit = orbit[0] if orbit else None
    return orbit if isinstance(orbit, dict) and orbit.get("COM") else None


def target_fields(orbit: dict[str, Any]) -> dict[str, Any]:
    """Columns of a non-sidereal target. Angles in degrees, epochs MJD (TT), distances au, mean motion degrees a day."""
    elements = dict(zip(orbit["COM"]["coefficient_names"], orbit["COM"]["coefficient_values"], strict=False))
    names, magnitudes = orbit.get("designation_data") or {}, orbit.get("magnitude_data") or {}
    epoch, perihelion, q, e = float(orbit["epoch_data"]["epoch"]), elements["peri_time"], elements["q"], elements["e"]
    comet = (orbit.get("categorization") or {}).get("object_type_int") in COMET_TYPES
    fields = {
        "name": names.get("unpacked_primary_provisional_designation")
        or names.get("name")
        or names.get("iau_name")
        or names.get("orbfit_name"),
        "type": "NON_SIDEREAL",
        "scheme": "MPC_COMET" if comet or e >= 1 else "MPC_MINOR_PLANET",
        "arg_of_perihelion": elements["argperi"],
        "eccentricity": e,
        "lng_asc_node": elements["node"],
        "inclination": elements["i"],
        "perihdist": q,
        "epoch_of_perihelion": perihelion,
        "epoch_of_elements": epoch,
        "abs_mag": magnitudes.get("H"),
        "slope": magnitudes.get("G"),
    }
    if e < 1:
        semimajor_axis = q / (1 - e)
        mean_motion = math.degrees(GAUSSIAN_CONSTANT) * semimajor_axis**-1.5
        fields |= {
            "semimajor_axis": semimajor_axis,
            "mean_daily_motion": mean_motion,
            "mean_anomaly": (mean_motion * (epoch - perihelion)) % 360.0,
        }
    return fields


def aliases(orbit: dict[str, Any]) -> list[str]:
    """Other names of the object than the primary designation."""
    names = orbit.get("designation_data") or {}
    primary = target_fields(orbit)["name"]
    found = [
        names.get("name"),
        names.get("iau_name"),
        names.get("permid"),
        *(names.get("unpacked_secondary_provisional_designations") or []),
    ]
    return list(dict.fromkeys(str(name) for name in found if name and str(name) != primary))
