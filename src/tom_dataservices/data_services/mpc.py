"""The Minor Planet Center's orbits."""

from __future__ import annotations

from django import forms

from tom_clients.mpc import MpcClient, aliases, target_fields
from tom_dataservices.dataservices import DataService
from tom_dataservices.forms import BaseQueryForm
from tom_targets.models import Target


class MPCExplorerForm(BaseQueryForm):
    designation = forms.CharField(required=True, label="Designation", help_text="a number, a name or a provisional designation")


class MPCExplorerDataService(DataService):
    name = "MPC Explorer"
    verbose_name = "Minor Planet Center"
    info_url = "https://www.minorplanetcenter.net/"
    base_url = "https://data.minorplanetcenter.net/api"
    query_results_table = "tom_dataservices/mpc/partials/mpc_results_table.html"

    @classmethod
    def get_form_class(cls):
        return MPCExplorerForm

    def build_query_parameters(self, parameters, **kwargs):
        self.query_parameters = {"designation": parameters.get("designation", "").strip()}
        return self.query_parameters

    def build_query_parameters_from_target(self, target, **kwargs):
        return self.build_query_parameters({"designation": target.name})

    def query_service(self, query_parameters, **kwargs):
        self.query_results = MpcClient().orbit(query_parameters["designation"])
        return self.query_results

    def query_targets(self, query_parameters, **kwargs):
        orbit = self.query_service(query_parameters)
        self.target_results = [{**target_fields(orbit), "aliases": aliases(orbit)}] if orbit else []
        return self.target_results

    def query_aliases(self, query_parameters=None, target=None, **kwargs):
        orbit = self.query_service(query_parameters or self.build_query_parameters_from_target(target))
        return aliases(orbit) if orbit else []

    def create_target_from_query(self, target_result, **kwargs):
        return Target(**{name: value for name, value in target_result.items() if name not in ("aliases", "reduced_datums", "id")})
