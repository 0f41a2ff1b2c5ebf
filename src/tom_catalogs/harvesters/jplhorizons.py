"""JPL Horizons (https://ssd.jpl.nasa.gov/horizons)."""

from __future__ import annotations

from django.utils import timezone

from tom_catalogs.harvester import AbstractHarvester
from tom_clients.horizons import HorizonsClient

COMET_ECCENTRICITY = 0.9


class JPLHorizonsHarvester(AbstractHarvester):
    name = "JPL Horizons"
    help_text = "The name, number or designation of an asteroid or a comet."

    def query(self, term, location=None, start=None, end=None, step=None):
        """Ask for osculating elements: now, or from `start` to `end` in steps of `step` (e.g. '1d')."""
        from tom_astro.times import datetime_to_mjd

        if start and end and step:
            times = {"START_TIME": f"'{start}'", "STOP_TIME": f"'{end}'", "STEP_SIZE": f"'{step}'"}
        else:
            times = {"TLIST": f"{datetime_to_mjd(timezone.now(), scale='tdb') + 2400000.5:.6f}"}
        self.catalog_data = HorizonsClient().elements(term, center=location or "500@10", times=times)

    def to_target(self):
        target = super().to_target()
        row = self.catalog_data[0]
        comet = row["EC"] > COMET_ECCENTRICITY and (row.get("Tp") is not None or row.get("M1") is not None)
        target.type = "NON_SIDEREAL"
        target.scheme = "MPC_COMET" if comet else "MPC_MINOR_PLANET"
        target.name = row["targetname"]
        target.eccentricity = row["EC"]
        target.epoch_of_perihelion = self.jd_to_mjd(row["Tp"]) if row.get("Tp") is not None else None
        target.mean_anomaly = row["MA"]
        target.arg_of_perihelion = row["W"]
        target.lng_asc_node = row["OM"]
        target.inclination = row["IN"]
        target.mean_daily_motion = row["N"]
        target.semimajor_axis = row["A"]
        target.perihdist = row["QR"]
        target.ephemeris_period = row.get("PR")
        target.epoch_of_elements = self.jd_to_mjd(row["JDTDB"])
        target.abs_mag = row.get("M1") if comet and row.get("M1") is not None else row.get("H")
        target.slope = row.get("K1") if comet and row.get("M1") is not None else row.get("G")
        return target
