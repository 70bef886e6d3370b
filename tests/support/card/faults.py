"""Things that go wrong with cards: a store that fails, power that goes, a way that is altered."""

from collections.abc import Callable
from enum import Enum

from honnin.card.chip.card import Card
from honnin.card.chip.memory import UnsureError
from honnin.card.chip.state import CardState
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError


class PowerCutError(Exception):
    """The power went while the card was working: no answer, nothing more happens."""


class Fault(Enum):
    """What happens at the chosen write of the store."""

    REFUSED = "the medium is full: the write fails, nothing is kept"
    UNSURE = "the medium took it, and does not say that it will last"
    CUT_BEFORE = "the power goes before the write"
    CUT_AFTER = "the power goes after the write, before the answer"


class FaultyStore:
    """Keeps the newest state, and has its fault at the `at`-th write (from 1)."""

    def __init__(self, state: CardState, fault: Fault | None = None, at: int = 0) -> None:
        self.kept = state
        self.writes = 0
        self._fault = fault
        self._at = at

    def fail_next(self, fault: Fault) -> None:
        """Have this fault at the next write, once."""
        self._fault, self._at = fault, self.writes + 1

    def __call__(self, state: CardState) -> None:
        self.writes += 1
        fault = self._fault if self.writes == self._at else None
        if fault is Fault.REFUSED:
            raise OSError(28, "No space left on device")
        if fault is Fault.CUT_BEFORE:
            raise PowerCutError
        self.kept = state
        if fault is Fault.UNSURE:
            raise UnsureError(5, "Input/output error")
        if fault is Fault.CUT_AFTER:
            raise PowerCutError


class Altering:
    """A reader on the way to which someone alters commands or answers."""

    def __init__(
        self,
        card: Card,
        *,
        command: Callable[[bytes], bytes] = bytes,
        answer: Callable[[bytes], bytes] = bytes,
    ) -> None:
        self._reader = InProcess(card)
        self._command = command
        self._answer = answer

    def transmit(self, command: bytes) -> bytes:
        return self._answer(self._reader.transmit(self._command(command)))


def is_gone(error: BaseException) -> bool:
    """Whether an error says that the card is out of the reader or without power."""
    return isinstance(error, PowerCutError) or (
        isinstance(error, CardError) and error.code == "E_CARD_REMOVED"
    )


def is_refused_write(error: BaseException) -> bool:
    """Whether an error says that the card could not keep something; in a channel there is no proof of it."""
    if not isinstance(error, CardError):
        return False
    return error.code == "E_CARD_STORE_FAILED" or error.context.get("status_word") == "6581"
