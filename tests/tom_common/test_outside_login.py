"""What needs other installed apps and addresses than the suite's own: tried in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run_checks(module: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
            f"tests/projects/accounts_on/{module}.py",
        ]
        + ["--ds=tests.projects.accounts_on.settings", "-o", "python_files=checks_*.py", "-n0"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.projects.accounts_on.settings", "OPENTOM_TEST_DATABASE": "sqlite"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}")


def test_logging_in_with_an_account_elsewhere():
    run_checks("checks_outside_login")


@pytest.mark.browser
def test_second_factors_passkeys_and_account_pages_in_the_browser(chromium_path):
    run_checks("checks_in_browser")
