"""VERIFY and CHANGE: tries that last, PINs that lock, and the formats of both PINs."""

import pytest

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.kinds.declaration import KeySlot
from honnin.card.kinds.slot import LAYOUT
from tests.support.card.desk import PINS, SELECT_JPKI, exchange, select, verify
from tests.support.card.faults import Fault, FaultyStore, PowerCutError

WRONG = {KeySlot.SIGNATURE: "XYZ789", KeySlot.AUTHENTICATION: "9999"}
PIN_FILE = {KeySlot.SIGNATURE: "001B", KeySlot.AUTHENTICATION: "0018"}

both_slots = pytest.mark.parametrize("slot", list(KeySlot))


def tries(card: Card, slot: KeySlot) -> str:
    select(card, PIN_FILE[slot])
    return exchange(card, "00200080")


@both_slots
def test_the_right_pin_is_accepted_and_a_question_costs_nothing(card: Card, slot: KeySlot) -> None:
    full = f"63C{LAYOUT[slot].pin.tries}"
    assert tries(card, slot) == full
    assert verify(card, slot) == "9000"
    assert tries(card, slot) == full  # never 9000: OpenSC would give the card up


@both_slots
def test_wrong_pins_count_down_to_blocked(card: Card, store: FaultyStore, slot: KeySlot) -> None:
    for left in range(LAYOUT[slot].pin.tries - 1, -1, -1):
        assert verify(card, slot, WRONG[slot]) == f"63C{left}"
        assert store.kept.slots[slot].pin.tries_left == left
    assert verify(card, slot) == "6984"
    assert verify(card, slot, WRONG[slot]) == "6984"
    assert tries(card, slot) == "63C0"
    assert exchange(card, "00240180 04 35363738") == "6984"


@both_slots
def test_the_count_outlives_the_power(card: Card, store: FaultyStore, slot: KeySlot) -> None:
    assert verify(card, slot, WRONG[slot]).startswith("63C")
    again = Card(store.kept, store)
    exchange(again, SELECT_JPKI)
    assert tries(again, slot) == f"63C{LAYOUT[slot].pin.tries - 1}"


@both_slots
def test_the_right_pin_resets_the_count(card: Card, slot: KeySlot) -> None:
    for _ in range(LAYOUT[slot].pin.tries - 1):
        verify(card, slot, WRONG[slot])
    assert tries(card, slot) == "63C1"
    assert verify(card, slot) == "9000"
    assert tries(card, slot) == f"63C{LAYOUT[slot].pin.tries}"


def test_one_pin_says_nothing_about_the_other(card: Card) -> None:
    assert verify(card, KeySlot.AUTHENTICATION) == "9000"
    assert verify(card, KeySlot.SIGNATURE, "XYZ789") == "63C4"
    assert tries(card, KeySlot.AUTHENTICATION) == "63C3"
    select(card, "0017")
    assert exchange(card, "802A0080 01 AA 00").endswith("9000")


def test_a_wrong_pin_after_the_right_one_ends_the_permission(card: Card) -> None:
    assert verify(card, KeySlot.SIGNATURE) == "9000"
    assert verify(card, KeySlot.SIGNATURE, "XYZ789") == "63C4"
    select(card, "0001")
    assert exchange(card, "00B0000001") == "6982"


def test_the_card_does_not_fold_case(card: Card) -> None:
    assert verify(card, KeySlot.SIGNATURE, "abc123") == "63C4"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("0020009B", "63C5"),
        ("00200098", "63C3"),
        ("0020009B 06 414243313233", "9000"),
        ("00200098 04 31323334", "9000"),
        ("0020009C", "6981"),  # exists, no PIN of this application
        ("0020009A", "6981"),  # a key
        ("0020009D", "6A82"),
        ("00200100", "6A86"),
        ("00200018", "6A86"),
        ("002000C0", "6A86"),
        ("00200080", "6986"),
        ("0020009B 11 " + "41" * 17, "6700"),
        ("0020009800", "63C3"),  # a length alone is no PIN
    ],
)
def test_verify_by_short_id_and_without_a_file(card: Card, command: str, answer: str) -> None:
    assert exchange(card, command) == answer


@both_slots
def test_a_pin_that_is_too_long_costs_no_try(card: Card, store: FaultyStore, slot: KeySlot) -> None:
    assert verify(card, slot, "4" * 17) == "6700"
    assert store.writes == 0


def test_a_certificate_file_is_no_pin(card: Card) -> None:
    select(card, "000A")
    assert exchange(card, "00200080 04 31323334") == "6981"


@both_slots
def test_a_pin_never_set_counts_as_blocked(blank: Card, slot: KeySlot) -> None:
    exchange(blank, SELECT_JPKI)
    assert tries(blank, slot) == "63C0"
    assert verify(blank, slot) == "6984"


