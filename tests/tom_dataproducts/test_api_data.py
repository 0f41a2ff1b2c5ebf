"""The REST resource of measurements: filters, one row by its id, many as a table, files."""

import datetime as dt
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from guardian.shortcuts import assign_perm

from tom_common.models import HistoryEvent
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.django_db, pytest.mark.database]
T0 = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
URL = "/api/reduceddatums/"


def send(client, method, url, body=None, **headers):
    answer = client.generic(method, url, json.dumps(body) if body is not None else "", content_type="application/json", headers=headers or None)
    return answer.status_code, answer.json() if answer.content and answer["Content-Type"].startswith("application/json") else answer


@pytest.fixture
def targets(members):
    found = {name: BaseTarget.objects.create(name=name, type="SIDEREAL", ra=1, dec=2, permissions="PRIVATE") for name in ("ours", "hidden")}
    for action in ("view", "change"):
        assign_perm(f"tom_targets.{action}_target", members, found["ours"])
    for target in found.values():
        rows = [DatumRow("photometry", T0 + dt.timedelta(days=i), brightness=17.0 + i, bandpass="gr"[i % 2], telescope="P48") for i in range(10)]
        add_reduced_data(target=target, rows=rows)
    return found


@pytest.fixture
def client(client_of, member):
    return client_of(member)


@pytest.mark.parametrize(
    ("query", "count"),
    [("target={ours}", 10), ("target__id={ours}", 10), ("target={hidden}", 0), ("bandpass=g", 5), ("bandpass=g,%20r", 10),
     ("timestamp_after=2024-03-09", 2), ("timestamp_before=2024-03-01T00:00:00Z", 1), ("mjd_min=60377.5&mjd_max=60378.5", 1), ("mjd_min=1e30", 0),
     ("mjd_max=1e30", 10), ("telescope=p48", 10), ("brightness_min=20&brightness_max=22", 3), ("added_after=2020-01-01", 10), ("data_type=radio", 0),
     ("source_id=x", 0), ("data_product=5", 0), ("target_name=our", 10)],
)  # fmt: skip
def test_filters(client, targets, query, count):
    keys = {name: target.pk for name, target in targets.items()}
    status, body = send(client, "GET", f"{URL}?{query.format(**keys)}")
    assert (status, body["count"]) == (200, count)


def test_pages_by_cursor_meet_each_row_once(client, targets):
    seen, url = [], f"{URL}?cursor=&limit=3"
    while url:
        _, body = send(client, "GET", url)
        seen += [row["id"] for row in body["results"]]
        url = body["next"]
    assert seen == list(ReducedDatum.objects.filter(target=targets["ours"]).order_by("-timestamp").values_list("pk", flat=True))


def test_a_row_is_what_was_written(client, targets):
    value = {"flux": [1.0, 2.5], "wavelength": [4000, 4001], "flux_units": "mJy"}
    made = ReducedDatum.objects.create(target=targets["ours"], data_type="spectroscopy", timestamp=T0, value=value, source_id="7")
    row = next(row for row in send(client, "GET", URL)[1]["results"] if row["id"] == made.pk)
    assert row == send(client, "GET", f"{URL}{made.pk}/")[1]
    assert row == {
        "id": made.pk, "data_product": None, "data_type": "spectroscopy", "source_name": "", "source_location": "", "source_id": "7",
        "timestamp": "2024-03-01T00:00:00Z", "value": value, "target": targets["ours"].pk, "added": row["added"],
    }  # fmt: skip
    assert send(client, "GET", f"{URL}?fields=id,value&data_type=spectroscopy")[1]["results"] == [{"id": made.pk, "value": value}]


def test_an_unknown_type_is_refused_with_those_there_are(client, targets):
    status, body = send(client, "POST", URL, {"target": targets["ours"].pk, "data_type": "photmetry", "value": {"magnitude": 1}})
    assert status == 400
    assert body == {"data_type": ["Not a valid data_type. Valid data_types are photometry, spectroscopy, astrometry."]}


