"""The tables as version 2.32.4 of the TOM Toolkit has them."""

from django.conf import settings
from django.db import migrations, models

import tom_targets.base_models


class Migration(migrations.Migration):
    replaces = [
        ("tom_targets", "0022_persistentshare"),
        ("tom_targets", "0023_alter_basetarget_created"),
        ("tom_targets", "0024_basetarget_permissions"),
        ("tom_targets", "0025_auto_20250206_2017"),
        ("tom_targets", "0026_alter_basetarget_permissions"),
        ("tom_targets", "0027_alter_basetarget_epoch_of_elements_and_more"),
        ("tom_targets", "0028_basetarget_abs_mag_basetarget_slope_and_more"),
        ("tom_targets", "0029_alter_basetarget_permissions"),
        ("tom_targets", "0030_alter_basetarget_slope"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tom_targets", "0021_rename_target_basetarget_alter_basetarget_options"),
    ]

    operations = [
        migrations.CreateModel(
            name="PersistentShare",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("destination", models.CharField(max_length=200)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("target", models.ForeignKey(on_delete=models.deletion.CASCADE, to="tom_targets.basetarget")),
                ("user", models.ForeignKey(null=True, on_delete=models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
            ],
            options={"ordering": ("-created",), "unique_together": {("target", "destination")}},
        ),
        migrations.AlterField(
            model_name="basetarget",
            name="created",
            field=models.DateTimeField(
                auto_now_add=True,
                db_index=True,
                help_text="The time at which this target was created (UTC).",
                verbose_name="Time Created",
            ),
        ),
        migrations.AddField(
            model_name="basetarget",
            name="permissions",
            field=models.CharField(
                choices=[("OPEN", "Open"), ("PUBLIC", "Public"), ("PRIVATE", "Private")],
                default=tom_targets.base_models.get_default_target_permission,
                help_text=(
                    "Open: every visitor sees this target. Public: every logged-in user sees it. Private: the groups chosen see it."
                ),
                max_length=100,
                verbose_name="Target Permissions",
            ),
        ),
        migrations.AddField(
            model_name="basetarget",
            name="abs_mag",
            field=models.FloatField(
                blank=True, help_text="H for minor planets, m1 for comets.", null=True, verbose_name="Absolute Magnitude"
            ),
        ),
        migrations.AddField(
            model_name="basetarget",
            name="slope",
            field=models.FloatField(blank=True, help_text="G for minor planets, k1 for comets.", null=True, verbose_name="Slope Parameter"),
        ),
    ]
