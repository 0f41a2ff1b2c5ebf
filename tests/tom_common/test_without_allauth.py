"""A project with the lists of 2.32: Bootstrap 4 packages, no allauth, no policy middleware. Its pages are the same pages."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import json, django
django.setup()
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.test.utils import setup_test_environment
from django.urls import NoReverseMatch, reverse

setup_test_environment()
call_command("migrate", verbosity=0)
boss = User.objects.create_superuser("boss", "b@example.org", "a-long-phrase-1")
member = User.objects.create_user("member", "m@example.org", "a-long-phrase-2")
answers = {}
visitor = Client()
page = visitor.get(reverse("login"))
answers["login"] = [template.name for template in page.templates]
answers["wrong"] = visitor.post(reverse("login"), {"username": "member", "password": "no"}).status_code
answers["right"] = visitor.post(reverse("login"), {"username": "member", "password": "a-long-phrase-2", "next": "/users/profile/"})["Location"]
profile = visitor.get("/users/profile/").content.decode()
answers["profile"] = ["member" in profile, "Security" in profile]
answers["logout_by_get"] = visitor.get(reverse("logout")).status_code
answers["still_in"] = "_auth_user_id" in visitor.session
answers["logout"] = visitor.post(reverse("logout"))["Location"]
owner = Client()
owner.force_login(boss)
group = Group.objects.create(name="g")
pages = ["home", "user-list", "user-profile", "user-create", "group-create", "terms-of-service", "terms-accept"]
answers["pages"] = {name: owner.get(reverse(name)).status_code for name in pages}
for name, pk in [("user-update", boss.pk), ("user-delete", member.pk), ("group-update", group.pk), ("group-delete", group.pk),
                 ("admin-user-change-password", member.pk)]:
    answers["pages"][name] = owner.get(reverse(name, args=[pk])).status_code
answers["member_refused"] = (lambda c: (c.force_login(member), c.get(reverse("user-create")).status_code)[1])(Client())
answers["anonymous"] = Client().get(reverse("user-list"))["Location"]
try:
    answers["mfa"] = reverse("mfa_index")
except NoReverseMatch:
    answers["mfa"] = None
print(json.dumps(answers))
"""


def test_pages_of_a_project_without_allauth(tmp_path):
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.projects.kind232.settings",
        "OPENTOM_PROJECT_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=env, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode:
        pytest.fail(done.stderr[-4000:])
    answers = json.loads(done.stdout.strip().splitlines()[-1])
    assert "registration/login.html" in answers["login"]
    assert (answers["wrong"], answers["right"]) == (200, "/users/profile/")
    assert answers["profile"] == [True, False]
    assert answers["logout_by_get"] == 405
    assert answers["still_in"]
    assert answers["logout"] == "/"
    assert set(answers["pages"].values()) == {200}, answers["pages"]
    assert answers["member_refused"] == 403
    assert answers["anonymous"].startswith("/accounts/login/?next=")
    assert answers["mfa"] is None
