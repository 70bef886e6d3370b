"""Any bytes are a command: no exception, a status word always, and no change without authority."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.kinds.declaration import kind, kinds
from honnin.card.scp03 import StaticKeys
from honnin.card.secure_channel import ISSUER_AID
from tests.card.witness import Witness
from tests.support.card.cards import full_card
from tests.support.card.small_keys import authority, small_keys
from tests.support.card.state_changes import changes, in_applications

INSTRUCTIONS = (
    0x20,
    0x24,
    0x2A,
    0x32,
    0x44,
    0x46,
    0x50,
    0x54,
    0x56,
    0x5A,
    0x82,
    0x84,
    0x88,
    0xA4,
    0xB0,
    0xB2,
    0xCA,
)
FOR_THE_ISSUER = (0xD6, 0xD8, 0xDC, 0xE2, 0xE4, 0xE6, 0xF2, 0xF4)
CLASSES = (0x00, 0x00, 0x80, 0x80, 0x84, 0x0C, 0x10)
FILES = range(0x1F)
AIDS = {ISSUER_AID, *(each.aid for name in kinds() for each in kind(name).applications.values())}

likely_commands = st.builds(
    lambda cla, ins, p1, p2, data, tail: bytes((cla, ins, p1, p2)) + data + tail,
    st.sampled_from(CLASSES),
    st.sampled_from(INSTRUCTIONS + FOR_THE_ISSUER),
    st.integers(0, 255) | st.sampled_from((0x00, 0x01, 0x02, 0x80, 0x81)),
    st.integers(0, 255) | st.sampled_from((0x00, 0x01, 0x02, 0x0C, 0x80, 0x97, 0x98, 0x9A, 0x9B)),
    st.binary(max_size=40).map(lambda data: bytes((len(data),)) + data if data else b""),
    st.sampled_from((b"", b"\x00", b"\x10", b"\x00\x00\x00")),
)
selections = st.sampled_from(
    [bytes((0, 0xA4, 4, 0x0C, len(aid))) + aid for aid in sorted(AIDS)]
    + [bytes((0, 0xA4, 2, 0x0C, 2)) + file.to_bytes(2, "big") for file in FILES]
)
commands = st.binary(max_size=300) | likely_commands | selections


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(kinds()), st.lists(commands, min_size=1, max_size=25))
def test_bytes_without_authority_only_ever_cost_tries(
    static_keys: StaticKeys, kind_name: str, sequence: list[bytes]
) -> None:
    """On cards with everything on them; what else may not be, `Witness` says."""
    state = full_card(kind_name, static_keys, small_keys(), authority())
    witness = Witness(state, generate_key=small_keys())
    for command in sequence:
        before = witness.card.state
        witness.transmit(command)
        found = changes(before, witness.card.state) - {("sequence_counter",)}
        for what, name, file in in_applications(found):
            assert what == "pins"
            assert tries(witness.card.state, name, file) < tries(before, name, file)
    witness.restart()


def tries(state: CardState, application: str, file: int) -> int:
    return state.applications[application].pins[file].tries_left


@settings(max_examples=200, deadline=None)
@given(st.lists(commands, min_size=1, max_size=25))
def test_a_blank_card_cannot_be_changed_by_anyone_but_its_issuer(
    blank_state: CardState, sequence: list[bytes]
) -> None:
    witness = Witness(blank_state, generate_key=small_keys())
    for command in sequence:
        witness.transmit(command)
    assert changes(blank_state, witness.store.kept) <= {("sequence_counter",)}


@pytest.mark.parametrize("size", [0, 1, 2, 3, 300, 70_000])
def test_bytes_of_any_size_are_answered(card: Card, size: int) -> None:
    for value in (0x00, 0x80, 0xFF):
        assert len(card.transmit(bytes((value,)) * size)) >= 2
