"""A target goes to another TOM as the protocol says."""

import json

import pytest
import responses
from django.core.exceptions import ImproperlyConfigured

from tom_targets.models import TargetList
from tom_targets.sharing import custom_target_to_extras, share_target_with_tom, sharing_options

pytestmark = [pytest.mark.django_db, pytest.mark.database]
URL = "https://other.example/api/targets/"


@pytest.fixture(autouse=True)
def _destination(settings):
    pytest.importorskip("tom_dataproducts.sharing")
    settings.TOM_NAME = "Ours"
    settings.DATA_SHARING = {"other": {"DISPLAY_NAME": "Other", "BASE_URL": "https://other.example/", "USERNAME": "u", "PASSWORD": "p"}}


@responses.activate
def test_new_there(make, member):
    target = make("SN 1", names=["a1"], extras={"k": "v"})
    responses.get(URL, json={"results": []})
    responses.post(URL, json={"id": 7, "message": "Target successfully uploaded."}, status=201)
    share_target_with_tom("other", {"target": target}, [TargetList(name="mine")], user=member)
    assert responses.calls[0].request.params == {"name_fuzzy": "SN 1,a1"}
    sent = json.loads(responses.calls[1].request.body)
    assert (sent["name"], sent["ra"], sent["shared_by"], sent["shared_from"]) == ("SN 1", 10.0, "member", "Ours")
    assert sent["target_lists"] == [{"name": "Imported From Ours"}, {"name": "mine"}]
    assert (sent["aliases"], sent["targetextra_set"], sent["groups"]) == ([{"name": "a1"}], [{"key": "k", "value": "v"}], [])
    assert not {"id", "healpix", "created"} & set(sent)
    assert responses.calls[1].request.headers["Authorization"].startswith("Basic ")


@responses.activate
def test_known_there(make):
    responses.get(URL, json={"results": [{"id": 5}]})
    responses.patch(f"{URL}5/", json={"id": 5})
    share_target_with_tom("other", {"target": make("a")})
    assert json.loads(responses.calls[1].request.body) == {"target_lists": [{"name": "Imported From Ours"}]}


@responses.activate
def test_several_there(make):
    responses.get(URL, json={"results": [{"id": 5}, {"id": 6}]})
    assert share_target_with_tom("other", {"target": make("a")})["message"].startswith("ERROR: Multiple targets")


def test_unknown_destination(make, settings):
    with pytest.raises(ImproperlyConfigured):
        share_target_with_tom("nowhere", {"target": make("a")})
    assert [key for key, _ in sharing_options()] == ["other"]
    settings.DATA_SHARING = {}
    assert sharing_options() == []


def test_plain_targets_have_no_columns_of_their_own(make):
    assert custom_target_to_extras(make("a").pk) == []


@responses.activate
def test_a_draft_at_hermes_goes_on_at_its_page(client, make, member, settings):
    from tom_targets.services import grant_access

    settings.DATA_SHARING = {"hermes": {"BASE_URL": "https://hermes.example/", "HERMES_API_KEY": "k", "DEFAULT_AUTHORS": "A. Author"}}
    target = make("SN 1")
    grant_access(target=target, holder=member)
    client.force_login(member)
    responses.post("https://hermes.example/api/v0/submit_message/preload/", json={"key": "abc"})
    asked = {"share_title": "A title", "share_destination": "hermes:my.topic"}
    answer = client.post(f"/targets/{target.pk}/hermes-preload/", asked)
    assert answer.url == "https://hermes.example/submit-message?id=abc"
    sent = json.loads(responses.calls[0].request.body)
    assert (sent["title"], sent["topic"], sent["authors"]) == ("A title", "my.topic", "A. Author")
    responses.post("https://hermes.example/api/v0/submit_message/preload/", status=500)
    responses.remove("POST", "https://hermes.example/api/v0/submit_message/preload/")
    responses.post("https://hermes.example/api/v0/submit_message/preload/", status=400, json={})
    refused = client.post(f"/targets/{target.pk}/hermes-preload/", asked)
    assert refused.url == "/targets/"


@responses.activate
def test_a_target_and_its_data_end_in_one_sentence(make, member):
    from tom_targets.sharing import share_target_and_all_data

    target = make("a")
    responses.get(URL, json={"results": [{"id": 5}]})
    responses.patch(f"{URL}5/", json={"id": 5})
    assert share_target_and_all_data("other", target, member) == "Target shared. It has no data yet."
    responses.replace(responses.GET, URL, json={"results": [{"id": 5}, {"id": 6}]})
    assert share_target_and_all_data("other", target) == "ERROR: Multiple targets with matching name found in destination TOM."
