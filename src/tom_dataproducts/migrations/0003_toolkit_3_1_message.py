"""3.1 dropped the relation to alert stream messages here. Its rows are kept: tom_alerts owns the relation."""

from django.db import migrations


class Migration(migrations.Migration):
    replaces = [("tom_dataproducts", "0015_remove_reduceddatum_message")]

    dependencies = [("tom_dataproducts", "0002_toolkit_2_32_rest")]

    operations = []
