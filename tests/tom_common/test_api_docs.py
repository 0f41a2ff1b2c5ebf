"""The examples of docs/api.md, run against a server as a client would; and the page of all operations."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import leave_out

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
EXAMPLES = re.findall(r"```(python|bash)\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.django_db(transaction=True)
def test_the_examples(live_server, django_user_model):
    from django.core.cache import cache

    if not shutil.which("curl"):
        leave_out("curl is not there (apt-get install curl)")
    cache.clear()
    user = django_user_model.objects.create_user("ada", "ada@example.org", "Long-pass-9!")
    names = {"BASE": live_server.url, "TOKEN": user.auth_token.key}
    assert {kind for kind, _ in EXAMPLES} == {"python", "bash"}
    for kind, code in EXAMPLES:
        if kind == "python":
            exec(compile(code, f"docs/api.md: {code[:60]}", "exec"), names)
        else:
            environment = {**os.environ, "BASE": names["BASE"], "TOKEN": names["TOKEN"]}
            done = subprocess.run(["bash", "-ec", code], env=environment, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, (code, done.stdout, done.stderr)
    names["tom"].close()
    from tom_targets.models import BaseTarget

    assert not BaseTarget.objects.exists()


@pytest.mark.django_db
def test_every_operation_has_an_anchor_and_a_command(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("boss"))
    raw = client.get("/api/schema/", {"format": "json"}).json()
    page = client.get("/api/docs/").content.decode()
    ids = [operation["operationId"] for item in raw["paths"].values() for operation in item.values()]
    assert len(ids) > 30
    assert not [one for one in ids if f'id="{one}"' not in page]
    assert page.count("curl") >= len(ids)
    assert "<script>" not in page
    assert '"facility": "text"' in page.replace("&quot;", '"')  # the body of a request for observations


@pytest.mark.django_db
def test_what_the_description_says_of_rows(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("boss"))
    raw = client.get("/api/schema/", {"format": "json"}).json()
    one = raw["paths"]["/api/targets/{id}/"]
    assert {"200", "304"} <= set(one["get"]["responses"])
    assert {"200", "400", "412", "413"} <= set(one["patch"]["responses"])
    assert {parameter["name"] for parameter in one["patch"]["parameters"]} == {"id", "If-Match"}
    assert {"ordering", "fields", "cursor"} <= {parameter["name"] for parameter in raw["paths"]["/api/targets/"]["get"]["parameters"]}
    assert raw["paths"]["/api/observations/"]["post"]["responses"]["404"]["description"]  # the target is not there, or hidden
    body = raw["paths"]["/api/observations/"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["$ref"].endswith("/ObservationRequest")
    assert raw["paths"]["/api/observations/"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]["type"] == "array"
    assert "requestBody" not in raw["paths"]["/api/observations/{id}/cancel/"]["patch"]
    assert set(raw["components"]["securitySchemes"]) == {"tokenAuth", "cookieAuth", "basicAuth"}
