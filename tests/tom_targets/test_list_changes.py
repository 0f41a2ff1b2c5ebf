"""Put into a list, taken out, moved: right by batches too, and by a worker when very many match."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from tom_common.models import HistoryEvent, TaskRun
from tom_targets import groups, tasks
from tom_targets.services import add_to_list, create_list, lists, move_to_list, remove_from_list

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def seven(make, monkeypatch):
    monkeypatch.setattr(lists, "AT_A_TIME", 3)
    return [make(f"t{i}", permissions="PUBLIC") for i in range(7)]


def keys_in(grouping):
    return set(grouping.targets.values_list("pk", flat=True))


def test_what_a_list_holds_is_taken_out_batch_by_batch(seven, member, make):
    grouping, absent = create_list(actor=member, name="mine"), make("absent", permissions="PUBLIC")
    hidden = make("hidden")
    grouping.targets.add(hidden, *seven)
    change = remove_from_list(actor=member, grouping=grouping, targets=[*(t.pk for t in seven), absent.pk, hidden.pk])
    assert (change.done, change.already, change.already_names) == (7, 1, ["absent"])
    assert keys_in(grouping) == {hidden.pk}
    add_to_list(actor=member, grouping=grouping, targets=[t.pk for t in seven])
    assert remove_from_list(actor=member, grouping=grouping, targets=grouping.targets.all()).done == 7
    assert keys_in(grouping) == {hidden.pk}


def test_what_a_list_holds_is_moved_to_another_batch_by_batch(seven, member, stranger):
    source, into, foreign = (create_list(actor=who, name=name) for who, name in ((member, "a"), (member, "b"), (stranger, "c")))
    source.targets.add(*seven)
    foreign.targets.add(*seven)
    into.targets.add(seven[0])
    change = move_to_list(actor=member, grouping=into, targets=source.targets.all())
    assert (change.done, change.already, change.already_names) == (6, 1, ["t0"])
    every = {t.pk for t in seven}
    assert (keys_in(source), keys_in(into), keys_in(foreign)) == (set(), every, every)
    told = HistoryEvent.objects.get(verb="targets_removed", object_id=str(source.pk))
    assert sorted(told.undo_data["targets"]) == sorted(every)


def test_very_many_are_dealt_with_by_a_worker(client, seven, member, make, monkeypatch):
    grouping = create_list(actor=member, name="mine")
    make("hidden t9")
    monkeypatch.setattr(groups, "MANY", 3)
    monkeypatch.setattr("tom_common.tasks.backend_is_immediate", lambda: False)
    client.force_login(member)
    sent = {"grouping": grouping.pk, "isSelectAll": "True", "query_string": "name=t", "add": ""}
    answer = client.post(reverse("targets:add-remove-grouping"), sent)
    (message,) = get_messages(answer.wsgi_request)
    assert "they are being added to group 'mine'" in str(message)
    run = TaskRun.objects.get()
    assert (run.state, run.actor_id) == ("succeeded", member.pk), run.error  # this project's tasks run at once
    assert keys_in(grouping) == {t.pk for t in seven}


def test_a_filter_that_is_not_understood_changes_nothing(seven, member):
    grouping = create_list(actor=member, name="mine")
    with pytest.raises(Exception, match="not valid"):
        groups.all_that_match("add", "cone_search=nonsense", grouping, member)
    assert keys_in(grouping) == set()
    assert tasks.change_list_task("add", "", 0, member.pk) == "gone"


def test_lists_of_a_view_that_does_not_count_them(make, member):
    from django.test import RequestFactory

    from tom_targets.models import TargetList
    from tom_targets.tables import TargetGroupTable

    few, many = (create_list(actor=member, name=name) for name in ("few", "many"))
    few.targets.add(make("a"))
    many.targets.add(make("b"), make("c"))
    request = RequestFactory().get("/")
    request.user = member
    for order, expected in (("total_targets", [1, 2]), ("-total_targets", [2, 1])):
        table = TargetGroupTable(TargetList.objects.all(), order_by=order)
        assert [row.get_cell("total_targets") for row in table.rows] == expected
        assert "many" in table.as_html(request)
