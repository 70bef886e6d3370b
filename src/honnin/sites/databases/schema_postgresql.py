"""Compares the tables, indexes and triggers of a PostgreSQL database with the models (`schema`)."""

import re
from collections.abc import Iterator
from typing import Any, Final

from django.apps import apps
from django.db import router
from django.db.models import CheckConstraint, F, Model, UniqueConstraint

from honnin.journal.append_only import TRIGGERS_OF_POSTGRESQL
from honnin.journal.models import Entry
from honnin.sites.databases.schema_words import object_named, table_named, unnamed
from honnin.translation import Sentence, listed

_Kind = tuple[str, tuple[str | None, ...]]
"""Of an index or constraint: primary, unique, foreign, check or index; and over which columns."""


def foreign_objects(connection: Any) -> Iterator[str]:
    """Triggers, rules, policies and views that no migration made, and what was turned off."""
    known = {f"trigger {table}{end} of {table}" for table in _journals() for end in TRIGGERS_OF_POSTGRESQL}
    with connection.cursor() as cursor:
        cursor.execute(_FOREIGN)
        for kind, name, table in cursor.fetchall():
            named = f"{kind} {name} of {table}"
            if named not in known:
                yield Sentence("the {what} is none of ours", what=object_named(kind, name, table))
        cursor.execute(_TURNED_OFF)
        yield from (
            Sentence("the {what} is turned off", what=object_named(kind, name, table))
            for kind, name, table in cursor.fetchall()
        )


def _journals() -> list[str]:
    return [model._meta.db_table for model in apps.get_models() if issubclass(model, Entry)]


