"""Target selection: which targets of a list are up at an observatory, by name or best first, on pages and as CSV."""

import csv
import io
from datetime import UTC, datetime

import numpy as np
import pytest
from django.urls import reverse

from tom_astro.times import datetime_to_mjd
from tom_astro.visibility import Site, airmass, altaz, sun_altitude
from tom_targets.services import create_list
from tom_targets.visibility import many_positions, positions, rank, selection

pytestmark = pytest.mark.django_db

CTIO = Site("Cerro Tololo", -30.167331, -70.804661, 2198.0)
TEIDE = Site("Teide", 28.300308, -16.511703, 2330.0)
START = datetime(2024, 12, 15, 12, tzinfo=UTC)
URL = "/targets/targetselection/"


def test_rank_agrees_with_selection(make):
    rng = np.random.default_rng(4)
    targets = [make(f"t{i}", ra=float(rng.uniform(0, 360)), dec=float(rng.uniform(-90, 90))) for i in range(40)]
    ranked = rank(targets, [CTIO, TEIDE], START, step_min=10)
    rows = selection(targets, [CTIO, TEIDE], START)
    best = {}
    for row in rows:
        known = best.get(row["target"].pk)
        if known is None or row["minimum_airmass"] < known[0]:
            best[row["target"].pk] = (row["minimum_airmass"], row["site"])
    assert {t.pk for t, *_ in ranked} == set(best)
    assert [round(mass, 2) for _, mass, _, _ in ranked] == sorted(round(mass, 2) for _, mass, _, _ in ranked)
    for target, mass, hours, site in ranked:
        assert mass == pytest.approx(best[target.pk][0], abs=0.006)
        assert hours == pytest.approx(sum(r["duration_hours"] for r in rows if r["target"] == target), abs=0.11)
        assert site in ("Cerro Tololo", "Teide")


def test_selection_is_the_plain_computation(make):
    target = make("a", ra=88.79, dec=7.41)
    times = float(datetime_to_mjd(START)) + np.arange(0, 1441, 10) / 1440.0
    altitude = np.asarray(altaz(88.79, 7.41, times, CTIO).altitude_deg)
    mass = np.asarray(airmass(np.where(altitude > 0, altitude, np.nan)))
    up = (mass <= 2.0) & (np.asarray(sun_altitude(times, CTIO)) < -18.0)
    (row,) = selection([target], [CTIO], START)
    assert row["minimum_airmass"] == round(float(mass[up].min()), 2)
    assert (row["rise"] - START).total_seconds() == 600 * int(np.flatnonzero(up)[0])
    assert (row["set"] - START).total_seconds() == 600 * int(np.flatnonzero(up)[-1])
    assert row["duration_hours"] == round(float(up.sum()) / 6, 1)
    # The Moon stood at 5h40m +28 that night, a day after full; astropy: 21 degrees from there.
    assert row["moon_deg"] == pytest.approx(21, abs=8)


def test_many_places_at_once_are_those_of_each(make):
    still, fast = make("still"), make("fast", ra=269.452, dec=4.693, epoch=2000.0, pm_ra=-801.551, pm_dec=10362.394)
    nowhere = make("nowhere", ra=None, dec=None)
    ceres = make(
        "Ceres", type="NON_SIDEREAL", ra=None, dec=None, scheme="MPC_MINOR_PLANET", epoch_of_elements=60000.0, eccentricity=0.0788, inclination=10.586,
        lng_asc_node=80.26, arg_of_perihelion=73.47, mean_anomaly=17.2, semimajor_axis=2.767,
    )  # fmt: skip
    times = 60650.0 + np.arange(3) / 2.0
    kept, ra, dec = many_positions([still, nowhere, fast, ceres], times)
    assert kept == [still, fast, ceres]
    assert ra.shape == dec.shape == (3, 3)
    for row, target in enumerate(kept):
        theirs = positions(target, times)
        assert ra[row] == pytest.approx(theirs[0], abs=1e-5)
        assert dec[row] == pytest.approx(theirs[1], abs=1e-5)
    assert many_positions([still, fast], times)[1].shape == (2, 1)
    assert many_positions([nowhere], times)[0] == []


