"""Merging carries over whatever hangs on a target, of whatever app and by whatever kind of relation; undone, it hangs where it did."""

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from guardian.shortcuts import assign_perm

from tom_calendar.models import CalendarEvent
from tom_common.errors import ConflictError, NotAllowedError
from tom_common.models import HistoryEvent
from tom_common.services.history_shown import shown_events, undo_event
from tom_dataproducts.models import DataProduct, DataProductGroup, ReducedDatum
from tom_observations.models import DynamicCadence, ObservationGroup, ObservationRecord
from tom_targets.events import target_deleted
from tom_targets.merge_plan import can_be_undone, merge_relations
from tom_targets.models import BaseTarget, TargetExtra, TargetList, TargetName
from tom_targets.services import merge_journal, merge_targets

LABEL = "dummy"
TARGET = "tom_targets.BaseTarget"


def declared(**fields):
    options = type("Meta", (), {"app_label": LABEL, **fields.pop("meta", {})})
    return {"__module__": __name__, "Meta": options, **fields}


@pytest.fixture
def plugin(transactional_db):
    """Models of a plugin, one for each way in which a row can hang on a target, and their tables."""
    key = {"on_delete": models.CASCADE}
    made = {
        "Note": declared(target=models.ForeignKey(TARGET, **key), label=models.CharField(max_length=9), meta={"unique_together": [("target", "label")]}),
        "Kept": declared(target=models.ForeignKey(TARGET, on_delete=models.PROTECT)),
        "Card": declared(target=models.OneToOneField(TARGET, primary_key=True, **key), text=models.CharField(max_length=9)),
        "Ticket": declared(target=models.ForeignKey(TARGET, to_field="name", related_name="+", **key)),
        "Programme": declared(name=models.CharField(max_length=9), targets=models.ManyToManyField(TARGET)),
        "Mark": declared(
            content_type=models.ForeignKey(ContentType, **key), object_id=models.BigIntegerField(), label=models.CharField(max_length=9),
            about=GenericForeignKey(), meta={"unique_together": [("content_type", "object_id", "label")]},
        ),
    }  # fmt: skip
    classes = {name: type(name, (models.Model,), body) for name, body in made.items()}
    with connection.schema_editor() as editor:
        for model in classes.values():
            editor.create_model(model)
    yield type("Plugin", (), classes)
    with connection.schema_editor() as editor:
        for model in reversed(classes.values()):
            editor.delete_model(model)
    for name in list(apps.all_models[LABEL]):
        del apps.all_models[LABEL][name]
    apps.clear_cache()


def of_plugin(plugin, target) -> dict:
    kind = ContentType.objects.get_for_model(BaseTarget)
    return {
        "notes": sorted(plugin.Note.objects.filter(target=target).values_list("label", flat=True)),
        "kept": plugin.Kept.objects.filter(target=target).count(),
        "card": sorted(plugin.Card.objects.filter(target=target).values_list("text", flat=True)),
        "tickets": plugin.Ticket.objects.filter(target_id=target.name).count(),
        "programmes": sorted(plugin.Programme.objects.filter(targets=target).values_list("name", flat=True)),
        "marks": sorted(plugin.Mark.objects.filter(content_type=kind, object_id=target.pk).values_list("label", flat=True)),
    }


@pytest.fixture
def hung(plugin, make):
    """Two targets on which a plugin has hung one thing of each kind, some of it alike."""
    first, second = make("A"), make("B")
    both, one = plugin.Programme.objects.create(name="both"), plugin.Programme.objects.create(name="one")
    both.targets.add(first, second)
    one.targets.add(second)
    for target, label in ((first, "same"), (second, "same"), (second, "other")):
        plugin.Note.objects.create(target=target, label=label)
        plugin.Mark.objects.create(about=target, label=label)
    plugin.Kept.objects.create(target=second)
    plugin.Card.objects.create(target=second, text="of B")
    plugin.Ticket.objects.create(target=second)
    return first, second


