import logging

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from tom_common.events import Event

pytestmark = pytest.mark.database


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_refused():
    with pytest.raises(transaction.TransactionManagementError, match="thing_made"):
        Event("thing_made").send()


@pytest.mark.django_db(transaction=True)
def test_inside_runs_in_the_transaction_and_its_error_undoes_the_cause():
    event = Event("e")

    @event.connect(when="inside")
    def fails(**payload):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), transaction.atomic():  # noqa: PT012
        Group.objects.create(name="g")
        event.send(key=1)
    assert not Group.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_after_commit_runs_after_and_errors_are_logged(caplog):
    event, seen = Event("e"), []

    def bad(**payload):
        raise ValueError("broken receiver")

    def good(key):
        seen.append((key, transaction.get_connection().in_atomic_block))

    event.connect(bad, when="after_commit")
    event.connect(good, when="after_commit")
    event.connect(good, when="after_commit")
    with caplog.at_level(logging.ERROR), transaction.atomic():
        event.send(key=7)
        assert seen == []
    assert seen == [(7, False)]
    assert "bad failed after e" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_of_what_was_rolled_back():
    event, seen = Event("e"), []
    event.connect(lambda **p: seen.append(p), when="after_commit")
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        event.send(key=1)
        raise RuntimeError
    assert seen == []
    assert event.disconnect(print) is False
    with pytest.raises(ValueError, match="inside or after_commit"):
        event.connect(print, when="sometime")
