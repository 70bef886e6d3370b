"""A report says since when the counter knows what it tells, however late it is delivered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("municipality_residents", "0009_address_since")]

    operations = [
        migrations.AddField(
            model_name="changereport", name="known_at", field=models.DateTimeField(null=True)
        ),
    ]
