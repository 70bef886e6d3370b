"""Entries bind what their acts wrote; the database refuses to replace entries and to empty their table."""

from typing import Any

from django.db import migrations, models

from honnin.journal import append_only

TABLE = "agency_records_journalentry"


def permit(apps: Any, schema_editor: Any) -> None:
    """Without the triggers of `0002`, which have other names."""
    if schema_editor.connection.vendor == "sqlite":
        for act in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS journal_no_{act}")
    else:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS journal_append_only ON {TABLE}")
        schema_editor.execute("DROP FUNCTION IF EXISTS journal_is_append_only()")


def forbid(apps: Any, schema_editor: Any) -> None:
    append_only.forbid(schema_editor, TABLE)


class Migration(migrations.Migration):
    dependencies = [("agency_records", "0003_person")]
    operations = [
        migrations.RunPython(permit, migrations.RunPython.noop),
        migrations.AddField("journalentry", "rows", models.TextField(null=True)),
        migrations.RemoveConstraint("journaltail", "one_tail"),
        migrations.AddConstraint(
            "journaltail",
            models.CheckConstraint(condition=models.Q(id=1), name="agency_records_one_tail"),
        ),
        migrations.RunPython(forbid, migrations.RunPython.noop),
    ]
