"""Pages of measurements: tables, one of them, changing and deleting by hand, files."""

import datetime as dt

import pytest
from django.urls import reverse
from guardian.shortcuts import assign_perm

from tom_dataproducts.models import AstrometryReducedDatum, DataProduct, DataProductGroup, ReducedDatum, SpectroscopyReducedDatum
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data
from tom_targets.models import BaseTarget, TargetList

pytestmark = pytest.mark.django_db
T0 = dt.datetime(2024, 3, 1, 4, 5, 6, tzinfo=dt.UTC)


@pytest.fixture
def here(members, boss):
    """`ours` is seen and changed by the members, `open` by all seen, `hidden` by none."""
    found = {
        name: BaseTarget.objects.create(name=f"SN {name}", type="SIDEREAL", ra=10.0, dec=20.0, permissions="OPEN" if name == "open" else "PRIVATE")
        for name in ("ours", "open", "hidden")
    }
    for action in ("view", "change"):
        assign_perm(f"tom_targets.{action}_target", members, found["ours"])
    for number, target in enumerate(found.values()):
        rows = [
            DatumRow("photometry", T0 + dt.timedelta(days=i), brightness=17.25 + i, brightness_error=0.02, bandpass="gr"[i % 2], telescope=f"Tel {target.name}",
                     source_name="ZTF")
            for i in range(30)
        ]  # fmt: skip
        add_reduced_data(target=target, rows=[*rows, DatumRow("photometry", T0, limit=20.5 + number, bandpass="i")], actor=boss)
        SpectroscopyReducedDatum.objects.create(target=target, timestamp=T0, flux=[1.0, 2.0], wavelength=[4000.0, 4001.0], telescope="FTN")
        AstrometryReducedDatum.objects.create(target=target, timestamp=T0, ra=10.0, dec=-1.0 - number)
        ReducedDatum.objects.create(target=target, data_type="radio", timestamp=T0, value={"flux_jy": 2.5, "note": "<b>"})
    return found


def page(client, name, query="", **kwargs):
    answer = client.get(reverse(f"dataproducts:{name}", kwargs=kwargs) + query)
    return answer.status_code, answer.content.decode() if not answer.streaming else b"".join(
        piece if isinstance(piece, bytes) else piece.encode() for piece in answer.streaming_content
    ).decode()


def test_the_table_of_all_shows_what_one_may_see(client_of, here, member, stranger, boss):
    assert page(client_of(member), "measurements")[1].count("SN hidden") == 0
    status, html = page(client_of(member), "measurements")
    assert status == 200
    assert "SN ours" in html
    assert "SN open" in html
    assert ">68<" in html.replace(" ", "").replace("\n", "") or "68" in html
    for user in (stranger, None):
        html = page(client_of(user), "measurements", "?per_page=200")[1]
        assert "SN open" in html
        assert "SN ours" not in html
    assert "SN hidden" in page(client_of(boss), "measurements", "?per_page=200")[1]


@pytest.mark.parametrize("kind", ["photometry", "spectroscopy", "astrometry", "other"])
def test_each_kind_has_its_table(client_of, here, member, kind):
    status, html = page(client_of(member), "target-measurements-kind", target_pk=here["ours"].pk, kind=kind)
    assert status == 200
    said = {"photometry": "46.25", "spectroscopy": "FTN", "astrometry": "-1.0000000", "other": "&quot;flux_jy&quot;: 2.5"}[kind]
    assert said in html
    assert "SN open" not in html
    assert html.count("measurement") > 1
    assert page(client_of(None), "target-measurements-kind", target_pk=here["hidden"].pk, kind=kind)[0] == 302
    assert page(client_of(member), "target-measurements-kind", target_pk=here["hidden"].pk, kind=kind)[0] == 404
    assert page(client_of(member), "target-measurements-part", target_pk=here["ours"].pk, kind=kind)[0] == 200
    assert page(client_of(member), "target-measurements-part", target_pk=here["hidden"].pk, kind=kind)[0] == 404
    assert page(client_of(member), "measurements-kind", kind=kind)[0] == 200
    assert page(client_of(member), "measurements-kind", kind="nonsense")[0] == 404


def rows_of(answer):
    table = answer.context["table"]
    return [row.record for row in table.paginated_rows]


@pytest.mark.parametrize(
    ("query", "count"),
    [("?bandpass=g,i", 16), ("?detection=limits", 1), ("?detection=detections", 30), ("?telescope=tel+sn", 30), ("?brightness_min=40", 7),
     ("?timestamp_after=2024-03-29", 2), ("?source_name=Gaia", 0), ("?target_name=ours", 31), ("?target_name=hidden", 0), ("?query=ztf", 30),
     ("?data_product=7", 0), ("?added_before=2020-01-01", 0), ("?timestamp_after=soon", 0), ("?query=%00", 0)],
)  # fmt: skip
def test_filters(client_of, here, member, query, count):
    url = reverse("dataproducts:target-measurements-kind", kwargs={"target_pk": here["ours"].pk, "kind": "photometry"})
    answer = client_of(member).get(url + query)
    assert answer.status_code == 200
    assert len(rows_of(answer)) == count


