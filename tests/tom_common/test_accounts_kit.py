"""Profile, token and the security log; deleting an account; checks of accounts."""

import logging

import pytest
from django.contrib.auth import get_user_model
from django.core import serializers
from django.core.checks import run_checks
from django.test import RequestFactory
from rest_framework.authtoken.models import Token

from tom_common import checks
from tom_common.hints import add_hint
from tom_common.hooks import import_method, run_hook
from tom_common.models import HistoryEvent, Profile, TaskRun, TermsOfServiceAcceptance

pytestmark = pytest.mark.django_db
PASSWORD = "Long-pass-9!"


@pytest.fixture
def user():
    return get_user_model().objects.create_user("ada", "ada@example.org", PASSWORD)


def test_every_user_gets_profile_and_token(user):
    assert str(user.profile) == "ada Profile"
    assert Token.objects.get(user=user)
    user.save()
    assert Profile.objects.filter(user=user).count() == 1


def test_fixtures_bring_their_own(user):
    data = serializers.serialize("json", [user, user.profile])
    user.delete()
    for row in serializers.deserialize("json", data):
        row.save()
    assert Profile.objects.count() == Profile.objects.values("user").distinct().count()


def test_deleting_a_user_takes_their_own_rows_and_nothing_else(user):
    TaskRun.objects.create(name="x.y", actor=user)
    HistoryEvent.objects.create(actor=user, actor_name="ada", verb="made", object_type="a.b", object_id="1")
    TermsOfServiceAcceptance.objects.create(user=user, version="1")
    user.delete()
    assert not Profile.objects.filter(user__username="ada").exists()
    assert not TermsOfServiceAcceptance.objects.exists()
    assert TaskRun.objects.get().actor is None
    assert HistoryEvent.objects.get().actor_name == "ada"


def test_a_new_password_clears_the_stamp_and_is_logged(user, caplog):
    from django.utils import timezone

    Profile.objects.update(password_changed_at=timezone.now())
    user = get_user_model().objects.get(pk=user.pk)
    user.first_name = "Ada"
    user.save()
    assert Profile.objects.get(user=user).password_changed_at is not None
    with caplog.at_level(logging.INFO, logger="tom_common.security"):
        user.set_password("Another-one-9!")
        user.save()
    assert Profile.objects.get(user=user).password_changed_at is None
    assert "password changed user='ada'" in caplog.text


def test_a_stronger_hash_of_the_same_password_is_no_change(user, settings):
    from django.utils import timezone

    Profile.objects.update(password_changed_at=timezone.now())
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
    user = get_user_model().objects.get(pk=user.pk)
    assert user.check_password(PASSWORD)
    assert get_user_model().objects.get(pk=user.pk).password.startswith("pbkdf2")
    assert Profile.objects.get(user=user).password_changed_at is not None


def test_loading_users_without_the_password_costs_no_query(user, django_assert_num_queries):
    with django_assert_num_queries(1):
        list(get_user_model().objects.only("username"))


def test_the_security_log_cannot_be_forged(client, user, caplog):
    with caplog.at_level(logging.INFO, logger="tom_common.security"):
        client.post("/accounts/login/", {"login": "x\nlogin user='root'", "username": "x\nlogin user='root'", "password": "no"})
        client.force_login(user)
        client.logout()
    lines = [record.getMessage() for record in caplog.records if record.name == "tom_common.security"]
    assert any(line.startswith("login failed") for line in lines)
    assert any(line.startswith("login user='ada'") for line in lines)
    assert any(line.startswith("logout user='ada'") for line in lines)
    assert not any("\n" in line for line in lines)


def hook(*args, **kwargs):
    return (args, kwargs)


def test_hooks(settings):
    settings.HOOKS = {"mine": f"{__name__}.hook", "direct": hook}
    assert run_hook("mine", 1, a=2) == ((1,), {"a": 2})
    assert run_hook("direct") == ((), {})
    assert run_hook("missing", 1) is None
    del settings.HOOKS
    assert run_hook("mine") is None
    assert import_method(f"{__name__}.hook") is hook
    from tom_common.hooks import observation_change_state, target_post_save

    target_post_save(target="t", created=True)
    observation_change_state("o", None)


def test_hints_only_when_wanted(settings):
    from django.contrib.messages import get_messages
    from django.contrib.messages.storage.cookie import CookieStorage

    request = RequestFactory().get("/")
    request._messages = CookieStorage(request)
    add_hint(request, "no")
    settings.HINTS_ENABLED = True
    add_hint(request, "yes")
    assert [str(message) for message in get_messages(request)] == ["yes"]


def ids(found):
    return {message.id for message in found}


def test_w001_token_settings_need_our_authentication(settings):
    settings.TOM_API_TOKEN_EXPIRY_DAYS = 3
    assert ids(checks.check_token_settings()) == set()
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"]}
    assert ids(checks.check_token_settings()) == {"tom_common.W001"}


def test_w002_email(settings):
    settings.TOM_PASSWORD_RESET_ENABLED = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_HOST_USER = "localhost", ""
    assert ids(checks.check_email()) == {"tom_common.W002"}
    settings.EMAIL_HOST = "mail.example.org"
    assert ids(checks.check_email()) == set()


def test_w003_login_by_allauth(settings):
    settings.TOM_MFA_REQUIRED = "all"
    assert ids(checks.check_login()) == set()
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    assert ids(checks.check_login()) == {"tom_common.W003"}


def test_w009_two_owners_of_one_package(monkeypatch):
    import importlib.metadata

    monkeypatch.setattr(
        importlib.metadata,
        "packages_distributions",
        lambda: {"tom_common": ["opentom", "tomtoolkit"], "tom_targets": ["opentom", "OpenTOM"]},
    )
    (message,) = checks.check_distributions()
    assert message.id == "tom_common.W009"
    assert "opentom, tomtoolkit" in message.msg


def test_the_default_project_has_nothing_to_mend():
    found = [message for message in run_checks() if message.id.startswith("tom_common.") and message.level >= 30]
    assert found == []


def test_what_an_explicit_list_leaves_out_is_said(settings):
    settings.MIDDLEWARE = [item for item in settings.MIDDLEWARE if "csp" not in item]
    assert "tom_common.I002" in ids(checks.check_left_out())


def test_middleware_that_a_list_of_ones_own_leaves_out_is_named(settings):
    assert checks.check_middleware() == []
    settings.MIDDLEWARE = [item for item in settings.MIDDLEWARE if "view_as" not in item]
    (message,) = checks.check_middleware()
    assert message.id == "tom_common.I003"
    assert "ViewAsMiddleware: looking at the TOM as a group" in message.msg


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
def test_limits_that_each_process_counts_alone_are_told_before_deployment(settings, backend):
    settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}
    (message,) = [one for one in run_checks(include_deployment_checks=True) if one.id == "tom_common.W013"]
    assert "TOM_API_TOKEN_RATE" in message.msg
    assert "allauth" in message.msg
    assert "redis.RedisCache" in message.hint
    assert "tom_common.W013" not in ids(run_checks())
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "unused"}}
    assert checks.check_cache() == []


def test_test_runner_of_others_can_be_imported():
    from tom_common.tests import SilenceLogsTestRunner

    assert SilenceLogsTestRunner.__name__ == "SilenceLogsTestRunner"


def test_the_administrations_login_is_guarded_once():
    """By allauth's rules (second factor, limits): twice would count every attempt twice."""
    from django.contrib import admin

    inside = [cell.cell_contents for cell in admin.site.login.__closure__ or ()]
    assert [getattr(one, "__qualname__", "") for one in inside] == ["AdminSite.login"]