def constraint_faults(connection: Any, tables: set[str]) -> Iterator[str]:
    """Columns, indexes and constraints of our tables."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table in tables and router.allow_migrate_model(connection.alias, model):
            yield from _of_table(connection, model)


def _of_table(connection: Any, model: type[Model]) -> Iterator[str]:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        columns = {each.name for each in connection.introspection.get_table_description(cursor, table)}
        present = connection.introspection.get_constraints(cursor, table)
        cursor.execute(_CONDITIONS, [table, table])
        conditions = dict(cursor.fetchall())
    for column in sorted(columns - {str(field.column) for field in model._meta.concrete_fields}):
        yield Sentence(
            "the column {column} of {table} is none of ours", column=column, table=table_named(table)
        )
    expected, named = set(_of_fields(connection, model)), dict(_named(connection, model))
    for name, (made, condition) in named.items():
        if name not in present:
            yield Sentence("the {what} is missing", what=object_named(made[0], name, table))
        elif _kind(present[name]) != made or _plain(conditions.get(name)) != condition:
            yield Sentence("the {what} is not as it was made", what=object_named(made[0], name, table))
    kinds = {name: _kind(found) for name, found in present.items() if name not in named}
    for kind, over in sorted(expected - set(kinds.values()), key=repr):
        yield Sentence("the {what} is missing", what=unnamed(kind, table, listed([*map(str, over)])))
    for name, each in sorted(kinds.items()):
        if each not in expected:
            yield Sentence("the {what} is none of ours", what=object_named(each[0], name, table))


def _kind(found: dict[str, Any]) -> _Kind:
    kinds = ("primary_key", "foreign_key", "check", "unique")
    kind = next((kind for kind in kinds if found[kind]), "index")
    columns = found["columns"] or ()
    return _WORDS.get(kind, kind), tuple(sorted(columns) if kind == "check" else columns)


_WORDS: Final = {"primary_key": "primary key", "foreign_key": "reference", "unique": "unique index"}


def _of_fields(connection: Any, model: type[Model]) -> Iterator[_Kind]:
    field: Any
    for field in model._meta.local_concrete_fields:
        over = (str(field.column),)
        is_text = str(field.db_type(connection)).startswith(("varchar", "text"))
        if field.primary_key:
            yield "primary key", over
        elif field.unique:
            yield "unique index", over
        if (field.db_index and not field.unique) or (is_text and (field.db_index or field.unique)):
            yield "index", over
        if field.remote_field and field.db_constraint:
            yield "reference", over
        if field.db_check(connection):
            yield "check", over
    for names in model._meta.unique_together:
        yield "unique index", tuple(str(model._meta.get_field(name).column) for name in names)  # type: ignore[union-attr]


def _named(connection: Any, model: type[Model]) -> Iterator[tuple[str, tuple[_Kind, str]]]:
    """Those that the models name, with the condition that they hold under and what they work out."""
    editor = connection.SchemaEditorClass(connection, collect_sql=True, atomic=False)

    def columns(names: Any) -> tuple[str, ...]:
        return tuple(str(model._meta.get_field(name.lstrip("-")).column) for name in names)  # type: ignore[union-attr]

    for index in model._meta.indexes:
        condition = index._get_condition_sql(model, editor) or ""
        over: tuple[str | None, ...] = columns(index.fields)
        if index.expressions:
            over = tuple(_column(model, each) for each in index.expressions)
            condition += "".join(_WORKED_OUT.findall(str(index.create_sql(model, editor))))
        yield index.name, (("index", over), _plain(condition))
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            condition = constraint._get_condition_sql(model, editor)  # type: ignore[attr-defined]
            yield constraint.name, (("unique index", columns(constraint.fields)), _plain(condition))
        elif isinstance(constraint, CheckConstraint):
            check = constraint._get_check_sql(model, editor)  # type: ignore[attr-defined]
            found = tuple(sorted(set(re.findall(r'"(\w+)"', check))))
            yield constraint.name, (("check", found), _plain(check))


def _column(model: type[Model], part: Any) -> str | None:
    """The column that a part of an index is; None for what is worked out."""
    named: Any = getattr(part, "name", None) if isinstance(part, F) else None
    field: Any = named and model._meta.get_field(named)
    return str(field.column) if field else None


def _plain(condition: str | None) -> str:
    """A condition without what the server adds in telling it: types, brackets, quotes of names; what is one
    of several is `= ANY (ARRAY[…])` to it.
    """
    text = re.sub(r"::[a-z]+( varying)?", "", condition or "")
    bare = re.sub(r'[\s()"]|^CHECK', "", text).lower()
    return re.sub(r"=anyarray\[(.*?)\](\[\])?", r"in\1", bare)


_FOREIGN: Final = """
    SELECT kind, name, of FROM (
        SELECT 'trigger' AS kind, tgname AS name, class.relname AS of, pg_trigger.oid, relnamespace
            FROM pg_trigger JOIN pg_class AS class ON class.oid = tgrelid WHERE NOT tgisinternal
        UNION ALL SELECT 'rule', rulename, class.relname, pg_rewrite.oid, relnamespace
            FROM pg_rewrite JOIN pg_class AS class ON class.oid = ev_class WHERE relkind IN ('r', 'p')
        UNION ALL SELECT 'policy', polname, class.relname, pg_policy.oid, relnamespace
            FROM pg_policy JOIN pg_class AS class ON class.oid = polrelid
        UNION ALL SELECT 'view', relname, relname, oid, relnamespace FROM pg_class WHERE relkind IN ('v', 'm')
    ) AS found
    WHERE relnamespace = current_schema()::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = found.oid AND deptype = 'e')
    ORDER BY kind, name
"""
_TURNED_OFF: Final = """
    SELECT kind, name, of FROM (
        SELECT 'trigger' AS kind, tgname AS name, relname AS of, relnamespace
            FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgisinternal AND tgenabled <> 'O'
        UNION ALL SELECT 'constraint', conname, relname, relnamespace
            FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid WHERE NOT convalidated
        UNION ALL SELECT 'index', class.relname, owner.relname, class.relnamespace
            FROM pg_index JOIN pg_class AS class ON class.oid = indexrelid
            JOIN pg_class AS owner ON owner.oid = indrelid WHERE NOT (indisvalid AND indislive)
    ) AS found WHERE relnamespace = current_schema()::regnamespace ORDER BY kind, name
"""
_WORKED_OUT: Final = re.compile(r"\((\w+\([^()]*\))\)")
"""In the making of an index, what is not a column of it."""
_CONDITIONS: Final = """
    SELECT relname, concat(pg_get_expr(indpred, indrelid), pg_get_expr(indexprs, indrelid))
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE indrelid = %s::regclass
    UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = %s::regclass AND contype = 'c'
"""
