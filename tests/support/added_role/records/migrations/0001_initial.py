from django.db import migrations, models

from honnin.journal import append_only

TABLE = "library_records_journalentry"


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
                "constraints": [
                    models.CheckConstraint(condition=models.Q(id=1), name="library_records_one_tail")
                ]
            },
        ),
        migrations.CreateModel(
            name="Librarian",
            fields=[("user_name", models.CharField(max_length=80, primary_key=True, serialize=False))],
        ),
        migrations.RunPython(
            lambda apps, editor: append_only.forbid(editor, TABLE), migrations.RunPython.noop
        ),
    ]
