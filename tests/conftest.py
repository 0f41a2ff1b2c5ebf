"""Fixtures of the whole suite."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest

pytest_plugins = ["tests.browser"]

# No test is timed: a busy machine is no failure. The rest of the profile is hypothesis' own (in CI: the same examples each time).
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def leave_out(reason: str) -> NoReturn:
    """Skip what this machine has not got; in CI, where nothing may be left out, fail."""
    if IN_CI:
        pytest.fail(f"CI leaves nothing out: {reason}")
    pytest.skip(reason)


def pytest_collection_modifyitems(config, items):
    """`long` tests run only when asked for by name: `-m long`, or `make test-long`."""
    if "long" in config.getoption("-m"):
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded service answers, beside the checkout or named by OPENTOM_SHARED_DATA."""
    folder = Path(os.environ.get("OPENTOM_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    if not folder.is_dir():
        leave_out(f"recorded data are not here: {folder} (set OPENTOM_SHARED_DATA)")
    return folder


@pytest.fixture(autouse=True)
def _media_in_tmp(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _nothing_is_counted_from_other_tests():
    """Wrong passwords, requests and failures of a service are counted in the cache and in the process: all tests come from one address."""
    from django.core.cache import caches

    from tom_common.http import forget_hosts

    for cache in caches.all():
        cache.clear()
    forget_hosts()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Chromium's executable, for Playwright's `executable_path`."""
    path = os.environ.get("OPENTOM_CHROMIUM") or next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if not path:
        leave_out("no Chromium was found (apt-get install chromium, or set OPENTOM_CHROMIUM)")
    return path


@pytest.fixture
def redis_url() -> str:
    """A Redis database that the tests may fill and empty."""
    url = os.environ.get("OPENTOM_TEST_REDIS_URL")
    if not url:
        leave_out("no Redis for tests (OPENTOM_TEST_REDIS_URL)")
    return url


# --- who looks: every page and list is tried as each of them -----------------------------------------------------------
@pytest.fixture
def stranger(db):
    """Logged in, in no group."""
    from django.contrib.auth.models import User

    return User.objects.create_user("stranger")


@pytest.fixture
def members(db):
    from django.contrib.auth.models import Group

    return Group.objects.get_or_create(name="members")[0]


@pytest.fixture
def member(members):
    """An ordinary user, in the group *members*."""
    from django.contrib.auth.models import User

    user = User.objects.create_user("member")
    user.groups.add(members)
    return user


@pytest.fixture
def boss(db):
    from django.contrib.auth.models import User

    return User.objects.create_superuser("boss")


@pytest.fixture
def visitor():
    from django.contrib.auth.models import AnonymousUser

    return AnonymousUser()


@pytest.fixture
def client_of(db):
    """client_of(user) -> a test client in which that user is logged in; client_of(None) is a visitor's."""
    from django.test import Client

    def make(user=None):
        client = Client()
        if user is not None and user.is_authenticated:
            client.force_login(user)
        return client

    return make
