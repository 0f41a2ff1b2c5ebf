"""Every address of tom_common, for an anonymous visitor, a member and a superuser."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return {
        "member": User.objects.create_user("member", "member@example.org", "a-long-phrase-1"),
        "other": User.objects.create_user("other", "other@example.org", "a-long-phrase-2"),
        "boss": User.objects.create_superuser("boss", "boss@example.org", "a-long-phrase-3"),
    }


@pytest.fixture
def as_(client, people):
    def enter(name):
        client.logout()
        if name != "nobody":
            client.force_login(people[name])
        return client

    return enter


def is_login(response):
    return response.status_code == 302 and "/accounts/login/" in response["Location"]


@pytest.mark.parametrize("name", ["home", "login", "terms-of-service", "robots_txt"])
@pytest.mark.parametrize("who", ["nobody", "member", "boss"])
def test_open_pages(as_, who, name):
    assert as_(who).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ["user-list", "user-profile", "terms-accept"])
def test_pages_for_the_logged_in(as_, name):
    assert is_login(as_("nobody").get(reverse(name)))
    assert as_("member").get(reverse(name)).status_code == 200
    assert as_("boss").get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ["user-create", "group-create"])
def test_pages_for_superusers(as_, name):
    assert is_login(as_("nobody").get(reverse(name)))
    assert as_("member").get(reverse(name)).status_code == 403
    assert as_("boss").get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ["group-update", "group-delete"])
def test_pages_of_a_group(as_, people, name):
    group = Group.objects.create(name="Observers")
    url = reverse(name, args=[group.pk])
    assert is_login(as_("nobody").get(url))
    assert as_("member").get(url).status_code == 403
    assert as_("boss").get(url).status_code == 200
    assert as_("boss").get(reverse(name, args=[group.pk + 999])).status_code == 404


def test_the_password_page_asks_first_then_shows_the_form(as_, people):
    url = reverse("admin-user-change-password", args=[people["member"].pk])
    assert is_login(as_("nobody").get(url))
    assert as_("member").get(url).status_code == 403
    boss = as_("boss")
    assert "auth/user_confirm_change_password.html" in [t.name for t in boss.get(url).templates]
    assert "tom_common/change_user_password.html" in [t.name for t in boss.post(url).templates]
    own = reverse("admin-user-change-password", args=[people["boss"].pk])
    assert "tom_common/change_user_password.html" in [t.name for t in boss.get(own).templates]


def test_an_administrator_cannot_set_a_weak_password(as_, people):
    boss = as_("boss")
    url = reverse("admin-user-change-password", args=[people["member"].pk])
    response = boss.post(url, {"password": "12345", "change_password_form": "True"})
    assert response.status_code == 200
    people["member"].refresh_from_db()
    assert people["member"].check_password("a-long-phrase-1")
    boss.post(url, {"password": "another-long-phrase", "change_password_form": "True"})
    people["member"].refresh_from_db()
    assert people["member"].check_password("another-long-phrase")


def test_update_of_somebody_else_leads_to_ones_own(as_, people):
    url = reverse("user-update", args=[people["other"].pk])
    assert is_login(as_("nobody").get(url))
    assert as_("member").get(url)["Location"] == reverse("user-update", args=[people["member"].pk])
    assert as_("boss").get(url).status_code == 200


def user_data(**changes):
    return {
        "username": "member", "email": "member@example.org", "first_name": "", "last_name": "", "password1": "", "password2": "",
        "profile-TOTAL_FORMS": "1", "profile-INITIAL_FORMS": "0", "profile-MIN_NUM_FORMS": "0", "profile-MAX_NUM_FORMS": "1",
        "profile-0-affiliation": "An observatory", "profile-0-phone_number": "", **changes,
    }  # fmt: skip


def own_formset(user, **changes):
    return user_data(**{"profile-INITIAL_FORMS": "1", "profile-0-id": str(user.profile.pk), "profile-0-user": str(user.pk)}, **changes)


def test_a_member_edits_their_account_without_giving_a_password(as_, people):
    member = people["member"]
    group = Group.objects.create(name="Secret")
    response = as_("member").post(reverse("user-update", args=[member.pk]), own_formset(member, first_name="Ada", groups=[group.pk]))
    assert response.status_code == 302, response.context["form"].errors
    member = User.objects.get(pk=member.pk)
    assert (member.first_name, member.profile.affiliation) == ("Ada", "An observatory")
    assert member.check_password("a-long-phrase-1")
    assert not member.groups.exists()


def test_a_new_own_password_needs_the_present_one(as_, people):
    member = people["member"]
    url = reverse("user-update", args=[member.pk])
    new = {"password1": "a-quite-new-phrase", "password2": "a-quite-new-phrase"}
    client = as_("member")
    assert "current_password" in client.post(url, own_formset(member, **new)).context["form"].errors
    assert client.post(url, own_formset(member, current_password="a-long-phrase-1", **new)).status_code == 302
    member.refresh_from_db()
    assert member.check_password("a-quite-new-phrase")
    assert client.get(reverse("user-profile")).status_code == 200, "the session goes on"


def test_a_superuser_makes_an_account_with_groups_and_profile(as_):
    group = Group.objects.create(name="Observers")
    data = user_data(username="new", email="new@example.org", password1="a-quite-new-phrase", password2="a-quite-new-phrase", groups=[group.pk])
    response = as_("boss").post(reverse("user-create"), data)
    assert response.status_code == 302, response.context["form"].errors
    user = User.objects.get(username="new")
    assert user.profile.affiliation == "An observatory"
    assert list(user.groups.all()) == [group]
    assert User.objects.filter(username__iexact="NEW").count() == 1
    again = as_("boss").post(reverse("user-create"), data | {"username": "NEW"})
    assert "username" in again.context["form"].errors


def test_deleting_accounts(as_, people):
    url = reverse("user-delete", args=[people["other"].pk])
    assert is_login(as_("nobody").post(url))
    assert as_("member").post(url).status_code == 404
    assert as_("boss").get(url).status_code == 200
    assert User.objects.filter(username="other").exists(), "looking deletes nothing"
    as_("boss").post(url)
    assert not User.objects.filter(username="other").exists()
    as_("boss").post(reverse("user-delete", args=[people["boss"].pk]))
    assert User.objects.filter(username="boss").exists(), "the last superuser stays"
    assert as_("member").post(reverse("user-delete", args=[people["member"].pk]))["Location"] == "/"
    assert not User.objects.filter(username="member").exists()


def test_groups_are_made_and_changed_with_their_members(as_, people):
    boss = as_("boss")
    boss.post(reverse("group-create"), {"name": "Observers", "users": [people["member"].pk]})
    group = Group.objects.get(name="Observers")
    assert list(group.user_set.all()) == [people["member"]]
    boss.post(reverse("group-update", args=[group.pk]), {"name": "Watchers", "users": [people["other"].pk]})
    group.refresh_from_db()
    assert (group.name, list(group.user_set.all())) == ("Watchers", [people["other"]])
    boss.post(reverse("group-delete", args=[group.pk]))
    assert not Group.objects.exists()


def test_the_users_page_tells_members_only_of_those_they_work_with(as_, people, settings):
    page = as_("member").get(reverse("user-list")).content.decode()
    assert "other" not in page.split("<main", 1)[1]
    group = Group.objects.create(name="Observers")
    group.user_set.add(people["member"], people["other"])
    page = as_("member").get(reverse("user-list")).content.decode()
    assert ">other" in page
    assert "other@example.org" not in page
    settings.TOM_HIDE_OTHER_USERS = True
    assert ">other" not in as_("member").get(reverse("user-list")).content.decode()
    assert "other@example.org" in as_("boss").get(reverse("user-list")).content.decode()


def test_the_users_page_has_a_fixed_number_of_queries(as_, people, django_assert_max_num_queries, settings):
    settings.TOM_TERMS_OF_SERVICE_VERSION = "1"
    settings.TOM_ACCOUNT_REQUIREMENTS = ["tom_common.accounts.requirements.terms_of_service_accepted"]
    people["boss"].terms_acceptances.create(version="1")
    for number in range(30):
        User.objects.create_user(f"user{number}").groups.add(Group.objects.get_or_create(name=f"g{number % 3}")[0])
    boss = as_("boss")
    with django_assert_max_num_queries(14):
        assert boss.get(reverse("user-list")).status_code == 200


def test_tokens_are_shown_only_when_asked_for(as_, people):
    from rest_framework.authtoken.models import Token

    member = people["member"]
    old = Token.objects.get_or_create(user=member)[0].key
    client = as_("member")
    assert old not in client.get(reverse("user-profile")).content.decode()
    assert client.get(reverse("reveal-api-token")).status_code == 405
    assert old in client.post(reverse("reveal-api-token"), headers={"HX-Request": "true"}).content.decode()
    assert client.post(reverse("regenerate-api-token", args=[people["other"].pk])).status_code == 404
    assert client.get(reverse("regenerate-api-token", args=[member.pk])).status_code == 405
    response = client.post(reverse("regenerate-api-token", args=[member.pk]), headers={"HX-Request": "true"})
    new = Token.objects.get(user=member).key
    assert new != old
    assert new in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    by_boss = as_("boss").post(reverse("regenerate-api-token", args=[member.pk]), headers={"HX-Request": "true"}).content.decode()
    assert Token.objects.get(user=member).key not in by_boss
    assert is_login(as_("nobody").post(reverse("regenerate-api-token", args=[member.pk])))


def test_approval_is_for_superusers_and_by_post(as_, people, settings, mailoutbox, django_capture_on_commit_callbacks):
    settings.TOM_REGISTRATION_STRATEGY = "approval_required"
    other = people["other"]
    User.objects.filter(pk=other.pk).update(is_active=False)
    url = reverse("user-approve", args=[other.pk])
    assert as_("member").post(url).status_code == 403
    assert as_("boss").get(url).status_code == 405
    assert "Waiting for approval" in as_("boss").get(reverse("user-list")).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        as_("boss").post(url)
    other.refresh_from_db()
    assert other.is_active
    assert mailoutbox[0].to == ["other@example.org"]


def test_terms_are_accepted_once_and_lead_back(as_, people, settings):
    settings.TOM_TERMS_OF_SERVICE_VERSION = "2"
    client = as_("member")
    assert client.get(reverse("home"))["Location"].startswith(reverse("terms-accept"))
    assert client.post(reverse("terms-accept"), {}).status_code == 200
    response = client.post(reverse("terms-accept"), {"accept": "1", "next": "https://elsewhere.example/"})
    assert response["Location"] == "/"
    assert people["member"].terms_acceptances.get().version == "2"
    assert client.get(reverse("home")).status_code == 200


def test_registration_is_closed_until_the_tom_opens_it(client, settings, django_capture_on_commit_callbacks, mailoutbox, people):
    data = {"username": "visitor", "email": "v@example.org", "password1": "a-quite-new-phrase", "password2": "a-quite-new-phrase"}
    url = reverse("account_signup")
    assert "account/signup_closed.html" in [t.name for t in client.get(url).templates]
    client.post(url, data)
    assert not User.objects.filter(username="visitor").exists()
    settings.TOM_REGISTRATION_STRATEGY = "approval_required"
    assert client.get(url).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, data)
    assert not User.objects.get(username="visitor").is_active
    assert [mail.to for mail in mailoutbox] == [["boss@example.org"]]
    assert client.get(reverse("user-profile")).status_code == 302
    settings.TOM_REGISTRATION_STRATEGY = "open"
    client.post(url, data | {"username": "second", "email": "w@example.org", "affiliation": "Somewhere"})
    second = User.objects.get(username="second")
    assert (second.is_active, second.profile.affiliation) == (True, "Somewhere")


def test_logging_in_and_out(client, people):
    page = client.get(reverse("login"))
    assert "account/login.html" in [t.name for t in page.templates]
    response = client.post(reverse("login"), {"login": "member", "password": "a-long-phrase-1"})
    assert response.status_code == 302
    assert client.get(reverse("logout")).status_code == 200
    assert "_auth_user_id" in client.session, "GET changes nothing"
    client.post(reverse("logout"))
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("name", ["account_change_password", "account_email", "account_reauthenticate", "mfa_index", "mfa_activate_totp"])
def test_own_account_pages_render_in_our_frame(client, people, name):
    client.post(reverse("login"), {"login": "member", "password": "a-long-phrase-1"})
    response = client.get(reverse(name), follow=True)
    assert response.status_code == 200
    assert "tom-navbar" in response.content.decode()


def test_password_reset_is_not_there_unless_asked_for():
    from django.urls import NoReverseMatch

    with pytest.raises(NoReverseMatch):
        reverse("account_reset_password")


def test_api_login_leads_to_the_login_page(client):
    assert client.get(reverse("rest_framework:login") + "?next=/api/")["Location"] == "/accounts/login/?next=/api/"


def test_robots(client):
    assert client.get("/robots.txt").content == b"User-Agent: *\nDisallow: /\n"


def test_the_styleguide_is_there_while_developing(client, settings):
    assert client.get(reverse("styleguide")).status_code == 404
    settings.DEBUG = True
    page = client.get(reverse("styleguide"))
    assert page.status_code == 200


def test_home_knows_its_version_and_is_cheap(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        response = client.get("/")
    assert response.context["version"]


def test_a_missing_page_answers_in_the_frame(as_):
    response = as_("member").get("/nowhere/")
    assert response.status_code == 404
    assert "tom-navbar" in response.content.decode()


def test_our_pages_keep_to_a_strict_policy(as_):
    import re

    for name in ["home", "user-list", "user-profile", "user-create", "group-create"]:
        page = as_("boss").get(reverse(name)).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", page), name
        assert not re.search(r"\son[a-z]+=", page), name
        assert not re.search(r"\sstyle=", page), name
        assert not re.search(r"""(src|href)=["'](https?:)?//(?!opentom)""", page), name


def test_the_search_field_leads_to_the_targets_of_that_name(client):
    assert client.get(reverse("name-search"), {"name": " SN 1987A "})["Location"] == reverse("targets:name-search", args=["SN 1987A"])
    assert client.get(reverse("name-search"), {"name": "C/2020 F3"})["Location"] == reverse("targets:list") + "?query=C%2F2020+F3"
    assert client.get(reverse("name-search"))["Location"] == reverse("targets:list")


def test_guardians_stand_in_is_no_account(as_):
    assert "AnonymousUser" not in as_("boss").get(reverse("user-list")).content.decode()
