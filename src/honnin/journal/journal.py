"""The journal of one role: every act is appended to a chain, with what it wrote.

Each entry's hash covers its own fields and the hash before it (SHA-256 over canonical JSON). Whoever may
write the database can make such a chain anew; what proves it are the signed heads that are kept outside
(`heads`, `proof`), and what no writer of the database can make at all is the binding of a row (`binding`).
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.db.models import Model

from honnin.journal.binding import Binder
from honnin.journal.models import Entry, Tail


@dataclass(frozen=True)
class Act:
    """What happened: who did it, what it was, to which thing. `detail` holds no personal data."""

    actor: str
    act: str
    subject: str
    detail: Mapping[str, str | int]


class Journal:
    """One role's journal. `key` gives its key, which is asked for once; `heads` the file of signed heads."""

    def __init__(
        self,
        entries: type[Entry],
        tails: type[Tail],
        *,
        database: str,
        key: Callable[[], Ed25519PrivateKey],
        heads: Callable[[], Path],
    ) -> None:
        self.entries = entries
        self.tails = tails
        self.database = database
        self._key = key
        self._heads = heads
        table = tails._meta.db_table
        self._read_tail = f"SELECT sequence, entry_hash FROM {table} WHERE id = 1"  # noqa: S608
        self._move_tail = f"UPDATE {table} SET sequence = %s, entry_hash = %s WHERE id = 1"  # noqa: S608

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

    def append(self, act: Act, at: datetime, *rows: Model, gone: Iterable[Model] = ()) -> int:
        """Add an entry and return its sequence number. Must run inside the transaction of the act itself.

        `rows` are all that the act wrote, as they stand in the database now, `gone` those that it removed.
        """
        sequence, previous = self.lock_tail()
        entry = self.entries(
            sequence=sequence + 1,
            recorded_at=at,
            actor=act.actor,
            act=act.act,
            subject=act.subject,
            detail=json.dumps(dict(act.detail), ensure_ascii=False, sort_keys=True),
            rows=self._bound(sequence + 1, rows, gone),
            previous_hash=previous,
        )
        entry.entry_hash = hash_of(entry)
        entry.save(force_insert=True, using=self.database)
        with transaction.get_connection(self.database).cursor() as cursor:
            cursor.execute(self._move_tail, [entry.sequence, entry.entry_hash])
        return entry.sequence

    def _bound(self, sequence: int, rows: Iterable[Model], gone: Iterable[Model]) -> str | None:
        bound = [self.binder.bound(row, sequence) for row in rows]
        bound += [self.binder.gone(row) for row in gone]
        return json.dumps([astuple(each) for each in bound]) if bound else None

    def lock_tail(self) -> tuple[int, str]:
        """The last sequence number and hash; whoever asks next waits until this transaction ends.

        The last lock of every act: whoever holds it waits for no row that another act may hold, so that no
        two acts wait for one another. Plain SQL: every act of the role passes here, and the ORM would double
        its cost.
        """
        connection = transaction.get_connection(self.database)
        if not connection.in_atomic_block:
            raise RuntimeError("a journal entry belongs to the transaction of its act")
        lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
        with connection.cursor() as cursor:
            cursor.execute(self._read_tail + lock)
            row = cursor.fetchone()
        if row is None:
            tail = self.tails._default_manager.get_or_create(id=1)[0]
            return tail.sequence, tail.entry_hash
        return row[0], row[1]


def hash_of(entry: Entry) -> str:
    """SHA-256 (hex) over the entry's fields and the previous hash."""
    content = [
        entry.sequence,
        entry.recorded_at.astimezone(UTC).isoformat(),
        entry.actor,
        entry.act,
        entry.subject,
        entry.detail,
        entry.previous_hash,
    ]
    if entry.rows is not None:  # entries of old have no such part
        content.append(entry.rows)
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8")).hexdigest()
