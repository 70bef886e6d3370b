"""Opening a channel: both sides prove their keys, and no challenge of the card ever comes again."""

from contextlib import suppress
from dataclasses import replace

import pytest

from honnin.card.apdu import Command
from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.client.session import relay
from honnin.card.issuer import commands as card_commands
from honnin.card.issuer.channel import HostChannel
from honnin.card.kinds.declaration import KeySlot
from honnin.card.scp03 import StaticKeys, card_challenge, derive_card_keys
from honnin.card.secure_channel import ISSUER_AID
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError, Untrusted
from honnin.identifiers import CardNumber
from tests.support.card.desk import Desk, exchange
from tests.support.card.faults import Fault, FaultyStore, PowerCutError


def test_a_whole_recorded_channel_cannot_be_played_again(
    issued_state: CardState, static_keys: StaticKeys
) -> None:
    store = FaultyStore(issued_state)
    card = Card(issued_state, store)
    opening = HostChannel.begin(static_keys)
    recorded = list(opening.commands)
    answers = relay(InProcess(card), recorded)
    channel, authenticate = HostChannel.open(static_keys, opening.host_challenge, answers[-1])
    recorded += [authenticate, channel.wrap(card_commands.remove(KeySlot.SIGNATURE))]
    for command in recorded[2:]:
        assert card.transmit(command).endswith(b"\x90\x00")
    assert card.state.slots[KeySlot.SIGNATURE].certificate is None
    for state in (store.kept, replace(issued_state, sequence_counter=store.kept.sequence_counter)):
        again = Card(state, FaultyStore(state))
        played = [again.transmit(command)[-2:].hex() for command in recorded]
        assert played == ["9000", "9000", "6988", "6982"]
        assert again.state == state.with_sequence_counter(state.sequence_counter + 1)


def test_a_card_with_other_keys_is_not_genuine(issued_state: CardState) -> None:
    card = Card(issued_state, FaultyStore(issued_state))
    with pytest.raises(Untrusted, match="E_CARD_NOT_GENUINE"):
        Desk(InProcess(card), derive_card_keys(bytes(32), issued_state.card_number))


def test_a_host_with_other_keys_gets_nowhere(issued_state: CardState, static_keys: StaticKeys) -> None:
    """Someone who knows the MAC keys but gets the proof wrong, and someone who knows nothing."""
    card = Card(issued_state, FaultyStore(issued_state))
    opening = HostChannel.begin(static_keys)
    answer = relay(InProcess(card), opening.commands)[-1]
    channel, _ = HostChannel.open(static_keys, opening.host_challenge, answer)
    fresh = HostChannel(channel.keys, bytes(16))
    forged = fresh._seal(Command(0x84, 0x82, 0x33, 0x00, bytes(8)))
    assert card.transmit(forged) == b"\x63\x00"
    assert card.transmit(forged) == b"\x69\x85"
    with pytest.raises(CardError) as error:
        HostChannel.check_opened(b"\x63\x00")
    assert error.value.context == {"status_word": "6300"}
    assert card.state.applications is issued_state.applications


@pytest.mark.parametrize(
    "answer",
    ["9000", "00" * 28 + "9000", "00" * 32 + "9000", "00" * 11 + "03" + "71" + "00" * 19 + "9000"],
)
def test_an_answer_without_proof_is_not_genuine(static_keys: StaticKeys, answer: str) -> None:
    with pytest.raises(Untrusted, match="E_CARD_NOT_GENUINE"):
        HostChannel.open(static_keys, bytes(8), bytes.fromhex(answer))


def test_a_card_that_refuses_to_begin_says_why(static_keys: StaticKeys) -> None:
    with pytest.raises(CardError) as error:
        HostChannel.open(static_keys, bytes(8), b"\x6a\x88")
    assert error.value.context == {"status_word": "6A88"}


