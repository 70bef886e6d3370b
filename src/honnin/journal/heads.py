"""The journal's signed heads, in a file outside the database: what the journal was at which time.

One line for each head (`head.Head`), appended and never changed; each repeats the hash of the line before, so
that no head can be taken out in between. The database notes the newest one's hash, so that none can be taken
off the end either, unless the database is altered with it. The key is in neither. Copies of the file that are
kept elsewhere find what somebody with database and file does (`proof.verify`).

A file begins while the journal is empty; later only because somebody says so, and then the journal tells it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction

from honnin.clock import is_recent
from honnin.errors import Unavailable, Untrusted
from honnin.faults import named
from honnin.journal.head import FIRST, LONGEST_LINE, Head
from honnin.journal.journal import Act, Journal


def sign_head(journal: Journal, at: datetime) -> Head | None:
    """Sign the present end of a journal into its file; None while it is already signed.

    Raises Untrusted E_JOURNAL_ALTERED when the journal is not what the newest head says and
    E_JOURNAL_HEADS_MISSING when the file is gone or cut off, Unavailable E_JOURNAL_HEADS when it cannot be
    read or written.
    """
    with transaction.atomic(using=journal.database):
        end = journal.lock_tail()  # also lets one process write the file at a time
        newest = newest_head(journal.heads, journal.key.public_key())
        if newest is None:
            _require_beginning(journal, end[0])
        else:
            _require_same_journal(journal, newest)
            _require_newest(journal, newest)
            if newest.sequence == end[0]:
                return None
        return _add(journal, Head.signed(journal.key, end, at, newest.digest if newest else FIRST))


def sign_due(journal: Journal, at: datetime, *, not_before: timedelta) -> Head | None:
    """Sign the end of a journal, if the newest head is `not_before` old or lies in the future.

    Returns the new head. Raises as `sign_head`.
    """
    newest = newest_head(journal.heads, journal.key.public_key())
    if newest is not None and is_recent(newest.instant, at, not_before):
        return None
    return sign_head(journal, at)


def head_is_due(journal: Journal, at: datetime, *, not_before: timedelta) -> bool:
    """Whether there are entries that no head speaks for, and the newest head is `not_before` old, or lies in
    the future. Raises Unavailable E_JOURNAL_HEADS.
    """
    newest = newest_head(journal.heads, journal.key.public_key())
    tail = journal.tails._default_manager.filter(pk=1).first()
    if newest is not None and is_recent(newest.instant, at, not_before):
        return False
    return (tail.sequence if tail else 0) > (newest.sequence if newest else 0)


def begin_heads(journal: Journal, at: datetime, *, actor: str) -> Path | None:
    """Begin a new file over the journal as it is now; the former one is put aside, and where is returned.

    Accepts the journal as it is: no earlier signed head proves it any more. So the journal tells who did it,
    and which head was known to be the newest. Raises Unavailable E_JOURNAL_HEADS.
    """
    with transaction.atomic(using=journal.database):
        entries, _ = journal.lock_tail()
        detail: dict[str, str | int] = {"entries": entries, "former": noted_head(journal)}
        journal.append(Act(actor, "begin heads", journal.heads.name, detail), at)
        former = _put_aside(journal.heads, at)
        _add(journal, Head.signed(journal.key, journal.lock_tail(), at, FIRST))
    return former


def newest_head(path: Path, key: Ed25519PublicKey) -> Head | None:
    """The last head of the file; None without any. Raises Unavailable E_JOURNAL_HEADS, also when the key
    did not sign it.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 2 * LONGEST_LINE))
            whole = file.read().rpartition(b"\n")[0]  # behind the last end of line stands what was cut off
        head = Head.from_line(whole.rpartition(b"\n")[2].decode()) if whole else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Unavailable("E_JOURNAL_HEADS") from error
    if head and not head.is_signed_by(key):
        raise Unavailable("E_JOURNAL_HEADS")
    return head


class HeadsFile:
    """The lines of a file of heads. Those up to `lines_before` stood there when it was opened."""

    def __init__(self, file: BinaryIO | None) -> None:
        self._file = file
        self.is_missing = file is None
        self.lines_before = 0
        self._before = os.fstat(file.fileno()).st_size if file else 0

    def __iter__(self) -> Iterator[Head | None]:
        """Every head in its order, None for a line that is none."""
        position = 0
        for line in self._file or ():
            if not line.endswith(b"\n"):
                return  # a line that was cut off while it was written: no head yet, and not the last one
            position += len(line)
            self.lines_before += position <= self._before
            try:
                yield Head.from_line(line.removesuffix(b"\n").decode("utf-8", "replace"))
            except ValueError:
                yield None


@contextmanager
def open_heads(path: Path) -> Iterator[HeadsFile]:
    """A file of heads as long as the block lasts; one that is missing has no line. Raises Unavailable
    E_JOURNAL_HEADS for one that cannot be read.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield HeadsFile(None)
        return
    except OSError as error:
        raise Unavailable("E_JOURNAL_HEADS") from error
    with file:
        yield HeadsFile(file)


def read_heads(path: Path) -> Iterator[Head | None]:
    """Every line of a file, None for one that is no head. Raises OSError when it cannot be read."""
    with path.open("rb") as file:
        yield from HeadsFile(file)


def noted_head(journal: Journal) -> str:
    """The digest of the newest head by the database's account; `FIRST` while there is none."""
    tail = journal.tails._default_manager.filter(pk=1).first()
    return tail.newest_head if tail else FIRST


def _require_beginning(journal: Journal, entries: int) -> None:
    if entries or noted_head(journal) != FIRST:
        raise Untrusted("E_JOURNAL_HEADS_MISSING")


def _require_same_journal(journal: Journal, newest: Head) -> None:
    entry = journal.entries._default_manager.filter(pk=newest.sequence).first()
    if (entry.entry_hash if entry else FIRST) != newest.entry_hash:
        raise Untrusted("E_JOURNAL_ALTERED")


def _require_newest(journal: Journal, newest: Head) -> None:
    """The file may be one head ahead: a process that dies between file and database leaves it so."""
    if noted_head(journal) not in (newest.digest, newest.previous):
        raise Untrusted("E_JOURNAL_HEADS_MISSING")


def _add(journal: Journal, head: Head) -> Head:
    _publish_key(journal)
    _append(journal.heads, head)
    journal.tails._default_manager.update(newest_head=head.digest)
    return head


def _publish_key(journal: Journal) -> None:
    """What verifies the heads is for everybody. Raises Unavailable E_JOURNAL_HEADS."""
    path = journal.published_key
    if path.exists():
        return
    new = path.with_name(path.name + ".new")
    try:
        new.write_bytes(journal.public_pem())
        new.replace(path)
    except OSError as error:
        raise Unavailable("E_JOURNAL_HEADS") from error


def _put_aside(path: Path, at: datetime) -> Path | None:
    aside = path.with_name(f"{path.stem}-until-{at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}{path.suffix}")
    try:
        return path.rename(aside)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable("E_JOURNAL_HEADS") from error


def _append(path: Path, head: Head) -> None:
    """Durably, or not at all: what another writer left half written goes, and so does what we did."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise named(error) or Unavailable("E_JOURNAL_HEADS") from error
    with os.fdopen(descriptor, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LONGEST_LINE))
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
            raise named(error) or Unavailable("E_JOURNAL_HEADS") from error
