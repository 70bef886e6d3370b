"""One signed head of the journal: a line that says what the journal was at which time."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

FIRST = "0" * 64
"""Stands for the hash before the first: of an empty journal, of a file without a line."""
LONGEST_LINE = 1024
_LAST_NUMBER = 2**63 - 1  # of a database's integer


@dataclass(frozen=True)
class Head:
    """The journal had `sequence` entries, the last with `entry_hash`, at `signed_at` (ISO 8601, UTC).

    `previous` is the SHA-256 (hex) of the line before, `FIRST` in the first; `signature` is Ed25519 (hex).
    """

    sequence: int
    entry_hash: str
    signed_at: str
    previous: str
    signature: str

    @classmethod
    def signed(cls, key: Ed25519PrivateKey, end: tuple[int, str], at: datetime, previous: str) -> Self:
        """A head over a journal that ends with this number and hash."""
        instant = at.astimezone(UTC).isoformat()
        return cls(*end, instant, previous, key.sign(_statement(*end, instant, previous)).hex())

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Raises ValueError for a line that is no head. Who signed it is `is_signed_by`'s to say."""
        if len(line) > LONGEST_LINE:
            raise ValueError("no head")
        try:
            head = cls(**json.loads(line))
        except (TypeError, RecursionError) as error:
            raise ValueError("no head") from error
        if not head._is_well_formed() or head.line() != line:
            raise ValueError("not as heads are written")
        return head

    def _is_well_formed(self) -> bool:
        hashes, texts = (self.entry_hash, self.previous), (self.signature, self.signed_at)
        if type(self.sequence) is not int or not 0 <= self.sequence <= _LAST_NUMBER:
            return False
        if not all(isinstance(text, str) for text in (*hashes, *texts)):
            return False
        return all(re.fullmatch("[0-9a-f]{64}", each) for each in hashes) and self.instant.tzinfo is UTC

    @property
    def instant(self) -> datetime:
        """When it was signed. Raises ValueError for what is no time."""
        return datetime.fromisoformat(self.signed_at)

    def line(self) -> str:
        """As it stands in the file, without the end of line."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the line, which the next head repeats."""
        return hashlib.sha256(self.line().encode()).hexdigest()

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether the signature is that key's."""
        statement = _statement(self.sequence, self.entry_hash, self.signed_at, self.previous)
        try:
            key.verify(bytes.fromhex(self.signature), statement)
        except (InvalidSignature, ValueError):
            return False
        return True


def _statement(sequence: int, entry_hash: str, signed_at: str, previous: str) -> bytes:
    """The octets that are signed."""
    return f"honnin journal head {sequence} {entry_hash} {signed_at} {previous}".encode()


def read_public_key(path: Path) -> Ed25519PublicKey | None:
    """The public key in a file (PEM or DER); None where there is none."""
    try:
        content = path.read_bytes()
        load = load_pem_public_key if b"-----BEGIN" in content else load_der_public_key
        key = load(content)
    except (OSError, ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PublicKey) else None
