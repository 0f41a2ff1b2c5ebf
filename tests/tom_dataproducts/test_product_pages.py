"""Pages of products and of their groups, tags, previews of uploads: who may do what, and what comes of it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from guardian.shortcuts import assign_perm

from tom_common.errors import InvalidInputError, NotAllowedError
from tom_common.models import HistoryEvent
from tom_dataproducts.models import DataProduct, DataProductGroup, ReducedDatum
from tom_dataproducts.services import store_product
from tom_dataproducts.services.grouping import create_group, delete_group, update_group
from tom_dataproducts.services.tagging import add_tags, set_tags, split_tags
from tom_targets.models import BaseTarget

pytestmark = pytest.mark.django_db
CSV = b"time,filter,magnitude,error\n60000.1,r,17.5,0.02\n60001.1,r,17.6,0.02\n"
BAD_ROW = CSV + b"60002.1,r,bright,0.02\n"


@pytest.fixture(autouse=True)
def _processors(settings):
    settings.DATA_PROCESSORS = {"photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor"}


@pytest.fixture
def target(member):
    found = BaseTarget.objects.create(name="SN 1987A", type="SIDEREAL", ra=83.87, dec=-69.27, permissions="PRIVATE")
    for action in ("view", "change", "delete"):
        assign_perm(f"tom_targets.{action}_target", member, found)
    return found


@pytest.fixture
def product(target, member):
    return store_product(target=target, filename="points.csv", content=CSV, data_product_type="photometry", actor=member)


def test_the_page_says_what_where_from_and_who(client_of, product, member, stranger):
    page = client_of(member).get(product.get_absolute_url())
    text = page.content.decode()
    for said in ("points.csv", "SN 1987A", "uploaded by member", product.sha256, "Who can see this", "sn-1987a/none/points.csv", "stored"):
        assert said in text, said
    assert client_of(stranger).get(product.get_absolute_url()).status_code == 404
    assign_perm("tom_targets.view_target", stranger, product.target)
    seen = client_of(stranger).get(product.get_absolute_url()).content.decode()
    assert "points.csv" in seen
    for kept in ("Delete", "Process again", "Save tags", "Who can see this"):
        assert kept not in seen, kept


def test_the_page_shows_what_was_read_and_why_not(client_of, product, member):
    client_of(member).post(f"/dataproducts/data/{product.pk}/process/")
    assert "17.5" in client_of(member).get(product.get_absolute_url()).content.decode()
    broken = store_product(target=product.target, filename="b.csv", content=b"a,b\n1,2\n", data_product_type="photometry", actor=member)
    client_of(member).post(f"/dataproducts/data/{broken.pk}/process/")
    broken.refresh_from_db()
    page = client_of(member).get(broken.get_absolute_url()).content.decode()
    assert "It could not be processed" in page
    assert broken.processing_message.split(":")[0] in page.replace("&#x27;", "'")


def test_tags(product, member, client_of, stranger):
    assert split_tags(" host  subtracted, deep;deep\nfinal ,,") == ["host subtracted", "deep", "final"]
    client = client_of(member)
    client.post(f"/dataproducts/data/{product.pk}/tags/", {"tags": "deep, final"})
    assert list(product.tags.values_list("name", flat=True)) == ["deep", "final"]
    event = HistoryEvent.objects.filter(verb="changed").latest("pk")
    assert (event.before, event.after) == ({"tags": []}, {"tags": ["deep", "final"]})
    add_tags(product=product, tags=["deep", "new"])
    assert product.tags.count() == 3
    with pytest.raises(InvalidInputError, match="100 characters"):
        set_tags(product=product, tags=["x" * 101])
    client.post(f"/dataproducts/data/{product.pk}/tags/", {"tags": "x" * 101})
    assert product.tags.count() == 3
    assert client_of(stranger).post(f"/dataproducts/data/{product.pk}/tags/", {"tags": "mine"}).status_code == 404
    assert "points.csv" in client.get("/dataproducts/data/?tag=DEEP").content.decode()
    assert "points.csv" not in client.get("/dataproducts/data/?tag=other").content.decode()


def test_the_list_filters_and_sorts(client_of, product, member):
    store_product(target=product.target, filename="frame.fits", content=b"x" * 5000, data_product_type="spectroscopy")
    client = client_of(member)

    def files(query):
        return [one.get_file_name() for one in client.get(f"/dataproducts/data/?{query}").context["object_list"]]

    assert files("") == ["frame.fits", "points.csv"]
    assert files("sort=size") == ["points.csv", "frame.fits"]
    assert files("sort=file") == ["frame.fits", "points.csv"]
    assert files("query=1987A+points") == ["points.csv"]
    assert files("data_product_type=spectroscopy") == ["frame.fits"]
    assert files("target_name=1987") == ["frame.fits", "points.csv"]
    assert files("target_name=Nothing") == []
    assert files("facility=LCO") == []


def test_many_at_once(client_of, product, member, stranger):
    second = store_product(target=product.target, filename="two.csv", content=CSV, data_product_type="photometry")
    hidden = store_product(
        target=BaseTarget.objects.create(name="Hidden", type="SIDEREAL", ra=1, dec=1, permissions="PRIVATE"), filename="h.csv", content=CSV
    )
    ours = DataProductGroup.objects.create(name="ours")
    keys = [product.pk, second.pk, hidden.pk]
    client = client_of(member)
    client.post("/dataproducts/data/", {"bulk": "group", "products": keys, "group": ours.pk, "confirmed": "1"})
    assert sorted(ours.dataproduct_set.values_list("pk", flat=True)) == [product.pk, second.pk]
    client.post("/dataproducts/data/", {"bulk": "tag", "products": keys, "tags": "night one", "confirmed": "1"})
    assert (product.tags.count(), second.tags.count(), hidden.tags.count()) == (1, 1, 0)
    asked = client.post("/dataproducts/data/", {"bulk": "delete", "products": keys})
    assert asked.status_code == 200
    assert DataProduct.objects.count() == 3
    assign_perm("tom_targets.view_target", stranger, product.target)
    client_of(stranger).post("/dataproducts/data/", {"bulk": "delete", "products": keys, "confirmed": "1"})
    assert DataProduct.objects.count() == 3
    client.post("/dataproducts/data/", {"bulk": "delete", "products": keys, "confirmed": "1"})
    assert list(DataProduct.objects.values_list("pk", flat=True)) == [hidden.pk]


def test_a_group_is_edited_by_who_may_change_what_is_in_it(product, member, members, stranger, client_of):
    group = create_group(name="spring", actor=member)
    group.dataproduct_set.add(product)
    theirs = Group.objects.create(name="theirs")
    stranger.groups.add(theirs)
    with pytest.raises(NotAllowedError):
        update_group(group=group, name="spring", user_groups=[theirs], actor=stranger)
    answer = client_of(stranger).post(f"/dataproducts/data/group/{group.pk}/update/", {"name": "spring", "user_groups": [theirs.pk]})
    assert b"not yours to decide" in answer.content
    assert not group.user_groups.exists()
    answer = client_of(member).post(f"/dataproducts/data/group/{group.pk}/update/", {"name": "summer", "user_groups": [members.pk]})
    assert answer.status_code == 302
    group.refresh_from_db()
    assert (group.name, list(group.user_groups.all())) == ("summer", [members])
    assert client_of(stranger).get(f"/dataproducts/data/group/{group.pk}/update/").status_code == 404
    # one who is in the group, and may see but not change the product, does not open it to others by deleting the group
    stranger.groups.add(members)
    assign_perm("tom_targets.view_target", stranger, product.target)
    with pytest.raises(NotAllowedError):
        delete_group(group=group, actor=stranger)
    client_of(stranger).post(f"/dataproducts/data/group/{group.pk}/delete/")
    assert DataProductGroup.objects.filter(pk=group.pk).exists()


def test_groups_that_one_may_not_see_are_not_named(product, member, members, client_of):
    secret = DataProductGroup.objects.create(name="secret programme")
    secret.user_groups.add(Group.objects.create(name="others"))
    own = DataProductGroup.objects.create(name="ours")
    own.user_groups.add(members)
    for group in (secret, own):
        group.dataproduct_set.add(product)
    for url in ("/dataproducts/data/", product.get_absolute_url(), "/dataproducts/data/group/list/", f"/dataproducts/data/group/{own.pk}/"):
        page = client_of(member).get(url).content.decode()
        assert "ours" in page
        assert "secret programme" not in page
    assert client_of(member).get(f"/dataproducts/data/?group={secret.pk}").status_code == 200


def test_products_are_taken_out_of_a_group(product, member, stranger, client_of):
    group = DataProductGroup.objects.create(name="spring")
    group.dataproduct_set.add(product)
    url = f"/dataproducts/data/group/{group.pk}/"
    assert client_of(None).post(url, {"products": [product.pk]}).status_code == 302
    client_of(stranger).post(url, {"products": [product.pk]})
    assert group.dataproduct_set.count() == 1
    client_of(member).post(url, {"products": [product.pk]})
    assert group.dataproduct_set.count() == 0


def send(client, target, content, path="upload/preview/", **more):
    file = SimpleUploadedFile("points.csv", content)
    headers = {"x-requested-with": "XMLHttpRequest", "accept": "application/json" if path == "upload/" else "*/*"}
    return client.post(
        f"/dataproducts/data/{path}", {"target": target.pk, "data_product_type": "photometry", "files": file, **more}, headers=headers
    )


def test_a_preview_stores_nothing(client_of, target, member, stranger):
    page = send(client_of(member), target, CSV).content.decode()
    for said in ("2</span> rows", "magnitude", "2023-02-25 02:24:00", "17.5"):
        assert said in page, said
    wrong = send(client_of(member), target, BAD_ROW).content.decode()
    assert "Keep the good rows" in wrong
    assert "bright" in wrong
    assert send(client_of(stranger), target, CSV).status_code == 404
    assert send(client_of(None), target, CSV).status_code == 302
    whole = client_of(member).post(
        "/dataproducts/data/upload/preview/",
        {"target": target.pk, "data_product_type": "photometry", "files": SimpleUploadedFile("p.csv", CSV)},
    )
    assert "Choose the files again" in whole.content.decode()
    none = client_of(member).post("/dataproducts/data/upload/preview/", {"target": target.pk, "data_product_type": "photometry"})
    assert "required" in none.content.decode()
    assert (DataProduct.objects.count(), ReducedDatum.objects.count()) == (0, 0)


def test_a_preview_of_a_spectrum_says_that_rows_would_be_left_out(client_of, target, member, settings):
    settings.DATA_PROCESSORS = {**settings.DATA_PROCESSORS, "spectroscopy": "tom_dataproducts.processors.spectroscopy_processor.SpectroscopyProcessor"}
    rows = [b"wavelength,flux\n4000,1\n", b"4500,bright\n", b"5000,2\n"]
    for content, said in ((b"".join(rows), True), (rows[0] + rows[2], False)):
        page = send(client_of(member), target, content, data_product_type="spectroscopy").content.decode()
        assert "A spectrum of" in page
        found = [word in page for word in ("1</span> row cannot be read", "to store the others", "bi-exclamation-triangle")]
        assert found == [said] * 3
        assert ("bi-check-circle" in page) != said


def test_good_rows_are_kept_when_asked_for(client_of, target, member):
    (told,) = send(client_of(member), target, BAD_ROW, "upload/").json()["files"]
    assert told["state"] == "refused"
    assert not DataProduct.objects.exists()
    (told,) = send(client_of(member), target, BAD_ROW, "upload/", keep_good_rows="on").json()["files"]
    assert told["state"] == "stored", told
    assert ReducedDatum.objects.count() == 2
