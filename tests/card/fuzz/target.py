"""What is fuzzed: one card, from one of several beginnings, in one conversation before a witness."""

from dataclasses import replace
from functools import cache

from honnin.card.chip.state import CardState, SlotContent
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import NUMBER_CARD, KeySlot
from honnin.card.scp03 import LAST_KEY_VERSION, StaticKeys, derive_card_keys
from tests.card.fuzz.script import Script
from tests.card.witness import Witness
from tests.support.card.cards import CARD_NUMBER, EXPIRY, full_card, with_tries
from tests.support.card.small_keys import authority, small_keys

JUKI_CARD = "juki-card"


def check(data: bytes) -> None:
    """Play the conversation that `data` is. Raises AssertionError when the card does what it may not."""
    play(data)


def play(data: bytes) -> Witness:
    """The same, for those who want to know what was seen; the first byte chooses the card."""
    states = beginnings()
    witness = Witness(states[data[0] % len(states) if data else 0], generate_key=small_keys())
    Script(data[1:], witness).play()
    return witness


@cache
def beginnings() -> tuple[CardState, ...]:
    """The cards that a conversation may begin with."""
    keys = derive_card_keys(bytes(range(32)), CARD_NUMBER)
    number, juki = (full_card(each, keys, small_keys(), authority()) for each in (NUMBER_CARD, JUKI_CARD))
    new = StaticKeys(b"\x01" * 16, b"\x02" * 16, b"\x03" * 16, LAST_KEY_VERSION - 1)
    return (
        number,
        juki,
        blank_card(CARD_NUMBER, keys, EXPIRY),
        blank_card(CARD_NUMBER, keys, EXPIRY, kind_name=JUKI_CARD),
        replace(number, terminated=True),
        with_tries(number, 1),
        with_tries(juki, 0),
        replace(number, sequence_counter=0xFFFFFD),
        replace(number, issuer_keys=new),
        number.with_slot(KeySlot.SIGNATURE, SlotContent()),
    )
