"""Work on cards is cut at every command and at every write: old or new, never half done."""

from collections.abc import Callable

import pytest

from honnin.card.chip.state import CardState
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport import Transport
from honnin.errors import CardError
from honnin.simulator.holder import PulledAfter
from tests.agency.card_updates.works import Act, clear, take_back
from tests.support.card.conversations import (
    complete,
    prepare_clear,
    prepare_update,
    update,
)
from tests.support.card.faults import Fault, PowerCutError, is_gone, is_refused_write
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")
MOST_COMMANDS = 60


# — Cuts ——————————————————————————————————————————————————————————————————————————————————————————————


def prepare_end(town: Town) -> Holder:
    return complete(town, certificates=True)


WORKS: dict[str, tuple[Callable[[Town], Holder], Act]] = {
    "update": (prepare_update, update),
    "clear": (prepare_clear, clear),
    "take back": (prepare_end, take_back),
}


def is_cut(act: Act, town: Town, holder: Holder, reader: Transport) -> bool:
    try:
        act(town, holder, reader)
    except (PowerCutError, CardError) as error:
        if is_gone(error) or is_refused_write(error):
            return True
        raise
    return False


def without_counter(state: CardState) -> CardState:
    return state.with_sequence_counter(0)


def require_a_whole_state(before: CardState, now: CardState, after: CardState) -> None:
    """Each slot and the files together are old or new; tries never rise."""
    for slot in KeySlot:
        assert now.slots[slot] in (before.slots[slot], after.slots[slot])
        assert now.slots[slot].pin.tries_left <= before.slots[slot].pin.tries_left
    whole = {name: content.files for name, content in now.applications.items() if name != "jpki"}
    assert whole in ({name: each.applications[name].files for name in whole} for each in (before, after))
    assert now.terminated in (before.terminated, after.terminated)


@pytest.mark.parametrize("answer_lost", [False, True], ids=["before the command", "after it, answer lost"])
@pytest.mark.parametrize("work", WORKS)
def test_the_card_pulled_out_at_every_command(town: Town, work: str, answer_lost: bool) -> None:
    prepare, act = WORKS[work]
    holder = prepare(town)
    before = holder.card.state
    act(town, holder, holder.reader())
    after, cuts = holder.card.state, 0
    for commands in range(MOST_COMMANDS):
        holder = with_card_as_before(town, holder, before)
        if not is_cut(act, town, holder, PulledAfter(holder.card, commands, answer_lost=answer_lost)):
            break
        cuts += 1
        require_a_whole_state(before, holder.card.state, after)
        act(town, holder, holder.reader())
        assert without_counter(holder.card.state) == without_counter(after)
    assert 4 < cuts < MOST_COMMANDS


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("work", WORKS)
def test_a_fault_of_the_cards_memory_at_every_write(town: Town, work: str, fault: Fault) -> None:
    prepare, act = WORKS[work]
    holder = prepare(town)
    before = holder.card.state
    act(town, holder, holder.reader())
    after, cuts = holder.card.state, 0
    for write in range(1, MOST_COMMANDS):
        holder = with_card_as_before(town, holder, before)
        holder.damage(fault, write)
        if not is_cut(act, town, holder, holder.reader()):
            break
        cuts += 1
        holder.revive()
        require_a_whole_state(before, holder.card.state, after)
        act(town, holder, holder.reader())
        assert without_counter(holder.card.state) == without_counter(after)
    assert cuts >= 2


def with_card_as_before(town: Town, holder: Holder, state: CardState) -> Holder:
    """The same holder with the card as it was before."""
    return town.pocket(holder.resident, state)
