"""The journal: every act is appended to a chain.

Each entry's hash covers its own fields and the hash before it (SHA-256 over canonical JSON). Whoever may
write the database can make such a chain anew; what proves it are the signed heads that are kept outside
(`heads`, `proof`).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from honnin.agency.records.models import JournalEntry, JournalTail

DATABASE = "agency"
_TABLE = JournalTail._meta.db_table
_READ_TAIL = f"SELECT sequence, entry_hash FROM {_TABLE} WHERE id = 1"  # noqa: S608
_MOVE_TAIL = f"UPDATE {_TABLE} SET sequence = %s, entry_hash = %s WHERE id = 1"  # noqa: S608


@dataclass(frozen=True)
class Act:
    """What happened: who did it, what it was, to which thing. `detail` holds no personal data."""

    actor: str
    act: str
    subject: str
    detail: Mapping[str, str | int]


def append(act: Act, at: datetime) -> int:
    """Add an entry and return its sequence number. Must run inside the transaction of the act itself."""
    sequence, previous = lock_tail()
    detail = json.dumps(dict(act.detail), ensure_ascii=False, sort_keys=True)
    entry = JournalEntry(
        sequence=sequence + 1,
        recorded_at=at,
        actor=act.actor,
        act=act.act,
        subject=act.subject,
        detail=detail,
        previous_hash=previous,
    )
    entry.entry_hash = hash_of(entry)
    entry.save(force_insert=True)
    with transaction.get_connection(DATABASE).cursor() as cursor:
        cursor.execute(_MOVE_TAIL, [entry.sequence, entry.entry_hash])
    return entry.sequence


def lock_tail() -> tuple[int, str]:
    """The last sequence number and hash; whoever asks next waits until this transaction ends.

    The last lock of every act: whoever holds it waits for no row that another act may hold, so that no two
    acts wait for one another. Plain SQL: every act of the agency passes here, and the ORM would double its
    cost.
    """
    if not transaction.get_connection(DATABASE).in_atomic_block:
        raise RuntimeError("a journal entry belongs to the transaction of its act")
    connection = transaction.get_connection(DATABASE)
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(_READ_TAIL + lock)
        row = cursor.fetchone()
    if row is None:
        tail = JournalTail.objects.get_or_create(id=1)[0]
        return tail.sequence, tail.entry_hash
    return row[0], row[1]


def hash_of(entry: JournalEntry) -> str:
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
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8")).hexdigest()
