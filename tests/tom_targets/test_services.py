"""Create, change, delete, match, merge, lists."""

import pytest
from django.contrib.auth.models import Group
from guardian.shortcuts import assign_perm, get_perms
from hypothesis import given, settings
from hypothesis import strategies as st

from tom_common.errors import InvalidInputError, NotAllowedError
from tom_common.models import HistoryEvent
from tom_targets.events import target_saved
from tom_targets.models import BaseTarget, PersistentShare, TargetExtra, TargetList, TargetName
from tom_targets.rows import TargetRow
from tom_targets.services import (
    add_to_list,
    create_list,
    create_or_match_target,
    create_or_match_targets,
    create_target,
    delete_target,
    list_named,
    merge_targets,
    move_to_list,
    remove_from_list,
    update_target,
)

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def wrong(**kwargs):
    with pytest.raises(InvalidInputError) as caught:
        create_target(actor=None, row=TargetRow(**kwargs))
    assert not BaseTarget.objects.filter(name=kwargs.get("name")).exists()
    return {e.column for e in caught.value.errors}


def test_create(member, members):
    told = []
    receiver = target_saved.connect(lambda **payload: told.append(payload), when="inside")
    try:
        row = TargetRow(name=" SN 1 ", ra="10:00:00", dec="-20:30:00", aliases=("x", ""), extras={"k": "v"}, fields={"pm_ra": "1.5"})
        target = create_target(actor=member, row=row, groups=[members])
    finally:
        target_saved.disconnect(receiver, when="inside")
    target.refresh_from_db()
    assert (target.name, target.ra, target.dec, target.pm_ra) == ("SN 1", 150.0, -20.5, 1.5)
    assert (target.names, target.tags) == (["SN 1", "x"], {"k": "v"})
    assert set(get_perms(member, target)) == set(get_perms(members, target)) == {"view_target", "change_target", "delete_target"}
    assert told == [{"target_id": target.pk, "created": True}]
    assert HistoryEvent.objects.get(verb="created").actor == member


def test_create_refuses(make):
    make("SN 1", names=["x"])
    assert wrong(name="", ra=1, dec=1) == {"name"}
    assert wrong(name="a") == {"ra", "dec"}
    assert wrong(name="a", ra=1, dec=91) == {"dec"}
    assert wrong(name="a", ra="abc", dec=1) == {"ra"}
    assert wrong(name="a", ra=1, dec=1, type="BLACK_HOLE") == {"type"}
    assert wrong(name="a", ra=1, dec=1, epoch=3000) == {"epoch"}
    assert wrong(name="a" * 101, ra=1, dec=1) == {"name"}
    assert wrong(name="sn1", ra=1, dec=1) == {"name"}
    assert wrong(name="b", ra=1, dec=1, aliases=("X",)) == {"aliases"}
    assert wrong(name="b", ra=1, dec=1, aliases=("q", "Q")) == {"aliases"}
    assert wrong(name="o", type="NON_SIDEREAL") == {
        "scheme", "epoch_of_elements", "inclination", "lng_asc_node", "arg_of_perihelion", "eccentricity",
    }  # fmt: skip
    elements = {"epoch_of_elements": 60000, "inclination": 0, "lng_asc_node": 0, "arg_of_perihelion": 0, "eccentricity": 0}
    assert wrong(name="o", type="NON_SIDEREAL", fields={**elements, "scheme": "MPC_COMET"}) == {"perihdist", "epoch_of_perihelion"}
    assert wrong(name="o", type="NON_SIDEREAL", fields={**elements, "scheme": "X"}) == {"scheme"}
    fine = {**elements, "scheme": "MPC_MINOR_PLANET", "mean_anomaly": 0, "semimajor_axis": 0}
    assert wrong(name="o", type="NON_SIDEREAL", fields={**fine, "eccentricity": 0.95}) == {"scheme"}
    assert wrong(name="o", type="NON_SIDEREAL", fields={**fine, "epoch_of_elements": 2460000.5}) == {"epoch_of_elements"}
    assert create_target(actor=None, row=TargetRow(name="o", type="NON_SIDEREAL", fields=fine)).eccentricity == 0


def test_zero_is_a_position():
    assert create_target(actor=None, row=TargetRow(name="a", ra=0, dec=0)).ra == 0


def test_hidden_name_is_not_told(make, stranger, member):
    target = make("secret")
    for actor in (stranger, member):
        with pytest.raises(InvalidInputError) as caught:
            create_target(actor=actor, row=TargetRow(name="Secret", ra=1, dec=1))
        assert '"secret"' not in str(caught.value)
    assign_perm("view_target", member, target)
    with pytest.raises(InvalidInputError, match='"secret"'):
        create_target(actor=member, row=TargetRow(name="Secret", ra=1, dec=1))


