"""The tables as TOM Toolkit 2.32 has them: stands for all of its migrations of this app."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def _id():
    return models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def _between(low, high):
    return [django.core.validators.MinValueValidator(low), django.core.validators.MaxValueValidator(high)]


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("tom_observations", "0001_initial"),
        ("tom_observations", "0002_auto_20190306_2343"),
        ("tom_observations", "0003_auto_20190503_2318"),
        ("tom_observations", "0004_observationgroup"),
        ("tom_observations", "0005_auto_20191210_0007"),
        ("tom_observations", "0006_observationgroup_cadence_strategy"),
        ("tom_observations", "0007_observationstrategy"),
        ("tom_observations", "0008_observationgroup_cadence_parameters"),
        ("tom_observations", "0009_observationrecord_user"),
        ("tom_observations", "0010_manual_create_dynamic_cadence"),
        ("tom_observations", "0011_auto_20200917_0306"),
        ("tom_observations", "0012_auto_20210205_1819"),
        ("tom_observations", "0013_facility"),
        ("tom_observations", "0014_alter_facility_orbit"),
        ("tom_observations", "0015_remove_facility_mpc_site_code_and_more"),
        ("tom_observations", "0016_alter_facility_options"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tom_targets", "0020_alter_targetname_created_alter_targetname_modified"),
    ]
    # Other apps of that time point at these tables and at tom_targets.Target: the rename comes after both and takes them along.
    run_before = [("tom_targets", "0021_rename_target_basetarget_alter_basetarget_options")]

    operations = [
        migrations.CreateModel(
            name="ObservationRecord",
            fields=[
                ("id", _id()),
                ("facility", models.CharField(max_length=50)),
                ("parameters", models.JSONField()),
                ("observation_id", models.CharField(max_length=255)),
                ("status", models.CharField(max_length=200)),
                ("scheduled_start", models.DateTimeField(null=True)),
                ("scheduled_end", models.DateTimeField(null=True)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
                ("target", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="tom_targets.target")),
                (
                    "user",
                    models.ForeignKey(default=None, null=True, on_delete=django.db.models.deletion.DO_NOTHING, to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={"ordering": ("-created",)},
        ),
        migrations.CreateModel(
            name="ObservationGroup",
            fields=[
                ("id", _id()),
                ("name", models.CharField(max_length=50)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
                ("observation_records", models.ManyToManyField(to="tom_observations.observationrecord")),
            ],
            options={"ordering": ("-created", "name")},
        ),
        migrations.CreateModel(
            name="ObservationTemplate",
            fields=[
                ("id", _id()),
                ("name", models.CharField(max_length=200)),
                ("facility", models.CharField(max_length=50)),
                ("parameters", models.JSONField()),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="DynamicCadence",
            fields=[
                ("id", _id()),
                ("cadence_strategy", models.CharField(max_length=100)),
                ("cadence_parameters", models.JSONField()),
                ("active", models.BooleanField()),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
                (
                    "observation_group",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="tom_observations.observationgroup"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Facility",
            fields=[
                ("id", _id()),
                ("site_code", models.CharField(blank=True, max_length=20, null=True)),
                ("mpc_observatory_code", models.CharField(blank=True, max_length=3, null=True)),
                ("full_name", models.CharField(max_length=100)),
                ("short_name", models.CharField(max_length=50)),
                ("location", models.CharField(max_length=15)),
                ("latitude", models.FloatField(blank=True, null=True, validators=_between(-90, 90))),
                ("longitude", models.FloatField(blank=True, null=True, validators=_between(-180, 180))),
                ("elevation", models.FloatField(blank=True, null=True, validators=_between(-3000, 6000))),
                ("orbit", models.CharField(blank=True, max_length=20, null=True)),
                ("diameter", models.FloatField(blank=True, null=True, validators=_between(0, 600))),
                ("typical_seeing", models.FloatField(blank=True, null=True, validators=_between(0, 15))),
                ("detector_type", models.CharField(max_length=30)),
                ("info_url", models.URLField(blank=True, max_length=400, null=True)),
                ("api_url", models.URLField(blank=True, null=True)),
            ],
            options={"verbose_name_plural": "facilities"},
        ),
    ]
