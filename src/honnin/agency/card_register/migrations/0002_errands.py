import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agency_cards", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Errand",
            fields=[
                (
                    "card",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="agency_cards.card",
                    ),
                ),
                ("number", models.CharField(max_length=32, unique=True)),
                (
                    "work",
                    models.CharField(
                        choices=[
                            ("update", "update"),
                            ("clear", "clear"),
                            ("reset_pins", "reset_pins"),
                            ("end", "end"),
                        ],
                        max_length=12,
                    ),
                ),
                ("request", models.BinaryField()),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("opening", "Opening"),
                            ("reading", "Reading"),
                            ("writing", "Writing"),
                            ("done", "Done"),
                        ],
                        default="opening",
                        max_length=8,
                    ),
                ),
                ("channel", models.JSONField(default=dict)),
                ("began_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="card",
            name="key_version",
            field=models.PositiveSmallIntegerField(default=48),
        ),
    ]
