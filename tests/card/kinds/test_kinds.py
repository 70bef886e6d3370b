"""Each kind of card by its own rules: what is sent to it, what costs a try, and what it does not have."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from honnin.card.chip.card import Card
from honnin.card.chip.state import ApplicationContent, CardState, PinRecord
from honnin.card.client.known_files import BY_NAME, KnownApplication, KnownFile
from honnin.card.client.session import CardSession
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import NUMBER_CARD, KeySlot, kind, kind_labelled, kinds
from honnin.card.scp03 import derive_card_keys
from honnin.card.token_information import token_files
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError
from honnin.identifiers import CardNumber
from honnin.pin import Pin
from tests.support.card.desk import PINS

PASSWORD = "abcdef12"  # of a Juki card; a number card's would be ABCDEF12
NUMBER = CardNumber("TESTX0000000001")


class Counted:
    """Writes down what passes to the card."""

    def __init__(self, card: Card) -> None:
        self._reader = InProcess(card)
        self.commands: list[bytes] = []

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        return self._reader.transmit(command)

    @property
    def pins_sent(self) -> list[bytes]:
        return [each[5:] for each in self.commands if each[1] in (0x20, 0x24, 0x32) and len(each) > 5]


def juki_state(password: str) -> CardState:
    keys = derive_card_keys(bytes(range(32)), NUMBER)
    contents = {"juki": ApplicationContent(pins={0x1C: PinRecord("1234", 5)})}
    state = blank_card(NUMBER, keys, date(2025, 11, 30), kind_name="juki-card", contents=contents)
    return state.with_slot(
        KeySlot.SIGNATURE, replace(state.slots[KeySlot.SIGNATURE], pin=PinRecord(password, 5))
    )


def inserted(state: CardState) -> Counted:
    return Counted(Card(state, lambda new: None))


def selected(transport: Counted) -> CardSession:
    session = CardSession(transport)
    session.select_jpki()
    return session


def every_pin() -> Iterator[tuple[KnownApplication, KnownFile]]:
    for application in BY_NAME.values():
        for pin in application.pins:
            yield application, pin


def named(name: str) -> tuple[KnownApplication, KnownFile]:
    return next((application, pin) for application, pin in every_pin() if pin.name == name)


def test_a_kind_is_known_by_its_label() -> None:
    for name in kinds():
        assert kind_labelled(kind(name).token_label) == kind(name)
    assert kind_labelled("JPKIAPIOSTOKEN") == kind_labelled("JPKIAPGPSETOKEN") == kind(NUMBER_CARD)
    assert kind_labelled("JPKIAPICCTOKEN3") is kind_labelled("") is None


# — by slots ——————————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.parametrize("password", [PASSWORD, "abcd", "1234", "ABCD", "a" * 16])
def test_a_juki_cards_password_goes_as_it_was_typed(password: str) -> None:
    transport = inserted(juki_state(password))
    session = selected(transport)
    session.verify_pin(KeySlot.SIGNATURE, Pin(password))
    session.change_pin(KeySlot.SIGNATURE, Pin(password), Pin("wxyz"))
    session.verify_pin(KeySlot.SIGNATURE, Pin("wxyz"))
    assert session.tries_left(KeySlot.SIGNATURE) == 5
    assert transport.pins_sent == [each.encode() for each in (password, password, "wxyz", "wxyz")]


@pytest.mark.clause("S0-25")
def test_five_wrong_entries_in_a_row_block_a_juki_cards_password() -> None:
    transport = inserted(juki_state(PASSWORD))
    session = selected(transport)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(CardError, match=r"E_PIN_(WRONG|LOCKED)"):
            session.verify_pin(KeySlot.SIGNATURE, Pin("wrong"), use_last_try=True)
        assert session.tries_left(KeySlot.SIGNATURE) == left
    right = bytes.fromhex("0020008008") + PASSWORD.encode()
    assert transport.transmit(right) == bytes.fromhex("6984")


@pytest.mark.parametrize("password", ["", "abc", "a" * 17, "abcd-1", "ａｂｃ"])
def test_what_is_no_password_of_a_juki_card_is_not_sent(password: str) -> None:
    transport = inserted(juki_state(PASSWORD))
    session = selected(transport)
    with pytest.raises(CardError, match="E_PIN_FORMAT") as error:
        session.verify_pin(KeySlot.SIGNATURE, Pin(password))
    assert error.value.context == {"length": "4-16", "characters": "0-9, A-Z, a-z"}
    with pytest.raises(CardError, match="E_PIN_FORMAT"):
        session.change_pin(KeySlot.SIGNATURE, Pin(PASSWORD), Pin(password))
    assert transport.pins_sent == []


def test_a_slot_that_the_card_does_not_have_is_named_and_not_looked_for() -> None:
    transport = inserted(juki_state(PASSWORD))
    session = selected(transport)
    session.kind()
    sent = len(transport.commands)
    for attempt in (
        lambda: session.verify_pin(KeySlot.AUTHENTICATION, Pin("1234")),
        lambda: session.change_pin(KeySlot.AUTHENTICATION, Pin("1234"), Pin("5678")),
        lambda: session.tries_left(KeySlot.AUTHENTICATION),
        lambda: session.read_certificate(KeySlot.AUTHENTICATION),
        lambda: session.read_ca_certificate(KeySlot.AUTHENTICATION),
        lambda: session.sign_sha256(KeySlot.AUTHENTICATION, b""),
    ):
        with pytest.raises(CardError, match="E_CARD_SLOT_ABSENT") as error:
            attempt()
        assert error.value.context == {"slot": "authentication"}
    assert len(transport.commands) == sent


def test_the_card_is_asked_once_for_its_kind(issued_state: CardState) -> None:
    transport = inserted(issued_state)
    session = selected(transport)
    for _ in range(3):
        session.verify_pin(KeySlot.AUTHENTICATION, Pin(PINS[KeySlot.AUTHENTICATION]))
    assert len(transport.commands) == 1 + 2 + 3 * 3  # selection, kind, and for each: file, question, PIN


def test_another_card_in_the_reader_is_of_another_kind(issued_state: CardState) -> None:
    reader = InProcess(Card(issued_state, lambda new: None))
    session = CardSession(reader)
    session.select_jpki()
    assert session.kind() == kind(NUMBER_CARD)
    reader.insert(Card(juki_state(PASSWORD), lambda new: None))
    session.select_jpki()
    session.verify_pin(KeySlot.SIGNATURE, Pin(PASSWORD))


# — by names ——————————————————————————————————————————————————————————————————————————————————————————


MALFORMED = {
    "signature-pin": ["", "ABC12", "ABCDEF", "A1" * 9, "ＡＢＣ１２"],
    **{each: ["", "12", "12345", "123A", "1" * 19, "１２３"] for each in ("authentication-pin", "text-pin")},
    **{each: ["", "12", "1" * 13] for each in ("number-a", "number-b", "juki-pin", "common-pin", "birth")},
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in MALFORMED for value in MALFORMED[name]]
)
def test_a_malformed_pin_is_never_sent(issued_state: CardState, name: str, value: str) -> None:
    transport = inserted(issued_state)
    with pytest.raises(CardError, match="E_PIN_FORMAT") as error:
        CardSession(transport).verify(*named(name), Pin(value), use_last_try=True)
    assert {*error.value.context} == {"length", "characters"}
    assert transport.pins_sent == []


def test_each_kind_gets_a_password_in_its_own_form(issued_state: CardState) -> None:
    signature = named("signature-pin")
    CardSession(inserted(issued_state)).verify(*signature, Pin(PINS[KeySlot.SIGNATURE].lower()))
    phone = issued_state.applications["jpki"]
    phone = replace(phone, files={**phone.files, **token_files("JPKIAPIOSTOKEN")})
    CardSession(inserted(issued_state.with_application("jpki", phone))).verify(*signature, Pin("abc123"))
    CardSession(inserted(juki_state(PASSWORD))).verify(*signature, Pin(PASSWORD))
    with pytest.raises(CardError, match="E_PIN_ABSENT"):
        CardSession(inserted(juki_state(PASSWORD))).verify(
            *named("authentication-pin"), Pin("1234"), use_last_try=True
        )


@pytest.mark.parametrize(("value", "sent"), [("abc", 1), ("a" * 16, 1), ("", 0), ("a" * 17, 0), ("あ", 0)])
def test_on_a_card_of_an_unknown_kind_only_what_no_card_takes_is_held_back(
    issued_state: CardState, value: str, sent: int
) -> None:
    jpki = issued_state.applications["jpki"]
    jpki = replace(jpki, files={**jpki.files, **token_files("JPKIAPICCTOKEN3")})
    transport = inserted(issued_state.with_application("jpki", jpki))
    with pytest.raises(CardError, match="E_PIN_WRONG" if sent else "E_PIN_FORMAT"):
        CardSession(transport).verify(*named("signature-pin"), Pin(value))
    assert transport.pins_sent == [value.encode()] * sent


CHANGES = [
    ("signature-pin", "abc123", "DEF456"),
    ("authentication-pin", "1234", "5678"),
    ("text-pin", "1111", "5678"),
    ("juki-pin", "1111", "5678"),
    ("common-pin", "1111", "5678"),
]


@pytest.fixture
def whole(issued_state: CardState) -> CardState:
    """A number card with all its applications and their PINs."""
    state = issued_state
    for name, file in (("text", 0x11), ("juki", 0x1C), ("common", 0x1C)):
        state = state.with_application(name, ApplicationContent(pins={file: PinRecord("1111", 3)}))
    return state


@pytest.mark.parametrize(("name", "old", "new"), CHANGES)
def test_any_pin_that_its_holder_chose_is_changed(whole: CardState, name: str, old: str, new: str) -> None:
    card = Card(whole, lambda state: None)
    session = CardSession(Counted(card))
    application, pin = named(name)
    session.change(application, pin, Pin(old), Pin(new.lower()))
    assert card.state.applications[application.name].pins[pin.number].value == new
    with pytest.raises(CardError, match="E_PIN_FORMAT"):
        session.change(application, pin, Pin(new), Pin("12"))
    wrong = "ZZZ999" if name == "signature-pin" else "9999"
    with pytest.raises(CardError, match="E_PIN_WRONG"):
        session.change(application, pin, Pin(wrong), Pin(old))
    session.change(application, pin, Pin(new), Pin(old))


def test_no_pin_is_sent_where_there_is_nothing_to_change(whole: CardState) -> None:
    jpki = whole.applications["jpki"]
    unknown = whole.with_application(
        "jpki", replace(jpki, files={**jpki.files, **token_files("JPKIAPICCTOKEN3")})
    )
    for state, name, code in (
        (juki_state(PASSWORD), "authentication-pin", "E_PIN_ABSENT"),
        (juki_state(PASSWORD), "text-pin", "E_PIN_ABSENT"),
        (replace(whole, terminated=True), "signature-pin", "E_CARD_KIND_UNKNOWN"),
        (unknown, "signature-pin", "E_CARD_KIND_UNKNOWN"),
    ):
        transport = inserted(state)
        with pytest.raises(CardError, match=code):
            CardSession(transport).change(*named(name), Pin("1234"), Pin("5678"))
        assert transport.pins_sent == []


def test_a_juki_cards_pins_are_changed(issued_state: CardState) -> None:
    card = Card(juki_state(PASSWORD), lambda state: None)
    session = CardSession(InProcess(card))
    session.change(*named("juki-pin"), Pin("1234"), Pin("5678"))
    session.change(*named("signature-pin"), Pin(PASSWORD), Pin("wxyz"))
    assert card.state.applications["juki"].pins[0x1C].value == "5678"
    assert card.state.slots[KeySlot.SIGNATURE].pin.value == "wxyz"