def test_changing_by_version(client, targets, member):
    pk = ReducedDatum.objects.filter(target=targets["ours"]).latest("timestamp").pk
    url = f"{URL}{pk}/"
    etag = client.get(url)["ETag"]
    assert client.get(url, headers={"if-none-match": etag}).status_code == 304
    status, body = send(client, "PATCH", url, {"magnitude": 15.5, "source_name": "us"}, **{"if-match": etag})
    assert status == 200
    assert body["value"] == {"magnitude": 15.5, "filter": "r", "telescope": "P48"}
    assert send(client, "PATCH", url, {"error": 0.1}, **{"if-match": etag})[0] == 412
    assert send(client, "PATCH", url, {"value": {"magnitude": 14.5, "filter": "g"}})[1]["value"] == {"magnitude": 14.5, "filter": "g"}
    assert ReducedDatum.objects.get(pk=pk).bandpass == "g"
    event = HistoryEvent.objects.filter(verb="changed").earliest("pk")
    assert (event.actor, event.after["brightness"]) == (member, 15.5)
    for wrong, name in (({"error": -1}, "error"), ({"magnitude": "bright"}, "magnitude"), ({"target": targets["hidden"].pk}, "target"),
                        ({"data_type": "spectroscopy"}, "data_type"), ({"nonsense": 1}, "nonsense"), ({"timestamp": "soon"}, "timestamp")):  # fmt: skip
        status, body = send(client, "PATCH", url, wrong)
        assert (status, list(body)) == (400, [name])
    assert send(client, "PUT", url, {})[0] == 405


def test_what_one_may_not_is_refused(client_of, stranger, member, members, targets):
    pk = ReducedDatum.objects.filter(target=targets["hidden"]).first().pk
    for user, status in ((None, 401), (stranger, 404), (member, 404)):
        for method in ("PATCH", "DELETE"):
            assert send(client_of(user), method, f"{URL}{pk}/", {})[0] == status
    assign_perm("tom_targets.view_target", members, targets["hidden"])
    assert send(client_of(member), "PATCH", f"{URL}{pk}/", {"magnitude": 1})[0] == 403
    assert send(client_of(member), "DELETE", f"{URL}{pk}/")[0] == 403
    body = {"target": targets["hidden"].pk, "data_type": "photometry", "columns": {"mjd": [1], "mag": [1]}}
    assert send(client_of(member), "POST", f"{URL}table/", body)[0] == 400
    assert send(client_of(None), "POST", f"{URL}table/", body)[0] == 401


def table(targets, **more):
    return {"target": targets["ours"].pk, "data_type": "photometry", **more}


def test_a_table_by_columns_twice(client, targets, member):
    body = table(
        targets, common={"telescope": "Mine", "filter": "i"},
        columns={"mjd": [60400.25, 60401.5, 60402], "magnitude": [17.25, None, "18"], "error": [0.02, None, ""], "limit": [None, 20.5, None],
                 "airmass": [1.5, None, 2]},
    )  # fmt: skip
    assert send(client, "POST", f"{URL}table/", body) == (201, {"created": 3, "updated": 0, "unchanged": 0, "wrong": 0, "errors": []})
    assert send(client, "POST", f"{URL}table/", body) == (200, {"created": 0, "updated": 0, "unchanged": 3, "wrong": 0, "errors": []})
    found = list(ReducedDatum.objects.filter(telescope="Mine").order_by("timestamp"))
    assert found[0].timestamp == dt.datetime(2024, 3, 31, 6, tzinfo=dt.UTC)
    assert [(row.brightness, row.brightness_error, row.limit, row.bandpass) for row in found] == [
        (17.25, 0.02, None, "i"), (None, None, 20.5, "i"), (18.0, None, None, "i"),
    ]  # fmt: skip
    assert found[0].value["airmass"] == 1.5
    assert {row.added_by for row in found} == {member}


def test_rows_of_a_source_are_updated(client, targets):
    rows = [{"timestamp": "2024-05-01T00:00:00Z", "mag": 17.0 + i, "source_id": str(i)} for i in range(3)]
    body = table(targets, rows=rows, common={"source_name": "mine"})
    assert send(client, "POST", f"{URL}table/", body)[1]["created"] == 3
    rows[1]["mag"] = 12.0
    assert send(client, "POST", f"{URL}table/", body)[1] == {"created": 0, "updated": 1, "unchanged": 2, "wrong": 0, "errors": []}
    assert ReducedDatum.objects.get(source_id="1").brightness == 12.0


