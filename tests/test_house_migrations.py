"""Migrations do only what every database can: PostgreSQL, SQLite, MariaDB, and also MySQL and Oracle.

What one of them can do alone is an operation known here by name, which leaves the others with the same answers.
"""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations import operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

OURS = sorted(config.label for config in apps.get_app_configs() if config.name.startswith("tom_"))
# A text or JSON column of any length: MySQL wants a length for its index, Oracle cannot index a LOB at all.
UNBOUNDED = (models.TextField, models.JSONField, models.BinaryField)


def walk(found: list[Operation]) -> Iterator[Operation]:
    for operation in found:
        yield operation
        if isinstance(operation, operations.SeparateDatabaseAndState):
            yield from walk(operation.database_operations)


@pytest.fixture(scope="module")
def loader():
    return MigrationLoader(None)


def migrations(loader):
    return [migration for (app, _), migration in sorted(loader.disk_migrations.items()) if app in OURS]


def test_there_are_migrations(loader):
    assert len(migrations(loader)) >= 5


def test_no_sql_of_one_database_alone(loader):
    raw = [
        f"{migration.app_label}.{migration.name}: {operation!r}"[:200]
        for migration in migrations(loader)
        for operation in walk(migration.operations)
        if isinstance(operation, operations.RunSQL)
    ]
    assert raw == []


# Operations that do different things on different databases, and where it is tested that the answers are the same.
BY_DATABASE = {
    "AdoptOrCreateManyToMany": "tests/upgrade",
    "AlterFieldOnMySQL": "tests/tom_targets/test_exact_names.py",
    "CreateIndexable": "tests/upgrade",
    "AddSubstringIndex": "tests/tom_targets/test_search_parts.py",
}


def test_operations_of_our_own_are_known_and_can_be_taken_back(loader):
    from pathlib import Path

    root = Path(__file__).resolve().parents[1]
    own = [op for migration in migrations(loader) for op in walk(migration.operations) if not type(op).__module__.startswith("django.")]
    assert {type(op).__name__ for op in own} - set(BY_DATABASE) == set()
    assert [op for op in own if not op.reversible] == []
    assert [where for where in BY_DATABASE.values() if not (root / where).exists()] == []


def test_no_index_on_json_or_unbounded_text(loader):
    """Looked at in the state after each migration, so an index that a later one removes counts too.

    A `CreateIndexable` model has such an index only where the database can (the tables of the TOM Toolkit 3.1 had it).
    """
    found = []
    able = {
        operation.name.lower()
        for migration in migrations(loader)
        for operation in walk(migration.operations)
        if type(operation).__name__ == "CreateIndexable"
    }
    for migration in migrations(loader):
        state = loader.project_state((migration.app_label, migration.name))
        for (app, _), model in state.models.items():
            if app != migration.app_label or model.name.lower() in able:
                continue
            fields = model.fields
            for name, field in fields.items():
                if isinstance(field, UNBOUNDED) and (field.unique or field.db_index or field.primary_key):
                    found.append(f"{migration.name}: {model.name}.{name}")
            indexed = [list(index.fields) for index in model.options.get("indexes", [])]
            indexed += [list(constraint.fields) for constraint in model.options.get("constraints", []) if hasattr(constraint, "fields")]
            indexed += [list(group) for group in model.options.get("unique_together", ())]
            for columns in indexed:
                found += [
                    f"{migration.name}: {model.name} {columns}" for name in columns if isinstance(fields.get(name.lstrip("-")), UNBOUNDED)
                ]
    assert sorted(set(found)) == []


def test_conditional_constraints_are_only_an_addition(loader):
    """A database without conditional indexes leaves such a constraint out: something plain must hold the row's identity beside it."""
    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            conditional = [c for c in model._meta.constraints if isinstance(c, models.UniqueConstraint) and (c.condition or c.expressions)]
            if conditional:
                plain = [
                    c for c in model._meta.constraints if isinstance(c, models.UniqueConstraint) and not c.condition and not c.expressions
                ]
                together = [field for field in model._meta.fields if field.unique and not field.primary_key]
                assert plain or together or model._meta.unique_together, model


def test_every_key_has_64_bits():
    small = [
        f"{model._meta.label}.{model._meta.pk.name}"
        for label in OURS
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
        if isinstance(model._meta.pk, models.AutoField) and not isinstance(model._meta.pk, models.BigAutoField)
    ]
    assert small == []


def test_names_fit_every_database():
    """Oracle and the oldest of the others give a name thirty characters; Django cuts tables' names but not those of indexes."""
    long = [
        index.name
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        for index in model._meta.indexes
        if len(index.name) > 30
    ]
    assert long == []


@pytest.mark.database
@pytest.mark.django_db
def test_every_table_of_ours_is_there():
    tables = set(connection.introspection.table_names())
    missing = [
        model._meta.db_table
        for label in OURS
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.db_table not in tables
    ]
    assert missing == []


@pytest.mark.database
@pytest.mark.django_db
def test_every_whole_number_that_names_a_row_has_64_bits_in_the_database():
    """Keys and foreign keys as the database has them, those of link tables and of children of a model included."""
    if connection.vendor == "sqlite":
        return  # every whole number has 64 bits there
    wide = set(_columns("bigint"))
    missing = []
    for label in OURS:
        for model in apps.get_app_config(label).get_models(include_auto_created=True):
            if not model._meta.managed or model._meta.proxy:
                continue
            for field in model._meta.local_concrete_fields:
                key = field.remote_field.model._meta.pk if field.remote_field else field
                if key.primary_key and isinstance(key, models.BigAutoField) and (model._meta.db_table, field.column) not in wide:
                    missing.append(f"{model._meta.db_table}.{field.column}")
    assert missing == []


def _columns(data_type):
    schema = "DATABASE()" if connection.vendor == "mysql" else "current_schema()"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = {schema} AND data_type = %s",  # noqa: S608
            [data_type],
        )
        return cursor.fetchall()
