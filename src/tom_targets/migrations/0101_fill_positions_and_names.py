"""HEALPix and simplified names of the rows that are there. In batches; a run that was broken off goes on where it was."""

from django.db import migrations, transaction

BATCH = 2000


def fill(model, columns, using):
    last = 0
    while True:
        rows = list(model.objects.using(using).filter(pk__gt=last).order_by("pk")[:BATCH])
        if not rows:
            return
        last = rows[-1].pk
        stale = []
        for row in rows:
            before = [getattr(row, column) for column in columns]
            for column in columns:
                setattr(row, column, model._meta.get_field(column).compute(row))
            if before != [getattr(row, column) for column in columns]:
                stale.append(row)
        if stale:
            with transaction.atomic(using=using):
                model.objects.using(using).bulk_update(stale, columns, batch_size=200)


def forwards(apps, schema_editor):
    using = schema_editor.connection.alias
    fill(apps.get_model("tom_targets", "BaseTarget"), ["healpix", "simplified_name"], using)
    fill(apps.get_model("tom_targets", "TargetName"), ["simplified_name"], using)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tom_targets", "0100_positions_names_and_grants")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
