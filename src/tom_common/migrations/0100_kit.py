"""The tables of the kit: history, outbox, background work; all keys get 64 bits."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tom_common", "0006_toolkit_3_1"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SchedulerLease",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=50, unique=True)),
                ("holder", models.CharField(blank=True, max_length=100)),
                ("until", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AlterField(
            model_name="profile",
            name="id",
            field=models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
        ),
        migrations.AlterField(
            model_name="termsofserviceacceptance",
            name="id",
            field=models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
        ),
        migrations.CreateModel(
            name="TaskRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="Dotted path of the task.", max_length=200)),
                ("args", models.JSONField(default=list)),
                ("kwargs", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("running", "running"),
                            ("succeeded", "done"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="waiting",
                        max_length=16,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("backend_id", models.CharField(blank=True, help_text="The result id in the task backend.", max_length=64)),
                ("cancel_asked", models.BooleanField(default=False)),
                ("done", models.BigIntegerField(blank=True, null=True)),
                ("total", models.BigIntegerField(blank=True, null=True)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("result", models.JSONField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("run_after", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="PeriodicJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                ("task", models.CharField(help_text="Dotted path of the task.", max_length=200)),
                ("every_s", models.PositiveBigIntegerField(help_text="Seconds from one run to the next.")),
                ("enabled", models.BooleanField(default=True)),
                ("next_run_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("last_run_at", models.DateTimeField(blank=True, null=True)),
                (
                    "last_run",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="tom_common.taskrun"
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="HistoryEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "actor_name",
                    models.CharField(blank=True, help_text="Stays when the account is deleted; empty for the TOM itself.", max_length=150),
                ),
                ("verb", models.CharField(max_length=64)),
                ("object_type", models.CharField(help_text="app_label.model of the object.", max_length=100)),
                ("object_id", models.CharField(max_length=64)),
                ("object_label", models.CharField(blank=True, max_length=200)),
                ("summary", models.CharField(blank=True, max_length=500)),
                ("before", models.JSONField(blank=True, null=True)),
                ("after", models.JSONField(blank=True, null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["object_type", "object_id", "-id"], name="tom_history_of_object")],
            },
        ),
        migrations.CreateModel(
            name="OutboxItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("destination", models.CharField(max_length=100)),
                ("kind", models.CharField(max_length=100)),
                ("payload", models.JSONField()),
                ("idempotency_key", models.CharField(max_length=200, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("to_send", "to send"), ("sent", "sent"), ("refused", "refused"), ("unknown", "unknown")],
                        default="to_send",
                        max_length=16,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("not_before", models.DateTimeField(default=django.utils.timezone.now, help_text="No sending is tried before this time.")),
                ("claimed_by", models.CharField(blank=True, max_length=100)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("remote_id", models.CharField(blank=True, help_text="What the other side calls it.", max_length=200)),
                ("last_error", models.TextField(blank=True)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["state", "not_before", "id"], name="tom_outbox_due"),
                    models.Index(fields=["destination", "state", "id"], name="tom_outbox_of_destination"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="taskrun",
            index=models.Index(fields=["state", "run_after"], name="tom_taskrun_due"),
        ),
        migrations.AddIndex(
            model_name="taskrun",
            index=models.Index(fields=["name", "-id"], name="tom_taskrun_of_task"),
        ),
    ]
