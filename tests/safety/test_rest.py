"""The API is closed whatever a project's settings leave open, says in its description what it does, and takes whatever it is sent."""

from __future__ import annotations

import json

import pytest
from rest_framework.viewsets import ViewSetMixin

from tests.projects.test_projects import run
from tests.safety.conftest import client_for


@pytest.fixture(scope="module", params=["kind232", "kind31"])
def written(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    run(request.param, folder, "-m", "django", "migrate", "--verbosity", "0")
    return json.loads(run(request.param, folder, "-m", "tests.safety.write_to_api").stdout)


def test_nobody_writes_unasked(written):
    """`DEFAULT_PERMISSION_CLASSES: []`, as projects of the older kind have it, opens nothing."""
    rows = written["rows"]
    assert len(rows) > 80
    assert written["changed"] == {"anonymous": [], "stranger": []}
    assert not [row for row in rows if row["who"] == "anonymous" and row["status"] not in (401, 403, 405)]
    answered = [row for row in rows if row["who"] == "stranger" and row["status"] not in (404, 405)]
    assert not [row for row in answered if "persistent-share" not in row["name"] or row["status"] != 403]


def test_the_description_is_clean(tmp_path):
    run("kind31", tmp_path, "-m", "django", "migrate", "--verbosity", "0")
    run("kind31", tmp_path, "-m", "django", "spectacular", "--fail-on-warn", "--validate", "--file", str(tmp_path / "schema.yml"))
    assert "/api/observations/" in (tmp_path / "schema.yml").read_text()


def test_every_viewset_of_ours_asks_for_a_login_before_writing(db):
    from django.urls import get_resolver

    from tests.projects.walk import names

    found = set()
    for _, pattern in names(get_resolver()):
        cls = getattr(pattern.callback, "cls", None)
        if cls is not None and issubclass(cls, ViewSetMixin) and cls.__module__.startswith("tom_"):
            found.add(cls)
    assert len(found) >= 8
    for cls in found:
        view = cls()
        view.action, view.request, view.kwargs = "create", None, {}
        assert any(type(permission).__name__ != "AllowAny" for permission in view.get_permissions()), cls


def test_payloads_of_targets(world):
    client = client_for(world.people["owner"])
    body = {"name": "Payload", "type": "SIDEREAL", "ra": 0, "dec": 0, "permissions": "PRIVATE", "aliases": [{"name": "Payload alias"}],
            "targetextra_set": [{"key": "foo", "value": "5"}], "target_lists": [{"name": "Payload list"}]}  # fmt: skip
    made = client.post("/api/targets/", json.dumps(body), content_type="application/json")
    assert made.status_code == 201, made.content  # RA and Dec of 0 are there
    answer = made.json()
    assert answer["message"] == "Target successfully uploaded."
    assert (answer["ra"], answer["dec"]) == (0, 0)
    assert [alias["name"] for alias in answer["aliases"]] == ["Payload alias"]
    url = f"/api/targets/{answer['id']}/"
    again = client.post("/api/targets/", json.dumps(body), content_type="application/json")
    assert again.status_code == 400
    near = client.post("/api/targets/", json.dumps({**body, "name": "PAY-LOAD", "aliases": []}), content_type="application/json")
    assert near.status_code == 400  # as the form has it
    clash = client.post(
        "/api/targets/", json.dumps({**body, "name": "Other", "aliases": [{"name": "Other"}]}), content_type="application/json"
    )
    assert clash.status_code == 400
    assert "Alias 'Other' conflicts with Target name 'Other'." in clash.content.decode()
    from tom_targets.models import Target

    assert not Target.objects.filter(name="Other").exists()
    sent = {"permissions": "OPEN", "abs_mag": 12.5, "slope": 0.15, "aliases": [answer["aliases"][0], {"name": "Second alias"}]}
    changed = client.patch(url, json.dumps(sent), content_type="application/json")
    assert changed.status_code == 200
    assert changed.json()["message"] == "Target successfully updated."
    kept = client.get(url).json()
    assert (kept["permissions"], kept["abs_mag"], kept["slope"]) == ("OPEN", 12.5, 0.15)
    assert {alias["name"] for alias in kept["aliases"]} == {"Payload alias", "Second alias"}
    assert client.head("/api/targets/").status_code == client.head(url).status_code == 200
    listed = Target.objects.get(pk=answer["id"]).targetlist_set.get()
    assert client.get(f"/api/targetlist/{listed.pk}/").json()["name"] == "Payload list"
    nothing = client.get("/api/targets/987654/")
    assert nothing.status_code == 404
    assert nothing.json()["detail"] == "No Target matches the given query."
    bad = client.post("/api/targets/", json.dumps({"name": "Bad", "type": "SIDEREAL"}), content_type="application/json")
    assert bad.status_code == 400
    assert "The following fields are required for" in bad.content.decode()
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


def test_payloads_of_data(world):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = client_for(world.people["owner"])
    body = {
        "target": world.target.pk,
        "data_type": "photometry",
        "timestamp": "2024-05-01T00:00:00Z",
        "value": {"magnitude": 17.5, "filter": "g"},
    }
    made = client.post("/api/reduceddatums/", json.dumps(body), content_type="application/json")
    assert made.status_code == 201
    assert made.json()["message"] == "Data successfully uploaded."
    again = client.post("/api/reduceddatums/", json.dumps(body), content_type="application/json")
    assert (again.status_code, again.json()["message"], again.json()["already_exists"]) == (
        200,
        "Data already exists. Skipping upload.",
        True,
    )
    assert client.post("/api/reduceddatums/", json.dumps({"target": world.target.pk}), content_type="application/json").status_code == 400
    file = SimpleUploadedFile("one.fits", b"SIMPLE  =                    T")
    sent = {"target": world.target.pk, "data_product_type": "fits_file", "product_id": "payload", "file": file}
    product = client.post("/api/dataproducts/", sent)
    assert (product.status_code, product.json().get("message")) == (201, "Data product successfully uploaded.")
    file.seek(0)
    twice = client.post("/api/dataproducts/", sent)
    assert (twice.status_code, twice.json()["message"]) == (200, "Data product already exists. Skipping upload.")
    file.seek(0)
    wrong = client.post("/api/dataproducts/", {**sent, "product_id": "other", "data_product_type": "nonsense"})
    assert wrong.status_code == 400
    assert "Not a valid data_product_type. Valid data_product_types are" in wrong.content.decode()
    assert client.delete(f"/api/dataproducts/{product.json()['id']}/").status_code == 204
    from tom_dataproducts.models import ReducedDatum

    datum = ReducedDatum.objects.get(timestamp="2024-05-01T00:00:00Z")
    assert client.delete(f"/api/reduceddatums/{datum.pk}/").status_code == 204
    for name in ("targets", "reduceddatums", "dataproducts", "observations", "groups"):
        assert client.head(f"/api/{name}/").status_code == 200


def test_payloads_of_observations(world):
    client = client_for(world.people["owner"])
    listed = client.get("/api/observations/").json()
    assert {"count", "next", "previous", "results"} <= listed.keys()
    missing = client.post("/api/observations/", json.dumps({"facility": "Example"}), content_type="application/json")
    assert (missing.status_code, missing.json()) == (400, "Missing required field 'observation_type'.")
    assert client.patch("/api/observations/987654/cancel/").status_code == 404
