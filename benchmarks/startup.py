"""CPU time and memory of `django.setup()` and of `manage.py check`, each in fresh processes, beside bare Django's."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNS = 5
BARE = (
    "from django.conf import settings; settings.configure(INSTALLED_APPS=['django.contrib.admin','django.contrib.auth','django.contrib.contenttypes',"
    "'django.contrib.sessions','django.contrib.messages','django.contrib.staticfiles','django.contrib.sites']); "
)
SETUP = "import django; django.setup()"
OTHERS = (
    "from django.conf import settings; from tests import settings as ours; settings.configure(SECRET_KEY='x', SITE_ID=1, GUARDIAN_MONKEY_PATCH_USER=False, "
    "INSTALLED_APPS=[name for name in ours.INSTALLED_APPS if not name.startswith(('tom_', 'tests'))], "
    "**{name: getattr(ours, name) for name in ('DATABASES', 'MIDDLEWARE', 'TEMPLATES', 'AUTHENTICATION_BACKENDS')}); "
)
PROGRAMS = {
    "bare Django": BARE + SETUP,
    "bare, PostgreSQL": BARE + SETUP + "; import django.db.backends.postgresql.base",  # what a project on PostgreSQL loads at once anyway
    "others' apps": OTHERS + SETUP,  # what OpenTOM installs of others, without OpenTOM
    "OpenTOM": SETUP,
    # as `pip install opentom` has it: without the driver of PostgreSQL, which django_tables2 loads where it is there
    "OpenTOM, no PostgreSQL": "import sys; sys.modules['psycopg'] = sys.modules['psycopg2'] = None; " + SETUP,
    "OpenTOM, check": SETUP + "; from django.core.management import call_command; call_command('check', verbosity=0)",
}
MEASURE = (
    "import json, resource, sys; used = resource.getrusage(resource.RUSAGE_SELF); "
    "print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, len(sys.modules)]))"
)


def measure(folder: str, program: str) -> list[float]:
    """CPU seconds (user and system), MiB and modules of one fresh process."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
        # an installed package has its byte code: it is kept here for all programs alike, whatever the environment says
        "PYTHONPYCACHEPREFIX": folder,
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{MEASURE}"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Medians of rounds in which the programs take turns, so that what else the machine does meets all of them alike."""
    with tempfile.TemporaryDirectory() as folder:
        for program in PROGRAMS.values():  # writes the byte code
            measure(folder, program)
        rounds = [{name: measure(folder, program) for name, program in PROGRAMS.items()} for _ in range(RUNS)]
    print(f"{'':24} {'CPU s':>7} {'MiB':>6} {'modules':>8} {'x bare':>7}")
    for name in PROGRAMS:
        cpu, memory, modules = (statistics.median(column) for column in zip(*(one[name] for one in rounds), strict=True))
        ratio = statistics.median(one[name][0] / one["bare Django"][0] for one in rounds)
        print(f"{name:24} {cpu:7.3f} {memory:6.0f} {modules:8.0f} {ratio:7.2f}")


if __name__ == "__main__":
    main()
