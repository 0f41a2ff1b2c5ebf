"""From the tables of the TOM Toolkit to ours: 64-bit keys, the indexes that lists are read by, records that outlive their user."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from tom_common.schema import widen_link_table


def _id():
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tom_observations", "0001_toolkit_2_32"),
    ]

    operations = [
        migrations.AlterField("observationrecord", "id", _id()),
        migrations.AlterField("observationgroup", "id", _id()),
        migrations.AlterField("observationtemplate", "id", _id()),
        migrations.AlterField("dynamiccadence", "id", _id()),
        migrations.AlterField("facility", "id", _id()),
        widen_link_table("tom_observations", "ObservationGroup", "observation_records"),
        migrations.AlterField(
            "observationrecord",
            "user",
            models.ForeignKey(default=None, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex("observationrecord", models.Index(fields=["-created", "-id"], name="obsrecord_created_idx")),
        migrations.AddIndex("observationrecord", models.Index(fields=["target", "-created"], name="obsrecord_target_created_idx")),
        migrations.AddIndex("observationrecord", models.Index(fields=["status", "-created"], name="obsrecord_status_idx")),
        migrations.AddIndex("observationrecord", models.Index(fields=["facility", "status"], name="obsrecord_facility_status_idx")),
        migrations.AddIndex("observationrecord", models.Index(fields=["observation_id"], name="obsrecord_observation_id_idx")),
        migrations.AlterModelOptions("observationtemplate", {"ordering": ("-created", "name")}),
    ]
