"""Who may do what with lists: what guardian's own functions say, in one expression."""

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from guardian.shortcuts import assign_perm, get_objects_for_user
from guardian.utils import get_anonymous_user

from tom_targets.models import BaseTarget, TargetList
from tom_targets.policy import can_with_list, lists_visible_to

pytestmark = [pytest.mark.django_db, pytest.mark.database]
ACTIONS = ("view", "change", "delete")


@pytest.fixture
def grouped(member, members, stranger):
    """Lists of the member, of the member's group, of a stranger, of nobody and of visitors."""
    of = {name: TargetList.objects.create(name=name) for name in ("own", "group", "stranger", "nobody", "open")}
    for action in ACTIONS:
        assign_perm(f"tom_targets.{action}_targetlist", member, of["own"])
        assign_perm(f"tom_targets.{action}_targetlist", stranger, of["stranger"])
    assign_perm("tom_targets.view_targetlist", members, of["group"])
    assign_perm("tom_targets.view_targetlist", get_anonymous_user(), of["open"])
    # the same key, another model
    assign_perm("tom_targets.view_target", member, BaseTarget.objects.create(pk=of["nobody"].pk, name="T", ra=1, dec=2))
    return of


def names(user, action="view"):
    return set(lists_visible_to(user, action).values_list("name", flat=True))


def test_says_what_guardian_says(grouped, member, stranger, boss):
    for user in (member, stranger, boss, get_anonymous_user()):
        for action in ACTIONS:
            wanted = set(get_objects_for_user(user, f"tom_targets.{action}_targetlist", klass=TargetList))
            assert set(lists_visible_to(user, action)) == wanted
            assert {one for one in grouped.values() if can_with_list(user, action, one)} == wanted
    assert names(member) == {"own", "group"}
    assert names(member, "change") == {"own"}
    assert names(AnonymousUser()) == names(None) == {"open"}
    assert names(boss) == set(grouped)


def test_a_right_on_all_lists_and_an_account_that_is_shut(grouped, stranger):
    stranger.user_permissions.add(Permission.objects.get(codename="change_targetlist"))
    stranger = type(stranger).objects.get(pk=stranger.pk)
    assert names(stranger, "change") == set(grouped)
    assert names(stranger) == {"stranger"}
    stranger.is_active = False
    assert names(stranger, "change") == set()


def test_narrows_what_it_is_given(grouped, member):
    assert list(lists_visible_to(member, "view", TargetList.objects.filter(name__in=["own", "nobody"]))) == [grouped["own"]]
    through = TargetList.objects.filter(pk__in=lists_visible_to(member).values("pk")).exclude(name="own")
    assert list(through) == [grouped["group"]]


def test_one_statement(grouped, member, django_assert_num_queries):
    lists_visible_to(member)
    with django_assert_num_queries(1):
        assert len(lists_visible_to(member, "change")) == 1
