"""Events of the register are numbered for each person; comparisons with the agency are noted."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("municipality_residents", "0010_report_knows_its_time"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("persons", models.PositiveIntegerField()),
                ("events", models.PositiveIntegerField()),
                ("dropped", models.PositiveIntegerField()),
                ("unmarked", models.PositiveIntegerField()),
                ("repeated", models.PositiveIntegerField()),
                ("early", models.PositiveIntegerField()),
                ("differing", models.PositiveIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="changereport",
            name="changes",
            field=models.CharField(default="", max_length=200),
        ),
        migrations.AddField(
            model_name="changereport",
            name="event",
            field=models.CharField(default="", max_length=30),
        ),
        migrations.AddField(
            model_name="changereport",
            name="municipality",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="municipality_residents.municipality",
            ),
        ),
        migrations.AddField(
            model_name="changereport",
            name="number",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="changereport",
            name="on",
            field=models.DateField(null=True),
        ),
        migrations.AlterField(
            model_name="changereport",
            name="ground",
            field=models.CharField(
                choices=[
                    ("change_of_entry", "change_of_entry"),
                    ("removal_of_entry", "removal_of_entry"),
                    ("record_error", "record_error"),
                    ("issuer_key_compromise", "issuer_key_compromise"),
                    ("request_or_notice", "request_or_notice"),
                    ("key_leaked", "key_leaked"),
                    ("key_lost", "key_lost"),
                    ("key_damaged", "key_damaged"),
                    ("key_compromise_notice", "key_compromise_notice"),
                    ("loss_notice", "loss_notice"),
                    ("card_invalid", "card_invalid"),
                    ("renewal", "renewal"),
                    ("not_delivered", "not_delivered"),
                    ("report_of_loss", "report_of_loss"),
                ],
                default="",
                max_length=30,
            ),
        ),
        migrations.AddConstraint(
            model_name="changereport",
            constraint=models.UniqueConstraint(
                fields=("municipality", "resident", "number"), name="events_are_numbered_by_person"
            ),
        ),
        migrations.AddField(
            model_name="reconciliation",
            name="municipality",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="municipality_residents.municipality"
            ),
        ),
    ]
