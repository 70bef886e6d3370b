"""A damaged chip: it answers reset, and every command with one word; nothing on it changes any more."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.client.known_files import APPLICATIONS
from honnin.card.client.session import CardSession
from honnin.card.issuer.production import blank_card
from honnin.card.scp03 import derive_card_keys
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError
from honnin.identifiers import CardNumber
from tests.support.card.desk import SELECT_JPKI, octets
from tests.support.card.faults import FaultyStore

BLANK = blank_card(CardNumber("TEST1"), derive_card_keys(bytes(32), CardNumber("TEST1")), date(2035, 3, 31))
DAMAGED = replace(BLANK, damaged=True)


@pytest.fixture
def damaged(issued_state: CardState) -> Card:
    state = replace(issued_state, damaged=True)
    return Card(state, FaultyStore(state))


COMMANDS = (
    SELECT_JPKI,
    "00A4040C08A000000151000000",
    "00A4020C020006",
    "00B0000000",
    "0020008004 31323334",
    "80500000 08 0102030405060708 00",
    "84820000 10 00112233445566770011223344556677",
    "00CA004500",
    "0084000008",
    "802A0080 02 0102 00",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_gets_the_same_word(damaged: Card, command: str) -> None:
    before = damaged.state
    assert damaged.atr == bytes.fromhex("3BE000FF8131FE4514")
    for _ in range(2):
        assert damaged.transmit(octets(command)).hex().upper() == "6400"
        damaged.reset()
    assert damaged.state is before


@given(st.binary(max_size=40))
def test_no_bytes_get_anything_else(data: bytes) -> None:
    card = Card(DAMAGED, lambda state: pytest.fail("it changed"))
    assert card.transmit(data).hex().upper() in ("6400", "6700")


def test_whoever_reads_is_told_and_not_that_an_application_is_missing(damaged: Card) -> None:
    session = CardSession(InProcess(damaged))
    with pytest.raises(CardError, match="E_CARD_DAMAGED") as raised:
        session.select(APPLICATIONS[0])
    assert "再交付" in raised.value.sentence("ja")
    for ask in (
        session.token_label,
        lambda: next(session.data_objects()),
        session.select_jpki,
    ):
        with pytest.raises(CardError, match="E_CARD_DAMAGED"):
            ask()


def test_damage_stays_in_the_file_and_other_cards_files_say_nothing_of_it(
    damaged: Card, issued_state: CardState, tmp_path: Path
) -> None:
    path = tmp_path / "card.json"
    CardFile.create(path, damaged.state).close()
    assert json.loads(path.read_text())["damaged"] is True
    with CardFile.open(path) as file:
        assert file.card.state == damaged.state
        assert file.card.transmit(octets(SELECT_JPKI)).hex() == "6400"
    assert "damaged" not in issued_state.to_json()
    assert not CardState.from_json(issued_state.to_json()).damaged
