"""What a test says to the agency, as whoever stands at the other end of a line."""

from typing import TypeVar

from honnin.identifiers import MunicipalityCode
from honnin.municipality.counter.guards.models import Clerk
from honnin.wire.line import InProcessLine, InProcessLines, Lines, Message, Party, Sender, line_to, plugged

R = TypeVar("R")


def sender(clerk: Clerk) -> Sender:
    """The clerk as the agency knows a speaker."""
    return Sender("municipality", clerk.municipality_id, clerk.user_name)


def ask(sender: Sender, message: Message[R]) -> R:
    """By the line that is plugged; as another party than a municipality, by one that is bound to it."""
    if sender.role == "municipality":
        return line_to("agency", sender.municipality_code).ask(message, sender.staff)
    lines = plugged("agency")
    assert isinstance(lines, InProcessLines)
    return InProcessLine(lines._reception, sender.party).ask(message, sender.staff)


class OneLine:
    """Lines of which each is told of a message by `ask(sender, message)`."""

    def of(self, municipality_code: MunicipalityCode | None) -> "_Bound":
        return _Bound(self, Party("municipality", municipality_code))

    def ask(self, sender: Sender, message: Message[R]) -> R:
        raise NotImplementedError


class _Bound:
    def __init__(self, lines: OneLine, party: Party) -> None:
        self._lines, self._party = lines, party

    def ask(self, message: Message[R], staff: str) -> R:
        return self._lines.ask(Sender(self._party.role, self._party.municipality_code, staff), message)


def said_by(lines: Lines, sender: Sender, message: Message[R]) -> R:
    """As `ask`, by lines that are not plugged any more."""
    return lines.of(sender.municipality_code).ask(message, sender.staff)
