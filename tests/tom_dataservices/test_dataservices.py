"""The interface of data services, of both generations, and its pages."""

import pytest
from django import forms
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.template import Context, Template
from django.urls import reverse

from tom_clients.alerce import AlerceClient
from tom_clients.simbad import SimbadClient
from tom_dataproducts.models import ReducedDatum
from tom_dataservices.data_services.alerce import ALeRCEDataService, ALeRCEForm
from tom_dataservices.data_services.tns import TNSDataService, TNSForm
from tom_dataservices.dataservices import (
    DataService,
    MissingDataException,
    NotConfiguredError,
    QueryServiceError,
    get_data_service_class,
    get_data_service_classes,
    make_service,
)
from tom_dataservices.forms import BaseQueryForm
from tom_dataservices.models import DataServiceQuery
from tom_targets.models import Target, TargetName
from tom_targets.policy import visible_to

pytestmark = [pytest.mark.django_db, pytest.mark.database]


class NewForm(BaseQueryForm):
    term = forms.CharField()
    since = forms.DateField(required=False)


class NewService(DataService):
    """As services are written now: they know their user and save themselves."""

    name = "New"
    error: Exception | None = None
    results = 2

    @classmethod
    def get_form_class(cls):
        return NewForm

    def build_query_parameters(self, parameters, **kwargs):
        self.query_parameters = {"term": parameters["term"]}
        return self.query_parameters

    def build_query_parameters_from_target(self, target, **kwargs):
        return self.build_query_parameters({"term": target.name})

    def query_service(self, query_parameters, **kwargs):
        if self.error:
            raise self.error
        return [{"name": f"{query_parameters['term']}{i}", "ra": 10.0 * i, "dec": 5.0} for i in range(self.results)]

    def query_targets(self, query_parameters, **kwargs):
        return [
            {**row, "aliases": [f"alias {row['name']}", row["name"]], "reduced_datums": {"photometry": [18.5]}}
            for row in self.query_service(query_parameters)
        ]

    def query_photometry(self, query_parameters, **kwargs):
        return [17.5, 17.0]

    def create_target_from_query(self, target_result, **kwargs):
        return Target(name=target_result["name"], type="SIDEREAL", ra=target_result["ra"], dec=target_result["dec"])

    def create_reduced_datums_from_query(self, target, data=None, data_type=None, **kwargs):
        return [
            ReducedDatum.objects.create(target=target, data_type=data_type, source_name="New", value={"magnitude": value, "filter": "r"})
            for value in data
        ]


class OldService(NewService):
    """As services were once written: no user, and `to_target` hands over parts which the page saves."""

    name = "Old"

    def __init__(self, query_parameters=None):
        super().__init__(query_parameters)

    def to_target(self, target_result):
        target = Target(name=target_result["name"], type="SIDEREAL", ra=target_result["ra"], dec=target_result["dec"])
        return target, {"found by": "Old"}, [TargetName(name=f"old {target.name}")]


@pytest.fixture(autouse=True)
def _services(monkeypatch):
    monkeypatch.setattr(
        apps.get_app_config("tom_dataservices"),
        "data_services",
        lambda: [
            {"class": "tests.tom_dataservices.test_dataservices.NewService"},
            {"class": "tests.tom_dataservices.test_dataservices.OldService"},
            {"class": "tests.nowhere.Service"},
        ],
        raising=True,
    )
    cache.clear()


@pytest.fixture
def user():
    return get_user_model().objects.create_user("astronomer")


@pytest.fixture
def query():
    return DataServiceQuery.objects.create(name="Mine", data_service="New", parameters={"term": "T", "data_service": "New"})


def test_services_on_offer():
    assert {"New", "Old"} <= set(get_data_service_classes())
    assert get_data_service_class("New") is NewService
    with pytest.raises(ImportError, match="Nobody"):
        get_data_service_class("Nobody")


def test_the_shipped_services(monkeypatch):
    monkeypatch.undo()
    assert {"Simbad", "TNS", "ALeRCE", "NED", "MPC Explorer"} <= set(get_data_service_classes())
    for service in get_data_service_classes().values():
        if service.__module__.startswith("tom_dataservices"):
            assert service.get_form_class()(initial={"data_service": service.name})


def test_configuration(settings):
    with pytest.raises(NotConfiguredError, match="New"):
        NewService.get_credentials()
    settings.DATA_SERVICES = {"New": {"api_key": "key"}}
    assert NewService.get_credentials() == "key"
    assert NewService.get_configuration("url", "fallback") == "fallback"
    with pytest.raises(NotConfiguredError, match="url"):
        NewService.get_configuration("url")
    assert NewService.get_urls("info_url", "none") is None


def test_instances_of_both_generations(user):
    assert make_service(NewService, user=user).user == user
    assert make_service(OldService, user=user).user == user


def test_missing_data():
    with pytest.raises(MissingDataException):
        NewService().to_target()
    with pytest.raises(MissingDataException):
        NewService().to_reduced_datums(None)
    with pytest.raises(MissingDataException):
        NewService().to_data_product()


