from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="StreamPosition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stream", models.CharField(max_length=200)),
                ("topic", models.CharField(max_length=249)),
                ("partition", models.PositiveIntegerField(default=0)),
                ("next_offset", models.BigIntegerField(default=0, help_text="The offset of the first message that was not read yet")),
                ("modified", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("stream", "topic", "partition"), name="tom_streams_one_position")],
            },
        ),
    ]
