import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory

from tom_common import panels
from tom_common.panels import Panel, get_panel, panels_for, register_panel, register_tab, render_panel, tabs_for


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    monkeypatch.setattr(panels, "_tabs", {})
    monkeypatch.setattr(panels, "_panels", {})


@pytest.fixture
def request_():
    return RequestFactory().get("/")


def test_order_visibility_and_replacement(request_):
    register_tab("page", Panel("b", "B", "x.html", order=2))
    register_tab("page", Panel("a", "A", "x.html", order=1))
    register_tab("page", Panel("hidden", "H", "x.html", visible=lambda request, obj: False))
    register_tab("page", Panel("b", "B again", "x.html", order=2))
    assert [panel.label for panel in tabs_for("page", request_)] == ["A", "B again"]
    assert panels_for("page", request_) == []


def test_a_broken_panel_does_not_take_the_page(request_, caplog):
    register_panel("page", Panel("bad", "Bad one", "x.html", context=lambda request, obj: 1 / 0))
    register_panel("page", Panel("worse", "Worse", "x.html", visible=lambda request, obj: 1 / 0))
    assert [panel.slug for panel in panels_for("page", request_)] == ["bad"]
    assert "could not be shown" in render_panel(get_panel("page", "bad", request_), request_)


def test_a_panel_with_nothing_to_show_is_empty(request_):
    assert render_panel(Panel("none", "None", "x.html", context=lambda request, obj: None), request_) == ""


def test_what_a_panel_shows(request_):
    panel = Panel("empty", "E", "tom_common/ui/empty_state.html", context=lambda request, obj: {"title": f"About {obj}"})
    assert "About it" in render_panel(panel, request_, "it")


def test_slugs_are_checked():
    with pytest.raises(ImproperlyConfigured):
        Panel("Not a slug", "x", "x.html")
