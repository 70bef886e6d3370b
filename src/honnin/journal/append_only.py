"""Triggers by which the database itself refuses to change, replace or remove an entry of a journal.

For migrations. Who owns the tables can take triggers away: on PostgreSQL the service's user should not own
them. What was done in spite of all this the chain and its heads find (`proof`).
"""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_MESSAGE = "the journal is append-only"


def forbid(schema_editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Refuse UPDATE and DELETE, `INSERT OR REPLACE` (SQLite) and TRUNCATE (PostgreSQL)."""
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[schema_editor.connection.vendor]
    for statement in statements:
        schema_editor.execute(statement.format(table=table, message=_MESSAGE))


def permit(schema_editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Take them away again, whichever there are."""
    if schema_editor.connection.vendor == "sqlite":
        for name in ("update", "delete", "replace"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{name}")
    else:
        for name in ("append_only", "no_truncate"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}")
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {table}_is_append_only()")


_SQLITE = (
    "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{message}'); END",
    "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{message}'); END",
    # A row that REPLACE removes fires no DELETE trigger (unless recursive_triggers is on).
    "CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
    "WHEN EXISTS (SELECT 1 FROM {table} WHERE sequence = NEW.sequence OR entry_hash = NEW.entry_hash) "
    "BEGIN SELECT RAISE(ABORT, '{message}'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION '{message}'; END $$",
    "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only()",
    "CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()",
)
