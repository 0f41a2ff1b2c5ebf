import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Made while the target model was still called Target."""

    initial = True
    dependencies = [("tom_targets", "0019_auto_20210811_0018"), ("tom_observations", "0003_auto_20190503_2318")]
    operations = [
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=100)),
                (
                    "record",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to="tom_observations.observationrecord"),
                ),
                ("target", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="tom_targets.target")),
            ],
        ),
    ]
