"""A card kept in a file: one JSON file a card, readable by its owner only, with one user at a time.

A change is a new file renamed over the old one after it reached the disk, so that a cut or a full disk
leaves the old card or the new one. Two users of one card would lose tries and keys: the second is refused.
"""

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from honnin.card.card import Card
from honnin.card.state import CardState
from honnin.card.transport.card_lock import MODE, CardLock
from honnin.errors import CardError, Conflict


class CardFile:
    """A card on the reader, its file locked until `close`; made by `create` or `open`, closed by `with`."""

    def __init__(self, path: Path, lock: CardLock, state: CardState) -> None:
        self._path = path
        self._lock: CardLock | None = lock
        self._card = Card(state, self._store)

    @classmethod
    def create(cls, path: Path, state: CardState) -> Self:
        """Write a new card file and open it.

        Raises Conflict E_CARD_FILE_EXISTS, CardError E_CARD_IN_USE or E_CARD_STORE_FAILED.
        """
        path = _resolved(path)
        lock = CardLock.acquire(path)
        try:
            if path.exists():
                raise Conflict("E_CARD_FILE_EXISTS")
            _write(path, state)
            return cls(path, lock, state)
        except OSError as error:
            lock.release()
            raise CardError("E_CARD_STORE_FAILED") from error
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a card file.

        Raises CardError E_CARD_FILE_MISSING, E_CARD_FILE_UNREADABLE or E_CARD_IN_USE; Malformed
        E_CARD_FILE_DAMAGED or E_CARD_FILE_FORMAT.
        """
        path = _resolved(path)
        if not path.is_file():
            raise CardError("E_CARD_FILE_MISSING")
        lock = CardLock.acquire(path)
        try:
            return cls(path, lock, CardState.from_json(path.read_bytes()))
        except OSError as error:
            lock.release()
            raise CardError("E_CARD_FILE_UNREADABLE") from error
        except BaseException:
            lock.release()
            raise

    @property
    def card(self) -> Card:
        """The card that lives in this file, e.g. to put it into a virtual reader."""
        return self._card

    def put_into(self, reader: str) -> None:
        """Say in which reader the card is, so that `card_lock.ask_back` can have it pulled out."""
        if self._lock is not None:
            self._lock.record(reader)

    @property
    def is_asked_back(self) -> bool:
        """Whether another process wants the card out of its reader; whoever put it there looks here."""
        return self._lock is not None and self._lock.is_asked_back

    def transmit(self, command: bytes) -> bytes:
        """Raises CardError E_CARD_REMOVED after `close`."""
        if self._lock is None:
            raise CardError("E_CARD_REMOVED")
        return self._card.transmit(command)

    def close(self) -> None:
        """Take the card off the reader: it loses its power, and others may use it."""
        if self._lock is not None:
            self._card.reset()
            self._lock.release()
            self._lock = None

    def _store(self, state: CardState) -> None:
        """Replace the content of the file. Raises OSError, and CardError E_CARD_REMOVED after `close`."""
        if self._lock is None:
            raise CardError("E_CARD_REMOVED")
        _write(self._path, state)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _resolved(path: Path) -> Path:
    """The file itself, so that a change replaces it and not a link to it."""
    return path.resolve()


def _write(path: Path, state: CardState) -> None:
    """Raises OSError with the old file in place, or the new one when only the rename may not last."""
    new = path.with_name(path.name + ".new")
    try:
        _write_new(new, state.to_json().encode())
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise
    _sync(path.parent)


def _write_new(new: Path, content: bytes) -> None:
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, MODE)
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync(folder: Path) -> None:
    """Make the rename durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
