"""The journal: append, sign its head, and prove that no bit of it was changed.

Each entry's hash covers its own fields and the hash before it (SHA-256 over canonical JSON). A signed
head, made with a key that the database does not hold, proves the length: without it, cutting off the
last entries would leave a chain that still looks whole.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import Error as DatabaseFault
from django.db import transaction

from honnin.agency.records.models import JournalEntry, JournalHead, JournalTail

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


def sign_head(key: Ed25519PrivateKey, at: datetime) -> JournalHead | None:
    """Sign the present end of the journal; None while it is empty or already signed."""
    with transaction.atomic(using=DATABASE):
        sequence, entry_hash = lock_tail()
        newest = JournalHead.objects.order_by("-sequence").first()
        if sequence == 0 or (newest is not None and newest.sequence == sequence):
            return None
        return JournalHead.objects.create(
            sequence=sequence,
            entry_hash=entry_hash,
            signed_at=at,
            signature=key.sign(_statement(sequence, entry_hash, at)),
        )


def _statement(sequence: int, entry_hash: str, signed_at: datetime) -> bytes:
    return f"honnin journal head {sequence} {entry_hash} {signed_at.astimezone(UTC).isoformat()}".encode()


@dataclass(frozen=True)
class Proof:
    """The result of reading the whole journal: how much there is and every fault found."""

    entries: int
    signed_heads: int
    faults: tuple[str, ...]


def verify(key: Ed25519PublicKey) -> Proof:
    """Read every entry and every signed head; memory grows with the heads only.

    Faults name the sequence number. What was cut off after the last signed head together with its mark in
    `JournalTail` cannot be found: sign heads often.
    """
    hashes: dict[int, str] = {}
    heads = list(JournalHead.objects.order_by("sequence", "id"))
    faults = list(_chain_faults(hashes, {head.sequence for head in heads}))
    for head in heads:
        faults += [f"signed head {head.sequence}: {fault}" for fault in _head_faults(head, hashes, key)]
    return Proof(entries=JournalEntry.objects.count(), signed_heads=len(heads), faults=tuple(faults))


def _head_faults(head: JournalHead, hashes: Mapping[int, str], key: Ed25519PublicKey) -> Iterator[str]:
    if head.sequence not in hashes:
        yield "the entry it speaks of is missing"
    elif hashes[head.sequence] != head.entry_hash:
        yield "the journal says something else"
    try:
        key.verify(bytes(head.signature), _statement(head.sequence, head.entry_hash, head.signed_at))
    except InvalidSignature:
        yield "its signature is broken"


def _chain_faults(hashes: dict[int, str], wanted: set[int]) -> Iterator[str]:
    """Walks the chain; notes the hashes at the `wanted` sequence numbers on the way."""
    previous, expected = "0" * 64, 1
    try:
        for entry in JournalEntry.objects.order_by("sequence").iterator(2000):
            if entry.sequence != expected:
                yield f"entry {expected}: missing"
            if entry.previous_hash != previous or hash_of(entry) != entry.entry_hash:
                yield f"entry {entry.sequence}: changed after it was written"
            previous, expected = entry.entry_hash, entry.sequence + 1
            if entry.sequence in wanted:
                hashes[entry.sequence] = entry.entry_hash
    except (ValueError, TypeError, AttributeError, DatabaseFault):
        # Altered so far that it is no entry any more: a time that is none, text that is no UTF-8.
        yield f"after entry {expected - 1}: something that cannot be read, and nothing after it was read"
    tail = JournalTail.objects.first()
    if (tail.sequence, tail.entry_hash) != (expected - 1, previous) if tail else expected > 1:
        yield f"entry {expected}: the journal ends before its last known entry"
