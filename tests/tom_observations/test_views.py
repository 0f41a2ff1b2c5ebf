import pytest
import responses
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from guardian.shortcuts import assign_perm, get_groups_with_perms

from tom_common.http import forget_hosts
from tom_common.models import OutboxItem
from tom_observations.models import DynamicCadence, ObservationGroup, ObservationRecord, ObservationTemplate
from tom_observations.services.groups import create_group
from tom_observations.tests.factories import ObservationTemplateFactory, ObservingRecordFactory
from tom_observations.tests.utils import FakeRoboticFacility

pytestmark = pytest.mark.django_db
WHO = ["anonymous", "stranger", "member", "owner", "superuser"]


@pytest.fixture
def visit(client, people):
    def go(who, method, name, data=None, query="", **kwargs):
        client.logout()
        if people[who] is not None:
            client.force_login(people[who])
        url = reverse(f"tom_observations:{name}", kwargs=kwargs) + query
        return getattr(client, method)(url, data or {})

    return go


def answer(response):
    if response.status_code == 302 and "/login" in response.url:
        return "login"
    return response.status_code


def form_data(target, **values):
    return {"facility": "FakeRoboticFacility", "target_id": target.pk, "observation_type": "OBSERVATION", "test_input": "gnomes", **values}


# rights: each address for each kind of visitor

RIGHTS = [
    ("get", "list", {}, [200, 200, 200, 200, 200]),
    ("post", "list", {}, ["login", 302, 302, 302, 302]),
    ("get", "facility-status", {}, [200, 200, 200, 200, 200]),
    ("get", "render-facility-status-list", {}, [200, 200, 200, 200, 200]),
    ("get", "template-list", {}, [200, 200, 200, 200, 200]),
    ("get", "add-existing", {}, ["login", 200, 200, 200, 200]),
    ("get", "group-create", {}, ["login", 200, 200, 200, 200]),
    ("get", "group-list", {}, [200, 200, 200, 200, 200]),
    ("get", "detail", {"pk": "record"}, ["login", 404, 200, 200, 200]),
    ("get", "cancel", {"pk": "record"}, ["login", 404, 403, 200, 200]),
    ("post", "cancel", {"pk": "record"}, ["login", 404, 403, 302, 302]),
    ("get", "update", {"pk": "record"}, ["login", 404, 403, 200, 200]),
    ("post", "update", {"pk": "record"}, ["login", 404, 403, 200, 200]),
    ("post", "set-status", {"pk": "record"}, ["login", 404, 403, 302, 302]),
    ("get", "set-status", {"pk": "record"}, ["login", 405, 405, 405, 405]),
    ("get", "group-delete", {"pk": "group"}, ["login", 404, 404, 200, 200]),
    ("post", "group-delete", {"pk": "group"}, ["login", 404, 404, 302, 302]),
    ("get", "template-create", {"facility": "FakeRoboticFacility"}, ["login", 200, 200, 200, 200]),
    ("get", "template-update", {"pk": "template"}, ["login", 200, 200, 200, 200]),
    ("get", "template-detail", {"pk": "template"}, ["login", 200, 200, 200, 200]),
    ("get", "template-delete", {"pk": "template"}, ["login", 200, 200, 200, 200]),
    ("post", "template-delete", {"pk": "template"}, ["login", 302, 302, 302, 302]),
    ("get", "create", {"facility": "FakeRoboticFacility"}, ["login", 404, 200, 200, 200]),
    ("post", "create", {"facility": "FakeRoboticFacility"}, ["login", 404, 200, 200, 200]),
    ("get", "callback", {}, ["login", 404, 200, 200, 200]),
    ("post", "callback", {}, ["login", 404, 302, 302, 302]),
    ("get", "panel", {"pk": "record", "slug": "nothing"}, ["login", 404, 404, 404, 404]),
]


@pytest.mark.parametrize(("who", "number"), [(who, number) for number, who in enumerate(WHO)])
@pytest.mark.parametrize(("method", "name", "kwargs", "expected"), RIGHTS, ids=[f"{row[0]}-{row[1]}" for row in RIGHTS])
def test_rights(visit, record, people, who, number, method, name, kwargs, expected):
    rows = {
        "record": record,
        "group": create_group(actor=people["owner"], name="g"),
        "template": ObservationTemplateFactory.create(facility="FakeRoboticFacility"),
    }
    kwargs = {key: rows[value].pk if value in rows else value for key, value in kwargs.items()}
    data = {}
    if name in ("create", "callback"):
        data = {"target_id": record.target_id, "facility": "FakeRoboticFacility", "observation_id": "77"}
    if name == "list" and method == "post":
        data = {"update_status": "True"}
    response = visit(who, method, name, data, **kwargs)
    assert answer(response) == expected[number], response.content[:500]


