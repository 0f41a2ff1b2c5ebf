"""A project whose target model is its own, of several tables: started in a process of its own, as its owner has it."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"

SETTINGS = """
SECRET_KEY = "x"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
ROOT_URLCONF = "tom_targets.urls"
SITE_ID = 1
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
    "django.contrib.sites", "guardian", "CUSTOM_FIRST", "tom_common", "rest_framework", "rest_framework.authtoken", "django_filters",
    "django_tables2", "django_htmx", "tom_targets", "CUSTOM_LAST",
]
INSTALLED_APPS = [app for app in INSTALLED_APPS if app]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "guardian.backends.ObjectPermissionBackend"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
TARGET_MODEL_CLASS = "custom_code.models.MyTarget"
EXTRA_FIELDS = []
HOOKS = {}
"""

MODELS = """
from django.db import models
from tom_targets.base_models import BaseTarget

class MyTarget(BaseTarget):
    redshift = models.FloatField(null=True, blank=True)
    note = models.CharField(max_length=20, default="", blank=True)
    secret = models.FloatField(default=1.0)
    secret.hidden = True

    def save(self, *args, **kwargs):
        if self.redshift is not None and self.note == "":
            self.note = f"z {self.redshift:.1f}"
        super().save(*args, **kwargs)

    class Meta:
        verbose_name = "target"
        permissions = (("view_target", "View"), ("add_target", "Add"), ("change_target", "Change"), ("delete_target", "Delete"))
"""

RUN = """
import django
django.setup()
from django.core.management import call_command
call_command("makemigrations", "custom_code", verbosity=0)
call_command("migrate", verbosity=0)
call_command("check")
from django.contrib.auth.models import User, Group, Permission
from guardian.shortcuts import assign_perm, get_objects_for_user, get_perms, remove_perm
from tom_targets.models import BaseTarget, Target, Grant, TargetUserObjectPermission
from custom_code.models import MyTarget
from tom_targets.policy import visible_to, can
from tom_targets.rows import TargetRow
from tom_targets.services import create_target, update_target, merge_targets, delete_target, create_or_match_targets
from tom_targets.services import grants, repair
from tom_targets.services.importing import import_csv
from tom_targets.services.exporting import export_csv
from tom_targets.sharing import custom_target_to_extras

assert Target is MyTarget
u = User.objects.create_user("u")
t = MyTarget(name="A", type="SIDEREAL", ra=10, dec=20, redshift=0.1, permissions="PUBLIC")
t.save(extras={"k": "v"}, names=["b"])
assert t.healpix and BaseTarget.objects.get().simplified_name == "a"
assert "redshift" in t.as_dict() and "secret" not in t.as_dict()
for obj in (t, BaseTarget.objects.get()):
    assign_perm("custom_code.change_target", u, obj)
    assert u.has_perm("custom_code.change_target", obj) and get_perms(u, obj) == ["change_target"]
    assert list(get_objects_for_user(u, "custom_code.change_target")) == [t]
    remove_perm("change_target", u, obj)
    u = User.objects.get(pk=u.pk)
    assert not u.has_perm("change_target", obj)
t.give_user_access(u)
assert TargetUserObjectPermission.objects.count() == 3
assert list(visible_to(u)) == [t] and can(u, "change", t)
MyTarget.objects.filter(redshift=0.1).update(ra=11.0, redshift=0.2)
t.refresh_from_db()
assert (t.ra, t.redshift) == (11.0, 0.2) and not any(repair.stale().values())
MyTarget.objects.update(permissions="OPEN")
t.redshift = 0.3
t.dec = 21
MyTarget.objects.bulk_update([t], ["redshift", "dec"])
t.refresh_from_db()
assert (t.redshift, t.dec, t.permissions) == (0.3, 21.0, "OPEN") and not any(repair.stale().values())
assert [x["key"] for x in custom_target_to_extras(t.pk)] == ["note", "redshift", "secret"]
s = create_target(actor=u, row=TargetRow(name="B 2", ra="1:00:00", dec=5, fields={"redshift": "0.5"}))
assert isinstance(s, MyTarget) and s.redshift == 0.5
update_target(actor=u, target=s, columns={"redshift": 0.7})
got = create_or_match_targets(actor=None, rows=[TargetRow(name="b2", ra=1, dec=1), TargetRow(name="n", ra=50, dec=1, fields={"note": "x"})])
assert [m.created for m in got] == [False, True] and got[1].target.note == "x" and isinstance(got[0].target, MyTarget)
text = "".join(export_csv(queryset=MyTarget.objects.all()))
assert "redshift" in text.splitlines()[0] and "0.7" in text
result = import_csv(stream="name,type,ra,dec,redshift,colour\\nZ,SIDEREAL,1,2,0.9,red\\n", actor=u)
z = MyTarget.objects.get(name="Z")
assert not result.errors and (z.redshift, z.note, z.tags) == (0.9, "z 0.9", {"colour": "red"}), "the project's own save is honoured"
(made,) = create_or_match_targets(actor=None, rows=[TargetRow(name="Y", ra=99, dec=1, fields={"redshift": 0.4}, extras={"k": "v"}, aliases=("YY",))])
assert (made.target.note, made.target.tags, made.target.names) == ("z 0.4", {"k": "v"}, ["Y", "YY"])
merge_targets(actor=None, primary=t, secondary=s)
assert MyTarget.objects.get(pk=t.pk).names == ["A", "b", "B 2"]
assert BaseTarget.matches.match_name("b2").get().pk == t.pk and isinstance(MyTarget.matches.match_name("b2").get(), MyTarget)
assert grants.differences() == (set(), set())
from tom_targets.forms import SiderealTargetCreateForm
assert {"redshift", "note"} <= set(SiderealTargetCreateForm(user=u).fields)
from tom_targets.serializers import TargetSerializer
data = TargetSerializer(t).data
assert data["redshift"] == 0.3 and "healpix" not in data
delete_target(actor=None, target=MyTarget.objects.get(pk=t.pk))
assert not BaseTarget.objects.filter(pk=t.pk).exists() and not Grant.objects.filter(target_id=t.pk).exists()
from tom_targets.tests.factories import SiderealTargetFactory
assert isinstance(SiderealTargetFactory.create(), MyTarget)
print("all well")
"""


@pytest.mark.parametrize("first", [True, False])
def test_custom_target_model(tmp_path, first):
    app = tmp_path / "custom_code"
    app.mkdir()
    (app / "__init__.py").write_text("")
    (app / "models.py").write_text(textwrap.dedent(MODELS))
    place, other = ("CUSTOM_FIRST", "CUSTOM_LAST") if first else ("CUSTOM_LAST", "CUSTOM_FIRST")
    (tmp_path / "project_settings.py").write_text(SETTINGS.replace(place, "custom_code").replace(other, ""))
    answer = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "ignore", "-c", RUN],
        cwd=tmp_path,
        env={"DJANGO_SETTINGS_MODULE": "project_settings", "PYTHONPATH": f"{tmp_path}:{SOURCE}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "all well" in answer.stdout, answer.stderr[-3000:]
