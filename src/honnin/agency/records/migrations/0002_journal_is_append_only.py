"""The database itself refuses to change or delete a journal entry."""

from typing import Any

from django.db import migrations

TABLE = "agency_records_journalentry"


def forbid(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        for act in ("UPDATE", "DELETE"):
            schema_editor.execute(
                f"CREATE TRIGGER journal_no_{act.lower()} BEFORE {act} ON {TABLE} "
                "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
            )
    elif schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION journal_is_append_only()"
        )


def permit(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        for act in ("UPDATE", "DELETE"):
            schema_editor.execute(f"DROP TRIGGER journal_no_{act.lower()}")
    elif schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER journal_append_only ON {TABLE}")
        schema_editor.execute("DROP FUNCTION journal_is_append_only()")


class Migration(migrations.Migration):
    dependencies = [("agency_records", "0001_initial")]
    operations = [migrations.RunPython(forbid, permit)]
