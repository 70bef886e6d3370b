"""Files, codes and the end of the card, written by the issuer through its channel."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256

import pytest

from honnin.card.chip.card import Card
from honnin.card.chip.state import ApplicationContent, CardState, PinRecord
from honnin.card.issuer import commands as card_commands
from honnin.card.kinds.declaration import NUMBER_CARD, kind
from honnin.card.scp03 import StaticKeys
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError
from tests.support.card.desk import SELECT_JPKI, Desk, exchange
from tests.support.card.faults import FaultyStore

DECLARED = kind(NUMBER_CARD).applications
JPKI_NUMBER = DECLARED["jpki"].number
TEXT, VISUAL = DECLARED["text"].number, DECLARED["visual"].number
NEW = {(TEXT, 0x02): b"new text" * 100, (TEXT, 0x03): b"new signature", (VISUAL, 0x02): b"new face" * 500}


@pytest.fixture
def full_state(issued_state: CardState) -> CardState:
    old = {
        "text": ApplicationContent(
            files={0x01: b"number", 0x02: b"old text", 0x03: b"old signature"},
            pins={0x11: PinRecord("1234", 3), 0x14: PinRecord("999999990018", 10)},
        ),
        "visual": ApplicationContent(files={0x02: b"old face"}, pins={}),
    }
    for name, content in old.items():
        issued_state = issued_state.with_application(name, content)
    return issued_state


@pytest.fixture
def store(full_state: CardState) -> FaultyStore:
    return FaultyStore(full_state)


@pytest.fixture
def full(full_state: CardState, store: FaultyStore) -> Card:
    return Card(full_state, store)


@pytest.fixture
def desk(full: Card, static_keys: StaticKeys) -> Desk:
    return Desk(InProcess(full), static_keys)


def contents(state: CardState) -> dict[tuple[int, int], bytes]:
    return {
        (DECLARED[name].number, file): content
        for name in ("text", "visual")
        for file, content in state.applications[name].files.items()
    }


def test_several_files_come_into_force_together(full: Card, desk: Desk) -> None:
    before = contents(full.state)
    commands = card_commands.file_writes(NEW)
    desk.send(commands[:-1])
    assert contents(full.state) == before
    desk = Desk(InProcess(full), desk.keys)  # the channel was closed: what was written is gone
    with pytest.raises(CardError):
        desk.send(commands[-1:])
    assert contents(full.state) == before
    Desk(InProcess(full), desk.keys).send(commands)
    assert contents(full.state) == {**before, **NEW}


def test_digests_tell_what_is_in_force(full: Card, desk: Desk) -> None:
    [answer] = desk.send([card_commands.read_digests(TEXT)])
    files = full.state.applications["text"].files
    assert card_commands.digests(answer) == {
        file: sha256(content).digest() for file, content in files.items()
    }


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "no such application": (lambda: card_commands.write_file(9, 0x02, 0, b"x"), "6A86"),
    "no such file": (lambda: card_commands.write_file(TEXT, 0x42, 0, b"x"), "6A82"),
    "a PIN": (lambda: card_commands.write_file(TEXT, 0x11, 0, b"x"), "6A82"),
    "computed": (lambda: card_commands.write_file(JPKI_NUMBER, 0x08, 0, b"x"), "6A82"),
    **{
        f"{file:04X} of a slot": (
            partial(card_commands.write_file, JPKI_NUMBER, file, 0, b"x"),
            "6A82",
        )
        for file in (0x01, 0x02, 0x0A, 0x0B)
    },
    "a gap": (lambda: card_commands.write_file(TEXT, 0x02, 5, b"x"), "6A86"),
    "nothing": (lambda: card_commands.write_file(TEXT, 0x02, 0, b""), "6700"),
    "not there": (lambda: card_commands.write_file(DECLARED["juki"].number, 0x02, 0, b"x"), "6A86"),
    "confirming nothing": (lambda: card_commands.confirm_files({}), "6A80"),
    "a chosen PIN": (lambda: card_commands.set_code(TEXT, 0x11, "1234"), "6A88"),
    "a code of another form": (lambda: card_commands.set_code(TEXT, 0x14, "1234"), "6A80"),
    "authorising a code": (lambda: card_commands.authorise_application_pin(TEXT, 0x14), "6A88"),
    "authorising elsewhere": (lambda: card_commands.authorise_application_pin(9, 0x11), "6A86"),
    "digests of nothing": (lambda: card_commands.read_digests(9), "6A86"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_changes_nothing(full: Card, desk: Desk, what: str) -> None:
    command, word = REFUSED[what]
    before = full.state.applications
    with pytest.raises(CardError) as error:
        desk.send([command()])
    assert error.value.context == {"status_word": word}
    assert full.state.applications == before


def test_a_confirmation_of_something_else_is_refused(full: Card, desk: Desk) -> None:
    commands = card_commands.file_writes(NEW)
    before = full.state.applications
    with pytest.raises(CardError):
        desk.send([*commands[:-1], card_commands.confirm_files({**NEW, (TEXT, 0x03): b"another"})])
    assert full.state.applications == before


def test_more_than_can_be_read_is_refused(desk: Desk) -> None:
    with pytest.raises(CardError) as error:
        desk.send(card_commands.file_writes({(TEXT, 0x02): bytes(32768)}))
    assert error.value.context == {"status_word": "6A84"}


def test_a_code_is_set_with_all_its_tries(full: Card, desk: Desk, store: FaultyStore) -> None:
    desk.send([card_commands.set_code(TEXT, 0x15, "55021720352285")])
    assert store.kept.applications["text"].pins[0x15] == PinRecord("55021720352285", 10)


def test_a_chosen_pin_is_set_by_permission(full: Card, desk: Desk) -> None:
    desk.send([card_commands.authorise_application_pin(TEXT, 0x11)])
    assert exchange(full, f"00A4040C 0A {DECLARED['text'].aid.hex()}") == "9000"
    assert exchange(full, "00A4020C 02 0011") == "9000"
    assert exchange(full, "00240180 04 37373737") == "9000"
    assert exchange(full, "00240180 04 38383838") == "6982"  # once
    assert full.state.applications["text"].pins[0x11] == PinRecord("7777", 3)


def test_a_terminated_card_shows_nothing_to_anybody_but_its_issuer(
    full: Card, desk: Desk, static_keys: StaticKeys
) -> None:
    assert not desk.report().terminated
    desk.send([card_commands.terminate()])
    desk.send([card_commands.terminate()])  # again, after the answer was lost
    again = Card(CardState.from_json(full.state.to_json()), FaultyStore(full.state))
    for card in (full, again):
        card.reset()
        assert exchange(card, SELECT_JPKI) == "6A82"
        assert exchange(card, f"00A4040C 0A {DECLARED['text'].aid.hex()}") == "6A82"
        assert exchange(card, "00CA004500")[-4:] == "9000"
        assert Desk(InProcess(card), static_keys).report().terminated