def test_order_and_pages(client_of, here, member):
    url = reverse("dataproducts:target-measurements-kind", kwargs={"target_pk": here["ours"].pk, "kind": "photometry"})
    found = [row.brightness for row in rows_of(client_of(member).get(url + "?sort=-brightness&per_page=20"))]
    assert found[:3] == [46.25, 45.25, 44.25]
    assert len(found) == 20
    assert rows_of(client_of(member).get(url + "?sort=-brightness&per_page=20&page=2"))[-1].brightness is None


def test_a_list_of_targets_narrows(client_of, here, member):
    grouping = TargetList.objects.create(name="mine")
    grouping.targets.add(here["open"])
    assign_perm("tom_targets.view_targetlist", member, grouping)
    answer = client_of(member).get(reverse("dataproducts:measurements") + f"?targetlist={grouping.pk}&per_page=200")
    assert {row.target_id for row in rows_of(answer)} == {here["open"].pk}
    hidden = TargetList.objects.create(name="not mine")
    assert rows_of(client_of(member).get(reverse("dataproducts:measurements") + f"?targetlist={hidden.pk}")) == []


def test_a_file_has_what_the_filters_find_and_one_may_see(client_of, here, member, stranger):
    status, text = page(client_of(member), "measurement-export-kind", "?bandpass=g", kind="photometry")
    assert status == 200
    lines = text.splitlines()
    assert len(lines) == 31
    assert "SN hidden" not in text
    assert lines[0].startswith("id,target,timestamp,mjd,brightness,brightness_error,bandpass")
    assert "SN ours" not in page(client_of(stranger), "measurement-export")[1]
    assert page(client_of(stranger), "target-measurement-export", target_pk=here["ours"].pk)[0] == 404
    assert page(client_of(member), "measurement-export", "?as=docx") == (400, "Measurements are written as csv, ecsv, votable, fits, parquet, not as 'docx'.")
    assert page(client_of(member), "measurement-export", "?timestamp_after=soon")[0] == 400


def test_files_of_ticked_rows_and_of_chosen_targets(client_of, here, member):
    client = client_of(member)
    keys = list(ReducedDatum.objects.filter(target=here["ours"], bandpass="g").values_list("pk", flat=True)[:2])
    hidden = ReducedDatum.objects.filter(target=here["hidden"]).first().pk
    url = reverse("dataproducts:measurements-kind", kwargs={"kind": "photometry"})
    answer = client.post(url, {"bulk": "export-csv", "selected-row": [*keys, hidden]})
    assert len(b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in answer.streaming_content).splitlines()) == 3
    answer = client.post(reverse("targets:list"), {"bulk": "data-csv", "selected-target": [here["ours"].pk, here["hidden"].pk]})
    text = "".join(piece if isinstance(piece, str) else piece.decode() for piece in answer.streaming_content)
    assert len(text.splitlines()) == 35
    assert "SN open" not in text


def test_one_measurement_says_where_it_came_from(client_of, here, member, stranger, boss):
    datum = ReducedDatum.objects.filter(target=here["ours"], brightness=17.25).get()
    status, html = page(client_of(member), "measurement", pk=datum.pk)
    assert status == 200
    assert "17.25" in html
    assert "ZTF" in html
    assert "boss" in html
    assert "Edit" in html
    assert page(client_of(stranger), "measurement", pk=datum.pk)[0] == 404
    assert page(client_of(None), "measurement", pk=datum.pk)[0] == 302
    seen = ReducedDatum.objects.filter(target=here["open"]).first()
    assert "measurement-edit" not in page(client_of(stranger), "measurement", pk=seen.pk)[1]
    assert "boss" not in page(client_of(None), "measurement", pk=seen.pk)[1]


@pytest.mark.parametrize("verb", ["edit", "delete"])
def test_who_sees_but_may_not_change_is_refused(client_of, here, stranger, verb):
    seen = ReducedDatum.objects.filter(target=here["open"]).first()
    url = reverse(f"dataproducts:measurement-{verb}", args=[seen.pk])
    for method in ("get", "post"):
        assert getattr(client_of(stranger), method)(url).status_code == 403
        assert getattr(client_of(None), method)(url).status_code == 302
    assert ReducedDatum.objects.filter(pk=seen.pk).exists()


def values_of(form):
    return {name: value for name in form.fields if (value := form[name].value()) is not None}


