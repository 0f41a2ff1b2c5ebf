"""What frames every page: navigation, messages, hints, error pages."""

import re

import pytest
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpResponse, HttpResponseNotAllowed
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import include, path, reverse

from tom_common.errors import InvalidInputError, RowError, TomError
from tom_common.messages_shown import grouped


def fail(request, status=500):
    if status == 500:
        raise RuntimeError("secret of the house")
    if status == 405:
        return HttpResponseNotAllowed(["POST"])
    if status == 400:
        raise InvalidInputError(errors=[RowError(3, "ra", "x", "no angle", "Write degrees.")])
    if status == 503:
        error = TomError("The archive does not answer.")
        error.status = 503
        raise error
    return HttpResponse(status=status)


urlpatterns = [path("fail/<int:status>/", fail, name="fail"), path("", include("tom_common.urls"))]


# --- error pages ---------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "row 3, ra: no angle"),
        (405, "use that one"),
        (413, "larger than this TOM takes"),
        (429, "Wait a few minutes"),
        (503, "The archive does not answer"),
    ],
)
def test_an_error_says_what_went_wrong_and_the_way_on(client_of, member, status, said):
    for user in (None, member):
        answer = client_of(user).get(reverse("fail", args=[status]))
        page = answer.content.decode()
        assert answer.status_code == status
        assert said in page
        assert 'href="/"' in page
        assert ("tom-navbar" in page) is (status in (400, 503))
    part = client_of(member).get(reverse("fail", args=[status]), headers={"HX-Request": "true"})
    assert "tom-navbar" not in part.content.decode()
    assert "data-error" in part.content.decode()
    assert said in part.content.decode()


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_refused_method_keeps_its_header(client):
    answer = client.get(reverse("fail", args=[405]))
    assert answer["Allow"] == "POST"
    assert client.head(reverse("fail", args=[405])).content == b""


@pytest.mark.urls(__name__)
def test_the_page_of_a_fault_of_ours_asks_no_database_and_tells_nothing(client):
    """No django_db mark: any query would fail here."""
    client.raise_request_exception = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tom_common.middleware.AccountRequirementsMiddleware.__call__", lambda self, request: self.get_response(request))
        patch.setattr("django.contrib.auth.middleware.AuthenticationMiddleware.process_request", lambda self, request: None)
        patch.setattr("tom_common.middleware.AuthStrategyMiddleware.__call__", lambda self, request: self.get_response(request))
        patch.setattr("tom_common.middleware.Raise403Middleware.__call__", lambda self, request: self.get_response(request))
        answer = client.get("/fail/500/")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "Something went wrong here" in page
    assert "secret" not in page


@pytest.mark.parametrize("name", ["400.html", "403_csrf.html", "429.html", "500.html", "503.html"])
def test_pages_that_need_nothing(name):
    page = render_to_string(name)
    assert re.search(r'error-code num">\d{3}<', page)
    assert 'href="/"' in page
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)


@pytest.mark.django_db
def test_a_form_without_its_token_is_told_so(db, member):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    answer = client.post(reverse("home-layout"), {"order": "a"})
    assert answer.status_code == 403
    assert "nothing was changed" in answer.content.decode()


@pytest.mark.django_db
def test_a_missing_page_offers_a_way_on(client_of, member):
    page = client_of(member).get("/nowhere/").content.decode()
    assert reverse("targets:list") in page.split("<main")[1]
    assert reverse("login") in client_of(None).get("/nowhere/").content.decode().split("<main")[1]


# --- messages ------------------------------------------------------------------------------------------------------------
def said(*texts, level=messages.INFO, tags=""):
    return [Message(level, text, tags) for text in texts]


def shown(found):
    return Template("{% include 'tom_common/partials/messages.html' %}").render(Context({"messages": found}))


