"""Columns that mean the same on every database."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import lookups


class ExactCharField(models.CharField):
    """Text that compares character by character on every database: names and identifiers, which must not run together.

    MySQL and MariaDB would take "Foo", "foo" and "fóo" for one; there the column gets the collation utf8mb4_bin, and the lookups that
    ignore case (`iexact`, `icontains`, `istartswith`, `iendswith`, `iregex`) name one that does.
    """

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters


class _IgnoresCase:
    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> tuple[str, Any]:
        sql, parameters = super().process_lhs(compiler, connection, lhs)  # type: ignore[misc]
        return (f"{sql} COLLATE utf8mb4_general_ci" if connection.vendor == "mysql" else sql), parameters


for _lookup in (lookups.IExact, lookups.IContains, lookups.IStartsWith, lookups.IEndsWith, lookups.IRegex):
    ExactCharField.register_lookup(type(f"Exact{_lookup.__name__}", (_IgnoresCase, _lookup), {}))