@pytest.fixture
def question(client, make, member, settings):
    settings.SELECTION_EXTRA_FIELDS = ["priority", "epoch"]
    mine = create_list(actor=member, name="mine")
    names = ["=low", *[f"t{i}" for i in range(7)]]
    for i, name in enumerate(names):
        mine.targets.add(make(name, ra=88.79, dec=-30.0 + 8 * i, permissions="PUBLIC", epoch=2000.0, extras={"priority": str(i)}))
    mine.targets.add(make("unseen one", ra=88.79, dec=-30.0))
    client.force_login(member)
    return {"target_list": mine.pk, "observatory": "Cerro Tololo", "window_start": "2024-12-15 12:00:00"}


def observatory(client, question):
    """An observatory that the form offers; plugins decide which."""
    form = client.get(URL).context["form"]
    names = [name for name, _ in form.fields["observatory"].choices]
    return {**question, "observatory": question["observatory"] if question["observatory"] in names else names[0]}


def test_pages_of_five_and_what_the_viewer_sees(client, question):
    question = observatory(client, question)
    page = client.get(URL, question)
    assert page.context["use_table"] is True
    assert page.context["targets_page"].paginator.per_page == 5
    assert page.context["targets_page"].paginator.count == 8
    assert page.context["table_columns"][-2:] == ["priority", "epoch"]
    assert [row["target"].name for row in page.context["target_visibilities"]][0] == "=low"
    assert page.context["target_visibilities"][0]["extra"] == ["0", 2000.0]
    assert "unseen one" not in page.content.decode()
    more = client.get(URL, {**question, "per_page": 20})
    assert len({row["target"].name for row in more.context["target_visibilities"]}) == 8
    assert client.get(URL, {**question, "per_page": "1000000"}).context["per_page"] == 5


def test_best_first(client, question):
    question = observatory(client, question)
    page = client.get(URL, {**question, "order": "best", "per_page": 20})
    first = {}
    for row in page.context["target_visibilities"]:
        first.setdefault(row["target"].name, row["minimum_airmass"])
    assert list(first.values()) == sorted(first.values())
    few = client.get(URL, {**question, "order": "best", "per_page": 20, "max_airmass": "1.05"})
    assert 0 < few.context["targets_page"].paginator.count < 8


def test_csv_has_every_row_and_no_formula(client, question):
    question = observatory(client, question)
    answer = client.get(URL, {**question, "format": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert rows[0][:2] == ["Target", "Site"]
    assert rows[0][-2:] == ["priority", "epoch"]
    assert {row[0] for row in rows[1:]} == {"'=low", *[f"t{i}" for i in range(7)]}
    assert rows[1][3].endswith("Z")
    wrong = client.get(URL, {**question, "window_start": "soon", "format": "csv"})
    assert wrong.status_code == 400
    assert "window_start" in wrong.content.decode()


def test_a_wrong_form_says_so(client, question):
    assert client.get(URL, {**question, "max_airmass": "0.2"}).context["form"].errors["max_airmass"]
    assert client.get(URL, {"target_list": 99}).status_code == 200
    assert client.post(URL, {}).context["form"].errors


def test_the_number_of_queries_does_not_grow(client, question, make, django_assert_max_num_queries):
    from tom_targets.models import TargetList

    question = {**observatory(client, question), "per_page": 100}
    client.get(URL, question)
    mine = TargetList.objects.get(pk=question["target_list"])
    for i in range(30):
        mine.targets.add(make(f"more{i}", ra=88.0, dec=-20.0, permissions="PUBLIC"))
    with django_assert_max_num_queries(20):
        assert client.get(URL, question).status_code == 200
    assert reverse("targets:target-selection") == URL


def test_the_next_page_of_a_form_that_posts(client, member, make):
    grouping = create_list(actor=member, name="up")
    grouping.targets.add(*(make(f"t{i}", ra=88.79 + i, dec=7.41, permissions="PUBLIC") for i in range(6)))
    client.force_login(member)
    page = client.get(URL, {"page": "2"})
    assert (page.context["use_table"], page.context["targets_page"]) == (False, None)
    asked = {"target_list": grouping.pk, "observatory": "LCO", "window_start": "2024-12-15 12:00:00"}
    assert client.post(URL, asked).context["targets_page"].paginator.count == 6
    page = client.get(URL, {"page": "2"})
    assert [target.name for target in page.context["targets_page"]] == ["t5"]
    assert page.context["use_table"]
    assert not client.get(URL).context["use_table"]
    client.post(URL, {**asked, "observatory": ""})  # what is not valid is not kept
    assert [target.name for target in client.get(URL, {"page": "2"}).context["targets_page"]] == ["t5"]
