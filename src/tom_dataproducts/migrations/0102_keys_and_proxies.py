"""Keys that keep each measurement once, and the typed models as proxies of the one table."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tom_dataproducts", "0101_one_table"), ("tom_targets", "0030_alter_basetarget_slope")]

    operations = [
        migrations.DeleteModel("PhotometryReducedDatum"),
        migrations.DeleteModel("SpectroscopyReducedDatum"),
        migrations.DeleteModel("AstrometryReducedDatum"),
        migrations.AlterField("reduceddatum", "fingerprint", models.BigIntegerField(editable=False)),
        migrations.AlterField("reduceddatum", "source_key", models.BigIntegerField(editable=False)),
        migrations.AddConstraint(
            "reduceddatum",
            models.UniqueConstraint(
                fields=("target", "fingerprint"),
                name="unique_datum_content",
                violation_error_message="A reduced datum that says the same exists already for this target.",
            ),
        ),
        migrations.AddConstraint(
            "reduceddatum",
            models.UniqueConstraint(
                fields=("target", "source_key"),
                name="unique_datum_source",
                violation_error_message="A reduced datum with this identifier of its source exists already for this target.",
            ),
        ),
        migrations.AddIndex("reduceddatum", models.Index(fields=["target", "data_type", "timestamp"], name="datum_of_target")),
        migrations.AlterField(
            "reduceddatum",
            "target",
            models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="tom_targets.basetarget"),
        ),
        *(
            migrations.CreateModel(
                name=name, fields=[], options={"proxy": True, "indexes": [], "constraints": []}, bases=("tom_dataproducts.reduceddatum",)
            )
            for name in ("PhotometryReducedDatum", "SpectroscopyReducedDatum", "AstrometryReducedDatum", "GenericReducedDatum")
        ),
    ]
