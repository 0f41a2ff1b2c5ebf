"""Rights on measurements: the short questions that pages ask agree with the one door, whatever rights there are."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from guardian.shortcuts import assign_perm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.holders import USERS, holder, holders_of, make_holders
from tom_dataproducts.models import DataProduct, DataProductGroup, ReducedDatum
from tom_dataproducts.policy import changeable, data_visible_to, target_data
from tom_targets import policy as targets
from tom_targets.models import Target

pytestmark = pytest.mark.django_db

ACTIONS = ("view", "change")
GROUPS = ("g0", "g1")
HOLDERS = holders_of(GROUPS)


@pytest.fixture
def world():
    """Two targets; of each a measurement without a product, one of a product and one of another that may be shut."""
    make_holders(GROUPS)
    DataProductGroup.objects.create(name="closed")
    found = {}
    for name in ("one", "two"):
        target = Target.objects.create(name=name, type="SIDEREAL", ra=1.0, dec=0.0)
        products = [None, DataProduct.objects.create(target=target, product_id=f"{name} open"), DataProduct.objects.create(target=target, product_id=name)]
        for number, product in enumerate(products):
            ReducedDatum.objects.create(
                target=target, data_product=product, data_type="photometry", value={"magnitude": 17.0 + number, "filter": "r"},
                timestamp=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            )  # fmt: skip
        found[name] = target, products[2]
    return found


@given(
    by_target=st.booleans(),
    permissions=st.sampled_from(["PRIVATE", "PUBLIC", "OPEN"]),
    shut=st.sets(st.sampled_from(["one", "two"])),
    closed_to=st.sets(st.sampled_from(GROUPS)),
    members=st.sets(st.tuples(st.sampled_from(HOLDERS[2:]), st.sampled_from(GROUPS)), max_size=4),
    rights=st.sets(st.tuples(st.sampled_from(HOLDERS), st.sampled_from(ACTIONS), st.sampled_from(["target", "product", "datum"])), max_size=6),
    on_all=st.sets(
        st.tuples(st.sampled_from(HOLDERS), st.sampled_from(ACTIONS), st.sampled_from(["target", "dataproduct", "reduceddatum"])), max_size=2
    ),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_short_questions_agree_with_the_door(world, by_target, permissions, shut, closed_to, members, rights, on_all):
    from django.test import override_settings
    from guardian.models import GroupObjectPermission, UserObjectPermission

    from tom_targets.models import TargetGroupObjectPermission, TargetUserObjectPermission

    for rows in (TargetUserObjectPermission, TargetGroupObjectPermission, UserObjectPermission, GroupObjectPermission):
        rows.objects.all().delete()
    for through in (User.groups.through, User.user_permissions.through, Group.permissions.through, DataProductGroup.user_groups.through):
        through.objects.all().delete()
    target, product = world["one"]
    target.permissions = permissions
    target.save()
    closed = DataProductGroup.objects.get()
    closed.dataproduct_set.set([world[name][1] for name in shut])
    closed.user_groups.set(holder(name) for name in closed_to)
    for name, group in members:
        holder(name).groups.add(holder(group))
    for name, action, of in rights:
        code, obj = {
            "target": (f"tom_targets.{action}_target", target),
            "product": (f"tom_dataproducts.{action}_dataproduct", product),
            "datum": (f"tom_dataproducts.{action}_reduceddatum", ReducedDatum.objects.filter(target=target).earliest("pk")),
        }[of]
        assign_perm(code, holder(name), obj)
    for name, action, model in on_all:
        permission = Permission.objects.get(codename=f"{action}_{model}", content_type__app_label="tom_targets" if model == "target" else "tom_dataproducts")
        one = holder(name)
        (one.permissions if isinstance(one, Group) else one.user_permissions).add(permission)
    rows = list(ReducedDatum.objects.order_by("pk"))
    with override_settings(TARGET_PERMISSIONS_ONLY=by_target):
        for who in (*[User.objects.get(username=name) for name in USERS], AnonymousUser(), None):
            may_change = set(data_visible_to(who, "change").values_list("pk", flat=True))
            assert changeable(who, rows) == may_change
            assert all(changeable(who, [row]) == may_change & {row.pk} for row in rows)
            for one, _ in world.values():
                seen = set(data_visible_to(who, "view", ReducedDatum.objects.filter(target=one)).values_list("pk", flat=True))
                assert set(target_data(who, one).values_list("pk", flat=True)) == seen
                if targets.can(who, "view", one):
                    assert set(target_data(who, one, seen=True).values_list("pk", flat=True)) == seen
