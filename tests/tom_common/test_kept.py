"""What a process keeps of its pages: the same for everybody, never of one viewer, and made anew when a setting changes."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, RequestContext, Template, TemplateSyntaxError
from django.test import RequestFactory, override_settings
from django.urls import path, reverse, set_script_prefix

from tom_common.kept import address, address_of, kept
from tom_common.templatetags.tom_frame import NavPlace, nav_place


def nothing(request, **kwargs):
    raise AssertionError


urlpatterns = [
    path("a/<int:pk>/of/7/", nothing, name="seven"),
    path("a/<int:pk>/", nothing, name="one"),
    path("b/<slug:pk>/", nothing, name="home"),
]


def test_a_kept_part_is_made_once_for_each_set_of_values():
    made = []

    class Seen:
        def __str__(self):
            made.append(1)
            return "seen"

    template = Template("{% load tom_frame %}{% kept what=what %}<b>{{ what }}</b>{% endkept %}")
    first, second = Seen(), Seen()
    for _ in range(3):
        assert template.render(Context({"what": first})) == "<b>seen</b>"
    assert template.render(Context({"what": second})) == "<b>seen</b>"
    assert len(made) == 2
    with override_settings(TOM_NAME="Another"):
        template.render(Context({"what": first}))
    assert len(made) == 3
    with override_settings(DEBUG=True):
        template.render(Context({"what": first}))
        template.render(Context({"what": first}))
    assert len(made) == 5


def test_inside_nothing_is_seen_but_what_is_named():
    """Else the name of the first viewer would stand in everybody's page."""
    source = "{% load tom_frame %}{{ secret }}{% kept place=1 %}[{{ user }}{{ request }}{{ csrf_token }}{{ secret }}]{% endkept %}"
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    text = Template(source).render(RequestContext(request, {"secret": "s3cret"}))
    assert text == "s3cret[]"


def test_what_is_no_value_is_refused():
    with pytest.raises(TemplateSyntaxError, match="name=value"):
        Template("{% load tom_frame %}{% kept place %}{% endkept %}")


@pytest.mark.urls(__name__)
def test_addresses_are_those_of_reverse():
    for name in ("one", "seven"):
        for pk in (0, 7, 77, 12345678901):
            assert address_of(name, pk) == reverse(name, kwargs={"pk": pk})
    assert address_of("home", "a-slug") == "/b/a-slug/"
    assert address("home") == ""  # not without its argument
    set_script_prefix("/tom/")
    try:
        assert address_of("one", 3) == "/tom/a/3/"
    finally:
        set_script_prefix("/")
    assert address_of("one", 3) == "/a/3/"


def test_addresses_follow_the_urls_in_force():
    assert address("home") == "/"
    assert address("no-such-page") == ""


def test_a_function_is_asked_again_when_a_setting_changes():
    asked = []
    answer = kept(lambda: asked.append(1))
    answer()
    answer()
    assert len(asked) == 1
    with override_settings(TOM_NAME="Another"):
        answer()
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("path", "here", "below"),
    [
        ("/targets/", "/targets/", "/targets/"),
        ("/targets/12/", "", "/targets/"),
        ("/observations/12/", "", "/observations/list/"),
        ("/nowhere/", "", "/"),
    ],
)
def test_the_menus_know_where_the_page_is(path, here, below):
    place = nav_place(Context({"request": RequestFactory().get(path)}))
    assert isinstance(place, NavPlace)
    assert place.here == here
    assert below in place.below
    assert (path.startswith("/targets/")) is ("/targets/" in place.below)
