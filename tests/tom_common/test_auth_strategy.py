"""AUTH_STRATEGY and OPEN_URLS: one table over every address."""

from __future__ import annotations

import pytest
from django.urls import NoReverseMatch, get_script_prefix, resolve, reverse, set_script_prefix

from tests.projects.walk import addresses, one_of_each
from tests.safety.conftest import ask
from tom_common.middleware import AUTH_URL_NAMES

pytestmark = pytest.mark.django_db

# open to visitors also when the TOM is locked, besides what belongs to logging in
BESIDES = {"api-token-auth", "logout"}


@pytest.fixture
def urls():
    return list(addresses(one_of_each()))


def kind(answer) -> str:
    if answer.status_code == 302 and answer["Location"].startswith("/accounts/login/"):
        return "login"
    return "login" if answer.status_code == 401 else "answers"


def opened(name: str) -> bool:
    from tom_common.middleware import is_login_page

    if name in AUTH_URL_NAMES | BESIDES:
        return True
    try:
        return is_login_page(resolve(reverse(name)))
    except NoReverseMatch:
        return False


@pytest.mark.parametrize("method", ["get", "post", "head", "options"])
def test_a_locked_tom_shows_visitors_nothing(client, settings, urls, method):
    settings.AUTH_STRATEGY = "LOCKED"
    assert len(urls) > 100
    wrong = []
    for address in urls:
        answer = ask(client, address.url, method)
        if kind(answer) == "answers":
            if not opened(address.name):
                wrong.append((address.name, answer.status_code))
        elif address.url.startswith("/api/"):
            assert answer.status_code == 401, "a program is not sent to a page"
        elif not opened(address.name):  # those pages lead to the login by themselves
            assert answer.status_code == 302
            assert "next=" in answer["Location"], address.name
    assert not wrong


def test_what_is_not_there_says_nothing_either(client, settings):
    settings.AUTH_STRATEGY = "LOCKED"
    assert client.get("/nothing/here/")["Location"] == "/accounts/login/?next=/nothing/here/"
    assert client.get("/api/nothing/").status_code == 401


@pytest.mark.parametrize("name", ["login", "robots_txt", "terms-of-service", "favicon"])
def test_what_stays_open(client, settings, name):
    settings.AUTH_STRATEGY = "LOCKED"
    assert kind(client.get(reverse(name))) == "answers"


@pytest.mark.parametrize("who", ["stranger", "member", "boss"])
def test_who_is_logged_in_goes_about_as_ever(request, client_of, settings, urls, who):
    client = client_of(request.getfixturevalue(who))
    safe = [address for address in urls if not address.name.startswith(("alerts", "dataservices", "observations:create"))]
    sample = safe[:: max(1, len(safe) // 40)]
    before = [client.get(address.url).status_code for address in sample]
    settings.AUTH_STRATEGY = "LOCKED"
    assert [client.get(address.url).status_code for address in sample] == before


@pytest.mark.parametrize(
    ("pattern", "path", "is_open"),
    [
        ("/targets/*", "/targets/", True),
        ("/targets/*", "/targets/targetgrouping/", True),
        ("/targets/", "/targets/targetgrouping/", False),
        ("/targets/", "/targets/", True),
        ("*/targets/*", "/targets/", True),
        ("/t?rgets/", "/targets/", True),
        ("/[a-s]*/", "/targets/", False),
        ("targets/*", "/targets/", False),
        ("/TARGETS/", "/targets/", False),
        ("/api/targets/*", "/api/targets/", True),
        ("/", "/", True),
        ("/", "/targets/", False),
    ],
)
def test_open_urls(client, settings, pattern, path, is_open):
    settings.AUTH_STRATEGY = "LOCKED"
    settings.OPEN_URLS = [pattern]
    assert (kind(client.get(path)) == "answers") is is_open


def test_an_open_url_gives_no_more_than_a_visitor_may_see(client, settings):
    from tom_targets.models import Target

    settings.AUTH_STRATEGY = "LOCKED"
    settings.OPEN_URLS = ["/targets/*"]
    hidden = Target.objects.create(name="Hidden", type="SIDEREAL", ra=1.0, dec=2.0)
    shown = Target.objects.create(name="Shown", type="SIDEREAL", ra=1.0, dec=2.0, permissions="OPEN")
    assert kind(client.get(hidden.get_absolute_url())) == "login"
    assert client.get(shown.get_absolute_url()).status_code == 200
    assert kind(client.post(reverse("targets:create"), {"name": "x"})) == "login"


@pytest.mark.parametrize("pattern", ["/targets/*", "/tom/targets/*"])
def test_under_a_script_prefix(client, settings, pattern):
    settings.AUTH_STRATEGY = "LOCKED"
    settings.OPEN_URLS = [pattern]
    before = get_script_prefix()
    set_script_prefix("/tom/")
    try:
        assert client.get("/targets/", SCRIPT_NAME="/tom").status_code == 200
        assert client.get("/accounts/login/", SCRIPT_NAME="/tom").status_code == 200
        assert client.get("/observations/", SCRIPT_NAME="/tom")["Location"] == "/tom/accounts/login/?next=/tom/observations/"
        assert client.get("/api/targets/", SCRIPT_NAME="/tom").status_code == 401
    finally:
        set_script_prefix(before)


def test_read_only_lets_visitors_look_at_what_is_open(client, settings):
    settings.AUTH_STRATEGY = "READ_ONLY"
    assert client.get(reverse("targets:list")).status_code == 200
    assert kind(client.post(reverse("targets:create"), {})) == "login"
    assert client.get("/api/targets/").status_code == 200
    assert client.post("/api/targets/", {"name": "x"}).status_code == 401
