"""What connections to PostgreSQL are told when they are made."""

from __future__ import annotations

from typing import Any

from django.db.backends.signals import connection_created


def connect() -> None:
    connection_created.connect(without_jit, dispatch_uid="tom_common.postgres")


def without_jit(sender: Any, connection: Any, **kwargs: Any) -> None:
    """Statements are not compiled to machine code, unless the connection's own options say so.

    PostgreSQL judges by its estimate, which rules of rights make high, though a page reads few rows: compiling takes 50 to 100 ms where
    the statement takes 3.
    """
    if connection.vendor == "postgresql" and "jit" not in str(connection.settings_dict.get("OPTIONS", {}).get("options", "")):
        with connection.connection.cursor() as cursor:
            cursor.execute("SET jit = off")
