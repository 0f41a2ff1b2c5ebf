"""Pages that create, change and delete targets, keep lists, and give rights."""

import pytest
from django.contrib.auth.models import Group, User
from guardian.shortcuts import assign_perm, get_perms

from tom_common.errors import ConflictError, NotAllowedError
from tom_common.models import HistoryEvent
from tom_common.services.history_shown import undo_event
from tom_targets.models import BaseTarget, Grant, PersistentShare, TargetExtra, TargetList
from tom_targets.services import add_names_to_list, create_list, set_rights

pytestmark = [pytest.mark.django_db, pytest.mark.database]

FIXED = {"name": "SN 1", "type": "SIDEREAL", "ra": "150.0", "dec": "-20.5", "permissions": "PRIVATE"}
ORBIT = {
    "name": "2024 AB", "type": "NON_SIDEREAL", "permissions": "PRIVATE", "scheme": "MPC_MINOR_PLANET", "epoch_of_elements": "60000",
    "inclination": "0", "lng_asc_node": "0", "arg_of_perihelion": "0", "eccentricity": "0", "mean_anomaly": "0", "semimajor_axis": "2.7",
}  # fmt: skip


def rows(prefix, name, *values, **more):
    found = {f"{prefix}-TOTAL_FORMS": len(values), f"{prefix}-INITIAL_FORMS": 0}
    return {**found, **{f"{prefix}-{i}-{name}": value for i, value in enumerate(values)}, **more}


# -- create and update -----------------------------------------------------------------------------------------------------------------


def test_zeros_are_values_in_the_form(client, member):
    """C11"""
    client.force_login(member)
    answer = client.post("/targets/create/", ORBIT)
    assert answer.status_code == 302, answer.context["form"].errors
    made = BaseTarget.objects.get()
    assert (made.inclination, made.eccentricity, made.mean_anomaly) == (0.0, 0.0, 0.0)
    client.post("/targets/create/", {**FIXED, "ra": "0", "dec": "0"})
    assert BaseTarget.objects.filter(ra=0.0, dec=0.0).exists()


def test_forms_of_projects_save_in_their_own_way(member):
    from django import forms
    from django.test import RequestFactory

    from tom_targets.forms import SiderealTargetCreateForm
    from tom_targets.views import TargetCreateView

    class Tagged(SiderealTargetCreateForm):
        tag = forms.CharField()

        def save(self, commit=True):
            target = super().save(commit=commit)
            target.save(extras={"own": self.cleaned_data["tag"]})
            return target

    class Plain(forms.ModelForm):
        class Meta:
            model = BaseTarget
            fields = ("name", "type", "ra", "dec")

    for name, form in (("a", Tagged), ("b", Plain)):
        request = RequestFactory().post(
            "/", {**FIXED, "name": name, "tag": "t", **rows("aliases", "name", f"alias {name}"), **rows("targetextra_set", "key", "k")}
        )
        request.user = member
        view = type("View", (TargetCreateView,), {"get_form_class": lambda self, form=form: form})
        assert view.as_view()(request).status_code == 302
        target = BaseTarget.objects.get(name=name)
        assert (target.names, target.tags) == ([name, f"alias {name}"], {"k": "", **({"own": "t"} if form is Tagged else {})})
        assert {"view_target", "change_target", "delete_target"} <= set(get_perms(member, target))


def test_a_bad_alias_leaves_no_target(client, member, make):
    """C12: the second try succeeds."""
    make("taken", permissions="PUBLIC")
    client.force_login(member)
    page = client.post("/targets/create/", {**FIXED, **rows("aliases", "name", "fine", "taken")})
    assert page.status_code == 200
    assert b"Nothing was saved" in page.content
    assert b"taken" in page.content
    assert not BaseTarget.objects.filter(name="SN 1").exists()
    assert client.post("/targets/create/", {**FIXED, **rows("aliases", "name", "fine", "other")}).status_code == 302
    assert BaseTarget.objects.get(name="SN 1").names == ["SN 1", "fine", "other"]


