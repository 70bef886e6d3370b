"""The readers at a machine that serves pages: a page offers what lies on them, and who stands there chooses.

A reader is one way to cards (`card.transport`). Virtual cards lie in the installation's folder; where the
role's settings say so, the PC/SC readers of the machine stand beside them. A reader at another machine would
be one more class here that relays to it.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from honnin.card.transport import Transport
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.in_process import InProcess
from honnin.card.transport.pcsc import PcscCard, reader_names
from honnin.errors import CardError, Unavailable

PCSC = "PC/SC: "


class Reader(Protocol):
    """One way to cards. What can be chosen has a name that no other reader knows."""

    def choices(self) -> list[str]:
        """What a card can be reached by now, in the words of the page."""
        ...

    def inserted(self, choice: str) -> AbstractContextManager[Transport]:
        """The card, for as long as the block lasts. Raises CardError, or Unavailable of the reader."""
        ...


class VirtualCards:
    """A folder of virtual cards, one file for each, chosen by the card's number."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def choices(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob("*.json"))

    @contextmanager
    def inserted(self, choice: str) -> Iterator[Transport]:
        """Raises CardError E_CARD_FILE_MISSING, E_CARD_IN_USE."""
        if choice not in self.choices():
            raise CardError("E_CARD_FILE_MISSING")
        with CardFile.open(self._folder / f"{choice}.json") as file:
            yield InProcess(file.card)


class PcscReaders:
    """The readers of this machine's PC/SC service, chosen by their names; none while it does not answer."""

    def choices(self) -> list[str]:
        try:
            return [f"{PCSC}{name}" for name in reader_names()]
        except Unavailable:
            return []

    @contextmanager
    def inserted(self, choice: str) -> Iterator[Transport]:
        """Raises as `PcscCard`: the card that lies on the reader, reset when the block is left."""
        with PcscCard(choice.removeprefix(PCSC)) as card:
            yield card


def readers_here(folder: Path, *, pcsc: bool) -> Sequence[Reader]:
    """The readers that pages offer: a folder of virtual cards, and with `pcsc` those of this machine."""
    virtual = VirtualCards(folder)
    return (virtual, PcscReaders()) if pcsc else (virtual,)


def choices(readers: Sequence[Reader]) -> list[str]:
    """Everything that a page can offer to put a card on."""
    return [choice for reader in readers for choice in reader.choices()]


def inserted(readers: Sequence[Reader], choice: str) -> AbstractContextManager[Transport]:
    """The card that was chosen, for as long as the block lasts. Raises as the reader that offers it."""
    virtual, *others = readers
    chosen = next((each for each in others if choice.startswith(PCSC)), virtual)
    return chosen.inserted(choice)
