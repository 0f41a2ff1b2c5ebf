"""The tables of the TOM Toolkit 2.32.4, created in one step or adopted where they are.

The names of its migrations fall into two nodes (this one and 0002), because 3.1 squashed some of those of the second: see 0004.
The relation of reduced data to alert stream messages belongs to tom_alerts, which adopts or creates its table.
"""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import tom_dataproducts.models.products


def _id():
    return ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("tom_dataproducts", "0001_initial"),
        ("tom_dataproducts", "0004_auto_20190626_0904"),
        ("tom_dataproducts", "0005_auto_20190704_1010"),
        ("tom_dataproducts", "0006_auto_20190912_2013"),
        ("tom_dataproducts", "0007_manual_20191016_rename_type"),
        ("tom_dataproducts", "0008_auto_20191205_1952"),
        ("tom_dataproducts", "0009_auto_20210204_2221"),
        ("tom_dataproducts", "0010_manual_20210305_fix_spectroscopy"),
    ]

    dependencies = [
        ("tom_targets", "0020_alter_targetname_created_alter_targetname_modified"),
        ("tom_observations", "0016_alter_facility_options"),
    ]
    # Other apps of that time point at these tables and at tom_targets.Target: the rename comes after both and takes them along.
    run_before = [("tom_targets", "0021_rename_target_basetarget_alter_basetarget_options")]

    operations = [
        migrations.CreateModel(
            name="DataProductGroup",
            fields=[
                _id(),
                ("name", models.CharField(help_text="Name of the data product group", max_length=200)),
                ("created", models.DateTimeField(auto_now_add=True, help_text="When the group was made")),
                ("modified", models.DateTimeField(auto_now=True, help_text="When the group was last changed")),
            ],
            options={"ordering": ("-created",)},
        ),
        migrations.CreateModel(
            name="DataProduct",
            fields=[
                _id(),
                ("product_id", models.CharField(help_text="Identifier at the source of the file", max_length=255, null=True, unique=True)),
                ("data", models.FileField(default=None, null=True, upload_to=tom_dataproducts.models.products.data_product_path)),
                ("extra_data", models.TextField(blank=True, default="")),
                ("created", models.DateTimeField(auto_now_add=True, help_text="When the data product was made")),
                ("modified", models.DateTimeField(auto_now=True, help_text="When the data product was last changed")),
                ("featured", models.BooleanField(default=False)),
                ("thumbnail", models.FileField(default=None, null=True, upload_to=tom_dataproducts.models.products.data_product_path)),
                ("data_product_type", models.CharField(blank=True, default="", max_length=50)),
                ("group", models.ManyToManyField(to="tom_dataproducts.dataproductgroup")),
                (
                    "observation_record",
                    models.ForeignKey(
                        blank=True, default=None, null=True, on_delete=django.db.models.deletion.CASCADE,
                        to="tom_observations.observationrecord",
                    ),
                ),
                ("target", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="tom_targets.target")),
            ],
            options={"ordering": ("-created",), "get_latest_by": ("modified",)},
        ),
        migrations.CreateModel(
            name="ReducedDatum",
            fields=[
                _id(),
                ("data_type", models.CharField(default="", max_length=100)),
                ("source_name", models.CharField(blank=True, default="", max_length=100)),
                ("source_location", models.CharField(blank=True, default="", max_length=200)),
                ("timestamp", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("value", models.JSONField()),
                (
                    "data_product",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to="tom_dataproducts.dataproduct"
                    ),
                ),
                ("target", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="tom_targets.target")),
            ],
            options={"get_latest_by": ("timestamp",)},
        ),
    ]
