"""The two key slots of the number card and where each keeps its files.

File identifiers, tries and PIN formats are those of the number card (docs/reference/card.md), read from its
declaration. Slot numbers in issuer commands are our choice: the real ones are not published.
"""

from collections.abc import Mapping
from typing import Final

from honnin.card.kinds.declaration import NUMBER_CARD, KeySlot, SlotLayout, kind

LAYOUT: Final[Mapping[KeySlot, SlotLayout]] = kind(NUMBER_CARD).slots
