"""The tables as the TOM Toolkit 2.32.4 (and 3.1.0) left them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("tom_calendar", "0001_initial"),
        ("tom_calendar", "0002_calendarevent_target_list"),
        ("tom_calendar", "0003_calendarevent_proposal_calendarevent_telescope_and_more"),
        ("tom_calendar", "0004_eventtodo"),
        ("tom_calendar", "0005_calendarevent_instrument"),
    ]

    dependencies = [("tom_targets", "0030_alter_basetarget_slope")]

    operations = [
        migrations.CreateModel(
            name="CalendarEvent",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True, default="")),
                ("start_time", models.DateTimeField()),
                ("end_time", models.DateTimeField()),
                ("url", models.URLField(blank=True, default="")),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
                (
                    "target_list",
                    models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to="tom_targets.targetlist"),
                ),
                ("proposal", models.CharField(blank=True, default="", max_length=200)),
                ("telescope", models.CharField(blank=True, default="", max_length=200)),
                ("user", models.CharField(blank=True, default="", max_length=200)),
                ("instrument", models.CharField(blank=True, default="", max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="EventTodo",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("description", models.CharField(max_length=200)),
                ("is_completed", models.BooleanField(default=False)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
                (
                    "event",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="todos", to="tom_calendar.calendarevent"),
                ),
            ],
        ),
    ]
