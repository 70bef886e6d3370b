"""Proving the journal: its chain against itself, and against the signed heads that are kept outside."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import Error as DatabaseFault

from honnin.journal.head import FIRST, Head
from honnin.journal.heads import noted_head, read_heads
from honnin.journal.journal import Journal, hash_of


@dataclass(frozen=True)
class Proof:
    """The result of reading the whole journal: how much there is and every fault found.

    Entries up to `proved` are the ones that were signed for. Of later ones only the chain is known: whoever
    may write the database could have made them anew. Entries up to `believed` were there when the file was
    begun anew, and somebody said that they are right; 0 where the file is as old as the journal.
    """

    entries: int
    signed_heads: int
    proved: int
    faults: tuple[str, ...]
    believed: int = 0


def verify(journal: Journal, kept: Path | None = None) -> Proof:
    """Read every entry and every signed head; memory grows with the heads only.

    `kept` is a copy of the file of heads that was put elsewhere at some time: the journal must still be what
    each head of it says. Faults name sequence numbers. Raises OSError if `kept` cannot be read.
    """
    key = journal.key.public_key()
    noted = noted_head(journal)  # before the file is read: what is signed meanwhile stands in it
    file = _read(journal.heads)
    copy = list(read_heads(kept)) if kept else []
    heads = [head for head in file if head]
    signed = [head for head in heads if head.is_signed_by(key)]
    hashes = {0: FIRST}
    faults = list(_chain_faults(journal, hashes, {head.sequence for head in [*heads, *copy] if head}))
    faults += [*_file_faults(file), *_end_faults(journal, signed, noted)]
    for head in heads:
        faults += [f"signed head {head.sequence}: {fault}" for fault in _head_faults(head, hashes, key)]
    faults += _copy_faults(copy, hashes, key)
    return Proof(
        entries=journal.entries._default_manager.count(),
        signed_heads=len(signed),
        proved=0 if faults else max((head.sequence for head in signed), default=0),
        faults=tuple(faults),
        believed=signed[0].sequence if signed else 0,
    )


def _read(path: Path) -> list[Head | None]:
    try:
        return list(read_heads(path))
    except OSError:
        return []


def _file_faults(file: list[Head | None]) -> Iterator[str]:
    """No line was changed, inserted, removed in between or exchanged."""
    previous = FIRST
    for number, head in enumerate(file, 1):
        if head is None:
            yield f"line {number} of the heads: no head"
            previous = ""  # what follows cannot be compared with it
            continue
        if previous and head.previous != previous:
            yield f"line {number} of the heads: does not continue the line before"
        previous = head.digest


def _end_faults(journal: Journal, signed: list[Head], noted: str) -> Iterator[str]:
    """The file begins where the journal does and reaches as far as the database knows."""
    if not signed and journal.entries._default_manager.exists():
        yield "no signed head: nothing but itself speaks for the journal"
    elif noted != FIRST and noted not in {head.digest for head in signed}:
        yield "the heads end before the newest that the database knows of"


def _head_faults(head: Head, hashes: Mapping[int, str], key: Ed25519PublicKey) -> Iterator[str]:
    if head.sequence not in hashes:
        yield "the entry it speaks of is missing"
    elif hashes[head.sequence] != head.entry_hash:
        yield "the journal says something else"
    if not head.is_signed_by(key):
        yield "its signature is broken"


def _copy_faults(copy: list[Head | None], hashes: Mapping[int, str], key: Ed25519PublicKey) -> Iterator[str]:
    """What was signed once must still be so, unless the copy itself is not what was signed."""
    for number, head in enumerate(copy, 1):
        if head is None or not head.is_signed_by(key):
            yield f"line {number} of the copy: no head of this journal"
        elif hashes.get(head.sequence) != head.entry_hash:
            yield f"signed head {head.sequence} of the copy: the journal says something else"


def _chain_faults(journal: Journal, hashes: dict[int, str], wanted: set[int]) -> Iterator[str]:
    """Walks the chain; notes the hashes at the `wanted` sequence numbers on the way."""
    previous, expected = FIRST, 1
    try:
        for entry in journal.entries._default_manager.order_by("sequence").iterator(2000):
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
    tail = journal.tails._default_manager.first()
    if (tail.sequence, tail.entry_hash) != (expected - 1, previous) if tail else expected > 1:
        yield f"entry {expected}: the journal ends before its last known entry"
