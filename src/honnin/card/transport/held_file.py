"""A file that one process holds and replaces: it is locked itself, beside the side file of `card_lock`.

A side file can be removed or replaced, and a file can be moved or have two names; the file itself stays what
it is. So its inode is locked from opening to closing, each new one before it takes the old one's place, and
nothing is written once another file, or none, is at the path. Refuses a file with more than one name. A file
that others may read or write becomes its owner's alone when it is opened.

A change of one byte is written over it: at every cut it is the old byte or the new one. Any other change is a
new file that takes the place of the old one.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from honnin.card.chip.memory import UnsureError
from honnin.card.chip.state import LONGEST_CARD
from honnin.card.transport.card_lock import MODE, is_at, try_lock
from honnin.card.transport.side_file import side_file
from honnin.errors import CardError, Malformed
from honnin.files import size

_OPEN: Final = os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class HeldFile:
    """One file, locked until `close`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises OSError, CardError E_CARD_FILE_KIND, E_CARD_FILE_LINKED or E_CARD_IN_USE."""
        held = cls(path, os.open(path, os.O_RDWR | _OPEN))
        try:
            status = os.fstat(held._descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise CardError("E_CARD_FILE_KIND")
            if status.st_nlink != 1:
                raise CardError("E_CARD_FILE_LINKED")
            if not try_lock(held._descriptor) or not held.is_in_place:
                raise CardError("E_CARD_IN_USE")
            if status.st_mode & _OTHERS:
                os.fchmod(held._descriptor, MODE)
        except BaseException:
            held.close()
            raise
        return held

    @classmethod
    def create(cls, path: Path, content: bytes) -> Self:
        """Raises OSError, with nothing at the path, or the file when only its name may not last."""
        held = cls(path, _written(path, content))
        try:
            _sync(path.parent)
        except BaseException:
            held.close()
            raise
        return held

    def read(self) -> bytes:
        """Raises Malformed E_FILE_TOO_LARGE for what no card's file is."""
        length = os.fstat(self._descriptor).st_size
        if length > LONGEST_CARD:
            raise Malformed("E_FILE_TOO_LARGE", limit=size(LONGEST_CARD))
        return os.pread(self._descriptor, length, 0)

    @property
    def is_in_place(self) -> bool:
        """Whether the path still leads to this very file."""
        return is_at(self._path, self._descriptor)

    def replace(self, content: bytes) -> None:
        """Raises CardError E_CARD_FILE_MOVED, with nothing written, when another file or none is at the path.

        Raises OSError with the old content, UnsureError with the new one when it may not last.
        """
        if not self.is_in_place:
            raise CardError("E_CARD_FILE_MOVED")
        at = only_change(self.read(), content)
        if at is None or os.fstat(self._descriptor).st_nlink != 1:  # what got another name stays as it is
            self._replace_all(content)
        else:
            self._overwrite(at, content[at : at + 1])

    def _overwrite(self, at: int, byte: bytes) -> None:
        os.pwrite(self._descriptor, byte, at)
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            raise UnsureError(*error.args) from error

    def _replace_all(self, content: bytes) -> None:
        descriptor = _written(self._path, content)
        os.close(self._descriptor)
        self._descriptor = descriptor
        try:
            _sync(self._path.parent)
        except OSError as error:
            raise UnsureError(*error.args) from error

    def close(self) -> None:
        os.close(self._descriptor)


def _written(path: Path, content: bytes) -> int:
    """Put a new file, locked, at the path. Raises OSError with what was there before."""
    new = side_file(path, ".new")
    with suppress(FileNotFoundError):
        new.unlink()  # the rest of an interrupted write, or a link to what must not be written
    descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | _OPEN, MODE)
    try:
        os.fchmod(descriptor, MODE)
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(content)
        os.fsync(descriptor)
        if not try_lock(descriptor):
            raise OSError("somebody else holds a file that was made here")
        new.replace(path)
    except OSError:
        os.close(descriptor)
        with suppress(OSError):
            new.unlink()
        raise
    return descriptor


def only_change(old: bytes, new: bytes) -> int | None:
    """The position of the only byte that differs; None where no byte or several differ."""
    if len(old) != len(new) or old == new:
        return None
    start, end = 0, len(new)  # the first difference is between these
    while end - start > 1:
        middle = (start + end) // 2
        if old[start:middle] == new[start:middle]:
            start = middle
        else:
            end = middle
    return start if old[end:] == new[end:] else None


def _sync(folder: Path) -> None:
    """Make the rename durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