@pytest.mark.parametrize("level", [0x00, 0x01, 0x03, 0x13])
def test_less_than_full_protection_is_refused(
    issued_state: CardState, static_keys: StaticKeys, level: int
) -> None:
    card = Card(issued_state, FaultyStore(issued_state))
    opening = HostChannel.begin(static_keys)
    answer = relay(InProcess(card), opening.commands)[-1]
    channel, authenticate = HostChannel.open(static_keys, opening.host_challenge, answer)
    proof = authenticate[5:13]
    weaker = HostChannel(channel.keys, bytes(16))._seal(Command(0x84, 0x82, level, 0x00, proof))
    assert card.transmit(weaker) == b"\x6a\x86"
    assert card.transmit(authenticate) == b"\x69\x85"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("8050000007" + "00" * 7, "6700"),
        ("8050010008" + "00" * 8 + "00", "6A88"),
        ("8050300108" + "00" * 8 + "00", "6A86"),
        ("8482330010" + "00" * 16, "6985"),
        ("84F2000008" + "00" * 8 + "00", "6982"),
        ("8446800108" + "00" * 8 + "00", "6982"),
        ("80F2000000", "6982"),
        ("80D8308101" + "00", "6982"),
        ("80E40001", "6982"),
        ("80540001", "6982"),
        ("80440001", "6982"),
    ],
)
def test_without_a_channel_the_issuer_domain_does_nothing(blank: Card, command: str, answer: str) -> None:
    before = blank.state
    assert exchange(blank, command) == answer
    assert blank.state is before


def test_no_challenge_is_given_that_was_not_counted_first(
    issued_state: CardState, static_keys: StaticKeys
) -> None:
    card = Card(issued_state, FaultyStore(issued_state, Fault.REFUSED, 1))
    with pytest.raises(CardError, match="E_CARD_STORE_FAILED"):
        Desk(InProcess(card), static_keys)
    assert card.state is issued_state
    assert exchange(card, "84F2000008" + "00" * 8) == "6982"


def test_the_counter_begins_at_0_and_its_first_challenge_is_that_of_1(
    blank_state: CardState, static_keys: StaticKeys
) -> None:
    assert blank_state.sequence_counter == 0
    card = Card(blank_state, FaultyStore(blank_state))
    answer = card.transmit(HostChannel.begin(static_keys).commands[1])
    assert answer[13:21] == card_challenge(static_keys, 1, ISSUER_AID)
    assert answer[29:32].hex() == "000001"


def test_no_challenge_comes_twice(issued_state: CardState, static_keys: StaticKeys) -> None:
    """Whether the channel is opened, refused or never tried, and with a cut at every write."""
    store = FaultyStore(issued_state)
    challenges = []
    for fault in (None, Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.REFUSED, None) * 2:
        store = FaultyStore(store.kept, fault, 2)
        card = Card(store.kept, store)
        for _ in range(3):
            with suppress(PowerCutError):
                answer = card.transmit(HostChannel.begin(static_keys).commands[1])
                if answer.endswith(b"\x90\x00"):
                    challenges.append(answer[13:21])
            card.reset()
            assert card.state.sequence_counter <= store.kept.sequence_counter
    assert len(challenges) == len(set(challenges)) == 2 * (3 + 2 + 2 + 2 + 3)


def test_a_card_whose_counter_is_used_up_opens_no_channel(
    issued_state: CardState, static_keys: StaticKeys
) -> None:
    last = replace(issued_state, sequence_counter=0xFFFFFE)
    card = Card(last, FaultyStore(last))
    assert Desk(InProcess(card), static_keys).report().card_number == last.card_number
    assert card.state.sequence_counter == 0xFFFFFF
    for _ in range(2):
        with pytest.raises(CardError) as error:
            Desk(InProcess(card), static_keys)
        assert error.value.context == {"status_word": "6985"}


def test_every_bit_of_the_answer_of_a_card_of_ours_is_checked(
    issued_state: CardState, static_keys: StaticKeys
) -> None:
    """Also those that the proof of the keys does not depend on, and a counter that is not there."""
    card = Card(issued_state, FaultyStore(issued_state))
    opening = HostChannel.begin(static_keys)
    answer = relay(InProcess(card), opening.commands)[-1]

    def opens(answer: bytes, number: str = issued_state.card_number) -> bool:
        with suppress(Untrusted, CardError):
            HostChannel.open(static_keys, opening.host_challenge, answer, card_number=CardNumber(number))
            return True
        return False

    assert opens(answer)
    for bit in range(8 * len(answer)):
        altered = bytearray(answer)
        altered[bit // 8] ^= 1 << bit % 8
        assert not opens(bytes(altered))
    without_counter = answer[:12] + b"\x60" + answer[13:29] + answer[-2:]
    HostChannel.open(static_keys, opening.host_challenge, without_counter)  # a card of another make
    assert not opens(without_counter)
    assert not opens(answer, "TEST00000000002")
