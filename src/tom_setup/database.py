"""A database named by one address, as settings, the command line and the environment write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "mariadb": "django.db.backends.mysql",
    "mysql": "django.db.backends.mysql",
}
# Readers do not wait for the writer, and a writer takes its lock when it begins: several processes share the file.
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
MYSQL_OPTIONS = {"charset": "utf8mb4", "init_command": "SET sql_mode='STRICT_TRANS_TABLES'"}


def database_from_url(url: str, *, base_dir: Path | None = None) -> dict[str, Any]:
    """An entry of DATABASES from ``scheme://user:password@host:port/name?option=value``.

    The scheme is sqlite, postgres or mariadb. Special characters in user and password are percent-encoded. ``sqlite:///db.sqlite3``
    is relative to `base_dir`, ``sqlite:////var/db.sqlite3`` absolute. Without a host PostgreSQL and MariaDB are asked
    through their socket. Raises ValueError.
    """
    parts = urlsplit(url)
    if "://" not in url or parts.scheme not in ENGINES:
        raise ValueError(f"unknown kind of database {parts.scheme or url!r}: use sqlite:///, postgres:// or mariadb://")
    engine, name = ENGINES[parts.scheme], unquote(parts.path[1:])
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    if not name:
        raise ValueError("the database has no name: the address ends in /name")
    if parts.scheme == "sqlite":
        if parts.netloc:
            raise ValueError("sqlite takes no host: sqlite:///db.sqlite3, or sqlite:////an/absolute/path")
        if name != ":memory:":
            name = str((base_dir or Path.cwd()) / name)
        return {"ENGINE": engine, "NAME": name, "OPTIONS": SQLITE_OPTIONS | options}
    database: dict[str, Any] = {
        "ENGINE": engine,
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
    if engine.endswith("mysql"):
        options = MYSQL_OPTIONS | options
    return database | {"OPTIONS": options}


def default_url(database: str, project_name: str) -> str:
    """The full address for a bare word (sqlite, postgres, mariadb); an address is checked and given back."""
    if "://" in database:
        database_from_url(database)
        return database
    if database == "sqlite":
        return "sqlite:///db.sqlite3"
    if database in ENGINES:
        return f"{database}:///{project_name}"
    raise ValueError(f"unknown database {database!r}: sqlite, postgres, mariadb, or an address such as postgres://user@host/name")