def test_update(make, member):
    target = make("a", names=["x"])
    update_target(actor=member, target=target, columns={"name": "b", "ra": "1:00:00"}, extras={"k": 1}, aliases=["y"])
    target.refresh_from_db()
    assert (target.name, target.ra, target.names, target.tags) == ("b", 15.0, ["b", "x", "y"], {"k": "1"})
    event = HistoryEvent.objects.get(verb="changed")
    assert (event.before["name"], event.after["name"]) == ("a", "b")
    for columns in ({"name": "X"}, {"dec": None}, {"dec": 100}):
        with pytest.raises(InvalidInputError):
            update_target(actor=member, target=target, columns=columns)
    assert BaseTarget.objects.get().dec == 20.0


def test_delete_in_few_statements(make, member, django_assert_max_num_queries):
    target = make("a", names=["x"], extras={"k": "v"})
    target.give_user_access(member)
    with django_assert_max_num_queries(30):
        delete_target(actor=member, target=target)
    assert not BaseTarget.objects.exists()
    assert HistoryEvent.objects.filter(verb="deleted", object_label="a").exists()


def test_match_by_name_alias_position(make):
    target = make("SN 1", names=["ZTF1"], ra=10.0, dec=20.0)
    matches = create_or_match_targets(
        actor=None,
        rows=[
            TargetRow(name="sn-1", ra=99, dec=9),
            TargetRow(name="ztf 1", ra=99, dec=9),
            TargetRow(name="other", aliases=("ZTF1",), ra=99, dec=9),
            TargetRow(name="near", ra=10.0, dec=20.0 + 1 / 3600),
            TargetRow(name="far", ra=10.0, dec=20.0 + 2 / 3600),
            TargetRow(name="far too", ra=10.0, dec=20.0 + 2.5 / 3600),
            TargetRow(name="FAR", ra=50, dec=9),
        ],
    )
    assert [(m.matched_by, m.created) for m in matches] == [
        ("name", False), ("alias", False), ("alias", False), ("position", False), (None, True), ("position", False), ("name", False),
    ]  # fmt: skip
    assert {m.target.pk for m in matches[:4]} == {target.pk}
    assert {m.target.pk for m in matches[4:]} == {matches[4].target.pk}
    assert BaseTarget.objects.count() == 2


def test_nearest_wins_and_seams(make):
    make("a", ra=0.0, dec=0.0)
    b = make("b", ra=360 - 0.5 / 3600, dec=0.0)
    assert create_or_match_target(actor=None, row=TargetRow(name="x", ra=360 - 0.4 / 3600, dec=0)).target.pk == b.pk
    pole = make("pole", ra=100.0, dec=90 - 0.5 / 3600)
    assert create_or_match_target(actor=None, row=TargetRow(name="y", ra=280, dec=90 - 0.5 / 3600)).target.pk == pole.pk


def test_orbits_do_not_match_positions(make):
    make("o", type="NON_SIDEREAL", ra=10.0, dec=20.0)
    assert create_or_match_target(actor=None, row=TargetRow(name="x", ra=10, dec=20)).created
    elements = {"epoch_of_elements": 60000, "inclination": 0, "lng_asc_node": 0, "arg_of_perihelion": 0, "eccentricity": 0}
    fields = {**elements, "scheme": "MPC_MINOR_PLANET", "mean_anomaly": 0, "semimajor_axis": 1}
    assert create_or_match_target(actor=None, row=TargetRow(name="p", type="NON_SIDEREAL", ra=10, dec=20, fields=fields)).created


def test_a_user_matches_what_they_see(make, member):
    hidden = make("hidden", ra=10.0, dec=20.0)
    made = create_or_match_target(actor=member, row=TargetRow(name="mine", ra=10, dec=20))
    assert made.created
    assert member.has_perm("tom_targets.change_target", made.target)
    with pytest.raises(InvalidInputError, match="not available"):
        create_or_match_target(actor=member, row=TargetRow(name="HIDDEN", ra=50, dec=20))
    assert create_or_match_target(actor=None, row=TargetRow(name="hidden", ra=50, dec=20)).target.pk == hidden.pk


def test_bulk_is_few_statements(django_assert_max_num_queries):
    rows = [TargetRow(name=f"r{i}", ra=i * 0.5, dec=10, aliases=(f"q{i}",), extras={"k": i}) for i in range(200)]
    with django_assert_max_num_queries(30):
        made = create_or_match_targets(actor=None, rows=rows)
    assert all(m.created for m in made)
    assert TargetName.objects.count() == TargetExtra.objects.count() == 200
    assert not any(m.created for m in create_or_match_targets(actor=None, rows=rows))
    assert BaseTarget.objects.filter(healpix__isnull=True).count() == 0


