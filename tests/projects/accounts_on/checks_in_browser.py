"""Second factors, passkeys, logins elsewhere and every account page in Chromium, under the strict Content-Security-Policy."""

import re
import time
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import User

from tests.axe import COLOURS, RULES, violations
from tests.browser import SIDEWAYS, TELL_VIOLATIONS, THEMES, dress, listen, settle
from tests.projects.accounts_on.oidc_provider import OIDCProvider
from tom_common.models import SecurityEvent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a-long-phrase-1"


@pytest.fixture
def page_of(chromium, served):
    contexts = []

    def make(**options):
        context = chromium.new_context(base_url=served.url, reduced_motion="reduce", **options)
        context.add_init_script(TELL_VIOLATIONS)
        contexts.append(context)
        return listen(context.new_page())

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(page_of):
    return page_of()


@pytest.fixture
def ada():
    return User.objects.create_user("ada", "ada@example.org", PASSWORD)


def log_in(page, name="ada"):
    page.goto("/accounts/login/?next=/users/profile/")
    page.fill("#id_login", name)
    page.fill("#id_password", PASSWORD)
    with page.expect_navigation():
        page.press("#id_password", "Enter")


def prove(page):
    """The password once more, where it is asked for."""
    if "/reauthenticate/" in page.url:
        page.fill("#id_password", PASSWORD)
        with page.expect_navigation():
            page.press("#id_password", "Enter")


def log_out(page):
    page.goto("/accounts/logout/")
    page.locator("main").get_by_role("button", name="Log out").click()
    page.wait_for_url("**/")


def with_virtual_key(page, passkey=True):
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal" if passkey else "usb",
        "hasResidentKey": passkey,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def code_of(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_authenticator_app_from_setting_up_to_recovery(page, ada):
    log_in(page, "ada@example.org")
    assert page.url.endswith("/users/profile/"), "logging in by e-mail, next is kept"
    page.goto("/accounts/2fa/totp/activate/")
    prove(page)
    assert page.evaluate("(async () => { const i = document.querySelector('.totp-qr'); await i.decode(); return i.naturalWidth })()") > 50
    secret = page.locator(".totp-secret .num").inner_text()
    assert re.fullmatch(r"[A-Z2-7]{32}", secret)
    assert page.locator("#id_code").get_attribute("autocomplete") == "one-time-code"
    page.fill("#id_code", code_of(secret))
    page.get_by_role("button", name="Activate").click()
    page.wait_for_url("**/recovery-codes/")
    codes = page.locator(".recovery-codes li").all_inner_texts()
    assert len(codes) == 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert codes[0] in Path(download.value.path()).read_text()
    stored = Authenticator.objects.get(user=ada, type="totp").data["secret"]
    assert secret not in stored

    log_out(page)
    log_in(page)
    assert page.url.endswith("/accounts/2fa/authenticate/")
    page.fill("#id_code", "000000")
    page.press("#id_code", "Enter")
    page.wait_for_selector(".field-errors, .alert-danger")
    page.fill("#id_code", codes[0])
    page.press("#id_code", "Enter")
    page.wait_for_url("**/users/profile/")
    page.goto("/accounts/2fa/recovery-codes/")
    prove(page)
    assert len(page.locator(".recovery-codes li").all_inner_texts()) == 9
    wrong = [text for text in page.complaints if "status of 401" not in text]
    assert wrong == []


def test_passkey_from_adding_to_removing(page, ada, settings):
    log_in(page)
    session, key = with_virtual_key(page)
    page.goto("/accounts/2fa/webauthn/add/")
    prove(page)
    page.fill("#id_name", "My laptop")
    page.check("#id_passwordless")
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**/recovery-codes/")
    assert Authenticator.objects.filter(user=ada, type="webauthn").count() == 1
    page.goto("/accounts/2fa/webauthn/")
    assert "My laptop" in page.inner_text("main")
    assert "Passkey" in page.inner_text("main")

    log_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url(lambda address: "/accounts/" not in address)
    assert SecurityEvent.objects.filter(kind="login", user=ada).order_by("-id").first().detail.startswith("passkey")

    # the same key as second factor after the password
    log_out(page)
    log_in(page)
    page.get_by_role("button", name="Use your passkey or security key").click()
    page.wait_for_url("**/users/profile/")

    # a person who says no is told so in words, and stays
    log_out(page)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.locator("[data-passkey-error]:not([hidden])").wait_for()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})

    log_in(page)
    page.get_by_role("button", name="Use your passkey or security key").click()
    page.wait_for_url("**/users/profile/")
    page.goto("/accounts/2fa/webauthn/")
    settings.TOM_MFA_REQUIRED = "all"
    remove_the_key(page)
    assert "your only one" in page.inner_text("main")
    assert Authenticator.objects.filter(user=ada, type="webauthn").exists()
    settings.TOM_MFA_REQUIRED = None
    remove_the_key(page)
    assert not Authenticator.objects.filter(user=ada, type="webauthn").exists()
    assert page.complaints == []


