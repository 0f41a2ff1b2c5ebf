"""What plots are made of: columns, thinning, conversions, periods, pictures, and who gets them."""

import base64
import datetime as dt
import io
import math

import numpy as np
import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.template import engines
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import assign_perm
from hypothesis import given, settings
from hypothesis import strategies as st

from tom_common.errors import InvalidInputError
from tom_dataproducts.models import DataProductGroup, ReducedDatum
from tom_dataproducts.plots import columns, formats, image, periods, thinning
from tom_dataproducts.plots.about import numbers_of
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data, store_product
from tom_targets.models import BaseTarget, TargetExtra

pytestmark = pytest.mark.django_db
T0 = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
MJD0 = 60370.0


@pytest.fixture
def target():
    return BaseTarget.objects.create(name="SN 2024abc", type="SIDEREAL", ra=10, dec=20, permissions="OPEN")


def point(days=0.0, brightness=18.0, *, error=0.1, band="r", telescope="ZTF", **more):
    return DatumRow(
        "photometry",
        T0 + dt.timedelta(days=days),
        brightness=brightness,
        brightness_error=error,
        bandpass=band,
        telescope=telescope,
        **more,
    )


def fill(target, rows):
    for start in range(0, len(rows), 5000):
        add_reduced_data(target=target, rows=rows[start : start + 5000])


def url(name, target, **query):
    return reverse(f"dataproducts:{name}", args=[target.pk], query=query)


# --- thinning


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(-1e6, 1e6)), min_size=1, max_size=400),
    st.integers(1, 30),
)
@settings(deadline=None)
def test_of_every_pixel_the_extremes_stay_exactly(points, bins):
    x, y = (np.array(column) for column in zip(*points, strict=True))
    kept = thinning.extremes(x, y, low=0.0, high=100.0, bins=bins)
    assert list(kept) == sorted(set(kept))
    assert len(kept) == len(x) or len(kept) <= 2 * bins
    part = np.clip((x / 100.0 * bins).astype(int), 0, bins - 1)
    for one in set(part):
        inside = y[part == one]
        stays = y[[k for k in kept if part[k] == one]]
        assert (stays.min(), stays.max()) == (inside.min(), inside.max())


def test_a_large_light_curve_is_thinned_and_refetched(client, target, settings):
    settings.TOM_PLOT_MAX_POINTS = 400
    rng = np.random.default_rng(2)
    rows = [point(k / 10, float(18 + rng.normal(0, 0.2)), band="gr"[k % 2]) for k in range(1500)]
    rows[700] = point(70.0, 12.5, band="g")  # one flare
    rows[901] = point(90.1, 23.0, band="r")
    rows += [
        DatumRow("photometry", T0 + dt.timedelta(days=k / 10), limit=21.0 + k % 7 / 10, bandpass="r", telescope="ZTF") for k in range(500)
    ]
    fill(target, rows)
    found = client.get(url("light-curve", target)).json()
    assert (found["total"], found["shown"] <= 400) == (2000, True)
    values = {one["label"]: one["y"] for one in found["series"]}
    assert (min(values["ZTF:g"]), max(values["ZTF:r"])) == (12.5, 23.0)
    zoomed = client.get(url("light-curve", target, **{"from": MJD0 + 65, "to": MJD0 + 75})).json()
    assert (zoomed["total"], zoomed["shown"]) == (101, 101)
    assert all(MJD0 + 65 <= mjd <= MJD0 + 75 for one in zoomed["series"] for mjd in one["mjd"])
    folded = client.get(url("light-curve", target, period=7, epoch=MJD0, **{"from": 0.2, "to": 0.3})).json()
    phases = [(mjd - MJD0) / 7 % 1 for one in folded["series"] for mjd in one["mjd"]]
    assert folded["total"] < 400
    assert phases
    assert all(0.2 <= phase <= 0.3 for phase in phases)


# --- columns


