import logging
import sys
import types

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

import tests.tom_common.urls_for_kit  # noqa: F401 - views bind their schema before a test changes REST_FRAMEWORK
from tom_common import api_router
from tom_common.api_router import SharedAPIRootRouter, collect_api_urls

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tom_common.urls_for_kit"), pytest.mark.database]


@pytest.fixture
def api():
    return APIClient()


@pytest.fixture
def user(django_user_model):
    return django_user_model.objects.create_user("ada", "ada@example.org", "Long-pass-9!")


@pytest.fixture
def signed_in(api, user):
    api.credentials(HTTP_AUTHORIZATION=f"Token {user.auth_token.key}")
    return api


@pytest.fixture
def old_settings(settings):
    """REST_FRAMEWORK as 2.32 generated it: no permission class at all."""
    settings.REST_FRAMEWORK = {
        "DEFAULT_PERMISSION_CLASSES": [],
        "TEST_REQUEST_DEFAULT_FORMAT": "json",
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
        "PAGE_SIZE": 100,
    }


@pytest.mark.usefixtures("old_settings")
def test_closed_to_anonymous_writing_under_settings_of_2_32(api):
    assert api_settings.DEFAULT_PERMISSION_CLASSES == []
    group = Group.objects.create(name="open-1")
    assert api.get("/api/kit/things/").json()["count"] == 1
    assert api.post("/api/kit/things/", {"name": "x"}).status_code == 401
    assert api.patch(f"/api/kit/things/{group.pk}/", {"name": "x"}).status_code == 401
    assert api.delete(f"/api/kit/things/{group.pk}/").status_code == 401
    assert Group.objects.get().name == "open-1"


def test_who_gets_which_answer(api, user):
    seen, hidden = Group.objects.create(name="open-1"), Group.objects.create(name="secret")
    for key in (hidden.pk, 10**9):
        assert api.get(f"/api/kit/things/{key}/").status_code == 401
    api.credentials(HTTP_AUTHORIZATION=f"Token {user.auth_token.key}")
    for key in (hidden.pk, 10**9):
        assert api.get(f"/api/kit/things/{key}/").status_code == 404
        assert api.patch(f"/api/kit/things/{key}/", {"name": "y"}).status_code == 404
    assert api.get(f"/api/kit/things/{seen.pk}/").json() == {"id": seen.pk, "name": "open-1"}
    assert api.patch(f"/api/kit/things/{seen.pk}/", {"name": "y"}).status_code == 403
    user.groups.add(seen)
    assert api.patch(f"/api/kit/things/{seen.pk}/", {"name": "open-2"}).json()["name"] == "open-2"
    assert api.delete(f"/api/kit/things/{seen.pk}/").status_code == 204


def test_errors_have_one_shape(signed_in):
    assert signed_in.post("/api/kit/things/", {"name": "bad"}).json() == {"name": ["is bad (choose another)"]}
    response = signed_in.post("/api/kit/things/", {"name": "forbidden-1"})
    assert (response.status_code, response.json()) == (403, {"detail": "No such names.", "code": "not_allowed"})
    response = signed_in.post("/api/kit/things/", {"name": "slow"})
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert signed_in.post("/api/kit/things/", {}).json() == {"name": ["This field is required."]}
    assert signed_in.get("/api/kit/things/99999/").json()["code"] == "not_found"
    assert not Group.objects.exists()


def test_pages_of_limit_and_offset(api, settings, django_assert_num_queries):
    settings.TOM_API_COUNT_CAP = 20
    Group.objects.bulk_create(Group(name=f"open-{i:03}") for i in range(50))
    first = api.get("/api/kit/things/?limit=10").json()
    assert (first["count"], len(first["results"]), first["previous"]) == (21, 10, None)
    seen, url = [], "/api/kit/things/?limit=20"
    while url:
        page = api.get(url).json()
        seen += [row["name"] for row in page["results"]]
        url = page["next"]
    assert seen == [f"open-{i:03}" for i in range(50)]
    assert page["count"] == 50
    assert len(api.get("/api/kit/things/").json()["results"]) == 50
    beyond = api.get("/api/kit/things/?limit=10&offset=1000").json()
    assert (beyond["results"], beyond["next"]) == ([], None)
    settings.TOM_API_MAX_PAGE_SIZE = 15
    assert len(api.get("/api/kit/things/?limit=1000").json()["results"]) == 15
    with django_assert_num_queries(1):
        api.get("/api/kit/things/?limit=15&offset=45")


