"""How somebody stands whose municipality has another code, until that one has taken over; when who arrives
arrived.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agency_revocation", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="feed",
            name="arrived_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="feed",
            name="standing",
            field=models.CharField(
                choices=[
                    ("", "Unknown"),
                    ("here", "Here"),
                    ("left", "Left"),
                    ("passed", "Passed"),
                    ("elsewhere", "Elsewhere"),
                    ("past", "Past"),
                ],
                default="",
                max_length=9,
            ),
        ),
    ]
