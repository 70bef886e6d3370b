from typing import Any

from django.db import migrations, models

from honnin.journal import append_only

TABLE = "municipality_records_journalentry"


def forbid(apps: Any, schema_editor: Any) -> None:
    append_only.forbid(schema_editor, TABLE)


def permit(apps: Any, schema_editor: Any) -> None:
    append_only.permit(schema_editor, TABLE)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="JournalEntry",
            fields=[
                ("sequence", models.BigIntegerField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("act", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=80)),
                ("detail", models.TextField()),
                ("rows", models.TextField(null=True)),
                ("previous_hash", models.CharField(max_length=64)),
                ("entry_hash", models.CharField(max_length=64, unique=True)),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="JournalTail",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("sequence", models.BigIntegerField(default=0)),
                ("entry_hash", models.CharField(default="0" * 64, max_length=64)),
                ("newest_head", models.CharField(default="0" * 64, max_length=64)),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="municipality_records_one_tail"
                    )
                ],
            },
        ),
        migrations.RunPython(forbid, permit),
    ]
