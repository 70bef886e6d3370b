"""Any bytes are a command: no exception, a status word always, and no change without authority.

A model of both PINs runs beside the card: tries, verification and the current file must agree with it.
"""

from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from honnin.card.card import Card
from honnin.card.slot import LAYOUT, KeySlot
from honnin.card.state import CardState, PinRecord
from tests.card.desk import PINS, SELECT_JPKI, octets
from tests.card.faults import FaultyStore
from tests.card.fixtures.keys import KeyPool

INSTRUCTIONS = (0x20, 0x24, 0x2A, 0x44, 0x46, 0x50, 0x54, 0x82, 0x84, 0xA4, 0xB0, 0xCA, 0xE2, 0xE4, 0xF2)
CLASSES = (0x00, 0x00, 0x80, 0x80, 0x84, 0x0C, 0x10)
FILES = (0x0001, 0x0002, 0x0006, 0x000A, 0x0017, 0x0018, 0x001A, 0x001B)
AIDS = (SELECT_JPKI, "00A40400 08 A000000151000000")

likely_commands = st.builds(
    lambda cla, ins, p1, p2, data, tail: bytes((cla, ins, p1, p2)) + data + tail,
    st.sampled_from(CLASSES),
    st.sampled_from(INSTRUCTIONS),
    st.integers(0, 255) | st.sampled_from((0x00, 0x01, 0x02, 0x80, 0x81)),
    st.integers(0, 255) | st.sampled_from((0x00, 0x01, 0x02, 0x0C, 0x80, 0x97, 0x98, 0x9A, 0x9B)),
    st.binary(max_size=40).map(lambda data: bytes((len(data),)) + data if data else b""),
    st.sampled_from((b"", b"\x00", b"\x10", b"\x00\x00\x00")),
)
selections = st.sampled_from(
    [octets(aid) for aid in AIDS] + [bytes((0, 0xA4, 2, 0x0C, 2)) + file.to_bytes(2, "big") for file in FILES]
)
commands = st.binary(max_size=300) | likely_commands | selections


def without_tries(state: CardState) -> CardState:
    for slot in KeySlot:
        content = state.slots[slot]
        state = state.with_slot(slot, replace(content, pin=PinRecord(content.pin.value, 0)))
    return state


@settings(max_examples=300, deadline=None)
@given(st.lists(commands, min_size=1, max_size=25))
def test_bytes_without_authority_only_ever_cost_tries(
    issued_state: CardState, key_pool: KeyPool, sequence: list[bytes]
) -> None:
    guessable = issued_state
    store = FaultyStore(guessable)
    card = Card(guessable, store, generate_key=key_pool)
    tries = {slot: LAYOUT[slot].pin.tries for slot in KeySlot}
    for command in sequence:
        answer = card.transmit(command)
        assert len(answer) >= 2
        assert answer[-2] in (0x90, 0x63, 0x65, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6D, 0x6E)
        assert without_tries(card.state) == without_tries(issued_state)
        assert store.kept == card.state
        for slot in KeySlot:
            left = card.state.slots[slot].pin.tries_left
            assert left <= tries[slot]
            tries[slot] = left


@settings(max_examples=200, deadline=None)
@given(st.lists(commands, min_size=1, max_size=25))
def test_a_blank_card_cannot_be_changed_by_anyone_but_its_issuer(
    blank_state: CardState, key_pool: KeyPool, sequence: list[bytes]
) -> None:
    store = FaultyStore(blank_state)
    card = Card(blank_state, store, generate_key=key_pool)
    for command in sequence:
        card.transmit(command)
    assert store.writes == 0


