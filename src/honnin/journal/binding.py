"""What binds a row of a table to the entry that tells of it: keyed digests over all its columns.

The key is outside the database, so that who may write there can neither make a digest for another value nor
try out what a personal value was. The digest covers the entry's number: an earlier one of the same row does
not pass for a later one.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db.models import Model

_NAME_OCTETS = 12
_MARK_OCTETS = 2
GONE = ""
"""Stands for the digest of a row that the act removed."""


@dataclass(frozen=True)
class Bound:
    """One row by an entry: its table, its name there (keyed, as a primary key may be personal), the `shape`
    of the table (which columns it had), the digest, and a short mark of each column, which says where a
    difference lies. Digest and marks are empty for a row that was removed.
    """

    table: str
    name: str
    shape: str
    digest: str
    marks: str

    @classmethod
    def from_json(cls, part: object) -> Self:
        """Raises ValueError for what is no such part."""
        if not isinstance(part, list) or len(part) != 5 or not all(isinstance(text, str) for text in part):
            raise ValueError("no bound row")
        return cls(*part)

    @property
    def is_gone(self) -> bool:
        return self.digest == GONE


class Binder:
    """Makes and compares digests under the key of one journal."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of(cls, key: Ed25519PrivateKey) -> Self:
        """Under a key that is derived from the one that signs the journal's heads (HKDF, RFC 5869)."""
        return cls(HKDF(SHA256(), 32, salt=None, info=b"honnin journal rows").derive(key.private_bytes_raw()))

    def bound(self, row: Model, sequence: int) -> Bound:
        """What entry `sequence` says of a row as it is now in memory, and so in the table."""
        values = list(_values(row))
        return Bound(
            row._meta.db_table,
            self.name(row),
            shape_of(type(row)),
            self._digest(row._meta.db_table, sequence, values),
            "".join(self._mark(column, value) for column, value in values),
        )

    def gone(self, row: Model) -> Bound:
        """What an entry says of a row that its act removes."""
        return Bound(row._meta.db_table, self.name(row), shape_of(type(row)), GONE, "")

    def name(self, row: Model) -> str:
        """The name of a row by its table and primary key."""
        return self.pseudonym(row._meta.db_table, _encoded(row.pk).decode("utf-8", "surrogateescape"))

    def pseudonym(self, *parts: str) -> str:
        """A name (hex) for something personal: the same for the same, and it tells nothing else."""
        message = json.dumps(parts).encode()
        return hmac.digest(self._key, b"name " + message, "sha256")[:_NAME_OCTETS].hex()

    def differing(self, row: Model, bound: Bound, sequence: int) -> list[str] | None:
        """None where the row is what entry `sequence` says of it; else the columns that differ, as far as
        their marks tell.
        """
        now = self.bound(row, sequence)
        if hmac.compare_digest(now.digest, bound.digest):
            return None
        size = 2 * _MARK_OCTETS
        columns = [column for column, _ in _values(row)]
        pairs = ((now.marks[i : i + size], bound.marks[i : i + size]) for i in range(0, len(now.marks), size))
        return [column for column, (one, other) in zip(columns, pairs, strict=False) if one != other]

    def _digest(self, table: str, sequence: int, values: list[tuple[str, bytes]]) -> str:
        content = hmac.new(self._key, f"row {sequence} {table}".encode(), "sha256")
        for column, value in values:
            content.update(b"\x00%b\x00%d\x00" % (column.encode(), len(value)))
            content.update(value)
        return content.hexdigest()

    def _mark(self, column: str, value: bytes) -> str:
        content = column.encode() + b"\x00" + value
        return hashlib.blake2b(content, key=self._key, digest_size=_MARK_OCTETS).hexdigest()


def shape_of(model: type[Model]) -> str:
    """Which columns a table has, as eight hex digits."""
    columns = ",".join(str(field.column) for field in model._meta.concrete_fields)
    return hashlib.sha256(columns.encode()).hexdigest()[:8]


def _values(row: Model) -> Iterator[tuple[str, bytes]]:
    for field in row._meta.concrete_fields:
        yield str(field.column), _encoded(field.to_python(getattr(row, field.attname)))


def _encoded(value: Any) -> bytes:
    """One value, the same before it was written and after it was read. Raises TypeError for others."""
    if isinstance(value, datetime):  # is a date, as a bool is an int
        return b"t" + value.astimezone(UTC).isoformat(timespec="microseconds").encode()
    for kind, encode in _ENCODED.items():
        if isinstance(value, kind):
            return encode(value)
    raise TypeError(f"a value of {type(value).__name__} cannot be bound")


_ENCODED: dict[tuple[type, ...], Callable[[Any], bytes]] = {
    (type(None),): lambda _: b"0",
    (bool,): lambda value: b"b1" if value else b"b0",
    (int,): lambda value: b"i%d" % value,
    (str,): lambda value: b"s" + value.encode("utf-8", "surrogatepass"),
    (bytes, memoryview, bytearray): lambda value: b"o" + bytes(value),
    (date,): lambda value: b"d" + value.isoformat().encode(),
    (list, tuple, dict): lambda value: b"j" + json.dumps(value, ensure_ascii=False, sort_keys=True).encode(),
}
