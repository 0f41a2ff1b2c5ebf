"""System checks of targets."""

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.utils.module_loading import import_string

SAMPLE = 50
HOW_TO_FIND_PARTS = {
    "postgresql": "Let a superuser of the database run CREATE EXTENSION pg_trgm.",
    "sqlite": "Use a Python whose SQLite is 3.34 or newer, with FTS5.",
}


@register(Tags.models)
def check_settings(app_configs, **kwargs):
    """Names in settings that cannot be what they should be."""
    found = []
    path = getattr(settings, "MATCH_MANAGERS", {}).get("Target")
    if path:
        try:
            import_string(path)
        except (ImportError, AttributeError) as error:
            found.append(
                Warning(
                    f"MATCH_MANAGERS['Target'] names {path}, which cannot be loaded ({error}): targets are matched by the toolkit's rule.",
                    hint="Correct the dotted path.",
                    id="tom_targets.W002",
                )
            )
    for extra in getattr(settings, "EXTRA_FIELDS", []):
        if "name" not in extra or extra.get("type") not in ("number", "boolean", "datetime", "string"):
            found.append(
                Error(
                    f"EXTRA_FIELDS has the entry {extra!r}.",
                    hint='Each entry is a dict with "name" and "type": number, boolean, datetime or string.',
                    id="tom_targets.E001",
                )
            )
    unknown = _unknown_columns()
    if unknown:
        found.append(
            Warning(
                f"TARGET_LIST_COLUMNS names {', '.join(unknown)}: neither a field or attribute of the target model nor in EXTRA_FIELDS.",
                hint="Correct the name, or add it to EXTRA_FIELDS; until then the column shows tags of that name.",
                id="tom_targets.W004",
            )
        )
    if getattr(settings, "TARGET_DEFAULT_PERMISSION", None) not in (None, "", "PRIVATE", "PUBLIC", "OPEN"):
        found.append(Error("TARGET_DEFAULT_PERMISSION must be PRIVATE, PUBLIC or OPEN.", id="tom_targets.E002"))
    return found


def _unknown_columns():
    from tom_targets.models import get_target_model_class

    columns = [str(name) for name in getattr(settings, "TARGET_LIST_COLUMNS", None) or []]
    extras = {extra.get("name") for extra in getattr(settings, "EXTRA_FIELDS", []) if isinstance(extra, dict)}
    known = {*extras, "aliases", "observations", "saved_data"}
    model = get_target_model_class()
    return [name for name in columns if name not in known and not hasattr(model, name)]


@register(Tags.database)
def check_derived_columns(app_configs, databases=None, **kwargs):
    """The first and last rows of the tables: written behind the toolkit's back, they have stale positions or names."""
    from django.db import DatabaseError, connections

    from tom_targets.models import BaseTarget
    from tom_targets.services import repair

    found = []
    for using in databases or []:
        connection = connections[using]
        try:
            with connection.cursor() as cursor:
                table = connection.introspection.get_table_description(cursor, BaseTarget._meta.db_table)
        except DatabaseError:
            continue  # not migrated yet
        if "simplified_name" not in {column.name for column in table}:
            continue
        stale = {table: count for table, count in repair.stale(using=using, sample=SAMPLE).items() if count}
        if stale:
            found.append(
                Warning(
                    f"HEALPix or simplified names do not follow positions and names: {stale} of the rows looked at on {using!r}.",
                    hint="Run `manage.py repairtargets`.",
                    id="tom_targets.W003",
                )
            )
    return found


@register(Tags.database)
def check_name_parts(app_configs, databases=None, **kwargs):
    """Databases that could find parts of names by an index and do not: searches read the whole table there."""
    from django.db import DatabaseError, connections

    from tom_targets.name_parts import indexes

    found = []
    for using in databases or []:
        connection = connections[using]
        if connection.vendor not in HOW_TO_FIND_PARTS:
            continue  # it has no such index
        try:
            with connection.cursor() as cursor:
                tables = connection.introspection.table_names(cursor)
            missing = [index.table for index in indexes() if index.table in tables and not index.is_there(connection)]
        except DatabaseError:
            continue
        if missing and "tom_targets_targetname" in tables:
            found.append(
                Warning(
                    f"Parts of names are found by reading all of {', '.join(missing)} on {using!r}: the index for them is not there.",
                    hint=f"{HOW_TO_FIND_PARTS[connection.vendor]} Then run `manage.py repairtargets`.",
                    id="tom_targets.W005",
                )
            )
    return found