def test_a_wrong_row_creates_nothing():
    with pytest.raises(InvalidInputError) as caught:
        create_or_match_targets(actor=None, rows=[TargetRow(name="a", ra=1, dec=1), TargetRow(name="b", ra=1, dec=100)])
    assert [e.row for e in caught.value.errors] == [2]
    assert not BaseTarget.objects.exists()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.9, 359.9, 180.0]), st.sampled_from([-90.0, -89.9997, 0.0, 0.0003, 90.0])), max_size=8),
    st.lists(st.floats(-0.0008, 0.0008), min_size=8, max_size=8),
)
def test_matching_equals_brute_force(places, jitter):
    from tom_astro.sphere import separation_deg

    BaseTarget.objects.all().delete()
    kept = []
    for i, ((ra, dec), shift) in enumerate(zip(places, jitter, strict=False)):
        dec = max(-90.0, min(90.0, dec + shift))
        near = [(float(separation_deg(ra, dec, a, d)), pk) for pk, a, d in kept]
        near = [n for n in near if n[0] <= 1.5 / 3600]
        match = create_or_match_target(actor=None, row=TargetRow(name=f"n{i}", ra=ra, dec=dec))
        assert match.created is (not near)
        if near:
            assert match.target.pk == min(near)[1]
        else:
            kept.append((match.target.pk, ra, dec))


def test_merge_moves_everything(make, member, members, boss):
    first, second = make("A", epoch=None, names=["a1"], extras={"k": "1", "same": "s"}), make(
        "B", epoch=2000.0, names=["b1"], extras={"k": "2", "same": "s", "new": "n"}
    )
    first.give_user_access(member)
    second.give_user_access(member)
    assign_perm("view_target", members, second)
    both, one = TargetList.objects.create(name="both"), TargetList.objects.create(name="one")
    both.targets.add(first, second)
    one.targets.add(second)
    PersistentShare.objects.create(target=first, destination="x")
    PersistentShare.objects.create(target=second, destination="x")
    PersistentShare.objects.create(target=second, destination="y")
    merged = merge_targets(actor=member, primary=first, secondary=second)
    assert not BaseTarget.objects.filter(name="B").exists()
    assert set(merged.names) == {"A", "a1", "B", "b1"}
    assert {e.key: e.value for e in merged.targetextra_set.all()} == {"k": "1", "same": "s", "k (B)": "2", "new": "n"}
    assert BaseTarget.objects.get().epoch == 2000.0
    assert get_perms(members, merged) == ["view_target"]
    assert (both.total_targets, one.total_targets) == (1, 1)
    assert set(merged.persistentshare_set.values_list("destination", flat=True)) == {"x", "y"}


def test_merge_needs_rights(make, stranger):
    first, second = make("A", permissions="OPEN"), make("B", permissions="OPEN")
    with pytest.raises(NotAllowedError):
        merge_targets(actor=stranger, primary=first, secondary=second)
    with pytest.raises(InvalidInputError):
        merge_targets(actor=None, primary=first, secondary=first)
    assert BaseTarget.objects.count() == 2


def test_merge_moves_comments(make, member, settings):
    from django.contrib.contenttypes.models import ContentType
    from django_comments.models import Comment

    first, second = make("A"), make("B")
    Comment.objects.create(
        content_type=ContentType.objects.get_for_model(BaseTarget), object_pk=str(second.pk), site_id=1, comment="x", user=member
    )
    merge_targets(actor=None, primary=first, secondary=second)
    assert Comment.objects.get().object_pk == str(first.pk)


def test_lists(make, member, stranger):
    mine = create_list(actor=member, name="mine")
    other = create_list(actor=member, name="other")
    seen, also, hidden = make("a", permissions="PUBLIC"), make("b", permissions="PUBLIC"), make("c")
    change = add_to_list(actor=member, grouping=mine, targets=[seen.pk, hidden.pk])
    assert (change.done, change.already) == (1, 0)
    change = add_to_list(actor=member, grouping=mine, targets=BaseTarget.objects.all())
    assert (change.done, change.already, change.already_names) == (1, 1, ["a"])
    change = move_to_list(actor=member, grouping=other, targets=[seen.pk])
    assert change.done == 1
    assert list(mine.targets.all()) == [also]
    assert list(other.targets.all()) == [seen]
    change = remove_from_list(actor=member, grouping=mine, targets=[seen.pk, also.pk])
    assert (change.done, change.already, change.already_names) == (1, 1, ["a"])
    with pytest.raises(NotAllowedError):
        add_to_list(actor=stranger, grouping=mine, targets=[seen.pk])
    assert list_named(actor=member, name="mine") == mine
    assert list_named(actor=stranger, name="mine") != mine
    assert list_named(actor=None, name="new").pk


def test_groups_of_update(make, member):
    from tom_targets.services import set_groups

    target, groups = make("a"), [Group.objects.create(name=n) for n in "xyz"]
    set_groups(target=target, groups=groups[:2])
    set_groups(target=target, groups=[groups[2]], of_groups=[groups[1], groups[2]])
    assert [bool(get_perms(g, target)) for g in groups] == [True, False, True]
