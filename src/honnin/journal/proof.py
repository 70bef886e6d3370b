"""Proving the journal: its chain against itself, and against the signed heads that are kept outside.

Reads one state of the database (`snapshot`). The file of heads is opened before it and read after: what was
signed before must be in the database, and what the database knows of in the file, whoever signs meanwhile.
"""

import heapq
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from honnin.journal.head import FIRST, Head, read_public_key
from honnin.journal.heads import HeadsFile, open_heads, read_heads
from honnin.journal.history import accepted_since
from honnin.journal.journal import HASHED, Journal, hash_of_values
from honnin.journal.snapshot import Part, snapshot
from honnin.journal.stored_form import stored_form_faults
from honnin.translation import Sentence

MOST_LISTED = 1000
"""So many faults of one kind are listed; the rest is counted."""
_PAUSES = (0.1, 0.5)
"""Seconds until it is asked again what may be in the making: heads begun anew, a half-written line."""
_REPORTED = 10_000
Report = Callable[[int, int], None]
"""Called now and then with how many entries of how many were read."""


@dataclass(frozen=True)
class Proof:
    """The result of reading the whole journal: how much there is and every fault found.

    Entries up to `proved` are the ones that were signed for. Of later ones only the chain is known: whoever
    may write the database could have made them anew. Entries up to `believed` were there when the file was
    begun anew, and somebody said that they are right; 0 where the file is as old as the journal. The rows of
    the tables were accepted as they were at entry `rows_believed`; 0 where the journal tells of all of them.
    """

    entries: int
    signed_heads: int
    proved: int
    faults: tuple[str, ...]
    believed: int = 0
    rows_believed: int = 0


def verify(
    journal: Journal,
    kept: Path | None = None,
    *,
    key: Ed25519PublicKey | None = None,
    report: Report = lambda read, of: None,
) -> Proof:
    """Read every entry and every signed head once, in little memory however many there are.

    `kept` is a copy of the file of heads that was put elsewhere at some time: the journal must still be what
    each head of it says. `key` verifies the heads, instead of the one that is here. Faults name sequence
    numbers. Raises OSError if `kept` cannot be read, Unavailable E_KEY_UNAVAILABLE without any key.
    """
    for pause in (*_PAUSES, None):
        proof, settled = _verify_once(journal, kept, key or _key_of(journal), report)
        if settled or pause is None:
            break
        time.sleep(pause)
    return replace(proof, faults=(*proof.faults, *_published_key_faults(journal, key)))


def _key_of(journal: Journal) -> Ed25519PublicKey | None:
    """None for a journal that was never opened."""
    if not journal.heads.exists() and not journal.entries._default_manager.exists():
        return None
    return journal.public_key()


def _published_key_faults(journal: Journal, given: Ed25519PublicKey | None) -> Iterator[str]:
    """Who verifies with the published key must get the one that signs."""
    path = journal.published_key
    if given is None and path.exists():
        published, key = read_public_key(path), _key_of(journal)
        if key is not None and (published is None or published.public_bytes_raw() != key.public_bytes_raw()):
            yield Sentence("{file}: not the key that signs the heads", file=path.name)


def _verify_once(
    journal: Journal, kept: Path | None, key: Ed25519PublicKey | None, report: Report
) -> tuple[Proof, bool]:
    """The proof, and whether it would be the same a moment later."""
    copy = read_heads(kept) if kept else iter(())
    with open_heads(journal.heads) as file, snapshot(journal.database):
        chain = _Chain(journal, report)
        heads = _HeadsCheck(journal.heads.name, file, key, chain)
        lines = heapq.merge(
            ((_sequence(head), 0, number, head) for number, head in enumerate(file, 1)),
            ((_sequence(head), 1, number, head) for number, head in enumerate(copy, 1)),
            key=lambda line: line[0],
        )
        for _, of_copy, number, head in lines:
            (heads.copy_line if of_copy else heads.line)(number, head)
        chain.read_all()
    return heads.proof(), bool(chain.faults) or not heads.unsettled


