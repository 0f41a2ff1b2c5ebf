"""Who gets which answer from every page and endpoint of data, and what the pages do."""

import datetime as dt
import io
import json

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from guardian.shortcuts import assign_perm

from tom_dataproducts.models import DataProduct, DataProductGroup, PhotometryReducedDatum, ReducedDatum
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data, export_reduced_data, store_product
from tom_targets.models import BaseTarget

pytestmark = pytest.mark.django_db
T0 = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
CSV = b"time,filter,magnitude,error,limit\n60000.1,r,17.5,0.02,\n60001.1,r,,,20.1\n"


@pytest.fixture
def world(settings, django_user_model):
    settings.DATA_PROCESSORS = {"photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor"}
    settings.DATA_PRODUCT_TYPES = {"photometry": ("photometry", "Photometry"), "spectroscopy": ("spectroscopy", "Spectroscopy")}
    users = {name: django_user_model.objects.create_user(name, password="x") for name in ("owner", "viewer", "stranger")}
    target = BaseTarget.objects.create(name="hidden", type="SIDEREAL", ra=1.0, dec=2.0, permissions="PRIVATE")
    for action in ("view", "change", "delete"):
        assign_perm(f"tom_targets.{action}_target", users["owner"], target)
    assign_perm("tom_targets.view_target", users["viewer"], target)
    product = store_product(target=target, filename="../../a b.csv", content=CSV, data_product_type="photometry")
    datum = ReducedDatum.objects.create(target=target, data_type="photometry", timestamp=T0, value={"magnitude": 17.0, "filter": "r"})
    return {"target": target, "product": product, "datum": datum, **users}


def as_user(client, user):
    client.logout()
    if user is not None:
        client.force_login(user)
    return client


READ = ["file", "light-curve", "spectra", "download", "media", "api-product", "api-datum"]
WRITE = ["delete", "feature", "process", "upload", "update-reduced-data", "share_all", "api-delete-product", "api-delete-datum", "api-add-datum"]


def call(client, name, world):
    answer = _call(client, name, world)
    if answer.streaming:
        answer.getvalue()  # closes it too; a further close() would end the test's connection
    return answer


def _call(client, name, world):
    target, product, datum = world["target"], world["product"], world["datum"]
    post = client.post
    match name:
        case "file":
            return client.get(reverse("dataproducts:file", args=[product.pk]))
        case "light-curve" | "spectra" | "download":
            return client.get(reverse(f"dataproducts:{name}", args=[target.pk]))
        case "media":
            return client.get(f"/data/{product.data.name}")
        case "api-product":
            return client.get(f"/api/dataproducts/{product.pk}/")
        case "api-datum":
            return client.get(f"/api/reduceddatums/{datum.pk}/")
        case "delete" | "feature" | "process":
            return post(reverse(f"dataproducts:{name}", args=[product.pk]))
        case "upload":
            file = SimpleUploadedFile("new.csv", CSV)
            return post(reverse("dataproducts:upload"), {"target": target.pk, "data_product_type": "photometry", "files": file})
        case "update-reduced-data":
            return post(reverse("dataproducts:update-reduced-data") + f"?target_id={target.pk}")
        case "share_all":
            return post(reverse("dataproducts:share_all", args=[target.pk]), {"share_destination": "mytom"})
        case "api-delete-product":
            return client.delete(f"/api/dataproducts/{product.pk}/")
        case "api-delete-datum":
            return client.delete(f"/api/reduceddatums/{datum.pk}/")
        case "api-add-datum":
            body = {"target": target.pk, "data_type": "photometry", "timestamp": "2024-01-01T00:00:00Z", "value": {"magnitude": 3.0}}
            return post("/api/reduceddatums/", json.dumps(body), content_type="application/json")
    raise AssertionError(name)


@pytest.mark.parametrize("name", READ)
def test_reading(client, world, name):
    anonymous = call(client, name, world)
    assert anonymous.status_code == (401 if name.startswith("api") else 302)
    assert call(as_user(client, world["stranger"]), name, world).status_code == 404
    assert call(as_user(client, world["viewer"]), name, world).status_code == 200
    assert call(as_user(client, world["owner"]), name, world).status_code == 200


