"""The grant index equals what guardian's direct tables and `permissions` say, whoever writes them."""

import io

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core import serializers
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import F, Value
from guardian.shortcuts import (
    assign_perm,
    get_groups_with_perms,
    get_objects_for_group,
    get_objects_for_user,
    get_perms,
    get_users_with_perms,
    remove_perm,
)
from guardian.utils import get_anonymous_user

from tom_targets.constants import EVERYONE, VISITORS
from tom_targets.models import BaseTarget, Grant, TargetUserObjectPermission
from tom_targets.policy import can, restrict_by_target, visible_to
from tom_targets.services import grants

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def _index_is_right():
    yield
    assert grants.differences() == (set(), set())


def held(target):
    return set(Grant.objects.filter(target=target).values_list("holder", flat=True))


def seen(user, action="view"):
    return set(visible_to(user, action, BaseTarget.objects.all()).values_list("name", flat=True))


def test_guardian_writes_the_direct_tables(make, member):
    target = make("a")
    assign_perm("tom_targets.view_target", member, target)
    assert TargetUserObjectPermission.objects.get().content_object_id == target.pk
    assert held(target) == {-member.pk}
    assert member.has_perm("tom_targets.view_target", target)
    assert member.has_perm("view_target", target)
    assert get_perms(member, target) == ["view_target"]
    assert list(get_objects_for_user(member, "tom_targets.view_target")) == [target]
    assert member in get_users_with_perms(target)
    remove_perm("view_target", member, target)
    assert held(target) == set()
    assert get_perms(User.objects.get(pk=member.pk), target) == []


def test_group(make, member, members, stranger):
    target = make("a")
    assign_perm("view_target", members, target)
    assert held(target) == {members.pk}
    assert seen(member) == {"a"}
    assert seen(stranger) == set()
    assert list(get_groups_with_perms(target)) == [members]
    assert list(get_objects_for_group(members, "tom_targets.view_target")) == [target]
    member.groups.clear()
    assert seen(User.objects.get(pk=member.pk)) == set()


def test_change_is_no_grant(make, member):
    target = make("a")
    assign_perm("change_target", member, target)
    assert held(target) == set()
    assert seen(member, "change") == {"a"}
    assert seen(member) == set()


@pytest.mark.parametrize("as_list", [True, False])
def test_many_objects(make, member, as_list):
    targets = [make(n) for n in "abc"]
    some = targets[:2] if as_list else BaseTarget.objects.filter(name__in="ab")
    assign_perm("view_target", member, some)
    assert seen(member) == {"a", "b"}
    remove_perm("view_target", member, targets[:1] if as_list else BaseTarget.objects.filter(name="a"))
    assert seen(member) == {"b"}


def test_many_holders(make, member, stranger):
    target, groups = make("a"), [Group.objects.create(name=n) for n in "xy"]
    assign_perm("view_target", User.objects.filter(pk__in=[member.pk, stranger.pk]), target)
    assign_perm("view_target", groups, target)
    assert held(target) == {-member.pk, -stranger.pk, groups[0].pk, groups[1].pk}
    remove_perm("view_target", groups, target)
    remove_perm("view_target", User.objects.filter(pk=member.pk), target)
    assert held(target) == {-stranger.pk}


def test_rows_written_by_hand(make, member, stranger):
    target, other = make("a"), make("b")
    view = Permission.objects.get(codename="view_target", content_type__app_label="tom_targets")
    change = Permission.objects.get(codename="change_target", content_type__app_label="tom_targets")
    row = TargetUserObjectPermission.objects.create(user=member, permission=view, content_object=target)
    assert held(target) == {-member.pk}
    row.content_object = other
    row.save()
    assert (held(target), held(other)) == (set(), {-member.pk})
    TargetUserObjectPermission.objects.filter(pk=row.pk).update(user=stranger)
    assert held(other) == {-stranger.pk}
    TargetUserObjectPermission.objects.filter(pk=row.pk).update(permission=change)
    assert held(other) == set()
    TargetUserObjectPermission.objects.filter(pk=row.pk).update(permission=view)
    TargetUserObjectPermission.objects.get(pk=row.pk).delete()
    assert held(other) == set()
    TargetUserObjectPermission.objects.bulk_create([TargetUserObjectPermission(user=member, permission=view, content_object=other)])
    assert held(other) == {-member.pk}
    TargetUserObjectPermission.objects.all().delete()
    assert held(other) == set()


def test_holders_who_disappear(make, member, members):
    target = make("a")
    assign_perm("view_target", member, target)
    assign_perm("view_target", members, target)
    members.delete()
    assert held(target) == {-member.pk}
    User.objects.filter(pk=member.pk).delete()
    assert held(target) == set()


def test_target_that_disappears(make, member, django_assert_max_num_queries):
    for name in "abc":
        assign_perm("view_target", member, make(name, permissions="OPEN"))
    with django_assert_max_num_queries(30):
        BaseTarget.objects.get(name="a").delete()
    BaseTarget.objects.filter(name="b").delete()
    assert Grant.objects.count() == 3
    assert TargetUserObjectPermission.objects.count() == 1


def test_permissions_through_every_write(make, member, visitor):
    target = make("a")
    assert held(target) == set()
    target.permissions = "OPEN"
    target.save()
    assert held(target) == {EVERYONE, VISITORS}
    assert seen(visitor) == seen(member) == {"a"}
    BaseTarget.objects.filter(permissions="OPEN").update(permissions="PUBLIC")
    assert held(target) == {EVERYONE}
    assert (seen(visitor), seen(member)) == (set(), {"a"})
    BaseTarget.objects.update(permissions=Value("OPEN"))
    assert held(target) == {EVERYONE, VISITORS}
    target.permissions = "PRIVATE"
    BaseTarget.objects.bulk_update([target], ["permissions"])
    assert held(target) == set()
    stale = BaseTarget.objects.get(pk=target.pk)
    BaseTarget.objects.filter(pk=target.pk).update(permissions="OPEN")
    stale.save()
    assert held(target) == set()
    target.permissions = "OPEN"
    target.save(update_fields=["permissions"])
    assert held(target) == {EVERYONE, VISITORS}
    target.name = "b"
    target.save(update_fields=["name"])
    assert held(target) == {EVERYONE, VISITORS}


