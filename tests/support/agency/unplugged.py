"""A line to an agency that nobody plugged."""

from honnin.errors import Unavailable
from honnin.wire.line import Message, Sender
from tests.support.agency.speaking import OneLine, R


class Unplugged(OneLine):
    """A line that nobody answers."""

    def ask(self, sender: Sender, message: Message[R]) -> R:
        raise Unavailable("E_RECORDS_UNAVAILABLE")
