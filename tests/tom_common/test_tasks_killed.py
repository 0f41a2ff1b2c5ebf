"""A worker that is killed in the middle: the run is found by its lease and done by another worker, or ends with a plain reason."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

pytestmark = [pytest.mark.long, pytest.mark.database, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = """
from tests.settings import *
DATABASES["default"]["NAME"] = {name!r}
if {sqlite!r}:
    DATABASES["default"]["OPTIONS"] = {{"timeout": 30, "transaction_mode": "IMMEDIATE"}}
TASKS = {{"default": {{"BACKEND": "django_tasks.backends.database.DatabaseBackend"}}}}
TOM_TASK_LEASE_S = 3
"""
ASK = """
import django; django.setup()
from tests.tom_common import tasks_for_tests as jobs
from tom_common.tasks import enqueue
print(enqueue(jobs.waits_for_a_file, {one!r}, key="killed").pk, enqueue(jobs.waits_once, {two!r}).pk)
"""
TELL = """
import django; django.setup()
from tom_common.models import TaskRun
for run in TaskRun.objects.order_by("pk"):
    print(run.state, run.attempts, run.result, run.reason, sep="|")
"""


class Project:
    def __init__(self, folder):
        sqlite = connection.vendor == "sqlite"
        name = str(folder / "db.sqlite3") if sqlite else connection.settings_dict["NAME"]
        (folder / "killed_settings.py").write_text(SETTINGS.format(name=name, sqlite=sqlite))
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "killed_settings",
            "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT), str(ROOT / "src")]),
        }
        if sqlite:
            self.run("-m", "django", "migrate", "--verbosity", "0")

    def start(self, *command):
        return subprocess.Popen(
            [sys.executable, *command], env=self.environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def run(self, *command):
        return subprocess.run([sys.executable, *command], env=self.environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    def runs(self):
        return [line.split("|") for line in self.run("-c", TELL).splitlines()]


def killed_once_it_has(project, file):
    worker = project.start("-m", "django", "runworker", "--no-startup-delay", "--interval", "0.1")
    try:
        for _ in range(600):
            if file.exists():
                break
            assert worker.poll() is None
            time.sleep(0.1)
        assert file.exists(), "the worker did not begin"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()


def test_a_killed_worker_loses_no_run(tmp_path):
    project = Project(tmp_path)
    one, two = tmp_path / "one", tmp_path / "two"
    project.run("-c", ASK.format(one=str(one), two=str(two)))
    killed_once_it_has(project, one)
    assert project.runs()[0][:2] == ["running", "1"]
    killed_once_it_has(project, two)
    time.sleep(3.5)  # the lease
    project.run("-m", "django", "runscheduler", "--once")
    assert [run[0] for run in project.runs()[:2]] == ["waiting", "failed"]
    time.sleep(0.5)
    project.run("-m", "django", "runworker", "--batch", "--no-startup-delay")
    again, once = project.runs()[:2]
    assert again[:3] == ["succeeded", "2", "second attempt"]
    assert "The worker that ran it stopped in the middle." in once[3]
    assert "What it had done by then may stand" in once[3]
