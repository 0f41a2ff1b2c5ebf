"""Names and identifiers are compared letter by letter, searches are not: the same on every database."""

import datetime as dt

import pytest

from tom_dataproducts.models import DataProduct
from tom_observations.models import ObservationRecord
from tom_targets.models import BaseTarget, TargetExtra, TargetName

pytestmark = [pytest.mark.django_db, pytest.mark.database]
ALIKE = ["SN 2024abc", "sn 2024abc", "SN 2024ABC", "SN 2024ábc"]


@pytest.fixture
def targets():
    return [BaseTarget.objects.create(name=name, type="SIDEREAL", ra=1, dec=2) for name in ALIKE]


def test_names_that_differ_in_case_or_accent_are_several(targets):
    assert [BaseTarget.objects.get(name=name).pk for name in ALIKE] == [target.pk for target in targets]
    assert dict(BaseTarget.objects.filter(name__in=ALIKE[:2]).values_list("name", "pk")) == {t.name: t.pk for t in targets[:2]}
    for number, target in enumerate(targets):
        TargetName.objects.bulk_create([TargetName(target=target, name=f"alias {ALIKE[number]}")])
    assert TargetName.objects.get(name="alias sn 2024abc").target == targets[1]


def test_a_stored_simplified_name_is_compared_as_it_is(targets):
    assert targets[3].simplified_name != targets[0].simplified_name
    assert BaseTarget.objects.filter(simplified_name=targets[0].simplified_name).count() == 3
    assert targets[3] not in BaseTarget.matches.match_name("SN 2024abc")


@pytest.mark.parametrize(
    ("lookup", "text", "few", "many"),
    [
        ("exact", "sn 2024abc", 1, 1), ("iexact", "sn 2024ABC", 3, 4), ("contains", "2024abc", 2, 3), ("icontains", "N 2024AB", 3, 4),
        ("startswith", "sn", 1, 4), ("istartswith", "sn", 4, 4), ("endswith", "bc", 3, 4), ("iendswith", "BC", 4, 4),
        ("regex", "^sn [0-9]+abc$", 1, 1), ("iregex", "^sn [0-9]+ABC$", 3, 4),
    ],
)  # fmt: skip
def test_lookups(targets, lookup, text, few, many):
    """MySQL finds accents too where case is ignored, SQLite ignores the case of `contains`: databases differ in that, and only in that."""
    assert few <= BaseTarget.objects.filter(**{f"name__{lookup}": text}).count() <= many
    for target in targets:
        ObservationRecord.objects.create(target=target, facility="F", parameters={}, observation_id="1", status="PENDING")
    assert few <= ObservationRecord.objects.filter(**{f"target__name__{lookup}": text}).count() <= many


def test_keys_and_identifiers(targets):
    TargetExtra.objects.create(target=targets[0], key="v", value="1")
    TargetExtra.objects.create(target=targets[0], key="V", value="2")
    assert TargetExtra.objects.get(target=targets[0], key="V").value == "2"
    made = [DataProduct.objects.create(product_id=key, target=targets[0]) for key in ("aBc", "abc")]
    assert DataProduct.objects.get(product_id="abc") == made[1]
    for key in ("x1", "X1"):
        ObservationRecord.objects.create(target=targets[0], facility="LCO", parameters={}, observation_id=key, status="Pending")
    assert ObservationRecord.objects.filter(observation_id="X1").count() == 1
    assert ObservationRecord.objects.filter(status="PENDING").count() == 0


def test_names_sort_by_their_letters(targets):
    assert list(BaseTarget.objects.order_by("name").values_list("name", flat=True)) == sorted(ALIKE)


def test_microseconds_and_unusual_letters_come_back():
    moment = dt.datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=dt.UTC)
    target = BaseTarget.objects.create(name="α Cen 𝛼 星", type="SIDEREAL", ra=1.0000000000000002, dec=-1e-300)
    record = ObservationRecord.objects.create(
        target=target, facility="F", observation_id="1", status="", scheduled_start=moment, parameters={"ü": ["𝛼", 0.1, None, {"a": 1e20}]}
    )
    record.refresh_from_db()
    target.refresh_from_db()
    assert (target.name, target.ra, target.dec) == ("α Cen 𝛼 星", 1.0000000000000002, -1e-300)
    assert record.scheduled_start == moment
    assert ObservationRecord.objects.get(scheduled_start=moment) == record
    assert record.parameters == {"ü": ["𝛼", 0.1, None, {"a": 1e20}]}
