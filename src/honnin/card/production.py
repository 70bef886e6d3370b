"""A card as it leaves the factory: the issuer's keys and a number; no holder's key, certificate or PIN."""

from datetime import date
from typing import Final

from honnin.card.scp03 import StaticKeys
from honnin.card.slot import KeySlot
from honnin.card.state import CardState, SlotContent

NUMBER_CARD_LABEL: Final = "JPKIAPICCTOKEN2"
CARD_NUMBER_MAX: Final = 64
TOKEN_LABEL_MAX: Final = 32


def blank_card(
    card_number: str,
    static_keys: StaticKeys,
    expiry_date: date,
    *,
    token_label: str = NUMBER_CARD_LABEL,
) -> CardState:
    """A new card. Its PINs are not set: they count as blocked until the issuer authorises setting them.

    Raises ValueError for a card number that is not 1 to 64 printable ASCII characters, or a token label of
    more than 32.
    """
    if not (card_number.isascii() and card_number.isprintable() and 1 <= len(card_number) <= CARD_NUMBER_MAX):
        raise ValueError("a card number is 1 to 64 printable ASCII characters")
    if not (token_label.isascii() and len(token_label) <= TOKEN_LABEL_MAX):
        raise ValueError("a token label is at most 32 ASCII characters")
    return CardState(
        card_number=card_number,
        issuer_keys=static_keys,
        expiry_date=expiry_date,
        token_label=token_label,
        slots={slot: SlotContent() for slot in KeySlot},
    )
