"""Triggers by which the database itself refuses to change, replace or remove an entry of a journal.

For migrations. Who owns the tables can take triggers away (on PostgreSQL the service's user should not own
them), and whoever has an SQLite file can write past SQLite. `missing` says whether the triggers are still
there; what was done in spite of all this the chain and its heads find (`proof`).
"""

from collections.abc import Iterator
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from honnin.translation import Sentence

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


def missing(connection: Any, table: str) -> Iterator[str]:
    """Triggers that are not there as they were made, or turned off."""
    present = _sqlite_triggers if connection.vendor == "sqlite" else _postgresql_triggers
    for name in sorted(present(connection, table)):
        yield Sentence(
            "the trigger {name} that keeps the journal append-only is missing or altered", name=name
        )


def _sqlite_triggers(connection: Any, table: str) -> set[str]:
    expected = {_name(each, table): each.format(table=table, message=_MESSAGE) for each in _SQLITE}
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        present = dict(cursor.fetchall())
    return {name for name, definition in expected.items() if present.get(name) != definition}


def _postgresql_triggers(connection: Any, table: str) -> set[str]:
    expected = {_name(each, table) for each in _POSTGRESQL if each.startswith("CREATE TRIGGER")}
    with connection.cursor() as cursor:
        body = _POSTGRESQL[0].format(table=table, message=_MESSAGE).split("$$")[1]
        cursor.execute(_ALWAYS_ENABLED, [table, body])
        return expected - {name for (name,) in cursor.fetchall()}


def _name(statement: str, table: str) -> str:
    return statement.format(table=table, message=_MESSAGE).split()[2]


_ALWAYS_ENABLED = r"""
    SELECT tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE tgrelid = %s::regclass AND tgenabled = 'A' AND prosrc = %s AND tgqual IS NULL AND tgnargs = 0
        AND tgtype = CASE WHEN tgname LIKE '%%\_no\_truncate' THEN 34 ELSE 27 END  -- when it is asked
"""
TRIGGERS_OF_POSTGRESQL = ("_append_only", "_no_truncate")
_SQLITE = (
    "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{message}'); END",
    "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{message}'); END",
    # A row that REPLACE removes fires no DELETE trigger (unless recursive_triggers is on). It is removed for
    # whatever is unique in it, the row's own number too, which can be said (-1 stands for one that is not).
    "CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} "
    "WHERE sequence = NEW.sequence OR entry_hash = NEW.entry_hash OR rowid = NEW.rowid) "
    "BEGIN SELECT RAISE(ABORT, '{message}'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION '{message}'; END $$",
    "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only()",
    "CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()",
    # Also in a session that plays a replica (session_replication_role).
    "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only",
    "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate",
)
