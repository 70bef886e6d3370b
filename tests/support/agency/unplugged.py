"""Lines to an agency that nobody plugged, or that breaks."""

from honnin.errors import Unavailable
from honnin.wire.line import Message, Sender, plugged
from tests.support.agency.speaking import OneLine, R


class Unplugged(OneLine):
    """A line that nobody answers."""

    def ask(self, sender: Sender, message: Message[R]) -> R:
        raise Unavailable("E_RECORDS_UNAVAILABLE")


class OnlyAnswers(OneLine):
    """The line breaks as soon as something is to be done; questions are answered as before."""

    def __init__(self) -> None:
        self._lines = plugged("agency")

    def ask(self, sender: Sender, message: Message[R]) -> R:
        if not message.is_question:
            raise Unavailable("E_RECORDS_UNAVAILABLE")
        return self._lines.of(sender.municipality_code).ask(message, sender.staff)
