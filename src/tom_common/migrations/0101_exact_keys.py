"""Names and identifiers compare exactly on MySQL and MariaDB too."""

from django.db import migrations

from tom_common.fields import ExactCharField
from tom_common.migration_operations import AlterFieldOnMySQL


class Migration(migrations.Migration):
    dependencies = [("tom_common", "0100_kit")]

    operations = [
        AlterFieldOnMySQL(model_name="outboxitem", name="idempotency_key", field=ExactCharField(max_length=200, unique=True)),
    ]
