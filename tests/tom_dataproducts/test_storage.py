"""Files on this disk, in S3, and in a storage without local paths: stored, read, drawn, sent and deleted alike."""

from __future__ import annotations

import hashlib
import io
import resource
import shutil
import uuid
import zipfile
from pathlib import Path

import numpy as np
import pytest
import requests
from astropy.io import fits
from django.conf import settings as project
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tom_common.errors import InvalidInputError, NotFoundError
from tom_dataproducts import storage
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.services import delete_product, store_product
from tom_dataproducts.views.files import wanted_range
from tom_targets.models import BaseTarget

CSV = b"time,filter,magnitude,error\n60000.1,r,17.5,0.02\n60001.1,r,17.6,0.02\n"


def image():
    pixels = np.random.default_rng(1).normal(100, 3, (60, 80)).astype("f4")
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(pixels, name="SCI")]).writeto(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def s3_server():
    """A server of the S3 protocol (moto) on this machine."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


def in_s3(endpoint, settings, monkeypatch):
    import boto3

    for name, text in (("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing"), ("AWS_EC2_METADATA_DISABLED", "true")):
        monkeypatch.setenv(name, text)
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    bucket = f"tom-{uuid.uuid4().hex}"
    client.create_bucket(Bucket=bucket)
    options = {
        "bucket_name": bucket,
        "endpoint_url": endpoint,
        "region_name": "us-east-1",
        "querystring_expire": 300,
        "file_overwrite": False,
    }
    settings.STORAGES = {**project.STORAGES, "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}}
    return lambda: {one["Key"] for one in client.list_objects_v2(Bucket=bucket).get("Contents", [])}


@pytest.fixture(params=["disk", "s3", "no local path"])
def kept(request, settings, monkeypatch):
    """kept() -> names of the files in the storage."""
    cache.clear()
    root = Path(settings.MEDIA_ROOT)
    names = lambda: {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}  # noqa: E731
    if request.param == "s3":
        names = in_s3(request.getfixturevalue("s3_server"), settings, monkeypatch)
    elif request.param == "no local path":
        settings.STORAGES = {**project.STORAGES, "default": {"BACKEND": "tests.tom_dataproducts.storages.NoLocalPath"}}
    return names


@pytest.fixture
def target(db):
    return BaseTarget.objects.create(name="M 51", type="SIDEREAL", ra=202.47, dec=47.2, permissions="PRIVATE")


@pytest.fixture(autouse=True)
def _types(settings):
    settings.DATA_PRODUCT_TYPES = {"photometry": ("photometry", "Photometry"), "fits_file": ("fits_file", "FITS")}
    settings.DATA_PROCESSORS = {"photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor"}


@pytest.fixture
def boss_client(boss, client_of):
    return client_of(boss)


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def upload(client, target, name, content, kind):
    answer = client.post(
        "/dataproducts/data/upload/",
        {"target": target.pk, "data_product_type": kind, "files": SimpleUploadedFile(name, content)},
        headers={"accept": "application/json"},
    )
    (told,) = answer.json()["files"]
    assert told["state"] == "stored", told
    return DataProduct.objects.latest("pk")


def test_from_upload_to_deletion(kept, target, boss_client, boss, client_of, stranger):
    product = upload(boss_client, target, "points.csv", CSV, "photometry")
    assert (product.size_bytes, product.sha256, product.added_by) == (len(CSV), hashlib.sha256(CSV).hexdigest(), boss)
    assert kept() == {"m-51/none/points.csv"}
    assert sorted(ReducedDatum.objects.values_list("brightness", flat=True)) == [17.5, 17.6]
    url = f"/dataproducts/data/{product.pk}/file/"
    for address in (url, f"/data/{product.data.name}"):
        answer = boss_client.get(address)
        assert (answer.status_code, body(answer)) == (200, CSV)
        assert (answer["Content-Length"], answer["Accept-Ranges"], answer["ETag"]) == (str(len(CSV)), "bytes", f'"{product.sha256}"')
        assert client_of(stranger).get(address).status_code == 404
        assert client_of(None).get(address).status_code == 302
        part = boss_client.get(address, headers={"range": "bytes=5-10"})
        assert (part.status_code, body(part), part["Content-Range"]) == (206, CSV[5:11], f"bytes 5-10/{len(CSV)}")
        assert part["X-Content-Type-Options"] == "nosniff"
    picture = upload(boss_client, target, "frame.fits", image(), "fits_file")
    preview = boss_client.get(f"/dataproducts/data/{picture.pk}/preview/")
    assert Image.open(io.BytesIO(preview.content)).size == (80, 60)
    assert boss_client.get(f"/dataproducts/data/{picture.pk}/image.json").json()["width"] == 80
    assert picture.get_preview()
    assert len(kept()) == 3
    stored_preview = boss_client.get(f"/dataproducts/data/{picture.pk}/preview/")
    assert Image.open(io.BytesIO(stored_preview.content)).size == (200, 200)
    for page in ("", "view/"):
        assert boss_client.get(f"/dataproducts/data/{picture.pk}/{page}").status_code == 200
    packed = boss_client.post("/dataproducts/data/", {"bulk": "zip", "products": [product.pk, picture.pk]})
    with zipfile.ZipFile(io.BytesIO(body(packed))) as found:
        assert sorted(found.namelist()) == ["m-51/none/frame.fits", "m-51/none/points.csv"]
        assert (found.read("m-51/none/points.csv"), found.testzip()) == (CSV, None)
    assert boss_client.post(f"/dataproducts/data/{product.pk}/process/").status_code == 302
    assert ReducedDatum.objects.count() == 2
    assert boss_client.get("/api/dataproducts/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_deleting_takes_file_and_preview(kept, boss):
    target = BaseTarget.objects.create(name="M 51", type="SIDEREAL", ra=202.47, dec=47.2)
    product = store_product(target=target, filename="frame.fits", content=image(), data_product_type="fits_file")
    product.get_preview()
    assert len(kept()) == 2
    delete_product(product=product, actor=boss)
    assert kept() == set()


@pytest.mark.django_db(transaction=True)
def test_previews_are_kept_where_the_project_says_so(kept, settings):
    settings.AUTO_THUMBNAILS = True
    target = BaseTarget.objects.create(name="M 51", type="SIDEREAL", ra=202.47, dec=47.2)
    product = store_product(target=target, filename="frame.fits", content=image(), data_product_type="fits_file")
    product.refresh_from_db()
    with product.thumbnail.open() as file, Image.open(file) as picture:
        assert picture.size == (80, 60)
    table = store_product(target=target, filename="points.csv", content=CSV, data_product_type="photometry")
    table.refresh_from_db()
    assert not table.thumbnail
    assert len(kept()) == 3


def test_sharing_needs_no_path(kept, target, boss_client, settings):
    import responses

    settings.DATA_SHARING = {"other": {"DISPLAY_NAME": "Other", "BASE_URL": "https://other.example/", "USERNAME": "u", "PASSWORD": "p"}}
    product = upload(boss_client, target, "points.csv", CSV, "photometry")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as other:
        other.get("https://other.example/api/targets/", json={"results": [{"id": 7}], "count": 1})
        sent = other.post("https://other.example/api/dataproducts/", json={"message": "ok"}, status=201)
        answer = boss_client.post(f"/dataproducts/data/{product.pk}/share/", {"share_destination": "other", "target": target.pk})
        assert answer.status_code == 302
        assert sent.call_count == 1
        sent_body = sent.calls[0].request.body
        assert CSV in (sent_body if isinstance(sent_body, bytes) else sent_body.read())


def test_a_link_to_s3_expires(s3_server, settings, monkeypatch, target, boss_client, client_of, stranger):
    in_s3(s3_server, settings, monkeypatch)
    settings.TOM_DOWNLOAD_BY_LINK, settings.TOM_DOWNLOAD_LINK_SECONDS = True, 2
    product = store_product(target=target, filename="frame.fits", content=image(), data_product_type="fits_file")
    url = f"/dataproducts/data/{product.pk}/file/"
    answer = boss_client.get(url)
    assert (answer.status_code, answer["Cache-Control"]) == (302, "private, no-store")
    link = answer["Location"]
    assert link.startswith(s3_server)
    fetched = requests.get(link, timeout=10)
    assert (fetched.status_code, fetched.content) == (200, image())
    assert fetched.headers["Content-Disposition"] == 'attachment; filename="frame.fits"'
    assert client_of(stranger).get(url).status_code == 404
    assert "X-Amz-Expires=2" in link or "Expires=" in link
    # what is shown in the page, such as a preview, comes from here: the policy of the pages names no other server
    jpeg = store_product(target=target, filename="p.jpg", content=b"\xff\xd8\xff", data_product_type="fits_file")
    assert body(boss_client.get(f"/dataproducts/data/{jpeg.pk}/file/")) == b"\xff\xd8\xff"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 0)), ("bytes=2-", (2, 9)), ("bytes=-3", (7, 9)), ("bytes=-30", (0, 9)), ("bytes=5-50", (5, 9)), ("bytes=10-", None),
        ("bytes=-0", None), ("bytes=5-2", ()), ("bytes=0-1,3-4", ()), ("lines=1-2", ()), ("bytes=-", ()), ("bytes=a-b", ()), ("", ()),
    ],
)  # fmt: skip
def test_ranges(header, expected):
    assert wanted_range(header, 10) == expected


def test_ranges_and_conditions_over_http(target, boss_client):
    product = store_product(target=target, filename="a.bin", content=b"0123456789")
    url = f"/dataproducts/data/{product.pk}/file/"
    head = boss_client.head(url, headers={"range": "bytes=0-0"})
    etag = head["ETag"]
    for close in head._resource_closers:  # not close(), which ends the connection to the database within the test
        close()
    assert boss_client.get(url, headers={"if-none-match": etag}).status_code == 304
    beyond = boss_client.get(url, headers={"range": "bytes=10-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, "bytes */10")
    assert body(boss_client.get(url, headers={"range": "bytes=-2", "if-range": etag})) == b"89"
    changed = boss_client.get(url, headers={"range": "bytes=-2", "if-range": '"other"'})
    assert (changed.status_code, body(changed)) == (200, b"0123456789")
    several = boss_client.get(url, headers={"range": "bytes=0-1,4-5"})
    assert (several.status_code, body(several)) == (200, b"0123456789")
    whole = boss_client.get(url)
    assert (whole["Content-Length"], body(whole)) == ("10", b"0123456789")


def test_a_folder_that_is_a_link_is_not_followed(target, boss_client, tmp_path, settings):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_bytes(b"secret")
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(exist_ok=True)
    (root / "linked").symlink_to(outside)
    product = DataProduct.objects.create(product_id="link", target=target)
    DataProduct.objects.filter(pk=product.pk).update(data="linked/secret.csv")
    product.refresh_from_db()
    assert boss_client.get(f"/dataproducts/data/{product.pk}/file/").status_code == 404
    with pytest.raises(NotFoundError):
        storage.opened(product.data)
    with pytest.raises(NotFoundError), storage.local_copy(product.data):
        pass
    packed = boss_client.post("/dataproducts/data/", {"bulk": "zip", "products": [product.pk]})
    with zipfile.ZipFile(io.BytesIO(body(packed))) as found:
        assert found.namelist() == ["MISSING.txt"]


def test_nothing_is_written_through_a_link(target, tmp_path, settings):
    outside = tmp_path / "outside"
    outside.mkdir()
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(exist_ok=True)
    (root / "m-51").symlink_to(outside)
    with pytest.raises(InvalidInputError, match="outside"):
        store_product(target=target, filename="a.csv", content=b"x")
    assert list(outside.rglob("*.csv")) == []
    assert not DataProduct.objects.exists()


def path_of_project(instance, filename):
    return f"by-project/{instance.target_id}/{filename}"


def path_that_leads_away(instance, filename):
    return "../../away.csv"


def test_the_project_says_where_files_are_kept(target, settings):
    settings.DATA_PRODUCT_PATH = "tests.tom_dataproducts.test_storage.path_of_project"
    product = store_product(target=target, filename="a.csv", content=b"x")
    assert product.data.name == f"by-project/{target.pk}/a.csv"
    settings.DATA_PRODUCT_PATH = "tests.tom_dataproducts.test_storage.path_that_leads_away"
    from django.core.exceptions import SuspiciousFileOperation

    with pytest.raises(SuspiciousFileOperation):
        store_product(target=target, filename="a.csv", content=b"x")
    assert not list(Path(settings.MEDIA_ROOT).parent.parent.glob("away*"))


class Once:
    """The answer of a server: it can be read once, and says no size."""

    def __init__(self, size):
        self.left = size

    def read(self, size=-1):
        taken = min(self.left, size if size >= 0 else self.left)
        self.left -= taken
        return b"x" * taken


def test_what_can_be_read_once_is_stored(target, settings):
    product = store_product(target=target, filename="a.bin", content=Once(3_000_000))
    assert (product.size_bytes, product.data.size) == (3_000_000, 3_000_000)
    settings.TOM_UPLOAD_MAX_BYTES = 1_000_000
    with pytest.raises(InvalidInputError, match="1,000,000"):
        store_product(target=target, filename="a.bin", content=Once(10**15))


def test_an_upload_past_the_limit_is_cut_off(target, boss_client, settings, tmp_path):
    settings.TOM_UPLOAD_MAX_BYTES = 100_000
    files = [SimpleUploadedFile("large.bin", b"x" * 3_000_000), SimpleUploadedFile("small.bin", b"y" * 50_000)]
    answer = boss_client.post(
        "/dataproducts/data/upload/",
        {"target": target.pk, "data_product_type": "fits_file", "files": files},
        headers={"accept": "application/json"},
    )
    told = {one["name"]: (one["state"], one["message"]) for one in answer.json()["files"]}
    assert told["large.bin"] == ("refused", "larger than the 100,000 bytes that are taken")
    assert told["small.bin"][0] == "stored"
    alone = {"target": target.pk, "data_product_type": "fits_file", "files": SimpleUploadedFile("large.bin", b"x" * 3_000_000)}
    only = boss_client.post("/dataproducts/data/upload/", alone, headers={"accept": "application/json"})
    assert (only.status_code, "100,000 bytes" in only.json()["problem"]) == (400, True)
    assert DataProduct.objects.count() == 1


def test_uploads_are_guarded_against_foreign_sites(target, boss):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(boss, backend=project.AUTHENTICATION_BACKENDS[0])
    answer = client.post(
        "/dataproducts/data/upload/", {"target": target.pk, "data_product_type": "fits_file", "files": SimpleUploadedFile("a.bin", b"x")}
    )
    assert answer.status_code == 403
    assert not DataProduct.objects.exists()


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_file_of_five_gigabytes_costs_no_memory(tmp_path, live_server, boss, settings, client_of):
    """Uploaded over HTTP, stored, sent and packed. The file is sparse where it is made."""
    size = 5_000_000_000
    if shutil.disk_usage(tmp_path).free < 4 * size:
        pytest.skip("the disk is too small")
    settings.TOM_UPLOAD_MAX_BYTES = size
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    target = BaseTarget.objects.create(name="M 51", type="SIDEREAL", ra=202.47, dec=47.2)
    large = tmp_path / "large.bin"
    with open(large, "wb") as file:
        file.truncate(size)
    session = requests.Session()
    client = client_of(boss)
    session.cookies.set("sessionid", client.cookies["sessionid"].value)
    session.get(f"{live_server.url}/dataproducts/data/upload/")
    token = session.cookies["csrftoken"]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    boundary = "----tom"
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in (("csrfmiddlewaretoken", token), ("target", target.pk), ("data_product_type", "fits_file"))
    )
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="large.bin"\r\nContent-Type: application/octet-stream\r\n\r\n'
    tail = f"\r\n--{boundary}--\r\n".encode()

    class Body:
        def __len__(self):
            return len(head) + large.stat().st_size + len(tail)

        def __iter__(self):
            yield head.encode()
            with open(large, "rb") as file:
                while piece := file.read(1 << 20):
                    yield piece
            yield tail

    answer = session.post(
        f"{live_server.url}/dataproducts/data/upload/", data=iter(Body()),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(len(Body())), "Accept": "application/json",
                 "Referer": live_server.url},
        timeout=600,
    )  # fmt: skip
    assert answer.json()["files"][0]["state"] == "stored", answer.text[:300]
    product = DataProduct.objects.get()
    assert product.size_bytes == size
    with session.get(f"{live_server.url}/dataproducts/data/{product.pk}/file/", stream=True, timeout=60) as sent:
        assert sum(len(piece) for piece in sent.iter_content(1 << 20)) == size
    packed = {"csrfmiddlewaretoken": session.cookies["csrftoken"], "bulk": "zip", "products": [product.pk]}
    with session.post(f"{live_server.url}/dataproducts/data/", packed, headers={"Referer": live_server.url}, stream=True, timeout=60) as sent:
        assert sent.headers["Content-Type"] == "application/zip"
        assert sum(len(piece) for piece in sent.iter_content(1 << 20)) >= size
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"grown by {grown_mb:.0f} MB")
    assert grown_mb < 100
