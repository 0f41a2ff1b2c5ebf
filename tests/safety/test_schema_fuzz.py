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

LEFT_OUT = ("/api/dummies",)  # a plugin's
# of documented statuses, those that need no body; all others have one that conforms to its schema
WITHOUT_BODY = (204, 304)


@pytest.fixture
def described(world):
    from tests.safety.conftest import client_for

    raw = client_for(world.people["owner"]).get("/api/schema/", {"format": "json"}).json()
    for path in list(raw["paths"]):
        if path.startswith(LEFT_OUT):
            del raw["paths"][path]
    schema = schemathesis.openapi.from_dict(raw)
    schema.app = WSGIHandler()
    keys = [arguments["pk"] for name, arguments in world.arguments.items() if name.startswith("api") and "pk" in arguments]
    return schema, raw, keys


def client_of(user):
    from django.test import Client
    from rest_framework.authtoken.models import Token

    if user is None:
        return Client(raise_request_exception=False)
    token = Token.objects.get_or_create(user=user)[0].key
    return Client(raise_request_exception=False, headers={"authorization": f"Token {token}"})


def fuzz(described, user, examples: int) -> list[str]:
    schema, raw, keys = described
    client = client_of(user)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 20
    wrong: dict[tuple, str] = {}
    for operation in operations:
        try_operation(client, operation, raw, keys, examples, wrong)
    return list(wrong.values())


def try_operation(client, operation, raw, keys, examples, wrong):
    """Requests as the description allows them, half of them for keys that are there; each is taken back."""
    responses = operation.definition.raw["responses"]
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
        headers = {name: str(value) for name, value in (case.headers or {}).items() if name in ("If-Match", "If-None-Match")}
        with transaction.atomic():
            answer = client.generic(
                method, path, sent.encode("utf-8", "replace"), content_type=case.media_type or "application/json", query_params=query,
                headers=headers,
            )  # fmt: skip
            transaction.set_rollback(True)
        if problem := problem_of(answer, responses, raw, chosen=bool({"fields", "omit"} & query.keys())):
            error = (getattr(answer, "exc_info", None) or ("",))[0]
            what = (method, operation.path, answer.status_code, problem[:60], str(error))
            wrong.setdefault(what, f"{what} {problem} {path} {query} {sent[:200]} {answer.content[:300]!r}")

    one()


def problem_of(answer, responses, raw, *, chosen: bool = False) -> str:
    """What about an answer is not as the description has it; empty when nothing. `chosen`: the request says which fields it wants."""
    if answer.status_code >= 500:
        return "an error of ours"
    said = responses.get(str(answer.status_code))
    if said is None:
        return "a status that is not described"
    if answer.status_code in WITHOUT_BODY:
        return "" if not answer.content else "a body where there is none"
    content = said.get("content", {}).get("application/json")
    if content is None:
        return ""
    if not answer.get("Content-Type", "").startswith("application/json"):
        return f"not JSON but {answer.get('Content-Type')}"
    from openapi_schema_validator import OAS30ReadValidator

    schema = {**content["schema"], "components": raw["components"]}
    errors = OAS30ReadValidator(schema).iter_errors(answer.json())
    first = next((error for error in errors if not (chosen and error.validator == "required")), None)
    return "" if first is None else f"{'.'.join(str(part) for part in first.absolute_path)}: {first.message[:200]}"


@pytest.mark.parametrize(("who", "examples"), [("anonymous", 3), ("stranger", 5), ("changer", 5), ("owner", 20)])
def test_whatever_is_sent(described, world, who, examples):
    wrong = fuzz(described, world.people[who], examples)
    assert not wrong, "\n".join(wrong)


@pytest.mark.long
@pytest.mark.parametrize("who", ["anonymous", "stranger", "changer", "owner", "superuser"])
def test_whatever_is_sent_for_longer(described, world, who):
    wrong = fuzz(described, world.people[who], 300)
    assert not wrong, "\n".join(wrong)
