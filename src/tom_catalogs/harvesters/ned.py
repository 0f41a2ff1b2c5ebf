"""The NASA/IPAC Extragalactic Database (https://ned.ipac.caltech.edu)."""

from tom_catalogs.harvester import AbstractHarvester
from tom_clients.ned import NedClient


class NEDHarvester(AbstractHarvester):
    name = "NED"
    help_text = "The name of an object outside the Galaxy."

    def query(self, term):
        self.catalog_data = NedClient().object(term) or {}

    def to_target(self):
        target = super().to_target()
        target.type = "SIDEREAL"
        target.name, target.ra, target.dec = self.catalog_data["name"], self.catalog_data["ra"], self.catalog_data["dec"]
        return target