def test_cursor_pages(api):
    Group.objects.bulk_create(Group(name=f"open-{i:03}") for i in range(25))
    seen, url = [], "/api/kit/things/?cursor=&limit=10"
    while url:
        page = api.get(url).json()
        assert "count" not in page
        seen += [row["name"] for row in page["results"]]
        url = page["next"]
    assert sorted(seen) == [f"open-{i:03}" for i in range(25)]
    assert len(set(seen)) == 25


def test_groups_are_ones_own(signed_in, user, api):
    mine = Group.objects.create(name="mine")
    Group.objects.create(name="other")
    user.groups.add(mine)
    assert signed_in.get("/api/groups/").json()["results"] == [{"id": mine.pk, "name": "mine"}]
    api.credentials()
    assert api.get("/api/groups/").status_code == 401
    assert signed_in.post("/api/groups/", {"name": "x"}).status_code in (401, 403, 405)


def test_a_token_for_name_and_password(api, user):
    response = api.post("/api/token-auth/", {"username": "ada", "password": "Long-pass-9!"})
    assert response.json() == {"token": user.auth_token.key}
    assert api.post("/api/token-auth/", {"username": "ada", "password": "wrong"}).status_code == 400


@pytest.mark.parametrize("again", [False, True])
def test_guessing_ends_and_no_test_counts_for_another(api, user, again):
    wrong = {"username": "ada", "password": "wrong"}
    assert [api.post("/api/token-auth/", wrong).status_code for _ in range(6)] == [400] * 5 + [429]
    assert api.post("/api/token-auth/", {"username": "ada", "password": "Long-pass-9!"}).status_code == 429


def test_tokens_expire_and_are_replaced(api, signed_in, user, settings):
    settings.TOM_API_TOKEN_EXPIRY_DAYS = 30
    assert signed_in.get("/api/groups/").status_code == 200
    old = user.auth_token.key
    type(user.auth_token).objects.update(created=timezone.now() - timezone.timedelta(days=31))
    response = signed_in.get("/api/groups/")
    assert response.status_code == 401
    assert "expired" in response.json()["detail"]
    api.credentials()
    new = api.post("/api/token-auth/", {"username": "ada", "password": "Long-pass-9!"}).json()["token"]
    assert new != old


def test_tokens_may_need_a_second_factor(api, user, settings):
    settings.TOM_API_TOKEN_REQUIRES_MFA = True
    assert api.post("/api/token-auth/", {"username": "ada", "password": "Long-pass-9!"}).status_code == 403
    api.credentials(HTTP_AUTHORIZATION=f"Token {user.auth_token.key}")
    assert "second factor" in api.get("/api/groups/").json()["detail"]


def test_the_shared_router_keeps_the_first_of_a_basename(caplog, monkeypatch):
    from rest_framework.routers import DefaultRouter

    from tests.tom_common.urls_for_kit import ThingViewSet
    from tom_common.api_views import GroupViewSet

    monkeypatch.setattr(SharedAPIRootRouter, "shared_router", DefaultRouter())
    SharedAPIRootRouter().register("a", GroupViewSet, "one")
    with caplog.at_level(logging.WARNING):
        SharedAPIRootRouter().register("a", GroupViewSet, "one")
        assert not caplog.records
        SharedAPIRootRouter().register("b", ThingViewSet, "one")
    assert "one is taken" in caplog.text
    assert [entry[0] for entry in SharedAPIRootRouter.shared_router.registry] == ["a"]


def test_an_apps_broken_urls_are_reported_and_the_rest_stays_up(monkeypatch, caplog, tmp_path):
    (tmp_path / "brokenapp").mkdir()
    (tmp_path / "brokenapp" / "__init__.py").write_text("")
    (tmp_path / "brokenapp" / "urls.py").write_text("import no_such_module_at_all")
    monkeypatch.syspath_prepend(tmp_path)
    config = types.SimpleNamespace(name="brokenapp")
    monkeypatch.setattr(api_router.apps, "get_app_configs", lambda: [config, types.SimpleNamespace(name="tom_targets")])
    urls = collect_api_urls()
    assert urls
    assert "brokenapp" in api_router.collection_errors
    from tom_common.checks import check_api_urls

    assert check_api_urls()[0].id == "tom_common.W008"
    api_router.collection_errors.clear()
    sys.modules.pop("brokenapp", None)


def test_the_api_is_described_without_anything_from_elsewhere(client, user):
    client.force_login(user)
    response = client.get("/api/schema/?format=json")
    assert response.status_code == 200
    assert response.json()["openapi"].startswith("3.")
    assert "/api/targets/" in response.json()["paths"]
    page = client.get("/api/docs/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "/api/targets/" in text
    assert "//cdn" not in text
