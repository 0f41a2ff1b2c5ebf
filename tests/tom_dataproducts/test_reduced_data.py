"""Both sides of a measurement, and every idiom in which outside code writes and reads it."""

import datetime as dt
import json

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db.models import Count
from guardian.shortcuts import assign_perm, get_perms
from hypothesis import given
from hypothesis import strategies as st

from tom_common.errors import InvalidInputError
from tom_dataproducts.models import (
    REDUCED_DATUM_MODELS,
    AstrometryReducedDatum,
    DataProduct,
    GenericReducedDatum,
    PhotometryReducedDatum,
    ReducedDatum,
    SpectroscopyReducedDatum,
    try_parse_reduced_datum,
)
from tom_dataproducts.models.fields import pack, unpack
from tom_dataproducts.normalising import columns_from_value, normalise, value_with_columns
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.django_db, pytest.mark.database]
T0 = dt.datetime(2024, 3, 1, 4, 5, 6, 789000, tzinfo=dt.UTC)


@pytest.fixture
def target():
    return BaseTarget.objects.create(name="SN 2024abc", type="SIDEREAL", ra=10.0, dec=20.0)


def photometry(target, **more):
    return {"target": target, "data_type": "photometry", "timestamp": T0, **more}


def test_value_fills_the_columns(target):
    datum = ReducedDatum.objects.create(**photometry(target, value={"mag": "17.5", "magnitude_error": 0.02, "filter": "r", "candid": 5}))
    assert (datum.brightness, datum.brightness_error, datum.bandpass) == (17.5, 0.02, "r")
    stored = ReducedDatum.objects.get(pk=datum.pk)
    assert stored.value == {"mag": "17.5", "magnitude_error": 0.02, "filter": "r", "candid": 5}
    assert stored.brightness == 17.5


def test_columns_fill_the_value(target):
    datum = PhotometryReducedDatum.objects.create(
        target=target, timestamp=T0, brightness=17.25, brightness_error=0.1, bandpass="g", telescope="ZTF", value={"fid": 1}
    )
    assert datum.data_type == "photometry"
    assert ReducedDatum.objects.get(pk=datum.pk).value == {"fid": 1, "magnitude": 17.25, "error": 0.1, "filter": "g", "telescope": "ZTF"}


def test_json_lookups_see_rows_of_both_writers(target):
    old = ReducedDatum.objects.create(**photometry(target, value={"magnitude": 16.0, "filter": "r"}))
    new = PhotometryReducedDatum.objects.create(target=target, timestamp=T0, brightness=18.0, bandpass="r")
    limit = ReducedDatum.objects.create(**photometry(target, value={"limit": 20.5, "filter": "r"}))
    every = ReducedDatum.objects
    assert set(every.filter(value__magnitude__lt=19)) == {old, ReducedDatum.objects.get(pk=new.pk)}
    assert [d.pk for d in every.filter(value__magnitude__isnull=True)] == [limit.pk]
    assert every.filter(value__has_key="magnitude").count() == 2
    assert every.filter(value__icontains="20.5").count() == 1
    assert every.filter(brightness__gt=17).count() == 1
    assert sorted(every.values_list("value__filter", flat=True)) == ["r", "r", "r"]


def test_spectrum_arrays_live_in_columns_and_come_back_in_value(target):
    value = {"flux": [1.0, 2.5, 3.0], "wavelength": [4000, 4001, 4002], "flux_units": "erg / (Angstrom s cm2)", "note": "x"}
    datum = ReducedDatum.objects.create(target=target, data_type="spectroscopy", timestamp=T0, value=value)
    stored = ReducedDatum.objects.get(pk=datum.pk)
    assert stored.value == value
    assert stored.flux == [1.0, 2.5, 3.0]
    assert stored.flux_unit == "erg / (Angstrom s cm2)"
    assert ReducedDatum.objects.filter(value__has_key="flux").count() == 1
    assert ReducedDatum.objects.values("value").get() == {"value": value}
    assert ReducedDatum.objects.values_list("value", flat=True).get() == value
    assert ReducedDatum.objects.values_list("data_type", "value").get() == ("spectroscopy", value)
    assert ReducedDatum.objects.values_list("value", "pk").get() == (value, datum.pk)
    assert ReducedDatum.objects.only("value").get().value == value
    assert ReducedDatum.objects.values().get()["value"] == value
    stored.value["note"] = "y"
    stored.save()
    assert ReducedDatum.objects.get().value == {**value, "note": "y"}
    assert ReducedDatum.objects.get_or_create(target=target, data_type="spectroscopy", timestamp=T0, value={**value, "note": "y"})[1] is False


