"""Calls of a project's own manage.py, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


class ManageError(Exception):
    """A management command of the new project failed; the text is its last words."""


def manage(directory: Path, *arguments: str, environment: dict[str, str] | None = None, quiet: bool = False) -> None:
    """Run `manage.py ARGUMENTS` of the project in `directory`. Raises ManageError."""
    # the settings of whoever calls us are not those of the new project
    inherited = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    finished = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=directory,
        env=inherited | (environment or {}),
        capture_output=quiet,
        text=True,
        check=False,
    )
    if finished.returncode:
        words = (finished.stderr or "").strip().splitlines()[-1:] if quiet else []
        raise ManageError(f"manage.py {' '.join(arguments)} failed" + (f": {words[0]}" if words else ""))


def create_superuser(directory: Path, *, username: str, email: str, password: str) -> bool:
    """Make a superuser unless one of that name is there; True when it was made. Raises ManageError."""
    exists = (
        "import sys; from django.contrib.auth import get_user_model as user; "
        f"sys.exit(0 if user()._default_manager.filter(**{{user().USERNAME_FIELD: {username!r}}}).exists() else 3)"
    )
    try:
        manage(directory, "shell", "--no-imports", "-c", exists, quiet=True)
    except ManageError:
        pass
    else:
        return False
    manage(
        directory,
        *("createsuperuser", "--noinput", "--username", username, "--email", email),
        environment={"DJANGO_SUPERUSER_PASSWORD": password},
        quiet=True,
    )
    return True