def test_reduced_data_of_a_target_and_of_parameters():
    target = Target.objects.create(name="P", type="SIDEREAL", ra=1, dec=2)
    assert NewService().query_reduced_data(target) == {"photometry": [17.5, 17.0]}
    assert NewService().query_reduced_data({"term": "P"}) == {"photometry": [17.5, 17.0]}


def test_the_form_saves_under_a_name_of_its_own():
    form = NewForm({"term": "T", "data_service": "New", "query_save": True, "since": "2024-01-01"})
    assert form.is_valid()
    query = form.save()
    assert query.name == f"New - {query.pk}"
    assert query.parameters["since"] == "2024-01-01"


def addresses(query):
    return [
        reverse("dataservices:query_list"),
        reverse("dataservices:create") + "?data_service=New",
        reverse("dataservices:update", args=[query.pk]),
        reverse("dataservices:run_saved", args=[query.pk]),
        reverse("dataservices:delete", args=[query.pk]),
    ]


def test_visitors_are_asked_to_log_in(client, query):
    for url in [*addresses(query), reverse("dataservices:run")]:
        assert reverse("login") in client.get(url).url
    for name in ("create-target", "update-data"):
        assert reverse("login") in client.post(reverse(f"dataservices:{name}")).url


def test_users_open_every_page(client, user, query):
    client.force_login(user)
    for url in addresses(query):
        assert client.get(url).status_code == 200, url
    assert client.get(reverse("dataservices:run")).status_code == 302
    assert client.get(reverse("dataservices:create") + "?data_service=Nobody").status_code == 404
    for name in ("create-target", "update-data"):
        assert client.get(reverse(f"dataservices:{name}")).status_code == 405
    for name in ("update", "run_saved", "delete"):
        assert client.get(reverse(f"dataservices:{name}", args=[10**6])).status_code == 404


def test_run_without_saving(client, user):
    client.force_login(user)
    answer = client.post(reverse("dataservices:create"), {"term": "T", "data_service": "New"})
    assert answer.url == reverse("dataservices:run")
    assert DataServiceQuery.objects.count() == 0
    context = client.get(answer.url).context
    assert [result["name"] for result in context["results"]] == ["T0", "T1"]
    assert context["data_service"] == "New"


def test_run_with_saving(client, user):
    client.force_login(user)
    answer = client.post(reverse("dataservices:create"), {"term": "T", "data_service": "New", "query_save": "on", "query_name": "Q"})
    query = DataServiceQuery.objects.get()
    assert answer.url == reverse("dataservices:run_saved", args=[query.pk])
    client.get(answer.url)
    query.refresh_from_db()
    assert query.last_run is not None
    client.post(reverse("dataservices:update", args=[query.pk]), {"term": "U", "data_service": "New", "query_name": "R"})
    query.refresh_from_db()
    assert (query.name, query.parameters["term"]) == ("R", "U")


@pytest.mark.parametrize("name", ["New", "Old"])
def test_targets_of_results(client, user, name):
    client.force_login(user)
    client.post(reverse("dataservices:create"), {"term": "T", "data_service": name})
    client.get(reverse("dataservices:run"))
    answer = client.post(reverse("dataservices:create-target"), {"data_service": name, "selected_results": ["1"]})
    target = Target.objects.get()
    assert answer.url == target.get_absolute_url()
    assert target.name == "T1"
    assert "alias T1" in target.names
    assert ("old T1" in target.names) == (name == "Old")
    assert ReducedDatum.objects.count() == 1
    assert visible_to(user, "change").count() == 1
    assert visible_to(get_user_model().objects.create_user("stranger")).count() == 0
    answer = client.post(reverse("dataservices:create-target"), {"data_service": name, "selected_results": ["0", "1"]})
    assert answer.url == reverse("targets:list")
    assert Target.objects.count() == 2


def test_a_hidden_target_is_not_used_again(client, user):
    Target.objects.create(name="T1", type="SIDEREAL", ra=1, dec=2, permissions="PRIVATE")
    client.force_login(user)
    client.post(reverse("dataservices:create"), {"term": "T", "data_service": "New"})
    client.get(reverse("dataservices:run"))
    answer = client.post(reverse("dataservices:create-target"), {"data_service": "New", "selected_results": ["1"]}, follow=True)
    assert "not available" in answer.content.decode()
    assert visible_to(user).count() == ReducedDatum.objects.count() == 0


def test_results_are_each_users_own(client, user, query):
    client.force_login(user)
    client.get(reverse("dataservices:run_saved", args=[query.pk]))
    cache.set("of-somebody-else", "kept")
    client.force_login(get_user_model().objects.create_user("stranger"))
    data = {"query_id": query.pk, "data_service": "New", "selected_results": ["0"]}
    assert "no longer at hand" in client.post(reverse("dataservices:create-target"), data, follow=True).content.decode()
    assert Target.objects.count() == 0
    assert cache.get("of-somebody-else") == "kept"


@pytest.mark.parametrize("error", [QueryServiceError("down"), NotConfiguredError("no key"), KeyError("x")])
def test_a_service_that_fails_is_told_on_the_page(client, user, query, monkeypatch, error):
    monkeypatch.setattr(NewService, "error", error)
    client.force_login(user)
    answer = client.get(reverse("dataservices:run_saved", args=[query.pk]))
    assert answer.status_code == 200
    assert answer.context["query_feedback"]