def test_what_is_wrong_is_told_by_row(client, targets):
    rows = [
        {"mjd": 60000, "magnitude": 17}, {"mjd": "x", "magnitude": 17}, {"mjd": 60001, "magnitude": "NaN"}, {"mjd": 60002},
        {"mjd": 60003, "mag": 1, "magnitude": 2}, "text", {"mjd": 1e300, "mag": 1}, {"mag": 1}, {"mjd": 60004, "mag": 1, "error": -1},
        {"mjd": 60005, "limit": 20, "filter": ["r"]}, {"mjd": 1, "jd": 2, "mag": 1}, {"mjd": 60006, "mag": True},
    ]  # fmt: skip
    before = ReducedDatum.objects.count()
    status, body = send(client, "POST", f"{URL}table/", table(targets, rows=rows))
    assert (status, body["wrong"]) == (400, 11)
    assert body["detail"].endswith("The first is row 1 (counted from 0).")
    told = {one["index"]: list(one["errors"]) for one in body["errors"]}
    assert told == {1: ["timestamp"], 2: ["magnitude"], 3: ["non_field_errors"], 4: ["magnitude"], 5: ["non_field_errors"], 6: ["timestamp"],
                    7: ["timestamp"], 8: ["error"], 9: ["filter"], 10: ["timestamp"], 11: ["mag"]}  # fmt: skip
    assert ReducedDatum.objects.count() == before
    status, body = send(client, "POST", f"{URL}table/?partial=true", table(targets, rows=rows))
    assert (status, body["created"], body["wrong"]) == (201, 1, 11)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"columns": {}}, {"columns": {"mjd": 1}}, {"columns": {"mjd": [1, 2], "mag": [1]}}, {"rows": []}, {"rows": {}}, {"columns": [1]},
     {"rows": [{"mjd": 1, "mag": 1}], "columns": {"mjd": [1]}}, {"rows": [{"mjd": 1, "mag": 1}], "common": 5},
     {"rows": [{"mjd": 1, "mag": 1}], "data_type": "nonsense"}, {"rows": [{"mjd": 1, "mag": 1}], "target": "x"}],
)  # fmt: skip
def test_what_is_no_table_is_refused(client, targets, wrong):
    assert send(client, "POST", f"{URL}table/", {**table(targets), **wrong})[0] == 400
    assert ReducedDatum.objects.count() == 20


def test_spectra_and_astrometry_as_tables(client, targets):
    spectra = {**table(targets), "data_type": "spectroscopy", "rows": [{"mjd": 60000, "flux": [1, None], "wavelength": [2, 3]}]}
    assert send(client, "POST", f"{URL}table/", spectra)[0] == 201
    assert ReducedDatum.objects.get(data_type="spectroscopy").wavelength == [2.0, 3.0]
    spectra["rows"][0]["flux"] = [1]
    assert send(client, "POST", f"{URL}table/", spectra)[1]["errors"][0]["errors"] == {"flux": ["wavelength, flux and error have different lengths."]}
    places = {**table(targets), "data_type": "astrometry", "rows": [{"jd": 2460000.5, "ra": 10.5, "dec": -3}, {"jd": 2460001.5, "ra": 400, "dec": 0}]}
    assert send(client, "POST", f"{URL}table/?partial=1", places)[1]["created"] == 1
    assert ReducedDatum.objects.get(data_type="astrometry").timestamp == dt.datetime(2023, 2, 25, tzinfo=dt.UTC)


def test_rows_of_another_targets_product(client, targets):
    other = BaseTarget.objects.create(name="open", type="SIDEREAL", ra=1, dec=2, permissions="OPEN")
    product = DataProduct.objects.create(target=other)
    body = table(targets, rows=[{"mjd": 1, "mag": 1}], data_product=product.pk)
    assert send(client, "POST", f"{URL}table/", body) == (400, {"data_product": ["This product is of another target."]})


def test_files(client, targets):
    answer = client.get(f"{URL}export/?as=ecsv&data_type=photometry&bandpass=g")
    text = b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in answer.streaming_content).decode()
    assert answer.status_code == 200
    assert len([line for line in text.splitlines() if not line.startswith("#")]) == 6
    assert "hidden" not in text
    assert send(client, "GET", f"{URL}export/?as=docx")[0] == 400


