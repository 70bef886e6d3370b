"""Checks that every value in a role's tables is stored in the form in which this software writes it.

SQLite keeps in a column whatever it is given, and Django reads much of it leniently: a day from the number
20310404, false from 2, a number from '0_5'. What is read is right then, and what is compared in SQL is not:
a number is smaller than any text, so a row with such a day is in no list. So the stored form itself is asked
of each value, by SQL and for all rows of a table at once. PostgreSQL stores no other form than its column's.
"""

import json
from collections.abc import Iterator
from functools import partial
from itertools import compress
from typing import Any, Final

from django.db import connections, models
from django.db.models import Model

from honnin.journal.history import words_of_columns, words_of_table
from honnin.journal.reading import BATCH
from honnin.journal.snapshot import Part
from honnin.translation import Sentence, listed, message

_OFF: Final = message("{table}: stored in another form than is ever written: {columns} (row {rows})")
_OFF_AND_MORE: Final = message(
    "{table}: stored in another form than is ever written: {columns} (row {rows} and {more} more)"
)
_NAMED: Final = 5
"""So many row numbers (SQLite's own) are listed; the rest is counted."""


def stored_form_faults(database: str, tables: list[type[Model]]) -> Iterator[str]:
    """Columns with values in another form than is ever written. Names tables, columns and rows, no value."""
    if connections[database].vendor != "sqlite":
        return
    for model in tables:
        found: list[str] = []
        note = partial(
            found.append, Sentence("{table}: cannot be read", table=words_of_table(model._meta.db_table))
        )
        with Part(database, note):
            found += _table_faults(connections[database], model)
        yield from found


def _table_faults(connection: Any, model: type[Model]) -> Iterator[str]:
    table, rows = model._meta.db_table, _rows_by_columns(connection, model)
    for columns, numbers in rows.items():
        named = listed([str(number) for number in numbers[:_NAMED]])
        more = len(numbers) - _NAMED
        words = words_of_columns(table, columns)
        yield Sentence(
            _OFF_AND_MORE if more > 0 else _OFF,
            table=words_of_table(table),
            columns=words,
            rows=named,
            more=more,
        )


def _rows_by_columns(connection: Any, model: type[Model]) -> dict[tuple[str, ...], list[int]]:
    """By the columns that are off: the numbers of rows."""
    fields = model._meta.concrete_fields
    columns = [str(field.column) for field in fields]
    found: dict[tuple[str, ...], list[int]] = {}
    for number, *off in _off(connection, model, fields):
        found.setdefault(tuple(compress(columns, off)), []).append(number)
    return found


def _off(connection: Any, model: type[Model], fields: Any) -> Iterator[tuple[int, ...]]:
    """Rows of which some value is off: the row's number, and of each column whether it is."""
    quote = connection.ops.quote_name
    off = [f"coalesce(NOT ({_form(field).format(c=quote(field.column))}), 1)" for field in fields]
    read = (
        f"SELECT rowid, {', '.join(off)} FROM {quote(model._meta.db_table)} "  # noqa: S608
        f"WHERE {' OR '.join(off)} ORDER BY rowid"
    )
    with connection.cursor() as cursor:
        cursor.connection.create_function("honnin_is_json", 1, _is_written_json, deterministic=True)
        cursor.execute(read)
        while batch := cursor.fetchmany(BATCH):
            yield from batch


def _form(field: Any) -> str:
    """The condition, over column {c}, of a value as it is written."""
    target = field
    while isinstance(target, models.ForeignKey):
        target = target.target_field
    form = next(form for kind, form in _FORMS if isinstance(target, kind))
    return f"({{c}} IS NULL OR {form})" if field.null else form


def _is_written_json(text: object) -> bool:
    """Whether a text is what is written for the value that it means. The order of names is no matter."""
    try:
        return isinstance(text, str) and json.dumps(json.loads(text)) == text
    except (ValueError, RecursionError):
        return False


_DAY: Final = "{c} = date({c})"  # SQLite writes it as we do, and compares octet by octet
_TIME: Final = (
    "substr({c}, 1, 19) = datetime(substr({c}, 1, 19)) AND (length(CAST({c} AS BLOB)) = 19 OR "
    "length(CAST({c} AS BLOB)) = 26 AND substr({c}, 20) GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]' "
    "AND substr({c}, 20) <> '.000000')"
)
_FORMS: Final[tuple[tuple[Any, str], ...]] = (
    (models.BooleanField, "(typeof({c}) = 'integer' AND {c} IN (0, 1))"),
    (models.IntegerField, "typeof({c}) = 'integer'"),
    (models.DateTimeField, f"(typeof({{c}}) = 'text' AND {_TIME})"),
    (models.DateField, f"(typeof({{c}}) = 'text' AND {_DAY})"),
    (models.BinaryField, "typeof({c}) = 'blob'"),
    (models.JSONField, "(typeof({c}) = 'text' AND honnin_is_json({c}))"),
    ((models.CharField, models.TextField), "typeof({c}) = 'text'"),
)
"""DateTimeField is a DateField, so it comes first. A kind of field that is none of these has no form yet."""
