"""Reading what a card lets itself be read, from our card and from one of another make."""

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.card.apdu import Command
from honnin.card.chip.card import Card
from honnin.card.client.files import attributes
from honnin.card.client.known_files import APPLICATIONS, BY_NAME, Content, KnownFile, application_of
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot, kind, kinds
from honnin.card.kinds.slot import LAYOUT
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError
from honnin.pin import Pin
from honnin.translation import gettext
from tests.support.card.desk import PINS

JPKI = BY_NAME["jpki"]


def named(name: str) -> KnownFile:
    return next(file for file in JPKI.files if file.name == name)


@pytest.fixture
def session(card: Card) -> CardSession:
    session = CardSession(InProcess(card))
    assert session.select(JPKI) == 0x9000
    return session


def test_a_certificate_is_read_to_the_end_of_its_file(session: CardSession, card: Card) -> None:
    certificate = card.state.slots[KeySlot.AUTHENTICATION].certificate
    assert certificate is not None
    reading = session.read(named("authentication-certificate"))
    assert reading.is_there
    assert reading.data.startswith(certificate)
    assert set(reading.data[len(certificate) :]) <= {0xFF}
    assert len(reading.data) % 256 == 0  # so the end was met exactly, by 6B00


def test_short_files(session: CardSession) -> None:
    assert session.read(named("presence")).data == bytes.fromhex("8F8F00")
    assert len(session.read(named("token")).data) == 160
    assert session.token_label() == "JPKIAPICCTOKEN2"


def test_the_signature_certificate_takes_its_pin(session: CardSession) -> None:
    certificate, pin = named("signature-certificate"), named("signature-pin")
    assert session.read(certificate).status_word == 0x6982
    session.verify(JPKI, pin, Pin(PINS[KeySlot.SIGNATURE]))
    assert session.read(certificate).is_there


def test_wrong_pins_are_named_and_the_last_try_is_kept(session: CardSession) -> None:
    pin = named("authentication-pin")
    for left in (2, 1):
        with pytest.raises(CardError) as wrong:
            session.verify(JPKI, pin, Pin("9999"))
        assert (wrong.value.code, wrong.value.context) == ("E_PIN_WRONG", {"tries_left": left})
    with pytest.raises(CardError, match="E_PIN_LAST_TRY"):
        session.verify(JPKI, pin, Pin("1234"))
    assert session.tries_left_of(pin) == 1
    with pytest.raises(CardError, match="E_PIN_LOCKED"):
        session.verify(JPKI, pin, Pin("9999"), use_last_try=True)
    with pytest.raises(CardError, match="E_PIN_LOCKED"):
        session.verify(JPKI, pin, Pin("1234"))


def test_what_the_card_says_of_itself(session: CardSession, card: Card) -> None:
    found = {reading.file.name: reading for reading in session.data_objects()}
    assert found["number"].data.decode() == card.state.card_number
    assert found["expiry"].data == b"20350331"


def test_what_is_declared_for_readers_is_what_the_card_does(card: Card) -> None:
    session = CardSession(InProcess(card))
    for application in APPLICATIONS:
        if session.select(application) != 0x9000:
            continue
        for file in application.files:
            reading = session.read(file)
            closed = 0x6981 if file.content in (Content.PIN, Content.KEY) else 0x6982 if file.pins else 0x9000
            assert reading.status_word == closed, (application.name, file.name)
    for layout in LAYOUT.values():
        for number in (layout.certificate_file, layout.ca_certificate_file, layout.key_file, layout.pin_file):
            assert JPKI.file(number) is not None


def test_names_for_people_tell_things_apart() -> None:
    """On the command line by name; in Japanese too where a PIN is spoken of."""
    assert len(BY_NAME) == len(APPLICATIONS)
    for application in APPLICATIONS:
        names = [file.name for file in application.files]
        assert len(set(names)) == len(names), application.name
        assert all(file.title for file in application.files)
        for pin in application.pins:
            assert re.search("[\u3040-\u30ff\u4e00-\u9fff]", gettext(pin.title, "ja"))


def test_of_each_kind_of_card_every_application_is_known() -> None:
    for name in kinds():
        for declared in kind(name).applications.values():
            known = application_of(declared.aid)
            assert known is not None
            assert known.aid == declared.aid
            for number, file in declared.files.items():
                there = known.file(number)
                assert there is not None, (name, number)
                assert {*there.pins} == {*file.read}, (name, number)