def test_editing(client_of, here, member):
    client = client_of(member)
    for datum in ReducedDatum.objects.filter(target=here["ours"], timestamp=T0):
        url = reverse("dataproducts:measurement-edit", args=[datum.pk])
        sent = values_of(client.get(url).context["form"]) if client.get(url).context else {}
        before = datum.value, datum.timestamp
        assert client.post(url, sent).status_code == 302
        datum.refresh_from_db()
        assert (datum.value, datum.timestamp) == before  # nothing was changed
        answer = client.post(url, {**sent, "timestamp": "2024-03-01 04:05:07.25", "source_name": "us"})
        assert answer.status_code == 302, answer.content
        datum.refresh_from_db()
        assert datum.timestamp == T0 + dt.timedelta(seconds=1.25)
        assert datum.value == before[0]
        assert datum.source_name == "us"


def test_what_is_wrong_stands_at_its_field(client_of, here, member):
    client = client_of(member)
    datum = ReducedDatum.objects.filter(target=here["ours"], brightness=17.25).get()
    url = reverse("dataproducts:measurement-edit", args=[datum.pk])
    sent = values_of(client.get(url).context["form"])
    for wrong in ({"timestamp": "soon"}, {"brightness": "bright"}, {"brightness_error": "-1"}, {"extra": "{"}, {"extra": '{"magnitude": 3}'}):
        answer = client.post(url, {**sent, **wrong})
        assert answer.status_code == 200
        assert list(answer.context["form"].errors) == list(wrong)
    changed = client.post(url, {**sent, "brightness": "16.5", "extra": '{"airmass": 1.2}'})
    assert changed.status_code == 302
    datum.refresh_from_db()
    assert datum.value == {"airmass": 1.2, "magnitude": 16.5, "error": 0.02, "filter": "g", "telescope": "Tel SN ours"}


def test_deleting_one_and_all_that_match(client_of, here, member):
    client = client_of(member)
    datum = ReducedDatum.objects.filter(target=here["ours"], brightness=17.25).get()
    url = reverse("dataproducts:measurement-delete", args=[datum.pk])
    assert client.get(url).status_code == 200
    assert client.post(url).status_code == 302
    assert not ReducedDatum.objects.filter(pk=datum.pk).exists()
    before = ReducedDatum.objects.count()
    url = reverse("dataproducts:measurements")
    sent = {"bulk": "delete", "isSelectAll": "True", "query_string": "bandpass=g"}
    asked = client.post(url, sent)
    assert asked.status_code == 200
    assert ReducedDatum.objects.count() == before
    client.post(url, {**sent, "confirmed": "1"})
    assert not ReducedDatum.objects.filter(target=here["ours"], bandpass="g").exists()
    assert ReducedDatum.objects.filter(target=here["open"], bandpass="g").count() == 15
    assert ReducedDatum.objects.count() == before - 14


def test_rows_of_a_closed_product_are_not_there(client_of, here, member):
    product = DataProduct.objects.create(target=here["ours"], product_id="closed")
    closed = DataProductGroup.objects.create(name="closed")
    closed.user_groups.create(name="others")
    product.group.add(closed)
    ReducedDatum.objects.filter(target=here["ours"], bandpass="g").update(data_product=product)
    url = reverse("dataproducts:target-measurements-kind", kwargs={"target_pk": here["ours"].pk, "kind": "photometry"})
    assert len(rows_of(client_of(member).get(url))) == 16
    assert len(page(client_of(member), "target-measurement-export-kind", target_pk=here["ours"].pk, kind="photometry")[1].splitlines()) == 17


@pytest.mark.parametrize("name", ["measurements", "target", "part"])
def test_as_many_queries_for_many_rows_as_for_few(client_of, here, member, django_assert_max_num_queries, name):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of(member)
    kwargs = {"target_pk": here["ours"].pk, "kind": "photometry"}
    url = {
        "measurements": reverse("dataproducts:measurements"),
        "target": reverse("dataproducts:target-measurements-kind", kwargs=kwargs),
        "part": reverse("dataproducts:target-measurements-part", kwargs=kwargs),
    }[name]
    client.get(f"{url}?per_page=3")  # what a process asks once
    counts = []
    for size in (2, 25):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{url}?per_page={size}").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_the_part_in_the_page_of_a_target(client_of, here, member):
    client = client_of(member)
    url = reverse("dataproducts:target-measurements-part", kwargs={"target_pk": here["ours"].pk, "kind": "photometry"})
    html = client.get(url).content.decode()
    assert html.count('name="share-box"') == 25
    assert f'hx-get="{url}?page=2"' in html
    assert f'href="{url}?sort=brightness" hx-get="{url}?sort=brightness" hx-target="#measurements-photometry" hx-swap="outerHTML"' in html
    assert html.count('id="measurements-photometry"') == 1
    assert reverse("dataproducts:target-measurements-kind", kwargs={"target_pk": here["ours"].pk, "kind": "photometry"}) in html
    assert client.get(f"{url}?page=2&sort=brightness").content.decode().count('name="share-box"') == 6
    tab = client.get(reverse("targets:tab", args=[here["ours"].pk, "photometry"])).content.decode()
    assert f'hx-get="{url}"' in tab
