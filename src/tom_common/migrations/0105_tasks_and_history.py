"""Tasks know their worker and their key; history knows what belongs together, and what undid what."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import tom_common.fields


class Migration(migrations.Migration):
    dependencies = [
        ("tom_common", "0104_group_managers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WorkerBeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                ("kind", models.CharField(help_text="worker or scheduler", max_length=20)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("seen_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddField(
            model_name="historyevent",
            name="mentions",
            field=models.JSONField(
                blank=True, help_text="Other objects that the texts speak of: app_label.model:key, or * for many.", null=True
            ),
        ),
        migrations.AddField(
            model_name="historyevent",
            name="parent_id",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="historyevent",
            name="parent_type",
            field=models.CharField(blank=True, help_text="app_label.model of what the object belongs to.", max_length=100),
        ),
        migrations.AddField(
            model_name="historyevent",
            name="undo_data",
            field=models.JSONField(blank=True, help_text="What an undo needs and nobody is shown.", null=True),
        ),
        migrations.AddField(
            model_name="historyevent",
            name="undoes",
            field=models.OneToOneField(
                blank=True,
                db_constraint=False,
                help_text="The event that this one undid.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="undone_by",
                to="tom_common.historyevent",
            ),
        ),
        migrations.AddField(
            model_name="periodicjob",
            name="at",
            field=models.CharField(
                blank=True, help_text="Times of day in UTC (03:15, 15:15) in place of every so many seconds.", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="periodicjob",
            name="weekdays",
            field=models.CharField(blank=True, help_text="On these days of the week only (mon,thu).", max_length=30),
        ),
        migrations.AddField(
            model_name="taskrun",
            name="heartbeat_at",
            field=models.DateTimeField(blank=True, help_text="When that process last said that it is alive.", null=True),
        ),
        migrations.AddField(
            model_name="taskrun",
            name="key",
            field=models.CharField(blank=True, help_text="What makes two requests the same work.", max_length=200),
        ),
        migrations.AddField(
            model_name="taskrun",
            name="link",
            field=models.CharField(blank=True, help_text="Where its result can be seen.", max_length=500),
        ),
        migrations.AddField(
            model_name="taskrun",
            name="max_attempts",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="taskrun",
            name="reason",
            field=models.CharField(blank=True, help_text="Why it failed, for whoever asked for it.", max_length=500),
        ),
        migrations.AddField(
            model_name="taskrun",
            name="title",
            field=models.CharField(blank=True, help_text="What it does, in words.", max_length=200),
        ),
        migrations.AddField(
            model_name="taskrun",
            name="waiting_key",
            field=tom_common.fields.ExactCharField(
                help_text="Of one key at most one run waits; empty once it runs.", max_length=200, null=True, unique=True
            ),
        ),
        migrations.AddField(
            model_name="taskrun",
            name="worker",
            field=models.CharField(blank=True, help_text="The process that runs it, or ran it last.", max_length=100),
        ),
        migrations.AlterField(
            model_name="taskrun",
            name="error",
            field=models.TextField(blank=True, help_text="The traceback, for administrators."),
        ),
        migrations.AddIndex(
            model_name="historyevent",
            index=models.Index(fields=["parent_type", "parent_id", "-id"], name="tom_history_of_parent"),
        ),
        migrations.AddIndex(
            model_name="historyevent",
            index=models.Index(fields=["actor", "-id"], name="tom_history_of_actor"),
        ),
        migrations.AddIndex(
            model_name="taskrun",
            index=models.Index(fields=["actor", "-id"], name="tom_taskrun_of_actor"),
        ),
        migrations.AddIndex(
            model_name="taskrun",
            index=models.Index(fields=["finished_at"], name="tom_taskrun_finished"),
        ),
    ]
