"""Somebody with a card, and the readers into which it is put; from one of them it is pulled."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from honnin.card.apdu import SHORT_LC_MAX
from honnin.card.chip.card import Card
from honnin.card.client.session import CardSession
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.in_process import InProcess
from honnin.identifiers import PersonCode
from honnin.municipality.residents.models import Resident


@dataclass
class Holder:
    """A resident and the card that lives in their pocket."""

    resident: Resident
    card: Card

    @property
    def code(self) -> PersonCode:
        return self.resident.person_code

    def reader(self) -> InProcess:
        """The card in a reader."""
        return InProcess(self.card)

    def session(self) -> CardSession:
        """The card in a reader, its JPKI application selected."""
        session = CardSession(self.reader())
        session.select_jpki()
        return session


@contextmanager
def holder_from_file(resident: Resident, path: Path) -> Iterator[Holder]:
    """A holder whose card lies in a file, which nobody else uses meanwhile; raises as `CardFile.open`."""
    with CardFile.open(path) as file:
        yield Holder(resident, file.card)


class PulledAfter:
    """A reader from which the card is pulled after `commands` answers. A lost answer can be the last one.

    It carries short commands, unless told otherwise: there are more of them to be cut between.
    """

    longest_data: int = SHORT_LC_MAX

    def __init__(self, card: Card, commands: int, *, answer_lost: bool = False) -> None:
        self._reader = InProcess(card)
        self._left = commands
        self._answer_lost = answer_lost

    def transmit(self, command: bytes) -> bytes:
        if self._left == 0:
            if self._answer_lost:
                self._reader.transmit(command)
            self._reader.remove()
        self._left -= 1
        return self._reader.transmit(command)