@pytest.fixture
def upload(client, targets, settings):
    settings.DATA_PROCESSORS = {"photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor"}
    content = b"mjd,mag,filter\n59000,17,r\n59001,bright,g\n"

    def run(**fields):
        file = SimpleUploadedFile("points.csv", content)
        return client.post("/api/dataproducts/", {"file": file, "target": targets["ours"].pk, "data_product_type": "photometry", **fields})

    return run


def test_an_upload_keeps_the_good_rows_where_that_is_asked_for(upload, member):
    refused = upload()
    assert refused.status_code == 500
    assert "row 3" in refused.json()["Data processing error"]
    assert not DataProduct.objects.exists()
    kept = upload(keep_good_rows="true")
    assert kept.status_code == 201, kept.content
    assert kept.json()["message"] == "Data product successfully uploaded."
    assert "1 new" in kept.json()["processing_message"]
    assert "1 row left out: row 3, mag: “bright” is no number" in kept.json()["processing_message"]
    assert len(kept.json()["reduceddatum_set"]) == 1
    assert ReducedDatum.objects.get(data_product__isnull=False).added_by == member
    unclear = upload(keep_good_rows="perhaps")
    assert (unclear.status_code, list(unclear.json())) == (400, ["keep_good_rows"])
    assert upload(keep_good_rows="false").status_code == 500
    assert DataProduct.objects.count() == 1


@pytest.mark.parametrize("in_memory", [2_621_440, 100])
def test_a_file_that_does_not_stay_in_memory(upload, client, targets, settings, in_memory):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = in_memory
    rows = b"".join(b"%d.5,17.%03d,r\n" % (60000 + i, i) for i in range(100))
    file = SimpleUploadedFile("long.csv", b"mjd,magnitude,filter\n" + rows)
    answer = client.post("/api/dataproducts/", {"file": file, "target": targets["ours"].pk, "data_product_type": "photometry"})
    assert (answer.status_code, len(answer.json()["reduceddatum_set"])) == (201, 100)
    assert DataProduct.objects.get().data.size == 21 + len(rows)


def test_too_large_an_upload_is_refused_before_it_is_read(upload, settings, monkeypatch):
    from tom_dataproducts import api_views

    settings.TOM_UPLOAD_MAX_BYTES = 50
    monkeypatch.setattr(api_views, "OTHER_FIELDS_BYTES", 100)
    with monkeypatch.context() as patched:
        patched.setattr("django.http.multipartparser.MultiPartParser.parse", lambda parser: pytest.fail("the body was read"))
        answer = upload()
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    settings.TOM_UPLOAD_MAX_BYTES = 40
    monkeypatch.setattr(api_views, "OTHER_FIELDS_BYTES", 10_000)
    assert upload().status_code == 400
    assert not DataProduct.objects.exists()


def test_the_description_tells_how_to_keep_good_rows(client):
    schema = client.get("/api/schema/?format=json").json()
    upload = schema["paths"]["/api/dataproducts/"]["post"]
    assert "keep_good_rows" in schema["components"]["schemas"]["DataProductUpload"]["properties"]
    assert "413" in upload["responses"]
    assert "processing_message" in schema["components"]["schemas"]["DataProductSaved"]["properties"]


@pytest.mark.long
def test_a_million_measurements_in_one_request_twice(client, targets):
    many = 1_000_000
    columns = {"mjd": [round(50000 + i * 1e-3, 3) for i in range(many)], "magnitude": [round(17 + i % 1000 / 1000, 3) for i in range(many)]}
    body = {"target": targets["ours"].pk, "data_type": "photometry", "common": {"filter": "r"}, "columns": columns}
    counts = {"created": many, "updated": 0, "unchanged": 0, "wrong": 0, "errors": []}
    assert send(client, "POST", f"{URL}table/", body) == (201, counts)
    assert send(client, "POST", f"{URL}table/", body) == (200, {**counts, "created": 0, "unchanged": many})
    columns["mjd"].append(1.0)
    columns["magnitude"].append(1.0)
    assert send(client, "POST", f"{URL}table/", body)[0] == 400
    assert ReducedDatum.objects.count() == many + 20
