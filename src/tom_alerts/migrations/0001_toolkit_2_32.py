"""The tables as the TOM Toolkit 2.32.4 left them. The relation of data and messages is made in 0100."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("tom_alerts", "0001_initial"),
        ("tom_alerts", "0002_auto_20190626_2135"),
        ("tom_alerts", "0003_auto_20190701_2226"),
        ("tom_alerts", "0004_auto_20210204_2300"),
        ("tom_alerts", "0005_alertstreammessage"),
        ("tom_alerts", "0006_alter_alertstreammessage_exchange_status"),
        ("tom_alerts", "0007_alter_alertstreammessage_message_id"),
    ]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="BrokerQuery",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="The name of this query", max_length=500)),
                ("broker", models.CharField(help_text="The `name` of the broker class", max_length=50)),
                ("created", models.DateTimeField(auto_now_add=True, help_text="Time at which this query was made")),
                ("modified", models.DateTimeField(auto_now=True, help_text="Time at which this query was last changed")),
                ("last_run", models.DateTimeField(blank=True, help_text="Time at which this query was last run", null=True)),
                ("parameters", models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name="AlertStreamMessage",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=500)),
                ("date_shared", models.DateTimeField(auto_now_add=True)),
                ("exchange_status", models.CharField(choices=[("published", "Published"), ("ingested", "Ingested")], max_length=10)),
                ("message_id", models.CharField(max_length=50, null=True)),
            ],
        ),
    ]
