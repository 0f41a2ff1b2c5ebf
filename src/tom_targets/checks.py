"""System checks of targets."""

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.utils.module_loading import import_string

SAMPLE = 50


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
    if getattr(settings, "TARGET_DEFAULT_PERMISSION", None) not in (None, "", "PRIVATE", "PUBLIC", "OPEN"):
        found.append(Error("TARGET_DEFAULT_PERMISSION must be PRIVATE, PUBLIC or OPEN.", id="tom_targets.E002"))
    return found


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
