"""Filters with a name, and how each user wants each table."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("tom_common", "0105_tasks_and_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("page", models.CharField(help_text="The URL name of the list page, such as targets:list.", max_length=100)),
                ("name", models.CharField(max_length=100)),
                ("query", models.TextField(help_text="The query string, without the leading question mark.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("modified_at", models.DateTimeField(auto_now=True)),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        help_text="Whose members may use it too.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="auth.group",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="saved_filters", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="TablePreference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("page", models.CharField(help_text="The URL name of the list page, such as targets:list.", max_length=100)),
                ("columns", models.JSONField(blank=True, help_text="Names of the columns, in order.", null=True)),
                ("per_page", models.PositiveSmallIntegerField(blank=True, help_text="Rows on a page.", null=True)),
                (
                    "default_filter",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="tom_common.savedfilter"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="table_preferences", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.UniqueConstraint(fields=("owner", "page", "name"), name="tom_savedfilter_once"),
        ),
        migrations.AddConstraint(
            model_name="tablepreference",
            constraint=models.UniqueConstraint(fields=("user", "page"), name="tom_tablepreference_once"),
        ),
    ]
