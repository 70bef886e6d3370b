import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The table is that of `Errand`, which stood among the cards."""

    initial = True

    dependencies = [("agency_cards", "0003_updates_have_their_room")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="CardUpdate",
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
                            "kind",
                            models.CharField(
                                choices=[
                                    ("update", "update"),
                                    ("clear", "clear"),
                                    ("reset_pins", "reset_pins"),
                                    ("end", "end"),
                                ],
                                db_column="work",
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
                    options={"db_table": "agency_cards_errand"},
                ),
            ]
        ),
    ]
