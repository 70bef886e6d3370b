"""Notices of moving away ahead of their day, cards that go on abroad, and changes of areas."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import honnin.fields


def plan(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Whose day of moving abroad has not come; the entries of the journal speak of the other columns."""
    departures = apps.get_model("municipality_residents", "Departure")
    departures.objects.using(schema_editor.connection.alias).filter(abroad=True, over=False).update(
        planned=True
    )


class Migration(migrations.Migration):
    dependencies = [
        ("municipality_residents", "0012_content_of_the_register"),
    ]

    operations = [
        migrations.AddField(
            model_name="departure",
            name="keeps_card",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="departure",
            name="notified_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="departure",
            name="planned",
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(plan, migrations.RunPython.noop),
        migrations.CreateModel(
            name="AreaChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=30)),
                ("pairs", models.JSONField()),
                ("on", models.DateField()),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("asked_by", models.CharField(max_length=80)),
                ("asked_at", models.DateTimeField()),
                ("through", honnin.fields.PersonCodeField(default="", max_length=11)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "into",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="municipality_residents.municipality",
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="municipality_residents.municipality",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at", None)), fields=["on"], name="area_change_open"
                    )
                ],
            },
        ),
    ]
