"""Groups with managers, the page of users, accounts and profiles."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from guardian.shortcuts import assign_perm

from tom_common.errors import ConflictError, InvalidInputError, NotAllowedError
from tom_common.models import GroupManager, HistoryEvent
from tom_common.services import groups as services
from tom_common.services import users as accounts
from tom_targets.models import Target
from tom_targets.policy import visible_to
from tom_targets.services import grants

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return Group.objects.create(name="team")


@pytest.fixture
def manager(team):
    user = User.objects.create_user("manager", first_name="Mary", last_name="Manager")
    user.groups.add(team)
    GroupManager.objects.create(user=user, group=team)
    return user


@pytest.fixture
def plain(team):
    user = User.objects.create_user("plain", first_name="Paul")
    user.groups.add(team)
    return user


@pytest.fixture
def newcomer(db):
    return User.objects.create_user("newcomer", first_name="Nora", last_name="Newcomer")


def names(group):
    return sorted(group.user_set.values_list("username", flat=True))


# --- services --------------------------------------------------------------------------------------------------------------
def test_members_are_added_and_removed_and_it_is_remembered(manager, team, plain, newcomer):
    assert services.add_members(actor=manager, group=team, users=[newcomer, plain]) == [newcomer]
    assert names(team) == ["manager", "newcomer", "plain"]
    assert services.remove_members(actor=manager, group=team, users=[newcomer]) == [newcomer]
    assert services.remove_members(actor=manager, group=team, users=[newcomer]) == []
    events = HistoryEvent.objects.filter(object_type="auth.group").order_by("pk")
    assert [(event.verb, event.actor_name, event.before, event.after) for event in events] == [
        ("add members", "manager", None, {"users": ["newcomer"]}),
        ("remove members", "manager", {"users": ["newcomer"]}, None),
    ]


@pytest.mark.parametrize("who", ["visitor", "stranger", "plain", "manager of another", "former manager", "sleeping manager"])
def test_nobody_else_changes_membership(request, who, team, manager, plain, newcomer):
    if who == "manager of another":
        actor = User.objects.create_user("neighbour")
        other = Group.objects.create(name="other")
        actor.groups.add(other, team)
        GroupManager.objects.create(user=actor, group=other)
    elif who == "former manager":
        actor = manager
        manager.groups.remove(team)  # by any code: the row of the manager is still there
        assert GroupManager.objects.exists()
    elif who == "sleeping manager":
        actor = manager
        actor.is_active = False
    else:
        actor = request.getfixturevalue(who)
    for verb in (services.add_members, services.remove_members):
        with pytest.raises(NotAllowedError):
            verb(actor=actor, group=team, users=[newcomer])
    second = User.objects.create_user("second")
    team.user_set.add(second)
    GroupManager.objects.create(user=second, group=team)
    for verb in (services.name_manager, services.dismiss_manager):
        with pytest.raises(NotAllowedError):
            verb(actor=actor, group=team, user=second)
    assert "newcomer" not in names(team)


def test_what_a_manager_may_not(manager, team, plain, stranger):
    second = User.objects.create_user("second")
    team.user_set.add(second)
    GroupManager.objects.create(user=second, group=team)
    with pytest.raises(NotAllowedError):
        services.remove_members(actor=manager, group=team, users=[plain, second])
    assert names(team) == ["manager", "plain", "second"], "nothing is done by half"
    with pytest.raises(NotAllowedError):
        services.name_manager(actor=manager, group=team, user=plain)
    with pytest.raises(NotAllowedError):
        services.delete_group(actor=manager, group=team)
    with pytest.raises(NotAllowedError):
        accounts.set_state(actor=manager, user=manager, state="promote")
    with pytest.raises(NotAllowedError):
        accounts.delete_user(actor=manager, user=plain)
    User.objects.filter(pk=stranger.pk).update(is_active=False)
    stranger.refresh_from_db()
    with pytest.raises(InvalidInputError):
        services.add_members(actor=manager, group=team, users=[stranger])


def test_superusers_name_managers_among_the_members(boss, team, plain, newcomer):
    with pytest.raises(ConflictError):
        services.name_manager(actor=boss, group=team, user=newcomer)
    services.name_manager(actor=boss, group=team, user=plain)
    services.name_manager(actor=boss, group=team, user=plain)
    assert services.may_manage(plain, team)
    assert services.manager_keys(team) == {plain.pk}
    services.dismiss_manager(actor=plain, group=team, user=plain)
    assert not services.may_manage(plain, team)
    services.name_manager(actor=boss, group=team, user=plain)
    services.remove_members(actor=boss, group=team, users=[plain])
    assert not GroupManager.objects.exists()
    services.add_members(actor=boss, group=team, users=[plain])
    assert not services.may_manage(plain, team), "who comes back is a plain member"
    assert [event.verb for event in HistoryEvent.objects.filter(object_type="auth.group").order_by("pk")] == [
        "name manager", "dismiss manager", "name manager", "remove members", "add members",
    ]  # fmt: skip


def test_what_members_see_follows_at_once_and_the_index_stays_right(manager, team, newcomer):
    target = Target.objects.create(name="Shared", type="SIDEREAL", ra=1.0, dec=2.0, permissions="PRIVATE")
    assign_perm("tom_targets.view_target", team, target)
    for _ in range(2):
        assert not visible_to(newcomer).exists()
        services.add_members(actor=manager, group=team, users=[newcomer])
        assert list(visible_to(newcomer)) == [target]
        assert grants.differences() == (set(), set())
        services.remove_members(actor=manager, group=team, users=[newcomer])
    assert not visible_to(newcomer).exists()
    team.delete()
    assert grants.differences() == (set(), set())


def test_finding_people(manager, team, plain, newcomer, boss, stranger, settings):
    User.objects.create_user("nora_asleep", is_active=False)

    def found(text, actor=manager):
        return [user.username for user in services.candidates(actor=actor, group=team, text=text)]

    assert found("nor") == ["newcomer"]
    assert found("Nora New") == ["newcomer"]
    assert found("plain") == [], "a member already"
    assert found("") == found("\x00") == []
    assert found("n", actor=plain) == []
    assert found("Anonymous") == []
    settings.TOM_HIDE_OTHER_USERS = True
    assert found("nor") == []
    assert found("NewComer") == ["newcomer"], "by the whole username"
    assert found("nor", actor=boss) == ["newcomer"]
    manager.user_permissions.add(Permission.objects.get(codename="view_user"))
    assert found("nor", actor=User.objects.get(pk=manager.pk)) == ["newcomer"]


# --- pages -----------------------------------------------------------------------------------------------------------------
OUTCOMES = {  # of the group's page, of adding and removing members, of naming managers
    "visitor": ("login", "login", "login"),
    "stranger": (404, 404, 404),
    "plain": (200, 403, 403),
    "manager": (200, 302, 403),
    "boss": (200, 302, 302),
}


@pytest.mark.parametrize("who", OUTCOMES)
def test_rights_on_the_page_of_a_group(request, client_of, who, team, manager, plain, newcomer):
    client = client_of(request.getfixturevalue(who))

    def outcome(answer):
        return "login" if answer.status_code == 302 and answer["Location"].startswith("/accounts/login/") else answer.status_code

    page, members, managers = OUTCOMES[who]
    url = reverse("group-members", args=[team.pk])
    assert outcome(client.get(reverse("group-detail", args=[team.pk]))) == page
    assert outcome(client.post(url, {"action": "add", "username": ["newcomer"]})) == members
    assert ("newcomer" in names(team)) is (members == 302)
    assert outcome(client.post(url, {"action": "name", "users": [plain.pk]})) == managers
    assert services.may_manage(plain, team) is (managers == 302)
    if who != "plain":  # one may step down oneself
        assert outcome(client.post(url, {"action": "dismiss", "users": [plain.pk]})) == managers
    assert outcome(client.post(url, {"action": "remove", "users": [newcomer.pk]})) == members
    assert "newcomer" not in names(team)
    assert Group.objects.filter(pk=team.pk).exists()
    for name in ("group-update", "group-delete"):
        assert outcome(client.post(reverse(name, args=[team.pk]), {"name": "taken over"})) in {
            "visitor": ["login"], "boss": [302]}.get(who, [403])  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [{}, {"action": "nonsense"}, {"action": "add"}, {"action": "add", "username": ["nobody\x00here", "x" * 500]},
     {"action": "remove", "users": ["9" * 40, "-1", "x", "٣"]}, {"action": "name", "users": ["999999"]}],
)  # fmt: skip
def test_nonsense_is_answered_in_words(client_of, boss, team, data):
    answer = client_of(boss).post(reverse("group-members", args=[team.pk]), data, follow=True)
    assert answer.status_code == 200
    assert names(team) == []


def test_a_manager_finds_and_adds_on_the_page(client_of, manager, team, newcomer):
    client = client_of(manager)
    url = reverse("group-detail", args=[team.pk])
    page = client.get(url, {"find": "nora"}).content.decode()
    assert 'name="username" value="newcomer"' in page
    assert "View as this group" in page
    assert "Make managers" not in page
    assert "Nobody" not in client.get(url, {"query": "mary"}).content.decode()
    partial = client.get(url, {"query": "mary"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in partial
    assert "manager" in partial


def test_a_manager_who_leaves_is_led_away(client_of, manager, team):
    answer = client_of(manager).post(reverse("group-members", args=[team.pk]), {"action": "remove", "users": [manager.pk]})
    assert answer["Location"] == reverse("user-list")
    assert names(team) == []


def test_plain_members_see_names_only_where_they_may(client_of, plain, manager, team, settings):
    url = reverse("group-detail", args=[team.pk])
    page = client_of(plain).get(url).content.decode()
    assert ">manager" in page
    assert "Add members" not in page
    assert 'name="users"' not in page
    settings.TOM_HIDE_OTHER_USERS = True
    assert ">manager" not in client_of(plain).get(url).content.decode()
    assert ">plain" in client_of(manager).get(url).content.decode(), "who manages a group knows who is in it"


def test_a_group_form_for_thousands_offers_its_members_only(client_of, boss, team, plain, monkeypatch):
    from tom_common.forms import groups as forms

    monkeypatch.setattr(forms, "OFFERED_AT_MOST", 2)
    for number in range(4):
        User.objects.create_user(f"user{number}")
    page = client_of(boss).get(reverse("group-update", args=[team.pk])).content.decode()
    assert "add others by name" in page
    assert page.count('name="users"') == 1
    other = User.objects.get(username="user3")
    assert client_of(boss).post(reverse("group-update", args=[team.pk]), {"name": "team", "users": [other.pk]}).status_code == 302
    assert names(team) == ["user3"], "keys that are not offered are taken all the same"
    assert client_of(boss).post(reverse("group-create"), {"name": " TEAM "}).status_code == 200
    assert Group.objects.filter(name__iexact="team").count() == 1


# --- the page of users -------------------------------------------------------------------------------------------------------
def test_the_users_page_filters_and_pages(client_of, boss, team, plain, newcomer):
    User.objects.bulk_create(User(username=f"user{number:03}", email=f"u{number}@example.org") for number in range(120))
    client = client_of(boss)
    page = client.get(reverse("user-list"))
    assert page.context["record_count"] == 123
    assert len(page.context["table"].paginated_rows) == 50
    assert [row.record.username for row in client.get(reverse("user-list"), {"query": "nora"}).context["table"].rows] == ["newcomer"]
    assert [row.record.username for row in client.get(reverse("user-list"), {"query": "u7@example"}).context["table"].rows] == ["user007"]
    assert [row.record.username for row in client.get(reverse("user-list"), {"group": team.pk}).context["table"].rows] == ["plain"]
    assert [row.record.username for row in client.get(reverse("user-list"), {"state": "superuser"}).context["table"].rows] == ["boss"]
    assert client.get(reverse("user-list"), {"sort": "-username", "page": 3}).status_code == 200
    partial = client.get(reverse("user-list"), {"query": "nora"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in partial
    assert "newcomer" in partial


@pytest.mark.parametrize("data", [{"state": "nonsense"}, {"group": "x"}, {"page": "x"}, {"sort": "password"}, {"query": "\x00%_'\""}])
def test_nonsense_in_a_filter_is_no_error(client_of, boss, data):
    assert client_of(boss).get(reverse("user-list"), data).status_code == 200


def test_others_cannot_filter_by_what_they_do_not_see(client_of, plain, manager, team, settings):
    client = client_of(plain)
    User.objects.filter(pk=manager.pk).update(email="secret@example.org", is_superuser=True)
    assert not list(client.get(reverse("user-list"), {"query": "secret@example"}).context["table"].rows)
    everybody = {row.record.username for row in client.get(reverse("user-list"), {"state": "superuser"}).context["table"].rows}
    assert everybody == {"plain", "manager"}, "the filter is not there for them"
    page = client.get(reverse("user-list")).content.decode()
    assert "secret@example.org" not in page
    assert "Superuser" not in page.split("<main", 1)[1]
    other = Group.objects.create(name="not theirs")
    assert "not theirs" not in page
    assert client.get(reverse("user-list"), {"group": other.pk}).status_code == 200


def test_view_user_shows_all_where_others_are_hidden(client_of, stranger, plain, settings):
    settings.TOM_HIDE_OTHER_USERS = True
    assert ">plain" not in client_of(stranger).get(reverse("user-list")).content.decode().split("<main", 1)[1]
    stranger.user_permissions.add(Permission.objects.get(codename="view_user"))
    assert ">plain" in client_of(stranger).get(reverse("user-list")).content.decode().split("<main", 1)[1]


def test_requirements_are_columns_asked_once_for_the_page(client_of, boss, plain, settings):
    settings.TOM_TERMS_OF_SERVICE_VERSION = "7"
    settings.TOM_REQUIRED_USER_FIELDS = ["first_name"]
    settings.TOM_ACCOUNT_REQUIREMENTS = ["tom_common.accounts.requirements.terms_of_service_accepted"]
    boss.terms_acceptances.create(version="7")
    client = client_of(boss)

    def count():
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            page = client.get(reverse("user-list"))
        assert page.status_code == 200
        return len(captured), page.content.decode()

    count()
    few, page = count()
    assert "Terms 7" in page
    assert page.count(">yes<") + page.count("yes</span>") >= 1
    for number in range(40):
        User.objects.create_user(f"user{number}").groups.add(Group.objects.create(name=f"g{number}"))
    assert count()[0] <= few


def test_a_page_of_a_project_may_still_use_the_tag(rf, boss, plain):
    from django.template import Context, Template

    request = rf.get("/somewhere/")
    request.user = boss
    text = Template("{% load user_extras %}{% user_list %}{% group_list %}").render(Context({"request": request, "user": boss}))
    assert "plain" in text
    assert "team" in text


# --- states and deletion -----------------------------------------------------------------------------------------------------
def test_accounts_are_shut_out_and_let_in(client_of, boss, plain, client):
    plain.set_password("a-long-phrase-1")
    plain.save()
    theirs = client_of(plain)
    assert theirs.get(reverse("user-profile")).status_code == 200
    url = reverse("user-state", args=[plain.pk])
    assert theirs.post(url, {"state": "promote"}).status_code == 403
    assert client_of(boss).post(url, {"state": "deactivate"})["Location"] == reverse("user-update", args=[plain.pk])
    assert theirs.get(reverse("user-profile")).status_code == 302
    assert not client.login(username="plain", password="a-long-phrase-1")
    client_of(boss).post(url, {"state": "activate"})
    client_of(boss).post(url, {"state": "promote"})
    plain.refresh_from_db()
    assert (plain.is_active, plain.is_superuser, plain.is_staff) == (True, True, True)
    client_of(boss).post(url, {"state": "demote"})
    plain.refresh_from_db()
    assert (plain.is_superuser, plain.is_staff) == (False, False)
    events = HistoryEvent.objects.filter(object_type="auth.user", object_id=str(plain.pk)).order_by("pk")
    assert [event.verb for event in events] == ["deactivate", "activate", "promote", "demote"]
    assert client_of(boss).post(url, {"state": "nonsense"}).status_code == 400
    assert client_of(boss).post(reverse("user-state", args=[987654]), {"state": "activate"}).status_code == 404


def test_the_last_superuser_stays_one(client_of, boss, plain):
    client = client_of(boss)
    for state in ("demote", "deactivate"):
        client.post(reverse("user-state", args=[boss.pk]), {"state": state})
        boss.refresh_from_db()
        assert boss.is_superuser
        assert boss.is_active
    assert "last superuser" in client.get(reverse("user-delete", args=[boss.pk])).content.decode()
    client.post(reverse("user-delete", args=[boss.pk]))
    assert User.objects.filter(pk=boss.pk).exists()
    User.objects.create_superuser("resting", is_active=False)
    client.post(reverse("user-delete", args=[boss.pk]))
    assert User.objects.filter(pk=boss.pk).exists(), "one who cannot log in does not count"
    User.objects.create_superuser("second")
    client.post(reverse("user-state", args=[boss.pk]), {"state": "demote"})
    boss.refresh_from_db()
    assert not boss.is_superuser


def test_the_administration_keeps_the_last_superuser_too(client_of, boss):
    client = client_of(boss)
    answer = client.post(f"/admin/auth/user/{boss.pk}/delete/", {"post": "yes"})
    assert answer.status_code in (200, 302, 403)
    assert User.objects.filter(pk=boss.pk).exists()
    client.post("/admin/auth/user/", {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"})
    assert User.objects.filter(pk=boss.pk).exists()
    data = {"username": "boss", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "is_active": "on",
            "profile-TOTAL_FORMS": "1", "profile-INITIAL_FORMS": "1", "profile-MIN_NUM_FORMS": "0", "profile-MAX_NUM_FORMS": "1",
            "profile-0-id": boss.profile.pk, "profile-0-user": boss.pk}  # fmt: skip
    page = client.post(f"/admin/auth/user/{boss.pk}/change/", data)
    boss.refresh_from_db()
    assert boss.is_superuser
    assert page.status_code == 200
    assert "last superuser" in page.content.decode()


def test_the_delete_page_says_what_goes_and_what_stays(client_of, boss, plain):
    from tom_observations.models import ObservationRecord

    target = Target.objects.create(name="Kept", type="SIDEREAL", ra=1.0, dec=2.0)
    assign_perm("tom_targets.view_target", plain, target)
    ObservationRecord.objects.create(target=target, user=plain, facility="Example", observation_id="1", status="PENDING", parameters={})
    hanging = {one.label: (one.count, one.goes) for one in accounts.what_hangs_on(plain)}
    assert hanging["profiles"] == (1, True)
    assert hanging["target user object permissions"] == (1, True)
    assert hanging["observation records"] == (1, False)
    page = client_of(boss).get(reverse("user-delete", args=[plain.pk])).content.decode()
    assert "Goes with the account" in page
    assert "Stays, without the name" in page
    assert User.objects.filter(pk=plain.pk).exists()


@pytest.mark.parametrize("name", ["user-update", "user-delete"])
def test_a_page_about_somebody_is_still_the_viewers(client_of, boss, plain, name):
    page = client_of(boss).get(reverse(name, args=[plain.pk]))
    assert page.context["user"] == boss
    assert page.context["object"] == plain
    if name == "user-update":
        assert 'value="deactivate"' in page.content.decode()
        assert 'value="promote"' in page.content.decode()
        own = client_of(plain).get(reverse(name, args=[plain.pk])).content.decode()
        assert 'name="state"' not in own
    else:
        assert "better deactivated" in page.content.decode()


# --- the profile --------------------------------------------------------------------------------------------------------------
def test_the_profile_says_with_whom_one_is_in_a_group(client_of, manager, plain, team, settings):
    page = client_of(plain).get(reverse("user-profile")).content.decode()
    assert "with manager; managed by manager" in " ".join(page.split())
    settings.TOM_HIDE_OTHER_USERS = True
    page = " ".join(client_of(plain).get(reverse("user-profile")).content.decode().split())
    assert "with 1 other" in page
    assert "managed by" not in page
    assert "You manage it" in client_of(manager).get(reverse("user-profile")).content.decode()


def test_the_profile_shows_ones_own_acts_only(client_of, boss, manager, team, newcomer, plain):
    services.add_members(actor=manager, group=team, users=[newcomer])
    assert "add members" in client_of(manager).get(reverse("user-profile")).content.decode()
    assert "add members" not in client_of(plain).get(reverse("user-profile")).content.decode()
    assert "Nothing yet" in client_of(plain).get(reverse("user-profile")).content.decode()


def test_apps_put_their_parts_on_the_profile(client_of, plain):
    from tom_common import panels

    panels.discover()
    broken = panels.Panel("broken", "Broken", "nowhere.html", lazy=False)
    panels.register_panel("profile", broken)
    try:
        page = client_of(plain).get(reverse("user-profile"))
        assert page.status_code == 200
        assert "Broken" in page.content.decode(), "a part that fails says so in its own place"
    finally:
        del panels._panels["profile"]["broken"]


def test_the_profile_costs_the_same_however_many_groups(client_of, plain, django_assert_max_num_queries):
    client = client_of(plain)
    client.get(reverse("user-profile"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("user-profile"))
    for number in range(12):
        group = Group.objects.create(name=f"g{number}")
        plain.groups.add(group)
        for other in range(3):
            User.objects.create_user(f"u{number}-{other}").groups.add(group)
    with django_assert_max_num_queries(len(few)):
        client.get(reverse("user-profile"))


def test_pictures_are_initials_unless_the_policy_lets_gravatar_in(plain, settings):
    from tom_common.avatars import avatar, initials

    plain.email = "plain@example.org"
    assert initials(plain) == "P"
    assert initials(User(username="mm", first_name="Mary", last_name="Manager")) == "MM"
    assert "gravatar" not in avatar(plain)
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, *(["django_gravatar"] if "django_gravatar" not in settings.INSTALLED_APPS else [])]
    assert "<svg" in avatar(plain), "installed alone is not enough"
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"img-src": ["'self'", "https://secure.gravatar.com"]}}
    assert "gravatar.com" in avatar(plain)
    assert "plain@example.org" not in avatar(plain)
    assert "<script" not in avatar(User(username="<script>"))


def test_the_page_of_a_group_costs_the_same_however_many_belong_to_it(client_of, manager, team, django_assert_max_num_queries):
    client = client_of(manager)
    url = reverse("group-detail", args=[team.pk])
    client.get(url, {"find": "user"})
    with CaptureQueriesContext(connection) as few:
        client.get(url, {"find": "user"})
    for number in range(60):
        user = User.objects.create_user(f"user{number}")
        if number % 2:
            user.groups.add(team, Group.objects.create(name=f"g{number}"))
    with django_assert_max_num_queries(len(few)):
        page = client.get(url, {"find": "user"})
    assert page.context["record_count"] == 31
    assert len(page.context["candidates"]) == services.FOUND_AT_MOST


def test_who_has_a_second_factor_can_be_helped_from_the_table(client_of, boss, plain, manager, django_assert_num_queries):
    from allauth.mfa.models import Authenticator
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    Authenticator.objects.create(user=plain, type=Authenticator.Type.TOTP, data={})
    client = client_of(boss)
    with CaptureQueriesContext(connection) as few:
        page = client.get(reverse("user-list")).content.decode()
    cost = len(few)
    assert reverse("user-reset-second-factor", args=[plain.pk]) in page
    assert reverse("user-reset-second-factor", args=[manager.pk]) not in page
    assert reverse("user-reset-second-factor", args=[plain.pk]) not in client_of(manager).get(reverse("user-list")).content.decode()
    Authenticator.objects.create(user=manager, type=Authenticator.Type.TOTP, data={})
    with django_assert_num_queries(cost):
        client.get(reverse("user-list"))
