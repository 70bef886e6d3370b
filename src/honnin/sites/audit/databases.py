"""Audit of a role's database: is it undamaged, and the one that all processes use?

SQLite is asked to compare every page, row and index with one another (`PRAGMA integrity_check`). What it does
not look into are the values: text in which octets became zero is looked for besides. PostgreSQL says by
itself that a page is damaged where its checksums are on; here the rows of each table are counted by the table
and by an index, and `amcheck` is asked where its extension is there and may be used.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connections

from honnin.errors import Unavailable
from honnin.journal import append_only
from honnin.journal.models import Entry
from honnin.journal.snapshot import Part, is_damage, snapshot
from honnin.sites.databases import schema
from honnin.sites.databases.open_files import replaced_while_open
from honnin.sites.databases.own_migrations import is_outdated
from honnin.sites.databases.schema_words import table_named
from honnin.sites.roles import ACCOUNTS
from honnin.translation import Sentence

_MOST = 20


def alias_of(name: str) -> str:
    """Django's name of a role's database, or of that of the accounts."""
    return "default" if name == ACCOUNTS else name


def database_faults(role: str) -> list[str]:
    """What is damaged in a role's database. Raises what says that it is not to be had."""
    alias = alias_of(role)
    connection = connections[alias]
    name = (
        settings.HOME.database(role).name
        if connection.vendor == "sqlite"
        else Sentence("database {name}", name=alias)
    )
    found: list[str] = []
    try:
        schema.require_own(alias)
        schema.make_ready(alias)
        with snapshot(alias):
            faults = _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL
            for check in (*faults, _tables_are_there, schema.schema_faults, _trigger_faults):
                if check is _tables_are_there and not found:
                    _require_present_shape(connection)
                note = partial(found.append, Sentence("something in it cannot be read"))
                with Part(alias, note, is_present=True):
                    found += check(connection)
    except DatabaseFault as fault:
        if not is_damage(fault):
            raise
        found.append(Sentence("damaged: {what}", what=fault))
    if connection.vendor == "sqlite":
        found += replaced_while_open(settings.HOME.database(role))
    return [Sentence("{name}: {fault}", name=name, fault=fault) for fault in dict.fromkeys(found)]


def _pages_and_indexes(connection: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA integrity_check({_MOST})")
        findings = [line for (text,) in cursor.fetchall() for line in text.splitlines() if line != "ok"]
    return [
        Sentence("damaged: {what}", what=line) for line in findings if not line.startswith("*** in database")
    ]


def _zeroed_text(connection: Any) -> Iterator[str]:
    """Text never has an octet of zero (Django lets none in, PostgreSQL neither)."""
    quote = connection.ops.quote_name
    for table in _tables(connection):
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA table_info({quote(table)})")
            columns = [name for _, name, *_ in cursor.fetchall()]
            has_zero = " OR ".join(
                f"(typeof({quote(column)}) = 'text' AND instr(CAST({quote(column)} AS BLOB), x'00'))"
                for column in columns
            )
            cursor.execute(f"SELECT 1 FROM {quote(table)} WHERE {has_zero} LIMIT 1")  # noqa: S608
            if cursor.fetchone():
                yield Sentence("damaged: octets of zero in the text of {table}", table=table_named(table))


def _require_present_shape(connection: Any) -> None:
    """Raises Unavailable E_DATABASE_OUTDATED for an earlier version, whose missing tables are no damage."""
    if is_outdated(connection):
        raise Unavailable("E_DATABASE_OUTDATED")


def _tables_are_there(connection: Any) -> list[str]:
    missing = schema.known_tables(connection.alias) - set(schema.present_tables(connection))
    return [
        Sentence("damaged: the table {table} is missing", table=table_named(table))
        for table in sorted(missing)
    ]


def _tables(connection: Any) -> list[str]:
    """Those of ours that are there: what others are is not looked into."""
    ours = schema.known_tables(connection.alias) | {"django_migrations"}
    return [table for table in schema.present_tables(connection) if table in ours]


def _counts_by_index(connection: Any) -> Iterator[str]:
    """Rows of a table that its index has not, or the other way round."""
    for table in _tables(connection):
        by_table, by_index = (
            _count(connection, table, by="seqscan"),
            _count(connection, table, by="indexscan"),
        )
        if by_table != by_index:
            yield Sentence(
                "damaged: {table} has {by_table} rows, by its index {by_index}",
                table=table_named(table),
                by_table=by_table,
                by_index=by_index,
            )


def _count(connection: Any, table: str, *, by: str) -> int:
    with connection.cursor() as cursor:
        for way in ("seqscan", "indexscan", "indexonlyscan", "bitmapscan"):
            wanted = way == by or (way, by) == ("indexonlyscan", "indexscan")
            cursor.execute(f"SET LOCAL enable_{way} = {'on' if wanted else 'off'}")
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
        count: int = cursor.fetchone()[0]
        cursor.execute("; ".join(f"SET LOCAL enable_{way} = on" for way in ("seqscan", "bitmapscan")))
        return count


def _amcheck(connection: Any) -> Iterator[str]:
    """Every B-tree with its table, where the extension may be used."""
    with connection.cursor() as cursor:
        cursor.execute(_AMCHECK_IS_OURS)
        schema = cursor.fetchone()
        if schema is None:
            return
        cursor.execute(_INDEXES)
        indexes = cursor.fetchall()
    for oid, index in indexes:
        found: list[str] = []
        note = partial(found.append, Sentence("damaged: the index {index}", index=index))
        with Part(connection.alias, note), connection.cursor() as cursor:
            cursor.execute(f'SELECT "{schema[0]}".bt_index_check(%s::regclass, true)', [oid])
        yield from found


_AMCHECK_IS_OURS = """
    SELECT space.nspname FROM pg_proc AS func JOIN pg_namespace AS space ON space.oid = func.pronamespace
    WHERE func.proname = 'bt_index_check' AND func.pronargs = 2
        AND has_function_privilege(func.oid, 'EXECUTE')
"""
_INDEXES = """
    SELECT index.indexrelid, class.relname FROM pg_index AS index
    JOIN pg_class AS class ON class.oid = index.indexrelid
    JOIN pg_am AS method ON method.oid = class.relam
    WHERE method.amname = 'btree' AND index.indisvalid AND class.relnamespace = current_schema()::regnamespace
"""
_SQLITE = (_pages_and_indexes, _zeroed_text)
_POSTGRESQL = (_counts_by_index, _amcheck)


def _trigger_faults(connection: Any) -> Iterator[str]:
    """Triggers that protect the journal and are missing."""
    for model in apps.get_models():
        if issubclass(model, Entry) and model._meta.app_label.startswith(f"{connection.alias}_"):
            yield from append_only.missing(connection, model._meta.db_table)