@pytest.mark.parametrize("name", WRITE)
def test_writing(client, world, name, settings):
    settings.DATA_SHARING = {"mytom": {"DISPLAY_NAME": "x", "BASE_URL": "http://127.0.0.1:9/", "USERNAME": "u", "PASSWORD": "p"}}
    before = ReducedDatum.objects.count(), DataProduct.objects.count()
    anonymous = call(client, name, world)
    assert anonymous.status_code == (401 if name.startswith("api") else 302)
    hidden = call(as_user(client, world["stranger"]), name, world)
    assert hidden.status_code == (400 if name == "api-add-datum" else 404)
    seen = call(as_user(client, world["viewer"]), name, world)
    assert seen.status_code == (400 if name == "api-add-datum" else 403)
    assert (ReducedDatum.objects.count(), DataProduct.objects.count()) == before
    done = call(as_user(client, world["owner"]), name, world)
    assert done.status_code in (201, 204, 302)
    assert "login" not in done.headers.get("Location", "")


def test_upload_stores_and_processes(client, world):
    as_user(client, world["owner"])
    files = [SimpleUploadedFile("one.csv", CSV), SimpleUploadedFile("two.csv", CSV.replace(b"17.5", b"18.5"))]
    answer = client.post(
        reverse("dataproducts:upload"),
        {"target": world["target"].pk, "data_product_type": "photometry", "files": files, "referrer": "https://evil.example/"},
    )
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]
    assert DataProduct.objects.count() == 3
    assert sorted(PhotometryReducedDatum.objects.exclude(brightness=None).values_list("brightness", flat=True)) == [17.0, 17.5, 18.5]
    bad = SimpleUploadedFile("bad.csv", b"a,b\n1,2\n")
    client.post(reverse("dataproducts:upload"), {"target": world["target"].pk, "data_product_type": "photometry", "files": bad})
    assert DataProduct.objects.count() == 3


def test_file_names_are_made_safe(world):
    assert world["product"].data.name == "hidden/none/a_b.csv"


def test_pages_show(client, world):
    as_user(client, world["owner"])
    group = DataProductGroup.objects.create(name="spring")
    group.dataproduct_set.add(world["product"])
    for url in (
        reverse("dataproducts:list"), reverse("dataproducts:group-list"), reverse("dataproducts:group-create"),
        reverse("dataproducts:group-detail", args=[group.pk]), reverse("dataproducts:group-delete", args=[group.pk]),
        reverse("dataproducts:group-data"), reverse("dataproducts:delete", args=[world["product"].pk]),
        reverse("dataproducts:feature", args=[world["product"].pk]), reverse("dataproducts:upload"),
        reverse("dataproducts:update-reduced-data") + f"?target_id={world['target'].pk}",
    ):
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert b"onclick" not in answer.content
    assert DataProduct.objects.get(pk=world["product"].pk).featured is False


def test_a_group_closes_its_products(client, world):
    closed = DataProductGroup.objects.create(name="ours")
    closed.user_groups.add(Group.objects.create(name="insiders"))
    closed.dataproduct_set.add(world["product"])
    as_user(client, world["viewer"])
    assert client.get(reverse("dataproducts:file", args=[world["product"].pk])).status_code == 404
    assert client.get(reverse("dataproducts:group-detail", args=[closed.pk])).status_code == 404
    world["viewer"].groups.add(Group.objects.get(name="insiders"))
    assert call(client, "file", world).status_code == 200


def test_rights_on_a_single_datum(client, world):
    assign_perm("tom_dataproducts.view_reduceddatum", world["stranger"], world["datum"])
    as_user(client, world["stranger"])
    assert client.get("/api/reduceddatums/").json()["results"][0]["value"] == {"magnitude": 17.0, "filter": "r"}


