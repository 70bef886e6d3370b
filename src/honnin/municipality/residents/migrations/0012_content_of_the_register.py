"""Former surname, alias, stay, place of stay and household; what stood before; moving in and abroad."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("municipality_residents", "0011_events_are_numbered"),
    ]

    operations = [
        migrations.AddField(
            model_name="departure",
            name="abroad",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="departure",
            name="completed_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="resident",
            name="alias",
            field=models.CharField(default="", max_length=100),
        ),
        migrations.AddField(
            model_name="resident",
            name="former_surname",
            field=models.CharField(default="", max_length=100),
        ),
        migrations.AddField(
            model_name="resident",
            name="household",
            field=models.CharField(default="", max_length=20),
        ),
        migrations.AddField(
            model_name="resident",
            name="place_of_stay",
            field=models.CharField(default="", max_length=200),
        ),
        migrations.AddField(
            model_name="resident",
            name="relationship",
            field=models.CharField(default="", max_length=40),
        ),
        migrations.AddField(
            model_name="resident",
            name="stay_status",
            field=models.CharField(
                choices=[
                    ("medium_or_long_term", "medium_or_long_term"),
                    ("highly_skilled_2", "highly_skilled_2"),
                    ("permanent", "permanent"),
                    ("special_permanent", "special_permanent"),
                    ("temporary_refuge", "temporary_refuge"),
                    ("provisional_stay", "provisional_stay"),
                    ("born_in_japan", "born_in_japan"),
                    ("lost_nationality", "lost_nationality"),
                ],
                default="",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="resident",
            name="stay_until",
            field=models.DateField(null=True),
        ),
        migrations.AlterField(
            model_name="departure",
            name="resident",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="municipality_residents.resident"
            ),
        ),
        migrations.CreateModel(
            name="FormerEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("before", models.JSONField()),
                (
                    "notice",
                    models.CharField(
                        choices=[
                            ("move_within", "move_within"),
                            ("move_out", "move_out"),
                            ("move_in", "move_in"),
                            ("move_abroad", "move_abroad"),
                            ("birth", "birth"),
                            ("death", "death"),
                            ("marriage", "marriage"),
                            ("other_family", "other_family"),
                            ("request", "request"),
                            ("correction", "correction"),
                            ("minor_correction", "minor_correction"),
                            ("ex_officio", "ex_officio"),
                        ],
                        max_length=20,
                    ),
                ),
                ("on", models.DateField(null=True)),
                ("recorded_at", models.DateTimeField()),
                ("clerk", models.CharField(max_length=80)),
                (
                    "resident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="former",
                        to="municipality_residents.resident",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Arrival",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("origin", models.CharField(max_length=200)),
                ("moved_in_on", models.DateField()),
                ("notified_on", models.DateField()),
                ("card_shown", models.BooleanField(default=False)),
                ("over", models.BooleanField(default=False)),
                (
                    "resident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="municipality_residents.resident"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("card_shown", False), ("over", False)),
                        fields=["notified_on"],
                        name="arrival_open",
                    )
                ],
            },
        ),
    ]
