"""Names and identifiers compare exactly on MySQL and MariaDB too."""

from django.db import migrations

from tom_common.fields import ExactCharField
from tom_common.migration_operations import AlterFieldOnMySQL


class Migration(migrations.Migration):
    dependencies = [("tom_dataproducts", "0102_keys_and_proxies")]

    operations = [
        AlterFieldOnMySQL(model_name="dataproduct", name="product_id", field=ExactCharField(
            blank=True, help_text="Identifier at the source of the file", max_length=255, null=True, unique=True
        )),
    ]
