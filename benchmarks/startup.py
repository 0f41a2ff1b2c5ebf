"""CPU time and memory of `django.setup()` and of `manage.py check`, each in fresh processes, beside bare Django's."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
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
    "others' apps": OTHERS + SETUP,  # what OpenTOM installs of others, without OpenTOM
    "OpenTOM": SETUP,
    "OpenTOM, check": SETUP + "; from django.core.management import call_command; call_command('check', verbosity=0)",
}
MEASURE = (
    "import json, resource, sys; used = resource.getrusage(resource.RUSAGE_SELF); "
    "print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, len(sys.modules)]))"
)


def measure(program: str) -> tuple[float, float, float]:
    """Medians of CPU seconds, MiB and modules."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    runs = []
    for _ in range(RUNS):
        done = subprocess.run(
            [sys.executable, "-c", f"{program}\n{MEASURE}"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    cpu, memory, modules = (statistics.median(column) for column in zip(*runs, strict=True))
    return cpu, memory, modules


def main() -> None:
    print(f"{'':16} {'CPU s':>7} {'MiB':>6} {'modules':>8} {'x bare':>7}")
    bare = None
    for name, program in PROGRAMS.items():
        cpu, memory, modules = measure(program)
        bare = bare or cpu
        print(f"{name:16} {cpu:7.3f} {memory:6.0f} {modules:8.0f} {cpu / bare:7.2f}")


if __name__ == "__main__":
    main()
