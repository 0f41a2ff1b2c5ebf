from datetime import UTC, datetime

from django import forms

from tom_alerts.alerts import GenericAlert, GenericBroker, GenericQueryForm
from tom_catalogs.harvester import AbstractHarvester
from tom_dataproducts.data_processor import DataProcessor
from tom_dataservices.dataservices import DataService
from tom_dataservices.forms import BaseQueryForm
from tom_observations.cadence import BaseCadenceForm, CadenceStrategy
from tom_targets.base_models import TargetMatchManager
from tom_targets.models import Target


class DummyQueryForm(BaseQueryForm):
    word = forms.CharField()

    def simple_fields(self):
        return ["word"]


class DummyDataService(DataService):
    name = "Dummy service"
    info_url = "https://dummy.example"

    @classmethod
    def get_form_class(cls):
        return DummyQueryForm

    def build_query_parameters(self, parameters, **kwargs):
        return {"word": parameters["word"]}

    def query_service(self, query_parameters, **kwargs):
        self.query_results = [{"name": f"Dummy {query_parameters['word']}", "ra": 10.5, "dec": -5.25}]
        return self.query_results

    def query_targets(self, query_parameters, **kwargs):
        return self.query_service(query_parameters)

    def create_target_from_query(self, target_result, **kwargs):
        return Target(name=target_result["name"], type="SIDEREAL", ra=target_result["ra"], dec=target_result["dec"])


class DummyBrokerForm(GenericQueryForm):
    word = forms.CharField(required=False)


class DummyBroker(GenericBroker):
    name = "Dummy broker"
    form = DummyBrokerForm

    def fetch_alerts(self, parameters):
        yield {"id": 1, "word": parameters.get("word") or "none"}

    def to_generic_alert(self, alert):
        return GenericAlert(
            timestamp=datetime(2026, 1, 1, tzinfo=UTC), id=alert["id"], name=f"Dummy alert {alert['word']}", ra=1.0, dec=2.0, mag=19.0,
            score=0.5, url="https://dummy.example/1",
        )  # fmt: skip


class DummyHarvester(AbstractHarvester):
    name = "Dummy catalogue"

    def query(self, term):
        self.catalog_data = {"name": term} if term.startswith("Dummy") else {}

    def to_target(self):
        target = super().to_target()
        target.name, target.type, target.ra, target.dec = self.catalog_data["name"], "SIDEREAL", 3.0, 4.0
        return target


class DummyProcessor(DataProcessor):
    def process_data(self, data_product):
        return [(datetime(2026, 1, 2, tzinfo=UTC), {"magnitude": 17.5, "error": 0.1, "filter": "r"}, "Dummy source")]

    def data_type_override(self):
        return "photometry"


class DummyCadence(CadenceStrategy):
    name = "Dummy cadence"
    description = "Does nothing, and says so."
    form = BaseCadenceForm

    def run(self):
        return []


class DummyMatchManager(TargetMatchManager):
    def simplify_name(self, name):
        return super().simplify_name(name).replace("dummy", "")


hooked = []


def on_target_saved(target, created):
    hooked.append((target.name, created))


def general_search(queryset, name, value):
    return queryset.filter(name__startswith=value)
