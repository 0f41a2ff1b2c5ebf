"""The one way of measurements into the database: each kept once, the same source updates, nothing half done."""

import datetime as dt

import pytest
from django.db import IntegrityError
from django.utils import timezone

from tom_common.errors import InvalidInputError
from tom_common.models import HistoryEvent
from tom_dataproducts.events import data_added
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data, add_reduced_data_many, adding
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.django_db, pytest.mark.database]
T0 = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)


@pytest.fixture
def target():
    return BaseTarget.objects.create(name="t", type="SIDEREAL", ra=1, dec=2)


def rows(n, **more):
    return [DatumRow("photometry", T0 + dt.timedelta(days=i), brightness=17 + i / 100, bandpass="r", **more) for i in range(n)]


def test_adding_twice_adds_once(target):
    first = add_reduced_data(target=target, rows=rows(1200))
    assert len(set(first.created)) == 1200
    again = add_reduced_data(target=target, rows=rows(1201))
    assert (len(again.created), len(again.updated), sorted(again.unchanged)) == (1, 0, sorted(first.created))
    stored = ReducedDatum.objects.get(pk=first.created[5])
    assert (stored.brightness, stored.value) == (17.05, {"magnitude": 17.05, "filter": "r"})
    assert stored.timestamp == T0 + dt.timedelta(days=5)


TEXTS = ["", "NULL", "null", '"', "\\", '\\"', "{a,b}", "a b", "'", "''", "%s", "%", "é\n\t☆", "\\x41", "$1", "E'\\\\'"]
NUMBERS = [0.0, 1e-320, 5e-324, 1.7976931348623157e308, -1.5, 0.1 + 0.2, 1e22, 123456789.123456789]


def test_texts_and_numbers_are_stored_as_they_are(target):
    many = [
        DatumRow(
            "photometry", T0 + dt.timedelta(days=i, microseconds=i), {"note": text, text or "empty": [text, None, 1.5]}, source_name=text, source_id=str(i),
            telescope=text, brightness=NUMBERS[i % len(NUMBERS)], brightness_error=0.5, limit=None if i % 2 else 20.0,
        )
        for i, text in enumerate(TEXTS)
    ]  # fmt: skip
    for part in (many, many[:1]):  # what is the same in every row is written in another way
        ReducedDatum.objects.all().delete()
        keys = add_reduced_data(target=target, rows=part).created
        for pk, row in zip(keys, part, strict=True):
            stored = ReducedDatum.objects.get(pk=pk)
            assert (stored.source_name, stored.telescope, stored.timestamp) == (row.source_name, row.telescope, row.timestamp)
            assert (repr(stored.brightness), stored.brightness_error, stored.limit) == (repr(row.brightness), row.brightness_error, row.limit)
            assert {name: stored.value[name] for name in row.value} == row.value


def test_raw_rows_are_as_the_orm_writes_them(target):
    other = BaseTarget.objects.create(name="o", type="SIDEREAL", ra=1, dec=2)
    row = DatumRow(
        "spectroscopy", T0, {"note": "é"}, source_name="x", source_id="1", flux=[1.0, 2.0], wavelength=[3.0, 4.0], flux_unit="mJy"
    )
    (pk,) = add_reduced_data(target=target, rows=[row]).created
    raw = ReducedDatum.objects.get(pk=pk)
    same = ReducedDatum.objects.create(
        target=other, data_type="spectroscopy", timestamp=T0, value={"note": "é"}, source_name="x", source_id="1",
        flux=[1.0, 2.0], wavelength=[3.0, 4.0], flux_unit="mJy",
    )
    same.refresh_from_db()
    for field in ReducedDatum._meta.concrete_fields:
        if field.name not in ("id", "target", "added"):
            assert getattr(raw, field.attname) == getattr(same, field.attname), field.name


def test_each_row_says_who_added_it_and_when(target, django_user_model):
    ann = django_user_model.objects.create_user("ann")
    before = timezone.now()
    (pk,) = add_reduced_data(target=target, rows=rows(1), actor=ann).created
    (other,) = add_reduced_data(target=target, rows=rows(2)).created
    own = ReducedDatum.objects.create(target=target, data_type="radio", value=[1])
    (many,) = ReducedDatum.objects.bulk_create([ReducedDatum(target=target, data_type="radio", value=[2])])
    stored = ReducedDatum.objects.in_bulk([pk, other, own.pk, many.pk])
    assert [stored[key].added_by for key in (pk, other, own.pk, many.pk)] == [ann, None, None, None]
    assert all(before <= row.added <= timezone.now() for row in stored.values())
    added = stored[own.pk].added
    stored[own.pk].save()
    assert ReducedDatum.objects.get(pk=own.pk).added == added
    ann.delete()
    assert ReducedDatum.objects.get(pk=pk).added_by is None


