"""A PIN on its way between who types it and the card: a text that shows itself to nobody by accident."""

from typing import Self


class Pin(str):
    """A PIN or password of a card or token, as it was typed, or as the card has it.

    What a card has is made of what was typed by `law.cards.pins.normalise_pin` alone.
    A log, an error or a sentence into which it gets shows no character of it, nor how many there are. The
    card gets its octets (`encode`); whoever tells of a test card on purpose asks for its `text`.
    """

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        """Of a text, or of a PIN: not of what a PIN shows."""
        return super().__new__(cls, value[:])

    @property
    def text(self) -> str:
        """What is typed."""
        return self[:]

    def __repr__(self) -> str:
        return "Pin(…)"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)
