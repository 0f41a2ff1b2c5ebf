"""Rights on single products and groups of products: what one may not see of a target that one sees changes nothing, as a hidden target does.

Two ways to hide a product: a group of products that names user groups, and with TARGET_PERMISSIONS_ONLY off no right on the product.
"""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime

import numpy as np
import pytest
from astropy.io import fits
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.core.files.base import ContentFile
from django.urls import reverse
from django_comments.models import Comment
from guardian.shortcuts import assign_perm
from guardian.utils import get_anonymous_user

from tests.projects.walk import addresses
from tests.safety.conftest import PNG, ask, client_for
from tests.safety.test_difference import ELSEWHERE, QUERIES, _difference, _time_stands_still, read_all  # noqa: F401  (a fixture)
from tests.safety.test_get_changes_nothing import fingerprint
from tests.safety.test_rights_matrix import MISSING, said
from tom_common.services.history import record_history
from tom_dataproducts.models import DataProduct, DataProductGroup, ReducedDatum
from tom_dataproducts.templatetags.dataproduct_extras import datum_count
from tom_observations.models import ObservationRecord
from tom_targets.models import Target

BY_GROUP, BY_PRODUCT = "group", "product"
MODES = [BY_GROUP, BY_PRODUCT]
FORMATS = ("csv", "ecsv", "votable", "fits", "parquet")


def data_addresses(target) -> list[str]:
    of_target, measured = f"/dataproducts/target/{target.pk}", "/dataproducts/measurements"
    return [
        *[f"{of_target}/light-curve.json?format={form}" for form in ("json", "packed", "csv", "arrow")],
        f"{of_target}/light-curve.png",
        f"{of_target}/light-curve.json?pixels=60&from=60000&to=61000",
        f"{of_target}/light-curve.json?period=1.5&epoch=60000",
        f"{of_target}/periodogram.json",
        f"{of_target}/spectra.json?format=packed",
        f"{of_target}/download/?format=csv",
        f"{of_target}/download/?format=ecsv",
        *[f"{of_target}/measurements/{kind}" for kind in ("", "photometry/", "spectroscopy/", "photometry/part/")],
        *[f"{measured}/{kind}" for kind in ("?source_name=shut", "photometry/?bandpass=shutband", "?sort=-timestamp", "spectroscopy/", "?query=shut")],
        *[f"{measured}/export/?format={form}" for form in ("csv", "ecsv")],
        *[f"{of_target}/measurements/photometry/export/?format={form}" for form in ("csv", "ecsv")],
        *[f"/targets/{target.pk}/{part}/" for part in ("tab/photometry", "tab/spectroscopy", "tab/manage-data", "tab/history", "tab/observations")],
        *[f"/dataproducts/data/?{query}" for query in ("query=shut", "tag=shut", "sort=-size", "sort=file", "data_product_type=fits_file", "featured=true")],
        *[f"/api/reduceddatums/?{query}" for query in ("source_name=shut", "limit=1", "cursor=&limit=1", "data_type=spectroscopy", "ordering=-added")],
        *[f"/api/reduceddatums/export/?as={form}" for form in ("csv", "ecsv")],
        "/api/dataproducts/?limit=1", "/api/dataproducts/?ordering=-created", "/api/dataproducts/?product_id=shut",
        f"/api/targets/{target.pk}/", f"/history/?target={target.pk}",
    ]  # fmt: skip


def let_in(people: dict, mode: str, settings) -> Group:
    """The group *inside*, of the deleter; where rights are on products, what stood there before is open to all."""
    settings.TARGET_PERMISSIONS_ONLY = mode == BY_GROUP
    inside = Group.objects.create(name="inside")
    people["deleter"].groups.add(inside)
    if mode == BY_PRODUCT:
        for product in DataProduct.objects.all():
            for holder in (*[user for user in people.values() if user is not None], get_anonymous_user()):
                assign_perm("tom_dataproducts.view_dataproduct", holder, product)
    return inside


