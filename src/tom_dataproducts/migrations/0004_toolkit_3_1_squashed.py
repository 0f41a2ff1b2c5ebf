"""The name under which 3.1 squashed its migrations 0011 to 0015.

A database records either this name or the five that it stands for, or all six. Django takes a replacing migration for applied only if
all that it replaces are recorded, so this name stands alone, beside 0002 and 0003: whichever of them a database lacks is run, and does
nothing.
"""

from django.db import migrations


class Migration(migrations.Migration):
    replaces = [("tom_dataproducts", "0011_reduceddatum_message_squashed_0015_remove_reduceddatum_message")]

    dependencies = [("tom_dataproducts", "0001_toolkit_2_32")]

    operations = []