def test_oldest_form_of_a_spectrum(target):
    value = {"0": {"wavelength": 3000.0, "flux": 1e-15}, "1": {"wavelength": 3002.5, "flux": 2e-15}}
    datum = ReducedDatum.objects.create(target=target, data_type="spectroscopy", timestamp=T0, value=value)
    stored = SpectroscopyReducedDatum.objects.get(pk=datum.pk)
    assert stored.value == value
    assert stored.wavelength == [3000.0, 3002.5]
    stored.save()
    assert ReducedDatum.objects.get().value == value


def test_typed_spectrum_writes_value(target):
    SpectroscopyReducedDatum.objects.create(target=target, timestamp=T0, flux=[1, 2], wavelength=[5, 6], flux_unit="mJy")
    assert ReducedDatum.objects.get().value == {"flux": [1.0, 2.0], "wavelength": [5.0, 6.0], "flux_units": "mJy"}


@pytest.mark.parametrize("value", [[1, 2, 3], 17, "text", {"a": {"b": [None, True]}}, {}])
def test_any_json_of_any_type(target, value):
    datum = ReducedDatum.objects.create(target=target, data_type="radio", timestamp=T0, value=value)
    assert ReducedDatum.objects.get(pk=datum.pk).value == value
    assert list(GenericReducedDatum.objects.all()) == [GenericReducedDatum.objects.get(pk=datum.pk)]


def test_changing_in_place_and_saving(target):
    datum = ReducedDatum.objects.create(**photometry(target, value={"magnitude": 17.0, "error": 0.1, "filter": "r"}))
    datum = ReducedDatum.objects.get(pk=datum.pk)
    datum.value["magnitude"] = 16.5
    del datum.value["error"]
    datum.save()
    datum.refresh_from_db()
    assert (datum.brightness, datum.brightness_error, datum.bandpass) == (16.5, None, "r")
    datum.brightness = 15.0
    datum.save(update_fields=["brightness"])
    assert ReducedDatum.objects.get().value == {"magnitude": 15.0, "filter": "r"}
    datum.value = {"reduced_by": "me"}
    datum.save()
    assert ReducedDatum.objects.get().value == {"reduced_by": "me", "magnitude": 15.0, "filter": "r"}


def test_duplicates(target):
    fields = photometry(target, value={"magnitude": 17.0, "filter": "r"}, source_name="ALeRCE")
    first = ReducedDatum.objects.create(**fields)
    with pytest.raises(ValidationError):
        ReducedDatum.objects.create(**fields)
    with pytest.raises(ValidationError):
        ReducedDatum(**fields).full_clean()
    assert ReducedDatum.objects.get_or_create(**fields) == (first, False)
    same, made = PhotometryReducedDatum.objects.get_or_create(
        target=target, timestamp=T0, brightness=17.0, source_name="ALeRCE", defaults={"bandpass": "r"}
    )
    assert (same.pk, made) == (first.pk, False)
    other, made = ReducedDatum.objects.get_or_create(**{**fields, "source_name": "Fink"})
    assert made
    other.source_name = "ALeRCE"
    with pytest.raises(ValidationError):
        other.save()
    assert ReducedDatum.objects.count() == 2


def test_update_or_create(target):
    fields = photometry(target, source_name="x", value={"magnitude": 17.0, "filter": "r"})
    ReducedDatum.objects.create(**fields)
    datum, made = ReducedDatum.objects.update_or_create(
        target=target, timestamp=T0, bandpass="r", defaults={"value": {"magnitude": 17.2, "filter": "r"}}
    )
    assert not made
    assert ReducedDatum.objects.get().brightness == 17.2
    datum, made = PhotometryReducedDatum.objects.update_or_create(
        target=target, timestamp=T0, bandpass="g", defaults={"brightness": 18.0, "value": {"fid": 1}}
    )
    assert made
    assert ReducedDatum.objects.get(pk=datum.pk).value == {"fid": 1, "magnitude": 18.0, "filter": "g"}


