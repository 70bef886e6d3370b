"""Lines to an agency that dies, or that go dead themselves."""

from honnin.agency.authority.services import authority
from honnin.clock import Clock
from honnin.errors import Unavailable
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import Message, Sender, plug, plugged
from tests.support.agency import speaking
from tests.support.agency.speaking import OneLine, R, said_by


class Forgetful(OneLine):
    """A line to an agency whose process dies after every answer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def ask(self, sender: Sender, message: Message[R]) -> R:
        authority.cache_clear()
        connect_in_process(self._clock)
        reply = speaking.ask(sender, message)
        plug("agency", self)
        return reply


class CutLine(OneLine):
    """A line that goes dead at its n-th message (from 0): the question is lost, or the answer to it."""

    def __init__(self, messages: int, *, answer_lost: bool) -> None:
        self._lines, self._left, self._answer_lost = plugged("agency"), messages, answer_lost

    def ask(self, sender: Sender, message: Message[R]) -> R:
        self._left -= 1
        if self._left >= 0:
            return said_by(self._lines, sender, message)
        if self._answer_lost:
            said_by(self._lines, sender, message)
        raise Unavailable("E_RECORDS_UNAVAILABLE")