class CardMachine(RuleBasedStateMachine):
    """The holder's commands in any order, beside a model of what the card must think."""

    start: ClassVar[CardState]

    @initialize()
    def insert(self) -> None:
        self.store = FaultyStore(self.start)
        self.card = Card(self.start, self.store)
        self.pins = dict(PINS)
        self.tries = {slot: LAYOUT[slot].pin.tries for slot in KeySlot}
        self.verified: set[KeySlot] = set()
        self.file: int | None = None
        self.select_application()

    def ask(self, command: bytes) -> str:
        return self.card.transmit(command)[-2:].hex().upper()

    @rule()
    def select_application(self) -> None:
        assert self.ask(octets(SELECT_JPKI)) == "9000"
        self.verified.clear()
        self.file = None

    @rule(again=st.booleans())
    def lose_power(self, again: bool) -> None:
        if again:
            self.card = Card(self.store.kept, self.store)
        self.card.reset()
        self.select_application()

    @rule(file=st.sampled_from(FILES))
    def select_file(self, file: int) -> None:
        assert self.ask(bytes((0, 0xA4, 2, 0x0C, 2)) + file.to_bytes(2, "big")) == "9000"
        self.file = file

    @rule(slot=st.sampled_from(KeySlot))
    def ask_tries(self, slot: KeySlot) -> None:
        expected = f"63C{self.tries[slot]}"
        assert self.ask(bytes((0, 0x20, 0, 0x80 | LAYOUT[slot].pin_file))) == expected

    @rule(slot=st.sampled_from(KeySlot), right=st.booleans())
    def verify(self, slot: KeySlot, right: bool) -> None:
        pin = self.pins[slot].encode() if right else b"WRONG1"
        answer = self.ask(bytes((0, 0x20, 0, 0x80 | LAYOUT[slot].pin_file, len(pin))) + pin)
        if self.tries[slot] == 0:
            assert answer == "6984"
        elif right:
            assert answer == "9000"
            self.tries[slot] = LAYOUT[slot].pin.tries
            self.verified.add(slot)
        else:
            self.tries[slot] -= 1
            self.verified.discard(slot)
            assert answer == f"63C{self.tries[slot]}"

    @rule(slot=st.sampled_from(KeySlot), number=st.integers(0, 9999))
    def change_pin(self, slot: KeySlot, number: int) -> None:
        new = f"{number:04}" if slot is KeySlot.AUTHENTICATION else f"AB{number:04}"
        command = bytes((0, 0x24, 1, 0x80 | LAYOUT[slot].pin_file, len(new))) + new.encode()
        answer = self.ask(command)
        if slot in self.verified:
            assert answer == "9000"
            self.pins[slot] = new
        else:
            assert answer == ("6982" if self.tries[slot] else "6984")

    @rule(slot=st.sampled_from(KeySlot))
    def sign(self, slot: KeySlot) -> None:
        answer = self.ask(bytes((0x80, 0x2A, 0, 0x80 | LAYOUT[slot].key_file, 2, 1, 2, 0)))
        assert answer == ("9000" if slot in self.verified else "6982")

    @rule()
    def read_current_file(self) -> None:
        answer = self.ask(b"\x00\xb0\x00\x00\x04")
        if self.file is None:
            assert answer == "6986"
        elif self.file in (0x0017, 0x0018, 0x001A, 0x001B):
            assert answer == "6981"
        elif self.file == 0x0001 and KeySlot.SIGNATURE not in self.verified:
            assert answer == "6982"
        else:
            assert answer == "9000"

    @invariant()
    def what_is_kept_is_what_the_model_says(self) -> None:
        for slot in KeySlot:
            pin = self.store.kept.slots[slot].pin
            assert (pin.value, pin.tries_left) == (self.pins[slot], self.tries[slot])
        assert self.card.state == self.store.kept


def test_the_card_agrees_with_a_model_of_it(issued_state: CardState) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    CardMachine.start = issued_state
    run_state_machine_as_test(CardMachine, settings=settings(max_examples=60, deadline=None))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 300, 70_000])
def test_bytes_of_any_size_are_answered(card: Card, size: int) -> None:
    for value in (0x00, 0x80, 0xFF):
        assert len(card.transmit(bytes((value,)) * size)) >= 2
