"""Parts of names by an index, where the database can have one; and the fast movers, which cones look up by themselves."""

from django.db import migrations, models

from tom_common.migration_operations import AddSubstringIndex


class Migration(migrations.Migration):
    dependencies = [("tom_targets", "0104_imports")]

    operations = [
        migrations.AddIndex(model_name="basetarget", index=models.Index(fields=["pm_ra"], name="tom_target_pm_ra")),
        migrations.AddIndex(model_name="basetarget", index=models.Index(fields=["pm_dec"], name="tom_target_pm_dec")),
        AddSubstringIndex(model_name="basetarget", field="name", name="tom_target_name_part"),
        AddSubstringIndex(model_name="targetname", field="name", name="tom_alias_name_part"),
    ]