def test_a_hundred_results_are_shown(client, user, query, monkeypatch):
    monkeypatch.setattr(NewService, "results", 150)
    client.force_login(user)
    context = client.get(reverse("dataservices:run_saved", args=[query.pk])).context
    assert len(context["results"]) == 100
    assert context["too_many_results"]


def test_data_of_a_target(client, user):
    target = Target.objects.create(name="P", type="SIDEREAL", ra=1, dec=2, permissions="PRIVATE")
    url, data = reverse("dataservices:update-data"), {"target": target.pk, "data_service": "New"}
    client.force_login(user)
    assert client.post(url, data).status_code == 404
    assert client.post(url, {"target": "x"}).status_code == 404
    target.permissions = "PUBLIC"
    target.save()
    # Seen but not theirs to change.
    assert client.post(url, data).status_code in (302, 403)
    assert ReducedDatum.objects.count() == 0
    client.force_login(get_user_model().objects.create_superuser("admin"))
    assert client.post(url, data).url == target.get_absolute_url()
    assert ReducedDatum.objects.count() == 2
    assert client.post(url, {**data, "data_service": "Nobody"}).status_code == 302


def test_tags(client, user):
    target = Target.objects.create(name="P", type="SIDEREAL", ra=1, dec=2)
    page = Template("{% load dataservices_extras %}{% dataservices_list %}{% catalog_query_menu %}{% update_data_from_dataservice %}")
    text = page.render(Context({"target": target}))
    assert text.count("data_service=New") == 2
    assert reverse("dataservices:update-data") in text


def test_commands(query, capsys):
    call_command("listqueries")
    listing = capsys.readouterr().out
    assert listing.split()[:5] == ["ID", "Name", "Data", "Service", "Last"]
    assert "Mine" in listing
    for line in ("2 targets created, 0 known", "0 targets created, 2 known"):
        call_command("rundataquery", str(query.pk))
        assert line in capsys.readouterr().out
    assert Target.objects.count() == 2
    with pytest.raises(CommandError, match="listqueries"):
        call_command("rundataquery", "99999")


def test_simbad(monkeypatch):
    from tom_dataservices.data_services.simbad import SimbadDataService

    row = {"main_id": "V* RR Lyr", "ra": 291.366, "dec": 42.784, "pmra": -109.7, "pmdec": -195.9, "plx_value": 3.98, "distance_pc": 251.0}
    monkeypatch.setattr(SimbadClient, "object", lambda self, term: row)
    service = SimbadDataService()
    (result,) = service.query_targets(service.build_query_parameters({"search_term": "RR Lyr"}))
    target = service.to_target(result)
    service.to_aliases(target, result["aliases"])
    assert (target.name, target.distance) == ("RR Lyr", 251.0)
    assert "V* RR Lyr" in target.names


def test_alerce_parameters_and_light_curve(monkeypatch):
    service = ALeRCEDataService()
    found = service.build_query_parameters(
        {"firstmjd_gt": 59000.0, "ndet_max": 5, "cfield_stamp_classifier": "SN", "ra": 0.0, "dec": 0.0, "radius": 2.0}
    )
    assert found == {
        "ra": 0.0,
        "dec": 0.0,
        "radius": 2.0,
        "firstmjd": [59000.0, 100000],
        "ndet": [1, 5],
        "classifier": "stamp_classifier",
        "class": "SN",
    }
    assert not ALeRCEForm({"data_service": "ALeRCE", "ra": 1}).is_valid()
    curve = {
        "detections": [
            {"mjd": 59000.0, "fid": 1, "candid": "1", "magpsf": 18.0, "sigmapsf": 0.1, "isdiffpos": 1},
            {"mjd": 59001.0, "fid": 2, "candid": "2", "magpsf": 18.0, "sigmapsf": 0.1, "isdiffpos": -1},
        ],
        "non_detections": [{"mjd": 58999.0, "fid": 1, "diffmaglim": 20.5}],
    }
    monkeypatch.setattr(AlerceClient, "light_curve", lambda self, oid: curve)
    target = Target.objects.create(name="ZTF1", type="SIDEREAL", ra=1, dec=2)
    for _ in range(2):
        service.to_reduced_datums(target, service.query_reduced_data(target))
    assert sorted(ReducedDatum.objects.values_list("brightness", "limit"), key=str) == [(18.0, None), (None, 20.5), (None, None)]


def test_tns_keeps_its_key_out_of_the_parameters(settings):
    settings.DATA_SERVICES = {"TNS": {"api_key": "secret", "bot_id": 1, "bot_name": "b"}}
    service = TNSDataService()
    assert "secret" not in str(service.build_query_parameters({"target_name": "SN 2023ixf", "days_ago": None}))
    assert service.query_parameters["objname"] == "2023ixf"
    assert service._client().http.base_url.startswith("https://www.wis-tns.org")
    assert not TNSForm({"data_service": "TNS"}).is_valid()
