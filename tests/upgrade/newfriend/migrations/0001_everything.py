from django.db import migrations

from tests.upgrade.names import ALL


class Migration(migrations.Migration):
    """Depends on every name that the toolkit ever published."""

    dependencies = [*ALL]
    operations = []
