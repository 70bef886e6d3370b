"""Compares a role's database with our migrations: tables, indexes, triggers, views, rules.

A trigger that nobody of us made writes rows after each of our own acts, and an index that is missing lets in
what it kept out; no row tells of either. So all of it is held against what our migrations make: on SQLite
against a database in memory that the same migrations have just made, word by word; on PostgreSQL, which tells
definitions in words of its own and others in each version, against the models.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.db import connections, router

from honnin.errors import Untrusted
from honnin.sites.databases.own_migrations import migrate_own
from honnin.sites.databases.schema_postgresql import constraint_faults, foreign_objects
from honnin.sites.databases.schema_words import object_named, table_named
from honnin.translation import Sentence, message


def known_tables(alias: str) -> set[str]:
    """The tables of the present version in a role's database, without Django's own list of migrations."""
    return {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and router.allow_migrate_model(alias, model)
    }


def require_own(alias: str) -> None:
    """Raises Untrusted E_DATABASE_OF_ANOTHER_ROLE for a database with another role's tables and no own."""
    present = {name for name in present_tables(connections[alias]) if "_" in name}
    if present & known_tables(alias):
        return
    for other in connections:
        if other != alias and present & known_tables(other):
            role, name = _role(alias), str(connections[alias].settings_dict["NAME"])
            if connections[alias].vendor == "sqlite":
                name = settings.HOME.database(role).name
            raise Untrusted("E_DATABASE_OF_ANOTHER_ROLE", database=name, role=Sentence(role))


def _role(alias: str) -> str:
    return message("accounts") if alias == "default" else alias


def present_tables(connection: Any) -> list[str]:
    """The names of the tables that there are, without looking into any."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES[connection.vendor])
        return sorted(name for (name,) in cursor.fetchall())


_TABLES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'",
    "postgresql": "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND "
    "relnamespace = current_schema()::regnamespace",
}


def schema_faults(connection: Any) -> Iterator[str]:
    """What is missing, foreign or altered. To be read in a snapshot, of a database of the present version."""
    if connection.vendor == "sqlite":
        yield from _compared(_made(connection.alias), _sqlite_objects(connection))
    else:
        yield from _postgresql_faults(connection)


def _compared(made: dict[str, str], present: dict[str, str]) -> Iterator[str]:
    for name in sorted(made.keys() - present.keys()):
        yield Sentence("the {what} is missing", what=name)
    for name in sorted(present.keys() - made.keys()):
        yield Sentence("the {what} is none of ours", what=name)
    for name in sorted(made.keys() & present.keys()):
        if made[name] != present[name]:
            yield Sentence("the {what} is not as it was made", what=name)


# — SQLite ———————————————————————————————————————————————————————————————————————————————————————————————


def make_ready(alias: str) -> None:
    """Work out what a role's database should be like; not within a transaction on it."""
    if connections[alias].vendor == "sqlite":
        _made(alias)


@cache
def _made(alias: str) -> dict[str, str]:
    """The tables, indexes and triggers that our migrations make in an empty database."""
    ours: Any = connections[alias]
    connections[alias] = empty = ours.__class__(
        ours.settings_dict | {"NAME": ":memory:", "OPTIONS": {}}, alias
    )
    try:
        migrate_own(empty)
        return _sqlite_objects(empty)
    finally:
        connections[alias] = ours
        empty.close()


def _sqlite_objects(connection: Any) -> dict[str, str]:
    """By kind, name and table: the definition, without spaces and quotes, which tools change."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name <> 'sqlite_sequence'")
        rows = [row for row in cursor.fetchall() if not row[1].startswith("sqlite_stat")]
    return {_words(*row[:3]): "".join(str(row[3]).replace('"', "").split()) for row in rows}


def _words(kind: str, name: str, table: str) -> str:
    if kind == "table":
        return Sentence("table {name}", name=table_named(name))
    return object_named(kind, name, table)


def _postgresql_faults(connection: Any) -> Iterator[str]:
    tables, present = known_tables(connection.alias), set(present_tables(connection))
    for table in sorted(present - tables - {"django_migrations"}):
        yield Sentence("the {what} is none of ours", what=Sentence("table {name}", name=table_named(table)))
    yield from foreign_objects(connection)
    yield from constraint_faults(connection, tables & present)