def test_columns_say_what_the_rows_say(client, target):
    product = store_product(target=target, filename="one.csv", content=b"x", data_product_type="photometry")
    rows = [
        point(0.5, 18.25, instrument="cam"),
        point(1.5, 17.75, error=None, band="g"),
        DatumRow("photometry", T0, limit=20.5, bandpass="r", telescope="ZTF"),
        DatumRow("photometry", T0, brightness=-3.5, brightness_error=1.0, bandpass="o", telescope="ATLAS", unit="uJy"),
    ]
    fill(target, rows)
    ReducedDatum.objects.filter(bandpass="g").update(data_product=product)
    found = client.get(url("light-curve", target)).json()
    by_label = {one["label"]: one for one in found["series"]}
    r, o, g = by_label["ZTF:r"], by_label["ATLAS:o"], by_label["ZTF:g"]
    assert (r["mjd"], r["y"], r["is_limit"], r["error"]) == ([MJD0, MJD0 + 0.5], [20.5, 18.25], [True, False], [None, 0.1])
    assert (o["kind"], o["unit"], o["y"], o["to_ujy"]) == ("flux", "uJy", [-3.5], 1.0)
    assert (g["error"], g["zero_point"], g["taken_as_ab"]) == ([None], pytest.approx(23.9, abs=1e-9), False)
    assert found["sources"][g["from"][0]] == {
        "telescope": "ZTF", "instrument": "", "source": "", "product": product.pk, "product_name": "one.csv",
    }  # fmt: skip
    assert found["sources"][r["from"][1]]["instrument"] == "cam"
    assert r["symbol"] == g["symbol"]
    assert r["symbol"] != o["symbol"]
    keys = set(ReducedDatum.objects.values_list("pk", flat=True))
    assert {key for one in found["series"] for key in one["id"]} == keys
    packed = client.get(url("light-curve", target, format="packed")).json()
    (same,) = [one for one in packed["series"] if one["label"] == "ZTF:r"]
    for name, kind in (("mjd", "<f8"), ("y", "<f8"), ("error", "<f8"), ("id", "<f8"), ("is_limit", "u1"), ("from", "<f8")):
        values = np.frombuffer(base64.b64decode(same[name]["base64"]), kind)
        np.testing.assert_array_equal(values, np.array([np.nan if v is None else v for v in r[name]], dtype=kind))


@pytest.mark.database
def test_times_are_exact_on_every_database(client, target):
    fill(target, [point(0.123456789), point(40.0), point(40.0, 19.0, band="g")])
    found = client.get(url("light-curve", target)).json()
    moments = sorted(mjd for one in found["series"] for mjd in one["mjd"])
    exact = (T0 + dt.timedelta(days=0.123456789) - T0) / dt.timedelta(days=1)
    assert moments == pytest.approx([MJD0 + exact, MJD0 + 40, MJD0 + 40], abs=1e-11)


def test_markers_follow_the_telescope_not_the_order():
    few = columns._stable_symbols(["ZTF", "ATLAS", "LCO"])
    assert columns._stable_symbols(["LCO", "ZTF", "ATLAS"]) == few
    assert len(set(columns._stable_symbols(list("abcdef")).values())) == 6


def test_zero_points_of_units():
    def zero(bandpass, telescope, unit):
        one = columns._describe(bandpass, telescope, "", unit)
        return one.zero_point, one.to_ujy, one.taken_as_ab

    assert zero("r", "ZTF", "AB mag")[0] == pytest.approx(23.9, abs=1e-9)
    assert zero("r", "ZTF", "") == (pytest.approx(23.9, abs=1e-9), None, False)
    # Vega 0 in V is 3636 Jy to a per cent (Bessell, Castelli & Plez 1998)
    assert 10 ** (0.4 * zero("V", "", "Vega")[0]) == pytest.approx(3636e6, rel=0.02)
    assert zero("strange", "", "mag") == (23.9, None, True)
    assert zero("r", "ZTF", "nJy")[:2] == (23.9, pytest.approx(1e-3))
    assert zero("r", "ZTF", "counts")[:2] == (None, None)


