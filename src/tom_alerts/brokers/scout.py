"""JPL Scout (https://cneos.jpl.nasa.gov/scout): objects on the NEO confirmation page that have no designation yet."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from crispy_forms.layout import HTML, Layout

from tom_alerts.alerts import GenericAlert, GenericBroker, GenericQueryForm
from tom_astro.angles import parse_dec, parse_ra
from tom_clients.alert_packets.measurement import number
from tom_common.http import ServiceAnswerError, ServiceClient
from tom_targets.models import Target

SCOUT_URL = "https://ssd-api.jpl.nasa.gov"
SCOUT_PAGE_URL = "https://cneos.jpl.nasa.gov/scout/#/object/"
GAUSSIAN_CONSTANT = 0.01720209895
"""rad/day: k of Gauss, the mean motion at 1 au (IAU 1976)."""


class ScoutQueryForm(GenericQueryForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(HTML("<p>Fetches all objects that Scout follows at present.</p>"), self.common_layout)


class ScoutBroker(GenericBroker):
    name = "Scout"
    form = ScoutQueryForm
    help_url = "https://ssd-api.jpl.nasa.gov/doc/scout.html"
    score_description = "NEO score (0 to 100): how likely it is a near-Earth object."

    def _get(self, **parameters: Any) -> dict[str, Any]:
        answer = ServiceClient("scout", base_url=SCOUT_URL).get_json("/scout.api", params=parameters)
        if answer.get("error"):
            raise ServiceAnswerError(f"Scout: {answer['error']}")
        return answer

    def fetch_alerts(self, parameters: dict):
        return iter(self._get().get("data") or []), ""

    def fetch_alert(self, alert_id):
        """The object with its best orbit."""
        return self._get(tdes=str(alert_id), orbits=1)

    def to_target(self, alert) -> Target:
        """A non-sidereal target with the orbit that Scout fitted, which is asked for when the alert does not hold it."""
        document = alert if alert.get("orbits") else self.fetch_alert(alert["objectName"])
        target = Target(name=document["objectName"], **orbit_fields(document))
        target.save()
        return target

    def to_generic_alert(self, alert) -> GenericAlert:
        return ScoutAlert(
            timestamp=_utc(alert.get("lastRun")),
            id=alert["objectName"],
            name=alert["objectName"],
            ra=parse_ra(alert["ra"]) if alert.get("ra") else None,
            dec=parse_dec(f"{alert['dec']}:00" if ":" not in str(alert["dec"]) else alert["dec"]) if alert.get("dec") else None,
            mag=number(alert.get("Vmag") or alert.get("H")),
            score=alert.get("neoScore"),
            url=f"{SCOUT_PAGE_URL}{quote(alert['objectName'])}",
        )


class ScoutAlert(GenericAlert):
    """An object that moves: its target is made of the orbit, not of a place rounded to a degree."""

    def to_target(self):
        document = ScoutBroker().fetch_alert(self.id)
        return Target(name=self.name, **orbit_fields(document)), {}, []


def orbit_fields(document: dict[str, Any]) -> dict[str, Any]:
    """The columns of a target from the first orbit: epochs MJD (TDB), angles degrees, distances au, mean motion degrees a day.

    :raises ServiceAnswerError: Scout gave no orbit
    """
    orbits = document.get("orbits") or {}
    if not orbits.get("data"):
        raise ServiceAnswerError(f"Scout has no orbit of {document.get('objectName', 'the object')}.")
    orbit = {name: number(value) for name, value in zip(orbits["fields"], orbits["data"][0], strict=False)}
    epoch, perihelion_time = orbit["epoch"] - 2400000.5, orbit["tp"] - 2400000.5
    eccentricity, perihelion_distance = orbit["ec"], orbit["qr"]
    fields = {
        "type": "NON_SIDEREAL",
        "scheme": "MPC_MINOR_PLANET",
        "epoch_of_elements": epoch,
        "eccentricity": eccentricity,
        "inclination": orbit["inc"],
        "lng_asc_node": orbit["om"],
        "arg_of_perihelion": orbit["w"],
        "perihdist": perihelion_distance,
        "epoch_of_perihelion": perihelion_time,
        "abs_mag": orbit.get("H"),
    }
    if eccentricity < 1:
        semimajor_axis = perihelion_distance / (1 - eccentricity)
        mean_motion = math.degrees(GAUSSIAN_CONSTANT) * semimajor_axis**-1.5
        fields |= {
            "semimajor_axis": semimajor_axis,
            "mean_daily_motion": mean_motion,
            "mean_anomaly": (mean_motion * (epoch - perihelion_time)) % 360.0,
        }
    else:
        fields["scheme"] = "MPC_COMET"
    return fields


def _utc(text: Any):
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC) if text else None
