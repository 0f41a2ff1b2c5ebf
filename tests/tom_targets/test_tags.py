"""The tag library as templates of others use it, and the parts of a target's page."""

import pytest
from django.template import Context, RequestContext, Template
from django.test import RequestFactory

from tom_targets.panels import finder
from tom_targets.services import create_list
from tom_targets.templatetags import targets_extras as tags
from tom_targets.templatetags.target_page import mollweide
from tom_targets.visibility import moon, plan, positions, selection, tonight

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def request_of(user, path="/"):
    request = RequestFactory().get(path)
    request.user = user
    return request


def render(text, user, **context):
    return Template("{% load targets_extras %}" + text).render(RequestContext(request_of(user), context))


def test_filters(make):
    assert tags.deg_to_sexigesimal(150.0, "hms") == "10:00:00.000"
    assert tags.deg_to_sexigesimal(-20.5, "dms") == "-20:30:00.00"
    assert tags.deg_to_sexigesimal(None, "hms") == ""
    assert tags.bold_sharing_source("<a>:b") == "<strong>&lt;a&gt;</strong>:b"
    target = make("a", extras={"k": "v"})
    assert tags.target_extra_field(target, "k") == "v"
    assert tags.target_extra_field(target, "x") is None


def test_recent_targets_are_the_viewers(make, member, visitor, boss):
    make("hidden")
    make("open", permissions="OPEN")
    for tag in (tags.recent_targets, tags.recently_updated_targets):
        assert [t.name for t in tag(Context({"request": request_of(visitor)}))["targets"]] == ["open"]
        assert len(tag(Context({"request": request_of(boss)}))["targets"]) == 2
    assert "hidden" not in render("{% recent_targets %}{% recently_updated_targets %}", member)


def test_contract_of_contexts(make, member, settings):
    settings.EXTRA_FIELDS = [{"name": "z", "type": "number"}, {"name": "h", "type": "string", "hidden": True}]
    target = make("<b>a</b>", permissions="PUBLIC", extras={"z": 1, "h": "x", "tag": "y"}, names=["n"])
    data = tags.target_data(target)
    assert data["extras"] == {"z": 1.0}
    assert data["target"] is target
    page = render("{% target_data t %}{% target_feature t %}{% target_unknown_statuses t %}{% target_groups t %}{% aladin_finderchart t %}", member, t=target)
    assert "<b>a</b>" not in page
    assert "&lt;b&gt;a&lt;/b&gt;" in page
    other = make("c")
    merged = tags.target_merge_fields(target, other)
    assert {"target1_data", "target2_data", "combined_target_data"} <= set(merged)
    sky = tags.aladin_skymap([target, {"name": "x", "ra": None, "dec": None}])
    assert [p["name"] for p in sky["targets"]] == ["<b>a</b>"]
    assert {"moon_ra", "moon_dec", "moon_illumination", "sun_ra", "sun_dec"} <= set(sky)
    assert "<b>a</b>" not in render("{% aladin_skymap ts %}{% target_distribution ts %}{% aladin_skymap_targets_oob ts %}", member, ts=[target])
    assert "targets_json" in tags.aladin_skymap_targets_oob([target])
    assert render("{% select_target_js %}", member)
    settings.TARGET_LIST_COLUMNS = ["name", "type", "z", "observations", "saved_data"]
    assert str(tags.target_table_row_tag(Context({"user": member}), target)[2]) == "1"
    assert 'name="selected-target"' in render("{% target_table ts True %}", member, ts=[target], empty_database=False, query_string="")


def test_plan_and_moon(make, member):
    target = make("a", ra=88.79, dec=7.41)
    context = Context({"request": request_of(member, "/?start_time=2024-12-15&end_time=2024-12-16&airmass=2"), "object": target})
    found = tags.target_plan(context)
    assert {"form", "target", "visibility_graph"} <= set(found)
    assert found["plan"]["time"]
    assert found["visibility_graph"]
    assert tags.target_plan(Context({"request": request_of(member), "object": target}))["visibility_graph"] == ""
    assert tags.target_plan(Context({"request": request_of(member), "object": target}), fast_render=True)["visibility_graph"]
    assert str(tags.moon_distance(target)["plot"]).startswith("<div")
    orbit = make("o", type="NON_SIDEREAL", ra=None, dec=None)
    assert tags.moon_distance(orbit)["plot"] is None


