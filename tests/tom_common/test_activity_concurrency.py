"""Several at once: one waiting run of a key, one worker for a run, one undo of an event."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from tests.tom_common import tasks_for_tests as jobs
from tests.tom_common.test_outbox_concurrency import at_once
from tom_alerts.models import BrokerQuery
from tom_common import tasks
from tom_common.errors import ConflictError
from tom_common.models import HistoryEvent, TaskRun
from tom_common.services.history_shown import undo_event
from tom_common.services.rows import delete_row, save_row

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _shared_between_threads():
    jobs.calls.clear()
    if connection.vendor == "sqlite":
        pytest.skip("an SQLite database in memory is not shared between threads")


def test_one_run_of_a_key_waits():
    later = timezone.now() + timedelta(hours=1)
    runs = at_once(6, lambda index: tasks.enqueue(jobs.add, index, key="same", run_after=later).pk)
    assert len(set(runs)) == 1
    assert TaskRun.objects.count() == 1


def test_one_worker_does_a_run():
    run = tasks.enqueue(jobs.add, 1, run_after=timezone.now() + timedelta(hours=1))
    at_once(6, lambda index: tasks.execute(run.pk))
    assert jobs.calls == [(1, 0)]
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("succeeded", 1)


def test_an_event_is_undone_once():
    person = get_user_model().objects.create_user("who")
    query = save_row(actor=person, row=BrokerQuery(name="one", broker="Lasair", parameters={}))
    delete_row(actor=person, row=query)
    event = HistoryEvent.objects.get(verb="deleted")

    refused = []

    def undo(index):
        try:
            return undo_event(actor=person, event=event).pk
        except ConflictError as error:
            refused.append(str(error))
            return None

    assert len([pk for pk in at_once(5, undo) if pk]) == 1, refused
    assert BrokerQuery.objects.count() == 1
    assert HistoryEvent.objects.filter(undoes=event).count() == 1
