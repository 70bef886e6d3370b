"""A card in the same process: for tests, demonstrations and one-machine installations."""

from honnin.card.apdu import EXTENDED_LC_MAX
from honnin.card.chip.card import Card
from honnin.errors import CardError


class InProcess:
    """A reader with at most one card in it."""

    longest_data = EXTENDED_LC_MAX

    def __init__(self, card: Card | None = None) -> None:
        self._card: Card | None = None
        if card is not None:
            self.insert(card)

    def insert(self, card: Card) -> None:
        """Put a card in; it gets power, so everything volatile is gone."""
        card.reset()
        self._card = card

    def remove(self) -> None:
        """Pull the card out; it loses its power. Nothing happens when there is none."""
        if self._card is not None:
            self._card.reset()
        self._card = None

    def transmit(self, command: bytes) -> bytes:
        """Raises CardError E_CARD_REMOVED when no card is in."""
        if self._card is None:
            raise CardError("E_CARD_REMOVED")
        return self._card.transmit(command)
