"""Looking at the TOM as a group or a visitor: what is seen is what such a person sees, and nothing can be changed."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.urls import reverse
from guardian.shortcuts import assign_perm

from tests.projects.walk import addresses
from tests.safety.conftest import make_world, scrubbed
from tom_common.models import GroupManager, HistoryEvent
from tom_common.services import view_as
from tom_targets.models import Target

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return Group.objects.create(name="team")


@pytest.fixture
def plain(team):
    """A plain member of the team alone."""
    user = User.objects.create_user("plain")
    user.groups.add(team)
    return user


@pytest.fixture
def manager(team):
    """Manages the team; sees more than it through another group and in person."""
    user = User.objects.create_user("manager")
    user.groups.add(team, Group.objects.create(name="other team"))
    GroupManager.objects.create(user=user, group=team)
    return user


@pytest.fixture
def targets(team, manager):
    made = {
        name: Target.objects.create(name=name, type="SIDEREAL", ra=10.0, dec=20.0, permissions=permissions)
        for name, permissions in [("of-team", "PRIVATE"), ("of-other", "PRIVATE"), ("in-person", "PRIVATE"), ("hidden", "PRIVATE"),
                                  ("public", "PUBLIC"), ("open", "OPEN")]
    }  # fmt: skip
    assign_perm("tom_targets.view_target", team, made["of-team"])
    assign_perm("tom_targets.view_target", Group.objects.get(name="other team"), made["of-other"])
    assign_perm("tom_targets.view_target", manager, made["in-person"])
    return made


def look(client, group=None):
    return client.post(reverse("view-as-start"), {"group": group.pk} if group is not None else {"visitor": "1"})


def listed(client):
    page = client.get(reverse("targets:list")).content.decode()
    return {name for name in ("of-team", "of-other", "in-person", "hidden", "public", "open") if f">{name}<" in page}


def by_api(client):
    return {row["name"] for row in client.get("/api/targets/").json()["results"]}


def test_a_manager_looks_as_the_group_and_back(client_of, manager, team, targets):
    client = client_of(manager)
    assert listed(client) == {"of-team", "of-other", "in-person", "public", "open"}
    assert look(client, team)["Location"] == "/"
    assert listed(client) == by_api(client) == {"of-team", "public", "open"}
    assert client.get(targets["of-other"].get_absolute_url()).status_code == 404
    assert client.get(targets["of-team"].get_absolute_url()).status_code == 200
    page = client.get("/").content.decode()
    assert "You see the TOM as" in page
    assert "a plain member of team" in page
    assert client.post(reverse("view-as-stop"))["Location"] == "/"
    assert listed(client) == {"of-team", "of-other", "in-person", "public", "open"}
    assert "You see the TOM as" not in client.get("/").content.decode()


def test_a_superuser_looks_as_a_group_and_as_a_visitor(client_of, boss, team, targets):
    client = client_of(boss)
    look(client, team)
    assert listed(client) == by_api(client) == {"of-team", "public", "open"}
    assert client.get(reverse("user-create")).status_code == 403
    assert client.get("/admin/").status_code == 302
    look(client)
    assert listed(client) == by_api(client) == {"open"}
    assert client.get(targets["public"].get_absolute_url())["Location"].startswith("/accounts/login/")
    assert client.get("/api/groups/").status_code == 401
    assert b"You see the TOM as" in client.get(reverse("login")).content
    client.post(reverse("view-as-stop"))
    assert len(listed(client)) == 6


@pytest.mark.parametrize("who", ["stranger", "member", "plain", "visitor"])
def test_others_may_not(who, request, client_of, team):
    user = request.getfixturevalue(who)
    client = client_of(user)
    for group in (team, None):
        answer = look(client, group)
        if who == "visitor":
            assert answer["Location"].startswith("/accounts/login/")
        else:
            assert answer.status_code == (404 if who in ("stranger", "member") and group is not None else 403)
    assert view_as.SESSION_KEY not in client.session


def test_a_manager_looks_only_as_groups_they_manage_and_belong_to(client_of, manager, team):
    client = client_of(manager)
    assert look(client, Group.objects.get(name="other team")).status_code == 403
    assert look(client, Group.objects.create(name="third")).status_code == 404
    manager.groups.remove(team)
    assert look(client, team).status_code == 404


def test_a_look_ends_when_the_right_to_it_does(client_of, manager, team, targets):
    client = client_of(manager)
    look(client, team)
    GroupManager.objects.all().delete()
    assert listed(client) == {"of-team", "of-other", "in-person", "public", "open"}
    assert view_as.SESSION_KEY not in client.session
    GroupManager.objects.create(user=manager, group=team)
    look(client, team)
    team.delete()
    assert "You see the TOM as" not in client.get("/").content.decode()


WRITES = [
    ("post", "targets:create"), ("post", "targets:import"), ("post", "group-create"), ("post", "reveal-api-token"), ("post", "login"),
    ("post", "api:targets-list"), ("put", "api:targets-list"), ("patch", "api:targets-list"), ("delete", "api:targets-list"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "name"), WRITES)
@pytest.mark.parametrize("as_group", [True, False])
def test_nothing_can_be_changed(client_of, boss, team, method, name, as_group):
    client = client_of(boss)
    look(client, team if as_group else None)
    answer = getattr(client, method)(reverse(name), {"name": "New", "type": "SIDEREAL", "ra": 1, "dec": 1})
    assert answer.status_code == 403
    assert "nothing can be changed" in answer.content.decode()
    assert not Target.objects.filter(name="New").exists()


@pytest.mark.parametrize("name", ["user-profile", "account_email", "account_change_password", "mfa_activate_totp", "mfa_index"])
def test_ones_own_account_is_not_shown_meanwhile(client_of, boss, team, name):
    client = client_of(boss)
    look(client, team)
    answer = client.get(reverse(name))
    assert answer.status_code == 403
    assert "your own account" in answer.content.decode()


def test_logging_out_works_and_ends_it(client_of, boss, team):
    client = client_of(boss)
    look(client, team)
    assert client.post(reverse("logout")).status_code == 302
    assert client.get(reverse("user-list"))["Location"].startswith("/accounts/login/")
    client.force_login(boss)
    assert "You see the TOM as" not in client.get("/").content.decode()


def test_a_token_is_its_users_whatever_the_session_looks_as(client_of, boss, team, targets):
    client = client_of(boss)
    look(client, team)
    answer = client.get("/api/targets/", headers={"Authorization": f"Token {boss.auth_token.key}"})
    assert len(answer.json()["results"]) == 6


def test_it_is_written_down(client_of, boss, team, caplog):
    client = client_of(boss)
    with caplog.at_level("INFO", logger="tom_common.security"):
        look(client, team)
        client.get("/")
        client.post(reverse("view-as-stop"))
        client.post(reverse("view-as-stop"))
    events = HistoryEvent.objects.filter(object_type="auth.group", object_id=str(team.pk)).order_by("pk")
    assert [(event.verb, event.actor) for event in events] == [("view as", boss), ("view as oneself", boss)]
    assert "looks as 'a plain member of team'" in caplog.text
    assert "looks as themselves again" in caplog.text


def test_in_a_locked_tom_a_visitor_sees_the_login_page_and_the_way_back(client_of, boss, settings):
    settings.AUTH_STRATEGY = "LOCKED"
    client = client_of(boss)
    look(client)
    answer = client.get(reverse("targets:list"), follow=True)
    assert answer.redirect_chain[0][0].startswith("/accounts/login/")
    assert b"You see the TOM as" in answer.content
    assert client.get("/api/targets/").status_code == 401
    assert client.post(reverse("view-as-stop")).status_code == 302
    assert client.get(reverse("targets:list")).status_code == 200


def test_it_costs_nothing_when_nobody_looks(client_of, stranger, django_assert_num_queries):
    from tom_common.view_as import ViewAsMiddleware

    class Request:
        session = {}  # noqa: RUF012

    with django_assert_num_queries(0):
        ViewAsMiddleware(lambda request: None)(Request())


def test_it_is_not_begun_where_the_middleware_is_left_out(client_of, boss, team, settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "ViewAs" not in name]
    client = client_of(boss)
    look(client, team)
    assert view_as.SESSION_KEY not in client.session


def test_the_stand_in_is_no_account(team):
    user = view_as.stand_in(team)
    assert isinstance(user, User)
    assert (list(user.groups.all()), user.groups.count(), user.groups.exists()) == ([team], 1, True)
    assert not User.objects.filter(pk=user.pk).exists()
    with pytest.raises(view_as.NotAllowedError):
        user.save()
    with pytest.raises(view_as.NotAllowedError):
        user.delete()
    team.permissions.add(Permission.objects.get(codename="view_user"))
    assert view_as.stand_in(team).has_perm("auth.view_user")
    assert not view_as.stand_in(team).has_perm("auth.delete_user")
    assert isinstance(view_as.stand_in(None), AnonymousUser)


# --- everywhere ------------------------------------------------------------------------------------------------------------
# (whom one may mention are all but oneself)
OWN_PAGES = (
    "account_", "mfa_", "user-", "terms-accept", "group-", "log", "security-log", "reveal", "view-as", "comment-people", "dummy", "api:dummies",
)  # fmt: skip
# what asks outside services says how that went, and plots are of this moment
OUTSIDE = ("alerts:run", "dataservices:run", "observations:render-facility-status-list", "observations:create", "observations:redirect")


def seen(answer) -> tuple:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = scrubbed(body).decode(errors="replace")
    text = re.sub(r'<aside class="view-as".*?</aside>', "", text, flags=re.S)
    text = re.sub(r'<ul class="navbar-nav">.*?</header>', "", text, flags=re.S)
    text = re.sub(r"\b(member of group of )?(viewer|changer)\b", "whoever", text)
    return answer.status_code, re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("permissions", ["PRIVATE", "PUBLIC", "OPEN"])
@pytest.mark.parametrize("as_group", ["viewer", "changer", None])
def test_every_address_answers_as_it_would_to_a_plain_member(client_of, permissions, as_group):
    world = make_world(permissions)
    boss = world.people["superuser"]
    group = Group.objects.get(name=f"group of {as_group}") if as_group else None
    theirs, ours = client_of(world.people[as_group] if as_group else None), client_of(boss)
    look(ours, group)
    wrong, compared = [], 0
    for address in addresses(world.arguments):
        if address.name.startswith((*OWN_PAGES, *OUTSIDE)):
            continue
        one, two = seen(theirs.get(address.url)), seen(ours.get(address.url))
        if one != two:  # a page that shows the time may have been asked for on both sides of a second
            one, two = seen(theirs.get(address.url)), seen(ours.get(address.url))
        compared += 1
        if one != two:
            wrong.append((address.name, one[0], two[0], difference(one[1], two[1])))
    assert compared > 60
    assert not wrong


def difference(one: str, two: str) -> str:
    for number, (left, right) in enumerate(zip(one, two, strict=False)):
        if left != right:
            return f"...{one[max(0, number - 60) : number + 60]!r} / {two[max(0, number - 60) : number + 60]!r}"
    return f"{len(one)} / {len(two)}: {(one + two)[min(len(one), len(two)) :][:120]!r}"