@pytest.mark.database
def test_relations_of_plugins_of_every_kind(plugin, hung, boss):
    first, second = hung
    before = of_plugin(plugin, first), of_plugin(plugin, second)
    told = {row.label: (row.moved, row.dropped) for row in merge_relations(None, first, second)}
    assert told == {
        "Notes": ("1", "1"), "Kepts": ("1", "0"), "Cards": ("1", "0"), "Tickets": ("1", "0"), "Programmes": ("1", "1"), "Marks": ("1", "1"),
    }  # fmt: skip
    merge_targets(actor=None, primary=first, secondary=second)
    all_of_it = {
        "notes": ["other", "same"],
        "kept": 1,
        "card": ["of B"],
        "tickets": 1,
        "programmes": ["both", "one"],
        "marks": ["other", "same"],
    }
    assert of_plugin(plugin, BaseTarget.objects.get()) == all_of_it
    undo_event(actor=boss, event=HistoryEvent.objects.get(verb="merged"))
    assert (of_plugin(plugin, BaseTarget.objects.get(name="A")), of_plugin(plugin, BaseTarget.objects.get(name="B"))) == before


def test_of_what_one_target_has_one_only_the_one_that_stays_keeps_its_own(plugin, hung, boss):
    first, second = hung
    plugin.Card.objects.create(target=first, text="of A")
    merge_targets(actor=None, primary=first, secondary=second)
    assert of_plugin(plugin, first)["card"] == ["of A"]
    undo_event(actor=boss, event=HistoryEvent.objects.get(verb="merged"))
    assert of_plugin(plugin, BaseTarget.objects.get(name="B"))["card"] == ["of B"]


@pytest.mark.database
def test_a_failure_at_the_end_leaves_everything_as_it_was(plugin, hung):
    first, second = hung
    start = datetime(2024, 1, 1, tzinfo=UTC)
    ReducedDatum.objects.create(target=second, data_type="photometry", timestamp=start, value={"magnitude": 18.0})
    TargetList.objects.create(name="one").targets.add(second)

    def state():
        rows = [model.objects.order_by("pk").values_list() for model in (TargetName, TargetExtra, ReducedDatum, TargetList.targets.through)]
        return [
            of_plugin(plugin, first),
            of_plugin(plugin, second),
            *(list(some) for some in rows),
            list(BaseTarget.objects.order_by("pk").values()),
        ]

    def fail(**payload):
        raise ConflictError("not today")

    before = state()
    receiver = target_deleted.connect(fail, when="inside")
    try:
        with pytest.raises(ConflictError, match="not today"):
            merge_targets(actor=None, primary=first, secondary=second)
    finally:
        target_deleted.disconnect(receiver, when="inside")
    assert state() == before
    assert not HistoryEvent.objects.filter(verb__in=("merged", "deleted")).exists()


@pytest.fixture
def pair(make, member):
    made = make("A"), make("B", extras={"host": "NGC 1"})
    for target in made:
        target.give_user_access(member)
    return made