def test_api_duplicates_and_upload(client, world):
    as_user(client, world["owner"])
    assert call(client, "api-add-datum", world).status_code == 201
    again = call(client, "api-add-datum", world)
    assert (again.status_code, again.json()["already_exists"]) == (200, True)
    body = {"file": SimpleUploadedFile("p.csv", CSV), "target": world["target"].pk, "data_product_type": "photometry", "product_id": "p1"}
    answer = client.post("/api/dataproducts/", body)
    assert answer.status_code == 201, answer.content
    assert answer.json()["message"] == "Data product successfully uploaded."
    assert len(answer.json()["reduceddatum_set"]) == 2
    again = client.post("/api/dataproducts/", {**body, "file": SimpleUploadedFile("p.csv", CSV)})
    assert (again.status_code, again.json()["already_exists"]) == (200, True)
    wrong = client.post("/api/dataproducts/", {**body, "file": SimpleUploadedFile("p.csv", CSV), "product_id": "p2", "data_product_type": "x"})
    assert wrong.status_code == 400
    assert b"Not a valid data_product_type" in wrong.content
    broken = client.post("/api/dataproducts/", {**body, "file": SimpleUploadedFile("p.csv", b"a,b\n1,2\n"), "product_id": "p3"})
    assert broken.status_code == 500
    assert "Data processing error" in broken.json()
    assert not DataProduct.objects.filter(product_id="p3").exists()


def test_lists_cost_a_fixed_number_of_queries(client, world, django_assert_max_num_queries):
    as_user(client, world["owner"])
    for i in range(30):
        store_product(target=world["target"], filename=f"f{i}.csv", content=CSV, data_product_type="photometry")
    with django_assert_max_num_queries(22):
        assert client.get(reverse("dataproducts:list")).status_code == 200
    rows = [DatumRow("photometry", T0 + dt.timedelta(days=i + 1), {"magnitude": float(i), "filter": "r"}) for i in range(50)]
    add_reduced_data(target=world["target"], rows=rows)
    with django_assert_max_num_queries(16):
        assert len(client.get("/api/reduceddatums/").json()["results"]) == 51


def test_light_curve_columns(client, world):
    as_user(client, world["viewer"])
    found = client.get(reverse("dataproducts:light-curve", args=[world["target"].pk])).json()
    assert found["total"] == 1
    (one,) = found["series"]
    assert (one["mjd"], one["y"], one["is_limit"], one["kind"]) == ([60370.0], [17.0], [False], "mag")


def test_download_reads_back(world):
    from astropy.table import Table

    data = ReducedDatum.objects.all()
    ecsv = Table.read(export_reduced_data(data=data, format="ecsv").decode().splitlines(), format="ascii.ecsv")
    assert (ecsv["brightness"][0], ecsv["mjd"][0]) == (17.0, 60370.0)
    votable = Table.read(io.BytesIO(export_reduced_data(data=data, format="votable")), format="votable")
    assert votable["brightness"][0] == 17.0
    csv = Table.read(export_reduced_data(data=data, format="csv").decode().splitlines(), format="ascii.csv")
    assert csv["brightness"][0] == 17.0


def test_tags_and_tabs_render(client, world, rf):
    from django.template import engines

    request = rf.get("/")
    request.user = world["owner"]
    names = (
        "{% dataproduct_list_for_target t %}{% upload_dataproduct t %}{% recent_photometry t limit=3 %}{% get_photometry_data t %}"
        "{% photometry_for_target t %}{% spectroscopy_for_target t %}{% reduceddatum_sparkline t height=20 days=9000 %}"
        "{% query_single_target_data_service t %}{% dataproduct_list_all %}{% update_broker_data_button %}"
    )
    template = engines["django"].from_string("{% load dataproduct_extras %}" + names)
    html = template.render({"t": world["target"], "target": world["target"]}, request)
    assert "17.00" in html
    assert "a_b.csv" in html
    assert "data:image/png;base64" in html
    as_user(client, world["owner"])
    for slug in ("photometry", "spectroscopy", "manage-data"):
        answer = client.get(reverse("targets:tab", args=[world["target"].pk, slug]))
        assert answer.status_code == 200
        assert "could not be shown" not in answer.content.decode()
