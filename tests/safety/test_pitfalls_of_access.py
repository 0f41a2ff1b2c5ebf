"""Old ways in to what is not one's own, each tried as somebody without the right; `test_pitfalls.py` says which weakness each is."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse
from guardian.shortcuts import assign_perm

from tests.safety.conftest import ask, client_for
from tests.safety.test_difference import add_hidden
from tests.safety.test_get_changes_nothing import fingerprint
from tom_dataproducts.models import DataProduct, DataProductGroup, ReducedDatum
from tom_targets.models import Target, TargetList

HOSTILE = "</script><script>alert(1)</script>'\"<img src=x onerror=alert(2)>"


def changed_by(client, calls) -> list[str]:
    """The calls after which the database is not as it was; sessions aside."""
    found, before = [], fingerprint()
    for method, url, data in calls:
        kind = {"content_type": "application/json"} if url.startswith("/api/") else {}
        getattr(client, method)(url, json.dumps(data) if kind else data, **kind)
        after = fingerprint()
        if after != before:
            found.append(f"{method} {url}: {[table for table in after if after[table] != before.get(table)]}")
        before = after
    return found


@pytest.mark.parametrize("world", ["PUBLIC", "OPEN"], indirect=True)
@pytest.mark.parametrize("who", ["anonymous", "stranger", "viewer"])
def test_what_everybody_sees_not_everybody_changes(world, who):
    target, client = world.target, client_for(world.people[who])
    other = Target.objects.get(name="Crawled 2")
    datum = ReducedDatum.objects.get(target=target)
    page = f"/targets/{target.pk}"
    calls = [
        ("post", f"{page}/update/", {"name": "Mine", "type": "SIDEREAL", "ra": 1, "dec": 1, "permissions": "OPEN"}),
        ("post", f"{page}/delete/", {}),
        ("post", reverse("targets:merge", args=[target.pk, other.pk]), {"target_1": target.pk, "target_2": other.pk, "target_select": target.pk}),
        ("post", f"{page}/share/", {"share_destination": "other"}),
        *[(method, f"/api/targets/{target.pk}/", {"name": "Mine"}) for method in ("patch", "put", "delete")],
        ("post", f"/api/targets/{target.pk}/merge/", {"secondary": other.pk}),
        ("delete", f"/api/reduceddatums/{datum.pk}/", {}),
        ("delete", f"/api/dataproducts/{world.product.pk}/", {}),
        ("post", f"/dataproducts/data/{world.product.pk}/delete/", {}),
        ("delete", f"/api/targetname/{target.aliases.get().pk}/", {}),
        ("patch", f"/api/targetextra/{target.targetextra_set.get().pk}/", {"value": "mine"}),
        ("post", "/api/reduceddatums/", {"target": target.pk, "data_type": "photometry", "timestamp": "2024-05-01T00:00:00Z", "value": {"magnitude": 1}}),
    ]  # fmt: skip
    assert changed_by(client, calls) == []


def test_the_owner_changes_by_these_very_calls(world):
    """The test above asks where something would happen to who has the right."""
    client = client_for(world.people["owner"])
    datum = ReducedDatum.objects.get(target=world.target)
    assert len(changed_by(client, [
        ("patch", f"/api/targets/{world.target.pk}/", {"name": "Mine"}),
        ("delete", f"/api/reduceddatums/{datum.pk}/", {}),
        ("post", f"/dataproducts/data/{world.product.pk}/delete/", {}),
        ("post", f"/targets/{world.target.pk}/delete/", {}),
    ])) == 4  # fmt: skip


@pytest.mark.parametrize("world", ["OPEN"], indirect=True)
def test_a_hostile_name_is_text_on_every_page(world):
    from tom_targets.models import TargetExtra, TargetName

    Target.objects.filter(pk=world.target.pk).update(name=HOSTILE[:60])
    target, other = Target.objects.get(pk=world.target.pk), Target.objects.get(name="Crawled 2")
    TargetName.objects.create(target=target, name=f"alias {HOSTILE}"[:90])
    TargetExtra.objects.create(target=target, key="note", value=HOSTILE)
    TargetList.objects.filter(name="A list").update(name=HOSTILE)
    client = client_for(world.people["owner"])
    pages = [
        "/", "/targets/", "/targets/?_table=columns", "/targets/skymap/", f"/targets/{target.pk}/", f"/targets/{target.pk}/finder/",
        f"/targets/{target.pk}/update/", f"/targets/{target.pk}/delete/", f"/targets/{target.pk}/coordinates/", f"/targets/{target.pk}/share/",
        f"/targets/{target.pk}/rights/", "/targets/targetgrouping/", "/targets/targetselection/", "/observations/list/", "/dataproducts/data/",
        reverse("targets:merge", args=[target.pk, other.pk]), f"/observations/Example/create/?target_id={target.pk}",
        "/history/", f"/search/?name={HOSTILE}", f"/targets/?query={HOSTILE}", f"/targets/?name={HOSTILE}",
    ]  # fmt: skip
    seen = 0
    for url in pages:
        answer = ask(client, url)
        assert answer.status_code in (200, 302), (url, answer.status_code)
        seen += b"alert(1)" in answer.body
        assert b"<script>alert(1)" not in answer.body, url
        assert b"<img src=x" not in answer.body, url
        for block in re.findall(rb"<script[^>]*>(.*?)</script>", answer.body, re.S):
            assert b"</script" not in block, url
    assert seen > 8


@pytest.mark.parametrize("who", ["anonymous", "stranger"])
def test_rights_on_single_products_hide_the_others(world, settings, who):
    settings.TARGET_PERMISSIONS_ONLY = False
    client = client_for(world.people[who])
    for name in ("reduceddatums", "dataproducts", "observations"):
        listed = client.get(f"/api/{name}/")
        assert (listed.status_code, listed.json()["results"]) == (200, []), name
    for url in (
        f"/api/dataproducts/{world.product.pk}/",
        f"/dataproducts/data/{world.product.pk}/file/",
        f"/data/{world.product.data.name}",
    ):
        assert ask(client, url).status_code == (404 if who == "stranger" else 401 if url.startswith("/api") else 302)
    stranger = world.people["stranger"]
    assign_perm("tom_dataproducts.view_dataproduct", stranger, world.product)
    known = client_for(stranger).get("/api/dataproducts/").json()["results"]
    assert [row["product_id"] for row in known] == ["p1"]


def test_data_are_not_shared_or_downloaded_by_their_keys(world):
    add_hidden(world.people["owner"])
    hidden = ReducedDatum.objects.get(target__name="Hidden one")
    public = Target.objects.get(name="Crawled 3")
    for who in ("anonymous", "stranger", "viewer"):
        client = client_for(world.people[who])
        for destination in ("download", "other", "hermes:hermes.test"):
            for url in (f"/dataproducts/target/{public.pk}/share/", f"/dataproducts/target/{hidden.target_id}/share/"):
                answer = ask(client, url, "post", {"share_destination": destination, "share-box": [hidden.pk], "share_title": "t"})
                assert b"hiddenband" not in answer.body, (who, destination, url)
                assert b"11.0" not in answer.body


def test_groups_of_products_are_filled_and_emptied_by_those_who_may(world):
    add_hidden(world.people["owner"])
    group = DataProductGroup.objects.get(name="Products")
    hidden = DataProduct.objects.get(product_id="hidden product")
    for who in ("anonymous", "stranger", "viewer"):
        client = client_for(world.people[who])
        calls = [
            ("post", f"/dataproducts/data/group/{group.pk}/", {"products": [hidden.pk]}),
            ("post", "/dataproducts/data/group/add/", {"group": group.pk, "products": [hidden.pk, world.product.pk]}),
        ]
        assert changed_by(client, calls) == [], who
    assert list(group.dataproduct_set.all()) == [hidden]


def test_all_that_match_are_those_that_one_sees(world):
    add_hidden(world.people["owner"])
    hidden = Target.objects.get(name="Hidden one")
    viewer = world.people["viewer"]
    own = TargetList.objects.create(name="Own")
    for action in ("view", "change", "delete"):
        assign_perm(f"tom_targets.{action}_targetlist", viewer, own)
    client = client_for(viewer)
    every = {"grouping": own.pk, "isSelectAll": "True", "query_string": "", "selected-target": [hidden.pk]}
    for verb in ("add", "move", "remove"):
        client.post("/targets/add-remove-grouping/", {**every, verb: "x"})
        client.post("/targets/add-remove-grouping/", {**every, verb: "x", "isSelectAll": "False"})
        client.post(f"/api/targetlist/{own.pk}/{verb}/", json.dumps({"matching": {}}), content_type="application/json")
        told = client.post(f"/api/targetlist/{own.pk}/{verb}/", json.dumps({"targets": [hidden.pk]}), content_type="application/json")
        assert told.json()["not_found"] == [hidden.pk]
        assert hidden not in own.targets.all(), verb
    client.post(f"/api/targetlist/{own.pk}/add/", json.dumps({"matching": {}}), content_type="application/json")
    assert {target.name for target in own.targets.all()} == {"Crawled 1", "Crawled 2", "Crawled 3"}


def test_one_key_names_one_measurement(world):
    """Rows of all kinds are in one table: a key deletes the row that it showed, and no other."""
    target, client = world.target, client_for(world.people["owner"])
    when = datetime(2024, 6, 1, tzinfo=UTC)
    for kind, value in (("spectroscopy", {"flux": [1.0, 2.0], "wavelength": [3.0, 4.0]}), ("astrometry", {"ra": 1.0, "dec": 2.0})):
        ReducedDatum.objects.create(target=target, data_type=kind, timestamp=when, value=value)
    kept = {row.pk: row.data_type for row in ReducedDatum.objects.all()}
    assert len(kept) == len(client.get("/api/reduceddatums/").json()["results"]) == 3
    for key, kind in kept.items():
        assert client.get(f"/api/reduceddatums/{key}/").json()["data_type"] == kind
    chosen = next(key for key, kind in kept.items() if kind == "spectroscopy")
    assert client.delete(f"/api/reduceddatums/{chosen}/").status_code == 204
    assert set(ReducedDatum.objects.values_list("data_type", flat=True)) == {"photometry", "astrometry"}


def test_an_extra_of_another_target_stays_there(world):
    """Named in a change of one's own target, even by who may change neither or both."""
    add_hidden(world.people["superuser"])
    theirs = Target.objects.get(name="Hidden one").targetextra_set.get()
    client = client_for(world.people["changer"])
    sent = {"targetextra_set": [{"id": theirs.pk, "key": "kind", "value": "taken"}]}
    answer = client.patch(f"/api/targets/{world.target.pk}/", json.dumps(sent), content_type="application/json")
    assert answer.status_code == 400
    assert b"secretkind" not in answer.content
    theirs.refresh_from_db()
    assert (theirs.value, theirs.target.name) == ("secretkind", "Hidden one")


def test_records_of_nobody_are_not_everybodys(world):
    from tom_observations.models import ObservationRecord

    ObservationRecord.objects.create(
        target=world.target, user=None, facility="Example", observation_id="nobodys", status="PENDING", parameters={}
    )
    for who in ("anonymous", "stranger"):
        assert b"nobodys" not in client_for(world.people[who]).get("/api/observations/").content
        assert b"nobodys" not in client_for(world.people[who]).get("/observations/list/").content
    assert b"nobodys" in client_for(world.people["viewer"]).get("/api/observations/").content
