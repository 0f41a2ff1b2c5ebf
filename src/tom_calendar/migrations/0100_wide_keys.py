"""64-bit keys, and an index for the month's question: which events touch these days?"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tom_calendar", "0001_toolkit_2_32")]

    operations = [
        migrations.AlterField(
            model_name="calendarevent",
            name="id",
            field=models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
        ),
        migrations.AlterField(
            model_name="eventtodo",
            name="id",
            field=models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
        ),
        migrations.AddIndex(
            model_name="calendarevent",
            index=models.Index(fields=["start_time", "end_time"], name="tom_calendar_span"),
        ),
    ]
