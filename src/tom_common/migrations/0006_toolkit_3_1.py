"""The tables as the TOM Toolkit 3.1.0 left them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("tom_common", "0004_delete_usersession"),
        ("tom_common", "0005_profile_password_changed_at_profile_phone_number"),
        ("tom_common", "0006_termsofserviceacceptance"),
    ]
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tom_common", "0002_toolkit_2_32"),
    ]

    operations = [
        migrations.DeleteModel(name="UserSession"),
        migrations.AddField("profile", "password_changed_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.AddField("profile", "phone_number", models.CharField(blank=True, max_length=32, null=True)),
        migrations.CreateModel(
            name="TermsOfServiceAcceptance",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=100)),
                ("accepted_at", models.DateTimeField(auto_now_add=True)),
                ("ip_address", models.GenericIPAddressField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="terms_acceptances", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "version"), name="unique_terms_acceptance_per_version")],
            },
        ),
    ]
