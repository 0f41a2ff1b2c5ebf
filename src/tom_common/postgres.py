"""What connections to PostgreSQL are told when they are made, and how it reads columns of many rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.signals import connection_created


def connect() -> None:
    connection_created.connect(without_jit, dispatch_uid="tom_common.postgres")
    connection_created.connect(with_quick_times, dispatch_uid="tom_common.postgres_times")


def with_quick_times(sender: Any, connection: Any, **kwargs: Any) -> None:
    if connection.vendor == "postgresql":
        from tom_common.postgres_times import read_times_quickly

        read_times_quickly(connection)


def without_jit(sender: Any, connection: Any, **kwargs: Any) -> None:
    """Statements are not compiled to machine code, unless the connection's own options say so.

    PostgreSQL judges by its estimate, which rules of rights make high, though a page reads few rows: compiling takes 50 to 100 ms where
    the statement takes 3.
    """
    if connection.vendor == "postgresql" and "jit" not in str(connection.settings_dict.get("OPTIONS", {}).get("options", "")):
        with connection.connection.cursor() as cursor:
            cursor.execute("SET jit = off")


NUMBERS = {"double precision": float, "bigint": int, "integer": int}
WRITTEN = frozenset({*NUMBERS, "varchar", "text", "boolean", "bytea", "timestamp with time zone"})
"""Types whose arrays `array_text` writes from Python's own values."""


def array_text(column: Sequence[Any], kind: str) -> str:
    """An array of this type as PostgreSQL reads it: numbers, or texts, times and truths, or bytes for `bytea`, None for NULL.

    The driver takes ten times as long for one.
    """
    if kind in NUMBERS:
        number = NUMBERS[kind]
        items = ["NULL" if item is None else repr(number(item)) for item in column]
    elif kind == "bytea":
        items = ["NULL" if item is None else f'"\\\\x{bytes(item).hex()}"' for item in column]
    else:
        items = ["NULL" if item is None else _quoted(item if type(item) is str else str(item)) for item in column]
    return f"{{{','.join(items)}}}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
