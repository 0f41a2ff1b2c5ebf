"""Simbad: one object by any of its names."""

from __future__ import annotations

from django import forms

from tom_clients.simbad import SimbadClient
from tom_dataservices.dataservices import DataService
from tom_dataservices.forms import BaseQueryForm
from tom_targets.models import Target


class SimbadForm(BaseQueryForm):
    search_term = forms.CharField(required=True, label="Name", help_text="any identifier that Simbad knows")


class SimbadDataService(DataService):
    name = "Simbad"
    info_url = "https://simbad.cds.unistra.fr/simbad/"
    base_url = "https://simbad.cds.unistra.fr"

    @classmethod
    def get_form_class(cls):
        return SimbadForm

    def build_query_parameters(self, parameters, **kwargs):
        self.query_parameters = {"search_term": parameters.get("search_term", "").strip()}
        return self.query_parameters

    def query_service(self, query_parameters, **kwargs):
        found = SimbadClient().object(query_parameters["search_term"])
        self.query_results = [found] if found else []
        return self.query_results

    def query_targets(self, query_parameters, **kwargs):
        term = query_parameters["search_term"]
        self.target_results = [
            {
                "name": term,
                "main_id": row["main_id"],
                "ra": row["ra"],
                "dec": row["dec"],
                "pm_ra": row.get("pmra"),
                "pm_dec": row.get("pmdec"),
                "parallax": row.get("plx_value"),
                "distance": row.get("distance_pc"),
                "aliases": self.query_aliases(query_parameters, main_id=row["main_id"]),
            }
            for row in self.query_service(query_parameters)
        ]
        return self.target_results

    def query_aliases(self, query_parameters=None, target=None, main_id=None, **kwargs):
        if main_id is None and target is not None:
            found = SimbadClient().object(target.name)
            main_id = found["main_id"] if found else None
        return [main_id] if main_id else []

    def create_target_from_query(self, target_result, **kwargs):
        columns = ("name", "ra", "dec", "pm_ra", "pm_dec", "parallax", "distance")
        return Target(type="SIDEREAL", **{name: target_result.get(name) for name in columns})
