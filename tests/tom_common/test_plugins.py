import logging
from io import StringIO

import pytest
from django.apps import AppConfig, apps
from django.core.management import call_command

import tom_common
from tom_common import plugins
from tom_common.checks import check_plugins
from tom_common.plugins import PluginKind, examine, import_plugin, integration_items, part_context, plugin_classes, register_kind


class Base:
    name = None

    def fetch(self):
        raise NotImplementedError


class Good(Base):
    name = "Good"


class Nameless(Base):
    pass


class Stranger:
    name = "Duck"


def give_context(argument):
    return {"argument": argument}


def broken_context(argument):
    raise AttributeError("inner mistake")


HERE = __name__


class DummyConfig(AppConfig):
    name = "dummy"
    label = "dummy"
    verbose_name = "Dummy"
    path = "."


@pytest.fixture
def app(monkeypatch):
    """An installed app whose methods a test sets."""
    config = type("Dummy", (DummyConfig,), {})("dummy", tom_common)
    configs = [*apps.get_app_configs(), config]
    monkeypatch.setattr(plugins.apps, "get_app_configs", lambda: configs)
    monkeypatch.setattr(plugins, "_seen", {})
    return config


def of_app(method, problems=None):
    return [item for item in integration_items(method, problems) if not isinstance(item, dict) or item.get("app") == "dummy"]


def test_nav_items_in_new_and_old_shape(app):
    app.nav_items = lambda: ["old.html", {"partial": "new.html", "position": "right"}]
    assert of_app("nav_items") == [
        {"partial": "old.html", "position": "left", "app": "dummy"},
        {"partial": "new.html", "position": "right", "app": "dummy"},
    ]


def test_buttons_in_the_old_single_dict_shape(app):
    button = {"namespace": "dummy:go", "title": "Go", "class": "btn btn-primary", "text": "Go!"}
    app.target_detail_buttons = lambda: button
    (item,) = of_app("target_detail_buttons")
    assert item["old"] == button
    assert part_context(item, {"target": 1}) == {"button": button}


def test_tabs_without_label_get_the_apps_name(app):
    app.target_detail_tabs = lambda: [{"partial": "tab.html", "context": f"{HERE}.give_context"}]
    (item,) = of_app("target_detail_tabs")
    assert item["label"] == "Dummy"
    assert part_context(item, "page") == {"argument": "page"}


def test_none_and_missing_methods_are_fine(app):
    app.observation_facilities = lambda: None
    assert of_app("observation_facilities") == []
    assert of_app("dashboard") == []


def test_classes_by_path_or_object(app):
    app.data_services = lambda: [{"class": f"{HERE}.Good"}, {"class": Stranger}]
    app.harvester_classes = lambda: ["a.b.C"]
    assert [item["class"] for item in of_app("data_services")] == [f"{HERE}.Good", f"{HERE}.Stranger"]
    assert of_app("harvester_classes") == [{"class": "a.b.C", "app": "dummy"}]


def test_an_attribute_error_inside_a_method_is_reported_not_swallowed(app, caplog):
    def nav_items():
        return None.items  # a mistake of the plugin's author

    app.nav_items = nav_items
    problems = []
    with caplog.at_level(logging.ERROR):
        assert of_app("nav_items", problems) == []
    assert "AttributeError" in problems[0].what
    assert "nav_items()" in problems[0].declared_in
    assert "Traceback" in problems[0].trace
    assert "dummy" in caplog.text
    caplog.clear()
    of_app("nav_items")
    assert not caplog.records  # said once, not on every page
    assert any(message.id == "tom_common.W007" and "AttributeError" in message.msg for message in check_plugins())


@pytest.mark.parametrize("wrong", [5, [5], [{}], [{"partial": "x.html", "position": "top"}]])
def test_wrong_shapes_are_reported(app, wrong):
    app.nav_items = lambda: wrong
    problems = []
    assert of_app("nav_items", problems) == []
    assert len(problems) == 1


def test_contexts_that_fail_leave_the_part_out(app, caplog):
    assert part_context({"partial": "x.html"}, 1) == {}
    assert part_context({"partial": "x.html", "context": "no.such.path"}, 1) is None
    assert part_context({"partial": "x.html", "context": broken_context}, 1) is None
    assert "inner mistake" in caplog.text


@pytest.fixture
def kind(monkeypatch):
    monkeypatch.setattr(plugins, "_kinds", dict(plugins.kinds()))
    return register_kind(
        PluginKind("gadget", setting="GADGETS", method="gadgets", base=f"{HERE}.Base", required=("name", "fetch"), default=[f"{HERE}.Good"])
    )


def test_kind_from_default_setting_and_app(app, kind, settings):
    assert plugin_classes("gadget") == [Good]
    settings.GADGETS = []
    assert plugin_classes("gadget") == []
    settings.GADGETS = {"one": {"class": f"{HERE}.Good"}}
    app.gadgets = lambda: [f"{HERE}.Good", f"{HERE}.Stranger"]
    sound, problems = examine("gadget")
    assert [(item.label, cls) for item, cls in sound] == [("one", Good)]
    assert problems  # Stranger has no fetch and derives from nothing


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("no.such.Module", "cannot be imported"),
        (f"{HERE}.Nameless", "has no name"),
        (f"{HERE}.Stranger", "does not derive from"),
        (f"{HERE}.give_context", "is no class"),
        (None, "names no class"),
    ],
)
def test_broken_classes_are_left_out_and_reported(kind, settings, path, says):
    settings.GADGETS = [path, f"{HERE}.Good"]
    sound, problems = examine("gadget")
    assert [cls for _, cls in sound] == [Good]
    assert says in problems[0].what
    assert problems[0].mend
    assert any("gadget" in message.msg and message.hint for message in check_plugins())


def test_import_plugin():
    assert import_plugin(f"{HERE}.Good", base=Base) is Good
    assert import_plugin(f"{HERE}.Stranger", base=Base) is None
    assert import_plugin("nothing.at.all") is None


def test_tomplugins_lists_everything(app, kind, settings):
    settings.GADGETS = [f"{HERE}.Good", "no.such.Thing"]
    app.nav_items = lambda: ["dummy/nav.html"]
    out = StringIO()
    call_command("tomplugins", stdout=out)
    text = out.getvalue()
    assert f"ok      Good  {HERE}.Good  (setting GADGETS)" in text
    assert "broken  no.such.Thing cannot be imported" in text
    assert "nav_items  dummy/nav.html  (dummy)" in text