def test_no_scheme_is_an_error_beside_the_field(client, member):
    """C13"""
    client.force_login(member)
    page = client.post("/targets/create/", {**ORBIT, "scheme": ""})
    assert "scheme" in page.context["form"].errors


def test_what_a_scheme_needs_is_said_before_it_is_missing(client, member):
    client.force_login(member)
    fields = client.get("/targets/create/", {"type": "NON_SIDEREAL"}).context["form"].fields
    for needed in ("perihelion distance", "epoch of perihelion", "semimajor axis", "mean daily motion", "mean anomaly"):
        assert needed in fields["scheme"].help_text
    assert fields["epoch_of_elements"].help_text == fields["epoch_of_perihelion"].help_text == "Modified Julian date (MJD)."


def test_a_place_that_is_taken_is_asked_about(client, member, make):
    make("near", ra=150.0, dec=-20.5003, permissions="PUBLIC")
    make("unseen one", ra=150.0, dec=-20.5)
    client.force_login(member)
    assert 'name="ask_nearby"' in client.get("/targets/create/").content.decode()
    page = client.post("/targets/create/", {**FIXED, **rows("aliases", "name", "kept"), "ask_nearby": "1"})
    assert page.status_code == 200
    assert "near" in page.content.decode()
    assert "unseen one" not in page.content.decode()
    assert 'value="kept"' in page.content.decode()
    assert not BaseTarget.objects.filter(name="SN 1").exists()
    assert client.post("/targets/create/", {**FIXED, **rows("aliases", "name", "kept"), "create_anyway": "1"}).status_code == 302
    assert BaseTarget.objects.get(name="SN 1").names == ["SN 1", "kept"]


def test_who_posts_the_form_of_other_toolkits_gets_the_target_and_is_told_of_the_place(client, member, make):
    make("near", ra=150.0, dec=-20.5003, permissions="PUBLIC")
    make("unseen one", ra=150.0, dec=-20.5)
    client.force_login(member)
    answer = client.post("/targets/create/", FIXED, follow=True)
    target = BaseTarget.objects.get(name="SN 1")
    assert answer.redirect_chain == [(target.get_absolute_url(), 302)]
    told = [str(message) for message in answer.context["messages"]]
    assert told == ['It may be known already. The target "near" is 1.08" away.']


def test_a_name_that_is_taken_has_no_anyway(client, member, make):
    make("SN-1", ra=1.0)
    client.force_login(member)
    page = client.post("/targets/create/", {**FIXED, "create_anyway": "1"})
    assert page.context["form"].errors["name"] == ["This name is not available."]
    assert "SN-1" not in page.content.decode()


def test_extra_fields_are_edited_once(client, member, make, settings):
    settings.EXTRA_FIELDS = [{"name": "redshift", "type": "number"}, {"name": "good", "type": "boolean"}]
    target = make("a", extras={"redshift": 0.5, "tag": "t"})
    target.give_user_access(member)
    client.force_login(member)
    page = client.get(f"/targets/{target.pk}/update/")
    assert page.context["form"]["redshift"].value() == 0.5
    assert [form.instance.key for form in page.context["extra_form"].initial_forms] == ["tag"]
    row = target.targetextra_set.get(key="tag")
    data = {
        **FIXED, "name": "a", "ra": "10", "dec": "20", "redshift": "0", "targetextra_set-TOTAL_FORMS": 1, "targetextra_set-INITIAL_FORMS": 1,
        "targetextra_set-0-id": row.pk, "targetextra_set-0-key": "tag", "targetextra_set-0-value": "u",
    }  # fmt: skip
    answer = client.post(f"/targets/{target.pk}/update/", data)
    assert answer.status_code == 302, (answer.context["form"].errors, answer.context["extra_form"].errors)
    assert {e.key: e.value for e in TargetExtra.objects.filter(target=target)} == {"redshift": "0.0", "good": "False", "tag": "u"}


def test_every_field_of_both_types_can_be_filled_in(client, member):
    from tom_targets.base_models import NON_SIDEREAL_FIELDS, SIDEREAL_FIELDS

    client.force_login(member)
    for kind, fields in (("SIDEREAL", SIDEREAL_FIELDS), ("NON_SIDEREAL", NON_SIDEREAL_FIELDS)):
        page = client.get(f"/targets/create/?type={kind}").content.decode()
        for name in [*fields, "permissions"]:
            assert f'name="{name}"' in page, name


