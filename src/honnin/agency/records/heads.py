"""Signed heads of the journal, in a file outside the database: what the journal was at which time.

One line of JSON for each head, appended and never changed. A head's signature covers the journal's length,
its last hash, the time, and the hash of the line before, so that no head can be taken out. The key is not in
the database either. Whoever has database, file and key can still make all of it anew: copies of the file that
are kept elsewhere find that too (`proof.verify`).
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import transaction

from honnin.agency.records.journal import DATABASE, lock_tail
from honnin.agency.records.models import JournalEntry
from honnin.errors import Unavailable, Untrusted

FIRST = "0" * 64
_LONGEST_LINE = 1024


@dataclass(frozen=True)
class Head:
    """The journal had `sequence` entries, the last with `entry_hash`, at `signed_at` (ISO 8601, UTC).

    `previous` is the SHA-256 (hex) of the line before, `FIRST` in the first; `signature` is Ed25519 (hex).
    """

    sequence: int
    entry_hash: str
    signed_at: str
    previous: str
    signature: str = ""

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Raises ValueError for a line that is no head."""
        fields = json.loads(line)
        if not isinstance(fields, dict):
            raise ValueError("no head")
        try:
            head = cls(**fields)
        except TypeError as error:
            raise ValueError("no head") from error
        if head.line() != line:
            raise ValueError("not as it was written")
        return head

    def line(self) -> str:
        """As it stands in the file, without the end of line."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the line, which the next head repeats."""
        return hashlib.sha256(self.line().encode()).hexdigest()

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether the signature is that key's."""
        try:
            key.verify(bytes.fromhex(self.signature), self.statement())
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True

    def statement(self) -> bytes:
        """The octets that are signed."""
        return (
            f"honnin journal head {self.sequence} {self.entry_hash} {self.signed_at} {self.previous}".encode()
        )


def sign_head(key: Ed25519PrivateKey, path: Path, at: datetime) -> Head | None:
    """Sign the present end of the journal into the file; None while it is empty or already signed.

    Raises Untrusted E_JOURNAL_ALTERED when the journal is not what the newest head says, and Unavailable
    E_JOURNAL_HEADS when the file cannot be read or written.
    """
    with transaction.atomic(using=DATABASE):
        sequence, entry_hash = lock_tail()  # also lets one process write the file at a time
        newest = newest_head(path)
        if newest is not None:
            _require_same_journal(newest)
        if sequence == 0 or (newest is not None and newest.sequence == sequence):
            return None
        previous = newest.digest if newest else FIRST
        unsigned = Head(sequence, entry_hash, at.astimezone(UTC).isoformat(), previous)
        head = Head(sequence, entry_hash, unsigned.signed_at, previous, key.sign(unsigned.statement()).hex())
        _append(path, head)
    return head


def newest_head(path: Path) -> Head | None:
    """The last head of the file; None without any. Raises Unavailable E_JOURNAL_HEADS."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 2 * _LONGEST_LINE))
            whole = file.read().rpartition(b"\n")[0]  # behind the last end of line stands what was cut off
        return Head.from_line(whole.rpartition(b"\n")[2].decode()) if whole else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Unavailable("E_JOURNAL_HEADS") from error


def read_heads(path: Path) -> Iterator[Head | None]:
    """Every line of the file, None for one that is no head. Raises OSError when it cannot be read."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if not line.endswith("\n"):
                return  # a line that was cut off while it was written: no head yet, and not the last one
            try:
                yield Head.from_line(line.removesuffix("\n"))
            except ValueError:
                yield None


def _require_same_journal(newest: Head) -> None:
    entry = JournalEntry.objects.filter(pk=newest.sequence).first()
    if entry is None or entry.entry_hash != newest.entry_hash:
        raise Untrusted("E_JOURNAL_ALTERED")


def _append(path: Path, head: Head) -> None:
    """Durably, or not at all: what another writer left half written goes, and so does what we did."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Unavailable("E_JOURNAL_HEADS") from error
    with os.fdopen(descriptor, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LONGEST_LINE))
        end = size - len(file.read().rpartition(b"\n")[2])
        try:
            file.truncate(end)
            file.seek(end)
            file.write(head.line().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        except OSError as error:
            with suppress(OSError):
                file.truncate(end)
            raise Unavailable("E_JOURNAL_HEADS") from error
