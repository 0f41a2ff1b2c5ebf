"""Two targets become one: chosen field by field, nothing lost, and undone."""

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from guardian.shortcuts import get_perms

from tom_common.errors import ConflictError, InvalidInputError
from tom_common.models import HistoryEvent
from tom_common.services.history_shown import undo_event
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_observations.models import ObservationRecord
from tom_targets.merge_plan import merge_fields, merge_relations
from tom_targets.models import BaseTarget, Grant, PersistentShare, TargetExtra, TargetList, TargetName
from tom_targets.services import merge_targets

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def pair(make, member, members, stranger):
    """Two targets with everything that the apps here hang on a target, some of it alike."""
    from datetime import UTC, datetime

    from django_comments.models import Comment

    first = make("A", epoch=None, pm_ra=1.0, names=["a1"], extras={"k": "1", "same": "s"})
    second = make("B", ra=10.5, epoch=2000.0, pm_ra=2.0, permissions="PUBLIC", names=["b1"], extras={"k": "2", "same": "s", "new": "n"})
    for target in (first, second):
        target.give_user_access(member)
        DataProduct.objects.create(
            product_id=f"p {target.name}", target=target, data_product_type="photometry", featured=True, data="x.fits"
        )
        ReducedDatum.objects.create(
            target=target, data_type="photometry", timestamp=datetime(2024, 1, 1, tzinfo=UTC), value={"magnitude": 18.0, "filter": "r"}
        )
    for day in range(2, 30):
        ReducedDatum.objects.create(
            target=second, data_type="photometry", timestamp=datetime(2024, 1, day, tzinfo=UTC), value={"magnitude": 18.0}
        )
    second.give_user_access(members)
    second.give_user_access(stranger)
    both, one = TargetList.objects.create(name="both"), TargetList.objects.create(name="one")
    both.targets.add(first, second)
    one.targets.add(second)
    PersistentShare.objects.create(target=first, destination="x")
    PersistentShare.objects.create(target=second, destination="x")
    PersistentShare.objects.create(target=second, destination="y")
    ObservationRecord.objects.create(target=second, facility="LCO", parameters={"target_id": second.pk}, observation_id="1", status="")
    Comment.objects.create(
        content_type=ContentType.objects.get_for_model(BaseTarget), object_pk=str(second.pk), site_id=1, comment="x", user=member
    )
    return first, second


def state(target) -> dict:
    """All that can be known of a target, without the times of its last change."""
    from django_comments.models import Comment

    columns = {f.name: getattr(target, f.attname) for f in BaseTarget._meta.concrete_fields if f.name != "modified"}
    return {
        **columns,
        "aliases": sorted(TargetName.objects.filter(target=target).values_list("name", "simplified_name")),
        "extras": sorted(TargetExtra.objects.filter(target=target).values_list("pk", "key", "value", "float_value")),
        "lists": sorted(target.targetlist_set.values_list("name", flat=True)),
        "shares": sorted(target.persistentshare_set.values_list("destination", flat=True)),
        "data": sorted(ReducedDatum.objects.filter(target=target).values_list("pk", "timestamp", "brightness")),
        "products": sorted(target.dataproduct_set.values_list("product_id", "featured")),
        "observations": sorted(target.observationrecord_set.values_list("pk", flat=True)),
        "comments": sorted(Comment.objects.filter(object_pk=str(target.pk)).values_list("pk", flat=True)),
        "users": sorted(target.targetuserobjectpermission_set.values_list("user__username", "permission__codename")),
        "groups": sorted(target.targetgroupobjectpermission_set.values_list("group__name", "permission__codename")),
        "grants": sorted(Grant.objects.filter(target=target).values_list("holder", flat=True)),
    }