def remove_the_key(page):
    with page.expect_navigation():
        page.get_by_role("link", name="Remove My laptop").click()
    if "/reauthenticate/" in page.url:
        if page.locator("#id_password").count():
            prove(page)
        else:
            with page.expect_navigation():
                page.get_by_role("button", name="Use your passkey").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Remove").click()


def test_who_must_have_a_second_factor_is_led_to_it_and_back(page, ada, settings):
    settings.TOM_MFA_REQUIRED = "all"
    log_in(page)
    page.goto("/targets/")
    prove(page)
    assert page.url.split("?")[0].endswith("/2fa/totp/activate/")
    secret = page.locator(".totp-secret .num").inner_text()
    page.fill("#id_code", code_of(secret))
    page.get_by_role("button", name="Activate").click()
    page.wait_for_url("**/recovery-codes/")
    assert page.goto("/targets/").url.endswith("/targets/")
    page.goto("/accounts/2fa/totp/deactivate/")
    assert page.get_by_role("button", name="Deactivate").count() == 0


def test_logging_in_elsewhere_under_the_policy(page, ada, settings):
    from allauth.socialaccount.models import SocialAccount

    provider = OIDCProvider()
    app = {
        "provider_id": "inst",
        "name": "Institute",
        "client_id": "tom",
        "secret": "not-a-secret",
        "settings": {"server_url": provider.url},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    SocialAccount.objects.create(user=ada, provider="inst", uid="1234")
    try:
        page.goto("/accounts/login/?next=/users/profile/")
        page.get_by_role("button", name="Log in with Institute").click()
        page.wait_for_url("**/users/profile/")
    finally:
        provider.close()
    assert page.complaints == []


VISITORS = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/inactive/", "/terms/",
            "/accounts/3rdparty/login/cancelled/", "/accounts/3rdparty/login/error/", "/accounts/confirm-email/nothing/"]  # fmt: skip
OWN = ["/users/profile/", "/users/security/", "/accounts/password/change/", "/accounts/email/", "/accounts/2fa/", "/accounts/2fa/webauthn/",
       "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/", "/accounts/3rdparty/", "/accounts/logout/", "/accounts/reauthenticate/",
       "/terms/accept/", "/accounts/orcid/login/"]  # fmt: skip


def test_every_account_page_is_usable_by_everybody(page_of, settings):
    settings.TOM_REGISTRATION_STRATEGY = "approval_required"
    settings.TOM_TERMS_OF_SERVICE_VERSION = "2026"
    settings.TOM_ACCOUNT_REQUIREMENTS = []
    boss = User.objects.create_superuser("boss", "boss@example.org", PASSWORD)
    page = page_of()
    wrong = []

    def look(address):
        page.complaints.clear()
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(address)
        settle(page)
        prove(page)
        # the page of a failed login elsewhere answers 401 itself, which the browser's console tells
        wrong.extend((address, text) for text in page.complaints if "status of 401" not in text)
        for theme in THEMES:
            dress(page, theme)
            wrong.extend((address, theme, found) for found in violations(page, rules=RULES if theme == "light" else COLOURS))
        page.set_viewport_size({"width": 390, "height": 844})
        over = page.evaluate(SIDEWAYS)
        if over > 0:
            wrong.append((address, f"{over} px too wide"))

    for address in VISITORS:
        look(address)
    log_in(page, "boss")
    for address in [*OWN, f"/users/{boss.pk}/second-factor/reset/"]:
        look(address)
    assert not wrong, "\n".join(map(str, wrong))
