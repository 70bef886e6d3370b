"""The law's rule for a PIN and the card's own must be the same: neither may import the other."""

from hypothesis import example, given
from hypothesis import strategies as st

from honnin.card.slot import LAYOUT, KeySlot, pin_is_well_formed
from honnin.law.pins import PinKind, pin_format_refusals, pin_rule
from honnin.law.terms import Generation

NUMBER_CARD = Generation.NUMBER_CARD
PAIRS = {KeySlot.SIGNATURE: PinKind.SIGNATURE, KeySlot.AUTHENTICATION: PinKind.USER_AUTHENTICATION}
NEARLY = st.text(alphabet="ABYZabz0189١１-　\n", max_size=18)


@given(slot=st.sampled_from(list(KeySlot)), pin=NEARLY | st.text(max_size=18))
@example(slot=KeySlot.AUTHENTICATION, pin="1234\n")
@example(slot=KeySlot.AUTHENTICATION, pin="١٢٣٤")
@example(slot=KeySlot.SIGNATURE, pin="ABC123")
@example(slot=KeySlot.SIGNATURE, pin="ABCDEF")
def test_both_call_the_same_texts_well_formed(slot: KeySlot, pin: str) -> None:
    assert pin_is_well_formed(slot, pin) is not bool(pin_format_refusals(pin, PAIRS[slot], NUMBER_CARD))


def test_both_say_the_same_form() -> None:
    for slot, kind in PAIRS.items():
        said = {"length": LAYOUT[slot].pin.length, "characters": LAYOUT[slot].pin.characters}
        assert dict(pin_rule(kind, NUMBER_CARD).written()) == said


def test_both_allow_the_same_number_of_tries() -> None:
    for slot, kind in PAIRS.items():
        assert LAYOUT[slot].pin.tries == pin_rule(kind, NUMBER_CARD).tries
