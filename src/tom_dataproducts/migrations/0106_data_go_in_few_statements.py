"""The measurements of a target or a product are deleted in a few statements. The database stays as it is."""

from django.db import migrations, models

from tom_dataproducts.models.cascading import CASCADE_DATA


class Migration(migrations.Migration):
    dependencies = [("tom_dataproducts", "0105_who_added_it_and_when")]

    operations = [
        migrations.AlterField(
            "reduceddatum", "target", models.ForeignKey(db_index=False, on_delete=CASCADE_DATA, to="tom_targets.basetarget")
        ),
        migrations.AlterField(
            "reduceddatum",
            "data_product",
            models.ForeignKey(blank=True, null=True, on_delete=CASCADE_DATA, to="tom_dataproducts.dataproduct"),
        ),
    ]
