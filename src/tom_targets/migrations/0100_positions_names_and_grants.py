"""64-bit keys; HEALPix and simplified names; guardian's direct tables of targets, and the grant index."""

from django.conf import settings
from django.db import migrations, models

import tom_targets.fields
from tom_common.schema import widen_link_table


def _big_key():
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("guardian", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tom_targets", "0031_toolkit_3_1"),
    ]

    operations = [
        *(
            migrations.AlterField(model_name=name, name="id", field=_big_key())
            for name in ("basetarget", "persistentshare", "targetextra", "targetlist", "targetname")
        ),
        widen_link_table("tom_targets", "TargetList", "targets"),
        migrations.AlterField(
            model_name="basetarget",
            name="shared_by",
            field=models.CharField(
                blank=True, default="", help_text="Who shared this target with this TOM.", max_length=255, verbose_name="Shared By"
            ),
        ),
        migrations.AlterField(
            model_name="basetarget",
            name="shared_from",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The TOM from which this target was shared.",
                max_length=255,
                verbose_name="Shared From",
            ),
        ),
        migrations.AddField(model_name="basetarget", name="healpix", field=tom_targets.fields.HealpixField(db_index=True)),
        migrations.AddField(model_name="basetarget", name="simplified_name", field=tom_targets.fields.SimplifiedNameField(db_index=True)),
        migrations.AddField(model_name="targetname", name="simplified_name", field=tom_targets.fields.SimplifiedNameField(db_index=True)),
        migrations.AddIndex(model_name="basetarget", index=models.Index(fields=["-created", "-id"], name="tom_target_newest")),
        migrations.AddIndex(model_name="basetarget", index=models.Index(fields=["-modified", "-id"], name="tom_target_changed")),
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("id", _big_key()),
                ("holder", models.BigIntegerField()),
                (
                    "target",
                    models.ForeignKey(db_index=False, on_delete=models.deletion.CASCADE, related_name="+", to="tom_targets.basetarget"),
                ),
            ],
            options={"db_table": "tom_targets_grant", "default_permissions": ()},
        ),
        migrations.AddConstraint(
            model_name="grant", constraint=models.UniqueConstraint(fields=("target", "holder"), name="tom_grant_target_holder")
        ),
        migrations.AddIndex(model_name="grant", index=models.Index(fields=["holder", "target"], name="tom_grant_holder_target")),
        migrations.CreateModel(
            name="TargetGroupObjectPermission",
            fields=[
                ("id", _big_key()),
                ("content_object", models.ForeignKey(on_delete=models.deletion.CASCADE, to="tom_targets.basetarget")),
                ("group", models.ForeignKey(on_delete=models.deletion.CASCADE, to="auth.group")),
                ("permission", models.ForeignKey(on_delete=models.deletion.CASCADE, to="auth.permission")),
            ],
            options={"abstract": False, "unique_together": {("group", "permission", "content_object")}},
        ),
        migrations.CreateModel(
            name="TargetUserObjectPermission",
            fields=[
                ("id", _big_key()),
                ("content_object", models.ForeignKey(on_delete=models.deletion.CASCADE, to="tom_targets.basetarget")),
                ("permission", models.ForeignKey(on_delete=models.deletion.CASCADE, to="auth.permission")),
                ("user", models.ForeignKey(on_delete=models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={"abstract": False, "unique_together": {("user", "permission", "content_object")}},
        ),
    ]
