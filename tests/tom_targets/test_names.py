"""Names and aliases: compared through the stored simplified name, unless a project compares otherwise."""

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Value
from django.db.models.functions import Concat

from tom_targets.base_models import TargetMatchManager
from tom_targets.models import BaseTarget, TargetName

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.mark.parametrize("name", ["SN 2024abc", "sn2024ABC", "SN_2024-abc", "(sn) 2024abc"])
def test_fuzzy(make, name, django_assert_num_queries):
    target = make("SN2024abc")
    with django_assert_num_queries(1):
        assert list(BaseTarget.matches.match_name(name)) == [target]
    assert list(BaseTarget.matches.match_fuzzy_name("sn2024abcd")) == []


def test_alias_is_found(make):
    target = make("a", names=["ZTF 18 abc"])
    assert list(BaseTarget.matches.match_name("ztf18abc")) == [target]
    assert list(BaseTarget.matches.match_fuzzy_name("ztf18abc", BaseTarget.objects.filter(name="b"))) == []
    assert list(BaseTarget.matches.match_exact_name("a")) == [target]


def test_names_follow_every_write(make):
    target = make("A a")
    BaseTarget.objects.update(name="B-b")
    assert BaseTarget.objects.get().simplified_name == "bb"
    BaseTarget.objects.update(name=Concat("name", Value(" C")))
    assert BaseTarget.objects.get().simplified_name == "bbc"
    alias = TargetName.objects.create(target=target, name="X y")
    assert TargetName.objects.get().simplified_name == "xy"
    TargetName.objects.update(name="Z z")
    assert TargetName.objects.get().simplified_name == "zz"
    alias.name = "Q q"
    alias.save(update_fields=["name"])
    assert TargetName.objects.get().simplified_name == "qq"
    TargetName.objects.bulk_create([TargetName(target=target, name="V v")])
    assert TargetName.objects.filter(simplified_name="vv").exists()


class Colons(TargetMatchManager):
    def simplify_name(self, name):
        return super().simplify_name(name).replace(":", "")


def test_another_rule_reads_row_by_row(make):
    target = make("a:b", names=["c:d"])
    manager = Colons()
    manager.model = BaseTarget
    assert list(manager.match_name("A b")) == [target]
    assert list(manager.match_name("cd")) == [target]
    assert not manager.match_name("xx").exists()
    assert not BaseTarget.matches.match_name("ab").exists()


def test_is_unique(make):
    target = make("SN 1")
    assert BaseTarget.matches.is_unique(target)
    assert not BaseTarget.matches.is_unique(BaseTarget(name="sn1", type="SIDEREAL"))
    with pytest.raises(ValidationError) as caught:
        BaseTarget(name="sn1", type="SIDEREAL").full_clean()
    assert "SN 1" not in str(caught.value)


def test_rename_against_own_alias(make):
    target = make("a", names=["SN 1"])
    target.name = "sn1"
    with pytest.raises(ValidationError):
        target.full_clean()


def test_alias_rules(make):
    target, other = make("SN 1", names=["x"]), make("b")
    same = target.aliases.get()
    same.full_clean()
    for name in ("SN 1", "sn1", "b", "B", "x"):
        with pytest.raises(ValidationError):
            TargetName(target=target, name=name).full_clean()
    with pytest.raises(ValidationError):
        TargetName(target=other, name="sn-1").full_clean()
    TargetName(target=other, name="c").full_clean()


def test_a_bad_alias_leaves_nothing():
    target = BaseTarget(name="a", type="SIDEREAL")
    with pytest.raises(ValidationError):
        target.save(names=["b", "a"], extras={"k": 1})
    assert not BaseTarget.objects.exists()
