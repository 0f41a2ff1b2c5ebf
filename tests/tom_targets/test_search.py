"""The filters of the list of targets: what they find, what they say of nonsense, and where the search field leads."""

import datetime as dt

import numpy as np
import pytest
from django.urls import reverse

from tom_astro.healpix import in_polygon, ranges_to_moc_text
from tom_astro.sphere import separation_deg
from tom_targets import queries, search_terms
from tom_targets.filters import TargetFilterSet
from tom_targets.models import BaseTarget, TargetName

pytestmark = [pytest.mark.django_db, pytest.mark.database]
LIST = "/targets/"


def names(answer):
    return {target.name for target in answer.context["object_list"]}


@pytest.fixture
def field(make):
    """Targets around RA 0, at a pole, and Orion's nebula."""
    make("East", ra=0.5, dec=0.2, permissions="OPEN")
    make("West", ra=359.6, dec=-0.2, permissions="OPEN")
    make("Pole", ra=123.0, dec=89.9, permissions="OPEN")
    make("M42", ra=83.8221, dec=-5.3911, permissions="OPEN", names=["Orion Nebula"])
    make("Hidden", ra=83.8222, dec=-5.3912)


@pytest.mark.parametrize(("text", "found"), [
    ("0,0,1", {"East", "West"}), ("300 89.95 0.3", {"Pole"}), ("05:35:17.3 -05:23:28, 30'", {"M42"}), ("5h35m17.3s, -5d23m28s, 20 arcsec", {"M42"}),
    ("J053517.3-052328, 1'", {"M42"}), ("l=209.0137 b=-19.3816, 5'", {"M42"}), ("gal 209.0137, -19.3816, 0.1", {"M42"}),
    ("83.8221,-5.3911,0.01,J2016.0", {"M42"}), ("83.8221,-5.3911,0", {"M42"}), ("0,0,180", {"East", "West", "Pole", "M42"}),
])  # fmt: skip
def test_cones_in_any_notation(client, field, text, found):
    assert names(client.get(LIST, {"cone_search": text})) == found


@pytest.mark.parametrize(("name", "text", "says"), [
    ("cone_search", "1,2", "right ascension"), ("cone_search", "here", "is no cone"), ("cone_search", "10,95,1", "90"),
    ("cone_search", "10,20,-3", "is no radius"), ("cone_search", "10,20,1,J1600", "epoch"), ("cone_search", "10,20,5 parsec", "cone"),
    ("target_cone_search", "M42", "no name and radius"), ("target_cone_search", "M42,x", "is no radius"),
    ("target_cone_search", "Hidden,1", "No target has"), ("target_cone_search", "st,1", "Several targets"),
    ("polygon", "10 20", "corner"), ("polygon", "a b, c d, e f", "is no number"), ("polygon", "0 0, 120 0, 240 0", "does not fit"),
    ("polygon", "6/99999999", "do not exist"), ("polygon", '{"6": 1}', "MOC"), ("created_after", "yesterday", "valid"), ("type", "STAR", "valid choice"),
])  # fmt: skip
def test_nonsense_is_answered_beside_the_field_with_the_mend(client, field, name, text, says):
    answer = client.get(LIST, {name: text})
    assert (answer.status_code, names(answer)) == (200, set())
    errors = answer.context["filter"].form.errors
    assert says in str(errors.get(name) or errors.get("created"))
    part = client.get(LIST, {name: text}, headers={"HX-Request": "true"}).content.decode()
    assert says in part[part.index('id="table-problems"') :]
    assert "Hidden</" not in answer.content.decode()


def test_cone_around_a_target(client, field):
    assert names(client.get(LIST, {"target_cone_search": "M42, 30'"})) == {"M42"}
    assert names(client.get(LIST, {"target_cone_search": "orion,1"})) == {"M42"}


@pytest.mark.parametrize(("text", "found"), [
    ("359 -1, 1 -1, 1 1, 359 1", {"East", "West"}), ("359,-1,1,-1,1,1", {"East"}), ("0 89, 120 89, 240 89", {"Pole"}),
    ("05:34:00 -05:00:00; 05:37:00 -05:00:00; 05:37:00 -06:00:00; 05:34:00 -06:00:00", {"M42"}),
])  # fmt: skip
def test_polygons(client, field, text, found):
    assert names(client.get(LIST, {"polygon": text})) == found


