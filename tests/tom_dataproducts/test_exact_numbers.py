"""Numbers come back as they were given, to the last bit, on every database; and the idioms of both generations once more there."""

import datetime as dt
import math
import struct

import pytest

from tom_dataproducts.models import PhotometryReducedDatum, ReducedDatum, SpectroscopyReducedDatum
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.django_db, pytest.mark.database]
T0 = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
NUMBERS = [
    0.1, 1 / 3, 1e-300, -1e300, 1.7976931348623157e308, 2.2250738585072014e-308, 123456789.12345679, 5e-17, 17.123456789012345, 0.30000000000000004,
    1e22, 9007199254740993.0, -2.5,
]  # fmt: skip


def bits(numbers):
    return [struct.pack("<d", number) for number in numbers]


@pytest.fixture
def target():
    return BaseTarget.objects.create(name="SN 2024abc", type="SIDEREAL", ra=10.0, dec=20.0)


@pytest.mark.parametrize("way", ["create", "add_reduced_data", "bulk_create"])
def test_in_value_and_in_columns(target, way):
    for place, number in enumerate(NUMBERS):
        fields = {"data_type": "photometry", "timestamp": T0 + dt.timedelta(days=place), "value": {"magnitude": number, "other": [number, {"a": number}]}}
        if way == "create":
            ReducedDatum.objects.create(target=target, **fields)
        elif way == "bulk_create":
            ReducedDatum.objects.bulk_create([ReducedDatum(target=target, **fields)])
        else:
            add_reduced_data(target=target, rows=[DatumRow(**fields)])
    rows = list(ReducedDatum.objects.order_by("timestamp"))
    assert bits(row.brightness for row in rows) == bits(NUMBERS)
    assert bits(row.value["magnitude"] for row in rows) == bits(NUMBERS)
    assert bits(row.value["other"][1]["a"] for row in rows) == bits(NUMBERS)
    for row in rows:
        # said again as it was read, it is the same measurement
        assert PhotometryReducedDatum.objects.get_or_create(target=target, timestamp=row.timestamp, value=row.value)[1] is False


def test_in_arrays_with_what_is_no_number(target):
    odd = [*NUMBERS, -0.0, 5e-324, math.nan]
    made = SpectroscopyReducedDatum.objects.create(target=target, timestamp=T0, flux=odd, wavelength=list(range(len(odd))))
    stored = ReducedDatum.objects.get(pk=made.pk)
    assert bits(stored.flux) == bits(odd)
    assert stored.value["flux"][:3] == NUMBERS[:3]
    # JSON knows no infinity, and `value` and columns say the same
    endless = SpectroscopyReducedDatum.objects.create(target=target, timestamp=T0, flux=[math.inf, 1.0], wavelength=[1.0, 2.0])
    assert math.isnan(ReducedDatum.objects.get(pk=endless.pk).flux[0])


def test_large_whole_numbers_and_texts_in_value(target):
    value = {"big": 2**53 + 1, "huge": 2**63 + 5, "neg": -(2**60), "text": "é \U0001f52d \\ \"'", "none": None, "true": True, "empty": {}, "list": []}
    made = ReducedDatum.objects.create(target=target, data_type="radio", timestamp=T0, value=value)
    assert ReducedDatum.objects.get(pk=made.pk).value == value


def test_idioms_of_both_generations(target):
    old = {"target": target, "data_type": "photometry", "timestamp": T0, "source_name": "ZTF"}
    first, made = ReducedDatum.objects.get_or_create(**old, value={"magnitude": 17.5, "filter": "r", "error": 0.02})
    assert made
    assert ReducedDatum.objects.get_or_create(**old, value={"magnitude": 17.5, "filter": "r", "error": 0.02}) == (first, False)
    new = {"target": target, "timestamp": T0, "bandpass": "r", "source_name": "ZTF"}
    same, made = PhotometryReducedDatum.objects.update_or_create(**new, defaults={"brightness": 17.6})
    assert (same.pk, made) == (first.pk, False)
    assert ReducedDatum.objects.get(pk=first.pk).value == {"magnitude": 17.6, "filter": "r", "error": 0.02}
    assert ReducedDatum.objects.filter(value__magnitude__gt=17.55, value__has_key="error", value__filter="r").count() == 1
    assert PhotometryReducedDatum.objects.filter(brightness__range=(17, 18)).values_list("value__magnitude", flat=True).get() == 17.6
    rows = PhotometryReducedDatum.objects.bulk_create(
        [PhotometryReducedDatum(**new, brightness=b) for b in (17.6, 17.7, 17.7)], ignore_conflicts=True
    )
    # the first says less than the stored one (no error), and the last two are one
    assert first.pk not in {row.pk for row in rows}
    assert rows[1].pk == rows[2].pk != rows[0].pk
    for row in ReducedDatum.objects.filter(brightness=17.7):
        row.value["magnitude"] = 18.0
        ReducedDatum.objects.bulk_update([row], ["value"])
    assert PhotometryReducedDatum.objects.filter(brightness=18.0).count() == 1
    assert ReducedDatum.objects.filter(target=target).update(source_location="here") == ReducedDatum.objects.count()
    assert target.photometryreduceddatum_set.latest().brightness in (17.6, 18.0)
