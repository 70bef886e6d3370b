"""Tables of what was heard of the registers of residents."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Feed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("person_code", models.CharField(max_length=11)),
                ("municipality_code", models.CharField(max_length=5)),
                ("heard", models.PositiveIntegerField(default=0)),
                ("digest", models.CharField(default="", max_length=64)),
                ("repeated", models.PositiveIntegerField(default=0)),
                ("early", models.PositiveIntegerField(default=0)),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("", "Unknown"),
                            ("here", "Here"),
                            ("left", "Left"),
                            ("elsewhere", "Elsewhere"),
                        ],
                        default="",
                        max_length=9,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["person_code"], name="feeds_of_a_person")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("municipality_code", "person_code"),
                        name="one_feed_per_municipality_and_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HeardEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("content", models.CharField(max_length=64)),
                ("heard_at", models.DateTimeField()),
                (
                    "feed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="agency_revocation.feed",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("feed", "number"), name="an_event_is_heard_once")
                ],
            },
        ),
    ]
