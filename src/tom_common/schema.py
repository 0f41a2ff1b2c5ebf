"""What migrations of several apps need and Django has no operation for."""

from __future__ import annotations

from functools import partial

from django.db import migrations, models


def widen_link_table(app_label: str, model_name: str, field_name: str) -> migrations.RunPython:
    """An operation that gives the table behind a many-to-many field a 64-bit key of its own.

    No alteration of the field reaches that key, and Django makes it as wide as the project's DEFAULT_AUTO_FIELD says.
    """
    return migrations.RunPython(partial(_widen, app_label, model_name, field_name), migrations.RunPython.noop, atomic=False)


def _widen(app_label: str, model_name: str, field_name: str, apps, schema_editor) -> None:
    if schema_editor.connection.vendor == "sqlite":  # every integer key of SQLite has 64 bits
        return
    through = apps.get_model(app_label, model_name)._meta.get_field(field_name).remote_field.through
    old, new = (
        kind(auto_created=True, primary_key=True, serialize=False, verbose_name="ID") for kind in (models.AutoField, models.BigAutoField)
    )
    for field in (old, new):
        field.set_attributes_from_name("id")
        field.model = through
    schema_editor.alter_field(through, old, new, strict=False)
