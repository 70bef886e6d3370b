"""Random edits of single values, as somebody makes them who may write a database or the file of heads.

Each is done by plain SQL, with triggers off, in a transaction that is rolled back; and each is of a kind
that fits the value: the next number, another row's, a letter in the other case, a space at the end, nothing.
"""

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connections, models, transaction
from django.db.models import Field, Model


@dataclass(frozen=True)
class Edit:
    """What was changed: `table.column`s, and how. `is_same`: what is stored is the same, octet by octet."""

    columns: tuple[str, ...]
    what: str
    is_same: bool = False


class Refused(Exception):
    """The database itself does not take an edit, or there is nothing to edit."""


class Editor:
    """Edits of the tables of one database."""

    def __init__(self, database: str, tables: list[type[Model]], dice: random.Random) -> None:
        self.connection: Any = connections[database]
        self.database, self.tables, self.dice = database, tables, dice
        self.is_sqlite = self.connection.vendor == "sqlite"
        self._take_triggers_away()

    def _take_triggers_away(self) -> None:
        with self.connection.cursor() as cursor:
            if self.is_sqlite:
                cursor.execute("PRAGMA ignore_check_constraints = ON")
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for (name,) in cursor.fetchall():
                    cursor.execute(f"DROP TRIGGER {name}")
            else:
                for table in self.tables:
                    cursor.execute(f"ALTER TABLE {table._meta.db_table} DISABLE TRIGGER USER")

    @contextmanager
    def edited(self) -> Iterator[Edit]:
        """One edit as long as the block lasts. Raises Refused."""
        with transaction.atomic(using=self.database):
            try:
                with transaction.atomic(using=self.database):
                    edit = self._edit()
            except DatabaseError as error:
                transaction.set_rollback(True, using=self.database)
                raise Refused(str(error)) from error
            yield edit
            transaction.set_rollback(True, using=self.database)

    def _edit(self) -> Edit:
        columns = [(table, field) for table in self.tables for field in table._meta.concrete_fields]
        model, field = self.dice.choice(columns)
        kinds = [self._one_value] * 7 + [self._exchange] * 2 + [self._whole_row]
        return self.dice.choice(kinds)(model, field)

    def make_each_value(self) -> None:
        """Every value that an edit may put where nothing is, so that none is found wanting by chance."""
        for table in self.tables:
            for field in (each for each in table._meta.concrete_fields if each.null):
                for _, make in self._typed(field, None):
                    field.get_db_prep_value(make(), self.connection)

    # — One value —

    def _one_value(self, model: type[Model], field: "Field[Any, Any]") -> Edit:
        row = self._rows(model, 1)[0]
        what, value = self._another(model, field, getattr(row, field.attname))
        raw = value.octets if isinstance(value, Raw) else field.get_db_prep_value(value, self.connection)
        place = value.place if isinstance(value, Raw) else "%s"
        before = self._stored(model)
        self._sql(f"UPDATE {{}} SET {field.column} = {place} WHERE {{pk}} = %s", model, raw, self._pk(row))
        return Edit(self._names(model, field), what, is_same=before == self._stored(model))

    def _another(self, model: type[Model], field: "Field[Any, Any]", value: Any) -> tuple[str, Any]:
        ways: list[tuple[str, Callable[[], Any]]] = list(self._typed(field, value))
        others = [other for other in self._values(model, field) if other != value]
        if others:
            ways += [("another row's", lambda: self.dice.choice(others))] * 2
        if field.null and value is not None:
            ways.append(("nothing", lambda: None))
        if self.is_sqlite and not field.primary_key:
            ways.append(("what cannot be read", lambda: self.dice.choice(NONSENSE)))
        if self.is_sqlite:
            kept = field.get_db_prep_value(value, self.connection)
            ways += [("in another form", partial(_same, raw)) for raw in other_forms(kept)]
        what, make = self.dice.choice(ways or [("", lambda: value)])
        made = make()
        if not isinstance(made, Raw) and made == value and type(made) is type(value):
            raise Refused("the same")
        return what, made

    def _typed(self, field: "Field[Any, Any]", value: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
        target = field.target_field if isinstance(field, models.ForeignKey) else field
        if value is None:
            value = next((make() for kind, make in _BEFORE_NOTHING if isinstance(target, kind)), "x")
            yield "something", lambda: value
        if isinstance(target, models.BooleanField):
            yield "the other", lambda: not value
        elif isinstance(target, models.DateTimeField):
            yield from _times(value)
        elif isinstance(target, models.DateField):
            yield from _days(value)
        elif isinstance(target, models.IntegerField):
            yield from _numbers(value)
        elif isinstance(target, models.BinaryField):
            yield from self._octets(bytes(value))
        elif isinstance(target, models.JSONField):
            yield from _structures(value)
        else:
            yield from self._texts(str(value))

    def _texts(self, value: str) -> Iterator[tuple[str, Callable[[], str]]]:
        at = self.dice.randrange(len(value)) if value else 0
        yield "a space at the end", lambda: value + " "
        yield "a letter more", lambda: value + "0"
        yield "nothing in it", lambda: ""
        if value:
            yield "the other case", value.swapcase
            yield "a letter less", lambda: value[:-1]
            other = "1" if value[at] == "0" else "0"
            yield "another letter", lambda: value[:at] + other + value[at + 1 :]
            yield "wide letters", lambda: value.translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)})

    def _octets(self, value: bytes) -> Iterator[tuple[str, Callable[[], bytes]]]:
        at = self.dice.randrange(len(value)) if value else 0
        yield "an octet more", lambda: value + b"\x00"
        if value:
            flipped = bytes([value[at] ^ 1 << self.dice.randrange(8)])
            yield "a bit", lambda: value[:at] + flipped + value[at + 1 :]
            yield "an octet less", lambda: value[:-1]
            yield "no octets", lambda: b""

    # — Two values, and whole rows —

    def _exchange(self, model: type[Model], field: "Field[Any, Any]") -> Edit:
        one, two = self._rows(model, 2)
        values = [getattr(row, field.attname) for row in (one, two)]
        if values[0] == values[1]:
            raise Refused("the same")
        fields = [field]
        if not field.primary_key and self.dice.random() < 0.3:  # everything but who they are
            fields = [each for each in model._meta.concrete_fields if not each.primary_key]
        before = self._stored(model)
        for each in fields:
            self._swap(model, each, one, two)
        # Two rows that differ in nothing but the key that was exchanged are the same two rows.
        return Edit(self._names(model, *fields), "exchanged", is_same=before == self._stored(model))

    def _swap(self, model: type[Model], field: "Field[Any, Any]", one: Model, two: Model) -> None:
        first, second = (
            field.get_db_prep_value(getattr(row, field.attname), self.connection) for row in (one, two)
        )
        column, spare = field.column, _spare(field)
        update = f"UPDATE {{}} SET {column} = %s WHERE {{pk}} = %s"
        if field.primary_key:
            for new, old in ((spare, first), (first, second), (second, spare)):
                self._sql(update, model, new, old)
            return
        for value, row in ((spare, one), (first, two), (second, one)):
            if field.unique or value is not spare:
                self._sql(update, model, value, self._pk(row))

    def _whole_row(self, model: type[Model], field: "Field[Any, Any]") -> Edit:
        row = self._rows(model, 1)[0]
        names = self._names(model, *model._meta.concrete_fields)
        if self.dice.random() < 0.5:
            self._sql("DELETE FROM {} WHERE {pk} = %s", model, self._pk(row))
            return Edit(names, "deleted")
        for each in model._meta.concrete_fields:
            if each.primary_key or each.unique:
                value = getattr(row, each.attname)
                setattr(row, each.attname, value + 1000 if isinstance(value, int) else f"{value}0"[-15:])
        row.save(force_insert=True, using=self.database)
        return Edit(names, "put in")

    # — The table —

    def _rows(self, model: type[Model], count: int) -> list[Model]:
        keys = list(model._default_manager.values_list("pk", flat=True).order_by("pk"))
        if len(keys) < count:
            raise Refused("no row")
        return [model._default_manager.get(pk=key) for key in self.dice.sample(keys, count)]

    def _values(self, model: type[Model], field: "Field[Any, Any]") -> list[Any]:
        return list(model._default_manager.order_by("pk").values_list(field.attname, flat=True)[:50])

    def _stored(self, model: type[Model]) -> list[tuple[object, ...]]:
        """Every value of a table as the database keeps it, and as what."""
        columns = [self.connection.ops.quote_name(field.column) for field in model._meta.concrete_fields]
        if self.is_sqlite:
            columns = [f"typeof({c}), CAST({c} AS BLOB)" for c in columns]
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(columns)} FROM {model._meta.db_table}")
            rows = cursor.fetchall()
        return sorted(
            (tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows), key=repr
        )

    def _sql(self, statement: str, model: type[Model], *values: object) -> None:
        statement = statement.format(model._meta.db_table, pk=model._meta.pk.column)
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)

    def _pk(self, row: Model) -> object:
        return row._meta.pk.get_db_prep_value(row.pk, self.connection)

    def _names(self, model: type[Model], *fields: "Field[Any, Any]") -> tuple[str, ...]:
        return tuple(f"{model._meta.db_table}.{field.column}" for field in fields)


