"""Names and identifiers compare exactly on MySQL and MariaDB too."""

from django.db import migrations

from tom_common.fields import ExactCharField
from tom_common.migration_operations import AlterFieldOnMySQL


class Migration(migrations.Migration):
    dependencies = [("tom_targets", "0102_rights_into_direct_tables")]

    operations = [
        AlterFieldOnMySQL(model_name="basetarget", name="name", field=ExactCharField(
            default="", help_text="The name of this target e.g. Barnard's star.", max_length=100, unique=True, verbose_name="Name"
        )),
        AlterFieldOnMySQL(model_name="targetextra", name="key", field=ExactCharField(max_length=200)),
        AlterFieldOnMySQL(model_name="targetname", name="name", field=ExactCharField(max_length=100, unique=True, verbose_name="Alias")),
    ]
