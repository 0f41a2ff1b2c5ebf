"""What an account must fulfil, and which passwords are taken."""

import datetime

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.utils import timezone

from tom_common.accounts import requirements
from tom_common.accounts.email import email_is_configured
from tom_common.accounts.password_validation import CharacterClassValidator, NotSameAsCurrentPasswordValidator

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return User.objects.create_user("member", password="a-long-phrase-1")


def asked(requirement, user):
    request = RequestFactory().get("/")
    request.user = user
    return requirement(request)


def test_nothing_is_asked_unless_configured(user):
    assert requirements.configured_requirements() == []
    for name in ["terms_of_service_accepted", "mfa_enrolled", "password_not_expired", "required_fields_present"]:
        assert asked(getattr(requirements, name), user) is None


def test_second_factor(user, settings):
    from allauth.mfa.models import Authenticator

    settings.TOM_MFA_REQUIRED = "superusers"
    assert asked(requirements.mfa_enrolled, user) is None
    settings.TOM_MFA_REQUIRED = "all"
    assert asked(requirements.mfa_enrolled, user) == "mfa_activate_totp"
    Authenticator.objects.create(user=user, type="recovery_codes", data={})
    assert asked(requirements.mfa_enrolled, user) == "mfa_activate_totp", "recovery codes alone are no second factor"
    Authenticator.objects.create(user=user, type="totp", data={})
    assert asked(requirements.mfa_enrolled, user) is None
    assert requirements.mfa_enrolled.met_user_pks([user]) == {user.pk}


def test_secrets_of_the_second_factor_are_encrypted():
    from tom_common.accounts.adapters import TomMFAAdapter

    stored = TomMFAAdapter().encrypt("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in stored
    assert TomMFAAdapter().decrypt(stored) == "JBSWY3DPEHPK3PXP"


def test_age_of_passwords(user, settings):
    settings.TOM_PASSWORD_EXPIRY_DAYS = 30
    user.profile.password_changed_at = timezone.now() - datetime.timedelta(days=29)
    assert requirements.password_not_expired.is_met(user)
    user.profile.password_changed_at = timezone.now() - datetime.timedelta(days=31)
    assert asked(requirements.password_not_expired, user) == "account_change_password"


def test_required_fields_of_user_and_profile(user, settings):
    settings.TOM_REQUIRED_USER_FIELDS = ["first_name", "affiliation"]
    assert requirements.required_fields_present.missing(user) == ["first_name", "affiliation"]
    user.first_name, user.profile.affiliation = "Ada", "Somewhere"
    assert asked(requirements.required_fields_present, user) is None


def test_who_misses_fields_can_reach_the_form(client, user, settings):
    settings.TOM_REQUIRED_USER_FIELDS = ["first_name"]
    client.force_login(user)
    assert client.get("/").status_code == 302
    assert "first_name" in client.get("/users/profile/").content.decode()
    assert client.get(f"/users/{user.pk}/update/").status_code == 200


def test_character_classes():
    CharacterClassValidator(3).validate("abcDEF123")
    with pytest.raises(ValidationError):
        CharacterClassValidator(4).validate("abcDEF123")


def test_the_same_password_again_is_refused(user):
    NotSameAsCurrentPasswordValidator().validate("another-phrase", user)
    with pytest.raises(ValidationError):
        NotSameAsCurrentPasswordValidator().validate("a-long-phrase-1", user)


@pytest.mark.parametrize(
    ("backend", "host", "configured"),
    [("dummy", "localhost", False), ("console", "localhost", False), ("smtp", "localhost", False), ("smtp", "mail.example.org", True), ("locmem", "", True)],
)
def test_whether_mail_can_be_sent(settings, backend, host, configured):
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    settings.EMAIL_HOST = host
    settings.EMAIL_HOST_USER = ""
    assert email_is_configured() is configured
