"""`Target` becomes `BaseTarget`, so that projects may have a target model of their own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tom_targets", "0001_toolkit_to_0020")]

    operations = [
        migrations.RenameModel(old_name="Target", new_name="BaseTarget"),
        migrations.AlterModelOptions(
            name="basetarget",
            options={
                "permissions": (
                    ("view_target", "View Target"),
                    ("add_target", "Add Target"),
                    ("change_target", "Change Target"),
                    ("delete_target", "Delete Target"),
                ),
                "verbose_name": "target",
            },
        ),
    ]
