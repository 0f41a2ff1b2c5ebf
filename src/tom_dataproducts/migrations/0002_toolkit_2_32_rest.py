"""The later names of the 2.32.4 block. What they made is in 0001 already; this node only proves that the database has it."""

from django.db import migrations


def check_tables(apps, schema_editor):
    table = "tom_dataproducts_reduceddatum"
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table)
    if not any(each["columns"] == ["timestamp"] and each["index"] for each in constraints.values()):
        raise RuntimeError(
            "This database holds the tables of a TOM Toolkit older than 2.32.4. Bring it to 2.32.4 with the old package first "
            "(pip install 'tomtoolkit==2.32.4', manage.py migrate), then migrate with this one."
        )


class Migration(migrations.Migration):
    replaces = [
        ("tom_dataproducts", "0011_reduceddatum_message"),
        ("tom_dataproducts", "0012_alter_reduceddatum_data_product_and_more"),
        ("tom_dataproducts", "0013_alter_reduceddatum_message"),
        ("tom_dataproducts", "0014_alter_reduceddatum_timestamp"),
    ]

    dependencies = [("tom_dataproducts", "0001_toolkit_2_32")]

    operations = [migrations.RunPython(check_tables, migrations.RunPython.noop)]
