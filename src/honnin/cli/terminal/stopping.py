"""Stop signals for commands that run until they are interrupted."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Timer, main_thread
from types import FrameType

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_AGAIN = 0.01  # seconds


@contextmanager
def on_stop_signal(stop: Callable[[int], object]) -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP call `stop` with their number; the process is to end when this does.

    One that comes later says nothing new: were it not ignored, the interpreter would die of it on its way
    out, and a card that was pulled out as it should be would look like a failure. Under `nohup` the end of
    the terminal is nothing to hear of.
    """

    def heard(number: int, _frame: FrameType | None) -> None:
        stop(number)

    stops = [each for each in _STOPS if not _is_unheard(each)]
    for number in stops:
        signal.signal(number, heard)
    try:
        yield
    finally:
        for number in stops:
            signal.signal(number, signal.SIG_IGN)


def _is_unheard(number: signal.Signals) -> bool:
    return number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN


class BrokenOff(BaseException):
    """A signal came while something was under way that may be left at any point."""


class Stops:
    """The signals that were heard. The first one breaks off what is under way in a `breakable` block."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self._breakable = False

    def __bool__(self) -> bool:
        return bool(self.numbers)

    def hear(self, number: int) -> None:
        """For `on_stop_signal`. A second one does not disturb what the first one set off."""
        self.numbers.append(number)
        self._break()

    @contextmanager
    def breakable(self) -> Iterator[None]:
        """Raises BrokenOff at once when a signal comes, or has come before: for work that is resumed by
        doing it again, since every part of it is done whole or not at all.
        """
        before = sys.unraisablehook
        try:
            sys.unraisablehook = partial(self._break_again, before)
            self._breakable = True
            if self.numbers:
                self._break()
            yield
        finally:
            self._breakable = False
            sys.unraisablehook = before

    def _break_again(
        self, before: "Callable[[sys.UnraisableHookArgs], object]", dropped: "sys.UnraisableHookArgs"
    ) -> None:
        """Python drops what is raised in a finalizer, where a signal may find it: send the signal again."""
        if not isinstance(dropped.exc_value, BrokenOff):
            before(dropped)
            return
        self._breakable = True
        Timer(_AGAIN, signal.pthread_kill, (main_thread().ident, self.numbers[0])).start()

    def _break(self) -> None:
        if self._breakable:
            self._breakable = False
            raise BrokenOff
