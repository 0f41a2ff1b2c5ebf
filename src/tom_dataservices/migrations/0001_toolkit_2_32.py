"""The table as the TOM Toolkit left it: the same in 2.32 and 3.1, and in ours."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [("tom_dataservices", "0001_initial")]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="DataServiceQuery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="The name of this query", max_length=500)),
                ("data_service", models.CharField(help_text="The `name` of the data service", max_length=50)),
                ("parameters", models.JSONField()),
                ("created", models.DateTimeField(auto_now_add=True, help_text="Time at which this query was made")),
                ("modified", models.DateTimeField(auto_now=True, help_text="Time at which this query was last changed")),
                ("last_run", models.DateTimeField(blank=True, help_text="Time at which this query was last run", null=True)),
            ],
        ),
    ]