MISSING = [
    ("detail", {"pk": 999}), ("cancel", {"pk": 999}), ("update", {"pk": 999}), ("group-delete", {"pk": 999}), ("template-update", {"pk": 999}),
    ("template-delete", {"pk": 999}), ("template-create", {"facility": "nowhere"}), ("create", {"facility": "nowhere"}),
    ("create", {"facility": "FakeRoboticFacility"}), ("redirect", {"facility": "nowhere"}), ("redirect", {"facility": "FakeRoboticFacility"}), ("callback", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kwargs"), MISSING, ids=[f"{name}-{kwargs}" for name, kwargs in MISSING])
@pytest.mark.parametrize("query", ["?target_id=999", "?target_id=x", "?target_id=99999999999999999999", ""])
def test_what_is_not_there_is_404(visit, fakes, name, kwargs, query):
    assert visit("superuser", "get", name, query=query, **kwargs).status_code == 404


# requesting


def test_the_create_page_shows_a_form_and_prefills_it(visit, target, fakes):
    response = visit("member", "get", "create", facility="FakeRoboticFacility", query=f"?target_id={target.pk}&test_input=elves")
    assert response.context["target"] == target
    ((kind, form),) = response.context["observation_type_choices"]
    assert kind == response.context["active"] == "OBSERVATION"
    assert b'value="elves"' in response.content
    assert response.content.count(b'name="submission_key"') == 1
    assert f"/targets/{target.pk}/?tab=observe".encode() in response.content
    assert form["target_id"].value() == str(target.pk)


def test_the_target_id_of_the_address_is_never_a_template(visit, target, fakes):
    response = visit(
        "member", "get", "create", facility="FakeRoboticFacility", query=f"?target_id={target.pk}&test_input={{% load x %}}{{{{7*7}}}}<b>"
    )
    assert response.status_code == 200
    assert b"{{7*7}}&lt;b&gt;" in response.content


def test_a_request_is_submitted_once(visit, target, fakes, people):
    data = form_data(target, submission_key="abc")
    for _ in range(2):
        response = visit("member", "post", "create", data, facility="FakeRoboticFacility")
        assert response.url == f"/targets/{target.pk}/?tab=observations"
    record = ObservationRecord.objects.get()
    assert (record.observation_id, record.facility, record.user) == ("fakeid", "FakeRoboticFacility", people["member"])
    assert record.parameters["test_input"] == "gnomes"
    assert "submission_key" not in record.parameters


def test_a_template_prefills_the_form(visit, target, fakes):
    template = ObservationTemplateFactory.create(facility="FakeRoboticFacility", parameters={"test_input": "trolls", "target_id": 99})
    page = visit(
        "member", "get", "create", facility="FakeRoboticFacility", query=f"?target_id={target.pk}&observation_template={template.pk}"
    )
    assert b'value="trolls"' in page.content
    assert page.context["form"]["target_id"].value() == str(target.pk)
    assert (
        visit("member", "get", "create", facility="FakeRoboticFacility", query=f"?target_id={target.pk}&observation_template=x").status_code
        == 200
    )
    assert (
        visit("member", "get", "create", facility="FakeRoboticFacility", query=f"?target_id={target.pk}&observation_template=²").status_code
        == 200
    )


def test_validate_only_validates(visit, target, fakes):
    response = visit("member", "post", "create", form_data(target, validate="Validate"), facility="FakeRoboticFacility")
    assert b"This observation is valid." in response.content
    assert not ObservationRecord.objects.exists()
    assert not OutboxItem.objects.exists()


def test_an_invalid_form_keeps_its_input(visit, target, fakes):
    response = visit(
        "member", "post", "create", form_data(target, test_input="", facility="FakeRoboticFacility"), facility="FakeRoboticFacility"
    )
    assert response.status_code == 200
    assert "test_input" in response.context["form"].errors


def test_what_the_facility_objects_to_stands_on_the_form(visit, target, fakes, monkeypatch):
    def refuse(self, payload):
        raise RuntimeError("dome closed")

    monkeypatch.setattr(FakeRoboticFacility, "submit_observation", refuse)
    response = visit("member", "post", "create", form_data(target), facility="FakeRoboticFacility")
    assert response.status_code == 200
    assert b"dome closed" in response.content
    assert b"gnomes" in response.content


def test_several_ids_and_a_cadence(visit, target, fakes, monkeypatch):
    monkeypatch.setattr(FakeRoboticFacility, "submit_observation", lambda self, payload: ["1", "2"])
    data = form_data(target, cadence_strategy="RetryFailedObservationsStrategy", cadence_frequency=12)
    assert visit("member", "post", "create", data, facility="FakeRoboticFacility").status_code == 302
    group = ObservationGroup.objects.get()
    assert group.observation_records.count() == 2
    cadence = DynamicCadence.objects.get(observation_group=group)
    assert (cadence.cadence_strategy, cadence.cadence_parameters) == ("RetryFailedObservationsStrategy", {"cadence_frequency": 12})
    page = visit(
        "member",
        "get",
        "create",
        facility="FakeRoboticFacility",
        query=f"?target_id={target.pk}&cadence_strategy=RetryFailedObservationsStrategy",
    )
    assert b'name="cadence_frequency"' in page.content
    assert (
        visit("member", "post", "create", form_data(target, cadence_strategy="nobody"), facility="FakeRoboticFacility").status_code == 404
    )


def test_chosen_groups_get_the_rights(visit, target, fakes, people, settings):
    settings.TARGET_PERMISSIONS_ONLY = False
    page = visit("member", "get", "create", facility="FakeRoboticFacility", query=f"?target_id={target.pk}")
    assert b"members" in page.content
    visit("member", "post", "create", form_data(target, groups=[people["group"].pk]), facility="FakeRoboticFacility")
    record = ObservationRecord.objects.get()
    assert people["group"] in get_groups_with_perms(record)


@pytest.mark.parametrize("name", ["LCO", "SOAR", "BLANCO", "GEM", "LT", "Example"])
def test_every_facility_of_ours_shows_its_page_though_nobody_answers(visit, target, settings, name):
    settings.TOM_FACILITY_CLASSES = [
        *(f"tom_observations.facilities.{module}Facility" for module in ("lco.LCO", "soar.SOAR", "blanco.BLANCO", "gemini.GEM", "lt.LT")),
        "tom_observations.facilities.manual.ExampleManualFacility",
    ]
    forget_hosts()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for path in ("instruments", "profile"):
            mock.get(f"https://observe.lco.global/api/{path}/", status=404)
        response = visit("member", "get", "create", facility=name, query=f"?target_id={target.pk}")
        template = visit("member", "get", "template-create", facility=name)
    assert response.status_code == 200
    assert b"<form" in response.content
    assert template.status_code == (404 if name in ("LT", "Example") else 200)
    if name in ("LCO", "SOAR", "BLANCO"):
        assert b"could not be asked for" in response.content


# a manual facility, from end to end


def test_a_manual_observation_from_request_to_completion(visit, target, settings, client):
    settings.TOM_FACILITY_CLASSES = ["tom_observations.facilities.manual.ExampleManualFacility"]
    data = {
        "facility": "Example",
        "target_id": target.pk,
        "observation_type": "OBSERVATION",
        "name": "first",
        "start": "2026-03-01",
        "end": "2026-02-01",
    }
    assert "end" in visit("owner", "post", "create", data, facility="Example").context["form"].errors
    assert visit("owner", "post", "create", {**data, "end": ""}, facility="Example").status_code == 302
    record = ObservationRecord.objects.get()
    assert record.observation_id == f"first:{target.name}-Example-2026-03-01"
    page = visit("owner", "get", "detail", pk=record.pk)
    assert page.context["editable"]
    assert b"Completed" in page.content
    assert visit("owner", "post", "set-status", {"status": "Completed"}, pk=record.pk).status_code == 302
    assert visit("owner", "post", "update", {"observation_id": "night 1"}, pk=record.pk).status_code == 302
    visit("owner", "post", "set-status", {"status": "Nonsense"}, pk=record.pk)
    record.refresh_from_db()
    assert (record.status, record.observation_id, record.terminal) == ("Completed", "night 1", True)
    assert not visit("member", "get", "detail", pk=record.pk).context["editable"]


# cancel, list, groups


def test_get_changes_nothing(visit, record, monkeypatch):
    def fail(*args):
        raise AssertionError("a GET changed something")

    monkeypatch.setattr(FakeRoboticFacility, "cancel_observation", fail)
    monkeypatch.setattr(FakeRoboticFacility, "update_all_observation_statuses", fail)
    group = ObservationGroup.objects.create(name="g")
    assert visit("superuser", "get", "cancel", pk=record.pk).status_code == 200
    assert visit("superuser", "get", "list", query="?update_status=True").status_code == 200
    assert visit("superuser", "get", "list", query=f"?selected={record.pk}&observationgroup={group.pk}&action=add").status_code == 200
    assert (
        visit(
            "superuser", "get", "callback", query=f"?facility=FakeRoboticFacility&target_id={record.target_id}&observation_id=8"
        ).status_code
        == 200
    )
    assert not group.observation_records.exists()
    assert ObservationRecord.objects.count() == 1


def test_the_callback_is_believed_when_it_comes_from_the_facilitys_site(client, people, target, fakes, monkeypatch):
    monkeypatch.setattr(FakeRoboticFacility, "portal_url", "https://portal.example", raising=False)
    client.force_login(people["member"])
    url = reverse("tom_observations:callback") + f"?facility=FakeRoboticFacility&target_id={target.pk}&observation_id=8"
    assert client.get(url, headers={"referer": "https://evil.example/"}).status_code == 200
    assert client.get(url, headers={"referer": "https://portal.example/"}).status_code == 302
    assert client.get(url, headers={"referer": "https://portal.example/"}).status_code == 302
    record = ObservationRecord.objects.get()
    assert people["member"].has_perm("tom_observations.change_observationrecord", record)


def test_cancel(visit, record, monkeypatch):
    monkeypatch.setattr(FakeRoboticFacility, "get_observation_status", lambda self, i: {"state": "FAILED"})
    assert b"Cancel observation" in visit("owner", "get", "detail", pk=record.pk).content
    assert b"Cancel observation" not in visit("member", "get", "detail", pk=record.pk).content
    visit("owner", "post", "cancel", pk=record.pk)
    record.refresh_from_db()
    assert record.status == "FAILED"


def test_the_list_has_a_fixed_number_of_queries(visit, target, people, fakes, client):
    group = create_group(actor=people["member"], name="seen by its maker")
    hidden = create_group(actor=people["owner"], name="hidden group")

    def fill(number):
        for n in range(number):
            record = ObservingRecordFactory.create(target_id=target.pk, facility="FakeRoboticFacility", status="COMPLETED" if n % 2 else "")
            group.observation_records.add(record)
            hidden.observation_records.add(record)

    def count():
        with CaptureQueriesContext(connection) as found:
            response = client.get(reverse("tom_observations:list"))
        assert b"seen by its maker" in response.content
        return len(found), response

    client.force_login(people["member"])
    fill(2)
    count()
    few, _ = count()
    fill(30)
    many, response = count()
    assert few == many
    assert many <= 14
    assert len(response.context["object_list"]) == 25
    assert b"hidden group" not in response.content.split(b"<tbody>")[1]
    assert len(response.content) < 60_000
    assert visit("member", "get", "list", query="?page=2").context["page_obj"].number == 2


@pytest.mark.database
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?facility=FakeRoboticFacility", 1), ("?facility=FakeManualFacility", 0), ("?status=PENDING", 1), ("?status=pending", 0), ("?observation_id=fakeid", 1),
        ("?target_id=1,999999", 0), ("?scheduled_start_after=2026-01-01", 0), ("?ordering=-status", 1), ("?target_id=x", 1), ("?observationgroup=99", 1),
    ],
)  # fmt: skip
def test_filters(visit, record, query, expected):
    if "target_id=1" in query:
        query, expected = f"?target_id={record.target_id},999999", 1
    assert len(visit("member", "get", "list", query=query).context["object_list"]) == expected