def test_many_messages_of_a_kind_are_one():
    found = [*said(*[f"Row {number}" for number in range(200)], level=messages.ERROR), *said("Saved", level=messages.SUCCESS)]
    groups = grouped(found)
    assert [(group.tag, len(group.messages), group.is_toast) for group in groups] == [("error", 200, False), ("success", 1, True)]
    html = shown(found)
    assert html.count('class="alert ') == 2
    assert "197 more" in html
    assert html.index("Row 2<") < html.index("<details>") < html.index("Row 3<")


def test_few_messages_stand_alone():
    html = shown(said("One", "Two", "Three"))
    assert html.count('class="alert ') == 3
    assert html.count('role="status"') == 3


def test_a_message_of_hundreds_of_names_is_folded():
    html = shown(said("Targets " + ", ".join(f"AT2020{number}" for number in range(300)), level=messages.SUCCESS))
    assert "<details" in html
    assert "data-toast" not in html
    assert "AT2020299" in html


def test_messages_are_escaped_and_tell_their_kind():
    html = shown([*said("<script>x</script>", level=messages.WARNING), *said("Look here", tags="hint")])
    assert "&lt;script&gt;" in html
    assert 'role="alert"' in html
    assert "bi-lightbulb" in html
    assert "<strong>Hint</strong>" in html
    assert shown([]).strip() == ""


# --- navigation ----------------------------------------------------------------------------------------------------------
def navigation(path, user=None):
    from django.contrib.auth.models import AnonymousUser

    request = RequestFactory().get(path)
    request.user = user or AnonymousUser()
    return render_to_string("tom_common/navbar_content.html", {"user": request.user}, request)


@pytest.mark.django_db
def test_the_order_of_the_contract(member):
    page = navigation("/", member)
    entries = [
        "Home", "Targets", "Target Grouping", "Target Selection", "Observations", "Observation Groups", "Observation Templates", "Facility Status", "Data",
        "Alerts", "Users",
    ]  # fmt: skip
    places = [page.index(f">{entry}</a>") for entry in entries]
    assert places == sorted(places)
    assert page.index("bi-person") > places[-1]
    assert page.index("Logout") > page.index("bi-person")
    for item in ("dummy",):
        assert places[8] < page.index(item), "what apps add comes after the data"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "active"),
    [("/", ["Home"]), ("/targets/", ["Targets", "Targets"]), ("/targets/5/", ["Targets"]), ("/observations/5/", ["Observations"]), ("/dataproducts/data/", ["Data"]),
     ("/other/targets/", []), ("/users/", ["Users"]), ("/users/profile/", ["member"])],
)  # fmt: skip
def test_where_one_is(member, path, active):
    page = navigation(path, member)
    found = [re.sub(r"<[^>]+>", "", text).strip() for text in re.findall(r'class="[^"]*\bactive\b[^"]*"[^>]*>(.*?)</a>', page, re.S)]
    assert found == active


@pytest.mark.django_db
def test_the_search_field_offers_what_one_may_see(client_of, member, members, stranger):
    from guardian.shortcuts import assign_perm

    from tom_targets.models import Target, TargetName

    hidden = Target.objects.create(name="AT 2020 secret", type="SIDEREAL", ra=1, dec=2, permissions="PRIVATE")
    open_ = Target.objects.create(name="AT2020open", type="SIDEREAL", ra=1, dec=2, permissions="OPEN")
    TargetName.objects.create(target=open_, name="ZTF20abc")
    assign_perm("tom_targets.view_target", members, hidden)
    url = reverse("name-suggest")

    def offered(user, text):
        return [one["label"] for one in client_of(user).get(url, {"name": text}).json()["suggestions"]]

    assert offered(member, "at2020") == ["AT2020open", "AT 2020 secret"]
    assert offered(stranger, "AT-2020") == offered(None, "at 2020") == ["AT2020open"]
    assert client_of(None).get(url, {"name": "ztf"}).json()["suggestions"] == [
        {"label": "AT2020open", "url": open_.get_absolute_url(), "detail": "ZTF20abc"}
    ]
    for text in ("", "a", "%", "\x00\x00", "x" * 5000, "at2020'; --"):
        assert offered(member, text) == []
