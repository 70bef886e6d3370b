"""The two key slots of the card and where each keeps its files.

File identifiers, tries and PIN formats are those of the number card (docs/reference/card.md).
Slot numbers in issuer commands are our choice: the real ones are not published.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class KeySlot(StrEnum):
    """A place for one key pair, its certificates and the PIN that guards it."""

    SIGNATURE = "signature"
    AUTHENTICATION = "authentication"


@dataclass(frozen=True)
class SlotLayout:
    """Where a slot lives in the JPKI application, and the rule of its PIN."""

    number: int  # names the slot in issuer commands
    certificate_file: int
    ca_certificate_file: int
    key_file: int
    pin_file: int
    max_tries: int
    pin_rule: re.Pattern[str]
    pin_length: str  # both for the sentence of an error
    pin_characters: str


LAYOUT: dict[KeySlot, SlotLayout] = {
    KeySlot.SIGNATURE: SlotLayout(
        number=1,
        certificate_file=0x0001,
        ca_certificate_file=0x0002,
        key_file=0x001A,
        pin_file=0x001B,
        max_tries=5,
        pin_rule=re.compile(r"(?=.*[A-Z])(?=.*[0-9])[A-Z0-9]{6,16}"),
        pin_length="6-16",
        pin_characters="0-9, A-Z",
    ),
    KeySlot.AUTHENTICATION: SlotLayout(
        number=2,
        certificate_file=0x000A,
        ca_certificate_file=0x000B,
        key_file=0x0017,
        pin_file=0x0018,
        max_tries=3,
        pin_rule=re.compile(r"[0-9]{4}"),
        pin_length="4",
        pin_characters="0-9",
    ),
}

SLOT_BY_NUMBER: dict[int, KeySlot] = {layout.number: slot for slot, layout in LAYOUT.items()}
SLOT_BY_KEY_FILE: dict[int, KeySlot] = {layout.key_file: slot for slot, layout in LAYOUT.items()}
SLOT_BY_PIN_FILE: dict[int, KeySlot] = {layout.pin_file: slot for slot, layout in LAYOUT.items()}


def pin_is_well_formed(slot: KeySlot, pin: str) -> bool:
    """Whether a PIN has the form of its slot: 4 digits, or 6 to 16 of A-Z0-9 with a letter and a digit.

    Lower case is not well formed: the card does not fold case, clients do.
    """
    return LAYOUT[slot].pin_rule.fullmatch(pin) is not None
