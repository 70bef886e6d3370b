"""PUT KEY: all three issuer keys at once, or none; and a host that can always find out which."""

from dataclasses import replace
from itertools import product

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from honnin.card import put_key
from honnin.card.apdu import Command
from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.client.session import relay
from honnin.card.issuer import key_rotation
from honnin.card.issuer.channel import HostChannel
from honnin.card.scp03 import StaticKeys, derive_card_keys
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError, Malformed, Untrusted
from tests.support.card.desk import Desk
from tests.support.card.faults import FaultyStore
from tests.support.card.operations import rotate

LENGTHS = (16, 24, 32)
NEW_VERSION = 0x31


def some_keys(length: int, version: int, first: int = 0) -> StaticKeys:
    """Three keys that are easy to tell apart."""
    enc, mac, dek = (bytes(range(first + n, first + n + length)) for n in (0x40, 0x60, 0x80))
    return StaticKeys(enc, mac, dek, version)


@pytest.fixture
def new_keys(issued_state: CardState) -> StaticKeys:
    return derive_card_keys(bytes(range(32)), issued_state.card_number, NEW_VERSION)


def encrypted(key: bytes, block: bytes) -> bytes:
    return Cipher(AES(key), ECB()).encryptor().update(block)


def test_the_command_and_its_answer_byte_for_byte() -> None:
    """AES-128: one block a key, so CBC with a zero vector is the block cipher itself (Amendment D, 7.2)."""
    present, new = some_keys(16, 0x30), some_keys(16, 0x31, first=7)
    checks = [encrypted(key, b"\x01" * 16)[:3] for key in (new.enc, new.mac, new.dek)]
    sealed = [encrypted(present.dek, key) for key in (new.enc, new.mac, new.dek)]
    fields = [b"\x88\x11\x10" + key + b"\x03" + check for key, check in zip(sealed, checks, strict=True)]
    expected = bytes.fromhex("80D8308146 31") + b"".join(fields) + b"\x00"
    assert key_rotation.put_key(present, new) == expected
    key_rotation.check_replaced(new, b"\x31" + b"".join(checks))


@pytest.mark.parametrize(("length", "head"), [(24, "882118"), (32, "882120")])
def test_longer_keys_take_two_blocks(length: int, head: str) -> None:
    command = Command.parse(key_rotation.put_key(some_keys(16, 0x30), some_keys(length, 0x31, first=7)))
    assert len(command.data) == 1 + 3 * 39
    assert [command.data[place : place + 3].hex() for place in (1, 40, 79)] == [head] * 3


@pytest.mark.parametrize(("old_length", "new_length"), list(product(LENGTHS, LENGTHS)))
def test_keys_of_every_length_replace_keys_of_every_length(
    issued_state: CardState, old_length: int, new_length: int
) -> None:
    present, new = some_keys(old_length, 0x30), some_keys(new_length, 0x7F, first=7)
    state = replace(issued_state, issuer_keys=present, sequence_counter=0x123456)
    store = FaultyStore(state)
    card = Card(state, store)
    rotate(InProcess(card), present, new)
    assert store.kept == replace(state, issuer_keys=new, sequence_counter=0)
    assert CardState.from_json(store.kept.to_json()) == store.kept
    assert Desk(InProcess(card), new).report().card_number == state.card_number
    assert store.kept.sequence_counter == 1


def test_the_old_keys_open_nothing_any_more(
    issued_state: CardState, static_keys: StaticKeys, new_keys: StaticKeys
) -> None:
    card = Card(issued_state, FaultyStore(issued_state))
    rotate(InProcess(card), static_keys, new_keys)
    with pytest.raises(CardError) as error:
        Desk(InProcess(card), static_keys)
    assert error.value.context == {"status_word": "6A88"}
    with pytest.raises(Untrusted, match="E_CARD_NOT_GENUINE"):
        Desk(InProcess(card), replace(static_keys, version=NEW_VERSION))


def test_the_open_channel_goes_on_and_the_next_keys_are_sealed_by_the_new_one(
    issued_state: CardState, static_keys: StaticKeys, new_keys: StaticKeys
) -> None:
    card = Card(issued_state, FaultyStore(issued_state))
    desk = Desk(InProcess(card), static_keys)
    key_rotation.check_replaced(new_keys, desk.ask(key_rotation.put_key(static_keys, new_keys)))
    assert desk.report().card_number == issued_state.card_number
    third = some_keys(16, 0x32)
    key_rotation.check_replaced(third, desk.ask(key_rotation.put_key(new_keys, third)))
    assert card.state.issuer_keys == third


def refused(card: Card, keys: StaticKeys, command: bytes) -> str:
    """The status word of a command that must change nothing and leave the channel open."""
    desk = Desk(InProcess(card), keys)
    before = card.state
    with pytest.raises(CardError) as error:
        desk.ask(command)
    assert card.state is before
    assert desk.report().card_number == before.card_number
    return str(error.value.context["status_word"])


@pytest.fixture
def fresh(issued_state: CardState) -> Card:
    return Card(issued_state, FaultyStore(issued_state))


