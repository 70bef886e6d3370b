"""What binds a row of a table to the entry that tells of it: keyed digests over all its columns.

The key is outside the database, so that who may write there can neither make a digest for another value nor
try out what a personal value was. The digest covers the entry's number: an earlier one of the same row does
not pass for a later one. A seal covers the whole of an entry: none can be made, or changed, without the key.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db.models import Model

_canonical, _ascii = json.JSONEncoder(ensure_ascii=False).encode, json.JSONEncoder().encode
_sorted = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
_NAME_OCTETS = 12
_MARK_OCTETS = 4
_SEAL_OCTETS = 16
_MARK = 2 * _MARK_OCTETS
NEW, GONE = "+", "-"
"""How an act wrote a row, beside the columns that it changed: it put the row in, or took it away."""


@dataclass(frozen=True)
class Changed:
    """A row of which an act changed some columns and no other (`changed`)."""

    row: Model
    columns: tuple[str, ...]


Written = Model | Changed
"""A row that an act put in, or changed."""


def changed(row: Model, *fields: str) -> Changed:
    """A row, as it stands in the table now, of which an act wrote these fields and no other."""
    return Changed(row, _columns(type(row), fields))


@dataclass(frozen=True)
class Bound:
    """One row by an entry: its table, its name there (keyed, as a primary key may be personal), the `shape`
    of the table (which columns it had), how it was written (NEW, GONE, or the columns that changed), the
    digest, and a short mark of each column, which says where a difference lies. Digest and marks are empty
    for a row that was removed.
    """

    table: str
    name: str
    shape: str
    how: str
    digest: str
    marks: str

    @classmethod
    def from_json(cls, part: object) -> Self:
        """Raises ValueError for what is no such part."""
        if not isinstance(part, list) or len(part) != 6 or not all(isinstance(text, str) for text in part):
            raise ValueError("no bound row")
        return cls(*part)

    def to_json(self) -> list[str]:
        return [self.table, self.name, self.shape, self.how, self.digest, self.marks]

    @property
    def is_gone(self) -> bool:
        return self.how == GONE

    def marks_of(self, columns: Sequence[str]) -> dict[str, str]:
        """The mark of each column, of a table that has these."""
        return {column: self.marks[i * _MARK : (i + 1) * _MARK] for i, column in enumerate(columns)}


class Binder:
    """Makes and compares digests under the key of one journal."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._marking = hashlib.blake2b(key=key, digest_size=_MARK_OCTETS)

    @classmethod
    def of(cls, key: Ed25519PrivateKey) -> Self:
        """Under a key that is derived from the one that signs the journal's heads (HKDF, RFC 5869)."""
        return cls(HKDF(SHA256(), 32, salt=None, info=b"honnin journal rows").derive(key.private_bytes_raw()))

    def bound(self, written: Written, sequence: int) -> Bound:
        """What entry `sequence` says of a row as it is now in memory, and so in the table."""
        row, how = (
            (written.row, " ".join(written.columns)) if isinstance(written, Changed) else (written, NEW)
        )
        values, table = list(_values(row)), row._meta.db_table
        marks = "".join([self._mark(column, value) for column, value in values])
        return Bound(
            table, self.name(row), shape_of(type(row)), how, self._digest(table, sequence, values), marks
        )

    def gone(self, row: Model) -> Bound:
        """What an entry says of a row that its act removes."""
        return Bound(row._meta.db_table, self.name(row), shape_of(type(row)), GONE, "", "")

    def seal(self, content: object) -> str:
        """What nobody without the key can put to the content of an entry (hex)."""
        message = _canonical(content).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, b"entry " + message, "sha256")[:_SEAL_OCTETS].hex()

    def name(self, row: Model) -> str:
        """The name of a row by its table and primary key."""
        return self.pseudonym(row._meta.db_table, _encoded(row.pk).decode("utf-8", "surrogateescape"))

    def pseudonym(self, *parts: str) -> str:
        """A name (hex) for something personal: the same for the same, and it tells nothing else."""
        message = _ascii(parts).encode()
        return hmac.digest(self._key, b"name " + message, "sha256")[:_NAME_OCTETS].hex()

    def differing(self, row: Model, bound: Bound, sequence: int, columns: Sequence[str]) -> list[str] | None:
        """None where the row is what entry `sequence` says of it; else the columns that differ, as far as
        their marks tell. `columns`: those that the table had then; what came since is not compared.
        """
        now = dict(_stored(row))
        if all(column in now for column in columns):
            digest = self._digest(bound.table, sequence, [(column, now[column]) for column in columns])
            if hmac.compare_digest(digest, bound.digest):
                return None
        marks = {column: mark for column, mark in bound.marks_of(columns).items() if column in now}
        found = [column for column, mark in marks.items() if self._mark(column, now[column]) != mark]
        return found if found or len(marks) == len(columns) else None

    def _digest(self, table: str, sequence: int, values: Sequence[tuple[str, bytes]]) -> str:
        parts = [b"row %d %b" % (sequence, table.encode())]
        for column, value in values:
            parts.append(b"\x00%b\x00%d\x00%b" % (column.encode(), len(value), value))
        return hmac.digest(self._key, b"".join(parts), "sha256").hex()

    def _mark(self, column: str, value: bytes) -> str:
        marking = self._marking.copy()
        marking.update(b"%b\x00%b" % (column.encode(), value))
        return marking.hexdigest()


