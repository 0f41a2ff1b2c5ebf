"""Run inside a project: writes to every address of the API as a visitor and as a stranger, prints JSON of what was answered and changed."""

from __future__ import annotations

import json
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.test import Client  # noqa: E402

from tests.projects.walk import addresses, one_of_each  # noqa: E402
from tests.safety.test_get_changes_nothing import fingerprint  # noqa: E402


def main() -> None:
    arguments = one_of_each()
    from tom_dataproducts.models import ReducedDatum
    from tom_targets.models import PersistentShare, Target, TargetExtra, TargetName

    target = Target.objects.get(name="Crawled 1")
    when = "2024-03-01T00:00:00Z"
    arguments |= {
        "api:targetname-detail": {"pk": TargetName.objects.create(target=target, name="Alias").pk},
        "api:targetextra-detail": {"pk": TargetExtra.objects.create(target=target, key="kind", value="nova").pk},
        "api:targetlist-detail": {"pk": 1},
        "targets:persistent-share-detail": {"pk": PersistentShare.objects.create(target=target, destination="x").pk},
        "api:reduceddatums-detail": {
            "pk": ReducedDatum.objects.create(
                target=target, data_type="photometry", timestamp=when, value={"magnitude": 1.0, "filter": "r"}
            ).pk
        },
    }
    body = {
        "name": "Made", "type": "SIDEREAL", "ra": 1.0, "dec": 1.0, "target": target.pk, "target_id": target.pk, "data_type": "photometry",
        "timestamp": when, "value": {"magnitude": 2.0, "filter": "r"}, "facility": "Example", "observation_type": "OBSERVATION",
        "observing_parameters": {}, "destination": "x", "status": "gone", "permissions": "OPEN",
    }  # fmt: skip
    stranger = Client(raise_request_exception=False)
    stranger.force_login(get_user_model().objects.create_user("stranger"), backend=settings.AUTHENTICATION_BACKENDS[0])
    rows, changed = [], {}
    for who, client in (("anonymous", Client(raise_request_exception=False)), ("stranger", stranger)):
        before = fingerprint()
        for address in addresses(arguments):
            if not (address.name.startswith("api:") or "persistent-share" in address.name) or "manage" in address.name:
                continue
            if who == "stranger" and not address.arguments:
                continue
            for method in ("post", "put", "patch", "delete"):
                status = getattr(client, method)(address.url, json.dumps(body), content_type="application/json").status_code
                rows.append({"who": who, "name": address.name, "method": method, "status": status})
        changed[who] = sorted(table for table, state in fingerprint().items() if before.get(table) != state)
    json.dump({"rows": rows, "changed": changed}, sys.stdout)


if __name__ == "__main__":
    main()
