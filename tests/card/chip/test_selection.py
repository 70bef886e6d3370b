"""SELECT, classes and card level: what is found, what is not, and what selecting forgets."""

import pytest

from honnin.card.chip.card import Card
from honnin.card.kinds.declaration import KeySlot
from tests.support.card.desk import SELECT_JPKI, exchange, octets, select, verify
from tests.support.card.numbers import CARD_NUMBER

# What OpenSC 0.23 asks a card before its JPKI driver comes to its turn.
OPENSC_PROBES = """
00 A4 04 00 | 07 62 76 01 FF 00 00 00
00 A4 04 00 | 06 A0 00 00 00 01 01
00 A4 04 00 | 0B E8 2B 06 01 04 01 81 C3 1F 02 01 | 00
00 A4 04 0C | 0F D2 33 00 00 00 45 73 74 45 49 44 20 76 33 35
00 CA DF 30 05
00 CB 3F FF | 03 5C 01 7E | 08
00 A4 04 00 | 09 A0 00 00 03 08 00 00 10 00 | 00
00 A4 04 0C | 07 A0 00 00 01 16 DB 00 | 00
00 A4 04 0C | 07 A0 00 00 00 79 10 00 | 00
00 A4 04 0C | 07 A0 00 00 00 79 01 0F | 00
00 A4 04 00 | 0C F2 76 A2 88 BC FB A6 9D 34 F3 10 01
00 A4 04 00 | 09 A0 00 00 03 97 42 54 46 59 | 00
00 A4 04 00 | 06 D2 76 00 01 24 01 | 00
""".strip().splitlines()


def test_the_atr_is_one_of_the_number_cards(card: Card) -> None:
    assert card.atr.hex().upper() == "3BE000FF8131FE4514"


@pytest.mark.parametrize(
    "command", [SELECT_JPKI, "00A40400 0A D392F000260100000001 00", "00A4040C 05 D392F00026"]
)
def test_jpki_is_selected_without_an_answer(blank: Card, command: str) -> None:
    assert exchange(blank, command) == "9000"
    assert exchange(blank, "00A4020C 02 0006") == "9000"


@pytest.mark.parametrize("aid", ["A000000151000000", "A0000001510000", "A000000151"])
def test_the_issuer_domain_is_selected_by_its_names(card: Card, aid: str) -> None:
    assert exchange(card, f"00A40400 {len(aid) // 2:02X} {aid} 00") == "9000"
    assert exchange(card, "00CA0045 00") == CARD_NUMBER.encode().hex().upper() + "9000"


@pytest.mark.parametrize("probe", OPENSC_PROBES)
def test_a_probe_for_another_card_is_never_welcome(blank: Card, probe: str) -> None:
    blank.reset()
    answer = exchange(blank, probe)
    assert answer in ("6A82", "6A88", "6D00")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00A4040C 0A D392F000260100000002", "6A82"),
        ("00A4040C 04 D392F000", "6A82"),  # shorter than a provider's identifier
        ("00A4040C 0B D392F00026010000000100", "6A82"),
        ("00A4040C", "9000"),  # nothing named: what is selected after a reset
        ("00A40404 0A D392F000260100000001", "6A86"),
        ("00A40402 0A D392F000260100000001", "6A82"),  # there is no next one
        ("00A4000C 02 3F00", "6A82"),
        ("00A4020C 02 0003", "6A82"),
        ("00A4020C 02 001D", "6A82"),
        ("00A4020C 01 00", "6700"),
        ("00A40204 02 0006", "6A86"),
        ("00A4090C 02 0006", "6A86"),  # by path
        ("00A4000000", "9000"),  # leaves everything as it is
    ],
)
def test_select_in_the_application(card: Card, command: str, answer: str) -> None:
    assert exchange(card, command) == answer


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00A40000", "6A86"),
        ("00A4000C 02 3F00", "6A82"),
        ("00A4020C 02 0006", "6A82"),
        ("00A4090C 02 0006", "6A86"),
        ("00B0000000", "6D00"),
        ("00200080", "6D00"),
        ("00CA0042 00", "6A88"),
        ("00CA00F2 00", b"20350331".hex() + "9000"),
        ("00CA0045 0E", "6700"),
        ("00CA0045", "6700"),
    ],
)
def test_card_level_after_a_reset(card: Card, command: str, answer: str) -> None:
    card.reset()
    assert exchange(card, command) == answer


@pytest.mark.parametrize(
    "file",
    "0001 0002 0005 0006 0008 0009 000A 000B 0010 0016 0017 0018 0019 001A 001B 001C 001E".split(),
)
def test_every_file_of_the_number_card_can_be_selected(card: Card, file: str) -> None:
    assert exchange(card, f"00A4020C 02 {file}") == "9000"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("01A4020C020006", "6881"),
        ("03200080", "6881"),
        ("40200080", "6881"),
        ("7F200080", "6881"),
        ("812A008001AA00", "6881"),
        ("10200080", "6884"),
        ("902A008001AA00", "6884"),
        ("08A4020C020006", "6882"),
        ("0CA4020C020006", "6882"),
        ("0CB0000000", "69FC"),
        ("08200080", "69FC"),
        ("0C2A008000", "6882"),
        ("8446800100", "6882"),
        ("A0B0000000", "6E00"),
        ("FFB0000000", "6E00"),
        ("20B0000000", "6E00"),
        ("00FE0000", "6D00"),
        ("80FE0000", "6D00"),
        ("80B0000000", "6D00"),
        ("002A008001AA00", "6D00"),
        ("00", "6700"),
        ("", "6700"),
        ("00A4020C0300", "6700"),
    ],
)
def test_classes_and_instructions_that_are_refused(card: Card, command: str, answer: str) -> None:
    assert exchange(card, command) == answer


@pytest.mark.parametrize("length", [1, 8, 255, 256])
def test_challenges_are_random_in_any_state(card: Card, length: int) -> None:
    for _ in range(2):
        first, second = (card.transmit(octets(f"00840000 {length % 256:02X}")) for _ in range(2))
        assert len(first) == len(second) == length + 2
        assert first.endswith(b"\x90\x00")
        assert length < 8 or first != second
        card.reset()


@pytest.mark.parametrize(
    ("command", "answer"), [("00840000", "6700"), ("0084010008", "6A86"), ("00840000000101", "6985")]
)
def test_a_challenge_needs_a_length(card: Card, command: str, answer: str) -> None:
    assert exchange(card, command) == answer


@pytest.mark.parametrize(
    "forgetting", [SELECT_JPKI, "00A40400 07 A0000001510000", "reset"], ids=["again", "issuer", "reset"]
)
def test_selecting_an_application_forgets_the_pins(card: Card, forgetting: str) -> None:
    assert verify(card, KeySlot.SIGNATURE) == "9000"
    select(card, "0001")
    assert exchange(card, "00B0000001") == "309000"
    if forgetting == "reset":
        card.reset()
    else:
        assert exchange(card, forgetting) == "9000"
    assert exchange(card, SELECT_JPKI) == "9000"
    select(card, "0001")
    assert exchange(card, "00B0000001") == "6982"


def test_a_failed_selection_leaves_everything_as_it_was(card: Card) -> None:
    assert verify(card, KeySlot.SIGNATURE) == "9000"
    assert exchange(card, "00A4040C 06 A00000000101") == "6A82"
    assert exchange(card, "00A4020C 02 0001") == "9000"
    assert exchange(card, "00A4020C 02 0003") == "6A82"
    assert exchange(card, "00B0000001") == "309000"
