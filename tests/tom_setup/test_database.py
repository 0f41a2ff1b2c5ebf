"""Databases named by an address."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_setup.database import database_from_url, default_url


def test_sqlite_is_relative_to_the_project_unless_absolute():
    assert database_from_url("sqlite:///db.sqlite3", base_dir=Path("/srv/tom"))["NAME"] == "/srv/tom/db.sqlite3"
    assert database_from_url("sqlite:////var/db.sqlite3", base_dir=Path("/srv/tom"))["NAME"] == "/var/db.sqlite3"
    assert database_from_url("sqlite:///:memory:")["NAME"] == ":memory:"


@pytest.mark.parametrize(
    ("url", "engine"),
    [
        ("postgres://me:secret@db.example:5433/tom", "django.db.backends.postgresql"),
        ("postgresql://me:secret@db.example:5433/tom", "django.db.backends.postgresql"),
        ("mariadb://me:secret@db.example:5433/tom", "django.db.backends.mysql"),
        ("mysql://me:secret@db.example:5433/tom", "django.db.backends.mysql"),
    ],
)
def test_servers(url, engine):
    database = database_from_url(url)
    assert (database["ENGINE"], database["NAME"], database["USER"], database["PASSWORD"]) == (engine, "tom", "me", "secret")
    assert (database["HOST"], database["PORT"]) == ("db.example", "5433")


def test_options_are_read_and_our_own_stay():
    assert database_from_url("postgres:///tom?sslmode=require")["OPTIONS"] == {"sslmode": "require"}
    assert database_from_url("mariadb:///tom?charset=utf8mb4")["OPTIONS"]["init_command"]


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])),
)
def test_percent_encoded_credentials_come_back(user, password):
    from urllib.parse import quote

    database = database_from_url(f"postgres://{quote(user, safe='')}:{quote(password, safe='')}@h/n")
    assert (database["USER"], database["PASSWORD"]) == (user, password)


@pytest.mark.parametrize("url", ["", "oracle://h/n", "postgres://h", "postgres://h/", "sqlite:db", "sqlite://host/db", "postgres"])
def test_what_is_no_database_is_refused(url):
    with pytest.raises(ValueError, match="database|sqlite"):
        database_from_url(url)


def test_bare_words():
    assert default_url("sqlite", "my_tom") == "sqlite:///db.sqlite3"
    assert default_url("postgres", "my_tom") == "postgres:///my_tom"
    with pytest.raises(ValueError, match="unknown database"):
        default_url("access", "my_tom")
