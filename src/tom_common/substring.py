"""Indexes that find a part of a text: `icontains` without reading the whole table, with the same answer on every database.

PostgreSQL has them as trigram GIN indexes over UPPER(column), which `icontains` uses by itself. SQLite has a full-text table of
trigrams beside the table, kept by triggers; it proposes rows and `icontains` decides. MariaDB and MySQL have nothing of the kind
that finds every part of a word: there the table is read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import BigIntegerField, Model
from django.db.models.expressions import RawSQL

logger = logging.getLogger(__name__)

# a trigram is the least that an index can look for
SHORTEST = 3


@dataclass(frozen=True)
class SubstringIndex:
    """The index over one text column. `execute` of its methods runs one statement: a schema editor's, or a cursor's."""

    table: str
    column: str
    key: str
    name: str

    @classmethod
    def of(cls, model: type[Model], field: str, name: str) -> SubstringIndex:
        meta: Any = model._meta
        return cls(meta.db_table, meta.get_field(field).column, meta.pk.column, name)

    @property
    def shadow(self) -> str:
        """SQLite's table of trigrams."""
        return f"{self.table}_{self.column}_part"

    def is_there(self, connection: Any) -> bool:
        """Does the database have the index, and is it kept?"""
        if connection.vendor == "postgresql":
            return bool(_ask(connection, "SELECT to_regclass(%s) IS NOT NULL", [f'"{self.name}"'])[0][0])
        if connection.vendor == "sqlite":
            wanted = [self.shadow, *(f"{self.shadow}_{when}" for when in ("ai", "ad", "au"))]
            found = _ask(connection, "SELECT name FROM sqlite_master WHERE name IN (%s, %s, %s, %s)", wanted)
            return len(found) == len(wanted)
        return False

    def install(self, connection: Any, execute: Callable[[str], Any]) -> str:
        """Make the index, or make it anew; returns why that cannot be, or "" when it is there."""
        make = {"postgresql": self._on_postgresql, "sqlite": self._on_sqlite}.get(connection.vendor)
        if make is None:
            return f"{connection.display_name} has no index for a part of a text."
        try:
            with transaction.atomic(using=connection.alias):
                for statement in make():
                    execute(statement)
        except DatabaseError as error:
            logger.warning("No index for parts of %s.%s: %s", self.table, self.column, error)
            return str(error).strip()
        _known.discard((connection.alias, connection.settings_dict["NAME"], self.name))
        return ""

    def remove(self, connection: Any, execute: Callable[[str], Any]) -> None:
        _known.discard((connection.alias, connection.settings_dict["NAME"], self.name))
        if connection.vendor == "postgresql":
            execute(f'DROP INDEX IF EXISTS "{self.name}"')
        elif connection.vendor == "sqlite":
            for statement in self._away():
                execute(statement)

    def _on_postgresql(self) -> list[str]:
        # The extension is trusted: who may create objects in the database may have it. It is left there on the way back.
        return [
            "CREATE EXTENSION IF NOT EXISTS pg_trgm",
            f'CREATE INDEX IF NOT EXISTS "{self.name}" ON "{self.table}" USING gin (UPPER("{self.column}"::text) gin_trgm_ops)',
        ]

    def _away(self) -> list[str]:
        triggers = [f'DROP TRIGGER IF EXISTS "{self.shadow}_{when}"' for when in ("ai", "ad", "au")]
        return [*triggers, f'DROP TABLE IF EXISTS "{self.shadow}"']

    def _on_sqlite(self) -> list[str]:
        shadow, table, column, key = self.shadow, self.table, self.column, self.key
        forget = f'INSERT INTO "{shadow}" ("{shadow}", rowid, "{column}") VALUES (\'delete\', old."{key}", old."{column}");'  # noqa: S608
        learn = f'INSERT INTO "{shadow}" (rowid, "{column}") VALUES (new."{key}", new."{column}");'  # noqa: S608
        return [
            *self._away(),
            f'CREATE VIRTUAL TABLE "{shadow}" USING fts5("{column}", content="{table}", content_rowid="{key}", tokenize="trigram")',
            f'CREATE TRIGGER "{shadow}_ai" AFTER INSERT ON "{table}" BEGIN {learn} END',
            f'CREATE TRIGGER "{shadow}_ad" AFTER DELETE ON "{table}" BEGIN {forget} END',
            f'CREATE TRIGGER "{shadow}_au" AFTER UPDATE OF "{column}", "{key}" ON "{table}"'
            f' WHEN old."{column}" IS NOT new."{column}" OR old."{key}" IS NOT new."{key}" BEGIN {forget} {learn} END',
            f'INSERT INTO "{shadow}" ("{shadow}") VALUES (\'rebuild\')',  # noqa: S608
        ]

    def is_used(self, connection: Any) -> bool:
        """As `is_there`, asked of each database until the answer is yes."""
        mark = (connection.alias, connection.settings_dict["NAME"], self.name)
        if mark not in _known and self.is_there(connection):
            _known.add(mark)
        return mark in _known

    def proposed(self, connection: Any, text: str) -> RawSQL | None:
        """SQLite: the keys of all rows that may hold `text`, for `pk__in`; `icontains` has to decide. None where nothing is proposed."""
        if connection.vendor != "sqlite" or len(text) < SHORTEST or not self.is_used(connection):
            return None
        phrase = '"' + text.replace('"', '""') + '"'
        sql = f'SELECT rowid FROM "{self.shadow}" WHERE "{self.shadow}" MATCH %s'  # noqa: S608
        return RawSQL(sql, [phrase], output_field=BigIntegerField())  # noqa: S611


# (alias, database, index) of those that were seen to be there
_known: set[tuple[str, Any, str]] = set()


def _ask(connection: Any, sql: str, params: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
