"""Simbad (https://simbad.cds.unistra.fr)."""

from tom_catalogs.harvester import AbstractHarvester
from tom_clients.simbad import SimbadClient


class SimbadHarvester(AbstractHarvester):
    name = "Simbad"
    help_text = "Any identifier that Simbad knows."

    def query(self, term):
        self.catalog_data = SimbadClient().object(term) or {}

    def to_target(self):
        target = super().to_target()
        data = self.catalog_data
        target.type = "SIDEREAL"
        target.ra, target.dec = data["ra"], data["dec"]
        target.pm_ra, target.pm_dec = data.get("pmra"), data.get("pmdec")
        target.parallax, target.distance = data.get("plx_value"), data.get("distance_pc")
        target.name = data["main_id"].replace(" ", "")
        return target
