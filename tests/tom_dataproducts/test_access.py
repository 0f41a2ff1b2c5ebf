"""Who can see a data product and why: what is explained is what the door does, for everybody."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.management import CommandError, call_command
from guardian.shortcuts import assign_perm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.holders import USERS, holder, holders_of, make_holders
from tom_common.access import ACTIONS, explain
from tom_dataproducts.models import DataProduct, DataProductGroup
from tom_dataproducts.policy import visible_to
from tom_targets.models import Target

pytestmark = pytest.mark.django_db

GROUPS = ("g0", "g1", "g2")
HOLDERS = holders_of(GROUPS)


@pytest.fixture
def product():
    make_holders(GROUPS)
    for name in ("closed", "half closed", "open"):
        DataProductGroup.objects.create(name=name)
    target = Target.objects.create(name="t", type="SIDEREAL", ra=1.0, dec=0.0)
    return DataProduct.objects.create(target=target, product_id="p")


@given(
    by_target=st.booleans(),
    permissions=st.sampled_from(["PRIVATE", "PUBLIC", "OPEN"]),
    lies_in=st.sets(st.sampled_from(["closed", "half closed", "open"])),
    closed_to=st.sets(st.tuples(st.sampled_from(["closed", "half closed"]), st.sampled_from(GROUPS)), max_size=3),
    members=st.sets(st.tuples(st.sampled_from(HOLDERS[3:]), st.sampled_from(GROUPS)), max_size=6),
    rights=st.sets(st.tuples(st.sampled_from(HOLDERS), st.sampled_from(ACTIONS), st.sampled_from(["target", "product"])), max_size=6),
    on_all=st.sets(st.tuples(st.sampled_from(HOLDERS), st.sampled_from(ACTIONS), st.sampled_from(["target", "dataproduct"])), max_size=2),
)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_explanation_agrees_with_the_door(product, by_target, permissions, lies_in, closed_to, members, rights, on_all):
    from django.test import override_settings
    from guardian.models import GroupObjectPermission, UserObjectPermission

    from tom_targets.models import TargetGroupObjectPermission, TargetUserObjectPermission

    for rows in (TargetUserObjectPermission, TargetGroupObjectPermission, UserObjectPermission, GroupObjectPermission):
        rows.objects.all().delete()
    for through in (User.groups.through, User.user_permissions.through, Group.permissions.through, DataProductGroup.user_groups.through):
        through.objects.all().delete()
    product.target.permissions = permissions
    product.target.save()
    product.group.set(DataProductGroup.objects.filter(name__in=lies_in))
    for name, group in closed_to:
        DataProductGroup.objects.get(name=name).user_groups.add(holder(group))
    for name, group in members:
        holder(name).groups.add(holder(group))
    for name, action, of in rights:
        code = f"tom_targets.{action}_target" if of == "target" else f"tom_dataproducts.{action}_dataproduct"
        assign_perm(code, holder(name), product.target if of == "target" else product)
    for name, action, model in on_all:
        label = "tom_targets" if model == "target" else "tom_dataproducts"
        permission = Permission.objects.get(codename=f"{action}_{model}", content_type__app_label=label)
        one = holder(name)
        (one.permissions if isinstance(one, Group) else one.user_permissions).add(permission)
    with override_settings(TARGET_PERMISSIONS_ONLY=by_target):
        found = explain(product)
        for who in (*[User.objects.get(username=name) for name in USERS], AnonymousUser(), None):
            reasons = found.reasons_of(who)
            for action in ACTIONS:
                may = visible_to(who, action, DataProduct.objects.filter(pk=product.pk)).exists()
                assert bool(reasons.get(action)) == may, (who, action, reasons)
        open_to_all = {action for one in found.sets if one.kind == "everyone" for action in one.may}
        listed = {person.name: person for person in found.people}
        for name in ("u0", "u1", "boss"):
            may = set(found.reasons_of(User.objects.get(username=name)))
            assert (set(listed[name].may) if name in listed else set()) | open_to_all == may | open_to_all


def test_a_group_of_data_narrows_and_says_so(product):
    group = DataProductGroup.objects.get(name="closed")
    group.user_groups.add(holder("g1"))
    product.group.add(group)
    assign_perm("tom_targets.view_target", holder("g0"), product.target)
    holder("u0").groups.add(holder("g0"))
    holder("u1").groups.add(holder("g0"), holder("g1"))
    found = explain(product)
    why = "in a group of data that is theirs; of the target: a right on this target"
    assert [(one.label, one.may, one.members) for one in found.groups] == [("g0", {"view": [f"{why}, for who is in g1 too"]}, 2)]
    assert {one.name: one.may.get("view") for one in found.people} == {"boss": ["a superuser"], "u1": [f"through g0: {why}"]}


def test_the_command_explains_other_things_than_targets(product, capsys):
    assign_perm("tom_targets.view_target", holder("u0"), product.target)
    call_command("whocansee", str(product.pk), "--model", "tom_dataproducts.DataProduct", "--user", "u0")
    assert capsys.readouterr().out.splitlines() == ["view\tof the target: a right on this target", "change\tno", "delete\tno"]
    for arguments in (["987654"], ["x"]):
        with pytest.raises(CommandError, match="no data product"):
            call_command("whocansee", *arguments, "--model", "tom_dataproducts.DataProduct")
    with pytest.raises(CommandError, match="not explained"):
        call_command("whocansee", str(holder("g0").pk), "--model", "auth.Group")
    with pytest.raises(CommandError, match="no model"):
        call_command("whocansee", "1", "--model", "nothing.here")
