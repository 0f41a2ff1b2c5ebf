"""Two TOMs: targets are shared with another one that runs as a process of its own, through its REST API."""

import socket
import subprocess
import sys
import time

import pytest
import requests
from django.contrib.auth.models import User

from tests.projects.test_projects import ROOT, run
from tom_targets.services import create_list
from tom_targets.sharing import share_target_with_tom

pytestmark = [pytest.mark.django_db]
PEOPLE = """
from django.contrib.auth.models import User
from tom_targets.models import Target, TargetName
remote = User.objects.create_user("remote", password="Long-pass-9!")
for name in ("Twice one", "Twice two"):
    Target.objects.create(name=name, type="SIDEREAL", ra=1.0, dec=2.0).give_user_access(remote)
"""


@pytest.fixture(scope="module")
def other_tom(tmp_path_factory):
    """Address of a TOM with the user `remote`."""
    folder = tmp_path_factory.mktemp("other")
    run("kind31", folder, "-m", "django", "migrate", "--verbosity", "0")
    run("kind31", folder, "-m", "django", "shell", "-c", PEOPLE)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    import os

    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "tests.projects.kind31.settings", "OPENTOM_PROJECT_DIR": str(folder),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }  # fmt: skip
    server = subprocess.Popen(
        [sys.executable, "-m", "django", "runserver", "--noreload", f"127.0.0.1:{port}"],
        env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(120):
            try:
                requests.get(f"{url}api/targets/", timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.5)
        else:
            pytest.fail("the other TOM does not start")
        yield url
    finally:
        server.terminate()
        server.wait(20)


def test_a_target_is_shared_and_shared_again(other_tom, settings, make, member):
    settings.DATA_SHARING = {"other": {"DISPLAY_NAME": "Other", "BASE_URL": other_tom, "USERNAME": "remote", "PASSWORD": "Long-pass-9!"}}
    settings.TOM_NAME = "This TOM"
    target = make("SN 2026, odd", ra=0.0, dec=0.0, abs_mag=0.0, names=["ZTF26aaaaaaa", "Gaia26abc"], extras={"redshift": "0.01"})
    answer = share_target_with_tom("other", {"target": target}, target_lists=[create_list(actor=member, name="Best")], user=member)
    assert answer.status_code == 201, answer.text
    assert answer.json()["message"] == "Target successfully uploaded."
    with requests.Session() as client:
        client.auth = ("remote", "Long-pass-9!")
        there = client.get(f"{other_tom}api/targets/{answer.json()['id']}/", timeout=20).json()
        assert (there["name"], there["ra"], there["dec"], there["abs_mag"]) == ("SN 2026, odd", 0.0, 0.0, 0.0)
        assert [alias["name"] for alias in there["aliases"]] == ["ZTF26aaaaaaa", "Gaia26abc"]
        assert [(extra["key"], extra["value"]) for extra in there["targetextra_set"]] == [("redshift", "0.01")]
        assert (there["shared_by"], there["shared_from"]) == ("member", "This TOM")
        again = share_target_with_tom("other", {"target": target}, target_lists=[], user=member)
        assert again.status_code == 200, again.text
        assert again.json()["message"] == "Target successfully updated."
        lists = client.get(f"{other_tom}api/targetlist/", params={"target": there["id"]}, timeout=20).json()["results"]
        assert sorted(found["name"] for found in lists) == ["Best", "Imported From This TOM"]
        found = client.get(f"{other_tom}api/targets/", params={"name": "2026", "fields": "id,name"}, timeout=20).json()
        assert found["results"] == [{"id": there["id"], "name": "SN 2026, odd"}]
    assert User.objects.filter(username="remote").count() == 0  # it is another TOM


def test_several_are_there(other_tom, settings, make):
    settings.DATA_SHARING = {"other": {"DISPLAY_NAME": "Other", "BASE_URL": other_tom, "USERNAME": "remote", "PASSWORD": "Long-pass-9!"}}
    target = make("Twice one", names=["Twice two"])
    answer = share_target_with_tom("other", {"target": target})
    assert answer == {"message": "ERROR: Multiple targets with matching name found in destination TOM."}