def test_numbers_of_a_target(target, settings):
    assert numbers_of(target) == {"redshift": None, "ebv": None, "distance_modulus": None, "distance_from": ""}
    TargetExtra.objects.create(target=target, key="Redshift", value="0.05")
    TargetExtra.objects.create(target=target, key="ebv", value="0.1")
    found = numbers_of(target)
    assert (found["redshift"], found["ebv"]) == (0.05, 0.1)
    assert found["distance_modulus"] == pytest.approx(36.81, abs=0.02)  # 229.7 Mpc in Planck 2018
    target.distance = 1000.0
    assert numbers_of(target)["distance_modulus"] == pytest.approx(10.0)


def test_formats(client, target):
    fill(
        target,
        [point(0.0, 18.0), point(1.0, 19.0, telescope="=cmd()"), DatumRow("photometry", T0, limit=21.0, bandpass="g", source_name="ZTF")],
    )
    text = client.get(url("light-curve", target, format="csv")).content.decode()
    assert text.splitlines()[0] == "id,mjd,band,brightness,error,limit,unit,telescope,instrument,source"
    assert "'=cmd()" in text
    pa = pytest.importorskip("pyarrow")
    table = pa.ipc.open_stream(client.get(url("light-curve", target, format="arrow")).content).read_all()
    assert table.column("mjd").to_pylist() == [MJD0, MJD0, MJD0 + 1]
    assert sorted(table.column("limit").to_pylist(), key=str) == [21.0, None, None]
    assert client.get(url("light-curve", target, format="xml")).status_code == 400


def test_arrow_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(InvalidInputError, match="pip install"):
        formats.as_arrow({"id": []})


@pytest.mark.parametrize("query", ["from=x", "period=0", "period=-1", "period=nan", "to=inf", "from=9&to=1", "format=x", "pixels=0"])
def test_bad_questions_are_told(client, target, query):
    answer = client.get(url("light-curve", target) + "?" + query)
    assert answer.status_code == 400
    assert query.split("=")[0] in answer.json()["detail"]


# --- the same again is not sent; what one may not see is not there


