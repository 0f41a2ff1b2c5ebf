import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from tests.settings import MIDDLEWARE

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tom_common.urls_for_kit")]


@pytest.fixture
def user(django_user_model):
    return django_user_model.objects.create_user("ada", "ada@example.org", "Long-pass-9!")


def goes_to_login(response, back):
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))
    from urllib.parse import parse_qs, urlsplit

    assert parse_qs(urlsplit(response["Location"]).query)["next"] == [back]


@pytest.mark.parametrize("page", ["refuses", "quiet", "hidden", "seen"])
def test_anonymous_is_sent_to_login_and_back_with_the_whole_query(client, page):
    goes_to_login(client.get(f"/kit/{page}/?a=1&b=x%20y"), f"/kit/{page}/?a=1&b=x%20y")


def test_whoever_is_logged_in_stays_and_is_told(client, user):
    client.force_login(user)
    response = client.get("/kit/refuses/")
    assert response.status_code == 403
    assert "Not yours." in response.content.decode()
    assert client.get("/kit/seen/").status_code == 403
    assert client.get("/kit/hidden/").status_code == 404


def test_hidden_and_missing_answer_alike(client, user):
    hidden = Group.objects.create(name="secret")
    for key in (hidden.pk, 10**9, 10**30):
        goes_to_login(client.get(f"/kit/group/{key}/"), f"/kit/group/{key}/")
    client.force_login(user)
    for key in (hidden.pk, 10**9, 10**30):
        assert client.get(f"/kit/group/{key}/").status_code == 404
    seen = Group.objects.create(name="open-1")
    assert client.get(f"/kit/group/{seen.pk}/").status_code == 403
    user.groups.add(hidden)
    assert client.get(f"/kit/group/{hidden.pk}/").content == b"secret"


def test_after_a_post_one_comes_back_to_the_page_it_came_from(client):
    response = client.post("/kit/refuses/", headers={"referer": "http://testserver/targets/1/?tab=x"})
    goes_to_login(response, "/targets/1/?tab=x")
    response = client.post("/kit/refuses/", headers={"referer": "http://evil.example/x"})
    goes_to_login(response, "/kit/refuses/")


def test_the_api_answers_for_itself(client, user):
    response = client.get("/api/kit/refuses/")
    assert response.status_code == 403 or response.status_code == 401
    assert response["Content-Type"].startswith(("application/json", "text/html"))
    assert "Location" not in response


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("conflict", 409, "It is there already."),
        ("invalid", 400, "Mend row 3."),
        ("not_allowed", 403, "Only its owner may."),
        ("service", 503, "no connection"),
    ],
)
def test_errors_of_the_toolkit_become_pages(client, user, kind, status, text):
    client.force_login(user)
    response = client.get(f"/kit/fails/?kind={kind}")
    assert response.status_code == status
    assert text in response.content.decode()


def test_a_failing_csrf_check_is_no_matter_of_login(user):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    assert client.post("/kit/refuses/").status_code == 403


def test_bad_credentials_become_a_message_on_the_home_page(client):
    response = client.get("/kit/credentials/")
    assert (response.status_code, response["Location"]) == (302, reverse("home"))
    from django.contrib.messages import get_messages

    assert any("LCO" in str(message) for message in get_messages(response.wsgi_request))


def test_a_redirect_of_an_htmx_request_moves_the_page(client):
    response = client.get("/kit/moves/", headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (200, "/")
    assert client.get("/kit/moves/").status_code == 302


def test_a_locked_tom_is_closed_but_for_login_and_open_urls(client, user, settings):
    settings.AUTH_STRATEGY = "LOCKED"
    goes_to_login(client.get("/users/?x=1"), "/users/?x=1")
    goes_to_login(client.post("/kit/moves/"), "/kit/moves/")
    assert client.get(reverse("login")).status_code == 200
    assert client.get("/robots.txt").status_code == 200
    assert client.get("/api/groups/").status_code == 401
    settings.OPEN_URLS = ["/kit/mo*"]
    assert client.get("/kit/moves/").status_code == 302
    assert client.get("/kit/moves/")["Location"] == "/"
    token = user.auth_token.key
    assert client.get("/api/groups/", headers={"Authorization": f"Token {token}"}).status_code == 200
    assert client.get("/api/groups/", headers={"Authorization": "Token wrong"}).status_code == 401
    client.force_login(user)
    assert client.get("/kit/moves/").status_code == 302


def asks_for_profile(request):
    return "user-profile"


asks_for_profile.message = "Fill in your profile."


def test_unmet_account_requirements_lead_there_and_back(client, user, settings):
    settings.TOM_ACCOUNT_REQUIREMENTS = [f"{__name__}.asks_for_profile"]
    client.force_login(user)
    response = client.get("/kit/moves/?a=1")
    assert response["Location"] == f"{reverse('user-profile')}?next=%2Fkit%2Fmoves%2F%3Fa%3D1"
    assert client.get("/robots.txt").status_code == 200
    response = client.get("/api/groups/")
    assert response.status_code == 403
    assert response.json() == {"detail": "Fill in your profile.", "code": "account_incomplete"}
    client.logout()
    assert client.get("/kit/moves/")["Location"] == "/"


def test_terms_of_service_as_a_requirement(client, user, settings):
    settings.TOM_TERMS_OF_SERVICE_VERSION = "2026"
    client.force_login(user)
    assert client.get("/kit/moves/")["Location"].startswith(reverse("terms-accept"))
    from tom_common.models import TermsOfServiceAcceptance

    TermsOfServiceAcceptance.objects.create(user=user, version="2026")
    assert client.get("/kit/moves/")["Location"] == "/"


def test_content_security_policy(client, settings):
    assert "tom_common.csp.ContentSecurityPolicyMiddleware" in MIDDLEWARE
    settings.TOM_HIPS_SERVERS = ["https://hips.example"]
    settings.TOM_CSP_ENFORCE = True
    policy = client.get("/robots.txt")["Content-Security-Policy"]
    parts = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert parts["default-src"] == "'self'"
    assert "'unsafe-inline'" not in parts["script-src"]
    assert "'unsafe-eval'" not in parts["script-src"].split()
    assert "https://hips.example" in parts["img-src"]
    assert "https://hips.example" in parts["connect-src"]
    settings.TOM_CSP_ENFORCE = False
    response = client.get("/robots.txt")
    assert "Content-Security-Policy" not in response
    assert "default-src 'self'" in response["Content-Security-Policy-Report-Only"]


def test_foreign_apps_make_the_policy_report_only(settings, monkeypatch):
    from tom_common import csp

    monkeypatch.setattr(csp, "OUR_APPS", csp.OUR_APPS | {"tests.plugins.dummy"})
    settings.TOM_CSP_ENFORCE = None
    assert csp.foreign_tom_apps() == []
    assert csp.is_enforced()
    monkeypatch.setattr(csp, "OUR_APPS", csp.OUR_APPS - {"tests.plugins.dummy"})
    assert csp.foreign_tom_apps() == ["tests.plugins.dummy"]
    assert not csp.is_enforced()