def add_shut(world, inside: Group, mode: str) -> dict[str, DataProduct]:
    """Products that only *inside* sees, of the target and its observation, with all that hangs on a product: newest, brightest, largest."""
    owner = world.people["owner"]
    record = ObservationRecord.objects.get(target=world.target)
    files = {
        "table": ("shut.csv", b"time,filter,magnitude,error\n60900.1,r,7.5,0.02\n" * 50, "photometry"),
        "picture": ("shut.png", PNG, "image_file"),
        "frame": ("shut.fits", b"SIMPLE  =                    T".ljust(2880), "fits_file"),
    }
    found = {}
    for name, (file, content, kind) in files.items():
        product = DataProduct.objects.create(
            product_id=f"shut {name}", target=world.target, observation_record=record, data_product_type=kind, featured=True,
            processing_state=DataProduct.Processing.FAILED, processing_message="shut message",
        )  # fmt: skip
        product.data.save(file, ContentFile(content))
        product.thumbnail.save(f"{file}.thumb.png", ContentFile(PNG))
        product.tags.create(name="shut")
        product.group.add(DataProductGroup.objects.get(name="Products"))
        record_history(actor=owner, verb="changed", obj=product, before={"tags": []}, after={"tags": ["shut"]}, mentions=[world.target])
        Comment.objects.create(
            content_type=ContentType.objects.get_for_model(DataProduct), object_pk=str(product.pk), site=Site.objects.get_current(),
            user=owner, user_name="owner", comment="shut comment", submit_date=datetime(2024, 3, 2, tzinfo=UTC),
        )  # fmt: skip
        found[name] = product
    when = datetime(2025, 8, 1, tzinfo=UTC)
    for hour, magnitude in enumerate((7.5, 25.5)):
        ReducedDatum.objects.create(
            target=world.target, data_product=found["table"], data_type="photometry", timestamp=when.replace(hour=hour), source_name="shut",
            value={"magnitude": magnitude, "error": 0.01, "filter": "shutband"},
        )  # fmt: skip
    ReducedDatum.objects.create(
        target=world.target, data_product=found["frame"], data_type="spectroscopy", timestamp=when, source_name="shut",
        value={"flux": [1.0, 2.0, 3.0], "wavelength": [4000.0, 4001.0, 4002.0]},
    )  # fmt: skip
    closed = DataProductGroup.objects.create(name="Shut")
    if mode == BY_GROUP:
        closed.user_groups.add(inside)
    for product in found.values():
        if mode == BY_GROUP:
            product.group.add(closed)
        else:
            assign_perm("tom_dataproducts.view_dataproduct", inside, product)
    if mode == BY_PRODUCT:
        closed.delete()  # a group's name is everybody's there
    return found


# where targets, observations and data are shown
PARTS = ("targets:", "observations:", "dataproducts:", "api:", "home", "history", "data-file", "comment", "name-", "task", "outbox", "user-profile")


def everything(world) -> list[str]:
    found = [address for address in addresses(world.arguments) if address.name.startswith(PARTS)]
    named = [address.url for address in found if not ELSEWHERE.match(address.url)]
    return list(dict.fromkeys([*named, *[f"/{query}" for query in QUERIES], *data_addresses(world.target)]))


def packed(client, products) -> list[str]:
    answer = ask(client, "/dataproducts/data/", "post", {"bulk": "zip", "products": [product.pk for product in products]})
    if answer.get("Content-Type") != "application/zip":
        return []
    return zipfile.ZipFile(io.BytesIO(answer.body)).namelist()


