"""The two key slots of the number card and where each keeps its files.

File identifiers, tries and PIN formats are those of the number card (docs/reference/card.md), read from its
declaration. Slot numbers in issuer commands are our choice: the real ones are not published.
"""

from collections.abc import Mapping
from typing import Final

from honnin.card.declaration import NUMBER_CARD, KeySlot, SlotLayout, kind

__all__ = ["LAYOUT", "KeySlot", "SlotLayout", "pin_is_well_formed"]

LAYOUT: Final[Mapping[KeySlot, SlotLayout]] = kind(NUMBER_CARD).slots


def pin_is_well_formed(slot: KeySlot, pin: str) -> bool:
    """Whether a PIN has the form of its slot: 4 digits, or 6 to 16 of A-Z0-9 with a letter and a digit.

    Lower case is not well formed: the card does not fold case, clients do.
    """
    return LAYOUT[slot].pin.rule.fullmatch(pin) is not None
