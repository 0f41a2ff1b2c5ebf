"""Old ways in which data went wrong, tried at the pages and the API; `test_pitfalls.py` says which weakness each is."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.safety.conftest import client_for
from tom_dataproducts.models import DataProduct, PhotometryReducedDatum, ReducedDatum

WHEN = "2024-05-01T00:00:00Z"


@pytest.fixture
def client(world, settings):
    settings.DATA_PROCESSORS = {
        "photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor",
        "spectroscopy": "tom_dataproducts.processors.spectroscopy_processor.SpectroscopyProcessor",
    }
    return client_for(world.people["owner"])


def upload(client, world, name, content, kind):
    before = set(ReducedDatum.objects.values_list("pk", flat=True))
    file = SimpleUploadedFile(name, content)
    client.post("/dataproducts/data/upload/", {"target": world.target.pk, "data_product_type": kind, "files": file})
    return list(ReducedDatum.objects.exclude(pk__in=before).order_by("timestamp"))


def add(client, world, **fields):
    sent = {"target": world.target.pk, "data_type": "photometry", "timestamp": WHEN, **fields}
    return client.post("/api/reduceddatums/", json.dumps(sent), content_type="application/json")


def test_whole_numbers_are_dates_too(client, world):
    rows = upload(client, world, "whole.csv", b"time,filter,magnitude,error\n60000,r,17,1\n60001,r,18,0\n", "photometry")
    assert [(row.timestamp, row.brightness) for row in rows] == [
        (datetime(2023, 2, 25, tzinfo=UTC), 17.0), (datetime(2023, 2, 26, tzinfo=UTC), 18.0),
    ]  # fmt: skip
    assert json.loads(json.dumps(rows[0].value))["magnitude"] == 17


def test_a_spectrum_keeps_the_time_of_its_day(client, world):
    text = b"# DATE-OBS: 2024-03-01T05:06:07.5\n# FACILITY: LCO\n4000.0 1.5\n4001.0 1.6\n4002.0 1.7\n"
    (row,) = upload(client, world, "one.txt", text, "spectroscopy")
    assert row.timestamp == datetime(2024, 3, 1, 5, 6, 7, 500000, tzinfo=UTC)
    assert row.wavelength == [4000.0, 4001.0, 4002.0]


def test_the_same_is_one_and_what_differs_is_two(client, world):
    value = {"magnitude": 17.5, "filter": "g", "telescope": "ZTF"}
    before = ReducedDatum.objects.count()
    assert add(client, world, value=value).status_code == 201
    assert add(client, world, value=value).status_code == 200
    for differs in ({"magnitude": 17.6}, {"telescope": "ATLAS"}, {"filter": "r"}, {"error": 0.1}):
        assert add(client, world, value=value | differs).status_code == 201, differs
    assert ReducedDatum.objects.count() == before + 5


@pytest.mark.parametrize(("kind", "value"), [("photometry", {"filter": "r", "note": "clouds"}), ("host", {"redshift": None, "type": "Sb"})])
def test_rows_without_a_number_are_there_once(client, world, kind, value):
    for _ in range(3):
        if ReducedDatum.objects.filter(data_type=kind, value=value).exists() and kind == "host":
            ReducedDatum.objects.get_or_create(target=world.target, data_type=kind, timestamp=datetime(2024, 5, 1, tzinfo=UTC), value=value)
        elif kind == "host":
            ReducedDatum.objects.create(target=world.target, data_type=kind, timestamp=datetime(2024, 5, 1, tzinfo=UTC), value=value)
        else:
            add(client, world, value=value)
    assert ReducedDatum.objects.filter(data_type=kind, timestamp=datetime(2024, 5, 1, tzinfo=UTC)).count() == 1


def test_limits_and_whatever_else_was_given_come_back(client, world):
    value = {"limit": 20.5, "filter": "g", "airmass": 1.2, "comments": ["clouds", {"seeing": 2}]}
    made = add(client, world, value=value, source_name="night log")
    assert made.status_code == 201
    row = ReducedDatum.objects.get(source_name="night log")
    assert (row.limit, row.brightness) == (20.5, None)
    shown = client.get(f"/api/reduceddatums/{row.pk}/").json()
    assert (shown["value"]["limit"], shown["value"]["airmass"], shown["value"]["comments"]) == (20.5, 1.2, ["clouds", {"seeing": 2}])
    assert shown["source_name"] == "night log"
    product = DataProduct.objects.filter(target=world.target, data_product_type="photometry").first()
    ReducedDatum.objects.filter(pk=row.pk).update(data_product=product)
    assert client.get(f"/api/reduceddatums/{row.pk}/").json()["data_product"] == product.pk


def test_one_letter_means_what_it_means_for_the_kind(world):
    from tom_dataproducts.models import try_parse_reduced_datum

    base = {"target": world.target.pk, "timestamp": WHEN}
    light = try_parse_reduced_datum({**base, "data_type": "photometry", "mag": 17.0, "f": "r"})
    spectrum = try_parse_reduced_datum({**base, "data_type": "spectroscopy", "wl": [1.0], "f": [2.0]})
    assert (light.bandpass, spectrum.flux) == ("r", [2.0])


def test_a_product_is_saved_as_it_is_told_and_an_unknown_kind_is_shown(client, world):
    product = world.product
    product.extra_data, product.product_id = "kept", "not kept"
    product.save(update_fields=["extra_data"])
    product.refresh_from_db()
    assert (product.extra_data, product.product_id) == ("kept", "p1")
    DataProduct.objects.filter(pk=product.pk).update(data_product_type="of_another_time")
    product.refresh_from_db()
    assert product.get_type_display()
    assert client.get("/dataproducts/data/").status_code == 200
    assert client.get(f"/targets/{world.target.pk}/tab/manage-data/").status_code == 200


def test_a_twin_is_told_as_invalid_not_as_a_fault(world):
    from django.core.exceptions import ValidationError

    fields = {"target": world.target, "timestamp": datetime(2024, 5, 1, tzinfo=UTC), "bandpass": "r", "brightness": 17.5}
    first = PhotometryReducedDatum.objects.create(**fields)
    assert PhotometryReducedDatum.objects.get_or_create(**fields) == (first, False)
    with pytest.raises(ValidationError):
        PhotometryReducedDatum(**fields).full_clean()
    assert "field" not in ReducedDatum.objects.get(pk=first.pk).value
