"""Logging in with an account at an OpenID Connect provider, under each strategy of registration."""

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.projects.accounts_on.oidc_provider import OIDCProvider
from tom_common.models import SecurityEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings):
    provider = OIDCProvider()
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "inst",
                    "name": "Institute",
                    "client_id": "tom",
                    "secret": "not-a-secret",
                    "settings": {"server_url": provider.url},
                }
            ]
        }
    }
    yield provider
    provider.close()


def at_the_provider(address):
    """Where the provider sends the browser back to."""
    answer = requests.get(address, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    return answer.headers["Location"]


def way_out(client, **data):
    page = client.post(reverse("openid_connect_login", args=["inst"]), data)
    assert page.status_code == 200
    return page.context["redirect_to"]


def log_in(client, **data):
    back = at_the_provider(way_out(client, **data))
    assert back.startswith("http://testserver/accounts/oidc/inst/login/callback/")
    return client.get(back.removeprefix("http://testserver"))


def logged_in(client):
    return client.session.get("_auth_user_id")


def link(user, **kwargs):
    return SocialAccount.objects.create(user=user, provider="inst", uid="1234", **kwargs)


def test_the_login_page_offers_the_provider_by_post(client, provider):
    page = client.get("/accounts/login/?next=/targets/").content.decode()
    assert "Log in with Institute" in page
    assert 'action="/accounts/oidc/inst/login/' in page
    assert client.get(reverse("openid_connect_login", args=["inst"])).status_code == 200, "GET asks, and does not lead away"


def test_registration_closed_lets_only_linked_accounts_in(client, provider):
    answer = log_in(client)
    assert "Registration is closed" in answer.content.decode()
    assert not User.objects.filter(username="ada").exists()
    ada = User.objects.create_user("ada", "other@example.org")
    link(ada)
    assert log_in(client, next="/targets/")["Location"] == "/targets/"
    assert logged_in(client) == str(ada.pk)
    event = SecurityEvent.objects.filter(kind="login").get()
    assert (event.user, event.detail) == (ada, "inst")


def test_next_leads_only_to_this_site(client, provider):
    link(User.objects.create_user("ada"))
    assert log_in(client, next="https://evil.example/")["Location"] == "/"


def test_open_registration_makes_an_account(client, provider, settings):
    settings.TOM_REGISTRATION_STRATEGY = "open"
    log_in(client)
    user = User.objects.get(username="ada")
    assert (user.email, user.first_name, user.is_active, user.has_usable_password()) == ("ada@example.org", "Ada", True, False)
    assert not user.is_superuser
    assert not user.is_staff
    assert logged_in(client) == str(user.pk)
    other = Client()
    log_in(other)
    assert logged_in(other) == str(user.pk)
    assert User.objects.filter(email="ada@example.org").count() == 1


def test_registration_with_approval_waits(client, provider, settings, django_capture_on_commit_callbacks):
    settings.TOM_REGISTRATION_STRATEGY = "approval_required"
    User.objects.create_superuser("boss", "boss@example.org")
    with django_capture_on_commit_callbacks(execute=True):
        answer = log_in(client)
    assert answer["Location"] == reverse("account_inactive")
    user = User.objects.get(username="ada")
    assert not user.is_active
    assert logged_in(client) is None
    assert [message.to for message in mail.outbox] == [["boss@example.org"]]
    assert log_in(client)["Location"] == reverse("account_inactive")
    user.is_active = True
    user.save()
    log_in(client)
    assert logged_in(client) == str(user.pk)


@pytest.mark.parametrize("strategy", [None, "open", "approval_required"])
def test_the_same_e_mail_takes_no_account_over(client, provider, settings, strategy):
    settings.TOM_REGISTRATION_STRATEGY = strategy
    boss = User.objects.create_superuser("boss", "ada@example.org", "a-long-phrase-1")
    answer = log_in(client)
    assert logged_in(client) is None
    assert not SocialAccount.objects.exists()
    assert User.objects.get(pk=boss.pk).check_password("a-long-phrase-1")
    if strategy:
        form = reverse("socialaccount_signup")
        assert answer["Location"] == form
        refused = client.post(form, {"username": "ada", "email": "ada@example.org"})
        assert refused.context["form"].errors["email"]
        assert not User.objects.filter(username="ada").exists()


def test_an_unverified_e_mail_takes_nothing_over_even_if_configured(client, provider, settings):
    settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
    ada = User.objects.create_user("old", "ada@example.org", "a-long-phrase-1")
    provider.person["email_verified"] = False
    log_in(client)
    assert logged_in(client) is None
    provider.person["email_verified"] = True
    log_in(client)
    assert logged_in(client) == str(ada.pk)


def test_wrong_state_is_refused(client, provider):
    link(User.objects.create_user("ada"))
    back = at_the_provider(way_out(client)).removeprefix("http://testserver")
    stranger = Client()
    assert "failed" in stranger.get(back).content.decode()
    assert logged_in(stranger) is None
    assert client.get(back.replace("state=", "state=x")).status_code < 500
    assert logged_in(client) is None


def test_an_answer_counts_once(client, provider):
    link(User.objects.create_user("ada"))
    back = at_the_provider(way_out(client)).removeprefix("http://testserver")
    client.get(back)
    client.post("/accounts/logout/")
    client.get(back)
    assert logged_in(client) is None


def test_refused_consent(client, provider):
    link(User.objects.create_user("ada"))
    provider.consent = False
    answer = client.get(at_the_provider(way_out(client)).removeprefix("http://testserver"), follow=True)
    assert "did not agree" in answer.content.decode()
    assert logged_in(client) is None


@pytest.mark.parametrize("broken", ["token", "userinfo"])
def test_a_provider_that_answers_nonsense(client, provider, broken):
    provider.broken = broken
    answer = log_in(client)
    assert answer.status_code < 500 or answer.status_code == 502
    assert "failed" in answer.content.decode()
    assert logged_in(client) is None


def test_a_provider_that_is_not_there(client, provider):
    provider.broken = "discovery"
    answer = client.post(reverse("openid_connect_login", args=["inst"]))
    assert answer.status_code in (200, 502)
    assert "failed" in answer.content.decode()


def test_the_second_factor_is_asked_for_after_it_too(client, provider):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    ada = User.objects.create_user("ada")
    link(ada)
    TOTP.activate(ada, generate_totp_secret())
    assert log_in(client)["Location"] == reverse("mfa_authenticate")
    assert logged_in(client) is None


def test_linking_and_unlinking_by_its_owner(client, provider):
    ada = User.objects.create_user("ada", password="a-long-phrase-1")
    client.post("/accounts/login/", {"login": "ada", "password": "a-long-phrase-1"})
    out = client.post(f"{reverse('openid_connect_login', args=['inst'])}?process=connect").context["redirect_to"]
    back = client.get(at_the_provider(out).removeprefix("http://testserver"))
    assert back["Location"] == reverse("account_reauthenticate")
    client.post(back["Location"], {"password": "a-long-phrase-1"})
    linked = SocialAccount.objects.get(user=ada)
    assert "Institute" in client.get(reverse("socialaccount_connections")).content.decode()
    client.post(reverse("socialaccount_connections"), {"account": linked.pk})
    assert not SocialAccount.objects.exists()
    kinds = list(SecurityEvent.objects.filter(user=ada).order_by("id").values_list("kind", flat=True))
    assert kinds[-2:] == ["login linked", "login unlinked"]


def test_a_locked_tom_lets_the_provider_s_answer_in(client, provider, settings):
    settings.AUTH_STRATEGY = "LOCKED"
    link(User.objects.create_user("ada"))
    log_in(client)
    assert logged_in(client)


def test_orcid_needs_settings_only(client):
    assert "Log in with ORCID" in client.get("/accounts/login/").content.decode()
    out = client.post(reverse("orcid_login"))
    assert out.context["redirect_to"].startswith("https://orcid.org/oauth/authorize?client_id=tom")
