"""When a measurement came here and who added it. Both are empty for rows that were there before: nobody remembers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tom_dataproducts", "0104_files_known_by_content"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "reduceddatum",
            "added",
            models.DateTimeField(editable=False, help_text="When it came here; unknown for rows older than this column", null=True),
        ),
        migrations.AddField(
            "reduceddatum",
            "added_by",
            models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                help_text="Who added it; nobody where the TOM itself did",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
