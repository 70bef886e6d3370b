"""The journal of one role: every act is appended to a chain, with what it wrote.

Each entry's hash covers its own fields and the hash before it (SHA-256 over canonical JSON). Whoever may
write the database can make such a chain anew; what proves it are the signed heads that are kept outside
(`heads`, `proof`). What no writer of the database can make at all is an entry's seal and the binding of a
row, under a key that is not there (`binding`).
"""

import hashlib
import hmac
import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import transaction
from django.db.models import Model

from honnin.errors import Unavailable
from honnin.journal.binding import Binder, Bound, Written
from honnin.journal.head import read_public_key
from honnin.journal.models import Entry, Tail
from honnin.plain_rows import carry_out

_COLUMNS = (
    "sequence",
    "recorded_at",
    "actor",
    "act",
    "subject",
    "detail",
    "rows",
    "previous_hash",
    "entry_hash",
)


@dataclass(frozen=True)
class Act:
    """What happened: who did it, what it was, to which thing. `detail` holds no personal data."""

    actor: str
    act: str
    subject: str
    detail: Mapping[str, str | int]


Acted = tuple[Act, tuple[Written, ...]]
"""An act, and the rows that it wrote."""


class Journal:
    """One role's journal. `key` gives its key, which is asked for once; `heads` the file of signed heads.

    `shapes` is a file (TOML) of the columns that each of the role's tables has or had once, by
    `binding.shape_of_columns`: entries of then are compared over what they speak of.
    """

    def __init__(
        self,
        entries: type[Entry],
        tails: type[Tail],
        *,
        database: str,
        key: Callable[[], Ed25519PrivateKey],
        heads: Callable[[], Path],
        shapes: Path,
    ) -> None:
        self.entries = entries
        self.tails = tails
        self.database = database
        self._key = key
        self._heads = heads
        self._shapes = shapes
        # Plain SQL: every act of the role passes here, and the ORM would double its cost.
        places = ", ".join(["%s"] * len(_COLUMNS))
        self._insert = f"INSERT INTO {entries._meta.db_table} ({', '.join(_COLUMNS)}) VALUES ({places})"  # noqa: S608
        table = tails._meta.db_table
        self._read_tail = f"SELECT sequence, entry_hash FROM {table} WHERE id = 1"  # noqa: S608
        self._move_tail = f"UPDATE {table} SET sequence = %s, entry_hash = %s WHERE id = 1 RETURNING id"  # noqa: S608

    @cached_property
    def key(self) -> Ed25519PrivateKey:
        """Signs the heads. Raises Unavailable E_KEY_UNAVAILABLE when it is lost."""
        return self._key()

    @cached_property
    def binder(self) -> Binder:
        """Binds rows, and names what is personal. Raises as `key`."""
        return Binder.of(self.key)

    @property
    def heads(self) -> Path:
        return self._heads()

    @property
    def published_key(self) -> Path:
        """The file beside the heads that tells the public key to whoever has no other: `journal-key.pem`."""
        return self.heads.with_name(self.heads.stem.removesuffix("-heads") + "-key.pem")

    def public_key(self) -> Ed25519PublicKey:
        """Verifies the heads: the key's own, or, where that is not here, the published one.

        Raises Unavailable E_KEY_UNAVAILABLE where neither is.
        """
        try:
            return self.key.public_key()
        except Unavailable:
            if (published := read_public_key(self.published_key)) is None:
                raise
            return published

    def public_pem(self) -> bytes:
        """The public key as it is published. Raises as `key`."""
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @cached_property
    def shapes(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """By table and shape: the columns."""
        tables = tomllib.loads(self._shapes.read_text())
        return {
            table: {shape: tuple(str(columns).split()) for shape, columns in shapes.items()}
            for table, shapes in tables.items()
        }

    def shape(self, bound: Bound) -> tuple[str, ...] | None:
        """The columns of the table when an entry told of a row; None for a shape that nobody knows."""
        return self.shapes.get(bound.table, {}).get(bound.shape)

    def append(self, act: Act, at: datetime, *rows: Written, gone: Iterable[Model] = ()) -> int:
        """Add an entry and return its sequence number. Must run inside the transaction of the act itself.

        `rows` are all that the act wrote, as they stand in the database now: as they are where it put them
        in, as `binding.changed` where it changed them; `gone` those that it removed. Whoever reads a row to
        change it holds its lock until the transaction ends.
        """
        return self._append([(act, rows, gone)], at)

    def append_all(self, acts: Iterable[Acted], at: datetime) -> int:
        """Add an entry for each of several acts of one transaction, in their order, as `append` does.

        No row is written by two of them.
        """
        return self._append([(act, rows, ()) for act, rows in acts], at)

    def _append(self, acts: Iterable[tuple[Act, Iterable[Written], Iterable[Model]]], at: datetime) -> int:
        sequence, link = self.lock_tail()
        connection, added = transaction.get_connection(self.database), []
        for act, rows, gone in acts:
            sequence += 1
            detail = _sorted(dict(act.detail))
            content = [sequence, at, act.actor, act.act, act.subject, detail, link]
            bound = self._sealed(content, self._bound(sequence, rows, gone))
            stored = connection.ops.adapt_datetimefield_value(at)
            added.append([sequence, stored, *content[2:6], bound, link])
            link = hash_of_values([*content, bound])
            added[-1].append(link)
        if not added:
            return sequence
        with connection.cursor() as cursor:
            cursor.executemany(self._insert, added)
        carry_out(connection, self._move_tail, [sequence, link])
        return sequence

    def _sealed(self, content: Sequence[Any], bound: Iterable[Bound]) -> str:
        """The column `rows` of an entry."""
        parts = [each.to_json() for each in bound]
        return json.dumps([self._seal(content, parts), *parts])

    def _bound(self, sequence: int, rows: Iterable[Written], gone: Iterable[Model]) -> Iterator[Bound]:
        yield from (self.binder.bound(row, sequence) for row in rows)
        yield from (self.binder.gone(row) for row in gone)

    def _seal(self, content: Sequence[Any], parts: Sequence[object]) -> str:
        """Over the fields `HASHED` but the rows, and these."""
        sequence, recorded_at, *others = content
        return self.binder.seal([sequence, recorded_at.astimezone(UTC).isoformat(), *others, parts])

    def sealed_rows(self, entry: Entry) -> list[Bound] | None:
        """What an entry says of the rows that its act wrote; None for one of old, which says nothing.

        Raises ValueError for an entry that was not written with the journal's key, or not as it is.
        """
        if entry.rows is None:
            return None
        try:
            seal, *parts = json.loads(entry.rows)
            bound = [Bound.from_json(part) for part in parts]
            content = [getattr(entry, name) for name in HASHED[:-1]]
            whole = hmac.compare_digest(seal, self._seal(content, parts))
            whole &= entry.rows == json.dumps([seal, *parts])
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError("no rows") from error
        if not whole:
            raise ValueError("sealed with another key")
        return bound

    def lock_tail(self) -> tuple[int, str]:
        """The last sequence number and hash; whoever asks next waits until this transaction ends.

        The last lock of every act: whoever holds it waits for no row that another act may hold, so that no
        two acts wait for one another.
        """
        connection = transaction.get_connection(self.database)
        if not connection.in_atomic_block:
            raise RuntimeError("a journal entry belongs to the transaction of its act")
        lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
        found = carry_out(connection, self._read_tail + lock, ())
        if not found:
            tail = self.tails._default_manager.get_or_create(id=1)[0]
            return tail.sequence, tail.entry_hash
        return found[0][0], found[0][1]


def hash_of(entry: Entry) -> str:
    """SHA-256 (hex) over the entry's fields and the previous hash."""
    return hash_of_values([getattr(entry, name) for name in HASHED])


HASHED = ("sequence", "recorded_at", "actor", "act", "subject", "detail", "previous_hash", "rows")
_encoded = json.JSONEncoder(ensure_ascii=False).encode
_sorted = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def hash_of_values(values: list[Any]) -> str:
    """The same from the values of the fields `HASHED`, in their order."""
    values[1] = values[1].astimezone(UTC).isoformat()
    if values[-1] is None:  # entries of old have no such part
        values.pop()
    return hashlib.sha256(_encoded(values).encode("utf-8")).hexdigest()
