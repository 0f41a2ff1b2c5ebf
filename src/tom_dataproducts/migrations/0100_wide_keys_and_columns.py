"""64-bit keys, the typed columns of every kind of reduced data in one table, who may see a group's products."""

from django.db import migrations, models

import tom_dataproducts.models.fields
import tom_dataproducts.models.products
from tom_common.schema import widen_link_table

MESSAGES = "tom_dataproducts_reduceddatum_message"


def _wide():
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def free_message_table(apps, schema_editor):
    """MySQL widens no key that a foreign key outside of this app's models refers to: widen that column with it."""
    connection = schema_editor.connection
    if connection.vendor != "mysql":
        return
    with connection.cursor() as cursor:
        if MESSAGES not in connection.introspection.table_names(cursor):
            return
        constraints = connection.introspection.get_constraints(cursor, MESSAGES)
    for name, each in constraints.items():
        if each["foreign_key"] and each["columns"] == ["reduceddatum_id"]:
            schema_editor.execute(f"ALTER TABLE {MESSAGES} DROP FOREIGN KEY {schema_editor.quote_name(name)}")
    schema_editor.execute(f"ALTER TABLE {MESSAGES} MODIFY reduceddatum_id bigint NOT NULL")


def bind_message_table(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor != "mysql" or MESSAGES not in connection.introspection.table_names(cursor):
            return
    schema_editor.execute(
        f"ALTER TABLE {MESSAGES} ADD CONSTRAINT reduceddatum_message_datum FOREIGN KEY (reduceddatum_id) "
        "REFERENCES tom_dataproducts_reduceddatum (id)"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("tom_dataproducts", "0002_toolkit_2_32_rest"),
        ("tom_dataproducts", "0003_toolkit_3_1_message"),
        ("tom_dataproducts", "0004_toolkit_3_1_squashed"),
        ("tom_dataproducts", "0005_toolkit_3_1"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AlterField("dataproductgroup", "id", _wide()),
        migrations.AlterField("dataproduct", "id", _wide()),
        migrations.RunPython(free_message_table, migrations.RunPython.noop, atomic=False),
        migrations.AlterField("reduceddatum", "id", _wide()),
        migrations.RunPython(bind_message_table, migrations.RunPython.noop, atomic=False),
        migrations.AddField(
            "dataproductgroup",
            "user_groups",
            models.ManyToManyField(
                blank=True,
                help_text="User groups that may see these products; none: whoever may see the target",
                related_name="+",
                to="auth.group",
            ),
        ),
        widen_link_table("tom_dataproducts", "DataProduct", "group"),
        widen_link_table("tom_dataproducts", "DataProductGroup", "user_groups"),
        migrations.AlterField(
            "dataproduct",
            "product_id",
            models.CharField(blank=True, help_text="Identifier at the source of the file", max_length=255, null=True, unique=True),
        ),
        migrations.AlterField(
            "dataproduct",
            "data",
            models.FileField(default=None, max_length=500, null=True, upload_to=tom_dataproducts.models.products.data_product_path),
        ),
        migrations.AlterField(
            "dataproduct",
            "thumbnail",
            models.FileField(default=None, max_length=500, null=True, upload_to=tom_dataproducts.models.products.data_product_path),
        ),
        migrations.AddField(
            "dataproduct",
            "processing_state",
            models.CharField(
                blank=True,
                choices=[("", "not processed"), ("waiting", "waiting"), ("running", "running"), ("done", "done"), ("failed", "failed")],
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            "dataproduct",
            "processing_message",
            models.TextField(blank=True, default="", help_text="Why processing failed, or what it made"),
        ),
        migrations.AlterField("reduceddatum", "data_type", models.CharField(blank=True, default="", max_length=100)),
        migrations.AlterField(
            "reduceddatum",
            "source_name",
            models.CharField(blank=True, default="", help_text="Who measured or reported this", max_length=100),
        ),
        migrations.AlterField(
            "reduceddatum",
            "source_location",
            models.CharField(blank=True, default="", help_text="Where it came from: a URL or a file", max_length=200),
        ),
        migrations.AlterField(
            "reduceddatum",
            "value",
            tom_dataproducts.models.fields.ValueField(blank=True, default=dict, help_text="The measurement as JSON, complete"),
        ),
        migrations.AddField(
            "reduceddatum",
            "source_id",
            models.CharField(blank=True, default="", help_text="The source's own identifier of this measurement", max_length=200),
        ),
        migrations.AddField("reduceddatum", "bandpass", models.CharField(blank=True, default="", max_length=100)),
        migrations.AddField("reduceddatum", "brightness", models.FloatField(blank=True, null=True)),
        migrations.AddField("reduceddatum", "brightness_error", models.FloatField(blank=True, null=True)),
        migrations.AddField("reduceddatum", "limit", models.FloatField(blank=True, null=True)),
        migrations.AddField("reduceddatum", "unit", models.CharField(blank=True, default="", max_length=100)),
        migrations.AddField("reduceddatum", "exposure_time", models.FloatField(blank=True, null=True)),
        migrations.AddField("reduceddatum", "setup", models.CharField(blank=True, default="", max_length=2000)),
        migrations.AddField("reduceddatum", "wavelength", tom_dataproducts.models.fields.FloatArrayField()),
        migrations.AddField("reduceddatum", "flux", tom_dataproducts.models.fields.FloatArrayField()),
        migrations.AddField("reduceddatum", "error", tom_dataproducts.models.fields.FloatArrayField()),
        migrations.AddField("reduceddatum", "flux_unit", models.TextField(blank=True, default="")),
        migrations.AddField("reduceddatum", "wavelength_unit", models.TextField(blank=True, default="")),
        migrations.AddField("reduceddatum", "ra", models.FloatField(blank=True, null=True)),
        migrations.AddField("reduceddatum", "dec", models.FloatField(blank=True, null=True)),
        migrations.AddField("reduceddatum", "ra_error", models.FloatField(blank=True, null=True)),
        migrations.AddField("reduceddatum", "dec_error", models.FloatField(blank=True, null=True)),
        migrations.AddField("reduceddatum", "ra_error_units", models.CharField(blank=True, default="", max_length=32)),
        migrations.AddField("reduceddatum", "dec_error_units", models.CharField(blank=True, default="", max_length=32)),
        migrations.AddField("reduceddatum", "fingerprint", models.BigIntegerField(editable=False, null=True)),
        migrations.AddField("reduceddatum", "source_key", models.BigIntegerField(editable=False, null=True)),
    ]
