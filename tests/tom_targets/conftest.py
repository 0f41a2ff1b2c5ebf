import pytest
from django.contrib.auth.models import AnonymousUser, Group, User


@pytest.fixture
def stranger(db):
    return User.objects.create_user("stranger")


@pytest.fixture
def member(db):
    user = User.objects.create_user("member")
    user.groups.add(Group.objects.get_or_create(name="members")[0])
    return user


@pytest.fixture
def members(member):
    return Group.objects.get(name="members")


@pytest.fixture
def boss(db):
    return User.objects.create_superuser("boss")


@pytest.fixture
def visitor():
    return AnonymousUser()


@pytest.fixture
def make(db):
    """make("name", ra=..., permissions=...) -> a target of the plain model, sidereal at (10, 20) unless said."""
    from tom_targets.models import BaseTarget

    def _make(name, **kwargs):
        values = {"type": "SIDEREAL", "ra": 10.0, "dec": 20.0, "permissions": "PRIVATE", **kwargs}
        extras, names = values.pop("extras", {}), values.pop("names", [])
        target = BaseTarget(name=name, **values)
        target.save(extras=extras, names=names)
        return target

    return _make
