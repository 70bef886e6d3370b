"""Single rows, read and written by SQL that is made once: for what every issuing and renewal passes.

Django's ORM makes its SQL anew for each query, which takes ten times as long as the database does. What is
read here becomes an instance of the model and what is written goes through its fields, as there. Knows
nothing but rows whose columns have these values; works no column out of another, and sends no signals.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import DatabaseError, connections, router
from django.db.models import Model
from django.db.models.base import ModelState
from django.db.transaction import TransactionManagementError

M = TypeVar("M", bound=Model)
_Converters = tuple[tuple[int, tuple[Callable[[Any, Any, Any], Any], ...], Any], ...]


def rows(model: type[M], *, order_by: str = "", lock: bool = False, **values: object) -> list[M]:
    """The rows in which these fields have these values; `lock`: held until the transaction ends.

    `order_by`: columns as SQL writes them. Raises TransactionManagementError for a lock outside a
    transaction, as the ORM does, and ValueError for a value of None, which no comparison finds.
    """
    alias = _alias(model)
    connection = connections[alias]
    if lock:
        _require_transaction(connection)
    if None in values.values():
        raise ValueError("no row is found by a value that is not there")
    lock = lock and connection.features.has_select_for_update
    statement = _selecting(model, tuple(values), order_by, lock)
    parameters = _prepared(model, tuple(values), values.values(), connection)
    found = carry_out(connection, statement, parameters)
    names, converters = _names(model), _converters(model, alias)
    return [_made(model, alias, names, _converted(each, converters, connection)) for each in found]


def row(model: type[M], *, lock: bool = False, **values: Any) -> M | None:
    """The one such row, or None without any."""
    found = rows(model, lock=lock, **values)
    return found[0] if found else None


def hold(read: Model, *fields: str) -> bool:
    """Hold a row that was read until the transaction ends, if these of its fields are as they were read.

    Raises TransactionManagementError outside a transaction.
    """
    model = type(read)
    connection = connections[_alias(model)]
    _require_transaction(connection)
    names = (str(model._meta.pk.attname), *fields)
    parameters = _prepared(model, names, [getattr(read, name) for name in names], connection)
    statement = _holding(model, names, connection.features.has_select_for_update)
    return bool(carry_out(connection, statement, parameters))


def _require_transaction(connection: Any) -> None:
    if not connection.in_atomic_block:
        raise TransactionManagementError("rows are locked within a transaction alone")


def insert(new: Model, *, unless_there: bool = False) -> bool:
    """Put a row in; its number, where the database gives one, is set.

    `unless_there`: a row that stands in its way by what is unique stays, and False is returned. Waits for
    whoever is putting such a row in.
    """
    model, alias = type(new), _alias(type(new))
    connection = connections[alias]
    names = _names(model) if new.pk is not None else _names_without_number(model)
    parameters = _prepared(model, names, [getattr(new, name) for name in names], connection)
    given = carry_out(connection, _inserting(model, names, unless_there), parameters)
    if not given:
        return False
    if new.pk is None:
        new.pk = given[0][0]
    new._state.adding, new._state.db = False, alias
    return True


def write(changed: Model, *fields: str) -> None:
    """Write these fields of a row. Raises DatabaseError where the row is not there any more."""
    model = type(changed)
    connection = connections[_alias(model)]
    names = (*fields, str(model._meta.pk.attname))
    parameters = _prepared(model, names, [getattr(changed, name) for name in names], connection)
    if not carry_out(connection, _updating(model, fields), parameters):
        raise DatabaseError("a row that is written is not there")


def carry_out(connection: Any, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Every row that a statement answers with; it must be one that answers. Raises as Django's cursor does.

    Where nobody counts or logs statements the driver is asked: Django's cursor takes four times as long as
    SQLite does.
    """
    if connection.execute_wrappers or connection.queries_logged:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        asked = connection.connection.execute(_for_driver(statement, connection.vendor), parameters)
        return list(asked.fetchall())


@cache
def _for_driver(statement: str, vendor: str) -> str:
    """The statement with the driver's own sign for a value."""
    return statement.replace("%s", "?") if vendor == "sqlite" else statement


