"""Rights where the target stands in what is sent, not in the address: uploads, measurements, comments, lists, merges, many at once."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.safety.conftest import ask, client_for
from tests.safety.test_get_changes_nothing import fingerprint
from tests.safety.test_rights_matrix import CHANGE, MISSING, VIEW, rights_of, said
from tom_targets.models import Target, TargetList

TABLE = b"time,filter,magnitude,error\n60010.1,r,17.5,0.02\n"
MEASURED = {"data_type": "photometry", "timestamp": "2024-05-01T00:00:00Z", "value": {"magnitude": 1.0, "filter": "r"}}


def sendings(world, target: int, other: int) -> dict[str, tuple]:
    """name: (right it needs, method, address, what is sent, as JSON)"""
    kind = ContentType.objects.get_for_model(Target)
    file = lambda: SimpleUploadedFile("sent.csv", TABLE)  # noqa: E731
    lists = TargetList.objects.get(name="A list").pk
    return {
        "upload": (CHANGE, "post", "/dataproducts/data/upload/", {"target": target, "data_product_type": "photometry", "files": file()}, False),
        "upload preview": (
            CHANGE, "post", "/dataproducts/data/upload/preview/", {"target": target, "data_product_type": "photometry", "files": file()}, False
        ),
        "product": (CHANGE, "post", "/api/dataproducts/", {"target": target, "data_product_type": "photometry", "file": file()}, False),
        "measurement": (CHANGE, "post", "/api/reduceddatums/", {"target": target, **MEASURED}, True),
        "measurements": (CHANGE, "post", "/api/reduceddatums/bulk/", [{"target": target, **MEASURED, "timestamp": "2024-06-01T00:00:00Z"}], True),
        "table": (
            CHANGE, "post", "/api/reduceddatums/table/",
            {"target": target, "data_type": "photometry", "columns": {"mjd": [60000.5], "magnitude": [1.0], "filter": ["r"]}}, True,
        ),
        "comment": (f"login+{VIEW}", "post", "/api/comments/", {"content_type": f"{kind.app_label}.{kind.model}", "object_pk": str(target), "comment": "hello"}, True),
        "changes": (CHANGE, "patch", "/api/targets/bulk/change/", [{"id": target, "name": "Renamed"}], True),
        "merge": (CHANGE, "post", f"/api/targets/{other}/merge/", {"secondary": target}, True),
        "into a list": (VIEW, "post", f"/api/targetlist/{lists}/add/", {"targets": [target]}, True),
        "service": (CHANGE, "post", "/dataproducts/data/single_target_data_service/PanSTARRS/query/", {"target_id": target}, False),
        "observation": (f"login+{VIEW}", "post", "/observations/Example/create/", {"target_id": target, "facility": "Example"}, False),
    }  # fmt: skip


def send(client, sending, accept="*/*"):
    _, method, url, body, is_json = sending
    if is_json:
        answer = getattr(client, method)(url, json.dumps(body), content_type="application/json", headers={"accept": accept})
        answer.body = answer.content
        return answer
    for value in body.values():
        if hasattr(value, "seek"):
            value.seek(0)
    return ask(client, url, method, body)


@pytest.mark.parametrize("world", ["PRIVATE", "PUBLIC", "OPEN"], indirect=True)
@pytest.mark.parametrize("who", ["anonymous", "stranger", "viewer"])
def test_who_may_not_changes_nothing(world, who):
    permissions = world.target.permissions
    client = client_for(world.people[who])
    other = Target.objects.get(name="Crawled 2")
    before = fingerprint()
    for sending in sendings(world, world.target.pk, other.pk).values():
        needs = sending[0].removeprefix("login+")
        if needs in rights_of(who, permissions) and not (who == "anonymous" and needs != sending[0]):
            continue
        answer = send(client, sending)
        assert answer.status_code < 500
    after = fingerprint()
    assert not [name for name in after if after[name] != before[name]]


@pytest.mark.parametrize("world", ["PRIVATE"], indirect=True)
@pytest.mark.parametrize("who", ["anonymous", "stranger"])
def test_what_is_sent_for_a_hidden_target_is_answered_as_for_none(world, who):
    client = client_for(world.people[who])
    other = Target.objects.get(name="Crawled 3").pk
    hidden, missing = sendings(world, world.target.pk, other), sendings(world, MISSING, other)
    told = []
    for name in hidden:
        answers = []
        for sending, key in ((hidden[name], world.target.pk), (missing[name], MISSING)):
            status, headers, body = said(send(client, sending), sending[2])
            body = re.sub(rb'(not_found": ?\[|pk \\?"|target_id=|value=")%d(?!\d)' % key, rb"\1KEY", body)
            answers.append((status, headers.get("Location", b"").replace(b"target_id%%3D%d" % key, b"KEY"), body))
        if answers[0] != answers[1]:
            told.append((name, *[(status, where, body[:300]) for status, where, body in answers]))
    assert not told


def test_the_owner_changes_something_by_each(world):
    """The tests above send what does something for who has the right."""
    client = client_for(world.people["owner"])
    nothing = []
    before = fingerprint()
    for name, sending in sendings(world, world.target.pk, Target.objects.get(name="Crawled 2").pk).items():
        if name in ("upload preview", "service", "observation", "merge", "into a list"):  # shows, asks elsewhere, or is there already
            continue
        answer = send(client, sending)
        after = fingerprint()
        if after == before:
            nothing.append((name, answer.status_code, answer.body[:300]))
        before = after
    assert not nothing
