"""Measurements go in a few statements, with what hangs on them, and what was deleted by hand comes back."""

import datetime as dt

import pytest
from django.db import connection
from django.db.models.signals import post_delete, pre_delete
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from tom_alerts.models import AlertStreamMessage
from tom_common.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from tom_common.models import HistoryEvent
from tom_common.services.history_shown import undo_event
from tom_dataproducts.models import DataProduct, PhotometryReducedDatum, ReducedDatum
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data, change_datum, delete_reduced_data
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.django_db, pytest.mark.database]
T0 = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)


@pytest.fixture
def target():
    return BaseTarget.objects.create(name="SN 2024abc", type="SIDEREAL", ra=10.0, dec=20.0)


def fill(target, count, product=None):
    rows = [DatumRow("photometry", T0 + dt.timedelta(minutes=i), {"magnitude": 17.0, "filter": "r"}) for i in range(count)]
    return add_reduced_data(target=target, rows=rows, data_product=product).created


def message_about(pk):
    message = AlertStreamMessage.objects.create(topic="t", message_id="1", exchange_status="published")
    ReducedDatum.objects.get(pk=pk).message.add(message)
    return message


def test_as_many_statements_for_many_rows_as_for_few(target):
    other = BaseTarget.objects.create(name="other", type="SIDEREAL", ra=1, dec=1)
    fill(target, 3)
    fill(other, 2500)
    counts = []
    for one in (target, other):
        with CaptureQueriesContext(connection) as queries:
            one.delete()
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert not ReducedDatum.objects.exists()


def test_what_hangs_on_measurements_goes_with_them(target):
    other = BaseTarget.objects.create(name="other", type="SIDEREAL", ra=1, dec=1)
    product = DataProduct.objects.create(target=target)
    first = fill(target, 3, product)[0]
    kept = fill(other, 1)[0]
    message = message_about(first)
    ReducedDatum.objects.get(pk=kept).message.add(message)
    product.delete()
    assert list(ReducedDatum.objects.values_list("pk", flat=True)) == [kept]
    assert [row.pk for row in message.reduced_data.all()] == [kept]


@pytest.mark.parametrize("model", [ReducedDatum, PhotometryReducedDatum])
def test_a_queryset_deletes_with_what_hangs_on_it(target, model):
    keys = fill(target, 5)
    message_about(keys[0])
    ReducedDatum.objects.create(target=target, data_type="radio", value=[1])
    total, by_model = model.objects.filter(target__name="SN 2024abc", brightness__gt=3).delete()
    assert by_model.pop(model._meta.label) == 5
    assert sum(by_model.values()) == 1 == total - 5  # the row that joins the message
    assert ReducedDatum.objects.get().data_type == "radio"
    with pytest.raises(TypeError):
        ReducedDatum.objects.all()[:1].delete()


def test_who_listens_hears_of_every_row(target):
    heard = []

    def listen(sender, instance, **kwargs):
        heard.append((sender, instance.pk))

    keys = fill(target, 3)
    for signal in (pre_delete, post_delete):
        signal.connect(listen, sender=ReducedDatum)
    try:
        ReducedDatum.objects.filter(pk=keys[0]).delete()
        assert heard == [(ReducedDatum, keys[0])] * 2
        target.delete()
    finally:
        for signal in (pre_delete, post_delete):
            signal.disconnect(listen, sender=ReducedDatum)
    assert sorted(pk for sender, pk in heard if sender is ReducedDatum) == sorted(keys * 2)
    assert not ReducedDatum.objects.exists()


def undo(actor, verb):
    return undo_event(actor=actor, event=HistoryEvent.objects.filter(verb=verb).latest("pk"))


def test_deleted_data_come_back_as_they_were(target, boss):
    product = DataProduct.objects.create(target=target)
    fill(target, 3, product)
    points = fill(target, 5)  # three of them are there already, from the product
    value = {"flux": [1.0, 2.5e-300], "wavelength": [4000, 4001], "flux_units": "mJy", "note": "x"}
    ReducedDatum.objects.create(target=target, data_type="spectroscopy", timestamp=T0, value=value, source_id="7", added_by=boss)
    ReducedDatum.objects.create(target=target, data_type="radio", timestamp=T0, value=[1, {"a": None}])
    before = list(ReducedDatum.objects.order_by("pk").values())
    assert delete_reduced_data(rows=ReducedDatum.objects.all(), actor=boss) == 7
    assert not ReducedDatum.objects.exists()
    events = HistoryEvent.objects.filter(verb="data deleted").order_by("pk")
    assert sorted(event.before["rows"] for event in events) == [3, 4]
    assert {event.object_type for event in events} == {"tom_dataproducts.dataproduct", "tom_targets.basetarget"}
    for event in events:
        undo_event(actor=boss, event=event)
    assert list(ReducedDatum.objects.order_by("pk").values()) == before
    assert ReducedDatum.objects.get(data_type="spectroscopy").value == value
    with pytest.raises(ConflictError):
        undo_event(actor=boss, event=events[0])
    assert points[0] in set(ReducedDatum.objects.values_list("pk", flat=True))


