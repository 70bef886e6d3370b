"""The channel between issuer and card: what an enemy on the way can do is to stop it, and nothing else."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.card.apdu import Command, Response
from honnin.card.chip.card import Card
from honnin.card.chip.secure_channel import CardChannel
from honnin.card.chip.state import CardState
from honnin.card.client.session import relay
from honnin.card.issuer import commands as card_commands
from honnin.card.issuer.channel import HostChannel
from honnin.card.kinds.declaration import KeySlot
from honnin.card.scp03 import HOST_CRYPTOGRAM, SessionKeys, StaticKeys, cmac
from honnin.card.status_word import CommandRejected
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError, Malformed, Untrusted
from tests.support.card.desk import Desk, exchange
from tests.support.card.faults import Altering, FaultyStore

Open = Callable[[], tuple[Card, HostChannel]]


def opened(card: Card, keys: StaticKeys) -> HostChannel:
    return Desk(InProcess(card), keys).channel


@pytest.fixture
def open_channel(issued_state: CardState, static_keys: StaticKeys) -> Open:
    """A fresh card with a channel open to it, each time."""

    def fresh() -> tuple[Card, HostChannel]:
        card = Card(issued_state, FaultyStore(issued_state))
        return card, opened(card, static_keys)

    return fresh


def test_commands_wrapped_in_advance_are_answered_later(open_channel: Open) -> None:
    """A server wraps a batch, writes the channel down, and reads the answers in another request."""
    card, channel = open_channel()
    batch = [
        channel.wrap(card_commands.read_state()),
        channel.wrap(card_commands.authorise_pin(KeySlot.SIGNATURE)),
        channel.wrap(card_commands.read_state()),
    ]
    kept = channel.to_json()
    answers = tuple(card.transmit(command) for command in batch)
    later = HostChannel.from_json(kept)
    assert later == channel
    reports = [card_commands.card_report(later.unwrap(index, answers[index])) for index in (2, 0)]
    assert reports[0] == reports[1]
    assert later.unwrap(1, answers[1]) == b""
    following = later.wrap(card_commands.read_state())
    assert card_commands.card_report(later.unwrap(3, card.transmit(following))) == reports[0]


def test_nothing_of_a_command_or_answer_is_readable_on_the_way(open_channel: Open) -> None:
    card, channel = open_channel()
    sealed = channel.wrap(Command(0x80, 0xE2, 1, 0, b"Kurashiki" * 10).to_bytes())
    assert b"Kurashiki" not in sealed
    assert card.transmit(sealed).endswith(b"\x90\x00")
    answer = card.transmit(channel.wrap(card_commands.read_state()))
    assert b"TEST0000" not in answer
    assert b"20350331" not in answer


@given(data=st.data())
def test_any_flipped_bit_of_a_command_closes_the_channel(
    issued_state: CardState, static_keys: StaticKeys, data: st.DataObject
) -> None:
    card = Card(issued_state, FaultyStore(issued_state))
    channel = opened(card, static_keys)
    before = card.state
    sealed = bytearray(channel.wrap(card_commands.remove(KeySlot.SIGNATURE)))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    answer = card.transmit(bytes(sealed)).hex().upper()
    assert answer in {"6988", "6700", "6881", "6882", "6884", "6982", "6985", "6D00", "6E00", "69FC", "6A88"}
    assert card.state is before
    assert card.transmit(channel.wrap(card_commands.read_state())) == b"\x69\x82"


@given(data=st.data())
def test_any_flipped_bit_of_an_answer_is_noticed(
    issued_state: CardState, static_keys: StaticKeys, data: st.DataObject
) -> None:
    card = Card(issued_state, FaultyStore(issued_state))
    channel = opened(card, static_keys)
    answer = bytearray(card.transmit(channel.wrap(card_commands.read_state())))
    bit = data.draw(st.integers(0, 8 * len(answer) - 1))
    answer[bit // 8] ^= 1 << bit % 8
    with pytest.raises((Untrusted, CardError)):
        channel.unwrap(0, bytes(answer))


def test_a_dropped_command_is_noticed(open_channel: Open) -> None:
    card, channel = open_channel()
    channel.wrap(card_commands.read_state())
    assert card.transmit(channel.wrap(card_commands.read_state())) == b"\x69\x88"
    assert card.transmit(channel.wrap(card_commands.read_state())) == b"\x69\x82"


def test_a_repeated_command_is_noticed(open_channel: Open) -> None:
    card, channel = open_channel()
    sealed = channel.wrap(card_commands.authorise_pin(KeySlot.SIGNATURE))
    assert card.transmit(sealed).endswith(b"\x90\x00")
    assert card.transmit(sealed) == b"\x69\x88"
    assert card.transmit(sealed) == b"\x69\x82"


def test_reordered_commands_are_noticed(open_channel: Open) -> None:
    card, channel = open_channel()
    first, second = (channel.wrap(card_commands.read_state()) for _ in range(2))
    assert card.transmit(second) == b"\x69\x88"
    assert card.transmit(first) == b"\x69\x82"


def test_exchanged_answers_are_noticed(open_channel: Open) -> None:
    card, channel = open_channel()
    answers = [card.transmit(channel.wrap(card_commands.read_state())) for _ in range(2)]
    with pytest.raises(Untrusted, match="E_CARD_CHANNEL_BROKEN"):
        channel.unwrap(0, answers[1])


FREE = ("00CA004500", "00CA00F200", "0084000008")
UNPROTECTED = (
    *FREE,
    "80F2000000",
    "80E40001",
    "80D8308100",
    "00A40000",
    "00A4020C020006",
    "80CA004500",
    "00B2",
)


@pytest.mark.parametrize("command", UNPROTECTED)
def test_an_unprotected_command_aborts_the_channel(open_channel: Open, command: str) -> None:
    """Also one that anybody may send while no channel is open (Amendment D, 5.6)."""
    card, channel = open_channel()
    before = card.state
    assert exchange(card, command.ljust(8, "0")) == "6982"
    for later in FREE:  # aborted is not terminated: everything else is refused as well
        assert exchange(card, later) == "6982"
    assert card.transmit(channel.wrap(card_commands.read_state())) == b"\x69\x82"
    assert card.state is before


@pytest.mark.parametrize("ending", ["reset", "00A4040008A000000151000000", "8050000008" + "00" * 8])
def test_an_aborted_channel_is_left_behind(open_channel: Open, ending: str) -> None:
    card, channel = open_channel()
    assert exchange(card, FREE[0]) == "6982"
    if ending == "reset":
        card.reset()
    else:
        assert exchange(card, ending).endswith("9000")
    for command in FREE:
        assert exchange(card, command).endswith("9000")
    assert card.transmit(channel.wrap(card_commands.read_state())) == b"\x69\x82"
    assert Desk(InProcess(card), card.state.issuer_keys).report().card_number == card.state.card_number


def test_before_and_between_channels_the_card_is_named_to_everybody(issued_state: CardState) -> None:
    card = Card(issued_state, FaultyStore(issued_state))
    for opening in ("", "8050000008" + "00" * 8, "8482330010" + "00" * 16):
        if opening:
            exchange(card, opening)
        for command in FREE:
            assert exchange(card, command).endswith("9000")


OTHERS = {
    "": "6700",
    "84": "6700",
    "84F200000900": "6700",
    "C0F20000": "6E00",
    "1CF20000": "6884",
    "01B0000000": "6881",
    "00A4040005" + "99" * 5: "6A82",
    "00A4040505" + "99" * 5: "6A86",
    "80507F0008" + "00" * 8: "6A88",
}


@pytest.mark.parametrize(("foreign", "word"), OTHERS.items())
def test_bytes_that_reach_no_application_abort_the_channel_too(
    open_channel: Open, foreign: str, word: str
) -> None:
    card, channel = open_channel()
    assert exchange(card, foreign) == word
    for later in FREE:
        assert exchange(card, later) == "6982"
    assert card.transmit(channel.wrap(card_commands.read_state())) == b"\x69\x82"


@pytest.mark.parametrize(
    "refused", ["80507F0008" + "00" * 8, "8050000108" + "00" * 8, "8050000007" + "00" * 7]
)
def test_an_opening_that_is_refused_leaves_the_channel_aborted(open_channel: Open, refused: str) -> None:
    card, _ = open_channel()
    assert exchange(card, FREE[0]) == "6982"
    assert exchange(card, refused) in ("6A88", "6A86", "6700")
    assert exchange(card, FREE[0]) == "6982"
    assert exchange(card, "8050000008" + "00" * 8).endswith("9000")
    assert exchange(card, FREE[0]).endswith("9000")


@pytest.mark.parametrize("between", [*FREE, "", "C0F20000", "00A4040005" + "99" * 5, "84F2000008" + "00" * 8])
def test_nothing_comes_between_the_two_commands_of_an_opening(
    issued_state: CardState, static_keys: StaticKeys, between: str
) -> None:
    card = Card(issued_state, FaultyStore(issued_state))
    opening = HostChannel.begin(static_keys)
    answers = relay(InProcess(card), opening.commands)
    _, authenticate = HostChannel.open(static_keys, opening.host_challenge, answers[-1])
    exchange(card, between)
    assert card.transmit(authenticate) == b"\x69\x85"


def test_the_opening_cannot_be_said_again_in_the_channel(open_channel: Open) -> None:
    card, channel = open_channel()
    assert exchange(card, "8482330010" + "00" * 16) == "6988"
    assert card.transmit(channel.wrap(card_commands.read_state())) == b"\x69\x82"


@pytest.mark.parametrize("extended", [False, True])
def test_lengths_may_be_short_or_extended(
    issued_state: CardState, static_keys: StaticKeys, extended: bool
) -> None:
    """The MAC covers Lc as it is sent, from EXTERNAL AUTHENTICATE on."""
    card = Card(issued_state, FaultyStore(issued_state))
    opening = HostChannel.begin(static_keys)
    answers = relay(InProcess(card), opening.commands)
    keys = HostChannel.open(static_keys, opening.host_challenge, answers[-1])[0].keys
    proof = keys.cryptogram(HOST_CRYPTOGRAM, opening.host_challenge, answers[-1][13:21])
    channel = HostChannel(keys, bytes(16))
    authenticate = channel._seal(Command(0x84, 0x82, 0x33, 0x00, proof, extended=extended))
    assert authenticate[4:7] == (b"\x00\x00\x10" if extended else b"\x10" + proof[:2])
    assert card.transmit(authenticate) == b"\x90\x00"
    blocks = [Command(0x80, 0xE2, 0x01, n, bytes(length)) for n, length in enumerate((1, 15, 16, 239))]
    le = 65536 if extended else 256
    for index, command in enumerate([Command(0x80, 0xF2, 0, 0, b"", le), *blocks]):
        sealed = channel.wrap(replace(command, extended=extended).to_bytes())
        assert (sealed[4] == 0) is extended
        channel.unwrap(index, card.transmit(sealed))


def test_lengths_written_anew_on_the_way_are_noticed(open_channel: Open) -> None:
    card, channel = open_channel()
    sealed = Command.parse(channel.wrap(card_commands.remove(KeySlot.SIGNATURE)))
    before = card.state
    assert card.transmit(replace(sealed, extended=True).to_bytes()) == b"\x69\x88"
    assert card.state is before


@pytest.mark.parametrize("ending", ["reset", "00A4040C0AD392F000260100000001", "00A4040008A000000151000000"])
def test_reset_and_selection_close_the_channel(open_channel: Open, ending: str) -> None:
    card, channel = open_channel()
    if ending == "reset":
        card.reset()
    else:
        assert exchange(card, ending) == "9000"
    assert card.transmit(channel.wrap(card_commands.read_state())) in (b"\x69\x82", b"\x68\x82")


def test_a_protected_command_shorter_than_its_mac_is_wrong(open_channel: Open) -> None:
    card, _ = open_channel()
    assert exchange(card, "84F2000003000000") == "6988"


def test_padding_is_checked_behind_the_mac(static_keys: StaticKeys) -> None:
    """Only who holds the keys can come here; the card still does not trust what it decrypts."""
    card = CardChannel(static_keys, bytes(8), bytes(8))
    host = HostChannel(card._keys, bytes(16))
    with pytest.raises(CommandRejected, match="6988"):
        card.unprotect(Command.parse(host._seal(Command(0x84, 0xF2, 0, 0, bytes(16)))))
    answering = CardChannel(static_keys, bytes(8), bytes(8))
    host = HostChannel(card._keys, bytes(16))
    answering.unprotect(Command.parse(host.wrap(Command(0x80, 0xF2, 0, 0).to_bytes())))
    sealed = answering.protect(Response(b"", 0x9000))
    assert host.unwrap(0, sealed.to_bytes()) == b""


def test_an_answer_that_is_no_ciphertext_is_noticed_behind_its_mac(static_keys: StaticKeys) -> None:
    keys = SessionKeys.of(static_keys, bytes(8), bytes(8))
    host = HostChannel(keys, bytes(16))
    host.wrap(card_commands.read_state())
    data = b"no ciphertext"
    mac = cmac(keys.rmac, host.command_macs[0] + data + b"\x90\x00")[:8]
    with pytest.raises(Untrusted, match="E_CARD_CHANNEL_BROKEN"):
        host.unwrap(0, data + mac + b"\x90\x00")


def test_a_warning_is_protected_and_raised(static_keys: StaticKeys) -> None:
    card = CardChannel(static_keys, bytes(8), bytes(8))
    host = HostChannel(card._keys, bytes(16))
    card.unprotect(Command.parse(host.wrap(Command(0x80, 0xF2, 0, 0).to_bytes())))
    answer = card.protect(Response(b"half", 0x6282))
    assert len(answer.data) == 24
    with pytest.raises(CardError) as error:
        host.unwrap(0, answer.to_bytes())
    assert error.value.context == {"status_word": "6282"}
    assert card.protect(Response(b"", 0x6A80)) == Response(b"", 0x6A80)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps({"format": 2}),
        json.dumps({"format": 1, "keys": ["AA=="], "chaining_value": "", "command_macs": []}),
        json.dumps({"format": 1, "keys": ["?"] * 3, "chaining_value": "", "command_macs": []}),
        json.dumps({"format": 1, "keys": [1, 2, 3], "chaining_value": "", "command_macs": []}),
    ],
)
def test_a_channel_that_was_not_written_by_us_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="E_CARD_CHANNEL_MALFORMED"):
        HostChannel.from_json(text)


def test_an_altered_answer_on_the_way_is_untrusted(issued_state: CardState, static_keys: StaticKeys) -> None:
    seen = 0

    def alter(answer: bytes) -> bytes:
        nonlocal seen
        seen += 1
        return answer if seen < 4 else bytes((answer[0] ^ 1,)) + answer[1:]

    desk = Desk(Altering(Card(issued_state, FaultyStore(issued_state)), answer=alter), static_keys)
    with pytest.raises(Untrusted, match="E_CARD_CHANNEL_BROKEN"):
        desk.report()


@pytest.mark.parametrize("forged", ["6A80", "6581", "6400", "6984", "6F00"])
def test_an_error_in_place_of_an_answer_does_not_say_what_was_done(open_channel: Open, forged: str) -> None:
    """Errors carry no MAC: the command was carried out, and whoever carried it says that it was not."""
    card, channel = open_channel()
    assert card.transmit(channel.wrap(card_commands.remove(KeySlot.SIGNATURE))).endswith(b"\x90\x00")
    assert card.state.slot(KeySlot.SIGNATURE).certificate is None
    with pytest.raises(CardError) as error:
        channel.unwrap(0, bytes.fromhex(forged))
    assert (error.value.code, error.value.context) == ("E_CARD_ANSWER_UNPROVEN", {"status_word": forged})
    with pytest.raises(CardError, match="E_CARD_ANSWER_UNPROVEN"):
        HostChannel.check_opened(bytes.fromhex(forged))