@dataclass(frozen=True)
class Raw:
    """What no field of the software would write, and what SQL makes of it on the way."""

    octets: bytes | str | int | float | None
    place: str = "%s"


_AS_TEXT = "CAST(%s AS TEXT)"
NONSENSE = (Raw(b"\xff\xfe", _AS_TEXT), Raw("nonsense"), Raw(2), Raw(b"\x00"), Raw(""), Raw("x"))


def other_forms(kept: object) -> Iterator[Raw]:
    """The value that SQLite keeps in forms that much of what reads it takes for the same."""
    if kept is None:
        yield from (Raw(""), Raw("x"), Raw(0), Raw(b""), Raw("null"))
    elif isinstance(kept, bool):
        yield from (Raw(2), Raw(-1), Raw("t"), Raw("f"), Raw("True"), Raw(f"{int(kept)} "), Raw(b"%d" % kept))
    elif isinstance(kept, int):
        yield from (Raw(f"0_{kept}"), Raw(f"{kept}_0"), Raw(b"%d" % kept), Raw(kept + 0.5))
        yield Raw(str(kept).translate({n: n + 0x630 for n in range(0x30, 0x3A)}))
    elif isinstance(kept, bytes):
        yield from (Raw(kept, _AS_TEXT), Raw(kept.hex()))
    elif isinstance(kept, str):
        yield from (Raw(kept.encode()), Raw(kept + "\x00"), Raw(kept + "\n"))
        yield from (Raw(other) for other in _respelled(kept) if other != kept)


