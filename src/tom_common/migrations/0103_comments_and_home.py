"""Beside comments: attachments, mentions, what was edited. And how a user arranged the home page."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import tom_common.models.comments


class Migration(migrations.Migration):
    dependencies = [
        ("tom_common", "0102_security_log"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CommentAttachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("comment_id", models.BigIntegerField(db_index=True)),
                ("file", models.FileField(max_length=255, upload_to=tom_common.models.comments.attachment_path)),
                ("name", models.CharField(help_text="As the author called it.", max_length=200)),
                ("mime_type", models.CharField(max_length=100)),
                ("size_bytes", models.BigIntegerField()),
                (
                    "is_image",
                    models.BooleanField(
                        default=False, help_text="A raster image that was read and found sound: it may be shown in the page."
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="CommentEdit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("comment_id", models.BigIntegerField(db_index=True)),
                ("edited_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("text_before", models.TextField()),
                (
                    "editor",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="HomeLayout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.JSONField(default=list, help_text="Slugs of panels, from the first to the last.")),
                ("hidden", models.JSONField(default=list, help_text="Slugs of panels that are not shown.")),
                ("user", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="CommentMention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("comment_id", models.BigIntegerField(db_index=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["user", "read_at", "-id"], name="tom_mention_unread")],
                "constraints": [models.UniqueConstraint(fields=("user", "comment_id"), name="tom_mention_once")],
            },
        ),
    ]