def test_groups_are_filled_by_those_who_may(visit, record, people):
    group = create_group(actor=people["member"], name="g")
    data = {"selected": [record.pk], "observationgroup": group.pk, "action": "add"}
    assert visit("stranger", "post", "list", data).status_code == 404
    assert visit("member", "post", "list", data).status_code == 302
    assert group.observation_records.count() == 1
    assign_perm("tom_observations.change_observationgroup", people["stranger"], group)
    hidden = ObservingRecordFactory.create(target_id=record.target_id, facility="FakeRoboticFacility")
    visit("stranger", "post", "list", {**data, "selected": [hidden.pk]})
    assert group.observation_records.count() == 1
    visit("member", "post", "list", {**data, "action": "remove"})
    assert not group.observation_records.exists()
    assert visit("member", "post", "list", {"action": "add"}).status_code == 302


def test_group_pages(visit, record, people):
    assert visit("member", "post", "group-create", {"name": "mine"}).status_code == 302
    group = ObservationGroup.objects.get()
    assert b"mine" in visit("member", "get", "group-list").content
    assert b"mine" not in visit("owner", "get", "group-list").content
    visit("member", "post", "group-delete", pk=group.pk)
    assert not ObservationGroup.objects.exists()


def test_existing_observations(visit, target, fakes):
    data = {"target_id": target.pk, "facility": "FakeRoboticFacility", "observation_id": "88"}
    assert visit("stranger", "post", "add-existing", data).status_code == 404
    assert visit("member", "post", "add-existing", data).url == f"/targets/{target.pk}/?tab=observations"
    again = visit("member", "post", "add-existing", data)
    assert again.status_code == 200
    assert b"already has observation 88" in again.content
    assert visit("member", "post", "add-existing", {**data, "confirm": "True"}).status_code == 302
    assert ObservationRecord.objects.count() == 2
    assert visit("member", "post", "add-existing", {**data, "facility": "x"}).status_code == 200


