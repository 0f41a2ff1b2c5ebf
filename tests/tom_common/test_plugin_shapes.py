"""Every shape in which plugins declare what they offer, in both versions, and every way in which they break."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import path, reverse

from tests.tom_common.test_plugins import app, of_app  # noqa: F401 - a fixture
from tom_common import plugins
from tom_common.checks import check_plugins
from tom_common.plugins import all_problems, classes_named, examine, integration_items, known_problems, leaving_out_broken
from tom_streams.alertstream import AlertStream

HERE = __name__


class QuietStream(AlertStream):
    def open(self):
        return None


class NotAStream:
    pass


def hook(*args, **kwargs):
    return "called"


def problems_of(method):
    found = []
    list(integration_items(method, found))
    return found


@pytest.mark.parametrize(
    ("method", "given", "expected"),
    [
        ("nav_items", lambda: [{"partial": "a.html", "context": "x.y"}], [("a.html", "left")]),
        ("nav_items", lambda: [{"partial": "a.html", "position": "right"}], [("a.html", "right")]),
        ("nav_items", lambda: ["a.html", "b.html"], [("a.html", "left"), ("b.html", "left")]),
        ("nav_items", lambda: ("a.html",), [("a.html", "left")]),
        ("nav_items", lambda: {"partial": "a.html"}, [("a.html", "left")]),
        ("nav_items", lambda: iter(["a.html"]), [("a.html", "left")]),
        ("nav_items", lambda: None, []),
        ("nav_items", lambda: [], []),
        ("nav_items", ["a.html"], [("a.html", "left")]),  # a list where a method is expected
    ],
)
def test_nav_items_in_every_shape(app, method, given, expected):  # noqa: F811
    setattr(app, method, given)
    assert [(item["partial"], item["position"]) for item in of_app(method)] == expected


@pytest.mark.parametrize("method", ["target_detail_buttons", "target_detail_tabs", "profile_details", "user_lists", "dashboard"])
@pytest.mark.parametrize("given", [[{"partial": "a.html"}], ({"partial": "a.html", "context": "x.y"},), {"partial": "a.html"}, ["a.html"]])
def test_page_parts_in_every_shape(app, method, given):  # noqa: F811
    setattr(app, method, lambda: given)
    assert [item["partial"] for item in of_app(method)] == ["a.html"]


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("data_services", [{"class": "a.b.C"}]),
        ("data_services", ["a.b.C"]),
        ("observation_facilities", [{"class": "a.b.C"}]),
        ("observation_facilities", {"class": "a.b.C"}),
        ("harvester_classes", ["a.b.C"]),
        ("harvester_classes", ("a.b.C",)),
        ("harvester_classes", [{"class": "a.b.C"}]),
    ],
)
def test_lists_of_classes_in_every_shape(app, method, given):  # noqa: F811
    setattr(app, method, lambda: given)
    assert [item["class"] for item in of_app(method)] == ["a.b.C"]


def test_an_attribute_error_inside_a_property_is_told(app):  # noqa: F811
    type(app).nav_items = property(lambda self: self.no_such_attribute)
    (problem,) = problems_of("nav_items")
    assert "AttributeError" in problem.what
    assert "no_such_attribute" in problem.what


def test_what_is_not_a_url_pattern_is_told(app, client, db):  # noqa: F811
    app.include_url_paths = lambda: [path("x/", hook), "y/", ("z/", hook)]
    told = [problem.what for problem in all_problems() if problem.kind == "include_url_paths"]
    assert any("str" in what for what in told)
    assert any("tuple" in what for what in told)


def test_a_template_that_is_not_there_is_told_before_anybody_sees_it(app):  # noqa: F811
    app.profile_details = lambda: [{"partial": "nowhere/card.html"}]
    (message,) = [one for one in check_plugins() if "nowhere/card.html" in one.msg]
    assert message.id == "tom_common.W007"
    assert "templates/nowhere/card.html" in message.hint


def test_a_template_that_fails_while_a_page_is_made_is_left_out_and_told(app, client, db):  # noqa: F811
    app.nav_items = lambda: ["tom_targets/no_such_nav.html"]
    assert client.get(reverse("home")).status_code == 200
    assert any("no_such_nav.html" in problem.declared_in for problem in known_problems())


# --- settings ----------------------------------------------------------------------------------------------------------
BROKEN_SETTINGS = {
    "TOM_FACILITY_CLASSES": ["tom_observations.facilities.lco.LCOFacility", "no.such.Facility", f"{HERE}.NotAStream"],
    "TOM_ALERT_CLASSES": ["no.such.Broker", "tom_alerts.brokers.mars.MARSBroker"],
    "TOM_CADENCE_STRATEGIES": ["no.such.Strategy"],
    "INCLUDE_HARVESTER_CLASSES": ["no.such.Harvester"],
}


@pytest.mark.parametrize(
    "url", ["home", "observations:list", "observations:facility-status", "alerts:list", "targets:list", "tom_catalogs:query"]
)
def test_pages_stand_with_a_broken_class_in_the_settings(url, settings, client_of, boss, monkeypatch):
    monkeypatch.setattr(plugins, "_seen", {})
    for name, value in BROKEN_SETTINGS.items():
        setattr(settings, name, value)
    assert client_of(boss).get(reverse(url)).status_code == 200


def test_outside_a_page_a_broken_class_in_the_settings_raises_as_it_always_did():
    with pytest.raises(ImportError, match=r"no\.such\.Facility"):
        classes_named(BROKEN_SETTINGS["TOM_FACILITY_CLASSES"], setting="TOM_FACILITY_CLASSES")
    with leaving_out_broken():
        found = classes_named(BROKEN_SETTINGS["TOM_FACILITY_CLASSES"], setting="TOM_FACILITY_CLASSES")
    assert [cls.name for cls in found] == ["LCO"]


def test_streams_by_our_paths_and_by_published_ones(settings):
    handlers = {"TOPIC_HANDLERS": {"t": f"{HERE}.hook"}}
    settings.ALERT_STREAMS = [
        {"ACTIVE": True, "NAME": f"{HERE}.QuietStream", "OPTIONS": handlers},
        {
            "ACTIVE": False,
            "NAME": "tom_alertstreams.alertstreams.hopskotch.HopskotchAlertStream",
            "OPTIONS": {"PASSWORD": "hush-hush", **handlers},
        },
        {"NAME": f"{HERE}.NotAStream", "OPTIONS": handlers},
        {"NAME": "no.such.Stream"},
        {"OPTIONS": {"PASSWORD": "hush-hush"}},
    ]
    sound, problems = examine("stream")
    assert [item.path.rpartition(".")[2] for item, _ in sound] == ["QuietStream", "HopskotchAlertStream"]
    assert len(problems) == 3
    assert all(problem.mend for problem in problems)
    assert "hush-hush" not in repr(problems)


def test_single_target_services_hooks_and_search_functions(settings):
    settings.SINGLE_TARGET_DATA_SERVICES = {}
    settings.FORCED_PHOTOMETRY_SERVICES = {
        "ATLAS": {"class": "tom_dataproducts.single_target_data_service.atlas.AtlasForcedPhotometryService", "api_key": "hush-hush"},
        "OTHER": {"url": "https://a.b", "api_key": "hush-hush"},
    }
    sound, problems = examine("single-target data service")
    assert [item.label for item, _ in sound] == ["ATLAS"]
    assert [("OTHER" in problem.what, "'class'" in problem.mend) for problem in problems] == [(True, True)]
    settings.HOOKS = {"target_post_save": f"{HERE}.hook", "observation_change_state": None, "data_product_post_upload": "no.such.hook"}
    sound, problems = examine("hook")
    assert [item.label for item, _ in sound] == ["target_post_save"]
    assert len(problems) == 1
    settings.GENERAL_SEARCH_FUNCTIONS = {"tom_targets.BaseTarget": hook}
    assert [item.path for item, _ in examine("search function")[0]] == [f"{HERE}.hook"]
    assert "hush-hush" not in repr(problems)


def test_the_list_as_json_and_as_an_exit_code(app, settings):  # noqa: F811
    settings.HOOKS = {"target_post_save": f"{HERE}.hook", "other": "no.such.hook"}
    out = StringIO()
    call_command("tomplugins", json=True, kind="hook", stdout=out)
    good, bad = json.loads(out.getvalue())
    assert good == {
        "kind": "hook", "name": "target_post_save", "path": f"{HERE}.hook", "declared_in": "setting HOOKS", "state": "ok", "what": "", "mend": "",
    }  # fmt: skip
    assert (bad["state"], bad["declared_in"]) == ("broken", "setting HOOKS")
    assert bad["mend"]
    with pytest.raises(CommandError, match="1 broken"):
        call_command("tomplugins", kind="hook", strict=True, stdout=out)
    with pytest.raises(CommandError, match="no kind 'hok'"):
        call_command("tomplugins", kind="hok")


def test_the_page_of_plugins_is_for_superusers_and_says_what_to_do(settings, client_of, boss, member):
    settings.HOOKS = {"target_post_save": f"{HERE}.hook", "other": "no.such.hook"}
    url = reverse("plugin-list")
    assert client_of().get(url).status_code == 302
    assert client_of(member).get(url).status_code == 403
    page = client_of(boss).get(url).content.decode()
    for text in (
        "no.such.hook cannot be imported",
        "Correct the dotted path",
        f"{HERE}.hook",
        "target_post_save",
        "tom_observations.facilities.lco",
    ):
        assert text in page


def test_the_home_page_tells_superusers_of_broken_plugins(client_of, boss, member, monkeypatch):
    monkeypatch.setattr(plugins, "_seen", {})
    assert "Plugins left out" not in client_of(boss).get(reverse("home")).content.decode()
    plugins.report_part({"app": "some_app", "partial": "some/part.html"}, ValueError("wrong"))
    assert "ValueError: wrong" in client_of(boss).get(reverse("home")).content.decode()
    assert "Plugins left out" not in client_of(member).get(reverse("home")).content.decode()
