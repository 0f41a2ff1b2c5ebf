"""What somebody uploads is kept apart: safe names, a door that asks, nothing that runs as a page of this site."""

from __future__ import annotations

import gzip
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.safety.conftest import ask, client_for
from tom_dataproducts.models import DataProduct

HTML = b"<html><script>alert(document.cookie)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def upload(world, name, content, kind="image_file"):
    client = client_for(world.people["owner"])
    before = set(DataProduct.objects.values_list("pk", flat=True))
    answer = client.post(
        "/dataproducts/data/upload/",
        {
            "target": world.target.pk,
            "data_product_type": kind,
            "referrer": "http://evil.example/",
            "files": SimpleUploadedFile(name, content),
        },
    )
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]
    return DataProduct.objects.exclude(pk__in=before).first()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", HTML),
        ("drawing.svg", SVG),
        ("photo.jpg", HTML),
        ("photo.png.html", HTML),
        ("page.xhtml", HTML),
        ("a.js", b"alert(1)"),
        ("x.shtml", HTML),
    ],
)
def test_no_upload_is_a_page_of_this_site(world, name, content):
    product = upload(world, name, content)
    if product is None:
        return  # refused
    for url in (f"/dataproducts/data/{product.pk}/file/", f"/data/{quote(product.data.name)}"):
        answer = ask(client_for(world.people["owner"]), url)
        assert answer.status_code == 200
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"].startswith("sandbox")
        kind = answer["Content-Type"].partition(";")[0]
        assert (kind.startswith("image/") and "svg" not in kind) or answer["Content-Disposition"].startswith("attachment"), kind
        assert ask(client_for(world.people["stranger"]), url).status_code == 404
        assert ask(client_for(None), url).status_code == 302


@pytest.mark.parametrize(
    "name",
    [
        "../../../outside.csv",
        "..\\..\\outside.csv",
        "/etc/outside.csv",
        "a\x00b.csv",
        "....//....//outside.csv",
        "x" * 400 + ".csv",
        "ünï çø.csv",
        "-rf.csv",
    ],
)
def test_names_stay_inside(world, settings, name):
    product = upload(world, name, b"time,filter,magnitude,error\n60000.1,r,17.5,0.02\n", "fits_file")
    if product is None:
        return
    root = Path(settings.MEDIA_ROOT).resolve()
    assert Path(product.data.path).resolve().is_relative_to(root)
    assert ".." not in product.data.name
    assert not list(root.parent.glob("outside*"))


@pytest.mark.parametrize(
    "path", ["../settings.py", "..%2f..%2fsettings.py", "crawled-1/../../../etc/passwd", "/etc/passwd", "%00", "crawled-1", "."]
)
def test_the_door_leads_nowhere_else(world, path):
    for who in ("stranger", "superuser"):
        assert ask(client_for(world.people[who]), f"/data/{path}").status_code in (301, 302, 404)


def test_a_link_out_of_the_storage_is_not_followed(world, settings, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("outside the storage")
    folder = Path(settings.MEDIA_ROOT) / "crawled-1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "link.txt").symlink_to(secret)
    product = DataProduct.objects.create(product_id="link", target=world.target, data_product_type="fits_file")
    DataProduct.objects.filter(pk=product.pk).update(data="crawled-1/link.txt")
    answer = ask(client_for(world.people["owner"]), f"/dataproducts/data/{product.pk}/file/")
    assert answer.status_code == 404
    assert b"outside the storage" not in answer.body


def test_a_file_too_large_is_refused(world, settings):
    settings.TOM_UPLOAD_MAX_BYTES = 1000
    assert upload(world, "large.fits", b"x" * 2000, "fits_file") is None
    assert upload(world, "small.fits", b"x" * 500, "fits_file") is not None


@pytest.mark.parametrize(("name", "kind"), [("bomb.fits.gz", "spectroscopy"), ("bomb.fits.gz", "fits_file"), ("bomb.csv.gz", "photometry")])
def test_a_decompression_bomb_does_not_go_off(world, name, kind):
    import resource

    bomb = gzip.compress(b"SIMPLE  =                    T".ljust(2880) + b" " * 400_000_000, compresslevel=1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    upload(world, name, bomb, kind)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 300


@pytest.mark.parametrize(
    "next_url", ["http://evil.example/", "//evil.example/", "https:evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_no_redirect_leads_away(world, next_url):
    from django.contrib.auth import get_user_model

    get_user_model().objects.create_user("goes", password="goes-there-now")
    client = client_for(None)
    answer = client.post(
        f"/accounts/login/?next={quote(next_url)}", {"login": "goes", "username": "goes", "password": "goes-there-now", "next": next_url}
    )
    assert answer.status_code in (200, 302)
    assert "evil" not in answer.get("Location", "")
    assert "javascript" not in answer.get("Location", "")
    client = client_for(world.people["owner"])
    for url, data in (
        (f"/dataproducts/data/{world.product.pk}/feature/", {"next": next_url}),
        ("/terms/accept/", {"next": next_url, "accept": "1"}),
        ("/comments/post/", {"next": next_url}),
        ("/alerts/Gaia/submit/", {"redirect_url": next_url}),
        ("/dataproducts/data/reduced/update/", {"next": next_url, "target_id": world.target.pk}),
    ):
        answer = client.post(url, data, headers={"referer": next_url})
        assert "evil" not in answer.get("Location", "")
        assert "javascript" not in answer.get("Location", "")
