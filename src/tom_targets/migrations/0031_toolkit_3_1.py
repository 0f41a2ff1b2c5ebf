"""The tables as version 3.1.0 of the TOM Toolkit has them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("tom_targets", "0031_basetarget_shared_by_basetarget_shared_from")]

    dependencies = [("tom_targets", "0022_toolkit_2_32")]

    # There these two have no length, which MySQL and Oracle refuse; 0100 widens them, and bounds those made without one.
    operations = [
        migrations.AddField(
            model_name="basetarget",
            name="shared_by",
            field=models.CharField(
                blank=True, default="", help_text="Who shared this target with this TOM.", max_length=254, verbose_name="Shared By"
            ),
        ),
        migrations.AddField(
            model_name="basetarget",
            name="shared_from",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The TOM from which this target was shared.",
                max_length=254,
                verbose_name="Shared From",
            ),
        ),
    ]
