"""A card whose PIN is verified for as long as it is needed, and not longer."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.errors import CardError
from honnin.law.citation import cites
from honnin.pin import Pin


@cites("S1-E2.1a", "S2-2.1a")
@contextmanager
def unlocked(
    session: CardSession, slot: KeySlot, pin: Pin, *, use_last_try: bool = False
) -> Iterator[CardSession]:
    """The session with the slot's PIN verified; the card forgets it at the end.

    Raises CardError as `CardSession.select_jpki` and `CardSession.verify_pin`.
    """
    session.select_jpki()
    session.verify_pin(slot, pin, use_last_try=use_last_try)
    try:
        yield session
    finally:
        with suppress(CardError):  # a card that was pulled out has forgotten the PIN already
            session.select_jpki()
