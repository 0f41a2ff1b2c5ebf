"""Who can see this and why: what is explained is what the door does, for everybody."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.management import CommandError, call_command
from django.urls import reverse
from guardian.shortcuts import assign_perm
from guardian.utils import get_anonymous_user
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.holders import holder, holders_of, make_holders
from tom_common.access import ACTIONS, Given, explain
from tom_common.errors import NotFoundError
from tom_targets.access import grants_of
from tom_targets.models import Target
from tom_targets.policy import visible_to

pytestmark = pytest.mark.django_db

GROUPS = ("g0", "g1", "g2")
USERS = ("u0", "u1", "u2", "asleep", "boss", "resting boss")
HOLDERS = holders_of(GROUPS, USERS)


@pytest.fixture
def world():
    make_holders(GROUPS, USERS)
    return [Target.objects.create(name=f"t{number}", type="SIDEREAL", ra=number, dec=0.0) for number in range(2)]


@given(
    permissions=st.tuples(*[st.sampled_from(["PRIVATE", "PUBLIC", "OPEN"])] * 2),
    members=st.sets(st.tuples(st.sampled_from((*USERS[:4], "AnonymousUser")), st.sampled_from(GROUPS)), max_size=6),
    rights=st.sets(st.tuples(st.sampled_from(HOLDERS), st.sampled_from(ACTIONS), st.sampled_from([0, 1])), max_size=8),
    on_all=st.sets(st.tuples(st.sampled_from(HOLDERS), st.sampled_from(ACTIONS)), max_size=2),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_explanation_agrees_with_the_door(world, permissions, members, rights, on_all):
    from tom_targets.models import Grant, TargetGroupObjectPermission, TargetUserObjectPermission

    TargetUserObjectPermission.objects.all().delete()
    TargetGroupObjectPermission.objects.all().delete()
    User.groups.through.objects.all().delete()
    User.user_permissions.through.objects.all().delete()
    Group.permissions.through.objects.all().delete()
    for target, permission in zip(world, permissions, strict=True):
        target.permissions = permission
        target.save()
    for name, group in members:
        holder(name).groups.add(holder(group))
    for name, action, number in rights:
        assign_perm(f"tom_targets.{action}_target", holder(name), world[number])
    for name, action in on_all:
        permission = Permission.objects.get(codename=f"{action}_target", content_type__app_label="tom_targets")
        one = holder(name)
        (one.permissions if isinstance(one, Group) else one.user_permissions).add(permission)
    assert Grant.objects.count() >= 0
    for target in world:
        found = explain(target)
        for who in (*[User.objects.get(username=name) for name in USERS], AnonymousUser(), None):
            reasons = found.reasons_of(who)
            for action in ACTIONS:
                may = visible_to(who, action, Target.objects.filter(pk=target.pk)).exists()
                assert bool(reasons.get(action)) == may, (who, action, reasons)
        open_to_all = {action for holder_ in found.sets if holder_.kind == "everyone" for action in holder_.may}
        for person in found.people:
            user = User.objects.get(pk=person.key)
            for action in ACTIONS:
                assert (bool(person.may.get(action)) or action in open_to_all) == bool(found.reasons_of(user).get(action))
        listed = {person.name for person in found.people}
        for name in USERS:
            user = User.objects.get(username=name)
            if user.is_active and set(found.reasons_of(user)) - open_to_all:
                assert name in listed, f"{name} may do something in person and is not listed"


@pytest.fixture
def shared(world, member, members, stranger):
    target = world[0]
    target.permissions = "PUBLIC"
    target.save()
    assign_perm("tom_targets.view_target", members, target)
    for action in ACTIONS:
        assign_perm(f"tom_targets.{action}_target", stranger, target)
    return target


def test_each_reason_is_said(shared, member, members, stranger):
    found = explain(shared)
    assert [(one.kind, one.may) for one in found.sets] == [("everyone", {"view": ["the target is PUBLIC"]})]
    assert [(one.label, one.members, one.may) for one in found.groups] == [("members", 1, {"view": ["a right on this target"]})]
    people = {one.name: one.may for one in found.people}
    assert people["member"] == {"view": ["through members: a right on this target"]}
    assert people["stranger"] == {action: ["a right on this target"] for action in ACTIONS}
    assert people["boss"] == {action: ["a superuser"] for action in ACTIONS}
    assert "asleep" not in people
    assert found.reasons_of(member) == {"view": ["the target is PUBLIC", "through members: a right on this target"]}


def test_names_are_told_only_to_who_may_know_them(shared, member, stranger, settings):
    boss = User.objects.get(username="boss")
    assert {one.name for one in explain(shared, boss).people} == {"boss", "member", "stranger"}
    found = explain(shared, stranger)
    assert ({one.name for one in found.people}, found.unnamed) == ({"stranger"}, 2)
    stranger.groups.set(member.groups.all())
    assert {one.name for one in explain(shared, stranger).people} == {"member", "stranger"}
    settings.TOM_HIDE_OTHER_USERS = True
    found = explain(shared, stranger)
    assert ({one.name for one in found.people}, found.unnamed) == ({"stranger"}, 2)


def test_the_tab_is_for_those_who_may_change_the_target(client_of, shared, member, stranger):
    url = reverse("targets:tab", kwargs={"pk": shared.pk, "slug": "access"})
    assert client_of(None).get(url).status_code == 302
    assert client_of(member).get(url).status_code == 404
    page = client_of(stranger).get(url).content.decode()
    assert "the target is PUBLIC" in page
    assert "2 accounts whose names you may not see" in page
    assert reverse("targets:rights", args=[shared.pk]) in page
    assert 'id="access-tab"' in client_of(stranger).get(shared.get_absolute_url()).content.decode()
    assert 'id="access-tab"' not in client_of(member).get(shared.get_absolute_url()).content.decode()


def test_it_costs_the_same_however_many_there_are(shared, members, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    boss = User.objects.get(username="boss")
    with CaptureQueriesContext(connection) as few:
        explain(shared, boss)
    for number in range(30):
        group = Group.objects.create(name=f"more {number}")
        user = User.objects.create_user(f"more {number}")
        user.groups.add(group, members)
        assign_perm("tom_targets.view_target", group, shared)
        assign_perm("tom_targets.change_target", user, shared)
    with django_assert_num_queries(len(few)):
        assert len(explain(shared, boss).people) == 33
    assert len(few) <= 13


def test_the_command(shared, stranger, capsys):
    call_command("whocansee", "t0")
    lines = capsys.readouterr().out.splitlines()
    assert "Everybody who is logged in\tview\tthe target is PUBLIC" in lines
    assert "group members\tview\ta right on this target" in lines
    assert "stranger\tdelete\ta right on this target" in lines
    call_command("whocansee", str(shared.pk), "--user", "u0")
    assert capsys.readouterr().out.splitlines() == ["view\tthe target is PUBLIC", "change\tno", "delete\tno"]
    for arguments in (["nothing"], ["t0", "--user", "nobody"]):
        with pytest.raises(CommandError):
            call_command("whocansee", *arguments)


def test_what_nobody_explains_says_so():
    with pytest.raises(NotFoundError, match="not explained"):
        explain(Group.objects.create(name="A group"))


def test_guardians_anonymous_account_is_the_visitors(world):
    assign_perm("tom_targets.view_target", get_anonymous_user(), world[0])
    found = explain(world[0])
    assert [one.kind for one in found.sets] == ["visitors"]
    assert found.reasons_of(None) == {"view": ["a right on this target"]}
    assert Given("user", get_anonymous_user().pk, "view", "a right on this target") in grants_of(world[0])
