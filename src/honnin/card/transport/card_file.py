"""A card kept in a file: one JSON file a card, readable by its owner only, with one user at a time.

A change is a new file renamed over the old one after it reached the disk, or the one byte that is another (a
try of a PIN), so that a cut or a full disk leaves the old card or the new one. Two users of one card would
lose tries and keys: the second is refused, by whatever name it came. A file that was moved away or replaced
while the card is in use is left alone.
"""

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.transport.card_lock import CardLock
from honnin.card.transport.held_file import HeldFile
from honnin.errors import CardError, Conflict


class CardFile:
    """A card on the reader, its file locked until `close`; made by `create` or `open`, closed by `with`."""

    def __init__(self, held: HeldFile, lock: CardLock, state: CardState) -> None:
        self._held = held
        self._lock: CardLock | None = lock
        self._moved: CardError | None = None
        self._card = Card(state, self._store)

    @classmethod
    def create(cls, path: Path, state: CardState) -> Self:
        """Write a new card file and open it.

        Raises Conflict E_CARD_FILE_EXISTS, CardError E_CARD_FILE_UNWRITTEN, and as `CardLock.acquire`.
        """
        path = _resolved(path)
        lock = CardLock.acquire(path)
        try:
            if path.exists():
                raise Conflict("E_CARD_FILE_EXISTS")
            return cls(HeldFile.create(path, state.to_json().encode()), lock, state)
        except OSError as error:
            lock.release()
            raise CardError("E_CARD_FILE_UNWRITTEN") from error
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a card file.

        Raises CardError E_CARD_FILE_MISSING, E_CARD_FILE_KIND, E_CARD_FILE_UNREADABLE or E_CARD_FILE_LINKED,
        Malformed E_CARD_FILE_DAMAGED or E_CARD_FILE_FORMAT, and as `CardLock.acquire`.
        """
        require_file(path)
        path = _resolved(path)
        if not os.access(path, os.R_OK | os.W_OK):  # or else only its lock would be spoken of
            raise CardError("E_CARD_FILE_UNREADABLE")
        lock = CardLock.acquire(path)
        try:
            return cls._holding(HeldFile.open(path), lock)
        except OSError as error:
            lock.release()
            raise CardError("E_CARD_FILE_UNREADABLE") from error
        except BaseException:
            lock.release()
            raise

    @classmethod
    def _holding(cls, held: HeldFile, lock: CardLock) -> Self:
        try:
            return cls(held, lock, CardState.from_json(held.read()))
        except BaseException:
            held.close()
            raise

    @property
    def card(self) -> Card:
        """The card that lives in this file."""
        return self._card

    @property
    def atr(self) -> bytes:
        """Answer to reset (ISO/IEC 7816-3, 8)."""
        return self._card.atr

    def reset(self) -> None:
        """Power off and on: everything volatile is gone."""
        self._card.reset()

    def record_reader(self, reader: str) -> None:
        """Say in which reader the card is, so that `card_lock.request_removal` can have it pulled out."""
        if self._lock is not None:
            self._lock.record(reader)

    @property
    def is_removal_requested(self) -> bool:
        """Whether another process wants the card out of its reader; whoever put it there looks here."""
        return self._lock is not None and self._lock.is_removal_requested

    def transmit(self, command: bytes) -> bytes:
        """Raises CardError E_CARD_REMOVED after `close`, E_CARD_FILE_MOVED when a change had no place."""
        if self._lock is None:
            raise CardError("E_CARD_REMOVED")
        self._moved = None
        answer = self._card.transmit(command)
        if self._moved is not None:
            raise self._moved
        return answer

    def close(self) -> None:
        """Take the card off the reader: it loses its power, and others may use it."""
        if self._lock is not None:
            self._card.reset()
            self._held.close()
            self._lock.release()
            self._lock = None

    def _store(self, state: CardState) -> None:
        """Replace the content of the file. Raises OSError, CardError E_CARD_FILE_MOVED or E_CARD_REMOVED."""
        if self._lock is None:
            raise CardError("E_CARD_REMOVED")
        try:
            self._held.replace(state.to_json().encode())
        except CardError as error:  # the card can only say 6581; `transmit` says why
            self._moved = error
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def require_file(path: str | Path) -> None:
    """A file is there, as far as one may look.

    Raises CardError E_CARD_FILE_MISSING, E_CARD_FILE_KIND where something else is, E_CARD_FILE_UNREADABLE
    in a folder that is closed.
    """
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 – also text that can be no path
    except PermissionError as error:
        raise CardError("E_CARD_FILE_UNREADABLE") from error
    except (OSError, ValueError) as error:
        raise CardError("E_CARD_FILE_KIND" if os.path.lexists(path) else "E_CARD_FILE_MISSING") from error
    if not stat.S_ISREG(mode):
        raise CardError("E_CARD_FILE_KIND")


def _resolved(path: Path) -> Path:
    """The file itself, so that a change replaces it and not a link to it."""
    return path.resolve()