@pytest.mark.parametrize(
    ("slot", "new"),
    [
        (KeySlot.AUTHENTICATION, "5678"),
        (KeySlot.SIGNATURE, "A12345"),
        (KeySlot.SIGNATURE, "ABCDEFGHIJKLMNO6"),
    ],
)
def test_a_verified_pin_can_be_changed(card: Card, store: FaultyStore, slot: KeySlot, new: str) -> None:
    assert verify(card, slot) == "9000"
    assert exchange(card, f"00240180 {len(new):02X} {new.encode().hex()}") == "9000"
    again = Card(store.kept, store)
    exchange(again, SELECT_JPKI)
    assert verify(again, slot) == f"63C{LAYOUT[slot].pin.tries - 1}"
    assert verify(again, slot, new) == "9000"


@both_slots
def test_a_change_needs_the_old_pin(card: Card, store: FaultyStore, slot: KeySlot) -> None:
    select(card, PIN_FILE[slot])
    assert exchange(card, "00240180 06 413132333435") == "6982"
    assert store.writes == 0


@pytest.mark.parametrize(
    ("slot", "new"),
    [
        (KeySlot.AUTHENTICATION, b"123"),
        (KeySlot.AUTHENTICATION, b"12345"),
        (KeySlot.AUTHENTICATION, b"12A4"),
        (KeySlot.AUTHENTICATION, "１２３４".encode()),
        (KeySlot.AUTHENTICATION, b"123\xff"),
        (KeySlot.AUTHENTICATION, b"123\n"),
        (KeySlot.SIGNATURE, b"ABC12"),
        (KeySlot.SIGNATURE, b"ABCDEFGHIJKLMNO67"),
        (KeySlot.SIGNATURE, b"ABCDEF"),
        (KeySlot.SIGNATURE, b"123456"),
        (KeySlot.SIGNATURE, b"abc123"),
        (KeySlot.SIGNATURE, b"ABC 123"),
        (KeySlot.SIGNATURE, b"ABC123\x00"),
    ],
)
def test_a_new_pin_must_have_the_form(card: Card, store: FaultyStore, slot: KeySlot, new: bytes) -> None:
    assert verify(card, slot) == "9000"
    before = store.kept
    assert exchange(card, f"00240180 {len(new):02X} {new.hex()}") == "6A80"
    assert store.kept is before


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00240080 08 3132333435363738", "6A86"),  # old and new in one
        ("00240198 04 35363738", "9000"),
        ("00240180", "6A80"),
        ("0024019A 04 35363738", "6981"),
    ],
)
def test_forms_of_change(card: Card, command: str, answer: str) -> None:
    assert verify(card, KeySlot.AUTHENTICATION) == "9000"
    assert exchange(card, command) == answer


@both_slots
@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER])
@pytest.mark.parametrize("pin", ["right", "wrong"])
def test_a_cut_never_gives_a_free_try(issued_state: CardState, slot: KeySlot, fault: Fault, pin: str) -> None:
    """At whichever write the power goes: no answer came, or the try was spent before the answer."""
    value = PINS[slot] if pin == "right" else WRONG[slot]
    full = LAYOUT[slot].pin.tries
    for at in (1, 2):
        store = FaultyStore(issued_state, fault, at)
        card = Card(issued_state, store)
        exchange(card, SELECT_JPKI)
        try:
            answer = verify(card, slot, value)
        except PowerCutError:
            expected = {full} if (fault, at) in ((Fault.CUT_BEFORE, 1), (Fault.CUT_AFTER, 2)) else {full - 1}
            assert store.kept.slots[slot].pin.tries_left in expected
        else:
            assert (pin, answer) == ("wrong", f"63C{full - 1}")
            assert store.kept.slots[slot].pin.tries_left == full - 1


@both_slots
def test_a_store_that_fails_answers_6581_and_nothing_was_learned(
    issued_state: CardState, slot: KeySlot
) -> None:
    full = LAYOUT[slot].pin.tries
    for value in (PINS[slot], WRONG[slot]):
        store = FaultyStore(issued_state, Fault.REFUSED, 1)
        card = Card(issued_state, store)
        exchange(card, SELECT_JPKI)
        assert verify(card, slot, value) == "6581"
        assert card.state is issued_state
        assert tries(card, slot) == f"63C{full}"


def test_a_store_that_fails_at_the_reset_leaves_the_try_spent(issued_state: CardState) -> None:
    store = FaultyStore(issued_state, Fault.REFUSED, 2)
    card = Card(issued_state, store)
    exchange(card, SELECT_JPKI)
    assert verify(card, KeySlot.SIGNATURE) == "6581"
    assert tries(card, KeySlot.SIGNATURE) == "63C4"
    select(card, "0001")
    assert exchange(card, "00B0000001") == "6982"


def test_a_change_that_cannot_be_kept_leaves_the_old_pin(issued_state: CardState) -> None:
    store = FaultyStore(issued_state, Fault.REFUSED, 3)
    card = Card(issued_state, store)
    exchange(card, SELECT_JPKI)
    assert verify(card, KeySlot.AUTHENTICATION) == "9000"
    assert exchange(card, "00240180 04 35363738") == "6581"
    assert verify(card, KeySlot.AUTHENTICATION) == "9000"