def test_templates_are_made_changed_and_deleted(visit, fakes):
    data = {"facility": "FakeRoboticFacility", "template_name": "deep", "test_input": "gnomes"}
    assert b'value="elves"' in visit("member", "get", "template-create", facility="FakeRoboticFacility", query="?test_input=elves").content
    assert visit("member", "post", "template-create", data, facility="FakeRoboticFacility").status_code == 302
    template = ObservationTemplate.objects.get()
    assert (template.name, template.facility, template.parameters["test_input"]) == ("deep", "FakeRoboticFacility", "gnomes")
    assert b'value="gnomes"' in visit("member", "get", "template-update", pk=template.pk).content
    visit("member", "post", "template-update", {**data, "test_input": "trolls"}, pk=template.pk)
    template.refresh_from_db()
    assert template.parameters["test_input"] == "trolls"
    assert b"deep" in visit("anonymous", "get", "template-list", query="?name=DEE&facility=FakeRoboticFacility").content
    visit("member", "post", "template-delete", pk=template.pk)
    assert not ObservationTemplate.objects.exists()


def test_a_facility_that_fails_is_named_on_the_status_page(visit, fakes, monkeypatch):
    def fail(self):
        raise RuntimeError("no route")

    monkeypatch.setattr(FakeRoboticFacility, "get_facility_status", fail)
    assert b"no route" in visit("anonymous", "get", "render-facility-status-list", query="?hx_trigger=load").content