def test_many_are_deleted_in_parts_that_are_each_undone(target, boss):
    keys = fill(target, 1100)
    assert delete_reduced_data(rows=ReducedDatum.objects.filter(brightness__gt=1), actor=boss) == 1100
    assert [event.before["rows"] for event in HistoryEvent.objects.filter(verb="data deleted").order_by("pk")] == [500, 500, 100]
    undo(boss, "data deleted")
    assert sorted(ReducedDatum.objects.values_list("pk", flat=True)) == keys[-100:]


def test_only_who_may_change_the_target_brings_data_back(target, boss, stranger, member, members):
    assign_perm("tom_targets.view_target", members, target)
    fill(target, 2)
    delete_reduced_data(rows=ReducedDatum.objects.all(), actor=boss)
    with pytest.raises(NotFoundError):
        undo(stranger, "data deleted")
    with pytest.raises(NotAllowedError):
        undo(member, "data deleted")
    assign_perm("tom_targets.change_target", members, target)
    undo(member, "data deleted")
    assert ReducedDatum.objects.count() == 2


def test_added_data_are_taken_back(target, boss):
    kept = fill(target, 1)
    rows = [DatumRow("photometry", T0, {"magnitude": 3.0 + i}) for i in range(20)]
    add_reduced_data(target=target, rows=rows, actor=boss)
    undo(boss, "data added")
    assert list(ReducedDatum.objects.values_list("pk", flat=True)) == kept
    undo(boss, "data deleted")
    assert ReducedDatum.objects.count() == 21


def test_one_that_says_the_same_stays_the_only_one(target, boss):
    fill(target, 2)
    delete_reduced_data(rows=ReducedDatum.objects.all(), actor=boss)
    again = fill(target, 1)
    undo(boss, "data deleted")
    assert ReducedDatum.objects.count() == 2
    assert again[0] in set(ReducedDatum.objects.values_list("pk", flat=True))
    assert HistoryEvent.objects.latest("pk").summary == "1 row restored, 1 were there again already"


def test_a_change_by_hand_is_remembered_and_undone(target, boss):
    (pk,) = fill(target, 1)
    datum = change_datum(datum=ReducedDatum.objects.get(pk=pk), changes={"brightness": 16.5, "bandpass": "g", "limit": None}, actor=boss)
    assert datum.value == {"magnitude": 16.5, "filter": "g"}
    event = HistoryEvent.objects.get(verb="changed")
    assert (event.before["brightness"], event.after["brightness"]) == (17.0, 16.5)
    undo(boss, "changed")
    stored = ReducedDatum.objects.get(pk=pk)
    assert (stored.brightness, stored.bandpass, stored.value) == (17.0, "r", {"magnitude": 17.0, "filter": "r"})
    change_datum(datum=stored, changes={"brightness": 17.0}, actor=boss)
    assert HistoryEvent.objects.filter(verb="changed").count() == 2  # the change and its undoing: nothing was changed the third time


@pytest.mark.parametrize(
    ("changes", "column"),
    [({"brightness_error": -1.0}, "brightness_error"), ({"ra": 1.0}, "ra"), ({"target": 5}, "target"), ({"timestamp": "soon"}, "timestamp"),
     ({"exposure_time": -2.0}, "exposure_time")],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_field(target, boss, changes, column):
    (pk,) = fill(target, 1)
    with pytest.raises(InvalidInputError) as refused:
        change_datum(datum=ReducedDatum.objects.get(pk=pk), changes=changes, actor=boss)
    assert column in refused.value.by_field()
    assert ReducedDatum.objects.get(pk=pk).brightness == 17.0


def test_a_change_makes_no_second_of_the_same(target, boss):
    _, second = fill(target, 2)
    with pytest.raises(ConflictError):
        change_datum(datum=ReducedDatum.objects.get(pk=second), changes={"timestamp": T0}, actor=boss)
    assert ReducedDatum.objects.get(pk=second).timestamp != T0