@pytest.mark.parametrize("version", [0x01, 0x2F, 0x30])
def test_a_version_that_does_not_rise_is_refused(fresh: Card, static_keys: StaticKeys, version: int) -> None:
    command = key_rotation.put_key(static_keys, some_keys(32, version))
    assert refused(fresh, static_keys, command) == "6A80"


@pytest.mark.parametrize("version", [0x00, 0x80, 0xFF])
def test_a_version_outside_its_range_is_refused(fresh: Card, static_keys: StaticKeys, version: int) -> None:
    command = Command.parse(key_rotation.put_key(static_keys, some_keys(32, 0x31)))
    altered = replace(command, data=bytes((version,)) + command.data[1:])
    assert refused(fresh, static_keys, altered.to_bytes()) == "6A80"


def test_the_same_encryption_key_is_refused(fresh: Card, static_keys: StaticKeys) -> None:
    """Its challenges would come again from 1 on."""
    same = replace(some_keys(32, 0x31), enc=static_keys.enc)
    assert refused(fresh, static_keys, key_rotation.put_key(static_keys, same)) == "6A80"


@pytest.mark.parametrize(
    ("p1", "p2", "answer"),
    [(0x00, 0x81, "6A88"), (0x31, 0x81, "6A88"), (0x30, 0x01, "6A86"), (0x30, 0x82, "6A86")],
)
def test_only_the_whole_present_key_set_can_be_replaced(
    fresh: Card, static_keys: StaticKeys, new_keys: StaticKeys, p1: int, p2: int, answer: str
) -> None:
    command = Command.parse(key_rotation.put_key(static_keys, new_keys))
    assert refused(fresh, static_keys, replace(command, p1=p1, p2=p2).to_bytes()) == answer


@pytest.mark.parametrize("length", LENGTHS)
def test_every_byte_of_the_data_counts(issued_state: CardState, length: int) -> None:
    """A bit flipped in any byte, even under right MACs: refused, and the keys are what they were."""
    present, new = some_keys(length, 0x30), some_keys(length, 0x31, first=7)
    state = replace(issued_state, issuer_keys=present)
    command = Command.parse(key_rotation.put_key(present, new))
    desk = Desk(InProcess(card := Card(state, FaultyStore(state))), present)
    before = card.state
    for place in range(1, len(command.data)):
        data = bytearray(command.data)
        data[place] ^= 0x01
        with pytest.raises(CardError, match="6A80"):
            desk.ask(replace(command, data=bytes(data)).to_bytes())
    for end in range(len(command.data)):
        with pytest.raises(CardError, match="6A80"):
            desk.ask(replace(command, data=command.data[:end]).to_bytes())
    with pytest.raises(CardError, match="6A80"):
        desk.ask(replace(command, data=command.data + b"\x00").to_bytes())
    assert card.state is before
    key_rotation.check_replaced(new, desk.ask(command.to_bytes()))


def test_keys_sealed_for_another_card_are_refused(
    fresh: Card, static_keys: StaticKeys, new_keys: StaticKeys
) -> None:
    foreign = replace(static_keys, dek=bytes(32))
    assert refused(fresh, static_keys, key_rotation.put_key(foreign, new_keys)) == "6A80"


def test_keys_cannot_be_put_without_a_channel(
    fresh: Card, static_keys: StaticKeys, new_keys: StaticKeys
) -> None:
    before = fresh.state
    assert fresh.transmit(key_rotation.put_key(static_keys, new_keys)) == b"\x69\x82"
    assert fresh.state is before


def test_a_wrong_confirmation_is_noticed(new_keys: StaticKeys) -> None:
    right = put_key.confirmation(new_keys)
    for wrong in (b"", right[:-1], right + b"\x00", b"\x30" + right[1:], right[:-1] + b"\x00"):
        with pytest.raises(Malformed, match="E_CARD_ANSWER_MALFORMED"):
            key_rotation.check_replaced(new_keys, wrong)


def test_a_card_that_only_claims_the_new_version_is_found_out(
    issued_state: CardState, static_keys: StaticKeys, new_keys: StaticKeys
) -> None:
    claiming = replace(issued_state, issuer_keys=replace(static_keys, version=NEW_VERSION))
    card = Card(claiming, FaultyStore(claiming))
    with pytest.raises(Untrusted, match="E_CARD_NOT_GENUINE"):
        rotate(InProcess(card), static_keys, new_keys)


def test_a_channel_from_before_cannot_be_played_to_the_new_keys(
    issued_state: CardState, static_keys: StaticKeys, new_keys: StaticKeys
) -> None:
    """Though the counter begins again."""
    card = Card(issued_state, FaultyStore(issued_state))
    opening = HostChannel.begin(None)
    recorded = list(opening.commands)
    answers = relay(InProcess(card), recorded)
    recorded.append(HostChannel.open(static_keys, opening.host_challenge, answers[-1])[1])
    rotate(InProcess(card), static_keys, new_keys)
    for _ in range(2 * issued_state.sequence_counter):
        assert [card.transmit(command)[-2:].hex() for command in recorded] == ["9000", "9000", "6988"]
