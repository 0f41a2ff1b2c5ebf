"""The tables as they stood before the target model was renamed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("tom_targets", "0001_initial"),
        ("tom_targets", "0002_auto_20190115_2102"),
        ("tom_targets", "0002_auto_20190117_2248"),
        ("tom_targets", "0003_merge_20190123_1754"),
        ("tom_targets", "0004_auto_20190123_2010"),
        ("tom_targets", "0005_auto_20190214_1722"),
        ("tom_targets", "0006_auto_20190403_1659"),
        ("tom_targets", "0007_auto_20190423_1455"),
        ("tom_targets", "0007_auto_20190503_2318"),
        ("tom_targets", "0007_auto_20190515_0047"),
        ("tom_targets", "0008_merge_20190515_0914"),
        ("tom_targets", "0008_merge_20190520_1645"),
        ("tom_targets", "0009_auto_20190605_1656"),
        ("tom_targets", "0010_auto_20190715_1657"),
        ("tom_targets", "0010_merge_20190612_1227"),
        ("tom_targets", "0011_merge_20190731_1821"),
        ("tom_targets", "0012_target_perihdist"),
        ("tom_targets", "0013_manual_20190916_multiple_names"),
        ("tom_targets", "0014_auto_20190923_1827"),
        ("tom_targets", "0015_auto_20190923_2233"),
        ("tom_targets", "0016_auto_20191211_1707"),
        ("tom_targets", "0017_auto_20200130_2350"),
        ("tom_targets", "0018_auto_20200714_1832"),
        ("tom_targets", "0019_auto_20210811_0018"),
        ("tom_targets", "0020_alter_targetname_created_alter_targetname_modified"),
    ]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Target",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        default="", help_text="The name of this target e.g. Barnard's star.", max_length=100, unique=True, verbose_name="Name"
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[("SIDEREAL", "Sidereal"), ("NON_SIDEREAL", "Non-sidereal")],
                        help_text="The type of this target.",
                        max_length=100,
                        verbose_name="Target Type",
                    ),
                ),
                (
                    "created",
                    models.DateTimeField(
                        auto_now_add=True, help_text="The time at which this target was created (UTC).", verbose_name="Time Created"
                    ),
                ),
                (
                    "modified",
                    models.DateTimeField(
                        auto_now=True, help_text="The time at which this target was last changed (UTC).", verbose_name="Last Modified"
                    ),
                ),
                ("ra", models.FloatField(blank=True, help_text="Right Ascension, in degrees.", null=True, verbose_name="Right Ascension")),
                ("dec", models.FloatField(blank=True, help_text="Declination, in degrees.", null=True, verbose_name="Declination")),
                ("epoch", models.FloatField(blank=True, help_text="Julian Years. Max 2100.", null=True, verbose_name="Epoch")),
                ("parallax", models.FloatField(blank=True, help_text="Parallax, in milliarcseconds.", null=True, verbose_name="Parallax")),
                ("pm_ra", models.FloatField(blank=True, help_text="Proper Motion: RA. Milliarcsec/year.", null=True, verbose_name="Proper Motion (RA)")),
                ("pm_dec", models.FloatField(blank=True, help_text="Proper Motion: Dec. Milliarcsec/year.", null=True, verbose_name="Proper Motion (Declination)")),
                ("galactic_lng", models.FloatField(blank=True, help_text="Galactic Longitude in degrees.", null=True, verbose_name="Galactic Longitude")),
                ("galactic_lat", models.FloatField(blank=True, help_text="Galactic Latitude in degrees.", null=True, verbose_name="Galactic Latitude")),
                ("distance", models.FloatField(blank=True, help_text="Parsecs.", null=True, verbose_name="Distance")),
                ("distance_err", models.FloatField(blank=True, help_text="Parsecs.", null=True, verbose_name="Distance Error")),
                (
                    "scheme",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("MPC_MINOR_PLANET", "MPC Minor Planet"),
                            ("MPC_COMET", "MPC Comet"),
                            ("JPL_MAJOR_PLANET", "JPL Major Planet"),
                        ],
                        default="",
                        help_text="Orbital Element Scheme",
                        max_length=50,
                        verbose_name="Orbital Element Scheme",
                    ),
                ),
                ("mean_anomaly", models.FloatField(blank=True, help_text="Angle in degrees.", null=True, verbose_name="Mean Anomaly")),
                ("arg_of_perihelion", models.FloatField(blank=True, help_text="Argument of Perihelion. J2000. Degrees.", null=True, verbose_name="Argument of Perihelion")),
                ("eccentricity", models.FloatField(blank=True, help_text="Eccentricity", null=True, verbose_name="Eccentricity")),
                ("lng_asc_node", models.FloatField(blank=True, help_text="Longitude of Ascending Node. J2000. Degrees.", null=True, verbose_name="Longitude of Ascending Node")),
                ("inclination", models.FloatField(blank=True, help_text="Inclination to the ecliptic. J2000. Degrees.", null=True, verbose_name="Inclination to the Ecliptic")),
                ("mean_daily_motion", models.FloatField(blank=True, help_text="Degrees per day.", null=True, verbose_name="Mean Daily Motion")),
                ("semimajor_axis", models.FloatField(blank=True, help_text="In AU", null=True, verbose_name="Semimajor Axis")),
                ("ephemeris_period", models.FloatField(blank=True, help_text="Days", null=True, verbose_name="Ephemeris Period")),
                ("ephemeris_period_err", models.FloatField(blank=True, help_text="Days", null=True, verbose_name="Ephemeris Period Error")),
                ("ephemeris_epoch", models.FloatField(blank=True, help_text="Days", null=True, verbose_name="Ephemeris Epoch")),
                ("ephemeris_epoch_err", models.FloatField(blank=True, help_text="Days", null=True, verbose_name="Ephemeris Epoch Error")),
                ("epoch_of_perihelion", models.FloatField(blank=True, help_text="Epoch of Perihelion in MJD.", null=True, verbose_name="Epoch of Perihelion")),
                ("epoch_of_elements", models.FloatField(blank=True, help_text="Julian date. Epoch of Elements in MJD.", null=True, verbose_name="Epoch of Elements")),
                ("perihdist", models.FloatField(blank=True, help_text="AU", null=True, verbose_name="Perihelion Distance")),
            ],
            options={"verbose_name": "target"},
        ),
        migrations.CreateModel(
            name="TargetName",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="Alias")),
                ("created", models.DateTimeField(auto_now_add=True, help_text="The time at which this target name was created.")),
                (
                    "modified",
                    models.DateTimeField(
                        auto_now=True, help_text="The time at which this target name was last changed.", verbose_name="Last Modified"
                    ),
                ),
                ("target", models.ForeignKey(on_delete=models.deletion.CASCADE, related_name="aliases", to="tom_targets.target")),
            ],
        ),
        migrations.CreateModel(
            name="TargetExtra",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200)),
                ("value", models.TextField(blank=True, default="")),
                ("float_value", models.FloatField(blank=True, null=True)),
                ("bool_value", models.BooleanField(blank=True, null=True)),
                ("time_value", models.DateTimeField(blank=True, null=True)),
                ("target", models.ForeignKey(on_delete=models.deletion.CASCADE, to="tom_targets.target")),
            ],
            options={"unique_together": {("target", "key")}},
        ),
        migrations.CreateModel(
            name="TargetList",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="The name of the target list.", max_length=200)),
                ("created", models.DateTimeField(auto_now_add=True, help_text="The time at which this target list was created.")),
                (
                    "modified",
                    models.DateTimeField(
                        auto_now=True, help_text="The time at which this target list was last changed.", verbose_name="Last Modified"
                    ),
                ),
                ("targets", models.ManyToManyField(to="tom_targets.target")),
            ],
            options={"ordering": ("-created", "name")},
        ),
    ]