def test_everything_moves_and_nothing_is_there_twice(pair, member, members, stranger):
    first, second = pair
    merged = merge_targets(actor=member, primary=first, secondary=second)
    assert merged is first
    found = state(BaseTarget.objects.get())
    assert merged.names == ["A", "a1", "B", "b1"]
    assert (found["ra"], found["epoch"], found["pm_ra"], found["permissions"]) == (10.0, 2000.0, 1.0, "PRIVATE")
    assert merged.tags == {"k": "1", "same": "s", "k (B)": "2", "new": "n"}
    assert (found["lists"], found["shares"]) == (["both", "one"], ["x", "y"])
    assert [time.day for _, time, _ in found["data"]] == list(range(1, 30)), "a measurement that both had is there once"
    assert found["products"] == [("p A", True), ("p B", False)], "of one type one product is featured"
    assert (len(found["observations"]), len(found["comments"])) == (1, 1)
    assert set(get_perms(members, merged)) == {"view_target", "change_target", "delete_target"}
    assert found["grants"] == sorted([members.pk, -member.pk, -stranger.pk])


def test_what_is_chosen_stays(pair, member):
    first, second = pair
    choices = {"ra": second.pk, "epoch": first.pk, "permissions": second.pk, "tag k": second.pk, "tag new": first.pk}
    merged = merge_targets(actor=member, primary=first, secondary=second, choices=choices)
    assert (merged.ra, merged.dec, merged.epoch, merged.permissions, merged.pm_ra) == (10.5, 20.0, None, "PUBLIC", 1.0)
    assert merged.tags == {"k": "2", "same": "s"}
    assert merged.healpix == BaseTarget(name="x", ra=10.5, dec=20.0)._meta.get_field("healpix").compute(merged)
    event = HistoryEvent.objects.get(verb="merged")
    assert (event.before["ra"], event.after["ra"]) == (10.0, 10.5)


def test_values_that_do_not_go_together_are_refused(make, member):
    first = make("A")
    second = make("B", type="NON_SIDEREAL", ra=None, dec=None, scheme="MPC_COMET", eccentricity=0.99)
    before = state(first), state(second)
    with pytest.raises(InvalidInputError) as caught:
        merge_targets(actor=None, primary=first, secondary=second, choices={"type": second.pk})
    assert {"inclination", "perihdist"} <= {error.column for error in caught.value.errors}
    assert (state(BaseTarget.objects.get(pk=first.pk)), state(BaseTarget.objects.get(pk=second.pk))) == before


@pytest.mark.parametrize("chosen", [False, True])
def test_undo_brings_back_both_as_they_were(pair, member, chosen):
    first, second = pair
    before = state(first), state(second)
    choices = {"ra": second.pk, "tag k": second.pk} if chosen else {}
    merge_targets(actor=member, primary=first, secondary=second, choices=choices)
    done = undo_event(actor=member, event=HistoryEvent.objects.get(verb="merged"))
    assert done.verb == "split"
    assert state(BaseTarget.objects.get(name="A")) == before[0]
    assert state(BaseTarget.objects.get(name="B")) == before[1]
    assert BaseTarget.matches.match_name("b 1").get().name == "B"
    again = merge_targets(actor=member, primary=BaseTarget.objects.get(name="A"), secondary=BaseTarget.objects.get(name="B"))
    assert "B" in again.names


def test_undo_is_refused_with_the_reason(pair, member, stranger):
    first, second = pair
    merged = merge_targets(actor=member, primary=first, secondary=second)
    event = HistoryEvent.objects.get(verb="merged")
    BaseTarget.objects.filter(pk=merged.pk).update(epoch=2015.5)
    with pytest.raises(ConflictError, match="2015.5"):
        undo_event(actor=member, event=event)
    BaseTarget.objects.filter(pk=merged.pk).update(epoch=2000.0)
    TargetName.objects.filter(name="b1").delete()
    with pytest.raises(ConflictError, match="no longer there"):
        undo_event(actor=member, event=event)
    assert BaseTarget.objects.count() == 1
    assert merged.names == ["A", "a1", "B"]


def test_an_undo_leaves_alone_what_has_gone_since(pair, member, stranger):
    first, second = pair
    merge_targets(actor=member, primary=first, secondary=second)
    ReducedDatum.objects.filter(timestamp__day=5).delete()
    stranger.delete()
    late = ObservationRecord.objects.create(target=first, facility="LCO", parameters={}, observation_id="2", status="")
    undo_event(actor=member, event=HistoryEvent.objects.get(verb="merged"))
    back = BaseTarget.objects.get(name="B")
    assert ReducedDatum.objects.filter(target=back).count() == 28
    assert late in first.observationrecord_set.all()
    assert not back.targetuserobjectpermission_set.exclude(user=member).exists()


