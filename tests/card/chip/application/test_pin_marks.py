"""The mark that a PIN keeps of the permission by which it was set."""

import pytest

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.client.session import CardSession
from honnin.card.issuer import commands as card_commands
from honnin.card.kinds.declaration import NUMBER_CARD, KeySlot, kind
from honnin.card.kinds.slot import LAYOUT
from honnin.card.scp03 import StaticKeys
from honnin.card.transport.in_process import InProcess
from honnin.pin import Pin
from tests.support.card.desk import PINS, Desk

MARK, OTHER_MARK = bytes(range(16)), bytes(16)


@pytest.mark.parametrize("slot", list(KeySlot))
def test_a_pin_keeps_the_mark_of_the_permission_by_which_it_was_set(
    blank: Card, static_keys: StaticKeys, slot: KeySlot
) -> None:
    """Exactly when it was set: the mark tells a PIN that was set from one that might have been."""
    number = kind(NUMBER_CARD).applications["jpki"].number
    place, reader = (number, LAYOUT[slot].pin_file), InProcess(blank)

    def mark() -> bytes:
        return Desk(reader, static_keys).ask(card_commands.read_pin_mark(*place))

    def permit(*mark: bytes) -> None:
        Desk(reader, static_keys).ask(card_commands.authorise_application_pin(*place, *mark))

    def set_pin() -> None:
        CardSession(reader).set_authorised_pin("jpki", place[1], Pin(PINS[slot]))

    assert mark() == b""
    permit(MARK)
    assert mark() == b""  # a permission is not a PIN
    set_pin()
    assert mark() == MARK
    assert CardState.from_json(blank.state.to_json()) == blank.state
    permit()
    set_pin()
    assert mark() == MARK  # another way of setting it tells nothing of this one
    permit(OTHER_MARK)
    set_pin()
    assert mark() == OTHER_MARK
    session = CardSession(reader)
    session.select_jpki()
    session.verify_pin(slot, Pin(PINS[slot]))
    assert mark() == OTHER_MARK
