"""Logging in and out, registration, limits, password rules, terms, and what the REST API asks for."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.authtoken.models import Token

from tom_common.models import SecurityEvent, TermsOfServiceAcceptance

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-phrase-1"


@pytest.fixture
def ada():
    return User.objects.create_user("ada", "ada@example.org", PASSWORD)


def log_in(client, name="ada", password=PASSWORD, **data):
    return client.post("/accounts/login/", {"login": name, "password": password, **data})


def is_in(client):
    return "_auth_user_id" in client.session


# --- the login page
@pytest.mark.parametrize(
    ("methods", "label", "works"),
    [
        ({"username"}, "Username", {"ada": True, "ada@example.org": False}),
        ({"email"}, "E-mail address", {"ada": False, "ada@example.org": True}),
        ({"username", "email"}, "Username or e-mail address", {"ada": True, "ADA@example.org": True, "bob@example.org": False}),
    ],
)
def test_by_what_one_logs_in_is_a_setting_and_said(client, ada, settings, methods, label, works):
    settings.ACCOUNT_LOGIN_METHODS = methods
    assert f'for="id_login">{label}' in client.get("/accounts/login/").content.decode()
    for name, lets_in in works.items():
        fresh = Client()
        log_in(fresh, name)
        assert is_in(fresh) is lets_in, name


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("/targets/?page=2", "/targets/?page=2"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_next_is_kept_and_stays_on_this_site(client, ada, wanted, given):
    assert log_in(client, next=wanted)["Location"] == given


def test_logging_out_only_by_post(client, ada):
    client.force_login(ada)
    assert client.get("/accounts/logout/").status_code == 200
    assert is_in(client)
    assert client.post("/accounts/logout/")["Location"] == "/"
    assert not is_in(client)


def test_a_name_is_locked_for_a_while_after_wrong_passwords(client, ada):
    for _ in range(5):
        log_in(client, password="wrong")
    page = log_in(client)
    assert not is_in(client)
    assert "Too many failed login attempts" in page.content.decode()
    cache.clear()
    log_in(client)
    assert is_in(client)


def test_too_many_requests_get_a_kind_page(client, ada, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    answers = [log_in(client, password="wrong") for _ in range(3)]
    assert answers[-1].status_code == 429
    text = answers[-1].content.decode()
    assert "Wait a few minutes" in text
    assert "tokens.css" in text, "in the look of the other pages"


def test_limits_hold_for_the_address_in_front_of_a_proxy(client, ada, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(4):
        page = client.post("/accounts/login/", {"login": "ada", "password": "x"}, headers={"X-Forwarded-For": f"203.0.113.{number}"})
        assert page.status_code != 429
    for _ in range(3):
        page = client.post("/accounts/login/", {"login": "ada", "password": "x"}, headers={"X-Forwarded-For": "203.0.113.99"})
    assert page.status_code == 429


# --- registration
FORM = {
    "username": "new",
    "email": "new@example.org",
    "password1": "a-good-phrase-77",
    "password2": "a-good-phrase-77",
    "affiliation": "Leiden",
}


def test_registration_is_closed_unless_opened(client):
    assert "Registration is closed" in client.get("/accounts/signup/").content.decode()
    client.post("/accounts/signup/", FORM)
    assert not User.objects.filter(username="new").exists()
    assert "Register" not in client.get("/accounts/login/").content.decode()


def test_open_registration(client, settings):
    settings.TOM_REGISTRATION_STRATEGY = "open"
    assert client.post("/accounts/signup/", FORM)["Location"] == "/"
    user = User.objects.get(username="new")
    assert is_in(client)
    assert (user.is_active, user.is_staff, user.is_superuser, user.profile.affiliation) == (True, False, False, "Leiden")
    assert user.profile.password_changed_at is not None
    assert SecurityEvent.objects.filter(user=user, kind="registered").exists()


def test_nobody_registers_rights_for_themselves(client, settings):
    settings.TOM_REGISTRATION_STRATEGY = "open"
    client.post("/accounts/signup/", FORM | {"is_superuser": "on", "is_staff": "on", "groups": "1", "is_active": "on"})
    user = User.objects.get(username="new")
    assert (user.is_superuser, user.is_staff, list(user.groups.all())) == (False, False, [])


def test_a_name_that_differs_in_capitals_is_taken(client, settings, ada):
    settings.TOM_REGISTRATION_STRATEGY = "open"
    page = client.post("/accounts/signup/", FORM | {"username": "ADA"})
    assert page.context["form"].errors["username"]


def test_registration_with_approval(client, client_of, settings, django_capture_on_commit_callbacks):
    settings.TOM_REGISTRATION_STRATEGY = "approval_required"
    boss = User.objects.create_superuser("boss", "boss@example.org")
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/accounts/signup/", FORM)
    assert answer["Location"] == reverse("account_inactive")
    user = User.objects.get(username="new")
    assert not user.is_active
    (letter,) = mail.outbox
    assert letter.to == ["boss@example.org"]
    assert "new@example.org" in letter.body
    assert FORM["password1"] not in letter.body
    assert log_in(client, "new", FORM["password1"])["Location"] == reverse("account_inactive")
    assert not is_in(client)
    assert Client().get("/api/groups/", headers={"Authorization": f"Token {Token.objects.get(user=user).key}"}).status_code == 401
    page = client_of(boss).get("/users/").content.decode()
    assert "new@example.org" in page
    approve = reverse("user-approve", args=[user.pk])
    assert client_of(boss).get(approve).status_code == 405
    assert client_of(User.objects.create_user("other")).post(approve).status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        client_of(boss).post(approve)
    assert mail.outbox[-1].to == ["new@example.org"]
    log_in(client, "new", FORM["password1"])
    assert is_in(client)


def test_registrations_from_one_address_are_limited(client, settings):
    settings.TOM_REGISTRATION_STRATEGY = "open"
    settings.ACCOUNT_RATE_LIMITS = {"signup": "2/d/ip"}
    for number in range(4):
        answer = Client().post("/accounts/signup/", FORM | {"username": f"n{number}", "email": f"n{number}@example.org"})
    assert answer.status_code == 429
    assert User.objects.filter(username__startswith="n").count() == 2


def test_an_e_mail_address_is_proved_where_that_is_configured(client, settings):
    settings.TOM_REGISTRATION_STRATEGY = "open"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client.post("/accounts/signup/", FORM)
    assert not is_in(client)
    link = next(word for word in mail.outbox[0].body.split() if "confirm-email" in word)
    path = link.removeprefix("http://testserver")
    client.get(path)
    log_in(client, "new", FORM["password1"])
    assert not is_in(client), "a look at the link proves nothing"
    client.post(path)
    log_in(Client(), "new", FORM["password1"])
    log_in(client, "new", FORM["password1"])
    assert is_in(client)


# --- passwords
STRICT = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "tom_common.accounts.password_validation.CharacterClassValidator", "OPTIONS": {"min_classes": 4}},
    {"NAME": "tom_common.accounts.password_validation.NotSameAsCurrentPasswordValidator"},
]


def change_by_administrator(client_of, ada, password):
    boss = User.objects.create_superuser(f"boss{User.objects.count()}")
    return client_of(boss).post(
        reverse("admin-user-change-password", args=[ada.pk]), {"password": password, "change_password_form": "True"}
    )


def change_own(client_of, ada, password):
    client = client_of(None)
    log_in(client)
    return client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": password, "password2": password})


def change_on_own_form(client_of, ada, password):
    fields = {"username": "ada", "email": "ada@example.org", "current_password": PASSWORD, "password1": password, "password2": password}
    return client_of(ada).post(reverse("user-update", args=[ada.pk]), fields)


def change_in_admin(client_of, ada, password):
    boss = User.objects.create_superuser(f"boss{User.objects.count()}")
    return client_of(boss).post(
        f"/admin/auth/user/{ada.pk}/password/", {"password1": password, "password2": password, "usable_password": "true"}
    )


@pytest.mark.parametrize("way", [change_by_administrator, change_own, change_on_own_form, change_in_admin])
def test_the_validators_hold_on_every_way(client_of, ada, settings, way):
    settings.AUTH_PASSWORD_VALIDATORS = STRICT
    for refused in ("short1!A", "only-small-letters-here", PASSWORD):
        way(client_of, ada, refused)
        assert User.objects.get(pk=ada.pk).check_password(PASSWORD), refused
    way(client_of, ada, "Long-enough-4-all!")
    assert User.objects.get(pk=ada.pk).check_password("Long-enough-4-all!")


def test_ones_own_password_asks_for_the_present_one(client_of, ada):
    fields = {"username": "ada", "email": "ada@example.org", "password1": "another-phrase-2", "password2": "another-phrase-2"}
    client_of(ada).post(reverse("user-update", args=[ada.pk]), fields)
    client_of(ada).post(reverse("user-update", args=[ada.pk]), fields | {"current_password": "wrong"})
    assert User.objects.get(pk=ada.pk).check_password(PASSWORD)


@pytest.mark.parametrize(
    ("way", "own"), [(change_own, True), (change_on_own_form, True), (change_by_administrator, False), (change_in_admin, False)]
)
def test_expiry_counts_from_ones_own_change_only(client_of, ada, settings, way, own):
    way(client_of, ada, "Long-enough-4-all!")
    assert (User.objects.get(pk=ada.pk).profile.password_changed_at is not None) is own


def test_an_old_password_is_changed_before_going_on(client, ada, settings):
    settings.TOM_PASSWORD_EXPIRY_DAYS = 30
    ada.profile.password_changed_at = timezone.now() - timedelta(days=31)
    ada.profile.save()
    log_in(client)
    answer = client.get("/targets/?page=2")
    assert answer["Location"] == "/accounts/password/change/?next=%2Ftargets%2F%3Fpage%3D2"
    changed = client.post(
        "/accounts/password/change/?next=/targets/",
        {"oldpassword": PASSWORD, "password1": "another-phrase-2", "password2": "another-phrase-2", "next": "/targets/"},
    )
    assert changed["Location"] == "/targets/"
    assert client.get("/targets/").status_code == 200


# --- terms
def test_terms_are_accepted_once_for_each_version(client, ada, settings):
    settings.TOM_TERMS_OF_SERVICE_VERSION = "2026-01"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    client.force_login(ada)
    assert client.get("/")["Location"] == "/terms/accept/?next=%2F"
    assert client.post("/terms/accept/", {"next": "/targets/"}).status_code == 200, "not without the tick"
    answer = client.post("/terms/accept/", {"accept": "1", "next": "https://evil.example/"}, headers={"X-Forwarded-For": "203.0.113.7"})
    assert answer["Location"] == "/"
    row = TermsOfServiceAcceptance.objects.get()
    assert (row.version, row.ip_address) == ("2026-01", "203.0.113.7")
    assert client.get("/").status_code == 200
    settings.TOM_TERMS_OF_SERVICE_VERSION = "2027-01"
    assert client.get("/").status_code == 302
    assert Client().get("/terms/").status_code == 200


# --- the order of requirements, and what they leave alone
def test_requirements_come_in_order(client, ada, settings):
    settings.TOM_TERMS_OF_SERVICE_VERSION = "1"
    settings.TOM_MFA_REQUIRED = "all"
    settings.TOM_REQUIRED_USER_FIELDS = ["first_name"]
    client.force_login(ada)
    assert client.get("/")["Location"].startswith("/terms/accept/")
    client.post("/terms/accept/", {"accept": "1"})
    assert client.get("/")["Location"].startswith("/accounts/2fa/totp/activate/")
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=ada, type="totp", data={})
    assert client.get("/")["Location"].startswith("/users/profile/")
    User.objects.filter(pk=ada.pk).update(first_name="Ada")
    assert client.get("/").status_code == 200


def test_requirements_leave_alone_what_must_work(client, ada, settings):
    settings.TOM_TERMS_OF_SERVICE_VERSION = "1"
    client.force_login(ada)
    assert client.get("/favicon.ico")["Location"].startswith("/static/")
    for path in ("/terms/", "/terms/accept/", "/accounts/logout/", "/robots.txt", "/accounts/password/change/"):
        assert client.get(path).status_code == 200, path
    assert client.get("/static/tom_common/css/main.css").status_code != 302
    assert client.get("/not/there/").status_code == 404
    token = {"Authorization": f"Token {Token.objects.get(user=ada).key}"}
    assert Client().get("/api/groups/", headers=token).status_code == 200, "a token is asked for nothing that only a person can do"
    refused = client.get("/api/groups/")
    assert refused.status_code == 403
    assert "terms" in refused.json()["detail"]
    assert client.post("/accounts/logout/").status_code == 302
    assert not is_in(client)


def test_a_part_of_a_page_leads_back_to_the_page(client, ada, settings):
    settings.TOM_TERMS_OF_SERVICE_VERSION = "1"
    client.force_login(ada)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/targets/?page=3"}
    assert client.get(reverse("home-panel", args=["x"]), headers=headers)["HX-Redirect"] == "/terms/accept/?next=%2Ftargets%2F%3Fpage%3D3"
    headers["HX-Current-URL"] = "https://evil.example/"
    assert "evil" not in client.get(reverse("home-panel", args=["x"]), headers=headers)["HX-Redirect"]


# --- the REST API
def test_an_expired_token_is_refused_with_the_reason(client, ada, settings):
    token = Token.objects.get(user=ada)
    Token.objects.filter(pk=token.pk).update(created=timezone.now() - timedelta(days=31))
    header = {"Authorization": f"Token {token.key}"}
    assert client.get("/api/groups/", headers=header).status_code == 200
    settings.TOM_API_TOKEN_EXPIRY_DAYS = 30
    for strategy in ("READ_ONLY", "LOCKED"):
        settings.AUTH_STRATEGY = strategy
        answer = client.get("/api/groups/", headers=header)
        assert answer.status_code == 401
        assert "expired" in answer.json()["detail"]
    new = client.post("/api/token-auth/", {"username": "ada", "password": PASSWORD}).json()["token"]
    assert new != token.key
    assert client.get("/api/groups/", headers={"Authorization": f"Token {new}"}).status_code == 200


def basic(name, password):
    import base64

    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def test_a_password_alone_is_not_enough_for_who_has_a_second_factor(client, ada):
    from allauth.mfa.models import Authenticator

    assert client.get("/api/groups/", headers=basic("ada", PASSWORD)).status_code == 200
    assert client.post("/api/token-auth/", {"username": "ada", "password": PASSWORD}).status_code == 200
    Authenticator.objects.create(user=ada, type="totp", data={})
    assert client.get("/api/groups/", headers=basic("ada", PASSWORD)).status_code == 401
    assert client.post("/api/token-auth/", {"username": "ada", "password": PASSWORD}).status_code == 403
    assert client.get("/api/groups/", headers={"Authorization": f"Token {Token.objects.get(user=ada).key}"}).status_code == 200


def test_tokens_for_those_with_a_second_factor_only(client, ada, settings):
    from allauth.mfa.models import Authenticator

    settings.TOM_API_TOKEN_REQUIRES_MFA = True
    header = {"Authorization": f"Token {Token.objects.get(user=ada).key}"}
    assert client.get("/api/groups/", headers=header).status_code == 401
    assert client.get("/api/groups/", headers=basic("ada", PASSWORD)).status_code == 401
    assert client.post("/api/token-auth/", {"username": "ada", "password": PASSWORD}).status_code == 403
    Authenticator.objects.create(user=ada, type="totp", data={})
    assert client.get("/api/groups/", headers=header).status_code == 200


def test_guessing_passwords_through_the_api_is_slowed_down(client, ada):
    for _ in range(5):
        assert client.get("/api/groups/", headers=basic("ada", "wrong")).status_code == 401
    answer = client.get("/api/groups/", headers=basic("ada", PASSWORD))
    assert answer.status_code == 401
    assert "Too many" in answer.json()["detail"]
    answer = client.post("/api/token-auth/", {"username": "Ada", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_the_token_is_shown_to_its_owner_on_asking(client, ada):
    log_in(client)
    key = Token.objects.get(user=ada).key
    assert key not in client.get("/users/profile/").content.decode()
    assert client.get(reverse("reveal-api-token")).status_code == 405
    assert key in client.post(reverse("reveal-api-token")).content.decode()
    assert client.get("/api/groups/", headers={"Authorization": f"Token {key}"}).status_code == 200
    client.post(reverse("regenerate-api-token", args=[ada.pk]))
    assert Client().get("/api/groups/", headers={"Authorization": f"Token {key}"}).status_code == 401
