"""The relation of messages and data on the message's side (adopting the table of 2.32), 64-bit keys, the ledger of ingests."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from tom_common.schema import widen_link_table


class AdoptOrCreateManyToMany(migrations.AddField):
    """Add a many-to-many field whose table an older version may have left: its rows are kept, its keys widened."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        to_model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, to_model):
            return
        table = to_model._meta.get_field(self.name).remote_field.through._meta.db_table
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            exists = table in connection.introspection.table_names(cursor)
        if not exists:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        if connection.vendor == "postgresql":
            quote = schema_editor.quote_name
            for column in ("reduceddatum_id", "alertstreammessage_id"):
                schema_editor.execute(f"ALTER TABLE {quote(table)} ALTER COLUMN {quote(column)} TYPE bigint")


class Migration(migrations.Migration):
    dependencies = [
        ("tom_alerts", "0001_toolkit_2_32"),
        ("tom_dataproducts", "0014_alter_reduceddatum_timestamp"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AdoptOrCreateManyToMany(
            model_name="alertstreammessage",
            name="reduced_data",
            field=models.ManyToManyField(
                blank=True,
                db_table="tom_dataproducts_reduceddatum_message",
                related_name="message",
                to="tom_dataproducts.reduceddatum",
            ),
        ),
        widen_link_table("tom_alerts", "AlertStreamMessage", "reduced_data"),
        migrations.AlterField(
            model_name="alertstreammessage",
            name="id",
            field=models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
        ),
        migrations.AlterField(
            model_name="brokerquery",
            name="id",
            field=models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
        ),
        migrations.CreateModel(
            name="IngestRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("survey", models.CharField(blank=True, default="", max_length=32)),
                (
                    "source",
                    models.CharField(
                        blank=True, default="", help_text="The file, topic or query from which the packets came", max_length=500
                    ),
                ),
                ("packets", models.PositiveIntegerField(default=0)),
                ("targets_created", models.PositiveIntegerField(default=0)),
                ("targets_matched", models.PositiveIntegerField(default=0)),
                ("data_created", models.PositiveIntegerField(default=0)),
                ("data_updated", models.PositiveIntegerField(default=0)),
                ("data_unchanged", models.PositiveIntegerField(default=0)),
                (
                    "skipped",
                    models.JSONField(blank=True, default=dict, help_text="Number of packets by the reason for which they were left out"),
                ),
                ("failed", models.PositiveIntegerField(default=0, help_text="Packets that went to the dead letters")),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ("-id",)},
        ),
        migrations.CreateModel(
            name="DeadLetter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("survey", models.CharField(blank=True, default="", max_length=32)),
                ("source", models.CharField(blank=True, default="", max_length=500)),
                ("position", models.BigIntegerField(blank=True, help_text="Number of the packet within its source, from 0", null=True)),
                ("payload", models.BinaryField(blank=True, default=b"")),
                (
                    "digest",
                    models.CharField(
                        help_text="SHA-256 of source, position and payload: one letter per bad packet", max_length=64, unique=True
                    ),
                ),
                ("error", models.TextField(blank=True, default="")),
                ("attempts", models.PositiveIntegerField(default=1)),
                ("replayed", models.DateTimeField(blank=True, help_text="When it was at last ingested", null=True)),
            ],
            options={"ordering": ("-id",)},
        ),
    ]
