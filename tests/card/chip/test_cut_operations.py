"""Every operation on a card in use, cut at every command and at every write, on every kind of card.

What is kept after a cut is what is kept at that moment when nothing goes wrong; so it is enough to look at
those states to know that there is nothing between old and new. Done again, everything ends as it should.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

import pytest

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError
from honnin.simulator.holder import PulledAfter
from tests.card.chip.cuts import CARDS, CASES, KEYS
from tests.support.card.faults import Fault, FaultyStore, PowerCutError, is_gone, is_refused_write
from tests.support.card.operations import Operation, of_holder, operations, states_of
from tests.support.card.small_keys import only_key

KEPT = (Fault.CUT_AFTER, Fault.UNSURE)  # the new state is
# What else may be seen of these: one slot after the other; a key that is pending; a try that is spent.
IN_STEPS = ("hand back", "issue", "verify", "change", "protected")

each_operation = pytest.mark.parametrize(("kind", "name"), CASES)


def without_counter(state: CardState) -> CardState:
    return replace(state, sequence_counter=0)


class Watching:
    """A reader that remembers what the card keeps before each command, and after the last."""

    def __init__(self, card: Card) -> None:
        self._reader = InProcess(card)
        self._card = card
        self.states = [card.state]

    def transmit(self, command: bytes) -> bytes:
        answer = self._reader.transmit(command)
        self.states.append(self._card.state)
        return answer


@contextmanager
def going_wrong() -> Iterator[None]:
    with pytest.raises((CardError, PowerCutError)) as raised:
        yield
    error = raised.value
    assert is_gone(error) or is_refused_write(error)


def inserted(state: CardState, store: FaultyStore) -> Card:
    return Card(state, store, generate_key=only_key)


def assert_done_again(name: str, operation: Operation, kept: CardState, new: CardState) -> None:
    """From what a cut left, also twice; a mistake would cost another try each time."""
    if name.startswith("mistake"):
        return
    store = FaultyStore(kept)
    for _ in range(2):
        operation(InProcess(inserted(store.kept, store)), KEYS)
        assert without_counter(store.kept) == without_counter(new)


def assert_tries_come_back_whole(before: CardState, after: CardState) -> None:
    """A write brings all tries of a PIN back, or none."""
    for name, content in after.applications.items():
        declared = after.kind.applications[name].pins
        for file, pin in content.pins.items():
            was = before.applications[name].pins[file].tries_left
            assert pin.tries_left in (was, was - 1, declared[file].tries)


@each_operation
def test_there_is_nothing_between_old_and_new(kind: str, name: str) -> None:
    states = list(map(without_counter, states_of(operations(CARDS[kind])[name], CARDS[kind])))
    old, new = states[0], states[-1]
    assert old != new
    between = [state for state in states if state not in (old, new)]
    assert not between or name.startswith(IN_STEPS)
    for before, after in pairwise(states):
        assert CardState.from_json(after.to_json()) == after
        assert_tries_come_back_whole(before, after)


@each_operation
def test_the_card_is_pulled_after_every_command(kind: str, name: str) -> None:
    old, operation = CARDS[kind], operations(CARDS[kind])[name]
    whole = Watching(inserted(old, FaultyStore(old)))
    operation(whole, KEYS)
    assert len(whole.states) > 2
    for commands in range(len(whole.states) - 1):
        for answer_lost in (False, True):
            store = FaultyStore(old)
            card = inserted(old, store)
            with going_wrong():
                operation(PulledAfter(card, commands, answer_lost=answer_lost), KEYS)
            assert card.state is store.kept
            assert store.kept == whole.states[commands + answer_lost]
            assert_done_again(name, operation, store.kept, whole.states[-1])


@each_operation
@pytest.mark.parametrize("fault", list(Fault))
def test_every_write_fails_or_is_cut(kind: str, name: str, fault: Fault) -> None:
    old, operation = CARDS[kind], operations(CARDS[kind])[name]
    states = states_of(operation, old)
    for at in range(1, len(states)):
        store = FaultyStore(old, fault, at)
        card = inserted(old, store)
        with going_wrong():
            operation(InProcess(card), KEYS)
        assert store.kept == states[at if fault in KEPT else at - 1]
        assert fault is Fault.CUT_AFTER or card.state is store.kept
        assert_done_again(name, operation, store.kept, states[-1])


def test_every_pin_and_every_command_that_changes_something_is_among_them() -> None:
    for card in CARDS.values():
        names = operations(card)
        pins = [
            pin for declared in card.kind.applications.values() for pin in declared.pins.values() if pin.tries
        ]
        assert sum(map(of_holder, names)) == sum(2 if pin.fixed else 3 for pin in pins)
    assert {"move", "put key", "terminate", "hand back", "issue", "reset jpki 1B"} <= set(
        operations(CARDS["number-card"])
    )
