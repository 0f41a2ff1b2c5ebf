"""Makes the files of a TOM: for `opentom new`, for `manage.py tom_setup` and for the demo alike. Loads no Django app."""

from __future__ import annotations

import json
import keyword
import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from tom_setup.database import default_url

TEMPLATES = Path(__file__).parent / "templates" / "tom_setup"
TARGET_TYPES = ("SIDEREAL", "NON_SIDEREAL")
DIRECTORIES = ("data", "templates", "static", "tmp", "static/tom_common/css", "static/tom_common/img", "_static")
MANAGE = """#!/usr/bin/env python
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{name}.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
GATEWAY = """import os

from django.core.{kind} import get_{kind}_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{name}.settings")

application = get_{kind}_application()
"""
APPS = """from django.apps import AppConfig


class CustomCodeConfig(AppConfig):
    name = "{app}"
    default_auto_field = "django.db.models.BigAutoField"
    # What this app adds to pages (nav_items, target_detail_tabs, ...) is written here as methods.
"""
IGNORED = """.secret_key
.demo_passwords
.database_url
*.sqlite3*
/data/
/tmp/
/_static/
local_settings.py
__pycache__/
"""


class ProjectError(Exception):
    """A project that cannot be made as asked; the text says what to do."""


@dataclass(frozen=True)
class ProjectOptions:
    """What a project is to be. `directory` is the folder that holds manage.py, `title` what its pages are headed with."""

    name: str
    directory: Path
    app: str = "custom_code"
    target_type: str = "SIDEREAL"
    hints: bool = False
    database: str = "sqlite"
    title: str = ""

    def __post_init__(self) -> None:
        for label, value in (("project", self.name), ("app", self.app)):
            if not value.isidentifier() or keyword.iskeyword(value):
                raise ProjectError(f"{value!r} cannot be the name of a {label}: letters, digits and underscores, no digit first")
        if self.name == self.app:
            raise ProjectError(f"project and app cannot both be named {self.name!r}")
        for value in (self.name, self.app):
            if (value.startswith("tom_") and find_spec(value) is not None) or value in {"django", "test", "site"} | sys.stdlib_module_names:
                raise ProjectError(f"{value!r} is the name of an installed package: choose another")
        if self.target_type not in TARGET_TYPES:
            raise ProjectError(f"unknown target type {self.target_type!r}: {' or '.join(TARGET_TYPES)}")
        try:
            default_url(self.database, self.name)
        except ValueError as error:
            raise ProjectError(str(error)) from None


@dataclass
class MadeProject:
    """Which files were written, which were kept as they stood (paths relative to the project)."""

    written: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)


def render(template: str, context: dict[str, object]) -> str:
    """One of the `.tmpl` files with its values filled in."""
    from django.template import Context, Engine

    engine = Engine(dirs=[str(TEMPLATES.parent)], autoescape=False)
    return engine.get_template(f"tom_setup/{template}").render(Context(context, autoescape=False))


def template_context(options: ProjectOptions, *, secret_key: str = "") -> dict[str, object]:
    import django

    url = default_url(options.database, options.name)
    return {
        "SECRET_KEY": secret_key,
        "PROJECT_NAME": options.name,
        "TOM_NAME": json.dumps(options.title or options.name),
        "CUSTOM_CODE_APP_NAME": options.app,
        "TARGET_TYPE": options.target_type,
        "HINTS_ENABLED": options.hints,
        "CREATE_DATE": datetime.now(UTC).date().isoformat(),
        "DJANGO_VERSION": django.get_version(),
        # an address with a password stands in the file .database_url, not in the settings
        "DATABASE_URL": "sqlite:///db.sqlite3" if _holds_password(url) else url,
        "GEMINI": find_spec("tom_observations") is not None and find_spec("tom_observations.facilities.gemini") is not None,
    }


def create_project(
    options: ProjectOptions, *, may_overwrite: Callable[[Path], bool] = lambda path: False, refresh: frozenset[str] = frozenset()
) -> MadeProject:
    """Write a project. A file that exists with other content is replaced only if `may_overwrite(path)` says so; else it is kept.

    A replaced file is first copied to `<name>.orig` (the first of them stays); to a .gitignore only what is missing is
    added. Paths in `refresh` (relative to the project) must be replaced for the project to run: refusing one raises ProjectError, before anything is written.
    """
    root = options.directory
    files = _files(options)
    files[".gitignore"] = _with_missing_lines(root / ".gitignore", IGNORED)
    decisions: dict[str, bool] = {}
    for relative, content in files.items():
        path = root / relative
        if path.is_dir():
            raise ProjectError(f"{path} is a folder, and a file of that name is to be written")
        if not path.exists() or path.read_text() == content:
            decisions[relative] = not path.exists()
        elif relative == ".gitignore":
            decisions[relative] = True
        else:
            decisions[relative] = may_overwrite(path)
            if relative in refresh and not decisions[relative]:
                raise ProjectError(f"{path} exists and was kept: nothing was changed (--force replaces it)")
    for directory in DIRECTORIES:
        (root / directory).mkdir(parents=True, exist_ok=True)
    made = MadeProject()
    for relative, content in files.items():
        path = root / relative
        if not decisions[relative]:
            made.kept.append(Path(relative))
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        original = path.with_name(path.name + ".orig")
        if path.exists() and not original.exists() and relative != ".gitignore":
            original.write_bytes(path.read_bytes())
        path.write_text(content)
        if relative == "manage.py":
            path.chmod(0o755)
        made.written.append(Path(relative))
    _write_secrets(options, made)
    return made


def _files(options: ProjectOptions) -> dict[str, str]:
    context = template_context(options)
    name, app = options.name, options.app
    return {
        "manage.py": MANAGE.format(name=name),
        ".gitignore": IGNORED,
        f"{name}/__init__.py": "",
        f"{name}/settings.py": render("settings.tmpl", context),
        f"{name}/urls.py": render("urls.tmpl", context),
        f"{name}/wsgi.py": GATEWAY.format(name=name, kind="wsgi"),
        f"{name}/asgi.py": GATEWAY.format(name=name, kind="asgi"),
        f"{app}/__init__.py": "",
        f"{app}/apps.py": APPS.format(app=app),
        f"{app}/models.py": render("models.tmpl", context),
        f"{app}/migrations/__init__.py": "",
        f"{app}/management/__init__.py": "",
        f"{app}/management/commands/__init__.py": "",
        "static/tom_common/css/custom.css": render("css.tmpl", context),
    }


def _with_missing_lines(path: Path, wanted: str) -> str:
    """What stands there, and after it what is missing: secrets must never be committed."""
    there = path.read_text() if path.is_file() else ""
    missing = [line for line in wanted.splitlines() if line not in there.splitlines()]
    return there + ("" if not there or there.endswith("\n") else "\n") + "".join(f"{line}\n" for line in missing)


def _holds_password(url: str) -> bool:
    from urllib.parse import urlsplit

    return urlsplit(url).password is not None


def _write_secrets(options: ProjectOptions, made: MadeProject) -> None:
    """Files that only their owner may read; existing ones stay."""
    url = default_url(options.database, options.name)
    values = {".secret_key": secrets.token_urlsafe(50)}
    if _holds_password(url):
        values[".database_url"] = url
    for name, value in values.items():
        path = options.directory / name
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            made.kept.append(Path(name))
            continue
        with os.fdopen(descriptor, "w") as stream:
            stream.write(value + "\n")
        made.written.append(Path(name))
