"""The one writer of many targets, whoever calls it: files, streams and brokers, REST."""

import pytest
from guardian.shortcuts import get_perms

from tom_common.models.history import HistoryEvent
from tom_targets.models import BaseTarget, TargetExtra, TargetName
from tom_targets.rows import TargetRow
from tom_targets.services import create_or_match_targets, create_target, grants
from tom_targets.services.create_many import NewTarget, check_targets, create_targets
from tom_targets.services.importing import import_csv

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def by_file(actor, rows):
    lines = (f"{r.name},{r.ra},{r.dec},{(*r.aliases, '', '')[0]},{(*r.aliases, '', '')[1]}" for r in rows)
    result = import_csv(stream="name,ra,dec,name2,name3\n" + "\n".join(lines) + "\n", actor=actor)
    return [error.problem for error in result.errors]


def by_api(actor, rows):
    new = [NewTarget(row) for row in rows]
    check_targets(actor=actor, new=new)
    create_targets(actor=actor, new=[one for one in new if not one.errors])
    return [error.problem for one in new for error in one.errors]


@pytest.mark.parametrize("write", [by_file, by_api])
@pytest.mark.parametrize("second", ["SN 2024abc", "at2024-ABC", "other"])
def test_a_transient_and_its_classified_twin_are_not_made_twice(member, write, second):
    aliases = ("sn-2024abc",) if second == "other" else ()
    told = write(member, [TargetRow("AT 2024abc", ra=1.0, dec=2.0), TargetRow(second, ra=3.0, dec=4.0, aliases=aliases)])
    assert [target.name for target in BaseTarget.objects.all()] == ["AT 2024abc"]
    assert len(told) == 1
    assert write(member, [TargetRow("SN2024abc", ra=5.0, dec=6.0)])
    assert BaseTarget.objects.count() == 1


@pytest.mark.parametrize("write", [by_file, by_api])
def test_a_twin_may_be_an_alias_of_its_own_target_and_a_spelling_says_nothing_new(member, write):
    assert not write(member, [TargetRow("AT 2024abc", ra=1.0, dec=2.0, aliases=("SN 2024abc", "at_2024abc"))])
    assert BaseTarget.objects.get().names == ["AT 2024abc", "SN 2024abc"]


@pytest.mark.parametrize("write", [by_file, by_api])
def test_a_name_of_a_hidden_target_is_not_available_and_no_more_is_said(member, make, write):
    make("hidden", names=["SN 2020xy"])
    told = write(member, [TargetRow("Hidden", ra=1.0, dec=2.0), TargetRow("n", ra=1.0, dec=2.0, aliases=("AT2020xy",))])
    assert told == ["This name is not available."] * 2
    assert BaseTarget.objects.count() == 1


def by_match(actor, rows):
    create_or_match_targets(actor=actor, rows=rows)


@pytest.mark.parametrize("write", [by_file, by_api, by_match])
def test_rows_rights_tags_history_and_the_hook_are_right(member, stranger, write, settings):
    called = []
    settings.HOOKS = {"target_post_save": lambda target, created: called.append((target.pk, created, target.aliases.count()))}
    settings.EXTRA_FIELDS = [{"name": "priority", "type": "number", "default": 3}]
    write(member, [TargetRow("a", ra=10.0, dec=20.0, aliases=("b", "c")), TargetRow("d", ra=50.0, dec=-20.0)])
    first, second = BaseTarget.objects.order_by("name")
    assert first.names == ["a", "b", "c"]
    assert first.healpix
    assert TargetName.objects.get(name="b").simplified_name == "b"
    assert called == [(first.pk, True, 2), (second.pk, True, 0)]
    assert TargetExtra.objects.get(target=second).float_value == 3.0
    assert set(get_perms(member, first)) == {"view_target", "change_target", "delete_target"}
    assert not get_perms(stranger, first)
    assert grants.differences() == (set(), set())
    assert HistoryEvent.objects.filter(verb="created", actor=member).count() == 2


@pytest.mark.parametrize("write", [by_file, by_api, by_match])
def test_many_more_rows_take_few_more_statements(member, write, django_assert_max_num_queries):
    rows = [TargetRow(f"t{i}", ra=i / 2, dec=0.0, aliases=(f"a{i}", f"b{i}")) for i in range(300)]
    with django_assert_max_num_queries(80):
        write(member, rows)
    assert BaseTarget.objects.count() == 300
    assert TargetName.objects.count() == 600


def test_an_alias_that_is_too_long_is_told_by_every_writer(member):
    row = TargetRow("a", ra=1.0, dec=2.0, aliases=("x" * 101,))
    assert by_file(member, [row]) == by_api(member, [row]) == ["is longer than 100 characters"]
    with pytest.raises(Exception, match="longer than 100"):
        by_match(member, [row])


def test_groups_get_rights_on_what_matching_makes(member, members, stranger, make):
    known = make("known")
    made, found = create_or_match_targets(
        actor=None, rows=[TargetRow("new", ra=99.0, dec=1.0), TargetRow("known", ra=10.0, dec=20.0)], groups=[members]
    )
    assert made.created
    assert found.target.pk == known.pk
    assert set(get_perms(member, made.target)) == {"view_target", "change_target", "delete_target"}
    assert not get_perms(member, known)


def test_rights_are_given_in_few_statements(member, members, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        target = create_target(actor=member, row=TargetRow("a", ra=1.0, dec=2.0), groups=[members])
    grants.grant_access(target=target, holder=members)  # again, which changes nothing
    grants.revoke_access(target=target, holder=member, actions=["change"])
    grants.revoke_access(target=target, holder=members)
    assert set(get_perms(member, target)) == {"view_target", "delete_target"}
    assert grants.differences() == (set(), set())
