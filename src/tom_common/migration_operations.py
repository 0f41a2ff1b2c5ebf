"""Operations of migrations that some databases need and others are spared."""

from __future__ import annotations

from typing import Any

from django.db import migrations


class AlterFieldOnMySQL(migrations.AlterField):
    """A change of a column that only MySQL and MariaDB see, such as its collation: others need not copy the table for it."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "mysql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
