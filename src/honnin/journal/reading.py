"""Reads all rows of a role's table, even where some are damaged and cannot be read."""

from collections.abc import Iterator
from typing import Any, Final, TypeVar

from django.db import connections
from django.db.models import Model, QuerySet

from honnin.journal.snapshot import Part

BATCH: Final = 2000
AnyModel = TypeVar("AnyModel", bound=Model)


def each_row(database: str, rows: QuerySet[AnyModel]) -> Iterator[AnyModel | None]:
    """The rows of a table by their primary keys; None for each that cannot be read, which hides no other.

    For one state of all of them the caller opens a snapshot. Raises what is no damage.
    """
    for keys in batches_of_keys(database, rows.model):
        yield from rows_of(database, rows, keys)


def batches_of_keys(database: str, model: type[Model], size: int = BATCH) -> Iterator[list[Any]]:
    """What names the rows: on SQLite, which keeps anything as a key, the numbers that it gives them."""
    connection = connections[database]
    quote = connection.ops.quote_name
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    number, order = ("rowid", f"{key}, rowid") if connection.vendor == "sqlite" else (key, key)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {number} FROM {table} ORDER BY {order}")  # noqa: S608
        keys = [key for (key,) in cursor.fetchall()]
    for first in range(0, len(keys), size):
        yield keys[first : first + size]


def rows_of(database: str, rows: QuerySet[AnyModel], keys: list[Any]) -> list[AnyModel | None]:
    """The rows with these keys; None for each that cannot be read. One that is gone is left out."""
    with Part(database, lambda: None, is_present=True):
        return list(_named(database, rows.order_by("pk"), keys))
    if len(keys) == 1:
        return [None]
    half = len(keys) // 2
    return [row for part in (keys[:half], keys[half:]) for row in rows_of(database, rows, part)]


def _named(database: str, rows: QuerySet[AnyModel], keys: list[Any]) -> QuerySet[AnyModel]:
    if connections[database].vendor != "sqlite":
        return rows.filter(pk__in=keys)
    numbers = ", ".join(map(str, keys))  # numbers they are, whatever somebody wrote
    return rows.extra(where=[f"rowid IN ({numbers})"])  # noqa: S610