@pytest.mark.parametrize(("who", "mode"), [("anonymous", BY_GROUP), ("stranger", BY_PRODUCT), ("changer", BY_GROUP), ("changer", BY_PRODUCT)])
@pytest.mark.parametrize("world", ["OPEN"], indirect=True)
def test_a_product_that_is_shut_makes_no_difference(world, who, mode, settings):
    inside = let_in(world.people, mode, settings)
    client = client_for(world.people[who])
    urls = everything(world)
    read_all(client, urls)
    before = read_all(client, urls)
    assert sum(status == 200 for status, _, _ in before.values()) > 90
    shut = add_shut(world, inside, mode)
    after = read_all(client, urls)
    told = {url: _difference(before[url], after[url]) for url in urls if before[url] != after[url]}
    assert not told, "\n".join(f"{url}: {what}" for url, what in told.items())
    assert packed(client, shut.values()) == []
    for form in FORMATS:
        rows = list(ReducedDatum.objects.values_list("pk", flat=True))
        for url, names in (("/dataproducts/measurements/", {"selected-row": rows}), ("/targets/", {"selected-target": [world.target.pk]})):
            slug = f"export-{form}" if "measurements" in url else f"data-{form}"
            assert b"shutband" not in ask(client, url, "post", {"bulk": slug, **names}).body, (url, form)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("world", ["OPEN"], indirect=True)
def test_who_is_let_in_sees_it_there(world, mode, settings):
    inside = let_in(world.people, mode, settings)
    client = client_for(world.people["deleter"])
    urls = everything(world)
    read_all(client, urls)
    before = read_all(client, urls)
    shut = add_shut(world, inside, mode)
    after = read_all(client, urls)
    assert sum(before[url] != after[url] for url in urls) > 30
    assert sorted(name.rsplit("/", 1)[-1] for name in packed(client, shut.values())) == ["shut.csv", "shut.fits", "shut.png"]
    rows = list(ReducedDatum.objects.filter(source_name="shut").values_list("pk", flat=True))
    assert b"shutband" in ask(client, "/dataproducts/measurements/", "post", {"bulk": "export-csv", "selected-row": rows}).body


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("world", ["OPEN"], indirect=True)
@pytest.mark.parametrize("who", ["anonymous", "changer"])
def test_a_product_that_is_shut_answers_like_none(world, who, mode, settings):
    shut = add_shut(world, let_in(world.people, mode, settings), mode)
    client = client_for(world.people[who])
    told = []
    of_product = ["detail", "tags", "view", "image", "image-info", "preview", "file", "delete", "feature", "process"]
    datum = ReducedDatum.objects.filter(source_name="shut").first()
    asked = [(f"dataproducts:{name}", {"pk": product.pk}, {"pk": MISSING}) for name in of_product for product in shut.values()]
    asked += [(f"dataproducts:{name}", {"pk": datum.pk}, {"pk": MISSING}) for name in ("measurement", "measurement-edit", "measurement-delete")]
    asked += [("api:dataproducts-detail", {"pk": shut["table"].pk}, {"pk": MISSING}), ("api:reduceddatums-detail", {"pk": datum.pk}, {"pk": MISSING})]
    asked += [("data-file", {"path": name}, {"path": "nothing/here.csv"}) for name in (shut["table"].data.name, shut["picture"].thumbnail.name)]
    asked += [("dataproducts:share", {"dp_pk": shut["table"].pk}, {"dp_pk": MISSING})]  # last: it leaves a message for the next page
    for name, hidden, missing in asked:
        for method in ("get", "head", "post", "put", "patch", "delete"):
            one_url, two_url = reverse(name, kwargs=hidden), reverse(name, kwargs=missing)
            one, two = said(ask(client, one_url, method), one_url), said(ask(client, two_url, method), two_url)
            if one != two:
                told.append((name, method, _difference(one, two)))
    assert not told


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("world", ["OPEN"], indirect=True)
@pytest.mark.parametrize("who", ["anonymous", "changer"])
def test_a_product_that_is_shut_is_changed_by_nobody_outside(world, who, mode, settings):
    shut = add_shut(world, let_in(world.people, mode, settings), mode)
    client = client_for(world.people[who])
    keys, rows = [product.pk for product in shut.values()], list(ReducedDatum.objects.filter(source_name="shut").values_list("pk", flat=True))
    group = DataProductGroup.objects.get(name="Products")
    key = shut["table"].pk
    before = fingerprint()
    for url, data in (
        ("/dataproducts/data/", {"bulk": "delete", "products": keys, "confirmed": "1"}),
        ("/dataproducts/data/", {"bulk": "tag", "products": keys, "tags": "mine", "confirmed": "1"}),
        ("/dataproducts/data/", {"bulk": "group", "products": keys, "group": group.pk, "confirmed": "1"}),
        (f"/dataproducts/data/group/{group.pk}/", {"products": keys}),
        ("/dataproducts/data/group/add/", {"group": group.pk, "products": keys}),
        ("/dataproducts/measurements/", {"bulk": "delete", "selected-row": rows, "confirmed": "1"}),
        (f"/dataproducts/target/{world.target.pk}/measurements/", {"bulk": "delete", "selected-row": rows, "confirmed": "1"}),
        (f"/dataproducts/data/{key}/tags/", {"tags": "mine"}),
        (f"/dataproducts/data/{key}/feature/", {}),
        (f"/dataproducts/data/{key}/process/", {"data_product_type": "photometry"}),
        (f"/dataproducts/data/{key}/delete/", {}),
        (f"/dataproducts/measurements/{rows[0]}/edit/", {"timestamp": "2025-08-01T00:00:00", "brightness": "1"}),
        (f"/dataproducts/measurements/{rows[0]}/delete/", {}),
    ):
        client.post(url, data)
    for method, url in (
        ("delete", f"/api/dataproducts/{key}/"), ("delete", f"/api/reduceddatums/{rows[0]}/"), ("patch", f"/api/reduceddatums/{rows[0]}/"),
    ):  # fmt: skip
        getattr(client, method)(url, json.dumps({"source_name": "mine"}), content_type="application/json")
    of = {"target": world.target.pk, "data_product": key, "data_type": "photometry"}
    one = {**of, "timestamp": "2025-08-02T00:00:00Z", "value": {"magnitude": 1.0, "filter": "r"}}
    table = {**of, "columns": {"mjd": [60000.5], "magnitude": [1.0], "filter": ["r"]}}
    for name, sent in (("", one), ("table/", table), ("bulk/", [one])):
        client.post(f"/api/reduceddatums/{name}", json.dumps(sent), content_type="application/json")
    after = fingerprint()
    assert not [name for name in after if after[name] != before[name]]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("world", ["OPEN"], indirect=True)