def test_a_moc_as_a_region(client, field):
    from tom_astro.healpix import cone_ranges

    assert names(client.get(LIST, {"polygon": ranges_to_moc_text(cone_ranges(83.8, -5.4, 0.5, depth=1))})) == {"M42"}
    assert names(client.get(LIST, {"polygon": '{"0": [0,1,2,3,4,5,6,7,8,9,10,11]}'})) == {"East", "West", "Pole", "M42"}


@pytest.mark.parametrize("corners", [
    [(10, 10), (20, 10), (20, 20), (10, 20)], [(350, -10), (15, -12), (0, 15)], [(0, 80), (90, 82), (180, 78), (270, 85)],
    [(10, 10), (20, 20), (20, 10), (10, 20)], [(100, -89), (220, -88), (340, -89)], [(10, 10), (14, 10), (14, 14), (12, 11), (10, 14)],
])  # fmt: skip
def test_polygons_are_exact(corners):
    """Against the exact test of every position, for simple, crossing and concave ones, at the poles and across RA 0."""
    rng = np.random.default_rng(3)
    near = rng.integers(0, len(corners), 400)
    ra = (np.array(corners, float)[near, 0] + rng.normal(0, 6, 400)) % 360
    dec = np.clip(np.array(corners, float)[near, 1] + rng.normal(0, 5, 400), -90, 90)
    BaseTarget.objects.bulk_create(
        [BaseTarget(name=f"T{i}", type="SIDEREAL", ra=r, dec=d) for i, (r, d) in enumerate(zip(ra, dec, strict=True))]
    )
    inside = {f"T{i}" for i, yes in enumerate(in_polygon(ra, dec, corners)) if yes}
    assert set(queries.polygon(BaseTarget.objects.all(), corners).values_list("name", flat=True)) == inside
    assert 0 < len(inside) < 400


def test_cones_are_exact_at_a_pole_and_across_zero():
    rng = np.random.default_rng(4)
    ra, dec = rng.uniform(0, 360, 400), rng.uniform(85, 90, 400)
    BaseTarget.objects.bulk_create(
        [BaseTarget(name=f"T{i}", type="SIDEREAL", ra=r, dec=d) for i, (r, d) in enumerate(zip(ra, dec, strict=True))]
    )
    true = separation_deg(ra, dec, 0.0, 88.0)
    for radius in (0.5, 2.0, 4.0):
        found = set(queries.cone(BaseTarget.objects.all(), 0.0, 88.0, radius).values_list("name", flat=True))
        assert found == {f"T{i}" for i in range(400) if true[i] <= radius}


def test_dates_are_utc_and_open_at_either_end(client, make, settings):
    settings.TIME_ZONE = "America/Santiago"
    for name, hour in (("Early", 3), ("Late", 9)):
        target = make(name, permissions="OPEN")
        BaseTarget.objects.filter(pk=target.pk).update(created=dt.datetime(2026, 1, 2, hour, tzinfo=dt.UTC))
    assert names(client.get(LIST, {"created_after": "2026-01-02 06:00"})) == {"Late"}
    assert names(client.get(LIST, {"created_before": "2026-01-02T06:00:00Z"})) == {"Early"}
    assert names(client.get(LIST, {"created_before": "2026-01-02T06:00:00-04:00"})) == {"Early", "Late"}
    assert names(client.get(LIST, {"created_after": "2026-01-02"})) == {"Early", "Late"}
    assert names(client.get(LIST, {"modified_before": "2020-01-01"})) == set()
    assert {row["name"] for row in client.get("/api/targets/", {"created_after": "2026-01-02 06:00"}).json()["results"]} == {"Late"}


def test_who_may_see_it(client, make, boss):
    make("Open", permissions="OPEN")
    make("Private")
    client.force_login(boss)
    assert names(client.get(LIST, {"permissions": "PRIVATE"})) == {"Private"}


def test_many_names_at_once(client, field):
    assert names(client.get(LIST, {"name": "east, orion, hidden, nobody"})) == {"East", "M42"}
    assert names(client.get(LIST, {"name_fuzzy": "EAST,orion-nebula,m 42"})) == {"East", "M42"}
    answer = client.get(LIST, {"name": ",".join(f"n{i}" for i in range(101))})
    assert names(answer) == set()
    assert "more than the 100" in str(answer.context["filter"].form.errors["name"])


