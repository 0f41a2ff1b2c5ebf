import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from guardian.shortcuts import assign_perm

from tom_observations.tests.factories import ObservingRecordFactory
from tom_targets.tests.factories import SiderealTargetFactory

FAKES = ["tom_observations.tests.utils.FakeRoboticFacility", "tom_observations.tests.utils.FakeManualFacility"]


@pytest.fixture
def fakes(settings):
    settings.TOM_FACILITY_CLASSES = FAKES
    return FAKES


@pytest.fixture
def people(db):
    """anonymous, a stranger, a member who sees the target, an owner who may change it, a superuser."""
    User = get_user_model()
    group = Group.objects.create(name="members")
    found = {name: User.objects.create_user(name, password="x") for name in ("stranger", "member", "owner")}
    found["member"].groups.add(group)
    found["superuser"] = User.objects.create_superuser("root", password="x")
    found["anonymous"] = None
    found["group"] = group
    return found


@pytest.fixture
def target(db, people):
    target = SiderealTargetFactory.create(permissions="PRIVATE")
    assign_perm("tom_targets.view_target", people["group"], target)
    for action in ("view", "change", "delete"):
        assign_perm(f"tom_targets.{action}_target", people["owner"], target)
    return target


@pytest.fixture
def record(fakes, target):
    return ObservingRecordFactory.create(target_id=target.pk, facility="FakeRoboticFacility", status="PENDING", observation_id="fakeid")
