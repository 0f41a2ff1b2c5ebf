"""Keys and passwords of the TOM and of its users are on no page, in no address and in no log."""

from __future__ import annotations

import logging

import pytest
from rest_framework.authtoken.models import Token

from tests.projects.walk import addresses
from tests.safety.conftest import SECRETS, ask, client_for


@pytest.mark.parametrize("who", ["owner", "superuser"])
def test_no_secret_is_shown(world, who, caplog):
    caplog.set_level(logging.DEBUG)
    tokens = {f"token of {user}": Token.objects.get_or_create(user=user)[0].key for user in map(world.people.get, ("owner", "superuser"))}
    client = client_for(world.people[who])
    shown = []
    for address in addresses(world.arguments):
        answer = ask(client, address.url)
        text = answer.body + repr(list(answer.items())).encode()
        shown += [(address.name, name) for name, secret in {**SECRETS, **tokens}.items() if secret.encode() in text]
    assert not shown
    logged = [record for record in caplog.records if not record.name.startswith("django.db")]  # statements, at DEBUG, hold values
    assert not [(record.name, name) for record in logged for name, secret in {**SECRETS, **tokens}.items() if secret in record.getMessage()]


def test_a_failing_service_is_reported_without_its_key(world, caplog):
    """Where a facility cannot be reached the page says so, with its address but not with what was sent along."""
    client = client_for(world.people["superuser"])
    for url in (f"/observations/LCO/create/?target_id={world.target.pk}", "/observations/status/list/", "/alerts/query/1/run/"):
        answer = ask(client, url)
        assert answer.status_code < 500
        assert not [name for name, secret in SECRETS.items() if secret.encode() in answer.body]
    assert not [name for name, secret in SECRETS.items() if secret in caplog.text]