def test_bulk_create_gives_keys_and_keeps_each_once(target):
    def rows():
        return [ReducedDatum(**photometry(target, value={"magnitude": 17 + i / 10, "filter": "r"})) for i in range(5)]

    with pytest.raises(ValidationError):
        ReducedDatum.objects.bulk_create([*rows(), *rows()])
    made = ReducedDatum.objects.bulk_create(rows())
    again = ReducedDatum.objects.bulk_create([*rows(), *rows()], ignore_conflicts=True)
    assert [row.pk for row in again] == [row.pk for row in made] * 2
    assert ReducedDatum.objects.count() == 5
    assert PhotometryReducedDatum.objects.filter(brightness__gt=17.25).count() == 2


def test_update_refuses_to_part_the_sides(target):
    ReducedDatum.objects.create(**photometry(target, value={"magnitude": 17.0}))
    for change in ({"value": {}}, {"brightness": 3}, {"fingerprint": 1}):
        with pytest.raises(InvalidInputError, match="add_reduced_data"):
            ReducedDatum.objects.update(**change)
    assert ReducedDatum.objects.filter(source_location="").update(source_location="here") == 1
    assert ReducedDatum.objects.update(source_name="new") == 1
    datum = ReducedDatum.objects.get()
    before = datum.fingerprint
    datum.prepare()
    assert datum.fingerprint == before


def test_bulk_update_writes_both_sides(target):
    spectrum = ReducedDatum.objects.create(target=target, data_type="spectroscopy", timestamp=T0, value={"flux": [1.0], "wavelength": [2.0]})
    datum = ReducedDatum.objects.create(**photometry(target, value={"magnitude": 17.0}))
    datum.brightness = 12.0
    spectrum.value = {"flux": [3.0], "wavelength": [2.0]}
    ReducedDatum.objects.bulk_update([datum, spectrum], ["value"])
    assert ReducedDatum.objects.get(pk=datum.pk).value == {"magnitude": 12.0}
    assert ReducedDatum.objects.get(pk=spectrum.pk).flux == [3.0]


def test_reverse_names_of_typed_rows(target):
    other = BaseTarget.objects.create(name="other", type="SIDEREAL", ra=1, dec=1)
    product = DataProduct.objects.create(target=target)
    ReducedDatum.objects.create(**photometry(target, value={"magnitude": 17.0}, data_product=product))
    ReducedDatum.objects.create(**photometry(target, value={"magnitude": 18.0}))
    ReducedDatum.objects.create(target=target, data_type="radio", timestamp=T0, value={"x": 1})
    assert target.reduceddatum_set.count() == 3
    assert target.photometryreduceddatum_set.count() == 2
    assert product.photometryreduceddatum_set.get().brightness == 17.0
    assert target.photometryreduceddatum_set.create(timestamp=T0, brightness=19.0).target == target
    assert list(BaseTarget.objects.filter(photometryreduceddatum__brightness__gt=18.5)) == [target]
    assert not BaseTarget.objects.filter(spectroscopyreduceddatum__isnull=False).exists()
    counts = {t.name: t.n for t in BaseTarget.objects.annotate(n=Count("photometryreduceddatum"))}
    assert counts == {target.name: 3, other.name: 0}
    found = BaseTarget.objects.prefetch_related("photometryreduceddatum_set").get(pk=target.pk)
    assert sorted(d.brightness for d in found.photometryreduceddatum_set.all()) == [17.0, 18.0, 19.0]
    target.delete()
    assert not ReducedDatum.objects.exists()


def test_loop_over_models_meets_each_row_once(target):
    ReducedDatum.objects.create(**photometry(target, value={"magnitude": 17.0}))
    ReducedDatum.objects.create(target=target, data_type="radio", timestamp=T0, value=[1])
    AstrometryReducedDatum.objects.create(target=target, timestamp=T0, ra=10.5, dec=-3.0, ra_error=0.1)
    SpectroscopyReducedDatum.objects.create(target=target, timestamp=T0, flux=[1.0], wavelength=[2.0])
    assert sum(model.objects.count() for model in REDUCED_DATUM_MODELS) == ReducedDatum.objects.count() == 4


