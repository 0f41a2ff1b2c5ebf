"""Members of a target as outside code uses them."""

import datetime as dt

import pytest

from tom_targets.models import BaseTarget, Target, TargetExtra, TargetList, get_target_model_class
from tom_targets.tests.factories import NonSiderealTargetFactory, SiderealTargetFactory, TargetGroupingFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_default_class():
    assert Target is BaseTarget is get_target_model_class()


def test_factories():
    target = SiderealTargetFactory.create()
    assert (target.targetextra_set.count(), target.aliases.count()) == (3, 2)
    assert SiderealTargetFactory.create(name="x", permissions="OPEN").name == "x"
    orbit = NonSiderealTargetFactory.create()
    assert orbit.type == "NON_SIDEREAL"
    assert orbit.semimajor_axis
    grouping = TargetGroupingFactory.create()
    grouping.targets.add(target)
    assert grouping.total_targets == 1
    assert str(grouping)
    assert grouping.get_absolute_url().endswith(f"targetlist__name={grouping.pk}")


def test_hook_runs_once_with_everything(settings, monkeypatch):
    calls = []
    monkeypatch.setattr("tom_common.hooks.target_post_save", lambda target, created: calls.append((target.names, target.tags, created)))
    settings.HOOKS = {"target_post_save": "tom_common.hooks.target_post_save"}
    target = BaseTarget(name="a", type="SIDEREAL")
    target.save(extras={"k": "v"}, names=["b"])
    target.save()
    assert calls == [(["a", "b"], {"k": "v"}, True), (["a", "b"], {"k": "v"}, False)]


def test_extra_fields_and_tags(settings):
    settings.EXTRA_FIELDS = [
        {"name": "redshift", "type": "number", "default": 0},
        {"name": "eyes", "type": "boolean"},
        {"name": "found", "type": "datetime"},
        {"name": "who", "type": "string"},
    ]
    target = BaseTarget(name="a", type="SIDEREAL")
    target.save(extras={"eyes": "False", "found": "2024-01-02T03:04:05", "who": "me", "free": 1.5})
    assert target.extra_fields == {
        "redshift": 0.0, "eyes": False, "found": dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC), "who": "me",
    }  # fmt: skip
    assert target.tags == {"free": "1.5"}
    target.save(extras={"redshift": 0.5})
    assert target.extra_fields["redshift"] == 0.5
    assert target.targetextra_set.count() == 5


@pytest.mark.parametrize(
    ("value", "number", "truth", "time"),
    [
        ("0", 0.0, False, None), ("False", None, False, None), ("true", None, True, None), ("10", 10.0, True, None),
        ("", None, None, None), ("word", None, None, None), ("nan", None, None, None), (0, 0.0, False, None), (True, 1.0, True, None),
        ("2024-05-06", None, None, dt.datetime(2024, 5, 6, tzinfo=dt.UTC)),
        ("6 May 2024 12:00", None, None, dt.datetime(2024, 5, 6, 12, tzinfo=dt.UTC)),
        ("2024-05-06T00:00:00+02:00", None, None, dt.datetime(2024, 5, 5, 22, tzinfo=dt.UTC)),
        (dt.datetime(2024, 5, 6, tzinfo=dt.UTC), None, None, dt.datetime(2024, 5, 6, tzinfo=dt.UTC)),
    ],
)  # fmt: skip
def test_extra_typed(make, value, number, truth, time):
    extra = TargetExtra.objects.create(target=make("a"), key="k", value=value)
    extra.refresh_from_db()
    assert (extra.float_value, extra.bool_value, extra.time_value) == (number, truth, time)
    assert isinstance(extra.typed_value("string"), str)


def test_as_dict(make):
    values = make("a", epoch=2000.0).as_dict()
    assert list(values)[:5] == ["name", "type", "ra", "dec", "epoch"]
    assert "healpix" not in values
    assert "simplified_name" not in values
    assert values["permissions"] == "PRIVATE"
    orbit = BaseTarget(name="o", type="NON_SIDEREAL", scheme="MPC_COMET", ra=1.0).as_dict()
    assert list(orbit)[2] == "scheme"
    assert orbit["ra"] == 1.0


def test_access_for_user_and_group(make, member, members, stranger):
    target = make("a")
    target.give_user_access(stranger)
    target.give_user_access(members)
    for user in (stranger, member):
        for action in ("view", "change", "delete"):
            assert user.has_perm(f"tom_targets.{action}_target", target)


def test_constellation(make):
    assert make("Betelgeuse", ra=88.7929, dec=7.4071).constellation == "Orion"
    assert BaseTarget(name="o", type="NON_SIDEREAL", ra=1.0, dec=1.0).constellation is None


def test_default_permission(settings):
    assert BaseTarget().permissions == "PRIVATE"
    settings.TARGET_DEFAULT_PERMISSION = "OPEN"
    assert BaseTarget().permissions == "OPEN"


def test_lists_of_equal_name_live_together():
    TargetList.objects.create(name="a")
    TargetList.objects.create(name="a")