def _respelled(kept: str) -> Iterator[str | int]:
    if re.match(r"\d{4}-\d\d-\d\d", kept):
        yield kept.replace("-0", "-")
        yield kept.replace(" ", "T")
        yield from (kept + more for more in (".000000", "+00:00", "Z", "0", " ") if " " in kept)
        yield kept.removesuffix("0").removesuffix(":00")
        if len(kept) == 10:
            yield from (int(kept.replace("-", "")), kept.replace("-", ""), kept + " 00:00:00")
    if kept[:1] in ("[", "{"):
        yield from (f" {kept}", kept.replace(": ", ":"), kept.replace(", ", ",\n"))
        if kept.startswith("{") and len(kept) > 2:
            yield kept[:-1] + "," + kept[1:]  # names twice


_BEFORE_NOTHING: tuple[tuple[type, Callable[[], Any]], ...] = (
    (models.DateTimeField, lambda: datetime.fromisoformat("2026-06-02T00:00:00+00:00")),
    (models.DateField, lambda: date(2026, 6, 2)),
    (models.IntegerField, lambda: 1),
    (models.BinaryField, lambda: b"\x30\x00"),
    (models.JSONField, dict),
)


def _spare(field: "Field[Any, Any]") -> object:
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return -7 if isinstance(target, models.IntegerField) else "~"


def _times(value: datetime) -> Iterator[tuple[str, Callable[[], datetime]]]:
    yield "a moment later", lambda: value + timedelta(microseconds=1)
    yield "a second earlier", lambda: value - timedelta(seconds=1)
    yield "midnight in Japan", lambda: value.replace(hour=15, minute=0, second=0, microsecond=0)
    yield "a year later", lambda: value + timedelta(days=365)


def _days(value: date) -> Iterator[tuple[str, Callable[[], date]]]:
    yield "the next day", lambda: value + timedelta(days=1)
    yield "the day before", lambda: value - timedelta(days=1)
    yield "the month's end", lambda: value.replace(day=28)
    yield "ten years later", lambda: value + timedelta(days=3652)
    yield "the first day", lambda: date(1, 1, 1)


def _numbers(value: int) -> Iterator[tuple[str, Callable[[], int]]]:
    yield "the next number", lambda: value + 1
    yield "the number before", lambda: value - 1
    yield "none", lambda: 0
    yield "the largest", lambda: 32767


def _structures(value: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    if isinstance(value, list):
        yield "emptied", list
        yield "something more", lambda: [*value, "more"]
        return
    yield "emptied", dict
    yield "something more", lambda: {**value, "more": 1}
    for name in value:
        less = {key: each for key, each in value.items() if key != name}
        yield "something less", partial(_same, less)
        yield "something else", partial(_same, {**value, name: "other"})


def _same(value: Any) -> Any:
    return value


def edited_heads(path: Path, dice: random.Random) -> str:
    """Alter the file of heads; returns how."""
    octets = path.read_bytes()
    lines, at = octets.splitlines(keepends=True), dice.randrange(len(octets))
    number = dice.randrange(len(lines))
    kinds: dict[str, Callable[[], bytes]] = {
        "an octet": lambda: octets[:at] + bytes([octets[at] ^ 1 << dice.randrange(8)]) + octets[at + 1 :],
        "an octet less": lambda: octets[:at] + octets[at + 1 :],
        "a line less": lambda: b"".join(lines[:number] + lines[number + 1 :]),
        "a line twice": lambda: b"".join(lines[: number + 1] + lines[number:]),
        "lines exchanged": lambda: b"".join([*lines[:number], *reversed(lines[number:])]),
        "cut off": lambda: octets[:at],
        "emptied": lambda: b"",
    }
    what = dice.choice(list(kinds))
    altered = kinds[what]()
    if altered == octets:
        raise Refused("the same")
    path.write_bytes(altered)
    return what