def test_unchanged_columns_are_not_sent_again(client, target):
    fill(target, [point(), point(1.0, 19.0)])
    for name in ("light-curve", "spectra", "light-curve-image"):
        first = client.get(url(name, target), headers={"Accept-Encoding": "gzip"})
        assert "Cookie" in first["Vary"] or "private" in first["Cache-Control"]
        again = client.get(url(name, target), headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    first = client.get(url("light-curve", target))
    datum = ReducedDatum.objects.filter(brightness=19.0).get()
    datum.brightness = 19.5
    datum.save()
    assert client.get(url("light-curve", target), headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_whatever_changes_what_is_shown_changes_the_tag(client, target, django_user_model):
    insiders = Group.objects.create(name="insiders")
    products = [store_product(target=target, filename=f"{name}.csv", content=name.encode(), data_product_type="photometry") for name in "ab"]
    fill(target, [point(), point(1.0, 19.0), point(2.0, 20.0)])
    first, second, third = ReducedDatum.objects.order_by("timestamp")
    for datum, product in ((first, products[0]), (second, products[1])):
        ReducedDatum.objects.filter(pk=datum.pk).update(data_product=product)
    viewer = django_user_model.objects.create_user("viewer")
    assign_perm("tom_dataproducts.view_reduceddatum", viewer, first)
    client.force_login(viewer)
    tags = [""]

    def changed(what):
        answer = client.get(url("light-curve", target), headers={"If-None-Match": tags[-1]})
        assert answer.status_code == 200, what
        tags.append(answer["ETag"])
        assert client.get(url("light-curve", target), headers={"If-None-Match": tags[-1]}).status_code == 304, what
        return answer.json()

    def change(pk, **fields):
        datum = ReducedDatum.objects.get(pk=pk)
        for name, content in fields.items():
            setattr(datum, name, content)
        datum.save()

    changed("nothing")
    change(third.pk, brightness_error=0.25)
    assert 0.25 in changed("an error bar")["series"][0]["error"]
    change(third.pk, limit=21.0, brightness=None, brightness_error=None)
    assert any(changed("a limit")["series"][0]["is_limit"])
    change(third.pk, instrument="SEDM")
    assert "SEDM" in {one["instrument"] for one in changed("an instrument")["sources"]}
    for datum, product in ((first, products[1]), (second, products[0])):
        ReducedDatum.objects.filter(pk=datum.pk).update(data_product=product)
    changed("two points that changed files")
    closed = DataProductGroup.objects.create(name="ours")
    closed.user_groups.add(insiders)
    closed.dataproduct_set.add(products[0])
    assert changed("a file in a closed group")["total"] == 2
    closed.dataproduct_set.add(products[1])  # of which the viewer has a right on the one point
    found = changed("the file of a point of one's own right in a closed group")
    assert (found["total"], {one["product_name"] for one in found["sources"]}) == (2, {""})
    viewer.groups.add(insiders)
    assert {one["product_name"] for one in changed("membership of the group")["sources"]} == {"", "a.csv", "b.csv"}
    products[0].data.name = products[0].data.name.replace("a.csv", "c.csv")
    products[0].save()
    assert "c.csv" in {one["product_name"] for one in changed("the name of a file")["sources"]}
    closed.dataproduct_set.remove(products[0])
    viewer.groups.remove(insiders)
    assert changed("membership taken, one file opened")["total"] == 3
    TargetExtra.objects.create(target=target, key="redshift", value="0.1")
    assert changed("the redshift")["redshift"] == 0.1
    BaseTarget.objects.filter(pk=target.pk).update(permissions="PRIVATE")
    assert client.get(url("light-curve", target)).status_code == 404


def test_large_answers_are_compressed(client, target):
    fill(target, [point(k / 10, 18.0 + k / 1000) for k in range(300)])
    answer = client.get(url("light-curve", target), headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.content) < len(client.get(url("light-curve", target)).content) / 2


def test_hidden_points_and_products_are_not_there(client, target, django_user_model):
    closed = DataProductGroup.objects.create(name="ours")
    closed.user_groups.add(Group.objects.create(name="insiders"))
    product = store_product(target=target, filename="secret.csv", content=b"x", data_product_type="photometry")
    closed.dataproduct_set.add(product)
    fill(target, [point(k, 18.0 + k / 100) for k in range(10)])
    datum = ReducedDatum.objects.filter(brightness=18.05).get()
    ReducedDatum.objects.filter(pk=datum.pk).update(data_product=product)
    before = client.get(url("light-curve", target))
    assert before.json()["total"] == 9
    assert b"secret" not in before.content
    stranger = django_user_model.objects.create_user("stranger")
    assign_perm("tom_dataproducts.view_reduceddatum", stranger, datum)
    client.force_login(stranger)
    found = client.get(url("light-curve", target)).json()
    assert found["total"] == 10  # the right on this one datum
    assert all(one["product"] is None and one["product_name"] == "" for one in found["sources"])
    insider = django_user_model.objects.create_user("insider")
    insider.groups.add(Group.objects.get(name="insiders"))
    client.force_login(insider)
    assert "secret.csv" in {one["product_name"] for one in client.get(url("light-curve", target)).json()["sources"]}


@pytest.mark.parametrize("name", ["light-curve", "spectra", "light-curve-image", "periodogram"])
def test_a_fixed_number_of_queries(client, target, member, name):
    client.force_login(member)
    counts = []
    for count in (20, 200):
        rows = [point(k + count * 10, 18 + k % 7 / 10, telescope=f"T{k % (count // 10)}") for k in range(count)]
        rows += [
            DatumRow("spectroscopy", T0 + dt.timedelta(days=k + count), wavelength=[4e3, 5e3], flux=[1.0, 2.0 + k])
            for k in range(count // 10)
        ]
        fill(target, rows)
        for number in range(count // 10):
            product = store_product(target=target, filename=f"{count}-{number}.csv", content=b"x", data_product_type="photometry")
            ReducedDatum.objects.filter(target=target, telescope=f"T{number}").update(data_product=product)
        client.get(url(name, target))
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url(name, target)).status_code == 200
        counts.append(len(captured))
    assert counts[1] <= counts[0] <= 18


# --- spectra


def test_spectra_in_one_unit_and_order(client, target):
    rows = [
        DatumRow("spectroscopy", T0, wavelength=[500.0, 400.0, 600.0], flux=[2.0, 1.0, float("nan")], wavelength_unit="nm"),
        DatumRow("spectroscopy", T0 + dt.timedelta(days=1), wavelength=[4000.0, 5000.0], flux=[1.0, 2.0], telescope="NTT"),
    ]
    add_reduced_data(target=target, rows=rows)
    found = client.get(url("spectra", target)).json()["spectra"]
    assert [one["name"] for one in found] == ["NTT 2024-03-02 00:00", "2024-03-01 00:00"]
    assert (found[1]["wavelength"], found[1]["flux"], found[1]["wavelength_unit"]) == (
        [4000.0, 5000.0, 6000.0],
        [1.0, 2.0, None],
        "Angstrom",
    )
    one = client.get(url("spectra", target, ids=found[0]["id"], format="packed")).json()["spectra"]
    assert [s["id"] for s in one] == [found[0]["id"]]
    assert np.frombuffer(base64.b64decode(one[0]["flux"]["base64"]), "<f8").tolist() == [1.0, 2.0]
    assert client.get(url("spectra", target, ids="1;2")).status_code == 400
    assert client.get(url("spectra", target, ids="")).json()["spectra"] == []


def test_a_long_spectrum_keeps_its_lines(client, target, settings):
    settings.TOM_PLOT_MAX_POINTS = 2000
    wavelength = np.linspace(3000, 9000, 50_000)
    flux = np.ones(50_000)
    flux[31_234] = 40.0
    add_reduced_data(target=target, rows=[DatumRow("spectroscopy", T0, wavelength=wavelength.tolist(), flux=flux.tolist())])
    (one,) = client.get(url("spectra", target)).json()["spectra"]
    assert (one["total"], len(one["flux"]) <= 2000, max(one["flux"])) == (50_000, True, 40.0)
    assert one["wavelength"][one["flux"].index(40.0)] == wavelength[31_234]


# --- periods


def variable(period, count=150, seed=3, amplitude=0.4):
    rng = np.random.default_rng(seed)
    time = np.sort(rng.uniform(0, 300, count))
    return [
        point(float(t), float(18 + amplitude * math.sin(2 * math.pi * t / period) + rng.normal(0, 0.05)), error=0.05, band="gr"[k % 2])
        for k, t in enumerate(time)
    ]


def test_the_period_that_was_put_in_is_found(client, target):
    fill(target, variable(3.21789))
    for series in ("ZTF:g", "all"):
        found = client.get(url("periodogram", target, series=series, shortest=0.3)).json()
        best = found["peaks"][0]
        assert best["period"] == pytest.approx(3.21789, rel=1e-3)
        assert best["false_alarm_probability"] < 1e-6
        assert max(found["power"]) == pytest.approx(best["power"], abs=0.02)
        assert [one["power"] for one in found["levels"]] == sorted(one["power"] for one in found["levels"])
        assert len(found["period"]) <= periods.DRAWN + 2
    assert {one["label"] for one in found["choices"]} == {"ZTF:g", "ZTF:r"}


def test_evenly_spaced_times_can_be_searched(client, target):
    fill(target, [point(6.0 * k, 17 + k / 10) for k in range(10)])
    found = client.get(url("periodogram", target)).json()
    assert all(0 <= power <= 1 for power in found["power"])
    assert found["peaks"]


def test_noise_has_no_period(client, target):
    fill(target, variable(3.2, amplitude=0.0))
    found = client.get(url("periodogram", target, shortest=0.5)).json()
    assert found["peaks"][0]["false_alarm_probability"] > 0.01


def test_a_search_is_bounded(target):
    rng = np.random.default_rng(1)
    curve = columns.LightCurve(total=30_000)
    one = columns._describe("r", "ZTF", "", "")
    one.mjd = np.sort(rng.uniform(50000, 60000, 30_000))
    one.y, one.error = rng.normal(18, 1, 30_000), np.full(30_000, 0.1)
    one.is_limit, one.id, one.origin = np.zeros(30_000, bool), np.arange(30_000), np.zeros(30_000, int)
    curve.series = [one]
    found = periods.periodogram(curve, shortest=1e-9)
    assert (found["frequencies"], found["points"], found["points_in_all"]) == (periods.MOST_FREQUENCIES, periods.MOST_POINTS, 30_000)
    assert found["shortest"] > 0.2


def test_what_cannot_be_searched_is_told(client, target):
    answer = client.get(url("periodogram", target))
    assert (answer.status_code, "8 detections" in answer.json()["detail"]) == (400, True)
    fill(target, variable(2.0, count=40))
    assert client.get(url("periodogram", target, series="nothing")).status_code == 400
    assert client.get(url("periodogram", target, shortest=5, longest=2)).status_code == 400


# --- pictures


def opened(png):
    from PIL import Image

    return Image.open(io.BytesIO(png))


def test_a_picture_for_where_no_script_runs(client, target):
    empty = client.get(url("light-curve-image", target))
    assert (empty["Content-Type"], opened(empty.content).size) == ("image/png", (720, 420))
    fill(target, [point(k, 18 + k / 10) for k in range(9)] + [DatumRow("photometry", T0, limit=20.0, bandpass="g", telescope="LT")])
    drawn = opened(client.get(url("light-curve-image", target)).content).convert("RGB")
    assert drawn.size == (720, 420)
    assert len(drawn.getcolors(100_000)) > 50
    # magnitudes grow downwards: the bright first point stands above the faint last one
    brown = [
        (x, y)
        for x in range(70, 700)
        for y in range(40, 340)
        if abs(drawn.getpixel((x, y))[0] - 0x99) < 12 and drawn.getpixel((x, y))[2] < 20
    ]
    assert min(brown)[1] < max(brown)[1]


@pytest.mark.parametrize(
    "rows",
    [
        [("r", None, 20.0, "")],
        [("r", None, 20.0, ""), ("g", None, 19.0, "")],
        [("r", 0.0, None, "")],
        [("r", -5.0, None, "uJy"), ("r", 0.0, None, "uJy"), ("", 3.0, None, "uJy")],
        [("r", float("nan"), None, ""), ("r", 18.0, None, "")],
        [("r", 18.0, None, ""), ("r", 30.0, None, "uJy")],
        [("r", 18.0, 19.0, "")],
    ],
)
def test_sparkline_of_anything(rows):
    now = timezone.now()
    points = [(now - dt.timedelta(days=k), *row) for k, row in enumerate(rows)]
    picture = opened(image.sparkline_png(points, height=24, spacing=4, days=10, colours={"r": (200, 0, 0), "g": "no colour"}))
    assert picture.size == (44, 24)
    assert picture.getbbox() is not None  # something is drawn


def test_sparkline_of_nothing_and_its_ways():
    assert image.sparkline_png([], height=20) is None
    now = timezone.now()
    bright, faint = (now, "r", 15.0, None, ""), (now - dt.timedelta(days=5), "r", 20.0, None, "")
    picture = opened(image.sparkline_png([faint, bright], height=30, colours={"r": "#ff0000"}))
    columns_ = [(x, y) for x in range(picture.width) for y in range(30) if picture.getpixel((x, y))[3]]
    assert max(columns_)[1] < min(columns_)[1]  # the newer is brighter: higher up


def test_tags_give_their_context(target, rf, django_user_model):
    from tom_dataproducts.templatetags import dataproduct_extras as tags

    now = timezone.now()
    rows = [
        DatumRow("photometry", now, brightness=17.5, brightness_error=0.1, bandpass="r", telescope="ZTF"),
        DatumRow("photometry", now - dt.timedelta(days=1), limit=20.5, bandpass="g", telescope="ZTF"),
        DatumRow("spectroscopy", now, wavelength=[4000.0, 5000.0], flux=[1.0, 2.0]),
    ]
    add_reduced_data(target=target, rows=rows)
    request = rf.get("/")
    request.user = django_user_model.objects.create_user("someone")
    context = {"request": request, "user": request.user}
    target.distance = 1e6
    plot = tags.photometry_for_target(context, target, width=300, height=200, background="white", label_color="black", grid=False)
    assert plot["target"] is target
    figure = json_of(plot["plot"])
    names = {trace.get("name") for trace in figure["data"]}
    assert {"ZTF:r", "ZTF:g non-detection"} <= names
    (red,) = [trace for trace in figure["data"] if trace.get("name") == "ZTF:r"]
    assert (red["marker"]["color"], red["y"], red["x"][0][:10]) == ("red", [17.5], f"{now:%Y-%m-%d}")
    assert (figure["layout"]["width"], figure["layout"]["yaxis"]["showgrid"]) == (300, False)
    first, second = figure["layout"]["yaxis"]["range"], figure["layout"]["yaxis2"]["range"]
    assert [a - b for a, b in zip(first, second, strict=True)] == pytest.approx([25.0, 25.0])
    assert "<script>" not in plot["plot"]
    assert json_of(tags.spectroscopy_for_target(context, target)["plot"])["data"][0]["x"] == [4000.0, 5000.0]
    (newest, limit) = tags.recent_photometry_tag(context, target, limit=2)["data"]
    assert (newest["magnitude"], newest["limit"], limit["magnitude"], limit["limit"]) == (17.5, False, 20.5, True)
    assert tags.reduceddatum_sparkline_tag(context, target, height=20)["sparkline"].startswith("data:image/png;base64,")
    keys = {"data", "target", "target_data_share_form", "sharing_destinations", "target_share", "hermes_sharing"}
    table = tags.get_photometry_data(context, target)
    assert keys <= table.keys()
    assert {"id", "timestamp", "source", "filter", "telescope", "magnitude", "limit", "error"} <= table["data"][0].keys()
    listed = tags.dataproduct_list_for_target(context, target)
    assert {"products", "target", "sharing_destinations", "data_product_share_form"} <= listed.keys()
    assert tags.query_single_target_data_service(target).keys() >= {"single_target_data_services", "target", "data_service_types"}


def json_of(html):
    import json
    import re

    return json.loads(re.search(r'<script id="[^"]+" type="application/json">(.*?)</script>', html, re.S)[1])


def test_a_plot_of_a_plugin_as_documented(target, rf, django_user_model):
    """The example in docs/plots.md runs as it stands there."""
    import re
    import sys
    import types
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs" / "plots.md").read_text()
    code = re.search(r"```python\n# myplugin/plots.py\n(.*?)```", text, re.S)[1]
    template = re.search(r"```html\n<!-- myplugin/templates/myplugin/colour.html -->\n(.*?)```", text, re.S)[1]
    module = types.ModuleType("myplugin_of_docs")
    exec(compile(code, "docs/plots.md", "exec"), module.__dict__)  # noqa: S102  (our own documentation)
    sys.modules.pop("myplugin_of_docs", None)
    fill(target, [point(k, 18 + k / 10, band=band) for k in range(5) for band in "gr"])
    request = rf.get("/")
    request.user = django_user_model.objects.create_user("someone")
    context = {"target": target, "request": request}
    found = module.colour(context)
    html = engines["django"].from_string(template).render(context | found, request)
    assert json_of(html)["data"][0]["y"] == pytest.approx([0.0] * 5)
