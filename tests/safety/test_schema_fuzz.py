"""The API as its description has it: whatever is sent, no answer is a 5xx and none has a status that the description lacks."""

from __future__ import annotations

import json
import re
from urllib.parse import urlencode

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings, strategies
from hypothesis.strategies import data

schemathesis = pytest.importorskip("schemathesis")

LEFT_OUT = ("/api/token-auth/", "/api/schema/", "/api/dummies")  # throttled; the description itself; a plugin's


@pytest.fixture
def described(world):
    from rest_framework.authtoken.models import Token

    owner = world.people["owner"]
    token = Token.objects.get_or_create(user=owner)[0].key
    app = WSGIHandler()
    from tests.safety.conftest import client_for

    raw = client_for(owner).get("/api/schema/", {"format": "json"}).json()
    for path in list(raw["paths"]):
        if path.startswith(LEFT_OUT):
            del raw["paths"][path]
    schema = schemathesis.openapi.from_dict(raw)
    schema.app = app
    keys = [arguments["pk"] for name, arguments in world.arguments.items() if name.startswith("api") and "pk" in arguments]
    return schema, token, keys


def fuzz(described, examples: int) -> list[str]:
    from django.test import Client

    schema, token, keys = described
    client = Client(raise_request_exception=False, headers={"authorization": f"Token {token}"})
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 20
    wrong: dict[tuple, str] = {}
    for operation in operations:
        try_operation(client, operation, keys, examples, wrong)
    return list(wrong.values())


def try_operation(client, operation, keys, examples, wrong):
    """Requests as the description allows them, half of them for keys that are there; each is taken back."""
    statuses = set(operation.definition.raw["responses"])
    method = operation.method.upper()

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    @given(data())
    def one(drawn):
        case = drawn.draw(operation.as_strategy())
        path = operation.path
        for name, value in (case.path_parameters or {}).items():
            filled = drawn.draw(strategies.sampled_from([value, *keys]))
            path = path.replace("{" + name + "}", re.sub(r"[/?#]", "_", str(filled)) or "0")
        is_json = "json" in (case.media_type or "json")
        body = case.body if isinstance(case.body, dict | list | str | int | float | bool | None) else {}
        sent = json.dumps(body) if is_json else urlencode(body, doseq=True, errors="replace") if isinstance(body, dict) else ""
        query = {name: value for name, value in (case.query or {}).items() if value is not None}
        with transaction.atomic():
            answer = client.generic(
                method, path, sent.encode("utf-8", "replace"), content_type=case.media_type or "application/json", query_params=query
            )
            transaction.set_rollback(True)
        if answer.status_code >= 500 or str(answer.status_code) not in statuses:
            error = (getattr(answer, "exc_info", None) or ("",))[0]
            what = (method, operation.path, answer.status_code, str(error))
            wrong.setdefault(what, f"{what} {path} {query} {sent[:200]} {answer.content[:200]!r}")

    one()


def test_whatever_is_sent(described):
    wrong = fuzz(described, 25)
    assert not wrong, "\n".join(wrong)


@pytest.mark.long
def test_whatever_is_sent_for_longer(described):
    wrong = fuzz(described, 300)
    assert not wrong, "\n".join(wrong)
