"""Groups and model-wide rights of an account: asked once, and never stale within a process."""

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission, User

from tom_targets import standing
from tom_targets.policy import can, visible_to
from tom_targets.standing import standing_of

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def right(codename):
    return Permission.objects.get(codename=codename, content_type__app_label="tom_targets")


def test_one_statement_says_what_django_says(member, members, django_assert_num_queries):
    for way, code in ((member.user_permissions, "change_target"), (members.permissions, "delete_target"), (members.permissions, "view_targetlist")):
        way.add(right(code))
    user = User.objects.get(pk=member.pk)
    with django_assert_num_queries(1):
        found = standing_of(user)
        assert standing_of(user) is found
        assert user.has_perm("tom_targets.view_targetlist")
        assert user.get_all_permissions() == {"tom_targets.change_target", "tom_targets.delete_target", "tom_targets.view_targetlist"}
        assert user.get_user_permissions() == {"tom_targets.change_target"}
    assert (found.groups, found.everywhere) == ((members.pk,), frozenset({"change", "delete"}))
    assert standing._asked(User.objects.get(pk=member.pk)) == found


def test_a_change_is_seen_at_once(member, members, make):
    target = make("a")
    members.user_set.remove(member)
    assert not can(member, "view", target)
    members.permissions.add(right("view_target"))
    assert not can(member, "view", target)
    member.groups.add(members)
    assert can(member, "view", target)
    members.permissions.clear()
    assert not can(member, "view", target)
    target_group = Group.objects.create(name="others")
    target_group.user_set.add(member)
    assert standing_of(member).groups == (members.pk, target_group.pk)
    member.user_permissions.add(right("view_targetlist"))
    assert member.has_perm("tom_targets.view_targetlist")
    members.delete()
    assert standing_of(member).groups == (target_group.pk,)


def test_what_lives_longer_than_a_request_asks_again(member, members, monkeypatch):
    standing_of(member)
    User.groups.through.objects.filter(user=member).delete()  # past every signal, as another process does
    assert standing_of(member).groups == (members.pk,)
    monkeypatch.setattr(standing, "SECONDS", 0.0)
    assert standing_of(member).groups == ()


class Everybody(ModelBackend):
    def has_perm(self, user_obj, perm, obj=None):
        return perm == "tom_targets.view_target"


def test_a_backend_with_rules_of_its_own_is_asked(member, make, settings):
    make("a")
    assert not visible_to(member).exists()
    settings.AUTHENTICATION_BACKENDS = ["tests.tom_targets.test_standing.Everybody", *settings.AUTHENTICATION_BACKENDS]
    assert visible_to(User.objects.get(pk=member.pk)).count() == 1
