"""Ways to reach a card: in the same process, as a file, in a virtual PC/SC reader, in a real one.

The only modules of the card room that do input or output. They move bytes and keep them; what the bytes
mean is decided in the card and in `card.client`.
"""

from typing import Protocol

from honnin.card.apdu import SHORT_LC_MAX


class Transport(Protocol):
    """Carries commands to a card and its answers back."""

    def transmit(self, command: bytes) -> bytes:
        """Answer one command APDU. Raises CardError E_CARD_REMOVED when no card is there."""
        ...


def longest_data(transport: Transport) -> int:
    """How many bytes of data a way to a card carries in one command: what it says, else 255 as any does."""
    longest: int = getattr(transport, "longest_data", SHORT_LC_MAX)
    return longest


class PoweredTransport(Transport, Protocol):
    """A card as a reader holds it: the reader also sees its ATR and takes its power away."""

    @property
    def atr(self) -> bytes:
        """Answer to reset (ISO/IEC 7816-3, 8)."""
        ...

    def reset(self) -> None:
        """Power off and on: everything volatile is gone."""
        ...


class CardWrapper:
    """A card around another, to which it passes everything on: for what listens in between."""

    def __init__(self, card: PoweredTransport) -> None:
        self._card = card

    @property
    def atr(self) -> bytes:
        """Answer to reset (ISO/IEC 7816-3, 8)."""
        return self._card.atr

    def reset(self) -> None:
        """Power off and on: everything volatile is gone."""
        self._card.reset()

    def transmit(self, command: bytes) -> bytes:
        """Raises as the card inside."""
        return self._card.transmit(command)
