"""The security log: what is written, what never is, who sees it, and how long it stays."""

import logging
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.authtoken.models import Token

from tom_common.accounts import services
from tom_common.accounts.security_log import Kind, record
from tom_common.housekeeping import prune
from tom_common.models import SecurityEvent

pytestmark = [pytest.mark.django_db, pytest.mark.database]
PASSWORD = "a-long-phrase-1"


@pytest.fixture
def ada():
    return User.objects.create_user("ada", "ada@example.org", PASSWORD)


def kinds(user=None):
    rows = SecurityEvent.objects.filter(user=user) if user else SecurityEvent.objects.all()
    return list(rows.order_by("id").values_list("kind", flat=True))


def last():
    return SecurityEvent.objects.order_by("-id").first()


def log_in(client, password=PASSWORD, **headers):
    return client.post("/accounts/login/", {"login": "ada", "password": password}, headers=headers)


def test_coming_and_going(client, ada):
    log_in(client, "wrong")
    log_in(client, user_agent="Mozilla/5.0 (X11; Linux) Firefox/130.0")
    client.post("/accounts/logout/")
    assert kinds(ada) == ["account made", "login failed", "login", "logout"]
    login = SecurityEvent.objects.get(kind="login")
    assert (login.ip_address, login.user_agent, login.actor) == ("127.0.0.1", "Mozilla/5.0 (X11; Linux) Firefox/130.0", None)


def test_what_was_typed_is_kept_only_if_it_names_an_account(client, ada, caplog):
    with caplog.at_level(logging.INFO, logger="tom_common.security"):
        client.post("/accounts/login/", {"login": "my-secret-password", "password": "my-other-secret"})
    event = last()
    assert (event.kind, event.user, event.user_name) == ("login failed", None, "my-…")
    assert "secret" not in caplog.text
    assert "secret" not in str(SecurityEvent.objects.values())
    client.post("/accounts/login/", {"login": "ADA", "password": "x"})
    assert last().user == ada


def test_no_row_ever_holds_a_secret(client, ada, boss):
    log_in(client)
    token = Token.objects.get(user=ada).key
    client.post(reverse("reveal-api-token"))
    client.post(reverse("regenerate-api-token", args=[ada.pk]))
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "another-phrase-2", "password2": "another-phrase-2"})
    text = str(list(SecurityEvent.objects.values()))
    for secret in (token, Token.objects.get(user=ada).key, PASSWORD, "another-phrase-2", User.objects.get(pk=ada.pk).password):
        assert secret not in text
    assert kinds(ada)[-2:] == ["token regenerated", "password changed"]


def test_rights_given_and_taken_by_whatever_way(client_of, boss, ada):
    client_of(boss).post(f"/admin/auth/user/{ada.pk}/change/", admin_form(ada, is_superuser="on", is_staff="on", is_active="on"))
    event = SecurityEvent.objects.filter(kind="rights changed", user=ada).order_by("id").first()
    assert (event.actor, event.actor_name) == (boss, "boss")
    assert event.detail == "superuser: yes, staff: yes"
    group = Group.objects.create(name="observers")
    ada.groups.add(group)
    assert last().detail == "group + observers"
    group.user_set.remove(ada)
    assert (last().detail, last().user) == ("group − observers", ada)
    ada.is_active = False
    ada.save()
    assert "active: no" in last().detail


def admin_form(user, **more):
    return {
        "username": user.username,
        "email": user.email,
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        "profile-TOTAL_FORMS": 1,
        "profile-INITIAL_FORMS": 1,
        "profile-0-id": user.profile.pk,
        "profile-0-user": user.pk,
        **more,
    }


def test_saving_without_change_writes_nothing(ada):
    before = SecurityEvent.objects.count()
    ada.first_name = "Ada"
    ada.save()
    ada.groups.set([])
    assert SecurityEvent.objects.count() == before


def test_deleting_an_account_leaves_its_log(client, ada, boss):
    client.force_login(ada)
    client.post(reverse("user-delete", args=[ada.pk]))
    assert not User.objects.filter(username="ada").exists()
    assert "account deleted" in kinds()
    assert SecurityEvent.objects.filter(user_name="ada", user=None).count() >= 2
    from django.db import connection

    connection.check_constraints()


def test_setting_somebody_s_password_names_who_did_it(client_of, boss, ada):
    client_of(boss).post(
        reverse("admin-user-change-password", args=[ada.pk]), {"password": "a-new-phrase-77", "change_password_form": "True"}
    )
    event = SecurityEvent.objects.get(kind="password changed")
    assert (event.user, event.actor) == (ada, boss)


