"""Names and identifiers compare exactly on MySQL and MariaDB too."""

from django.db import migrations

from tom_common.fields import ExactCharField
from tom_common.migration_operations import AlterFieldOnMySQL


class Migration(migrations.Migration):
    dependencies = [("tom_observations", "0101_texts_and_choices")]

    operations = [
        AlterFieldOnMySQL(model_name="observationrecord", name="facility", field=ExactCharField(max_length=50)),
        AlterFieldOnMySQL(model_name="observationrecord", name="observation_id", field=ExactCharField(max_length=255)),
        AlterFieldOnMySQL(model_name="observationrecord", name="status", field=ExactCharField(max_length=200)),
    ]
