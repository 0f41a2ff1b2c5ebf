"""Operations of migrations that some databases need and others are spared."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation

from tom_common.substring import SubstringIndex


class AlterFieldOnMySQL(migrations.AlterField):
    """A change of a column that only MySQL and MariaDB see, such as its collation: others need not copy the table for it."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "mysql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class AddSubstringIndex(Operation):
    """An index that finds a part of a text, where the database can have one; without it `icontains` reads the table.

    The answers are the same. A database that refuses (no right to create PostgreSQL's extension pg_trgm, an SQLite without FTS5) is
    told by a system check, and by the log.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, field: str, name: str) -> None:
        self.model_name, self.field, self.name = model_name, field, name

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def _index(self, app_label: str, state: Any) -> SubstringIndex:
        return SubstringIndex.of(state.apps.get_model(app_label, self.model_name), self.field, self.name)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if self.allow_migrate_model(schema_editor.connection.alias, to_state.apps.get_model(app_label, self.model_name)):
            self._index(app_label, to_state).install(schema_editor.connection, lambda sql: schema_editor.execute(sql, params=None))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if self.allow_migrate_model(schema_editor.connection.alias, from_state.apps.get_model(app_label, self.model_name)):
            self._index(app_label, from_state).remove(schema_editor.connection, lambda sql: schema_editor.execute(sql, params=None))

    def describe(self) -> str:
        return f"Find parts of {self.model_name}.{self.field} by an index"

    @property
    def migration_name_fragment(self) -> str:
        return self.name
