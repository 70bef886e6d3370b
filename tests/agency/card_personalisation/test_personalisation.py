"""A card as it is handed out: readable by its PINs, signed, saying the same of its holder everywhere."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from honnin.agency.card_personalisation.fonts import japanese_font
from honnin.agency.card_personalisation.personalisation import (
    INITIAL_PIN,
    KEY_NAMES,
    Equipment,
    open_card_keys,
    personalise,
)
from honnin.card.apdu import Command, Response
from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.issuer.content import common, text, visual
from honnin.card.issuer.content.certificates import TEXT_ROOT, VISUAL_ROOT, verify_certificate
from honnin.card.issuer.content.individual_number import is_fictitious
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import NUMBER_CARD, kind
from honnin.card.scp03 import derive_card_keys
from honnin.custody.key_files import KeyFiles
from honnin.errors import Unavailable
from honnin.identifiers import CardNumber, MunicipalityCode
from honnin.law.terms import BasicFour, Sex
from tests.support.card.faults import FaultyStore

BEARER = BasicFour("見本　花子", date(1990, 3, 15), Sex.FEMALE, "みほん県みほん市見本町１－２－３")
NUMBER = CardNumber("TEST00000000042")
Read = Callable[[str, int, int, str], bytes]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFiles:
    files = KeyFiles(tmp_path_factory.mktemp("keys"), "a passphrase")
    open_card_keys(files)
    return files


@pytest.fixture(scope="module")
def font() -> Path:
    return japanese_font(settings.HONNIN_FONT)


def produced(
    keys: KeyFiles, font: Path, bearer: BasicFour = BEARER, number: CardNumber = NUMBER
) -> CardState:
    blank = blank_card(number, derive_card_keys(bytes(32), number), date(2036, 3, 15))
    return personalise(
        blank, bearer, MunicipalityCode("99101"), security_code="2285", equipment=Equipment(keys, font)
    )


@pytest.fixture(scope="module")
def state(keys: KeyFiles, font: Path) -> CardState:
    return produced(keys, font)


@pytest.fixture
def read(state: CardState) -> Read:
    """Reads a file of an application after one PIN was verified (0: none)."""
    card = Card(state, FaultyStore(state))

    def send(command: Command) -> bytes:
        answer = Response.parse(card.transmit(command.to_bytes()))
        assert answer.status_word == 0x9000, f"{answer.status_word:04X}"
        return answer.data

    def reading(application: str, file: int, pin: int, value: str) -> bytes:
        send(Command(0x00, 0xA4, 0x04, 0x0C, kind(NUMBER_CARD).applications[application].aid))
        if pin:
            send(Command(0x00, 0x20, 0x00, 0x80 | pin, value.encode()))
        return send(Command(0x00, 0xB0, 0x80 | file, 0x00, b"", 65536))

    return reading


def test_the_text_says_who_it_is_and_is_signed(read: Read, keys: KeyFiles) -> None:
    number = text.read_number(read("text", 0x01, 0x11, INITIAL_PIN))
    assert is_fictitious(number)
    attributes = read("text", 0x02, 0x11, INITIAL_PIN)
    assert text.read_attributes(attributes) == text.Attributes(
        BEARER.name, BEARER.address, BEARER.birth_date, "2"
    )
    trusted = {TEXT_ROOT: keys.load("card-text-root").public_key()}
    signer = verify_certificate(read("text", 0x04, 0, ""), trusted).public_key
    digests = read("text", 0x03, 0x14, number)
    text.verify_text(digests, signer, number=read("text", 0x01, 0x14, number), attributes=attributes)
    text.verify_signing_key(read("text", 0x07, 0x14, number), signer)


def test_the_face_says_the_same_and_is_signed(read: Read, keys: KeyFiles) -> None:
    number = text.read_number(read("text", 0x01, 0x11, INITIAL_PIN))
    trusted = {VISUAL_ROOT: keys.load("card-visual-root").public_key()}
    signer = verify_certificate(read("visual", 0x04, 0, ""), trusted).public_key
    face = visual.verify_face_record(read("visual", 0x02, 0x13, number), signer)
    assert (face.birth_date, face.sex, face.expiry_date) == (BEARER.birth_date, "2", date(2036, 3, 15))
    assert (
        visual.verify_age_record(read("visual", 0x01, 0x11, "020315"), signer).birth_date == BEARER.birth_date
    )
    visual.verify_number_record(read("visual", 0x05, 0x13, number), signer)


def test_the_codes_open_what_they_are_printed_for(state: CardState, read: Read) -> None:
    code = state.applications["text"].pins[0x15].value
    assert code is not None
    assert code.startswith("0203152036")  # Heisei 2, 15 March, until 2036
    assert state.applications["visual"].pins[0x12].value == code
    assert text.read_attributes(read("text", 0x02, 0x15, code)).name == BEARER.name


def test_the_common_record_is_all_digits(state: CardState) -> None:
    content = state.applications["common"].files[0x01]
    assert common.read_card_record(content) == common.CardRecord(
        "990000000000042", MunicipalityCode("99101"), date(2036, 3, 15)
    )


def test_a_complete_card_is_read_back_as_it_was_written(state: CardState) -> None:
    assert CardState.from_json(state.to_json()) == state
    assert len(state.to_json()) < 40_000


def test_cards_share_their_signers_and_nothing_that_tells_people_apart(keys: KeyFiles, font: Path) -> None:
    other = BasicFour("手本　太郎", date(1975, 12, 31), Sex.UNKNOWN, "みほん県みほん市手本町４－５")
    one, two = produced(keys, font), produced(keys, font, other, CardNumber("TEST00000000043"))
    for name, file in (("text", 0x01), ("text", 0x02), ("text", 0x03), ("visual", 0x02), ("common", 0x01)):
        assert one.applications[name].files[file] != two.applications[name].files[file]
    assert one.applications["text"].files[0x04] == two.applications["text"].files[0x04]


def test_a_lost_key_is_named_and_not_replaced(tmp_path: Path, font: Path) -> None:
    files = KeyFiles(tmp_path / "keys", "a passphrase")
    open_card_keys(files)
    (tmp_path / "keys" / f"{KEY_NAMES[0]}.pem").unlink()
    with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE"):
        produced(KeyFiles(tmp_path / "keys", "a passphrase"), font)
    assert not (tmp_path / "keys" / f"{KEY_NAMES[0]}.pem").exists()


def test_what_cannot_be_drawn_is_marked_in_the_picture_and_written_in_the_text(
    keys: KeyFiles, font: Path
) -> None:
    """Whoever bears such a name gets a card all the same."""
    rare = "\U0002a6d6　花子"
    state = produced(keys, font, replace(BEARER, name=rare))
    assert text.read_attributes(state.applications["text"].files[0x02]).name == rare
    marked = produced(keys, font, replace(BEARER, name="〓　花子"))
    faces = [visual.read_face_record(each.applications["visual"].files[0x02]) for each in (state, marked)]
    assert faces[0].name == faces[1].name