def test_the_same_source_replaces(target, django_user_model):
    user = django_user_model.objects.create_user("u")
    row = DatumRow("photometry", T0, {"magnitude": 17.0}, source_name="ZTF", source_id="99")
    (pk,) = add_reduced_data(target=target, rows=[row], actor=user).created
    newer = DatumRow("photometry", T0, {"magnitude": 17.2}, source_name="ZTF", source_id="99")
    added = add_reduced_data(target=target, rows=[newer], actor=user)
    assert (added.created, added.updated) == ([], [pk])
    assert ReducedDatum.objects.get().brightness == 17.2
    event = HistoryEvent.objects.filter(verb="updated").latest("pk")
    assert "17.2" in str(event.after)
    assert add_reduced_data(target=target, rows=[newer]).unchanged == [pk]
    other_id = DatumRow("photometry", T0, {"magnitude": 17.2}, source_name="ZTF", source_id="100")
    assert len(add_reduced_data(target=target, rows=[other_id, other_id]).created) == 1


def test_events_and_products(target):
    heard = []

    def listen(**payload):
        heard.append(payload)

    data_added.connect(listen, when="inside")
    try:
        product = DataProduct.objects.create(target=target)
        added = add_reduced_data(target=target, rows=rows(2), data_product=product)
        add_reduced_data(target=target, rows=rows(2))
    finally:
        data_added.disconnect(listen, when="inside")
    assert [event["created"] for event in heard] == [added.created]
    assert product.reduceddatum_set.count() == 2


def test_all_or_nothing(target):
    bad = [*rows(3), DatumRow("photometry", T0, {"magnitude": 1.0}, source_name="x" * 101)]
    with pytest.raises(InvalidInputError, match="row 4, source_name"):
        add_reduced_data(target=target, rows=bad)
    assert not ReducedDatum.objects.exists()


def test_a_race_is_lost_gracefully(target, monkeypatch):
    add_reduced_data(target=target, rows=rows(2))
    real, calls = adding._known, []

    def blind(data, target_id, using):
        calls.append(1)
        return ({}, {}) if len(calls) == 1 else real(data, target_id, using)

    monkeypatch.setattr(adding, "_known", blind)
    added = add_reduced_data(target=target, rows=rows(3))
    assert (len(added.created), len(added.unchanged)) == (1, 2)
    monkeypatch.setattr(adding, "_known", lambda *args: ({}, {}))
    with pytest.raises(IntegrityError):
        add_reduced_data(target=target, rows=rows(3))


def test_many_targets(target):
    other = BaseTarget.objects.create(name="o", type="SIDEREAL", ra=1, dec=2)
    done = add_reduced_data_many({target: rows(2), other: rows(3)})
    assert (len(done[target].created), len(done[other].created)) == (2, 3)


def test_odd_numbers(target):
    row = DatumRow("photometry", T0, {"magnitude": float("nan"), "limit": 20.0, "other": float("inf")})
    (pk,) = add_reduced_data(target=target, rows=[row]).created
    assert ReducedDatum.objects.get(pk=pk).value == {"magnitude": None, "limit": 20.0, "other": None}


def test_history_tells_once_what_a_person_added(target, django_user_model):
    user = django_user_model.objects.create_user("u")
    add_reduced_data(target=target, rows=rows(3), actor=None)
    assert not HistoryEvent.objects.filter(verb="data added").exists(), "what a stream brings says itself where it comes from"
    add_reduced_data(target=target, rows=rows(30, source_name="Paper"), actor=user)
    event = HistoryEvent.objects.get(verb="data added")
    assert (event.object_id, event.actor, event.summary) == (str(target.pk), user, "30 rows of photometry added")
    assert event.after == {"rows": 30, "data types": ["photometry"], "sources": ["Paper"]}
    add_reduced_data(target=target.pk, rows=rows(30, source_name="Paper"), actor=user)
    assert HistoryEvent.objects.filter(verb="data added").count() == 1, "nothing was new"
    product = DataProduct.objects.create(target=target, product_id="p")
    add_reduced_data(target=target.pk, rows=rows(1, source_name="File"), actor=user, data_product=product)
    event = HistoryEvent.objects.filter(verb="data added").latest("pk")
    assert (event.object_id, event.parent_id, event.summary) == (str(product.pk), str(target.pk), "1 row of photometry added")
