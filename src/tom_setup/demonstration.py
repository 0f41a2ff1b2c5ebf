"""Makes the demonstration TOM: a project like any other, two users, and the demo's objects and measurements."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from tom_setup.django_calls import manage
from tom_setup.project import ProjectError, ProjectOptions, create_project

NAME = "demo_tom"
USERS = (("admin", "administrator: sees and may do everything"), ("observer", "an ordinary user, in the group Demo observers"))


@dataclass(frozen=True)
class Login:
    username: str
    password: str
    role: str


def prepare_demo(directory: Path) -> list[Login]:
    """Make what is not there yet and say how to log in. Raises ProjectError and ManageError."""
    if directory.exists() and any(directory.iterdir()) and not (directory / NAME / "settings.py").is_file():
        raise ProjectError(f"{directory} holds something other than the demo: name another folder with --directory")
    first = not (directory / "manage.py").exists()
    create_project(ProjectOptions(name=NAME, directory=directory, title="OpenTOM demo"))
    logins = _logins(directory)
    done = directory / "tmp" / "demo_loaded"
    stamp = _fingerprint()
    if not done.is_file() or done.read_text() != stamp or not (directory / "db.sqlite3").is_file():
        print("Making the database of the demo ..." if first else "Bringing the demo up to date ...", flush=True)
        manage(directory, "migrate", "--verbosity", "0")
        passwords = {f"DEMO_PASSWORD_{login.username.upper()}": login.password for login in logins}
        manage(directory, "loaddemo", environment=passwords)
        done.write_text(stamp)
    return logins


def _logins(directory: Path) -> list[Login]:
    """Passwords are made once for each demo and kept beside its secret key: a demo may be reachable by others."""
    path = directory / ".demo_passwords"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text("".join(f"{username} {secrets.token_urlsafe(9)}\n" for username, _ in USERS))
    passwords = dict(line.split() for line in path.read_text().splitlines() if line.strip())
    return [Login(username, passwords[username], role) for username, role in USERS]


def _fingerprint() -> str:
    """Changes when the demo's data or any migration does: then the demo is brought up to date."""
    source = Path(__file__).parent
    files = [path for path in (source / "demo").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    files += source.parent.glob("tom_*/migrations/*.py")
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(source.parent).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