@pytest.mark.parametrize("ignore", [False, True])
def test_bulk_create(ignore):
    made = [BaseTarget(name=f"t{i}", type="SIDEREAL", permissions=p) for i, p in enumerate(("OPEN", "PUBLIC", "PRIVATE"))]
    BaseTarget.objects.bulk_create(made, ignore_conflicts=ignore)
    rows = BaseTarget.objects.order_by("name")
    assert [held(t) for t in rows] == [{EVERYONE, VISITORS}, {EVERYONE}, set()]


def test_fixture(make, member):
    target = make("a", permissions="OPEN", ra=1.0, dec=2.0)
    assign_perm("view_target", member, target)
    objects = [target, TargetUserObjectPermission.objects.get()]
    text = serializers.serialize("json", objects)
    index = target.healpix
    BaseTarget.objects.all().delete()
    text = text.replace(f'"healpix": {index}', '"healpix": null')
    for item in serializers.deserialize("json", text):
        item.save()
    loaded = BaseTarget.objects.get()
    assert loaded.healpix == index
    assert loaded.simplified_name == "a"
    assert held(loaded) == {EVERYONE, VISITORS, -member.pk}


def test_one_transaction(make, member):
    target = make("a")

    def fails():
        assign_perm("view_target", member, target)
        raise RuntimeError

    with pytest.raises(RuntimeError), transaction.atomic():
        fails()
    assert held(target) == set()
    with pytest.raises(IntegrityError), transaction.atomic():
        make("a")


def test_model_rights_and_superuser(make, member, boss):
    make("a")
    assert seen(boss) == seen(boss, "delete") == {"a"}
    member.user_permissions.add(Permission.objects.get(codename="view_target", content_type__app_label="tom_targets"))
    member = User.objects.get(pk=member.pk)
    assert seen(member) == {"a"}
    assert seen(member, "change") == set()


def test_anonymous_account_opens_to_visitors(make, visitor, member):
    target = make("a")
    assign_perm("view_target", get_anonymous_user(), target)
    assert seen(visitor) == {"a"}
    assert seen(member) == set()
    assert can(visitor, "view", target)
    assert not can(visitor, "change", target)


def test_inactive(make, member):
    assign_perm("view_target", member, make("a"))
    make("b", permissions="OPEN")
    make("c", permissions="PUBLIC")
    member.is_active = False
    member.save()
    assert seen(User.objects.get(pk=member.pk)) == {"b"}


def test_public_gives_no_change(make, stranger):
    target = make("a", permissions="OPEN")
    assert not can(stranger, "change", target)
    assert not can(stranger, "delete", target)


def test_keyset_bound_gives_the_same_rows(make, member, settings, monkeypatch):
    from tom_targets import policy

    made = [make(str(i), permissions="PUBLIC" if i % 2 else "PRIVATE") for i in range(10)]
    for few in (0, 5000):
        monkeypatch.setattr(policy, "FEW", few)
        page = visible_to(member, pk_below=made[6].pk).order_by("-pk")
        assert [t.name for t in page] == ["5", "3", "1"]
        assert [t.name for t in visible_to(member, pk_above=made[6].pk).order_by("pk")] == ["7", "9"]


def test_rows_of_targets(make, member, visitor):
    from tom_targets.models import TargetName

    make("a", permissions="OPEN", names=["x"])
    make("b", names=["y"])
    assert [n.name for n in restrict_by_target(TargetName.objects.all(), visitor)] == ["x"]
    assert [n.name for n in restrict_by_target(TargetName.objects.all(), member, "change")] == []


def test_command_proves_and_mends(make, member):
    target = make("a", permissions="PUBLIC")
    Grant.objects.all().delete()
    Grant.objects.create(holder=-member.pk, target=target)
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("repairgrants", "--check", stdout=out)
    assert "1 missing, 1 surplus" in out.getvalue()
    call_command("repairgrants", stdout=out)
    assert held(target) == {EVERYONE}
    call_command("repairgrants", "--check", stdout=out)


def test_update_by_expression(make):
    target = make("a", permissions="OPEN")
    BaseTarget.objects.update(permissions=F("permissions"))
    assert held(target) == {EVERYONE, VISITORS}


def test_the_count_is_that_of_what_is_seen(make, member, stranger, boss):
    """Every target once, however many ways lead to it, and never further than asked."""
    from tom_targets.queries import count_visible

    group = Group.objects.create(name="twice")
    member.groups.add(group)
    for number in range(4):
        target = make(name=f"P{number}", permissions="PRIVATE")
        for who in (member, group):
            assign_perm("tom_targets.view_target", who, target)
    for number in range(3):
        make(name=f"O{number}", permissions="OPEN")
    make(name="public", permissions="PUBLIC")
    make(name="hidden", permissions="PRIVATE")
    for user in (None, AnonymousUser(), stranger, member, boss):
        assert count_visible(user) == visible_to(user).count(), user
    assert (count_visible(member), count_visible(boss), count_visible(None)) == (8, 9, 3)
    assert [count_visible(user, cap=2) for user in (None, stranger, member, boss)] == [3, 3, 3, 3]
    member.is_active = False
    assert count_visible(member) == visible_to(member).count()