@pytest.mark.django_db
def test_nights_cadences_and_groups_of_data_stay_whole(pair):
    """What hangs on a target by way of something else: a cadence by its records, an event of the calendar by its list."""
    first, second = pair
    record = ObservationRecord.objects.create(target=second, facility="LCO", parameters={}, observation_id="1", status="COMPLETED")
    group = ObservationGroup.objects.create(name="nightly")
    group.observation_records.add(record)
    cadence = DynamicCadence.objects.create(
        observation_group=group, cadence_strategy="ResumeCadenceAfterFailureStrategy", cadence_parameters={}, active=True
    )
    listed = TargetList.objects.create(name="tonight")
    listed.targets.add(second)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    event = CalendarEvent.objects.create(title="Night", start_time=start, end_time=start + timedelta(hours=8), target_list=listed)
    product = DataProduct.objects.create(
        product_id="p", target=second, observation_record=record, data="x.fits", data_product_type="photometry"
    )
    product.group.add(DataProductGroup.objects.create(name="public"))
    datum = ReducedDatum.objects.create(
        target=second, data_product=product, data_type="photometry", timestamp=start, value={"magnitude": 18.0}
    )
    merge_targets(actor=None, primary=first, secondary=second)
    assert [one.target_id for one in cadence.observation_group.observation_records.all()] == [first.pk]
    event.refresh_from_db()
    assert list(event.target_list.targets.values_list("pk", flat=True)) == [first.pk]
    product.refresh_from_db()
    datum.refresh_from_db()
    assert (product.target_id, product.observation_record_id, datum.target_id, datum.data_product_id) == (
        first.pk,
        record.pk,
        first.pk,
        product.pk,
    )
    assert list(product.group.values_list("name", flat=True)) == ["public"]


@pytest.mark.django_db
@pytest.mark.parametrize(("way", "most"), [("dropped", "MOST_ROWS"), ("moved", "MOST_RUNS"), ("moved", "MOST_MOVED")])
def test_it_is_said_beforehand_when_a_merge_cannot_be_undone(pair, member, client, monkeypatch, way, most):
    first, second = pair
    start = datetime(2024, 1, 1, tzinfo=UTC)
    for day in range(8):
        for target in (first, second):
            value = {"magnitude": 18.0 if way == "dropped" else 18.0 + target.pk}
            ReducedDatum.objects.create(target=target, data_type="photometry", timestamp=start + timedelta(days=day), value=value)
    url = f"/targets/merge/{first.pk}/{second.pk}"
    client.force_login(member)
    assert can_be_undone(first, second)
    assert b"cannot be undone" not in client.get(url).content
    monkeypatch.setattr(merge_journal, most, 7)
    assert not can_be_undone(first, second)
    assert b"This merge cannot be undone" in client.get(url).content
    part = client.get(url, {"name_select": first.pk, "shown": first.pk}, headers={"HX-Request": "true"})
    assert b"This merge cannot be undone" in part.content
    assert BaseTarget.objects.count() == 2
    client.post(url, {"name_select": first.pk, "confirm": "1"})
    event = HistoryEvent.objects.get(verb="merged")
    assert event.undo_data is None
    with pytest.raises(ConflictError, match="cannot be undone"):
        undo_event(actor=member, event=event)


@pytest.mark.django_db
def test_whoever_might_have_merged_them_may_take_them_apart(pair, member, members, stranger):
    first, second = pair
    second.give_user_access(members)
    colleague = stranger.__class__.objects.create_user("colleague")
    merge_targets(actor=member, primary=first, secondary=second)
    event = HistoryEvent.objects.get(verb="merged")
    for action in ("view", "change"):
        assign_perm(f"tom_targets.{action}_target", colleague, first)
    assert [row.may_undo for row in shown_events(colleague, [event])] == [False], "who may not delete it"
    with pytest.raises(NotAllowedError):
        undo_event(actor=colleague, event=event)
    colleague.groups.add(members)
    colleague = stranger.__class__.objects.get(pk=colleague.pk)
    assert [row.may_undo for row in shown_events(colleague, [event])] == [True]
    undo_event(actor=colleague, event=event)
    assert sorted(BaseTarget.objects.values_list("name", flat=True)) == ["A", "B"]


@pytest.mark.django_db
def test_who_merged_and_may_no_more_does_not_take_them_apart(pair, member):
    first, second = pair
    merge_targets(actor=member, primary=first, secondary=second)
    event = HistoryEvent.objects.get(verb="merged")
    first.targetuserobjectpermission_set.filter(permission__codename="delete_target").delete()
    first.targetgroupobjectpermission_set.filter(permission__codename="delete_target").delete()
    assert [row.may_undo for row in shown_events(member, [event])] == [False]