def _prepared(model: type[Model], names: Sequence[str], values: Any, connection: Any) -> list[Any]:
    writers = _writers(model)
    return [
        value if type(value) is as_it_is else prepare(value, connection)
        for (as_it_is, prepare), value in zip(map(writers.__getitem__, names), values, strict=True)
    ]


def _made(model: type[M], alias: str, names: tuple[str, ...], values: list[Any]) -> M:
    """As `Model.from_db` makes it, which asks of each field what it may be."""
    made = model.__new__(model)
    made._state = ModelState()
    made._state.adding, made._state.db = False, alias
    vars(made).update(zip(names, values, strict=True))
    return made


def _converted(values: Sequence[Any], converters: _Converters, connection: Any) -> list[Any]:
    """What was read, as the fields make Python of it."""
    made = list(values)
    for place, convert, expression in converters:
        for each in convert:
            made[place] = each(made[place], expression, connection)
    return made


@cache
def _alias(model: type[Model]) -> str:
    return str(router.db_for_write(model))


@cache
def _fields(model: type[Model]) -> dict[str, Any]:
    """By name and by attribute, which differ where a row points to another."""
    fields = model._meta.concrete_fields
    return {each.attname: each for each in fields} | {each.name: each for each in fields}


@cache
def _writers(model: type[Model]) -> dict[str, tuple[type | None, Callable[[Any, Any], Any]]]:
    """By field: the type whose values are written as they are, and what prepares others."""
    return {
        name: (_AS_IT_IS.get(field.get_internal_type()), field.get_db_prep_save)
        for name, field in _fields(model).items()
    }


_AS_IT_IS = {
    "CharField": str,
    "TextField": str,
    "BooleanField": bool,
    "BigAutoField": int,
    "BigIntegerField": int,
    "PositiveIntegerField": int,
    "PositiveSmallIntegerField": int,
    "BinaryField": bytes,
}


@cache
def _names(model: type[Model]) -> tuple[str, ...]:
    return tuple(each.attname for each in model._meta.concrete_fields)


@cache
def _names_without_number(model: type[Model]) -> tuple[str, ...]:
    return tuple(each.attname for each in model._meta.concrete_fields if not each.primary_key)


@cache
def _converters(model: type[Model], alias: str) -> _Converters:
    connection = connections[alias]
    found = []
    for place, field in enumerate(model._meta.concrete_fields):
        expression: Any = field.get_col(model._meta.db_table)
        convert = (
            *connection.ops.get_db_converters(expression),
            *expression.get_db_converters(connection),
        )
        if convert:
            found.append((place, convert, expression))
    return tuple(found)


@cache
def _selecting(model: type[Model], names: tuple[str, ...], order_by: str, lock: bool) -> str:
    fields, table = _fields(model), model._meta.db_table
    columns = ", ".join(f'"{each.column}"' for each in model._meta.concrete_fields)
    conditions = " AND ".join(f'"{fields[name].column}" = %s' for name in names)
    order = f" ORDER BY {order_by}" if order_by else ""
    held = " FOR UPDATE" if lock else ""
    return f"SELECT {columns} FROM {table} WHERE {conditions}{order}{held}"  # noqa: S608


@cache
def _holding(model: type[Model], names: tuple[str, ...], lock: bool) -> str:
    fields, table = _fields(model), model._meta.db_table
    conditions = " AND ".join(f'"{fields[name].column}" = %s' for name in names)
    held = " FOR UPDATE" if lock else ""
    return f"SELECT 1 FROM {table} WHERE {conditions}{held}"  # noqa: S608


@cache
def _inserting(model: type[Model], names: tuple[str, ...], unless_there: bool) -> str:
    fields, key = _fields(model), model._meta.pk.column
    columns = ", ".join(f'"{fields[name].column}"' for name in names)
    places = ", ".join(["%s"] * len(names))
    otherwise = " ON CONFLICT DO NOTHING" if unless_there else ""
    return f'INSERT INTO {model._meta.db_table} ({columns}) VALUES ({places}){otherwise} RETURNING "{key}"'  # noqa: S608


@cache
def _updating(model: type[Model], names: tuple[str, ...]) -> str:
    fields, key = _fields(model), model._meta.pk.column
    columns = ", ".join(f'"{fields[name].column}" = %s' for name in names)
    return f'UPDATE {model._meta.db_table} SET {columns} WHERE "{key}" = %s RETURNING "{key}"'  # noqa: S608
