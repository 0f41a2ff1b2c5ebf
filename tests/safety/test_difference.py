"""A PRIVATE target with all that hangs on it changes no byte of what those get who may not see it."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, datetime

import pytest
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.core.files.base import ContentFile
from django.utils import timezone

from tests.projects.walk import addresses
from tests.safety.conftest import ask, client_for, scrubbed

QUERIES = """
targets/?name=Hidden targets/?name=Craw targets/?query=hidden%20alias targets/?cone_search=10.001,-20.001,0.1 targets/?name_fuzzy=Hidden%20one
targets/?target_cone_search=Hidden%20one,1 targets/?key=kind&value=secretkind targets/?targetlist__name=1 targets/?sort=name targets/?page=2
targets/?type=SIDEREAL targets/export/?name=Hidden targets/name/Hidden%20one targets/name/Craw search/?name=Hidden%20one
targets/targetgrouping/?name=hidden targets/?sort=-created
observations/list/?target_name=Hidden observations/list/?facility=Example observations/list/?status=COMPLETED observations/list/?sort=status
dataproducts/data/?target_name=Hidden dataproducts/data/?facility=Example dataproducts/data/?data_product_type=photometry
dataproducts/data/?tag=hidden dataproducts/data/?query=Hidden dataproducts/data/?sort=-size&sort=tags dataproducts/data/?processing_state=failed
home/panel/latest-targets/ home/panel/latest-comments/ home/panel/latest-data/ home/panel/observations/
api/targets/?name=Hidden%20one api/targets/?name_fuzzy=Hidden%20one api/targets/?name_fuzzy=Hiden api/targets/?limit=1 api/targets/?limit=1&offset=3
api/targets/?cone_search=10.001,-20.001,1 api/targets/?target_cone_search=Hidden%20one,1 api/targets/?targetlist__name=Hidden%20list
api/targets/?order=name api/targets/?key=kind&value=secretkind api/targets/?cursor=&limit=1 api/targets/?ordering=-created api/targets/?fields=name
api/targetname/?name=Hidden%20alias api/targetname/?cursor=&limit=1 api/targetextra/?key=kind&value=secretkind api/targetlist/?name=Hidden%20list
api/targetlist/?target=4 api/targets/export/ api/targets/export/?as=votable api/targets/export/?name=Hidden
api/observations/?target_name=Hidden api/observations/?limit=1 api/dataproducts/?target_name=Hidden api/dataproducts/?limit=1
api/reduceddatums/?target_name=Hidden api/reduceddatums/?limit=1 api/reduceddatums/?source_name=hidden%20source api/reduceddatums/?data_type=photometry
api/comments/ api/comments/?limit=1 api/comments/?since=2024-03-01 api/groups/ calendar/?month=3&year=2024 targets/targetselection/ users/
""".split()

# One's own account, with tokens in it; what facilities and brokers say of themselves.
FIGURE = re.compile(rb'<figure class="obs-figure">.*?</figure>', re.S)  # from now on, whenever that is
ELSEWHERE = re.compile(r"/accounts/|/observations/status/list/|/alerts/query/\d+/run/")


@pytest.fixture(autouse=True)
def _time_stands_still(monkeypatch):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)


def add_hidden(owner) -> None:
    """A target beside the known one, newer than all and first in every order, with one of everything."""
    from django_comments.models import Comment
    from guardian.shortcuts import assign_perm

    from tom_calendar.models import CalendarEvent
    from tom_dataproducts.models import DataProduct, DataProductGroup, ReducedDatum
    from tom_observations.models import DynamicCadence, ObservationGroup, ObservationRecord
    from tom_targets.models import PersistentShare, Target, TargetExtra, TargetList, TargetName

    target = Target.objects.create(name="Hidden one", type="SIDEREAL", ra=10.0005, dec=-20.0005, permissions="PRIVATE")
    for action in ("view", "change", "delete"):
        assign_perm(f"tom_targets.{action}_target", owner, target)
    TargetName.objects.create(target=target, name="Hidden alias")
    TargetExtra.objects.create(target=target, key="kind", value="secretkind")
    targets_list = TargetList.objects.create(name="Hidden list")
    targets_list.targets.add(target)
    TargetList.objects.get(name="A list").targets.add(target)  # a list that others see holds it too
    record = ObservationRecord.objects.create(
        target=target, user=owner, facility="Example", observation_id="hidden", status="COMPLETED", parameters={"facility": "Example"}
    )
    group = ObservationGroup.objects.create(name="Hidden group")
    group.observation_records.add(record)
    ObservationGroup.objects.get(name="A group").observation_records.add(record)
    DynamicCadence.objects.create(
        cadence_strategy="RetryFailedObservationsStrategy", cadence_parameters={}, observation_group=group, active=True
    )
    product = DataProduct.objects.create(
        product_id="hidden product", target=target, observation_record=record, data_product_type="photometry"
    )
    product.data.save("hidden.csv", ContentFile(b"time,filter,magnitude,error\n60000.1,r,17.5,0.02\n"))
    product.group.add(DataProductGroup.objects.get(name="Products"))
    product.tags.create(name="hidden")
    ReducedDatum.objects.create(
        target=target, data_type="photometry", timestamp=datetime(2024, 3, 1, tzinfo=UTC), source_name="hidden source",
        value={"magnitude": 11.0, "filter": "hiddenband"}, data_product=product,
    )  # fmt: skip
    PersistentShare.objects.create(target=target, destination="other", user=owner)
    Comment.objects.create(
        content_type=ContentType.objects.get_for_model(Target), object_pk=str(target.pk), site=Site.objects.get_current(),
        user=owner, user_name="owner", comment="Hidden comment", submit_date=datetime(2024, 3, 2, tzinfo=UTC),
    )  # fmt: skip
    CalendarEvent.objects.filter(title="Run").update(target_list=targets_list)


def read_all(client, urls) -> dict[str, tuple]:
    found = {}
    for url in urls:
        answer = ask(client, url)
        headers = {key: value for key, value in answer.items() if key not in ("Set-Cookie", "Content-Length", "X-Request-ID", "Expires")}
        if "attachment" in headers.get("Content-Disposition", ""):
            headers.pop("Content-Disposition")  # a moment is in the file's name
        found[url] = (answer.status_code, headers, FIGURE.sub(b"", scrubbed(answer.body)))
    return found


@pytest.mark.parametrize(
    ("world", "who"), [("OPEN", "anonymous"), ("PRIVATE", "anonymous"), ("OPEN", "stranger"), ("PRIVATE", "viewer")], indirect=["world"]
)
def test_what_is_hidden_makes_no_difference(world, who):
    client = client_for(world.people[who])
    urls = [address.url for address in addresses(world.arguments) if not ELSEWHERE.match(address.url)] + [
        f"/{query}" for query in QUERIES
    ]
    read_all(client, urls)  # sessions, caches and one's own last runs are as they stay
    before = read_all(client, urls)
    assert sum(status == 200 for status, _, _ in before.values()) > 60
    steady = read_all(client, urls)
    unsteady = [url for url in urls if before[url] != steady[url]]
    assert not unsteady, {url: _difference(before[url], steady[url]) for url in unsteady}
    add_hidden(world.people["owner"])
    after = read_all(client, urls)
    told = {url: _difference(before[url], after[url]) for url in urls if before[url] != after[url]}
    assert not told


def test_those_who_may_see_it_do(world):
    """The same addresses do show it to its owner: the test above looks where something is to be seen."""
    client = client_for(world.people["owner"])
    urls = [f"/{query}" for query in QUERIES]
    before = read_all(client, urls)
    add_hidden(world.people["owner"])
    after = read_all(client, urls)
    assert sum(before[url][2] != after[url][2] for url in urls) > 25


@pytest.mark.parametrize("world", ["OPEN"], indirect=True)
def test_writing_tells_nothing_but_that_a_name_is_not_available(world):
    """Creating a name that a hidden target has is refused without saying where it is; near names and positions go through."""
    client = client_for(world.people["stranger"])
    add_hidden(world.people["owner"])
    for name in ("Hidden one", "hidden one", "Hidden alias"):
        for url in ("/api/targets/", "/targets/create/"):
            answer = client.post(
                url,
                {"name": name, "type": "SIDEREAL", "ra": 1.5, "dec": 1.5},
                **({"content_type": "application/json"} if "api" in url else {}),
            )
            assert answer.status_code in (200, 400), (url, name, answer.status_code)
            assert b"not available" in answer.content, (url, name)
            for word in (b"alias of", b"/targets/4", b"10.0005"):
                assert word not in answer.content


def _difference(one, two) -> list[str]:
    if one[0] != two[0] or one[1] != two[1]:
        return [
            f"{one[0]} -> {two[0]}",
            *[f"{key}: {one[1].get(key)} -> {two[1].get(key)}" for key in one[1] if one[1][key] != two[1].get(key)],
        ]
    lines = difflib.unified_diff(
        one[2].decode(errors="replace").splitlines(), two[2].decode(errors="replace").splitlines(), n=0, lineterm=""
    )
    return [line[:200] for line in lines if not line.startswith(("---", "+++", "@@"))][:6]
