"""The law's rule for a PIN and the card's own must be the same: neither may import the other."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from honnin.card.kinds.declaration import KeySlot, PinDeclaration, kind
from honnin.errors import CardError
from honnin.law.cards.pins import PinKind, normalise_pin, pin_format_refusals, pin_rule
from honnin.law.terms import Generation
from honnin.pin import Pin

NUMBER_CARD, JUKI_CARD = kind("number-card"), kind("juki-card")
PAIRS: dict[tuple[Generation, PinKind], PinDeclaration] = {
    (Generation.NUMBER_CARD, PinKind.SIGNATURE): NUMBER_CARD.slots[KeySlot.SIGNATURE].pin,
    (Generation.NUMBER_CARD, PinKind.USER_AUTHENTICATION): NUMBER_CARD.slots[KeySlot.AUTHENTICATION].pin,
    (Generation.NUMBER_CARD, PinKind.RESIDENT_REGISTER): NUMBER_CARD.applications["juki"].pins[0x1C],
    (Generation.NUMBER_CARD, PinKind.CARD_FACE_ENTRY): NUMBER_CARD.applications["text"].pins[0x11],
    (Generation.JUKI_CARD, PinKind.SIGNATURE): JUKI_CARD.slots[KeySlot.SIGNATURE].pin,
    (Generation.JUKI_CARD, PinKind.CARD): JUKI_CARD.applications["juki"].pins[0x1C],
}
NEARLY = st.text(alphabet="ABYZabz0189１１-　\n", max_size=18)
each_pin = pytest.mark.parametrize(("generation", "pin_kind"), PAIRS)


@each_pin
@given(pin=NEARLY | st.text(max_size=18))
@example(pin="1234\n")
@example(pin="١٢٣٤")
@example(pin="ABC123")
@example(pin="ABCDEF")
@example(pin="abcdef12")
@example(pin="ſbc123")
def test_both_send_the_same_texts_alike_and_refuse_the_same(
    generation: Generation, pin_kind: PinKind, pin: str
) -> None:
    normal = normalise_pin(pin, pin_kind, generation)
    declared = PAIRS[generation, pin_kind]
    if pin_format_refusals(normal, pin_kind, generation):
        with pytest.raises(CardError, match="E_PIN_FORMAT"):
            declared.encoded(Pin(pin))
    else:
        assert declared.encoded(Pin(pin)).decode() == normal


@each_pin
def test_both_say_the_same_form_and_number_of_tries(generation: Generation, pin_kind: PinKind) -> None:
    declared, rule = PAIRS[generation, pin_kind], pin_rule(pin_kind, generation)
    assert dict(rule.written()) == {"length": declared.length, "characters": declared.characters}
    assert rule.tries == declared.tries
