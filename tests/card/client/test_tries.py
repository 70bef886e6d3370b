"""No program sends the last try by itself, whatever the command that would spend it looks like."""

import pytest

from honnin.card.chip.card import Card
from honnin.card.client.session import CardSession
from honnin.card.client.tries import question, spends_a_try
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError
from tests.support.card.desk import SELECT_JPKI, octets

WRONG = "39393939"


class Answering:
    """A card of another make: always the same answer; remembers what came."""

    def __init__(self, answer: str) -> None:
        self.answer = octets(answer)
        self.commands: list[bytes] = []

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        return self.answer


@pytest.mark.parametrize(
    "verify", [f"00200080 04 {WRONG}", f"00200098 04 {WRONG}", f"00200098 000004 {WRONG}"]
)
def test_the_card_keeps_its_last_try(card: Card, verify: str) -> None:
    session = CardSession(InProcess(card))
    session.transmit(octets(SELECT_JPKI))
    session.transmit(octets("00A4020C 02 0018"))
    assert session.transmit(octets(verify)) == octets("63C2")
    assert session.transmit(octets(verify)) == octets("63C1")
    for _ in range(3):
        with pytest.raises(CardError) as refused:
            session.transmit(octets(verify))
        assert (refused.value.code, refused.value.context) == ("E_PIN_LAST_TRY", {"tries_left": 1})
    assert card.state.slots[KeySlot.AUTHENTICATION].pin.tries_left == 1
    assert session.transmit(octets("00200080")) == octets("63C1")


def test_a_blocked_pin_and_a_wrong_file_answer_as_ever(card: Card) -> None:
    session = CardSession(InProcess(card))
    session.transmit(octets(SELECT_JPKI))
    assert session.transmit(octets(f"00200080 04 {WRONG}")) == octets("6986")
    session.transmit(octets("00A4020C 02 0018"))
    for _ in range(3):
        card.transmit(octets(f"00200080 04 {WRONG}"))
    assert session.transmit(octets("00200080 04 31323334")) == octets("6984")
    session.transmit(octets("00A4020C 02 000A"))
    assert session.transmit(octets(f"00200080 04 {WRONG}")) == octets("6981")


@pytest.mark.parametrize(
    ("command", "spends"),
    [
        ("00200080", False),
        ("0020008000", False),
        ("00200080 04 31323334", True),
        ("00200080 04 31", True),  # a card might read it all the same
        ("0C200080 0A 00", True),
        ("00210080 04 31323334", True),
        ("00240080 08 3132333435363738", True),
        ("00240180 04 31323334", False),
        ("00A4040C 02 0018", False),
        ("00", False),
        ("", False),
    ],
)
def test_what_spends_a_try(command: str, spends: bool) -> None:
    assert spends_a_try(octets(command)) is spends


@pytest.mark.parametrize(
    ("cla", "plain"),
    [
        ("00", "00"),
        ("03", "03"),
        ("0C", "00"),
        ("0A", "02"),
        ("10", "00"),
        ("80", "80"),
        ("84", "80"),
        ("65", "45"),
    ],
)
def test_the_question_goes_plain_to_the_same_reference(cla: str, plain: str) -> None:
    assert question(octets(f"{cla}200098 04 {WRONG}")) == octets(f"{plain}200098")


@pytest.mark.parametrize("answer", ["6300", "63C0", "63C2", "6984", "6D00"])
def test_the_command_goes_on_where_nothing_can_be_lost(answer: str) -> None:
    card = Answering(answer)
    CardSession(card).transmit(octets(f"00200080 04 {WRONG}"))
    assert card.commands == [octets("00200080"), octets(f"00200080 04 {WRONG}")]


@pytest.mark.parametrize("answer", ["9000", "6700", "6F00", ""])
def test_a_card_that_does_not_say_gets_no_pin(answer: str) -> None:
    card = Answering(answer)
    with pytest.raises(CardError) as refused:
        CardSession(card).transmit(octets(f"00200080 04 {WRONG}"))
    assert refused.value.code == "E_PIN_TRIES_UNKNOWN"
    assert card.commands == [octets("00200080")]