@cache
def _columns(model: type[Model], fields: tuple[str, ...]) -> tuple[str, ...]:
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
    return tuple(columns[field] for field in fields)


@cache
def columns_of(model: type[Model]) -> tuple[str, ...]:
    """The columns of a table, in their order."""
    return tuple(str(field.column) for field in model._meta.concrete_fields)


@cache
def shape_of(model: type[Model]) -> str:
    """Which columns a table has, as eight hex digits."""
    return shape_of_columns(columns_of(model))


def shape_of_columns(columns: Iterable[str]) -> str:
    """The same for columns that a table may have had once."""
    return hashlib.sha256(",".join(columns).encode()).hexdigest()[:8]


_Reading = tuple[str, str, type | None, Callable[[Any], Any]]
"""Of a column: its name, the attribute, the type of what needs no more reading, and the reading."""


@cache
def _fields(model: type[Model]) -> tuple[_Reading, ...]:
    return tuple(_reading(field) for field in model._meta.concrete_fields)


@cache
def _stored_fields(model: type[Model]) -> tuple[_Reading, ...]:
    return tuple(
        (*plain[:3], field.to_python)
        for field, plain in zip(model._meta.concrete_fields, _fields(model), strict=True)
    )


def _reading(field: Any) -> _Reading:
    if type(field).__module__.startswith("django."):
        return field.column, field.attname, _NATURAL.get(field.get_internal_type()), field.to_python
    # A field of our own may write another value than it was given, but of its own kind.
    own = getattr(field, "kind", None)
    return field.column, field.attname, own, lambda value: field.to_python(field.get_prep_value(value))


def _values(row: Model) -> Iterator[tuple[str, bytes]]:
    """Of a row in memory: what is written of it."""
    return _encoded_values(row, _fields(type(row)))


def _stored(row: Model) -> Iterator[tuple[str, bytes]]:
    """Of a row that was read: what stands in the table, whatever would be written of it."""
    return _encoded_values(row, _stored_fields(type(row)))


def _encoded_values(row: Model, fields: tuple[_Reading, ...]) -> Iterator[tuple[str, bytes]]:
    values = vars(row)
    for column, name, natural, read in fields:
        value = values[name] if name in values else getattr(row, name)
        if type(value) is not natural:
            value = read(value)
        encode = _ENCODED.get(type(value))
        yield column, _encoded(value) if encode is None else encode(value)


def _encoded(value: Any) -> bytes:
    """One value, the same before it was written and after it was read. Raises TypeError for others."""
    encode = _ENCODED.get(type(value))
    if encode is None:
        for kind in _KINDS:  # an enumeration or an identifier is of the kind of its values
            if isinstance(value, kind):
                _ENCODED[type(value)] = _ENCODED[kind]
                return _ENCODED[kind](value)
        raise TypeError(f"a value of {type(value).__name__} cannot be bound")
    return encode(value)


_NATURAL: dict[str, type] = {
    "CharField": str,
    "TextField": str,
    "BooleanField": bool,
    "BigIntegerField": int,
    "PositiveIntegerField": int,
    "PositiveSmallIntegerField": int,
    "DateTimeField": datetime,
    "BinaryField": bytes,
}
_ENCODED: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"0",
    bool: lambda value: b"b1" if value else b"b0",
    int: lambda value: b"i%d" % value,
    str: lambda value: b"s" + value.encode("utf-8", "surrogatepass"),
    bytes: lambda value: b"o" + value,
    memoryview: lambda value: b"o" + bytes(value),
    datetime: lambda value: b"t" + value.astimezone(UTC).isoformat(timespec="microseconds").encode(),
    date: lambda value: b"d" + value.isoformat().encode(),
    list: lambda value: _json(value),
    dict: lambda value: _json(value),
}
_KINDS = (str, int, datetime, date, bytes)


def _json(value: object) -> bytes:
    return b"j" + _sorted(value).encode("utf-8", "surrogatepass")