# -- delete ----------------------------------------------------------------------------------------------------------------------------


def test_what_goes_is_told(client, member, make):
    target = make("a", names=["b", "c"], extras={"k": "v"})
    target.give_user_access(member)
    hidden = TargetList.objects.create(name="hidden")
    hidden.targets.add(target)
    PersistentShare.objects.create(target=target, destination="x")
    client.force_login(member)
    told = dict(client.get(f"/targets/{target.pk}/delete/").context["consequences"])
    assert told == {"Target names": "2", "Target extras": "1", "Persistent shares": "1"}
    create_list(actor=member, name="mine").targets.add(target)
    assert dict(client.get(f"/targets/{target.pk}/delete/").context["consequences"])["Target lists"] == "1"
    client.post(f"/targets/{target.pk}/delete/")
    assert not BaseTarget.objects.exists()
    assert not PersistentShare.objects.exists()


# -- lists -----------------------------------------------------------------------------------------------------------------------------


def test_names_are_put_into_a_list(make, member, stranger):
    seen, other, hidden = make("SN 2024a", names=["alias one"], permissions="PUBLIC"), make("b", permissions="PUBLIC"), make("c")
    mine = create_list(actor=member, name="mine")
    found = add_names_to_list(actor=member, grouping=mine, names=["sn2024A", "ALIAS ONE", "b", "c", "nothing", ""])
    assert (found.change.done, found.unknown, found.several) == (2, ["c", "nothing"], [])
    assert set(mine.targets.all()) == {seen, other}
    with pytest.raises(NotAllowedError):
        add_names_to_list(actor=stranger, grouping=mine, names=["b"])
    assert hidden not in mine.targets.all()


def test_very_many_go_into_a_list_by_one_statement(make, member, monkeypatch, django_assert_max_num_queries):
    from tom_targets.services import lists

    BaseTarget.objects.bulk_create([BaseTarget(name=f"t{i}", type="SIDEREAL", ra=1.0, dec=i / 10, permissions="PUBLIC") for i in range(40)])
    hidden = make("hidden")
    mine, other = create_list(actor=member, name="mine"), create_list(actor=member, name="other")
    mine.targets.add(*BaseTarget.objects.filter(name__in=["t3", "t4"]))
    monkeypatch.setattr(lists, "MOST_UNDONE", 20)
    monkeypatch.setattr(lists, "MOST_TOLD", 10)
    with django_assert_max_num_queries(20):
        change = lists.add_to_list(actor=member, grouping=mine, targets=BaseTarget.objects.filter(name__contains="t").order_by("-name"))
    assert (change.done, change.already, change.already_names) == (38, 2, ["t3", "t4"])
    assert mine.targets.count() == 40
    assert hidden not in mine.targets.all()
    assert other.targets.count() == 0
    event = HistoryEvent.objects.get(verb="targets_added")
    assert event.summary == "38 targets put into mine"
    assert event.undo_data is None


def test_the_page_of_a_list(client, make, member, members, stranger):
    make("a", permissions="PUBLIC")
    hidden = make("hidden one")
    mine = create_list(actor=member, name="mine")
    mine.targets.add(hidden)
    url = f"/targets/targetgrouping/{mine.pk}/"
    assert "login" in client.get(url)["Location"]
    client.force_login(stranger)
    assert client.get(url).status_code == 404
    assert client.post(url, {"do": "rename", "name": "x"}).status_code == 404
    client.force_login(member)
    page = client.get(url)
    assert page.context["count_text"] == "0"
    assert "hidden one" not in page.content.decode()
    client.post(url, {"do": "rename", "name": "ours"})
    assert TargetList.objects.get().name == "ours"
    undo_event(actor=member, event=HistoryEvent.objects.get(verb="renamed"))
    assert TargetList.objects.get().name == "mine"
    assert "name" in client.post(url, {"do": "rename", "name": " "}).context["name_form"].errors
    page = client.post(url, {"do": "names", "names": "a, zzz\nyyy"})
    assert list(page.context["names_form"].errors["names"]) == ["No target has this name: zzz", "No target has this name: yyy"]
    assert page.context["count_text"] == "1"
    client.post(url, {"do": "rights", f"group_{members.pk}": "view", "person": "stranger", "person_level": "change"})
    assert set(get_perms(members, mine)) == {"view_targetlist"}
    assert set(get_perms(stranger, mine)) == {"view_targetlist", "change_targetlist"}
    assert set(get_perms(member, mine)) == {"view_targetlist", "change_targetlist", "delete_targetlist"}
    viewer = User.objects.create_user("viewer")
    viewer.groups.add(members)
    client.force_login(viewer)
    assert client.get(url).status_code == 200
    assert b"Rename" not in client.get(url).content
    assert client.post(url, {"do": "rename", "name": "x"}).status_code == 403