def test_second_factors(ada):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.signals import authenticator_added

    authenticator = Authenticator(user=ada, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    authenticator_added.send(Authenticator, request=None, user=ada, authenticator=authenticator)
    assert (last().kind, last().detail) == ("authenticator added", "authenticator app")


def test_a_superuser_resets_a_lost_second_factor(client_of, boss, ada, stranger):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=ada, type="totp", data={})
    url = reverse("user-reset-second-factor", args=[ada.pk])
    assert client_of(stranger).post(url).status_code == 403
    assert client_of(boss).get(url).status_code == 200
    assert Authenticator.objects.filter(user=ada).exists(), "looking changes nothing"
    client_of(boss).post(url)
    assert not Authenticator.objects.filter(user=ada).exists()
    assert (last().kind, last().actor, last().user) == ("authenticator removed", boss, ada)
    assert client_of(boss).post(reverse("user-reset-second-factor", args=[987654])).status_code == 404


def test_who_sees_what(client_of, ada, boss, stranger):
    record(Kind.LOGIN, ada, detail="of ada")
    record(Kind.LOGIN, stranger, detail="of the stranger")
    url = reverse("security-log")
    assert Client().get(url).status_code == 302
    page = client_of(stranger).get(url).content.decode()
    assert "of the stranger" in page
    assert "of ada" not in page
    page = client_of(boss).get(url).content.decode()
    assert "of ada" in page
    assert "of the stranger" in page
    assert "no-store" in client_of(boss).get(url)["Cache-Control"]


def test_filters(client_of, boss, ada):
    record(Kind.LOGIN, ada, detail="kept")
    record(Kind.LOGOUT, ada, detail="left out")
    SecurityEvent.objects.create(kind="login", user_name="older", detail="long ago", at=timezone.now() - timedelta(days=40))
    client = client_of(boss)
    for query in ("kind=login&query=ada", "kind=login&query=kept", f"kind=login&since={timezone.now():%Y-%m-%d}"):
        page = client.get(f"{reverse('security-log')}?{query}").content.decode()
        assert "kept" in page, query
        assert "left out" not in page
        assert "long ago" not in page
    assert client.get(f"{reverse('security-log')}?kind=nonsense&since=never&query=%00").status_code == 200


def test_the_page_costs_the_same_however_long_the_log(client_of, boss, ada, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, url = client_of(boss), reverse("security-log")
    record(Kind.LOGIN, ada)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(url)
    SecurityEvent.objects.bulk_create(SecurityEvent(kind="login", user=ada, actor=boss, user_name="ada") for _ in range(120))
    with django_assert_num_queries(len(few)):
        client.get(url)


def test_own_profile_shows_the_last_logins(client, ada):
    log_in(client, "wrong")
    log_in(client)
    page = client.get("/users/profile/").content.decode()
    assert "Last logins" in page
    assert "Refused" in page
    assert "127.0.0.1" in page


def test_how_long_it_stays(settings, ada):
    SecurityEvent.objects.update(at=timezone.now() - timedelta(days=400))
    record(Kind.LOGIN, ada)
    assert prune()["security_log"] == 1
    settings.TOM_SECURITY_LOG_RETENTION_DAYS = None
    SecurityEvent.objects.update(at=timezone.now() - timedelta(days=4000))
    assert prune()["security_log"] == 0
    settings.TOM_SECURITY_LOG_RETENTION_DAYS = 0
    record(Kind.LOGIN, ada)
    assert SecurityEvent.objects.count() == 1
    assert prune()["security_log"] == 1


def test_a_log_that_cannot_be_written_keeps_nobody_out(client, ada, monkeypatch):
    from django.db import DatabaseError

    def broken(*args, **kwargs):
        raise DatabaseError

    monkeypatch.setattr(SecurityEvent, "save", broken)
    assert log_in(client).status_code == 302
    assert "_auth_user_id" in client.session


@pytest.mark.parametrize(
    ("count", "forwarded", "address"),
    [
        (0, "203.0.113.7", "127.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        (2, "203.0.113.7", "127.0.0.1"),
        (1, "nonsense", "127.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_addresses_behind_proxies(client, ada, settings, count, forwarded, address):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = count
    log_in(client, x_forwarded_for=forwarded)
    assert SecurityEvent.objects.get(kind="login").ip_address == address


def test_history_and_log_of_an_approval(boss, ada, settings):
    services.approve_user(actor=boss, user=ada)
    assert (last().kind, last().actor) == ("approved", boss)
