"""NED: one object by name."""

from __future__ import annotations

from django import forms

from tom_clients.ned import NedClient
from tom_dataservices.dataservices import DataService
from tom_dataservices.forms import BaseQueryForm
from tom_targets.models import Target


class NEDForm(BaseQueryForm):
    object_id = forms.CharField(required=True, label="Name")


class NEDDataService(DataService):
    name = "NED"
    verbose_name = "NASA/IPAC Extragalactic Database (NED)"
    info_url = "https://ned.ipac.caltech.edu/"
    base_url = "https://ned.ipac.caltech.edu"

    @classmethod
    def get_form_class(cls):
        return NEDForm

    def build_query_parameters(self, parameters, **kwargs):
        self.query_parameters = {"object_id": parameters.get("object_id", "").strip()}
        return self.query_parameters

    def query_service(self, query_parameters, **kwargs):
        found = NedClient().object(query_parameters["object_id"])
        self.query_results = [found] if found else []
        return self.query_results

    def query_targets(self, query_parameters, **kwargs):
        self.target_results = self.query_service(query_parameters)
        return self.target_results

    def create_target_from_query(self, target_result, **kwargs):
        return Target(name=target_result["name"], type="SIDEREAL", ra=target_result["ra"], dec=target_result["dec"])