def test_what_is_shared_is_what_the_sharer_sees(world, mode, settings, monkeypatch):
    add_shut(world, let_in(world.people, mode, settings), mode)
    shut = list(ReducedDatum.objects.filter(source_name="shut").values_list("pk", flat=True))
    elsewhere = ReducedDatum.objects.create(
        target=Target.objects.get(name="Crawled 3"), data_type="photometry",
        timestamp=datetime(2024, 7, 1, tzinfo=UTC), source_name="elsewhere", value={"magnitude": 3.0, "filter": "r"},
    )  # fmt: skip
    sent: list[ReducedDatum] = []

    def keep(answer):
        return lambda first, data, *rest: (sent.extend(data), answer)[1]

    monkeypatch.setattr("tom_dataproducts.sharing._share_data", keep({"message": "done"}))
    monkeypatch.setattr("tom_dataproducts.alertstreams.hermes.publish_to_hermes", keep({"message": "done"}))
    monkeypatch.setattr("tom_dataproducts.alertstreams.hermes.preload_to_hermes", keep("key"))
    monkeypatch.setattr("tom_targets.sharing.share_target_with_tom", lambda *args, **kwargs: None)
    target = world.target.pk
    client = client_for(world.people["changer"])
    seen = 0
    for destination in ("other", "hermes:hermes.test"):
        form = {"share_destination": destination, "share_title": "t", "submitter": "changer", "target": target}
        for url in (f"/dataproducts/target/{target}/share/", f"/targets/{target}/share/"):
            for chosen in ([], shut, [elsewhere.pk]):
                client.post(url, {**form, "share-box": chosen})
                assert not [row for row in sent if row.source_name], (url, chosen, destination)
                assert bool(sent) == (not chosen), (url, chosen, destination)
                seen += len(sent)
                sent.clear()
        client.post(f"/targets/{target}/hermes-preload/", {**form, "share-box": shut})
        assert not sent
    assert seen


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("world", ["OPEN"], indirect=True)
def test_a_measurement_that_is_there_and_shut_is_not_shown_to_who_writes_it_again(world, mode, settings):
    inside, known = let_in(world.people, mode, settings), datum_count(world.target)
    add_shut(world, inside, mode)
    assert datum_count(world.target) == known == 1
    row = ReducedDatum.objects.filter(source_name="shut", data_type="photometry").first()
    sent = {"target": world.target.pk, "data_type": "photometry", "timestamp": row.timestamp.isoformat(), "value": row.value, "source_name": "shut"}
    answer = client_for(world.people["changer"]).post("/api/reduceddatums/", json.dumps(sent), content_type="application/json")
    assert answer.status_code in (201, 400)
    assert str(row.data_product_id) not in str(answer.json().get("data_product"))
    for told in (b"already exists", b'"data_product":%d' % row.data_product_id):
        assert told not in answer.content


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("world", ["OPEN"], indirect=True)
def test_what_is_drawn_of_a_product_is_seen_by_whom_the_product_is(world, mode, settings):
    """Also when somebody else had it drawn before, it is kept in cache and storage, and the browser still has it."""
    from tom_dataproducts.utils import create_image_dataproduct

    pixels = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.arange(600.0).reshape(20, 30), name="SCI")]).writeto(pixels)
    inside = let_in(world.people, mode, settings)
    frame = add_shut(world, inside, mode)["frame"]
    frame.data.save("drawn.fits", ContentFile(pixels.getvalue()))
    frame.thumbnail.delete()
    names = {"preview": {}, "image": {"size": 64}, "image-info": {}, "view": {}}

    def asked(who, etags=None):
        client, found = client_for(world.people[who]), {}
        for name, query in names.items():
            headers = {"If-None-Match": etags[name]} if etags and etags[name] else None
            found[name] = client.get(reverse(f"dataproducts:{name}", kwargs={"pk": frame.pk}), query, headers=headers)
        return found

    seen = asked("deleter")
    assert {name: answer.status_code for name, answer in seen.items()} == dict.fromkeys(names, 200)
    assert seen["preview"]["Content-Type"] == seen["image"]["Content-Type"] == "image/jpeg"
    etags = {name: answer.get("ETag") for name, answer in seen.items()}
    assert asked("deleter", etags)["image"].status_code == 304
    for who, status in (("changer", 404), ("stranger", 404), ("anonymous", 302)):
        assert {answer.status_code for answer in asked(who, etags).values()} == {status}, who
    # a JPEG that is kept as a product of its own, and the thumbnail in the storage
    assert create_image_dataproduct(frame)
    drawn = DataProduct.objects.get(product_id=f"{frame.product_id}_jpeg")
    frame.get_preview(redraw=True)
    frame.refresh_from_db()
    for name in (drawn.data.name, frame.thumbnail.name):
        url = reverse("data-file", kwargs={"path": name})
        assert ask(client_for(world.people["changer"]), url).status_code == 404
        assert ask(client_for(None), url).status_code == 302
        inside_too = 200 if mode == BY_GROUP or name == frame.thumbnail.name else 404  # rights on products are given for each
        assert ask(client_for(world.people["deleter"]), url).status_code == inside_too


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("world", ["OPEN"], indirect=True)
def test_a_guessed_identifier_of_a_source_changes_nothing_that_is_shut(world, mode, settings):
    from tom_common.errors import InvalidInputError
    from tom_dataproducts.rows import DatumRow
    from tom_dataproducts.services import add_reduced_data, process_product, store_product

    when = datetime(2025, 8, 3, tzinfo=UTC)
    product = add_shut(world, let_in(world.people, mode, settings), mode)["table"]
    settings.DATA_PROCESSORS = {"photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor"}
    hidden = DatumRow("photometry", when, source_name="shut", source_id="77", brightness=17.5, bandpass="r")
    (key,) = add_reduced_data(target=world.target, rows=[hidden], data_product=product).created
    ours, other = [{"mjd": 60891.0, "magnitude": 1.0, "source_name": "shut", "source_id": name} for name in ("77", "78")]
    of = {"target": world.target.pk, "data_type": "photometry"}
    client = client_for(world.people["changer"])

    def post(path, sent):
        answer = client.post(f"/api/reduceddatums/{path}", json.dumps(sent), content_type="application/json")
        assert b"17.5" not in answer.content
        return answer.status_code, answer.json()

    told = {"index": 1, "errors": {"source_id": ["This identifier is not available."]}}
    status, answer = post("table/", {**of, "rows": [other, ours]})
    assert (status, answer["errors"]) == (400, [told])
    status, answer = post("table/?partial=true", {**of, "rows": [other, ours]})
    assert (status, answer["created"], answer["updated"], answer["wrong"], answer["errors"]) == (201, 1, 0, 1, [told])
    singly = [{**of, "timestamp": when.isoformat(), "value": {"magnitude": m}, "source_name": "shut", "source_id": s} for m, s in ((2, "79"), (3, "77"))]
    for query, expected in (("", 400), ("?partial=true", 201)):
        status, answer = post(f"bulk/{query}", singly)
        assert (status, [error["index"] for error in answer["errors"]]) == (expected, [1])
        assert "source_id" in answer["errors"][0]["errors"]
    status, answer = post("", singly[1])
    assert (status, answer) == (400, {"value": ["This measurement is not available."]})
    content = b"mjd,magnitude,filter,source,candid\n60891,5,r,shut,80\n60892,6,r,shut,77\n"
    stored = store_product(
        target=world.target, filename="own.csv", content=content, data_product_type="photometry", actor=world.people["changer"],
    )  # fmt: skip
    with pytest.raises(InvalidInputError, match="row 3, source_id: this identifier is not available"):
        process_product(product=stored, actor=world.people["changer"])
    added = process_product(product=stored, actor=world.people["changer"], keep_good_rows=True)
    assert (len(added.created), added.updated, "1 row left out" in stored.processing_message) == (1, [], True)
    assert ReducedDatum.objects.get(pk=key).brightness == 17.5
    # who may change it, and the source itself, do
    world.people["changer"].groups.add(Group.objects.get(name="inside"))
    assign_perm("tom_dataproducts.change_dataproduct", world.people["changer"], product)
    assert post("table/", {**of, "rows": [ours]})[1]["updated"] == 1
    assert add_reduced_data(target=world.target, rows=[DatumRow("photometry", when, source_name="shut", source_id="77", brightness=9.0)]).updated == [key]


@pytest.mark.parametrize("world", ["PRIVATE"], indirect=True)
def test_who_stores_a_product_may_do_everything_with_it(world, settings):
    from tom_dataproducts.policy import can
    from tom_dataproducts.services import store_product

    settings.TARGET_PERMISSIONS_ONLY = False
    product = store_product(target=world.target, filename="own.csv", content=b"a,b\n1,2\n", actor=world.people["changer"])
    for action in ("view", "change", "delete"):
        assert can(world.people["changer"], action, product)
        assert not can(world.people["owner"], action, product)  # whatever may be done with the target
