"""Many rows in one go: the same rows as `bulk_create` writes, on each database, with their keys."""

import datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from tom_common.inserting import insert_columns, insert_rows
from tom_common.models import HistoryEvent
from tom_targets.models import BaseTarget, TargetExtra, TargetName

pytestmark = [pytest.mark.django_db, pytest.mark.database]

MOMENT = datetime.datetime(2016, 12, 31, 23, 59, 59, 123456, tzinfo=datetime.UTC)


def contents(row):
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name not in ("id", "at", "created", "modified")}


def targets(mark):
    return [
        BaseTarget(name=f"{mark} 1", type="SIDEREAL", ra=0, dec=-90.0, epoch=None),
        BaseTarget(name=f"{mark} %s ö '\"\\ 2", type="SIDEREAL", ra="359.999999999", dec=90, pm_ra=-0.0, distance=1e300),
        BaseTarget(name=f"{mark} 3", type="NON_SIDEREAL", scheme="MPC_MINOR_PLANET", epoch_of_elements=57000, eccentricity=5e-324, permissions="OPEN"),
    ]  # fmt: skip


def test_writes_what_bulk_create_writes():
    ours = targets("Ours")
    insert_rows(ours, using="default")
    theirs = targets("Theirs")
    BaseTarget.objects.bulk_create(theirs)
    assert [target.pk for target in ours] == sorted(target.pk for target in ours)
    for one, other in zip(ours, theirs, strict=True):
        assert not one._state.adding
        assert one._state.db == "default"
        found, wanted = contents(BaseTarget.objects.get(pk=one.pk)), contents(BaseTarget.objects.get(pk=other.pk))
        for left_out in ("name", "simplified_name"):
            assert found.pop(left_out).lower().replace("ours", "theirs") == wanted.pop(left_out).lower()
        assert found == wanted
        assert found["healpix"] == one.healpix


def test_each_row_gets_its_own_key():
    target = BaseTarget.objects.create(name="Target", ra=1, dec=2)
    names = [TargetName(target=target, name=f"Name {number}") for number in range(4501)]  # more than one batch
    insert_rows(names, using="default")
    assert dict(TargetName.objects.values_list("pk", "name")) == {name.pk: name.name for name in names}
    assert {name.simplified_name for name in TargetName.objects.all()} == {f"name{number}" for number in range(4501)}
    more = [TargetName(target=target, name="After")]
    insert_rows(more, using="default")
    assert TargetName.objects.get(name="After").pk == more[0].pk


def test_times_json_and_nothing():
    user = User.objects.create(username="somebody")
    before = timezone.now()
    json = [{"a": [1, 2.5, None, "ö"]}, None, "text", 7]
    events = [
        HistoryEvent(actor=user if i % 2 else None, verb="did", object_type="a.b", object_id=str(i), before=value, at=MOMENT)
        for i, value in enumerate(json)
    ]
    insert_rows(events, using="default")
    found = list(HistoryEvent.objects.order_by("pk"))
    assert [event.before for event in found] == json
    assert [event.at for event in found] == [MOMENT] * 4
    assert [event.actor_id for event in found] == [None, user.pk, None, user.pk]
    target = BaseTarget(name="Now", ra=1, dec=2)
    insert_rows([target], using="default")
    assert before <= BaseTarget.objects.get(pk=target.pk).created <= timezone.now()
    assert target.created == BaseTarget.objects.get(pk=target.pk).created
    insert_rows([], using="default")


def test_a_column_of_nothing_and_whole_numbers_among_others():
    target = BaseTarget.objects.create(name="Target", ra=1, dec=2)
    extras = [TargetExtra(target=target, key=f"k{i}", value=str(value)) for i, value in enumerate(("", "1", "text"))]
    insert_rows(extras, using="default")
    assert list(TargetExtra.objects.order_by("pk").values_list("value", "float_value")) == [("", None), ("1", None), ("text", None)]
    columns = {"target_id": [target.pk] * 2, "key": ["m", "n"], "value": ["", ""], "float_value": [1.5, None]}
    keys = insert_columns(TargetExtra, columns, using="default", keys=True)
    assert list(TargetExtra.objects.filter(pk__in=keys).order_by("pk").values_list("key", "float_value")) == [("m", 1.5), ("n", None)]


def test_nothing_is_left_of_what_fails():
    from django.db import IntegrityError

    target = BaseTarget.objects.create(name="Target", ra=1, dec=2)
    names = [TargetName(target=target, name=name) for name in ("One", "Two", "One")]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(names, using="default")
    assert not TargetName.objects.exists()


def test_rows_that_have_keys_are_refused():
    with pytest.raises(TypeError, match="keys"):
        insert_rows([BaseTarget(pk=5, name="Target", ra=1, dec=2)], using="default")


def test_few_statements(django_assert_max_num_queries):
    with django_assert_max_num_queries(6 if connection.vendor == "mysql" else 4):
        insert_rows([BaseTarget(name=f"Target {i}", ra=1, dec=2) for i in range(1000)], using="default")


def test_the_sign_of_zero_and_what_is_the_same_in_every_row():
    target = BaseTarget.objects.create(name="Target", ra=1, dec=2)
    columns = {"target_id": [target.pk] * 3, "key": ["a", "b", "c"], "value": ["same"] * 3, "float_value": [0.0, -0.0, 0.0]}
    keys = insert_columns(TargetExtra, columns, using="default", keys=True)
    found = [TargetExtra.objects.get(pk=pk) for pk in keys]
    assert [extra.float_value for extra in found] == [0.0, 0.0, 0.0]
    if connection.vendor == "postgresql":  # the others keep no sign of a zero
        assert str(found[1].float_value) == "-0.0"
    assert [extra.key for extra in found] == ["a", "b", "c"]
    events = [HistoryEvent(verb="did", object_type="a.b", object_id="1", at=MOMENT) for _ in range(2)]
    insert_rows(events, using="default")
    assert HistoryEvent.objects.filter(pk__in=[event.pk for event in events], verb="did", at=MOMENT).count() == 2