def _sequence(head: Head | None) -> int:
    return head.sequence if head else 0


@dataclass
class _Faults:
    """Faults of one kind: the first `MOST_LISTED`, and the number of the others."""

    listed: list[str] = field(default_factory=list)
    more: int = 0

    def add(self, fault: str) -> None:
        if len(self.listed) < MOST_LISTED:
            self.listed.append(fault)
        else:
            self.more += 1

    def __bool__(self) -> bool:
        return bool(self.listed)

    def __iter__(self) -> Iterator[str]:
        yield from self.listed
        if self.more:
            yield Sentence("and {count} more of this kind", count=self.more)


class _Chain:
    """The entries in their order, each read once; what is wrong with them is noted on the way."""

    def __init__(self, journal: Journal, report: Report) -> None:
        self.faults = _Faults()
        self.count = 0
        self._journal, self._report = journal, report
        for fault in stored_form_faults(journal.database, [journal.entries, journal.tails]):
            self.faults.add(fault)
        self.tail, self.noted = self._mark()
        self.rows_believed = 0
        with self._reading(Sentence("the entries")):
            self.rows_believed = accepted_since(journal)
        self._last = (0, FIRST)
        self._hashes = self._read()

    def hash_at(self, sequence: int) -> str | None:
        """The hash of an entry; None for one that is missing. Reads on as far as that takes."""
        while self._last[0] < sequence and next(self._hashes, None):
            pass
        if self._last[0] <= sequence:
            return self._last[1] if self._last[0] == sequence else None
        with self._reading(
            Sentence("entry {sequence}", sequence=sequence)
        ):  # was passed: only for lines that are out of order
            found = self._journal.entries._default_manager.filter(pk=sequence)
            return FIRST if sequence == 0 else found.values_list("entry_hash", flat=True).first()
        return None

    def _mark(self) -> tuple[tuple[int, str], str]:
        """The end of the journal as the database notes it, and the newest head."""
        with self._reading(Sentence("the mark of the journal's end")):
            tails = self._journal.tails._default_manager
            if tails.exclude(pk=1).exists():
                self.faults.add(Sentence("the journal has another end beside its own"))
            if tail := tails.filter(pk=1).first():
                return (int(tail.sequence), tail.entry_hash), tail.newest_head
        return (0, FIRST), FIRST

    def _reading(self, what: str) -> Part:
        """What is altered until it cannot be read is a fault."""
        note = partial(self.faults.add, Sentence("{name}: something that cannot be read", name=what))
        return Part(self._journal.database, note)

    def read_all(self) -> None:
        for _ in self._hashes:
            pass
        if self._last != self.tail:
            number = self._last[0] + 1
            if self.tail[0] < number - 1:
                self.faults.add(
                    Sentence("entry {number}: none by the mark of the journal's end", number=self.tail[0] + 1)
                )
            else:
                self.faults.add(
                    Sentence("entry {number}: the journal ends before its last known entry", number=number)
                )

    def _read(self) -> Iterator[bool]:
        """Moves on by one entry each time."""
        with self._reading(Sentence("the entries")):
            rows = self._journal.entries._default_manager.order_by("sequence")
            for *values, entry_hash in rows.values_list(*HASHED, "entry_hash").iterator(2000):
                self._take(values, entry_hash)
                yield True
            return
        self.faults.add(Sentence("after entry {sequence}: nothing was read", sequence=self._last[0]))

    def _take(self, values: list[Any], entry_hash: str) -> None:
        sequence, previous = values[0], values[6]
        if type(sequence) is not int:  # SQLite keeps anything
            raise TypeError("no number")
        if sequence != self._last[0] + 1:
            self.faults.add(Sentence("entry {number}: missing", number=self._last[0] + 1))
        if previous != self._last[1] or hash_of_values(values) != entry_hash:
            self.faults.add(Sentence("entry {sequence}: changed after it was written", sequence=sequence))
        self._last = (sequence, entry_hash)
        self.count += 1
        if self.count % _REPORTED == 0:
            self._report(self.count, self.tail[0])


