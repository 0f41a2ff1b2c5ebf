"""Who sees which event, and what an undo does and refuses."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from guardian.shortcuts import assign_perm, remove_perm

from tom_alerts.models import BrokerQuery
from tom_common.errors import ConflictError, NotAllowedError, NotFoundError
from tom_common.models import HistoryEvent
from tom_common.services.history import history_of, record_history
from tom_common.services.history_shown import shown_events, undo_event
from tom_common.services.rows import delete_row, save_row
from tom_targets.models import Target, TargetExtra, TargetList, TargetName
from tom_targets.rows import TargetRow
from tom_targets.services import add_to_list, change_attached, create_list, create_target, delete_list, remove_from_list, update_target

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def target(member):
    return create_target(actor=member, row=TargetRow(name="SN 2026abc", type="SIDEREAL", ra=10.0, dec=-20.0, extras={"kind": "Ia"}))


def last(verb):
    return HistoryEvent.objects.filter(verb=verb).latest("pk")


def seen(user, *events):
    return [row.event.pk for row in shown_events(user, events or HistoryEvent.objects.order_by("-pk"))]


def test_a_change_is_undone_and_redone(member, target):
    update_target(
        actor=member, target=target, columns={"ra": 11.5, "name": "SN 2026abd"}, extras={"kind": "IIn", "z": "0.1"}, aliases=["ZTF26aaa"]
    )
    first = last("changed")
    assert first.before["ra"] == 10.0
    assert first.after["tag z"] == "0.1"
    undone = undo_event(actor=member, event=first)
    target = Target.objects.get(pk=target.pk)
    assert (target.ra, target.name) == (10.0, "SN 2026abc")
    assert dict(target.targetextra_set.values_list("key", "value")) == {"kind": "Ia"}
    assert not target.aliases.exists()
    assert (undone.undoes_id, undone.verb, undone.actor) == (first.pk, "changed", member)
    with pytest.raises(ConflictError, match="undone already"):
        undo_event(actor=member, event=first)
    undo_event(actor=member, event=undone)
    target = Target.objects.get(pk=target.pk)
    assert (target.ra, target.name) == (11.5, "SN 2026abd")
    assert dict(target.targetextra_set.values_list("key", "value")) == {"kind": "IIn", "z": "0.1"}
    assert [alias.name for alias in target.aliases.all()] == ["ZTF26aaa"]


def test_what_has_changed_since_is_not_undone(member, target):
    update_target(actor=member, target=target, columns={"ra": 11.0, "dec": 1.0})
    first = last("changed")
    update_target(actor=member, target=target, columns={"ra": 12.0})
    with pytest.raises(ConflictError, match=r"is now 12\.0, not 11\.0"):
        undo_event(actor=member, event=first)
    target.refresh_from_db()
    assert (target.ra, target.dec) == (12.0, 1.0)
    assert not HistoryEvent.objects.filter(undoes=first).exists()


def test_the_right_of_the_verb_is_asked(member, stranger, members, target):
    update_target(actor=member, target=target, columns={"ra": 11.0})
    event = last("changed")
    with pytest.raises(NotFoundError):
        undo_event(actor=stranger, event=event)
    assign_perm("view_target", stranger, target)
    assert not next(row for row in shown_events(stranger, [event])).may_undo
    with pytest.raises(NotAllowedError):
        undo_event(actor=stranger, event=event)
    assign_perm("change_target", stranger, target)
    assert undo_event(actor=stranger, event=event).actor == stranger


def test_what_nobody_offers_to_undo(member, target):
    event = last("created")
    assert not shown_events(member, [event])[0].may_undo
    with pytest.raises(ConflictError, match="cannot be undone"):
        undo_event(actor=member, event=event)


def test_aliases_and_tags_come_back(member, target):
    alias = TargetName.objects.create(target=target, name="Alias one")
    extra = target.targetextra_set.get()
    change_attached(actor=member, target=target, removed=[alias, extra])
    events = list(HistoryEvent.objects.filter(verb="deleted").order_by("pk"))
    assert [(event.parent_type, event.parent_id) for event in events] == [("tom_targets.basetarget", str(target.pk))] * 2
    restored = [undo_event(actor=member, event=event) for event in events]
    assert target.aliases.get().name == "Alias one"
    assert target.targetextra_set.get().value == "Ia"
    undo_event(actor=member, event=restored[0])
    assert not target.aliases.exists()
    row = target.targetextra_set.get()
    row.value = "II"
    change_attached(actor=member, target=target, changed=[row])
    undo_event(actor=member, event=last("changed"))
    assert TargetExtra.objects.get(target=target).value == "Ia"


def test_an_alias_that_went_elsewhere_does_not_come_back(member, target):
    alias = TargetName.objects.create(target=target, name="Alias one")
    change_attached(actor=member, target=target, removed=[alias])
    create_target(actor=member, row=TargetRow(name="Alias one", type="SIDEREAL", ra=1.0, dec=1.0))
    with pytest.raises(ConflictError, match="not available"):
        undo_event(actor=member, event=last("deleted"))
    assert not target.aliases.exists()


def test_lists_are_filled_and_emptied_again(member, target):
    grouping = create_list(actor=member, name="Bright ones")
    add_to_list(actor=member, grouping=grouping, targets=[target.pk])
    undone = undo_event(actor=member, event=last("targets_added"))
    assert not grouping.targets.exists()
    assert undone.verb == "targets_removed"
    undo_event(actor=member, event=undone)
    assert grouping.targets.get() == Target.objects.get(pk=target.pk)
    remove_from_list(actor=member, grouping=grouping, targets=[target.pk])
    add_to_list(actor=member, grouping=grouping, targets=[target.pk])
    delete_list(actor=member, grouping=grouping)
    undo_event(actor=member, event=last("deleted"))
    restored = TargetList.objects.get()
    assert (restored.name, restored.targets.count()) == ("Bright ones", 1)
    assert member.has_perm("tom_targets.change_targetlist", restored)


def test_saved_queries_come_back_for_who_deleted_them(member, stranger):
    query = save_row(actor=member, row=BrokerQuery(name="Near", broker="Lasair", parameters={"radius": 5}))
    query.name, query.parameters = "Far", {"radius": 9}
    save_row(actor=member, row=query)
    undo_event(actor=member, event=last("changed"))
    query.refresh_from_db()
    assert (query.name, query.parameters) == ("Near", {"radius": 5})
    delete_row(actor=member, row=query)
    with pytest.raises(NotFoundError):
        undo_event(actor=stranger, event=last("deleted"))
    undo_event(actor=member, event=last("deleted"))
    assert BrokerQuery.objects.get().parameters == {"radius": 5}


def test_secrets_of_rows_are_neither_shown_nor_kept(member):
    query = save_row(actor=member, row=BrokerQuery(name="Near", broker="Lasair", parameters={"api_token": "abcdefgh"}))
    delete_row(actor=member, row=query)
    event = last("deleted")
    assert "abcdefgh" not in str([event.before, event.undo_data])
    assert event.undo_data is None


# --- who sees what ------------------------------------------------------------------------------------------------------
def test_the_history_of_a_target_is_seen_as_the_target(member, stranger, boss, visitor, target):
    event = last("created")
    assert seen(member, event) == seen(boss, event) == [event.pk]
    assert seen(stranger, event) == seen(visitor, event) == []
    Target.objects.filter(pk=target.pk).get()
    target.permissions = "OPEN"
    target.save()
    assert seen(visitor, event) == seen(stranger, event) == [event.pk]
    assert shown_events(visitor, [event])[0].who == "a user"


def test_other_peoples_names_are_hidden_where_the_tom_hides_them(settings, member, stranger, boss, target):
    assign_perm("view_target", stranger, target)
    event = last("created")
    assert shown_events(stranger, [event])[0].who == "member"
    settings.TOM_HIDE_OTHER_USERS = True
    assert shown_events(stranger, [event])[0].who == "another user"
    assert shown_events(member, [event])[0].who == "member"
    assert shown_events(boss, [event])[0].who == "member"


def test_names_of_hidden_targets_are_not_told_by_their_lists(client_of, member, stranger, target):
    other = create_target(actor=member, row=TargetRow(name="Hidden one", type="SIDEREAL", ra=1.0, dec=1.0))
    grouping = create_list(actor=member, name="Secret list")
    add_to_list(actor=member, grouping=grouping, targets=[target.pk, other.pk])
    assign_perm("view_target", stranger, target)
    page = client_of(stranger).get(reverse("history-list"), {"object": f"tom_targets.basetarget:{target.pk}"}).content.decode()
    assert "listed" in page
    assert "Secret list" not in page
    assign_perm("tom_targets.view_targetlist", stranger, grouping)
    row = next(row for row in shown_events(stranger, [last("targets_added")]))
    assert row.summary == ""
    assert not row.told
    assign_perm("view_target", stranger, other)
    assert "2 targets" in shown_events(stranger, [last("targets_added")])[0].summary


def test_parts_of_a_target_stand_on_its_page(member, stranger, target):
    alias = TargetName.objects.create(target=target, name="Alias one")
    change_attached(actor=member, target=target, removed=[alias])
    event = last("deleted")
    assert event in history_of(target, with_parts=True)
    assert event not in history_of(target)
    assert seen(member, event) == [event.pk]
    assert seen(stranger, event) == []
    assign_perm("view_target", stranger, target)
    assert seen(stranger, event) == [event.pk]


def test_the_pages(client_of, member, stranger, boss, target):
    update_target(actor=member, target=target, columns={"ra": 11.0})
    about = {"object": f"tom_targets.basetarget:{target.pk}"}
    url, export = reverse("history-list"), reverse("history-export")
    for address in (url, export):
        assert client_of(None).get(address).status_code == 302
        assert client_of(None).get(address, about).status_code == 302
        assert client_of(stranger).get(address, about).status_code == 404
        assert client_of(stranger).get(address, {"object": "tom_targets.basetarget:999999"}).status_code == 404
        assert client_of(stranger).get(address, {"object": "no.such:1"}).status_code == 404
        assert client_of(stranger).get(address, {"object": "tom_targets.basetarget:x\x00"}).status_code == 404
    page = client_of(member).get(url, about).content.decode()
    assert "Right Ascension" in page
    assert "deg" in page
    assert "Undo" in page
    assert "SN 2026abc" not in client_of(stranger).get(url).content.decode()
    assert "SN 2026abc" in client_of(boss).get(url, {"user": "mem", "verb": "changed", "since": "2020-01-01"}).content.decode()
    assert "SN 2026abc" not in client_of(boss).get(url, {"until": "2020-01-01"}).content.decode()
    assert client_of(boss).get(url, {"until": "x", "since": "0000-99-99", "before": "-1"}).status_code == 200
    lines = b"".join(client_of(member).get(export, about).streaming_content).decode().splitlines()
    assert lines[0].startswith("time_utc,who,what")
    assert any("Right Ascension: 10.0 -> 11.0 deg" in line for line in lines)


def test_the_button(client_of, member, stranger, target):
    update_target(actor=member, target=target, columns={"ra": 11.0})
    url = reverse("history-undo", args=[last("changed").pk])
    assert client_of(None).post(url).status_code == 302
    assert client_of(stranger).post(url).status_code == 404
    assert client_of(member).get(url).status_code == 405
    client = client_of(member)
    assert client.post(url, {"next": "/targets/"})["Location"] == "/targets/"
    target.refresh_from_db()
    assert target.ra == 10.0
    said = [str(message) for message in client.get("/tasks/").context["messages"]] if client.post(url) else []
    assert any("undone already" in text for text in said)


def test_a_page_older_than_another(client_of, boss):
    group = Group.objects.create(name="g")
    for number in range(60):
        record_history(actor=boss, verb="looked", obj=group, summary=f"look {number:02}")
    client, url = client_of(boss), reverse("history-list")
    first = client.get(url).content.decode()
    assert "look 59" in first
    assert "look 05" not in first
    before = HistoryEvent.objects.order_by("-pk")[49].pk
    assert f"before={before}" in first
    assert "look 05" in client.get(url, {"before": before}).content.decode()
    assert b"".join(client.get(reverse("history-export")).streaming_content).count(b"looked") == 60


def test_the_tab_of_a_target(client_of, member, stranger, target):
    update_target(actor=member, target=target, columns={"ra": 11.0})
    url = reverse("targets:tab", kwargs={"pk": target.pk, "slug": "history"})
    assert "history-undo" in client_of(member).get(url).content.decode()
    remove_perm("change_target", member, target)
    assert "history-undo" not in client_of(member).get(url).content.decode()
    assert client_of(stranger).get(url).status_code == 404


def test_who_gave_which_group_its_rights_is_kept(member, members, boss, target):
    update_target(actor=member, target=target, groups=[members])
    event = last("rights changed")
    assert (event.before, event.after) == ({"groups": []}, {"groups": ["members"]})
    assert shown_events(boss, [event])[0].told
    assert not shown_events(member, [event])[0].told  # of groups nobody but an administrator is told here
