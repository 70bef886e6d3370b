"""Where an installation keeps its state: one folder, private to its user.

Everything that must survive a restart lies below it. The folder is named by HONNIN_HOME, by default
`var/honnin` below the present directory. Secrets are made while it is opened for the first time and never
again: a new secret in the place of a lost one would open nothing. Nor is a database made beside the keys of
an authority: it would be another authority's.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from honnin.custody.secret_files import make_secret, read_key, read_secret
from honnin.errors import Unavailable


@dataclass(frozen=True)
class Home:
    """The folders and files of one installation."""

    root: Path
    is_only_read: bool = False
    """Whether this process reads it and makes nothing in it, as an auditor of a copy."""

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def cards(self) -> Path:
        return self.root / "cards"

    @property
    def publication(self) -> Path:
        return self.root / "publication"

    @property
    def letters(self) -> Path:
        """Letters that were printed, by batch; can be made anew from the records."""
        return self.root / "letters"

    @property
    def journal_heads(self) -> Path:
        """The signed heads of the journal; kept apart from `publication`, which can be made anew."""
        return self.root / "journal-heads.jsonl"

    @property
    def municipality_journal_heads(self) -> Path:
        """The same of the municipality's journal."""
        return self.root / "municipality-journal-heads.jsonl"

    @property
    def peers(self) -> Path:
        """Who may speak to its agency from elsewhere (`wire.peers`)."""
        return self.root / "peers"

    @property
    def lines(self) -> Path:
        """The invitations by which it speaks to an agency elsewhere (`sites.lines.joined`)."""
        return self.root / "lines"

    @property
    def roles(self) -> Path:
        """Which roles were opened here, where not every one was (`sites.initialisation`)."""
        return self.root / "roles.json"

    @property
    def addresses(self) -> Path:
        """Where it answers (`sites.addresses`)."""
        return self.root / "addresses.json"

    def database(self, role: str) -> Path:
        return self.root / f"{role}.sqlite3"

    @property
    def has_authority(self) -> bool:
        """Whether an authority left keys or its journal's heads here; every database was made before them."""
        return any(self.keys.glob("*.pem")) or self.journal_heads.exists()

    @property
    def is_opened(self) -> bool:
        """Whether there is something in it already that its secrets protect."""
        return any(self.root.glob("*.sqlite3")) or self.has_authority

    @property
    def is_without_keys(self) -> bool:
        """Whether it is a copy for somebody who may not have the keys: there is not one to be read."""
        return self.is_only_read and not any(os.access(key, os.R_OK) for key in self.keys.glob("*.pem"))

    def require_database(self, role: str) -> None:
        """Raises Unavailable E_DATABASE_MISSING when the file of an opened installation is gone, or empty
        where it is only read.
        """
        path = self.database(role)
        is_empty = self.is_only_read and path.exists() and not path.stat().st_size
        if is_empty or (self.has_authority and not path.exists()):
            raise Unavailable("E_DATABASE_MISSING", database=str(path))

    def secret(self, name: str) -> str:
        """A secret of this installation (hex, 32 bytes of randomness, mode 0600), made before it is opened.

        Raises Unavailable E_KEY_UNAVAILABLE when an opened installation has lost it. A copy without keys gets
        another each time.
        """
        if self.is_without_keys:
            return secrets.token_hex(32)  # protects nothing, opens nothing
        if not (self.keys / name).exists() and not self.is_opened:
            self.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
            with suppress(FileExistsError):  # another process was first: its secret counts
                make_secret(self.keys / name)
        return self.existing_secret(name)

    def kept_secret(self, name: str) -> str:
        """As `secret`, but none is made: raises Unavailable E_KEY_UNAVAILABLE also before it is opened."""
        return secrets.token_hex(32) if self.is_without_keys else self.existing_secret(name)

    def existing_secret(self, name: str) -> str:
        """A secret that must be there. Raises Unavailable E_KEY_UNAVAILABLE."""
        return read_secret(self.keys / name)

    def secret_key(self, name: str) -> bytes:
        """As `secret`, and it must be a key: 16 or 32 bytes in hex."""
        self.secret(name)
        if self.is_without_keys:
            return bytes(32)
        return read_key(self.keys / name)

    @contextmanager
    def held(self) -> Iterator[None]:
        """This installation is run by one process as long as the block lasts; the folder is made if missing.

        Raises Unavailable E_ALREADY_UP when another holds it, OSError when the folder cannot be used.
        """
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self.root / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Unavailable("E_ALREADY_UP") from error
            yield
        finally:
            os.close(lock)


_only_read = False


def only_read() -> None:
    """From here on this process reads its installation, and makes nothing in it."""
    global _only_read
    _only_read = True


def present_home() -> Home:
    """The installation that this process works on."""
    return Home(Path(os.environ.get("HONNIN_HOME", "var/honnin")).absolute(), _only_read)
