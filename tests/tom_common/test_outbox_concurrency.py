"""Several senders at once: every item is given to one of them."""

import threading

import pytest
from django.db import connection, connections

from tom_common.models import OutboxItem
from tom_common.scheduler import Scheduler
from tom_common.services import outbox

pytestmark = pytest.mark.database


def at_once(count, work):
    results, errors = [], []

    def run(index):
        try:
            results.append(work(index))
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert errors == []
    return results


@pytest.mark.django_db(transaction=True)
def test_no_item_is_given_twice():
    if connection.vendor == "sqlite":
        pytest.skip("an SQLite database in memory is not shared between threads")
    for number in range(60):
        outbox.put_in_outbox(destination="d", kind="k", payload={}, idempotency_key=str(number))

    def take(index):
        mine = []
        while items := outbox.claim(limit=7, sender=f"sender-{index}"):
            mine += [item.pk for item in items]
        return mine

    taken = [key for keys in at_once(4, take) for key in keys]
    assert len(taken) == len(set(taken)) == 60
    assert OutboxItem.objects.filter(state="unknown", attempts=1).count() == 60


@pytest.mark.django_db(transaction=True)
def test_one_key_put_by_several_is_one_item():
    if connection.vendor == "sqlite":
        pytest.skip("an SQLite database in memory is not shared between threads")
    keys = at_once(6, lambda index: outbox.put_in_outbox(destination="d", kind="k", payload={}, idempotency_key="same").pk)
    assert len(set(keys)) == 1


@pytest.mark.django_db(transaction=True)
def test_one_scheduler_leads():
    if connection.vendor == "sqlite":
        pytest.skip("an SQLite database in memory is not shared between threads")
    assert sorted(at_once(5, lambda index: Scheduler().lead())) == [False] * 4 + [True]
