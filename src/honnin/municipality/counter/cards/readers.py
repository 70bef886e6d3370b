"""The readers at the counter: virtual cards, and with HONNIN_COUNTER_PCSC=1 this machine's PC/SC readers."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from django.conf import settings

from honnin.card.transport import Transport
from honnin.card.transport import readers as card_readers
from honnin.card.transport.readers import Reader, readers_here


def at_the_counter() -> Sequence[Reader]:
    """The readers that pages offer in this process."""
    return readers_here(settings.HONNIN_CARDS, pcsc=settings.HONNIN_COUNTER_PCSC)


def choices() -> list[str]:
    """Everything that a page can offer to put a card on."""
    return card_readers.choices(at_the_counter())


def inserted(choice: str) -> AbstractContextManager[Transport]:
    """The card that was chosen, for as long as the block lasts. Raises as the reader that offers it."""
    return card_readers.inserted(at_the_counter(), choice)