def test_what_would_come_out_is_shown(pair, member, make):
    first, second = pair
    rows = {field.name: field for field in merge_fields(first, second, {"ra": second.pk})}
    assert (rows["ra"].result, rows["ra"].chosen) == (10.5, second.pk)
    assert (rows["pm_ra"].result, rows["pm_ra"].differs) == (1.0, True)
    assert not rows["dec"].differs
    assert rows["tag k"].kept_as == "k (B)"
    told = {row.label: (row.moved, row.dropped) for row in merge_relations(None, first, second)}
    assert told["Target lists"] == ("1", "1")
    assert told["Persistent shares"] == ("1", "1")
    assert (told["Reduced datums"], told["Comments"]) == (("28", "1"), ("1", "0"))
    seen = {row.label: row.moved for row in merge_relations(member, first, second)}
    assert "Target lists" not in seen, "lists that one may not see are not counted"


def test_page_previews_and_merges(client, pair, member):
    first, second = pair
    client.force_login(member)
    url = f"/targets/merge/{first.pk}/{second.pk}"
    page = client.get(url).content.decode()
    assert f'name="take:ra" value="{second.pk}"' in page
    part = client.get(url, {"name_select": first.pk, "shown": first.pk, "take:ra": second.pk}, headers={"HX-Request": "true"})
    assert next(f.result for f in part.context["fields"] if f.name == "ra") == 10.5
    swapped = client.get(url, {"name_select": second.pk, "shown": first.pk, "take:ra": first.pk}, headers={"HX-Request": "true"})
    assert next(f.result for f in swapped.context["fields"] if f.name == "ra") == 10.5, "choices made for the other way say nothing"
    assert client.post(url, {"name_select": first.pk, "preview": "1"}).status_code == 200
    tag = client.get(url, {"name_select": first.pk, "shown": first.pk, "take:tag k": second.pk}, headers={"HX-Request": "true"})
    assert [(f.result, f.kept_as, f.both) for f in tag.context["fields"] if f.name == "tag k"] == [("2", "", True)]
    both = client.get(url, {"name_select": first.pk, "shown": first.pk, "take:tag k": ""}, headers={"HX-Request": "true"})
    assert [(f.result, f.kept_as, f.both) for f in both.context["fields"] if f.name == "tag k"] == [("1", "k (B)", True)]
    wrong = client.post(url, {"name_select": first.pk, "confirm": "1", "take:ra": "x"})
    assert b"neither of the two" in wrong.content
    assert BaseTarget.objects.count() == 2
    client.post(url, {"name_select": first.pk, "confirm": "1", "take:ra": second.pk, "take:tag k": ""})
    merged = BaseTarget.objects.get()
    assert (merged.ra, merged.tags["k"], merged.tags["k (B)"]) == (10.5, "1", "2")


def test_much_is_moved_in_few_statements(make, django_assert_max_num_queries):
    from datetime import UTC, datetime, timedelta

    first, second = make("A"), make("B")
    start = datetime(2024, 1, 1, tzinfo=UTC)
    rows = [
        ReducedDatum(target=second, data_type="photometry", timestamp=start + timedelta(hours=i), value={"magnitude": 18.0})
        for i in range(3000)
    ]
    ReducedDatum.objects.bulk_create(rows, batch_size=500)
    with django_assert_max_num_queries(200):
        merge_targets(actor=None, primary=first, secondary=second)
    assert ReducedDatum.objects.filter(target=first).count() == 3000
    event = HistoryEvent.objects.get(verb="merged")
    moved = next(runs for label, _, runs in event.undo_data["moved"] if label.endswith("reduceddatum"))
    assert len(moved) == 1, "keys that follow each other are kept as one run"


def test_relations_of_groups_named_otherwise(make):
    """A list that holds both holds the one; groups of users keep their rights."""
    first, second = make("A"), make("B")
    group = Group.objects.create(name="g")
    second.give_user_access(group)
    merge_targets(actor=None, primary=first, secondary=second)
    assert Grant.objects.filter(target=first, holder=group.pk).exists()
