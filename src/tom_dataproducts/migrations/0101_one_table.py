"""Fill the typed columns from JSON, and move the rows of the three typed tables of 3.1 into the one table.

In batches of one transaction each: interrupted, it goes on where it stopped. Rows that say the same stay as many as they were (their
fingerprints are told apart by an ordinal). Rights that guardian holds on single rows of a typed table follow these rows.
"""

from types import SimpleNamespace

from django.apps import apps as installed
from django.db import connections, migrations, transaction

from tom_dataproducts.normalising import (
    ASTROMETRY,
    CONTENT_COLUMNS,
    PHOTOMETRY,
    SPECTROSCOPY,
    fingerprint_of,
    normalise,
)

BATCH = 500
MOVED = "moved:"
TYPED = (
    ("photometryreduceddatum", PHOTOMETRY),
    ("spectroscopyreduceddatum", SPECTROSCOPY),
    ("astrometryreduceddatum", ASTROMETRY),
)
COMMON = ("target_id", "data_product_id", "timestamp", "source_name", "source_location")
DEFAULTS = dict.fromkeys(("telescope", "instrument", "reduction_version", "bandpass", "unit", "setup", "flux_unit", "wavelength_unit", "ra_error_units", "dec_error_units"), "") | {name: [] for name in ("wavelength", "flux", "error")}


def complete(row, data_type, value, columns):
    """Set value and typed columns of a row of the table from what an older table said."""
    value, clean = normalise(data_type, value, columns, given={name for name, content in columns.items() if content not in (None, "", [])})
    for name in CONTENT_COLUMNS:
        setattr(row, name, columns.get(name, DEFAULTS.get(name)))
    for name, content in clean.items():
        setattr(row, name, content)
    row.data_type, row.value = data_type, value


def number(rows, table):
    """Give each row of a batch a fingerprint that no other row of its target has."""
    first = [fingerprint_of(SimpleNamespace(**plain(row))) for row in rows]
    taken = set(
        table.filter(target_id__in={row.target_id for row in rows}, fingerprint__in=first).values_list("target_id", "fingerprint")
    )
    for row, fingerprint in zip(rows, first, strict=True):
        ordinal = 0
        while (row.target_id, fingerprint) in taken or (
            ordinal and table.filter(target_id=row.target_id, fingerprint=fingerprint).exists()
        ):
            ordinal += 1
            fingerprint = fingerprint_of(SimpleNamespace(**plain(row)), ordinal=ordinal)
        taken.add((row.target_id, fingerprint))
        row.fingerprint = row.source_key = fingerprint


def plain(row):
    names = ("data_type", "source_name", "source_id", "timestamp", "value", *CONTENT_COLUMNS)
    return {name: getattr(row, name) for name in names}


def fill_columns(table, using):
    fields = ["value", "fingerprint", "source_key", *CONTENT_COLUMNS]
    last = 0
    while True:
        rows = list(table.filter(fingerprint__isnull=True, pk__gt=last).order_by("pk")[:BATCH])
        if not rows:
            return
        last = rows[-1].pk
        with transaction.atomic(using=using):
            for row in rows:
                columns = {name: getattr(row, name) for name in ("telescope", "instrument", "reduction_version")}
                complete(row, row.data_type, row.value, columns)
            number(rows, table)
            write = table.model._meta.get_field("value")
            for row in rows:
                row.value = write.pre_save(row, False)
            table.bulk_update(rows, fields, batch_size=50)


def move_rows(old, table, data_type, model_name, using):
    names = [field.name for field in old.model._meta.concrete_fields if field.name in CONTENT_COLUMNS]
    while True:
        sources = list(old.order_by("pk")[:BATCH])
        if not sources:
            break
        with transaction.atomic(using=using):
            rows = []
            for source in sources:
                row = table.model(**{name: getattr(source, name) for name in COMMON}, source_id="")
                complete(row, data_type, source.value, {name: getattr(source, name) for name in names})
                rows.append(row)
            number(rows, table)
            table.bulk_create(rows)
            if any(row.pk is None for row in rows):
                found = table.filter(target_id__in={row.target_id for row in rows}, fingerprint__in=[row.fingerprint for row in rows])
                keys = {(target, number): pk for pk, target, number in found.values_list("pk", "target_id", "fingerprint")}
                for row in rows:
                    row.pk = keys[(row.target_id, row.fingerprint)]
            carry_rights(model_name, {str(source.pk): row.pk for source, row in zip(sources, rows, strict=True)}, using)
            old.filter(pk__in=[source.pk for source in sources]).delete()
    finish_rights(model_name, using)


def rights(model_name, using):
    """Guardian's generic rows for a model, where guardian and its tables are."""
    if not installed.is_installed("guardian"):
        return
    tables = connections[using].introspection.table_names()
    for name in ("UserObjectPermission", "GroupObjectPermission"):
        model = installed.get_model("guardian", name)
        if model._meta.db_table in tables:
            yield model._base_manager.using(using).filter(content_type__app_label="tom_dataproducts", content_type__model=model_name)


def carry_rights(model_name, new_keys, using):
    for rows in rights(model_name, using):
        for row in rows.filter(object_pk__in=list(new_keys)):
            # Marked until all are moved: an old key may equal a new one of another row.
            rows.filter(pk=row.pk).update(object_pk=f"{MOVED}{new_keys[row.object_pk]}")


def finish_rights(model_name, using):
    for rows in rights(model_name, using):
        for row in rows.filter(object_pk__startswith=MOVED):
            rows.filter(pk=row.pk).update(object_pk=row.object_pk.removeprefix(MOVED))


def forwards(apps, schema_editor):
    using = schema_editor.connection.alias
    table = apps.get_model("tom_dataproducts", "ReducedDatum")._base_manager.using(using)
    fill_columns(table, using)
    for model_name, data_type in TYPED:
        old = apps.get_model("tom_dataproducts", model_name)._base_manager.using(using)
        move_rows(old, table, data_type, model_name, using)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("tom_dataproducts", "0100_wide_keys_and_columns"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop, elidable=False)]