class _HeadsCheck:
    """Compares the signed heads with the chain, line by line."""

    def __init__(self, name: str, file: HeadsFile, key: Ed25519PublicKey | None, chain: _Chain) -> None:
        self._name, self._file, self._key, self._chain = name, file, key, chain
        self._of_file, self._of_heads, self._of_copy = _Faults(), _Faults(), _Faults()
        self._previous = FIRST
        self._signed, self._newest = 0, 0
        self._first: int | None = None
        self._reaches_noted = chain.noted == FIRST
        # What the database may note: the newest line, or the one before, if a process died in between.
        self._ends = (FIRST, FIRST)
        self.unsettled = False

    def line(self, number: int, head: Head | None) -> None:
        if head is None:
            self._of_file.add(Sentence("line {number} of the heads: no head", number=number))
            self._previous, self.unsettled = "", True  # what follows cannot be compared with it
            return
        if self._previous and head.previous != self._previous:
            self._of_file.add(
                Sentence("line {number} of the heads: does not continue the line before", number=number)
            )
        self._previous = head.digest
        is_signed = self._is_signed(head)
        if head.sequence > self._chain.tail[0] and number > self._file.lines_before:
            return  # signed since: what it speaks of is no part of the state that is read
        self._compare(head, is_signed)
        if is_signed:
            self._reaches_noted |= head.digest == self._chain.noted
            self._ends = (head.digest, head.previous)
            self._first = head.sequence if self._first is None else self._first
            self._newest = max(self._newest, head.sequence)
            self._signed += 1

    def _compare(self, head: Head, is_signed: bool) -> None:
        entry_hash = self._chain.hash_at(head.sequence)
        if entry_hash is None:
            self._of_heads.add(
                Sentence("signed head {sequence}: the entry it speaks of is missing", sequence=head.sequence)
            )
            self.unsettled |= head.sequence > self._chain.tail[0]
        elif entry_hash != head.entry_hash:
            self._of_heads.add(
                Sentence("signed head {sequence}: the journal says something else", sequence=head.sequence)
            )
        if not is_signed:
            self._of_heads.add(
                Sentence("signed head {sequence}: its signature is broken", sequence=head.sequence)
            )

    def copy_line(self, number: int, head: Head | None) -> None:
        """What was signed once must still be so, unless the copy itself is not what was signed."""
        if head is None or not self._is_signed(head):
            self._of_copy.add(Sentence("line {number} of the copy: no head of this journal", number=number))
        elif self._chain.hash_at(head.sequence) != head.entry_hash:
            self._of_copy.add(
                Sentence(
                    "signed head {sequence} of the copy: the journal says something else",
                    sequence=head.sequence,
                )
            )

    def _is_signed(self, head: Head) -> bool:
        return self._key is not None and head.is_signed_by(self._key)

    def _end_faults(self) -> Iterator[str]:
        """The file begins where the journal does and reaches as far as the database knows."""
        if not self._signed and self._chain.tail[0] + self._chain.count:
            if self._file.is_missing:
                yield Sentence(
                    "{file} is missing: nothing but itself speaks for the journal", file=self._name
                )
            else:
                yield Sentence("no signed head: nothing but itself speaks for the journal")
        elif not self._reaches_noted:
            yield Sentence(
                "{file}: the heads end before the newest that the database knows of", file=self._name
            )
        elif self._chain.noted not in self._ends:
            yield Sentence("{file}: the database notes an older head than the newest", file=self._name)

    def proof(self) -> Proof:
        ended = list(self._end_faults())
        self.unsettled |= bool(ended)
        faults = (*self._chain.faults, *self._of_file, *ended, *self._of_heads, *self._of_copy)
        proved = 0 if faults else self._newest
        chain, believed = self._chain, self._first or 0
        return Proof(chain.count, self._signed, proved, faults, believed, chain.rows_believed)
