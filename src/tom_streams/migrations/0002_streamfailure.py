from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tom_streams", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="StreamFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("stream", models.CharField(max_length=200)),
                ("topic", models.CharField(max_length=249)),
                ("partition", models.PositiveIntegerField(default=0)),
                ("offset", models.BigIntegerField()),
                ("headers", models.JSONField(blank=True, default=dict)),
                ("payload", models.BinaryField(blank=True, default=b"")),
                ("error", models.TextField(blank=True, default="")),
                ("attempts", models.PositiveIntegerField(default=1)),
                ("replayed", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [models.UniqueConstraint(fields=("stream", "topic", "partition", "offset"), name="tom_streams_one_failure")],
            },
        ),
    ]
