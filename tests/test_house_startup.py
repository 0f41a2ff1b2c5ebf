"""Start-up is part of speed: what no `manage.py` command and no web process may load before somebody needs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = (
    "astropy.coordinates", "astropy.time", "astropy.units", "astropy.table", "astropy.io.fits",
    "astroplan", "astroquery", "specutils", "plotly", "matplotlib", "scipy", "pandas", "numpy", "mocpy",
    "PIL", "confluent_kafka", "fastavro", "hop", "boto3", "pyarrow", "bs4",
)  # fmt: skip


def modules_after(code: str) -> set[str]:
    """The modules of `HEAVY` that a fresh process has loaded after `code`."""
    program = f"{code}\nimport sys, json; print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import django; django.setup()",
        "import django; django.setup(); from django.core.management import call_command; call_command('check', verbosity=0)",
        "import django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns",
    ],
    ids=["setup", "check", "urls"],
)
def test_nothing_heavy_is_loaded_at_start(code):
    assert modules_after(code) == set()


def test_the_command_line_answers_without_django():
    code = "import sys\ntry:\n    from tom_setup.cli import main; main(['--help'])\nexcept SystemExit: pass\nassert 'django' not in sys.modules"
    assert modules_after(code) == set()


def test_the_heavy_list_can_catch_something():
    assert "numpy" in modules_after("import numpy")
