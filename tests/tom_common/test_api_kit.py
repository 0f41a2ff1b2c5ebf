"""The kit that every viewset stands on: errors, versions of rows, many rows at once, rates, cursors, fields, JSON read strictly."""

import base64
import json

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from tests.tom_common.urls_for_kit import ThingViewSet

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tom_common.urls_for_kit"), pytest.mark.database]
URL = "/api/kit/things/"


@pytest.fixture
def user(django_user_model):
    return django_user_model.objects.create_user("ada", "ada@example.org", "Long-pass-9!")


@pytest.fixture
def api(user):
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {user.auth_token.key}")
    return client


@pytest.fixture
def mine(user):
    group = Group.objects.create(name="open-mine")
    user.groups.add(group)
    return group


# --- errors -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type", "accept", "status", "code"),
    [
        ("post", URL, b"{", "application/json", "*/*", 400, "parse_error"),
        ("post", URL, b'{"name": NaN}', "application/json", "*/*", 400, "parse_error"),
        ("post", URL, b"[" * 100_000, "application/json", "*/*", 400, "parse_error"),
        ("post", URL, b'{"name": "\\u0000"}', "application/json", "*/*", 400, "parse_error"),
        ("post", URL, b'{"name": "\\ud800"}', "application/json", "*/*", 400, "parse_error"),
        ("post", URL, b"\xff\xfe", "application/json", "*/*", 400, "parse_error"),
        ("get", f"{URL}999/", None, None, "*/*", 404, "not_found"),
        ("get", f"{URL}99999999999999999999999999/", None, None, "*/*", 404, "not_found"),
        ("get", f"{URL}%00/", None, None, "*/*", 404, "not_found"),
        ("put", URL, b"{}", "application/json", "*/*", 405, "method_not_allowed"),
        ("get", URL, None, None, "image/png", 406, "not_acceptable"),
        ("post", URL, b"<a/>", "application/xml", "*/*", 415, "unsupported_media_type"),
        ("get", f"{URL}?cursor=nonsense", None, None, "*/*", 400, "parse_error"),
    ],
)
def test_one_shape(api, method, path, body, content_type, accept, status, code):
    answer = api.generic(method.upper(), path, body or b"", content_type=content_type or "application/json", headers={"accept": accept})
    assert answer.status_code == status, answer.content
    said = json.loads(answer.content)
    assert set(said) == {"detail", "code"}
    assert said["code"] == code


def test_a_place_is_named_in_json(api):
    assert "line 2 column" in api.generic("POST", URL, b'{"name":\n "a",,}', content_type="application/json").json()["detail"]
    said = api.generic("POST", URL, b'{"name": [{"x": "\\u0000"}]}', content_type="application/json").json()["detail"]
    assert "name[0].x" in said


