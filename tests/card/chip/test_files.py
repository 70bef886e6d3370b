"""READ BINARY: contents, conditions, offsets and lengths of every file."""

from dataclasses import replace

import pytest

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import KeySlot
from honnin.card.token_information import token_files, token_information
from honnin.identifiers import CardNumber
from tests.support.card.desk import SELECT_JPKI, exchange, octets, select, verify
from tests.support.card.faults import FaultyStore


def content(card: Card, file: str) -> bytes:
    """A whole file, read as OpenSC does: block by block to 6B00."""
    select(card, file)
    blocks = b""
    while True:
        answer = card.transmit(octets(f"00B0 {len(blocks):04X} 00"))
        if answer == b"\x6b\x00":
            return blocks
        assert answer.endswith(b"\x90\x00")
        assert len(answer) > 2
        blocks += answer[:-2]


@pytest.mark.parametrize(
    ("certificate_file", "ca_file", "slot"),
    [("0001", "0002", KeySlot.SIGNATURE), ("000A", "000B", KeySlot.AUTHENTICATION)],
)
def test_certificates_stand_at_the_start_of_their_files(
    card: Card, issued_state: CardState, certificate_file: str, ca_file: str, slot: KeySlot
) -> None:
    assert verify(card, slot) == "9000"
    written = issued_state.slots[slot]
    for file, expected in ((certificate_file, written.certificate), (ca_file, written.ca_certificate)):
        assert expected is not None
        read = content(card, file)
        assert read[:2] == b"\x30\x82"
        assert int.from_bytes(read[2:4], "big") + 4 == len(expected)
        assert read[: len(expected)] == expected
        assert set(read[len(expected) :]) <= {0xFF}
        assert len(read) % 256 == 0


def test_the_signature_certificate_needs_its_own_pin(card: Card) -> None:
    select(card, "0001")
    assert exchange(card, "00B0000004") == "6982"
    assert verify(card, KeySlot.AUTHENTICATION) == "9000"
    assert exchange(card, "00B0810004") == "6982"
    assert verify(card, KeySlot.SIGNATURE) == "9000"
    assert exchange(card, "00B0810002") == "30829000"


@pytest.mark.parametrize("file", ["0002", "000A", "000B"])
def test_the_other_certificates_are_free(card: Card, file: str) -> None:
    select(card, file)
    assert exchange(card, "00B0000002") == "30829000"


def test_the_token_file_says_what_kind_of_card_it_is(card: Card) -> None:
    assert content(card, "0006") == token_information("JPKIAPICCTOKEN2")
    assert exchange(card, "00B0000020") == b"JPKIAPICCTOKEN2".ljust(32, b" ").hex().upper() + "9000"


def test_another_token_label_is_shown(issued_state: CardState) -> None:
    jpki = issued_state.applications["jpki"]
    files = {**jpki.files, **token_files("JPKIAPIOSTOKEN")}
    state = issued_state.with_application("jpki", replace(jpki, files=files))
    card = Card(state, FaultyStore(state))
    exchange(card, SELECT_JPKI)
    assert content(card, "0006")[:32] == b"JPKIAPIOSTOKEN".ljust(32, b" ")


@pytest.mark.parametrize(
    ("absent", "presence"),
    [
        ((), "8F8F00"),
        ((KeySlot.SIGNATURE,), "008F00"),
        ((KeySlot.AUTHENTICATION,), "8F0000"),
        (tuple(KeySlot), "000000"),
    ],
)
def test_the_presence_file_tells_which_certificates_are_there(
    issued_state: CardState, absent: tuple[KeySlot, ...], presence: str
) -> None:
    for slot in absent:
        issued_state = issued_state.with_slot(slot, replace(issued_state.slots[slot], certificate=None))
    card = Card(issued_state, FaultyStore(issued_state))
    exchange(card, SELECT_JPKI)
    assert content(card, "0008").hex().upper() == presence


def test_files_of_unknown_meaning_are_filler(card: Card) -> None:
    assert content(card, "0009") == b"\xff" * 16
    assert content(card, "0005") == b"\xff" * 16


@pytest.mark.parametrize("file", ["0010", "0016", "0017", "0018", "0019", "001A", "001B", "001C", "001E"])
def test_keys_and_pins_are_never_readable(card: Card, file: str) -> None:
    for slot in KeySlot:
        assert verify(card, slot) == "9000"
    select(card, file)
    assert exchange(card, "00B0000000") == "6981"
    assert exchange(card, f"00B0 {0x80 | int(file, 16):02X} 0000") == "6981"


def test_the_files_of_an_empty_slot_are_empty(blank: Card) -> None:
    exchange(blank, SELECT_JPKI)
    for file in ("0002", "000A", "000B"):
        select(blank, file)
        assert exchange(blank, "00B0000004") == "6B00"
    select(blank, "0001")
    assert exchange(blank, "00B0000004") == "6982"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00B0009F00", "399000"),  # the last byte
        ("00B0009F05", "399000"),
        ("00B000A000", "6B00"),  # at the end
        ("00B07FFF00", "6B00"),
        ("00B08801 01", "8F9000"),  # EF 0008 by short id, from offset 1
        ("00B0880300", "6B00"),
        ("00B0000E 0200", "6700"),  # a data field
        ("00B00000", "6700"),  # no length
        ("00B0830000", "6A82"),  # no such short id
        ("00B0800000", "6A86"),  # short id 0
        ("00B0A80000", "6A86"),
        ("00B09F0000", "6A86"),
    ],
)
def test_offsets_and_lengths(card: Card, command: str, answer: str) -> None:
    select(card, "0006")
    assert exchange(card, command) == answer


def test_a_whole_certificate_comes_in_one_extended_read(card: Card, issued_state: CardState) -> None:
    certificate = issued_state.slots[KeySlot.AUTHENTICATION].certificate
    assert certificate is not None
    select(card, "000A")
    answer = card.transmit(octets(f"00B00000 00 {len(certificate):04X}"))
    assert answer == certificate + b"\x90\x00"


def test_reading_by_short_id_makes_the_file_current(card: Card) -> None:
    assert exchange(card, "00B0880003") == "8F8F009000"
    assert exchange(card, "00B0000001") == "8F9000"


def test_nothing_is_read_without_a_current_file(card: Card) -> None:
    assert exchange(card, "00B0000000") == "6986"


@pytest.mark.parametrize("number", ["", "カード", "a\nb", "9" * 65])
def test_a_card_number_is_printable_ascii(blank_state: CardState, number: str) -> None:
    with pytest.raises(ValueError, match="card number"):
        blank_card(CardNumber(number), blank_state.issuer_keys, blank_state.expiry_date)


@pytest.mark.parametrize("label", ["T" * 33, "券"])
def test_a_token_label_fits_its_field(blank_state: CardState, label: str) -> None:
    with pytest.raises(ValueError, match="token label"):
        blank_card(CardNumber("1"), blank_state.issuer_keys, blank_state.expiry_date, token_label=label)