def test_records_of_an_absent_facility_are_shown(visit, record, settings):
    settings.TOM_FACILITY_CLASSES = []
    page = visit("owner", "get", "detail", pk=record.pk)
    assert page.status_code == 200
    assert b"is not installed" in page.content
    assert visit("owner", "get", "list").status_code == 200


def test_the_tabs_of_a_target(visit, client, people, record):
    client.force_login(people["member"])
    record.target.ra, record.target.dec = 180, -30
    record.target.save()
    night = "?start_time=2026-03-01T00:00&end_time=2026-03-02T00:00"
    tabs = {
        slug: client.get(reverse("targets:tab", kwargs={"pk": record.target_id, "slug": slug}) + night)
        for slug in ("observe", "observations")
    }
    assert tabs["observe"].status_code == tabs["observations"].status_code == 200
    assert b"Airmass over time" in tabs["observe"].content
    assert b"FakeManualFacility/create/" in tabs["observe"].content
    assert b"fakeid" in tabs["observations"].content
    client.logout()
    record.target.permissions = "PUBLIC"
    record.target.save()
    anonymous = client.get(reverse("targets:tab", kwargs={"pk": record.target_id, "slug": "observe"}))
    assert b"/create/" not in anonymous.content


def test_no_page_of_ours_needs_inline_script_or_style(visit, record):
    import re

    for name, kwargs in (
        ("list", {}),
        ("detail", {"pk": record.pk}),
        ("facility-status", {}),
        ("create", {"facility": "FakeRoboticFacility"}),
    ):
        html = visit("owner", "get", name, query=f"?target_id={record.target_id}", **kwargs).content.decode()
        assert not re.search(r"\sstyle=", html), name
        assert not re.search(r"<[^>]+\son[a-z]+=", html), name
        assert not re.search(r"<script(?![^>]*(src=|application/json))", html), name
