"""Whether the time in which to move in elsewhere has passed for somebody who moved out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("municipality_residents", "0005_departure")]

    operations = [
        migrations.AddField(model_name="departure", name="over", field=models.BooleanField(default=False)),
        migrations.AddIndex(
            model_name="departure",
            index=models.Index(
                condition=models.Q(("over", False)), fields=["moved_on"], name="departure_open"
            ),
        ),
    ]
