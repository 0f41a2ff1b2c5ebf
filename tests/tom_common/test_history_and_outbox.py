from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils import timezone

from tom_common.errors import ConflictError, InvalidInputError
from tom_common.housekeeping import prune
from tom_common.http import ServiceRefusedError, ServiceUnavailableError
from tom_common.models import HistoryEvent, OutboxItem
from tom_common.services import outbox
from tom_common.services.history import HistoryRow, changed_fields, history_of, record_each, record_history, record_many

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def user():
    return get_user_model().objects.create_user("ada", password="x-Long-9!")


def test_history_keeps_who_what_before_after(user):
    group = Group.objects.create(name="g")
    event = record_history(
        actor=user,
        verb="changed",
        obj=group,
        before={"at": datetime(2026, 1, 2, tzinfo=UTC)},
        after={"at": None, "x": float("nan")},
        summary="renamed",
    )
    event.refresh_from_db()
    assert (event.actor, event.actor_name, event.verb) == (user, "ada", "changed")
    assert (event.object_type, event.object_id, event.object_label) == ("auth.group", str(group.pk), "g")
    assert event.before == {"at": "2026-01-02T00:00:00Z"}
    assert event.after == {"at": None, "x": None}
    assert list(history_of(group)) == [event]


def test_history_of_the_tom_itself_and_in_bulk(django_assert_num_queries, user):
    groups = [Group.objects.create(name=f"g{i}") for i in range(20)]
    with django_assert_num_queries(1):
        assert record_many(actor=None, rows=[HistoryRow("made", group) for group in groups]) == 20
    assert HistoryEvent.objects.filter(actor=None, actor_name="").count() == 20
    with pytest.raises(ValueError, match="verb"):
        record_history(actor=user, verb="", obj=groups[0])


def test_the_same_is_told_of_each_row_by_one_statement(django_assert_num_queries, user):
    groups = [Group.objects.create(name=f"g{i}" + "é" * 100) for i in range(20)]
    mentioned = Group.objects.create(name="other")
    with django_assert_num_queries(1):
        rows = Group.objects.filter(pk__in=[group.pk for group in groups])
        assert record_each(actor=user, verb="put", rows=rows, label="name", summary="Put", mentions=[mentioned]) == 20
    record_many(actor=user, rows=[HistoryRow("put", group, summary="Put", mentions=[mentioned]) for group in groups])
    told = [
        [getattr(event, field.attname) for field in HistoryEvent._meta.concrete_fields if field.name not in ("id", "at")]
        for event in HistoryEvent.objects.order_by("pk")
    ]
    assert told[:20] == told[20:]
    assert all(abs(event.at - timezone.now()) < timedelta(minutes=1) for event in HistoryEvent.objects.all())
    assert record_each(actor=None, verb="put", rows=Group.objects.none(), label="name") == 0


def test_changed_fields():
    assert changed_fields({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == ({"b": 2, "c": None}, {"b": 3, "c": 4})


def test_deleting_a_user_keeps_what_they_did(user):
    record_history(actor=user, verb="made", obj=Group.objects.create(name="g"))
    item = outbox.put_in_outbox(destination="d", kind="k", payload={}, idempotency_key="1", actor=user)
    user.delete()
    event = HistoryEvent.objects.get()
    assert (event.actor, event.actor_name) == (None, "ada")
    item.refresh_from_db()
    assert item.actor is None


def put(key="k1", **kwargs):
    return outbox.put_in_outbox(**{"destination": "other", "kind": "target", "payload": {"id": 1}, "idempotency_key": key, **kwargs})


def test_the_same_key_is_one_item():
    assert put() == put()
    assert OutboxItem.objects.count() == 1
    with pytest.raises(ConflictError):
        put(kind="datum")
    with pytest.raises(InvalidInputError):
        put(key="")


def test_claimed_items_stand_as_unknown_and_are_given_once():
    put("a"), put("b")
    first = outbox.claim(limit=1, sender="one")
    second = outbox.claim(limit=5, sender="two")
    assert [item.idempotency_key for item in first + second] == ["a", "b"]
    assert outbox.claim(sender="three") == []
    assert set(OutboxItem.objects.values_list("state", flat=True)) == {"unknown"}
    outbox.mark_sent(first[0], remote_id="77")
    assert OutboxItem.objects.get(idempotency_key="a").remote_id == "77"
    with pytest.raises(ConflictError):
        outbox.mark_refused(first[0], error="late")


def test_a_lost_sender_is_looked_up_not_sent_again():
    put("a")
    lost = outbox.claim(sender="one", lease=timedelta(seconds=-1))[0]
    assert outbox.claim(sender="two") == []
    found = outbox.claim_unknown(sender="two")
    assert [item.pk for item in found] == [lost.pk]
    with pytest.raises(ConflictError, match="another sender"):
        outbox.mark_sent(lost)
    outbox.mark_sent(found[0])


def test_send_due_sorts_outcomes():
    for key in ("ok", "no", "offline", "odd"):
        put(key)

    def deliver(item):
        match item.idempotency_key:
            case "no":
                raise ServiceRefusedError("it said no", status_code=400)
            case "offline":
                raise ServiceUnavailableError("no connection", certain_not_sent=True)
            case "odd":
                raise ValueError("cut off")
        return "remote-1"

    assert outbox.send_due(deliver=deliver) == {"sent": 1, "refused": 1, "to_send": 1, "unknown": 1}
    again = OutboxItem.objects.get(idempotency_key="offline")
    assert again.not_before > timezone.now()
    assert outbox.send_due(deliver=deliver) == {"sent": 0, "refused": 0, "to_send": 0, "unknown": 0}
    assert {item.idempotency_key for item in outbox.waiting()} == {"offline", "odd"}


def test_pruning_follows_the_retention_settings(settings):
    settings.TOM_HISTORY_RETENTION_DAYS = 10
    settings.TOM_OUTBOX_RETENTION_DAYS = 10
    old = timezone.now() - timedelta(days=11)
    group = Group.objects.create(name="g")
    record_history(actor=None, verb="now", obj=group)
    HistoryEvent.objects.filter(pk=record_history(actor=None, verb="then", obj=group).pk).update(at=old)
    for state in OutboxItem.State.values:
        OutboxItem.objects.filter(pk=put(state).pk).update(state=state, changed_at=old)
    assert prune() == {"history": 1, "outbox": 2, "task_runs": 0, "security_log": 0}
    assert set(OutboxItem.objects.values_list("state", flat=True)) == {"to_send", "unknown"}
    settings.TOM_HISTORY_RETENTION_DAYS = None
    assert prune()["history"] == 0
