"""The Minor Planet Center (https://data.minorplanetcenter.net)."""

from __future__ import annotations

from tom_catalogs.harvester import AbstractHarvester
from tom_clients.mpc import MpcClient, aliases, target_fields


class MPCExplorerHarvester(AbstractHarvester):
    name = "MPC Explorer"
    help_text = "The number, name or designation of an asteroid or a comet."

    def query(self, term):
        self.catalog_data = MpcClient().orbit(term) or {}

    def to_target(self):
        target = super().to_target()
        for name, value in target_fields(self.catalog_data).items():
            setattr(target, name, value)
        target.extra_names = aliases(self.catalog_data)
        return target


class MPCHarvester(MPCExplorerHarvester):
    """Under its older name, with the same source: the web service that it once asked is retired."""

    name = "MPC"