def test_try_parse(target):
    datum = try_parse_reduced_datum(
        {"target": target, "data_type": "photometry", "timestamp": "2024-01-01T00:00:00Z", "value": {"mag": 17.0, "band": "r", "x": 1}}
    )
    assert type(datum) is PhotometryReducedDatum
    assert (datum.brightness, datum.bandpass, datum.value["x"], datum.pk) == (17.0, "r", 1, None)
    datum.save()
    flat = try_parse_reduced_datum({"target": target.pk, "data_type": "spectroscopy", "timestamp": T0, "wl": [1, 2], "f": [3, 4]})
    assert (flat.wavelength, flat.flux) == ([1.0, 2.0], [3.0, 4.0])
    place = try_parse_reduced_datum({"target": target, "data_type": "astrometry", "timestamp": T0, "ra_deg": 1.5, "declination": 2})
    assert (place.ra, place.dec) == (1.5, 2.0)


def test_fixtures_of_old_form(target):
    row = {
        "model": "tom_dataproducts.reduceddatum", "pk": 70,
        "fields": {"target": target.pk, "data_type": "photometry", "timestamp": "2024-01-01T00:00:00Z", "value": {"magnitude": 12.0}},
    }
    for item in serializers.deserialize("json", json.dumps([row])):
        item.save()
    assert ReducedDatum.objects.get(pk=70).brightness == 12.0
    dumped = serializers.serialize("json", ReducedDatum.objects.all())
    ReducedDatum.objects.all().delete()
    for item in serializers.deserialize("json", dumped):
        item.save()
    assert ReducedDatum.objects.get(pk=70).value == {"magnitude": 12.0}


def test_rights_on_a_proxy_and_on_a_single_datum(target, django_user_model):
    user = django_user_model.objects.create_user("ann")
    datum = PhotometryReducedDatum.objects.create(target=target, timestamp=T0, brightness=17.0)
    assign_perm("tom_dataproducts.view_photometryreduceddatum", user, datum)
    assert get_perms(user, datum) == ["view_photometryreduceddatum"]
    plain = ReducedDatum.objects.get(pk=datum.pk)
    assign_perm("tom_dataproducts.view_reduceddatum", user, plain)
    assert user.has_perm("tom_dataproducts.view_reduceddatum", plain)


def test_deleting_a_user_deletes_no_data(target, django_user_model):
    user = django_user_model.objects.create_user("ann")
    datum = ReducedDatum.objects.create(**photometry(target, value={"magnitude": 17.0}))
    assign_perm("tom_dataproducts.view_reduceddatum", user, datum)
    user.delete()
    assert ReducedDatum.objects.filter(pk=datum.pk).exists()


numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(st.lists(numbers))
def test_packing_gives_back_what_was_packed(values):
    assert unpack(pack(values)) == values


@given(
    st.fixed_dictionaries({}, optional={
        "magnitude": numbers, "error": numbers, "filter": st.text(min_size=1, max_size=10), "limit": numbers, "telescope": st.text(max_size=5),
        "extra": st.none() | st.booleans() | st.text(max_size=5) | st.lists(st.integers()),
    })
)
def test_a_flat_value_survives_and_agrees_with_its_columns(value):
    complete, columns = normalise("photometry", value, {}, given=set())
    assert complete == value
    assert columns_from_value("photometry", complete).items() <= columns.items()
    assert value_with_columns("photometry", complete, {k: v for k, v in columns.items() if v not in (None, "")}) == value


def test_a_spectrum_is_found_by_its_whole_value(target):
    value = {"flux": [1, 2.5], "wavelength": [4000, 5000], "flux_units": "Jy"}
    at = {"target": target, "data_type": "spectroscopy", "timestamp": T0}
    spectrum = ReducedDatum.objects.create(**at, value=value)
    other = ReducedDatum.objects.create(**at, value={**value, "flux": [1, 2.75]})
    point = ReducedDatum.objects.create(**photometry(target, value={"magnitude": 17.0}))
    generic = ReducedDatum.objects.create(**{**at, "data_type": "model"}, value=value)
    assert set(ReducedDatum.objects.filter(value=value)) == {spectrum, generic}
    assert target.spectroscopyreduceddatum_set.get(value=value).pk == spectrum.pk
    assert set(ReducedDatum.objects.exclude(value=value)) == {other, point}
    assert not ReducedDatum.objects.filter(value={**value, "flux_units": "mJy"}).exists()
    assert ReducedDatum.objects.update_or_create(**at, value=value, defaults={"source_name": "me"}) == (spectrum, False)
    assert ReducedDatum.objects.get(pk=spectrum.pk).source_name == "me"
