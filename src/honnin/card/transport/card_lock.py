"""The lock of a card file: one process at a time, and which one it is.

The lock is on a side file, since the card file itself is replaced at every change (`held_file` locks that one
as well). The side file says which process holds the card and in which virtual reader it is. Another process
of the same user requests its removal by a line in that file; the holder sees it within a moment and pulls
the card out. No process is ever signalled: a number may have come to mean another program.
"""

import errno
import fcntl
import json
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from honnin.card.transport.side_file import side_file
from honnin.errors import CardError, Unavailable

MODE: Final = 0o600
RELEASE_TIMEOUT: Final = 10.0  # seconds until a holder that was asked must have let go
_STEP: Final = 0.05
_CAREFULLY: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_RECORD_MAX: Final = 4096
_REQUEST: Final = b"remove\n"
_RECORD_BEGINS: Final = b'{"pid": '


class CardLock:
    """The lock on one card file, held until `release`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, card_file: Path) -> Self:
        """Raises CardError E_CARD_IN_USE when another holds it, E_CARD_LOCK_FOREIGN, E_CARD_LOCK_FAILED."""
        descriptor = _open(card_file, os.O_RDWR | os.O_CREAT)
        try:
            if not try_lock(descriptor) or not is_at(_side_file(card_file), descriptor):
                raise CardError("E_CARD_IN_USE")
            if not _RECORD_BEGINS.startswith(os.pread(descriptor, len(_RECORD_BEGINS), 0)):
                raise CardError("E_CARD_LOCK_FOREIGN")
        except OSError as error:
            os.close(descriptor)
            raise CardError("E_CARD_LOCK_FAILED") from error
        except CardError:
            os.close(descriptor)
            raise
        lock = cls(descriptor)
        lock.record(None)
        return lock

    def record(self, reader: str | None) -> None:
        """Say which process holds the card, and the address of the reader it is in."""
        text = json.dumps({"pid": os.getpid(), "reader": reader}) + "\n"
        with suppress(OSError):  # a full disk: the lock holds all the same
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text.encode(), 0)

    @property
    def is_removal_requested(self) -> bool:
        """Whether another process wants the card out of the reader."""
        return os.pread(self._descriptor, _RECORD_MAX, 0).endswith(_REQUEST)

    def release(self) -> None:
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def request_removal(card_file: Path, timeout: float = RELEASE_TIMEOUT) -> str:
    """Have a card pulled out of the reader it is in; returns that reader's address once the card is free.

    Raises CardError E_CARD_NOT_INSERTED when it is in no reader, E_CARD_IN_USE when another program uses it
    without a reader; Unavailable E_CARD_NOT_RELEASED when the holder does not let go in `timeout` seconds.
    """
    try:
        descriptor = _open(card_file.resolve(), os.O_RDWR | os.O_APPEND)
    except FileNotFoundError as error:
        raise CardError("E_CARD_NOT_INSERTED") from error
    try:
        if try_lock(descriptor):
            raise CardError("E_CARD_NOT_INSERTED")
        pid, reader = _holder(os.pread(descriptor, _RECORD_MAX, 0))
        if reader is None:
            raise CardError("E_CARD_IN_USE")
        os.write(descriptor, _REQUEST)
        deadline = time.monotonic() + timeout
        while not try_lock(descriptor):
            if time.monotonic() > deadline:
                raise Unavailable("E_CARD_NOT_RELEASED", pid=pid)
            time.sleep(_STEP)
        return reader
    except OSError as error:
        raise CardError("E_CARD_LOCK_FAILED") from error
    finally:
        os.close(descriptor)


def _side_file(card_file: Path) -> Path:
    return side_file(card_file, ".lock")


def _open(card_file: Path, flags: int) -> int:
    """Opens only a file that this module made and this user owns, no link: it is overwritten.

    Raises FileNotFoundError when there is no lock yet and `flags` do not make one; CardError.
    """
    try:
        descriptor = os.open(_side_file(card_file), flags | _CAREFULLY, MODE)
    except FileNotFoundError:
        if not flags & os.O_CREAT:
            raise
        raise CardError("E_CARD_LOCK_FAILED") from None
    except OSError as error:
        foreign = error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO)
        raise CardError("E_CARD_LOCK_FOREIGN" if foreign else "E_CARD_LOCK_FAILED") from error
    status = os.fstat(descriptor)
    ours = stat.S_ISREG(status.st_mode) and status.st_nlink <= 1 and status.st_uid == os.geteuid()
    if not ours:
        os.close(descriptor)
        raise CardError("E_CARD_LOCK_FOREIGN")
    return descriptor


def is_at(path: Path, descriptor: int) -> bool:
    """Whether the path leads to the open file, which may have been moved, removed or replaced since."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except OSError:
        return False


def try_lock(descriptor: int) -> bool:
    """Whether the lock was free and is ours now. Raises OSError where files cannot be locked."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _holder(record: bytes) -> tuple[int, str | None]:
    """Process and reader as `record` wrote them; no reader when nothing legible stands there."""
    try:
        written = json.loads(record.split(b"\n", 1)[0])
        return int(written["pid"]), written["reader"]
    except (ValueError, KeyError, TypeError):
        return 0, None
