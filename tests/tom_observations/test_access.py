"""Who can see an observation and why: what is explained is what the door does, for everybody."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.urls import reverse
from guardian.shortcuts import assign_perm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.holders import USERS, holder, holders_of, make_holders
from tom_common.access import ACTIONS, explain
from tom_observations.models import ObservationRecord
from tom_observations.policy import visible_to
from tom_targets.models import Target

pytestmark = pytest.mark.django_db

GROUPS = ("g0", "g1")
HOLDERS = holders_of(GROUPS)


@pytest.fixture
def record():
    make_holders(GROUPS)
    target = Target.objects.create(name="t", type="SIDEREAL", ra=1.0, dec=0.0)
    return ObservationRecord.objects.create(target=target, facility="None", observation_id="1", parameters={})


@given(
    by_target=st.booleans(),
    permissions=st.sampled_from(["PRIVATE", "PUBLIC", "OPEN"]),
    requested_by=st.sampled_from([None, "u0", "asleep"]),
    members=st.sets(st.tuples(st.sampled_from(HOLDERS[2:]), st.sampled_from(GROUPS)), max_size=4),
    rights=st.sets(st.tuples(st.sampled_from(HOLDERS), st.sampled_from(ACTIONS), st.sampled_from(["target", "record"])), max_size=6),
    on_all=st.sets(
        st.tuples(st.sampled_from(HOLDERS), st.sampled_from(ACTIONS), st.sampled_from(["target", "observationrecord"])), max_size=2
    ),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_explanation_agrees_with_the_door(record, by_target, permissions, requested_by, members, rights, on_all):
    from django.test import override_settings
    from guardian.models import GroupObjectPermission, UserObjectPermission

    from tom_targets.models import TargetGroupObjectPermission, TargetUserObjectPermission

    for rows in (TargetUserObjectPermission, TargetGroupObjectPermission, UserObjectPermission, GroupObjectPermission):
        rows.objects.all().delete()
    for through in (User.groups.through, User.user_permissions.through, Group.permissions.through):
        through.objects.all().delete()
    record.target.permissions = permissions
    record.target.save()
    record.user = holder(requested_by) if requested_by else None
    record.save()
    for name, group in members:
        holder(name).groups.add(holder(group))
    for name, action, of in rights:
        code = f"tom_targets.{action}_target" if of == "target" else f"tom_observations.{action}_observationrecord"
        assign_perm(code, holder(name), record.target if of == "target" else record)
    for name, action, model in on_all:
        label = "tom_targets" if model == "target" else "tom_observations"
        permission = Permission.objects.get(codename=f"{action}_{model}", content_type__app_label=label)
        one = holder(name)
        (one.permissions if isinstance(one, Group) else one.user_permissions).add(permission)
    with override_settings(TARGET_PERMISSIONS_ONLY=by_target):
        found = explain(record)
        for who in (*[User.objects.get(username=name) for name in USERS], AnonymousUser(), None):
            reasons = found.reasons_of(who)
            for action in ACTIONS:
                may = visible_to(who, action, ObservationRecord.objects.filter(pk=record.pk)).exists()
                assert bool(reasons.get(action)) == may, (who, action, reasons)
        open_to_all = {action for one in found.sets if one.kind == "everyone" for action in one.may}
        listed = {person.name: person for person in found.people}
        for name in ("u0", "u1", "boss"):
            may = set(found.reasons_of(User.objects.get(username=name)))
            assert (set(listed[name].may) if name in listed else set()) | open_to_all == may | open_to_all


def test_the_panel_is_for_those_who_may_change_the_observation(client_of, record):
    viewer, changer = User.objects.get(username="u0"), User.objects.get(username="u1")
    assign_perm("tom_targets.view_target", viewer, record.target)
    for action in ACTIONS:
        assign_perm(f"tom_targets.{action}_target", changer, record.target)
    url = reverse("observations:panel", kwargs={"pk": record.pk, "slug": "access"})
    assert client_of(None).get(url).status_code == 302
    assert client_of(viewer).get(url).status_code == 404
    page = client_of(changer).get(url).content.decode()
    assert "of the target: a right on this target" in page
    assert 'id="panel-access"' in client_of(changer).get(record.get_absolute_url()).content.decode()
    assert 'id="panel-access"' not in client_of(viewer).get(record.get_absolute_url()).content.decode()