def test_too_large(api, settings):
    settings.TOM_API_MAX_BODY_BYTES = 100
    answer = api.post(URL, {"name": "x" * 200}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_the_limit_of_forms_is_none_of_json(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = api.post(URL, {"name": "x" * 200_000}, format="json")
    assert (answer.status_code, list(answer.json())) == (400, ["name"])


def test_an_error_of_ours_tells_nothing(api, monkeypatch, caplog):
    def fail(*args):
        raise RuntimeError("the secret reason")

    monkeypatch.setattr(ThingViewSet, "perform_create", fail)
    answer = api.post(URL, {"name": "x"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    assert b"secret" not in answer.content
    assert "the secret reason" in caplog.text


def test_an_error_of_ours_is_seen_by_tests_and_reporters(api, monkeypatch):
    monkeypatch.setattr(ThingViewSet, "perform_create", lambda *args: 1 / 0)
    api.handler.raise_request_exception = api.raise_request_exception = True
    with pytest.raises(ZeroDivisionError):
        api.post(URL, {"name": "x"}, format="json")


@pytest.mark.parametrize("number", [2**63, 10**30])
def test_numbers_beyond_the_database(api, mine, number):
    assert api.get(f"{URL}?offset={number}").json()["results"] == []
    assert len(api.get(f"{URL}?limit={number}").json()["results"]) == 1
    assert api.get(f"{URL}?limit={number}&cursor=").status_code == 200
    cursor = base64.urlsafe_b64encode(json.dumps([0, [number]]).encode()).decode()
    assert api.get(f"{URL}?cursor={cursor}").status_code == 400


@pytest.mark.parametrize("query", ["limit=-1", "limit=x", "offset=-5", "offset=x", "limit=0"])
def test_a_page_asked_for_in_nonsense_is_the_first_one(api, mine, query):
    assert len(api.get(f"{URL}?{query}").json()["results"]) == 1


# --- versions -----------------------------------------------------------------------------------------------------------------


def test_a_row_that_has_not_changed_is_not_sent_again(api, mine):
    first = api.get(f"{URL}{mine.pk}/")
    assert first["ETag"].startswith('"')
    assert {"Authorization", "Cookie", "Accept"} <= {word.strip() for word in first["Vary"].split(",")}
    for tag in (first["ETag"], f"W/{first['ETag']}", f'"other", {first["ETag"]}', "*"):
        again = api.get(f"{URL}{mine.pk}/", headers={"if-none-match": tag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert api.head(f"{URL}{mine.pk}/")["ETag"] == first["ETag"]
    Group.objects.filter(pk=mine.pk).update(name="open-new")
    assert api.get(f"{URL}{mine.pk}/", headers={"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("method", ["patch", "put", "delete"])
def test_an_old_version_is_not_overwritten(api, mine, method):
    old = api.get(f"{URL}{mine.pk}/")["ETag"]
    Group.objects.filter(pk=mine.pk).update(name="open-meanwhile")
    for tag in (old, '"nonsense"', "nonsense", f"W/{api.get(f'{URL}{mine.pk}/')['ETag']}"):
        refused = getattr(api, method)(f"{URL}{mine.pk}/", {"name": "open-late"}, format="json", headers={"if-match": tag})
        assert (refused.status_code, refused.json()["code"]) == (412, "changed_meanwhile"), tag
    assert Group.objects.get().name == "open-meanwhile"
    new = api.get(f"{URL}{mine.pk}/")["ETag"]
    done = getattr(api, method)(f"{URL}{mine.pk}/", {"name": "open-late"}, format="json", headers={"if-match": new})
    assert done.status_code in (200, 204)
    if method != "delete":
        assert done["ETag"] == api.get(f"{URL}{mine.pk}/")["ETag"] != new


def test_a_version_may_be_asked_for(api, mine, settings):
    settings.TOM_API_REQUIRE_IF_MATCH = True
    refused = api.patch(f"{URL}{mine.pk}/", {"name": "open-x"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (428, "if_match_needed")
    assert api.patch(f"{URL}{mine.pk}/", {"name": "open-x"}, format="json", headers={"if-match": "*"}).status_code == 200


def test_a_hidden_row_has_no_version(api):
    hidden = Group.objects.create(name="hidden")
    for key in (hidden.pk, 10**9):
        answer = api.patch(f"{URL}{key}/", {"name": "x"}, format="json", headers={"if-match": '"x"'})
        assert (answer.status_code, "ETag" in answer) == (404, False)


def test_a_new_row_says_where_it_is_and_which_version(api):
    made = api.post(URL, {"name": "open-a"}, format="json")
    assert made["Location"].endswith(f"{URL}{made.json()['id']}/")
    assert made["ETag"] == api.get(made["Location"])["ETag"]


# --- fields -------------------------------------------------------------------------------------------------------------------


def test_only_some_fields(api, mine):
    assert api.get(f"{URL}?fields=name").json()["results"] == [{"name": "open-mine"}]
    one = api.get(f"{URL}{mine.pk}/?fields=id")
    assert (one.json(), "ETag" in one) == ({"id": mine.pk}, False)
    wrong = api.get(f"{URL}?fields=nmae")
    assert wrong.status_code == 400
    assert "nmae" in wrong.json()["fields"][0]


def test_unknown_fields_are_told_or_refused(api, mine, settings):
    made = api.post(URL, {"id": 5, "name": "open-b", "colour": "red"}, format="json")
    assert (made.status_code, made.json()["ignored"]) == (201, ["colour"])
    assert "ignored" not in api.post(URL, {"id": 5, "name": "open-c"}, format="json").json()
    refused = api.patch(f"{URL}{mine.pk}/", {"nmae": "x"}, format="json")
    assert (refused.status_code, refused.json()) == (400, {"nmae": ["There is no such field."]})
    # what was read can be sent back as it is
    read = {**api.get(f"{URL}{mine.pk}/").json(), "message": "Done."}
    assert api.put(f"{URL}{mine.pk}/", read, format="json").status_code == 200
    settings.TOM_API_STRICT_FIELDS = True
    assert api.post(URL, {"name": "open-d", "colour": "red"}, format="json").status_code == 400
    assert not Group.objects.filter(name="open-d").exists()


# --- many at once -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [list, lambda rows: {"items": rows}])
def test_many_rows(api, wrap):
    made = api.post(f"{URL}bulk/", wrap([{"name": f"open-{i}"} for i in range(3)]), format="json")
    assert made.status_code == 201, made.content
    assert (made.json()["created"], made.json()["errors"]) == (3, [])
    assert [row["name"] for row in made.json()["results"]] == ["open-0", "open-1", "open-2"]


def test_many_rows_all_or_nothing_or_the_good_ones(api):
    rows = [{"name": "open-1"}, {}, {"name": "bad"}, {"name": "open-2"}]
    refused = api.post(f"{URL}bulk/", rows, format="json")
    assert refused.status_code == 400
    assert refused.json()["errors"] == [{"index": 1, "errors": {"name": ["This field is required."]}}]
    assert refused.json()["code"] == "invalid"
    refused = api.post(f"{URL}bulk/", [rows[0], rows[2]], format="json")
    assert refused.json()["errors"] == [{"index": 1, "errors": {"name": ["is bad (choose another)"]}}]
    assert not Group.objects.exists()
    made = api.post(f"{URL}bulk/?partial=true", rows, format="json")
    assert (made.status_code, made.json()["created"]) == (201, 2)
    assert [error["index"] for error in made.json()["errors"]] == [1, 2]
    assert set(Group.objects.values_list("name", flat=True)) == {"open-1", "open-2"}


@pytest.mark.parametrize(
    ("body", "status"), [([], 400), ({}, 400), ({"items": "x"}, 400), ([1], 400), ("x", 400), ([{"name": "a"}] * 4, 413)]
)
def test_many_rows_that_are_none_or_too_many(api, settings, body, status):
    settings.TOM_API_BULK_LIMIT = 3
    assert api.post(f"{URL}bulk/", body, format="json").status_code == status
    assert not Group.objects.exists()


def test_many_rows_only_from_who_may(api):
    assert APIClient().post(f"{URL}bulk/", [{"name": "open-1"}], format="json").status_code == 401
    assert api.get(f"{URL}bulk/").status_code == 405


# --- pages --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ordering", ["", "name", "-name", "-id"])
def test_cursors_go_there_and_back(api, ordering):
    Group.objects.bulk_create(Group(name=f"open-{i * 7 % 25:02}") for i in range(25))
    url, pages = f"{URL}?cursor=&limit=10&ordering={ordering}", []
    while url:
        page = api.get(url)
        pages.append(page.json())
        url = page.json()["next"]
        assert (f'<{url}>; rel="next"' in page.get("Link", "")) == bool(url)
    names = [[row["name"] for row in page["results"]] for page in pages]
    assert [len(page) for page in names] == [10, 10, 5]
    flat = [name for page in names for name in page]
    assert len(set(flat)) == 25
    if "name" in ordering:
        assert flat == sorted(flat, reverse=ordering.startswith("-"))
    back = pages[-1]["previous"]
    found = []
    while back:
        page = api.get(back).json()
        found.insert(0, [row["name"] for row in page["results"]])
        back = page["previous"]
    assert found == names[:2]


def test_a_cursor_keeps_its_place_when_rows_come_and_go(api):
    Group.objects.bulk_create(Group(name=f"open-{i:02}") for i in range(10))
    first = api.get(f"{URL}?cursor=&limit=4&ordering=name").json()
    Group.objects.filter(name__in=["open-00", "open-03"]).delete()
    Group.objects.create(name="open-001")
    second = api.get(first["next"]).json()
    assert [row["name"] for row in second["results"]] == ["open-04", "open-05", "open-06", "open-07"]


def test_order_by_what_is_not_offered(api):
    wrong = api.get(f"{URL}?ordering=permissions")
    assert wrong.status_code == 400
    assert "permissions" in wrong.json()["ordering"][0]


# --- rates --------------------------------------------------------------------------------------------------------------------


def test_nothing_is_limited_unless_named(api, mine):
    assert {api.get(URL).status_code for _ in range(30)} == {200}


def test_rates(api, mine, settings, django_user_model):
    settings.TOM_API_RATES = {"anonymous": "2/min", "token": "4/min", "write": "1/min", "heavy": "1/hour"}
    visitor = APIClient()
    assert [visitor.get(URL).status_code for _ in range(3)] == [200, 200, 429]
    assert api.post(URL, {"name": "open-1"}, format="json").status_code == 201
    refused = api.post(URL, {"name": "open-2"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert 0 < int(refused["Retry-After"]) <= 60
    assert [api.get(URL).status_code for _ in range(3)] == [200, 200, 429]
    other = APIClient()
    other.force_login(django_user_model.objects.create_user("bob"))
    assert {other.get(URL).status_code for _ in range(9)} == {200}  # "user" is not named


# --- who asks -----------------------------------------------------------------------------------------------------------------


def with_password(password="Long-pass-9!", name="ada"):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Basic " + base64.b64encode(f"{name}:{password}".encode()).decode())
    return client


def with_header(value):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=value)
    return client


@pytest.mark.parametrize("keyword", ["Token", "token", "Bearer", "bearer"])
def test_a_token_under_either_word(user, keyword):
    assert with_header(f"{keyword} {user.auth_token.key}").get("/api/groups/").status_code == 200


@pytest.mark.parametrize(
    ("header", "reason"),
    [("Token wrong", "Invalid token"), ("Bearer wrong", "Invalid token"), ("Token", "No credentials"), ("Token a b", "should not contain spaces"),
     ("Bearer a.b.c", "not provided"), ("Basic !", "not correctly base64"), ("Basic YQ==", "not correctly base64"), ("Nonsense x", "not provided")],
)  # fmt: skip
@pytest.mark.parametrize("strategy", ["READ_ONLY", "LOCKED"])
def test_who_is_not_known_is_told_why(user, header, reason, settings, strategy):
    settings.AUTH_STRATEGY = strategy
    answer = with_header(header).get("/api/groups/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Token")
    said = answer.json()
    assert set(said) == {"detail", "code"}
    if strategy == "READ_ONLY" or "not provided" not in reason:
        assert reason in said["detail"]


def test_an_inactive_user(user):
    user.is_active = False
    user.save()
    answer = with_header(f"Token {user.auth_token.key}").get("/api/groups/")
    assert (answer.status_code, "WWW-Authenticate" in answer) == (401, True)
    assert "inactive" in answer.json()["detail"]
    assert with_password().get("/api/groups/").status_code == 401


@pytest.mark.parametrize(
    "classes", ["rest_framework.authentication.BasicAuthentication", "tom_common.accounts.api_auth.TomBasicAuthentication"]
)
def test_passwords_are_not_guessed_by_basic_login(user, monkeypatch, classes):
    from django.utils.module_loading import import_string

    from tom_common.api_views import GroupViewSet

    monkeypatch.setattr(GroupViewSet, "authentication_classes", [import_string(classes)])
    assert with_password().get("/api/groups/").status_code == 200
    assert {with_password("wrong").get("/api/groups/").status_code for _ in range(5)} == {401}
    assert with_password().get("/api/groups/").status_code in (401, 429)


def test_sessions_need_their_csrf_token_to_write(user):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.get("/api/groups/").status_code == 200
    refused = client.post(URL, {"name": "open-x"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert "CSRF" in refused.json()["detail"]
    key = client.get("/api/docs/") and client.cookies.get("csrftoken")
    if key is not None:
        assert client.post(URL, {"name": "open-x"}, format="json", headers={"x-csrftoken": key.value}).status_code == 201


@pytest.mark.parametrize("how", ["password", "session"])
def test_an_account_that_lacks_something(user, settings, how):
    settings.TOM_TERMS_OF_SERVICE_VERSION = "3"
    assert with_header(f"Token {user.auth_token.key}").get("/api/groups/").status_code == 200, "a program cannot accept terms"
    client = {"password": with_password, "session": APIClient}[how]()
    if how == "session":
        client.force_login(user)
    answer = client.get("/api/groups/")
    assert (answer.status_code, answer.json()["code"]) == (403, "account_incomplete")
    assert "terms" in answer.json()["detail"]
    user.terms_acceptances.create(version="3")
    assert client.get("/api/groups/").status_code == 200


def test_a_locked_tom_opens_to_a_token(user, settings):
    settings.AUTH_STRATEGY = "LOCKED"
    answer = APIClient().get(URL)
    assert (answer.status_code, answer.json()["code"], "WWW-Authenticate" in answer) == (401, "not_authenticated", True)
    assert APIClient().get("/api/docs/").status_code in (302, 401)
    assert with_header(f"Token {user.auth_token.key}").get(URL).status_code == 200


@pytest.mark.parametrize("path", ["/api/nothing/", "/api/kit/nothing/1/2/"])
def test_no_such_address(path):
    answer = APIClient().get(path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found.", "code": "not_found"})


# --- in a browser -------------------------------------------------------------------------------------------------------------


def test_the_page_of_an_answer(user, mine, django_assert_max_num_queries):
    client = APIClient()
    client.force_login(user)
    page = client.get(f"{URL}{mine.pk}/", headers={"accept": "text/html"})
    text = page.content.decode()
    assert "bootstrap.min.css" in text
    assert "tom_common/css/main.css" in text
    assert 'data-method="PATCH"' in text
    assert "&quot;name&quot;: &quot;open-mine&quot;" in text
    assert "DELETE" in text
    visitors = APIClient().get(URL, headers={"accept": "text/html"}).content.decode()
    assert "<textarea" not in visitors
    root = client.get("/api/", headers={"accept": "text/html"}).content.decode()
    assert "/api/docs/" in root
    assert "rest_framework/css" not in root