@pytest.mark.parametrize(("typed", "leads"), [
    ("M42", "M42"), ("m 42", "M42"), ("M-42", "M42"), ("nebula", "M42"), ("orion-NEBULA", "M42"), ("05:35:17.3 -05:23:28", "M42"),
    ("83.8221, -5.3911", "M42"), ("J053517.3-052328", "M42"),
    ("st", "?name=st"), ("Hidden", "?name=Hidden"), ("nobody", "?name=nobody"), ("10 20", "?cone_search=10.000000%2C+20.000000%2C+0.0167"),
])  # fmt: skip
def test_the_search_field_goes_straight_to_a_single_hit(client, field, typed, leads):
    where = client.get(client.get(reverse("name-search"), {"name": typed})["Location"])["Location"]
    expected = LIST + leads if leads.startswith("?") else reverse("targets:detail", args=[BaseTarget.objects.get(name=leads).pk])
    assert where == expected


def test_a_transient_is_offered_under_either_word(client, make):
    make("SN 2024abc", permissions="OPEN")
    for typed in ("AT2024", "at 2024abc", "SN20"):
        found = client.get(reverse("name-suggest"), {"name": typed}).json()["suggestions"]
        assert [one["label"] for one in found] == ["SN 2024abc"]
    assert client.get(reverse("name-suggest"), {"name": "AT"}).json()["suggestions"] == []


def test_hidden_names_push_nothing_out_of_the_suggestions(client, make, member):
    """What is offered does not depend on what is hidden, however much of it begins with the same letters."""
    last, alias = (
        make("Survey zz", permissions="PUBLIC"),
        make("elsewhere", names=["Survey zy", "Survey é", "Survey zz9"], permissions="PUBLIC"),
    )
    client.force_login(member)
    ask = lambda text: client.get(reverse("name-suggest"), {"name": text}).json()["suggestions"]  # noqa: E731
    before = {text: ask(text) for text in ("Sur", "survey", "survey-z", "Survey é")}
    assert [one["label"] for one in before["Sur"]] == [last.name, alias.name]
    assert [one["label"] for one in before["Survey é"]] == [alias.name]
    hidden = BaseTarget.objects.bulk_create(
        [BaseTarget(name=f"Survey {i:05d}", type="SIDEREAL", ra=1.0, dec=2.0, permissions="PRIVATE") for i in range(1200)]
    )
    owner = BaseTarget.objects.get(name=hidden[0].name)
    TargetName.objects.bulk_create([TargetName(target=owner, name=f"Survey a{i:05d}") for i in range(1200)])
    assert {text: ask(text) for text in before} == before


def test_one_target_of_many_aliases_is_offered_once(client, make):
    make("first", names=[f"Many {i}" for i in range(30)], permissions="OPEN")
    make("second", names=["Many x"], permissions="OPEN")
    found = client.get(reverse("name-suggest"), {"name": "many"}).json()["suggestions"]
    assert [one["label"] for one in found] == ["first", "second"]


def test_radius_units():
    assert search_terms.read_radius("90'") == 1.5
    assert search_terms.read_radius('36 "') == pytest.approx(0.01)
    assert search_terms.read_cone("10 20 5").radius_deg == 5.0


def test_a_method_of_the_filters_may_be_called_by_itself(make):
    make("here", permissions="OPEN")
    filters = TargetFilterSet({}, queryset=BaseTarget.objects.all())
    assert not filters.filter_cone_search(BaseTarget.objects.all(), "target_cone_search", "nobody,1").exists()
    assert filters.filter_cone_search(BaseTarget.objects.all(), "cone_search", "10,20,1").count() == 1


def test_code_without_a_request_searches_among_the_rows_that_it_gave(make):
    make("middle")
    make("near", ra=10.1)
    wanted = {"target_cone_search": "middle,1"}
    assert TargetFilterSet(wanted, queryset=BaseTarget.objects.all()).qs.count() == 2
    assert TargetFilterSet(wanted, queryset=BaseTarget.objects.filter(name="near")).qs.count() == 0
