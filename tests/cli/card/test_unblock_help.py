"""`honnin card unblock-help`: true for every state that a card can be in, and nobody is sent in vain."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from honnin.card.chip.state import ApplicationContent, CardState, PinRecord
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import NUMBER_CARD, KeySlot, PinDeclaration, kind
from honnin.card.scp03 import derive_card_keys
from honnin.card.token_information import token_files
from honnin.card.transport.card_file import CardFile
from honnin.cli.card.unblock_help import _WORDS, _place
from honnin.errors import Language
from honnin.identifiers import CardNumber
from honnin.law.cards import kiosk
from honnin.translation import gettext
from tests.support.card.commands import SELECT_JPKI, run, tries_left
from tests.support.pki import cards

Change = Callable[[CardState], CardState]


@pytest.fixture
def whole() -> CardState:
    """A number card with every application and every PIN that there is."""
    state = cards.card()[0].state
    for name, declared in kind(NUMBER_CARD).applications.items():
        if name != "jpki":
            pins = {file: _record(pin, pin.tries) for file, pin in declared.pins.items() if pin.name}
            state = state.with_application(name, ApplicationContent(pins=pins))
    return state


def _record(pin: PinDeclaration, tries_left: int) -> PinRecord:
    """A PIN of its form."""
    values = ("ABC123", *("1" * length for length in (4, 6, 12, 14)))
    return PinRecord(next(value for value in values if pin.rule.fullmatch(value)), tries_left)


def with_tries(state: CardState, application: str, file: int, tries_left: int) -> CardState:
    content, pin = state.applications[application], state.kind.applications[application].pins[file]
    return state.with_application(application, content.with_pin(file, _record(pin, tries_left)))


def without_pins(state: CardState) -> CardState:
    for name, declared in kind(NUMBER_CARD).applications.items():
        for file, pin in declared.pins.items():
            if not pin.fixed:
                content = state.applications[name].with_pin(file, PinRecord())
                state = state.with_application(name, content)
    return state


def labelled(state: CardState, label: str) -> CardState:
    jpki = state.applications["jpki"]
    return state.with_application("jpki", replace(jpki, files={**jpki.files, **token_files(label)}))


def without_signature(state: CardState) -> CardState:
    empty = replace(state.slots[KeySlot.SIGNATURE], pin=PinRecord(), private_key=None, certificate=None)
    return state.with_slot(KeySlot.SIGNATURE, empty)


def told(tmp_path: Path, state: CardState, **settings: str) -> list[str]:
    path = tmp_path / "card.json"
    CardFile.create(path, state).close()
    done = run(path, "unblock-help", path, **settings)
    assert (done.returncode, done.stderr) == (0, "")
    with CardFile.open(path) as file:
        assert file.card.state.applications == state.applications  # no try was spent
    return done.stdout.splitlines()


def under(lines: list[str], name: str) -> tuple[str, list[str]]:
    """What is said of one PIN, and the places below it."""
    at = next(number for number, line in enumerate(lines) if f"[{name}]" in line)
    places = []
    for line in lines[at + 1 :]:
        if not line.startswith("  "):
            break
        places.append(line.strip())
    return lines[at].partition("]: ")[2], places


def test_blocked_pins_and_where_they_are_set_anew(tmp_path: Path) -> None:
    card = tmp_path / "card.json"
    CardFile.create(card, cards.card()[0].state).close()
    last = run(card, "unblock-help", card).stdout.splitlines()[-1]
    assert last == "No PIN is blocked. To change one: honnin card change-pin"
    wrong = ["00200098 04 39393939"] * 3
    run(card, "apdu", card, "--use-last-try", SELECT_JPKI, *wrong)
    blocked, *places = run(card, "unblock-help", card).stdout.splitlines()
    assert blocked == "user-authentication PIN [jpki/authentication-pin]: It is blocked, or was never set."
    assert "counter" in places[0]
    assert "kiosk" in places[1]
    assert places[2] == "signature password [jpki/signature-pin]: 5 tries are left."
    assert "No PIN is blocked" not in "".join(places)
    japanese = run(card, "unblock-help", card, LC_ALL="ja_JP.UTF-8").stdout
    assert "市区町村の窓口" in japanese
    assert "キオスク" in japanese
    assert tries_left(card) == 0


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_hours_of_a_kiosk_and_how_long_a_reservation_lasts_are_the_laws(language: Language) -> None:
    sentence, said = gettext(_WORDS["kiosk"], language), _place("kiosk", language)
    assert not re.search(r"\d", sentence)
    hours = f"{kiosk.RESERVATION_LASTS // timedelta(hours=1)}"
    assert all(
        each in said for each in (hours, *(f"{at.hour}:{at:%M}" for at in (kiosk.OPENS, kiosk.CLOSES)))
    )


def test_each_pin_has_its_own_places(tmp_path: Path, whole: CardState) -> None:
    for application, file in (("text", 0x11), ("common", 0x1C), ("text", 0x14), ("jpki", 0x1B)):
        whole = with_tries(whole, application, file, 0)
    lines = told(tmp_path, with_tries(whole, "juki", 0x1C, 1))
    assert [line.split(":")[0] for line in under(lines, "text/text-pin")[1]] == ["Where to go"]
    assert [line.split(":")[0] for line in under(lines, "jpki/signature-pin")[1]] == ["Where to go", "Or"]
    assert under(lines, "common/common-pin")[1] == ["The counter of this system cannot set it."]
    assert under(lines, "text/number-a")[1] == [
        "It is printed on the card and is not set anew: that takes a new card."
    ]
    assert under(lines, "juki/juki-pin") == ("1 try is left; one more wrong entry blocks it.", [])
    assert not lines[-1].startswith("No PIN")


def test_a_card_without_pins_is_sent_nowhere_without_saying_what_it_may_be(
    tmp_path: Path, whole: CardState
) -> None:
    lines = told(tmp_path, without_pins(without_signature(whole)))
    assert not [line for line in lines if line.startswith("  ")]
    assert under(lines, "jpki/authentication-pin")[0] == "It is blocked, or was never set."
    assert lines[-1].startswith("None of its PINs can be entered. On a card without PINs")
    assert "changed to one with PINs" in lines[-1]


def test_where_there_is_no_certificate_there_is_nothing_to_unblock(tmp_path: Path, whole: CardState) -> None:
    lines = told(tmp_path, without_signature(whole))
    said = "The card has no certificate for it: there is nothing to unblock."
    assert under(lines, "jpki/signature-pin") == (said, [])
    assert lines[-1].startswith("No PIN is blocked.")


def test_an_expired_card_takes_no_pin_any_more(tmp_path: Path, whole: CardState) -> None:
    expired = replace(with_tries(whole, "jpki", 0x18, 0), expiry_date=date(2025, 2, 3))
    lines = told(tmp_path, expired)
    assert under(lines, "jpki/authentication-pin") == ("It is blocked, or was never set.", [])
    assert lines[-1] == (
        "The card's last day was 2025-02-03: no PIN is set on it any more. Apply for a new card."
    )


def test_an_ended_card_has_no_pin_that_is_open(tmp_path: Path, whole: CardState) -> None:
    (line,) = told(tmp_path, replace(whole, terminated=True))
    assert "has ended for good" in line


def test_an_older_card_is_not_sent_to_a_kiosk(tmp_path: Path) -> None:
    state = labelled(cards.card()[0].state, "JPKIAPICCTOKEN")
    for slot, content in state.slots.items():
        state = state.with_slot(slot, replace(content, pin=replace(content.pin, tries_left=0)))
    lines = "\n".join(told(tmp_path, state))
    assert lines.count("counter") == 2
    assert "kiosk" not in lines


def test_of_the_juki_card_only_what_it_has(tmp_path: Path) -> None:
    keys = derive_card_keys(bytes(range(32)), CardNumber("TESTX0000000001"))
    contents = {"juki": ApplicationContent(pins={0x1C: PinRecord("1234", 5)})}
    state = blank_card(
        CardNumber("TESTX0000000001"), keys, date(2025, 11, 30), kind_name="juki-card", contents=contents
    )
    lines = told(tmp_path, state)
    assert len(lines) == 3
    assert "nothing to unblock" in under(lines, "jpki/signature-pin")[0]
    assert "last day was 2025-11-30" in lines[-1]


@pytest.mark.parametrize("label", ["JPKIAPIOSTOKEN", "JPKIAPICCTOKEN3"])
def test_for_what_is_no_number_card_no_place_is_made_up(tmp_path: Path, label: str) -> None:
    state = with_tries(labelled(cards.card()[0].state, label), "jpki", 0x18, 0)
    lines = told(tmp_path, state)
    assert [line for line in lines if line.startswith("  ")] == [
        "  Where that is done for a card or device of this kind, this program does not know."
    ]
