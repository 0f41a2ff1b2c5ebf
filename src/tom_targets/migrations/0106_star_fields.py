"""Stars around targets, kept for finder charts."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tom_targets", "0105_parts_of_names_and_motions")]

    operations = [
        migrations.CreateModel(
            name="StarField",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("catalogue", models.CharField(max_length=50)),
                ("ra", models.FloatField(help_text="Degrees, ICRS: the middle of the field.")),
                ("dec", models.FloatField()),
                ("radius_arcmin", models.FloatField()),
                ("epoch", models.FloatField(help_text="Julian year of the positions.")),
                ("limit", models.FloatField(help_text="Magnitude of the faintest star where not all fitted.", null=True)),
                ("stars", models.JSONField(default=list)),
                ("fetched", models.DateTimeField(auto_now=True)),
                ("target", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tom_targets.basetarget")),
            ],
        ),
    ]
