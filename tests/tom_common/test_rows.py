"""Rows without rules of their own are written and deleted with history."""

import pytest
from django.contrib.auth.models import Group

from tom_common.services.history import history_of
from tom_common.services.rows import delete_row, save_row

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_saving_and_deleting_is_remembered(django_user_model):
    person = django_user_model.objects.create_user("who")
    row = save_row(actor=person, row=Group(name="one"))
    row.name = "two"
    save_row(actor=person, row=row)
    told = history_of(row)
    delete_row(actor=person, row=row)
    assert not Group.objects.filter(name="two").exists()
    assert sorted(event.verb for event in told.all()) == ["changed", "created", "deleted"]
    assert {event.actor for event in told.all()} == {person}
