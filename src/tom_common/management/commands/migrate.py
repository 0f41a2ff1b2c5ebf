"""`migrate`, which first looks whether an old database has a whole history."""

from django.apps import apps
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

# 3.1 may have recorded a squashed migration instead of those that it stood for.
SQUASHED = {
    ("tom_dataproducts", "0011_reduceddatum_message_squashed_0015_remove_reduceddatum_message"): {
        ("tom_dataproducts", "0011_reduceddatum_message"),
        ("tom_dataproducts", "0012_alter_reduceddatum_data_product_and_more"),
        ("tom_dataproducts", "0013_alter_reduceddatum_message"),
        ("tom_dataproducts", "0014_alter_reduceddatum_timestamp"),
        ("tom_dataproducts", "0015_remove_reduceddatum_message"),
    }
}


class Command(migrate.Command):
    def handle(self, *args, **options):
        refuse_partial_history(connections[options["database"]])
        return super().handle(*args, **options)


def refuse_partial_history(connection) -> None:
    """Raises CommandError where a database has applied a part of a block of the TOM Toolkit's migrations.

    Our replacing migrations create or take over a whole block; from the middle of one there is no way on.
    """
    applied = set(MigrationRecorder(connection).applied_migrations())
    for squashed, originals in SQUASHED.items():
        if squashed in applied:
            applied |= originals
        elif originals <= applied:
            applied.add(squashed)
    for (app, _), migration in sorted(MigrationLoader(None).disk_migrations.items()):
        if not app.startswith("tom_") or not migration.replaces:
            continue
        missing = [name for name in migration.replaces if name not in applied]
        if not missing or len(missing) == len(migration.replaces):
            continue
        if set(migration.replaces) - set(missing) <= applied_elsewhere(app, migration, applied):
            continue
        listed = ", ".join(f"{label}.{name}" for label, name in missing)
        raise CommandError(
            f"The database has applied only a part of the history of {apps.get_app_config(app).verbose_name}; missing: {listed}. "
            "Bring it to the TOM Toolkit 2.32.4 (or 3.1.0) with that package's own `migrate` first, then run this again."
        )


def applied_elsewhere(app: str, migration, applied: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The replaced names of this migration that another, wholly applied migration of ours stands for too."""
    covered: set[tuple[str, str]] = set()
    for (label, _), other in MigrationLoader(None).disk_migrations.items():
        if label == app and other is not migration and other.replaces and set(other.replaces) <= applied:
            covered |= set(other.replaces)
    return covered