class Elsewhere:
    """A card that answers by a table; 6A82 for what is not in it. Remembers nothing."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers

    def transmit(self, command: bytes) -> bytes:
        parsed = Command.parse(command)
        return bytes.fromhex(
            self._answers.get(command[:4].hex().upper(), "9000" if parsed.ins == 0xA4 else "6A82")
        )


RECORD = KnownFile(0x0001, "card", "")


@pytest.mark.parametrize(
    ("answers", "status_word", "data"),
    [
        (
            {"00B00000": "6981", "00B20104": "011C9000", "00B20204": "02039000", "00B20304": "6A83"},
            0x9000,
            "011C0203",
        ),
        ({"00B00000": "6981", "00B20104": "6A83"}, 0x9000, ""),
        ({"00B00000": "6981", "00B20104": "6D00"}, 0x6981, ""),
        ({"00B00000": "6981", "00B20104": "6982"}, 0x6982, ""),
        ({"00B00000": "6B00"}, 0x9000, ""),
        ({"00B00000": "6D00"}, 0x6D00, ""),
        ({"00B00000": "01026282"}, 0x9000, "0102"),
        ({"00A4020C": "6A82"}, 0x6A82, ""),
    ],
)
def test_other_cards_and_records(answers: Mapping[str, str], status_word: int, data: str) -> None:
    reading = CardSession(Elsewhere(answers)).read(RECORD)
    assert (reading.status_word, reading.data.hex().upper()) == (status_word, data)


def test_a_card_without_end_is_left_at_the_last_offset() -> None:
    class Endless:
        def transmit(self, command: bytes) -> bytes:
            return b"\x90\x00" if command[1] == 0xA4 else bytes(256) + b"\x90\x00"

    assert len(CardSession(Endless()).read(RECORD).data) == 0x8000


def test_a_card_that_hides_its_tries_gets_no_pin() -> None:
    session = CardSession(Elsewhere({"00200080": "9000"}))
    with pytest.raises(CardError, match="E_PIN_TRIES_UNKNOWN"):
        session.verify(BY_NAME["common"], BY_NAME["common"].pins[0], Pin("1234"))
    session.verify(BY_NAME["common"], BY_NAME["common"].pins[0], Pin("1234"), use_last_try=True)


def test_a_pin_whose_file_is_not_there_is_not_sent_to_the_file_that_is() -> None:
    """The application that was selected may have a current file, and that file a last try."""
    sent: list[bytes] = []

    class Without(Elsewhere):
        def transmit(self, command: bytes) -> bytes:
            sent.append(command)
            return super().transmit(command)

    session = CardSession(Without({"00A4020C": "6A82", "00200080": "63C1"}))
    with pytest.raises(CardError, match="E_PIN_ABSENT"):
        session.verify(BY_NAME["common"], BY_NAME["common"].pins[0], Pin("1234"), use_last_try=True)
    assert sent
    assert not [command for command in sent if command[1] == 0x20]


def test_a_long_data_object_is_asked_for_with_an_extended_length() -> None:
    class Long:
        def transmit(self, command: bytes) -> bytes:
            if command[1] != 0xCA:
                return b"\x90\x00"
            le = Command.parse(command).le
            return bytes(568) + b"\x90\x00" if le == 65536 else b"\x67\x00"

    assert {len(each.data) for each in CardSession(Long()).data_objects()} == {568}


def element(tag: str, value: bytes, length: str = "") -> bytes:
    return bytes.fromhex(tag) + (bytes.fromhex(length) or bytes((len(value),))) + value


@pytest.mark.parametrize("length", ["", "820059"])
def test_the_attributes_of_a_person(length: str) -> None:
    name, address = "見本　花子".encode(), "東京都見本市見本町１－２－３".encode()
    inner = element("DF21", bytes(8)) + element("DF22", name) + element("DF23", address)
    inner += element("DF24", b"19800217") + element("DF25", b"2")
    assert len(inner) == 0x59
    assert attributes(element("FF20", inner, length) + b"\xff\xff") == {
        "name": "見本　花子",
        "address": "東京都見本市見本町１－２－３",
        "birth": "19800217",
        "sex": "2",
    }


@given(st.binary(max_size=60))
def test_any_bytes_have_some_attributes_or_none(data: bytes) -> None:
    assert len(attributes(data)) <= 4
    assert len(attributes(b"\xff\x20" + bytes((len(data),)) + data)) <= 4
