"""Run inside a project (DJANGO_SETTINGS_MODULE set): fills it with one of each thing, opens every page, prints JSON.

Every URL pattern of the project is opened by GET as an anonymous visitor and as a superuser. Patterns with arguments are
filled from the objects that stand; what cannot be filled is listed, so that a test can hold the list short.
"""

from __future__ import annotations

import json
import sys
import warnings

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.test import Client  # noqa: E402

from tests.projects.walk import addresses, one_of_each  # noqa: E402


def main() -> None:
    arguments = one_of_each()
    visitor, owner = Client(raise_request_exception=False), Client(raise_request_exception=False)
    owner.force_login(get_user_model().objects.get(username="owner"), backend=settings.AUTHENTICATION_BACKENDS[0])
    opened, unfilled = [], []
    for address in addresses(arguments, unfilled):
        row = {"name": address.name, "url": address.url}
        for who, client in (("anonymous", visitor), ("owner", owner)):
            with warnings.catch_warnings(record=True):
                warnings.simplefilter("always")
                row[who] = client.get(address.url, follow=False).status_code
        opened.append(row)
    json.dump({"opened": opened, "unfilled": sorted(set(unfilled))}, sys.stdout)


if __name__ == "__main__":
    main()