# -- rights ----------------------------------------------------------------------------------------------------------------------------


def test_rights_of_one_target(client, make, member, members, stranger):
    target, others = make("a"), Group.objects.create(name="others")
    target.give_user_access(member)
    url = f"/targets/{target.pk}/rights/"
    assert "login" in client.get(url)["Location"]
    client.force_login(stranger)
    assert client.get(url).status_code == 404
    client.force_login(member)
    form = client.get(url).context["form"]
    assert f"group_{members.pk}" in form.fields
    assert f"group_{others.pk}" not in form.fields, "one gives rights to one's own groups"
    client.post(url, {f"group_{members.pk}": "change", "person": "stranger", "person_level": "view", "permissions": "PUBLIC"})
    target.refresh_from_db()
    assert target.permissions == "PUBLIC"
    assert set(get_perms(members, target)) == {"view_target", "change_target"}
    assert Grant.objects.filter(target=target, holder=-stranger.pk).exists()
    event = HistoryEvent.objects.get(verb="rights changed")
    assert event.after == {"group members": "See and change", "stranger": "See"}
    client.post(url, {f"group_{members.pk}": "none", "permissions": "PRIVATE"})
    assert get_perms(members, target) == []
    assert not Grant.objects.filter(target=target, holder=members.pk).exists()
    assert "person" in client.post(url, {"person": "nobody here"}).context["form"].errors
    client.force_login(stranger)
    assert client.get(url).status_code == 403


def test_nobody_gives_more_than_they_have(make, member, stranger):
    target = make("a", permissions="OPEN")
    with pytest.raises(NotAllowedError):
        set_rights(actor=stranger, obj=target, levels={stranger: "view"})
    assign_perm("change_target", stranger, target)
    with pytest.raises(NotAllowedError):
        set_rights(actor=stranger, obj=target, levels={stranger: "delete"})
    assert get_perms(stranger, target) == ["change_target"]


def test_rights_of_many_targets(client, make, member, members):
    own, seen = [make(f"t{i}") for i in range(3)], make("seen", permissions="PUBLIC")
    for target in own:
        target.give_user_access(member)
    client.force_login(member)
    sent = {"bulk": "rights", "selected-target": [target.pk for target in (*own, seen)], "query_string": ""}
    asked = client.post("/targets/", sent)
    assert asked.status_code == 200
    assert "group_level" in asked.content.decode()
    client.post("/targets/", {**sent, "confirmed": "1"})
    assert get_perms(members, own[0]) == []
    done = client.post("/targets/", {**sent, "confirmed": "1", "group": members.pk, "group_level": "view"})
    assert done.status_code == 302
    assert all(get_perms(members, target) == ["view_target"] for target in own)
    assert get_perms(members, seen) == []


def test_what_is_protected_stays(make, member, monkeypatch):
    from django.db.models import ProtectedError

    target = make("a", names=["b"])
    monkeypatch.setattr(BaseTarget, "delete", lambda self: (_ for _ in ()).throw(ProtectedError("no", {target.aliases.get()})))
    from tom_targets.services import delete_target

    with pytest.raises(ConflictError, match="target names hang on it"):
        delete_target(actor=member, target=target)
    assert not HistoryEvent.objects.filter(verb="deleted").exists()