def test_numbers_of_visibility(make):
    from datetime import UTC, datetime

    from tom_astro.visibility import Site

    sites = [Site("Cerro Tololo", -30.167331, -70.804661, 2198.0), Site("Teide", 28.300308, -16.511703, 2330.0)]
    when = datetime(2024, 12, 15, 12, tzinfo=UTC)
    target = make("Betelgeuse", ra=88.7929, dec=7.4071)
    found = tonight(target, sites, when)
    assert len(found["time"]) == len(found["sites"][0]["altitude"]) == 145
    # On the meridian the zenith distance is latitude minus declination: 37.6 and 20.9 degrees.
    assert found["sites"][0]["best_airmass"] == pytest.approx(1.26, abs=0.01)
    assert found["sites"][1]["best_airmass"] == pytest.approx(1.07, abs=0.01)
    assert tonight(make("o", type="NON_SIDEREAL", ra=None, dec=None), sites, when) == {}
    rows = selection([target, make("southern", ra=0.0, dec=-89.0)], sites, when)
    assert {(r["target"].name, r["site"]) for r in rows} == {("Betelgeuse", "Cerro Tololo"), ("Betelgeuse", "Teide"), ("southern", "Cerro Tololo")}
    assert rows[0]["rise"] < rows[0]["time_of_minimum"] < rows[0]["set"]
    assert len(moon(target, when)["time"]) == 121
    assert plan(target, sites, when, datetime(2024, 12, 16, 12, tzinfo=UTC), 2.0)["sites"][0]["airmass"]


def test_proper_motion_moves_the_place(make):
    target = make("Barnard", ra=269.452, dec=4.693, epoch=2000.0, pm_ra=-801.551, pm_dec=10362.394)
    ra, dec = (float(axis[0]) for axis in positions(target, 51544.5 + 365.25 * 100))
    assert dec - 4.693 == pytest.approx(10362.394e-3 * 100 / 3600, rel=1e-3)
    assert ra < 269.452
    assert [axis.tolist() for axis in positions(make("b"), 60000.0)] == [[10.0], [20.0]]


def test_finder_shows_what_the_viewer_sees(make, member):
    target = make("a", ra=0.0, dec=10.0)
    make("east", ra=0.05, dec=10.0, permissions="PUBLIC")
    make("north", ra=359.99, dec=10.05, permissions="PUBLIC")
    make("hidden", ra=0.01, dec=10.0)
    points = {p["target"].name: p for p in finder(request_of(member), target)["neighbours"]}
    assert set(points) == {"east", "north"}
    assert points["east"]["x"] < 100 < points["north"]["x"]
    assert points["north"]["y"] < points["east"]["y"]


@pytest.mark.parametrize(("ra", "dec", "xy"), [(0, 0, (0, 0)), (90, 0, (-90, 0)), (270, 0, (90, 0)), (0, 90, (0, -90)), (123, -90, (0, 90))])
def test_map(ra, dec, xy):
    assert mollweide(ra, dec) == pytest.approx(xy, abs=0.01)


def test_groups_of_a_target(make, member, stranger):
    target = make("a", permissions="PUBLIC")
    mine = create_list(actor=member, name="the members' list")
    mine.targets.add(target, make("hidden"))
    found = tags.target_groups_tag(Context({"request": request_of(member)}), target)
    assert [(g.name, g.visible_targets) for g in found["groups"]] == [("the members' list", 1)]
    assert list(tags.target_groups_tag(Context({"request": request_of(stranger)}), target)["groups"]) == []


def test_tags_that_take_a_target_alone_are_functions_too(make, member):
    target = make("a", permissions="OPEN")
    create_list(actor=member, name="mine").targets.add(target)
    assert tags.target_feature(target) == {"target": target, "image": None}
    assert list(tags.target_groups(target)["groups"]) == []
    assert "a" in str(tags.target_table_row(target)[0])
    assert tags.target_plan(Context({"object": target}))["visibility_graph"] == ""
