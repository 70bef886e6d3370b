"""Whether a card is valid on a day, and what ends it. Whether it is lost is another question (`loss`)."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from honnin.law.citation import cites
from honnin.law.terms import LapseGround
from honnin.law.validity import has_expired


class CardEffect(StrEnum):
    """How a card stands on a day."""

    VALID = "valid"
    EXPIRED = "expired"
    ENDED = "ended"


class CardEvent(StrEnum):
    """What changes how a card stands."""

    TAKEN_BACK = "taken back, or ended in the records"
    ENTRY_REMOVED = "the entry in the register is removed"
    REPLACED = "another card is produced"
    LAST_DAY = "its last day passes"


TRANSITIONS: Mapping[CardEffect, Mapping[CardEvent, CardEffect]] = MappingProxyType(
    {
        CardEffect.VALID: {
            CardEvent.TAKEN_BACK: CardEffect.ENDED,
            CardEvent.ENTRY_REMOVED: CardEffect.ENDED,
            CardEvent.LAST_DAY: CardEffect.EXPIRED,
        },
        CardEffect.EXPIRED: {
            CardEvent.TAKEN_BACK: CardEffect.ENDED,
            CardEvent.ENTRY_REMOVED: CardEffect.ENDED,
            CardEvent.REPLACED: CardEffect.ENDED,
        },
        CardEffect.ENDED: {},
    }
)

EVENT_OF_GROUND: Mapping[LapseGround, CardEvent] = MappingProxyType(
    {
        LapseGround.CARD_INVALID: CardEvent.TAKEN_BACK,
        LapseGround.REMOVAL_OF_ENTRY: CardEvent.ENTRY_REMOVED,
    }
)
"""Grounds for a lapse of certificates with which the card loses its validity too (カード令第14条)."""


@cites("S1-C4a", "card-order/14")
def card_state(valid: bool, expiry: date, on: date) -> CardEffect:
    """How a card stands on a day; `valid`: as recorded, until something ends it."""
    if not valid:
        return CardEffect.ENDED
    return CardEffect.EXPIRED if has_expired(expiry, on) else CardEffect.VALID
