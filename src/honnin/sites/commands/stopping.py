"""How a command that goes on until it is interrupted hears that it is."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_STOPS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def told_to_stop(stop: Callable[[int], object]) -> Iterator[None]:
    """SIGINT and SIGTERM call `stop` with their number; the process is to end when this does.

    One that comes later says nothing new: were it not ignored, the interpreter would die of it on its way
    out, and a card that was pulled out as it should be would look like a failure.
    """

    def heard(number: int, _frame: FrameType | None) -> None:
        stop(number)

    for number in _STOPS:
        signal.signal(number, heard)
    try:
        yield
    finally:
        for number in _STOPS:
            signal.signal(number, signal.SIG_IGN)
