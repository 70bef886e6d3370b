"""A whole conversation with the card, and everything that whoever carries it could do to one message.

The card's durable states are always a beginning of those of the honest conversation, and a host that reads
its answers to the end has read what it would have read. What it does not notice is listed here, and decides
nothing: Le of the selection, a largest Le more or less, and whatever comes after the last command.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations

import pytest

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.issuer import commands as card_commands
from honnin.card.issuer import key_rotation
from honnin.card.issuer.channel import HostChannel
from honnin.card.kinds.declaration import KeySlot
from honnin.card.scp03 import StaticKeys, derive_card_keys
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError, HonninError, Malformed, Untrusted
from tests.support.card.certificates import Authority
from tests.support.card.desk import Desk
from tests.support.card.keys import KeyPool

Messages = list[bytes]
Change = Callable[[Messages], Messages]
OPENING, BATCH = 0, 1  # SELECT and INITIALIZE UPDATE; EXTERNAL AUTHENTICATE and the protected commands
HOST_CHALLENGE = bytes(range(8))


class Relay:
    """Carries two batches to the card and their answers back, changing one of the four as told."""

    def __init__(self, card: Card, batch: int, commands: Change, answers: Change) -> None:
        self._card = card
        self._changed = batch
        self._commands = commands
        self._answers = answers
        self.asked: list[Messages] = []
        self.answered: list[Messages] = []

    def carry(self, commands: Messages) -> Messages:
        changed = len(self.asked) == self._changed
        self.asked.append(commands)
        sent = self._commands(commands) if changed else commands
        answers = [self._card.transmit(command) for command in sent]
        self.answered.append(answers)
        return self._answers(answers) if changed else answers


class Conversation:
    """What the issuer says to a card, and what comes of it."""

    def __init__(self, state: CardState, keys: StaticKeys, plain: Messages, pool: KeyPool) -> None:
        self.state = state
        self._keys = keys
        self._plain = plain
        self._key = pool()
        self.honest, self.states, self.relay = self.held()

    def held(
        self, batch: int = OPENING, commands: Change = list, answers: Change = list
    ) -> tuple[Messages | HonninError, list[CardState], Relay]:
        """What the host read or why it stopped; what the card kept; and who carried it."""
        kept = [self.state]
        card = Card(self.state, kept.append, generate_key=lambda: self._key)
        relay = Relay(card, batch, commands, answers)
        outcome: Messages | HonninError
        try:
            outcome = self._host(relay)
        except (CardError, Untrusted, Malformed) as error:
            outcome = error
        return outcome, _without_counters(kept), relay

    def _host(self, relay: Relay) -> Messages:
        opening = HostChannel.begin(self._keys, random=lambda _: HOST_CHALLENGE)
        answers = _complete(relay.carry(list(opening.commands)), 2)
        HostChannel.check_selected(answers[0])
        number = self.state.card_number
        channel, authenticate = HostChannel.open(
            self._keys, opening.host_challenge, answers[1], card_number=number
        )
        batch = [authenticate, *map(channel.wrap, self._plain)]
        answers = _complete(relay.carry(batch), len(batch))
        HostChannel.check_opened(answers[0])
        return [channel.unwrap(index, answer) for index, answer in enumerate(answers[1:])]

    def is_noticed(self, batch: int, commands: Change = list, answers: Change = list) -> bool:
        """Whether the host saw the change; what must hold in both cases is checked here."""
        outcome, states, _ = self.held(batch, commands, answers)
        assert states == self.states[: len(states)]
        if isinstance(outcome, HonninError):
            return True
        assert outcome == self.honest
        assert states == self.states
        return False


def _complete(answers: Messages, count: int) -> Messages:
    if len(answers) != count:
        raise CardError("E_CARD_REMOVED")
    return answers


def _without_counters(states: list[CardState]) -> list[CardState]:
    """What the card kept, in its order, but for the counter that anybody may move on."""
    bare = [replace(state, sequence_counter=0) for state in states]
    return [state for place, state in enumerate(bare) if place == 0 or state != bare[place - 1]]


@pytest.fixture(scope="module")
def short(issued_state: CardState, static_keys: StaticKeys, key_pool: KeyPool) -> Conversation:
    """Each kind of message once: commands with and without data, answers with and without."""
    new = derive_card_keys(bytes(16), issued_state.card_number, 0x31)
    plain = [
        card_commands.read_state(),
        card_commands.generate_key(KeySlot.AUTHENTICATION),
        card_commands.remove(KeySlot.SIGNATURE),
        key_rotation.put_key(static_keys, new),
    ]
    return Conversation(issued_state, static_keys, plain, key_pool)


@pytest.fixture(scope="module")
def whole(
    issued_state: CardState, static_keys: StaticKeys, key_pool: KeyPool, authority: Authority
) -> Conversation:
    """A certificate for a key that waits on the card, written and put in force, and new issuer keys."""
    slot = KeySlot.AUTHENTICATION
    card = Card(issued_state, lambda _: None, generate_key=key_pool)
    certificate = authority.issue(Desk(InProcess(card), static_keys).generate(slot), "TEST")
    plain = [
        card_commands.read_state(),
        card_commands.remove(KeySlot.SIGNATURE),
        *card_commands.certificate_writes(slot, certificate, authority.certificate),
        card_commands.activate(slot),
        card_commands.authorise_pin(slot),
        key_rotation.put_key(static_keys, _new_keys(issued_state)),
        card_commands.read_state(),
    ]
    return Conversation(card.state, static_keys, plain, key_pool)


def _new_keys(state: CardState) -> StaticKeys:
    return derive_card_keys(bytes(16), state.card_number, 0x31)


def test_the_honest_conversations_do_what_they_should(short: Conversation, whole: Conversation) -> None:
    for conversation, writes in ((short, 3), (whole, 3)):
        assert not isinstance(conversation.honest, HonninError)
        assert len(conversation.states) == 1 + writes
        assert conversation.states[-1].issuer_keys == _new_keys(conversation.state)
        assert conversation.held()[:2] == (conversation.honest, conversation.states)


def bits_of(messages: Messages) -> Iterator[tuple[int, int, int]]:
    """Every bit: message, byte, mask."""
    for index, message in enumerate(messages):
        for place in range(len(message)):
            for bit in range(8):
                yield index, place, 1 << bit


def flipping(index: int, place: int, mask: int) -> Change:
    def change(messages: Messages) -> Messages:
        message = bytearray(messages[index])
        message[place] ^= mask
        return [*messages[:index], bytes(message), *messages[index + 1 :]]

    return change


# Le of the selection, to which no data are answered and which is over before anything is protected.
COMMANDS_UNNOTICED = {OPENING: {(0, 13)}, BATCH: set()}


@pytest.mark.parametrize("batch", [OPENING, BATCH])
def test_every_flipped_bit_of_a_command(short: Conversation, batch: int) -> None:
    messages = short.relay.asked[batch]
    unnoticed = {
        (index, place)
        for index, place, mask in bits_of(messages)
        if not short.is_noticed(batch, commands=flipping(index, place, mask))
    }
    assert unnoticed == COMMANDS_UNNOTICED[batch]


@pytest.mark.parametrize("batch", [OPENING, BATCH])
def test_every_flipped_bit_of_an_answer(short: Conversation, batch: int) -> None:
    """Also of what INITIALIZE UPDATE tells besides challenge and proof: number, version, options, counter."""
    for index, place, mask in bits_of(short.relay.answered[batch]):
        assert short.is_noticed(batch, answers=flipping(index, place, mask))


def test_a_flipped_bit_of_every_byte_of_the_whole_conversation(whole: Conversation) -> None:
    for index, command in enumerate(whole.relay.asked[BATCH]):
        for place in range(len(command)):
            assert whole.is_noticed(BATCH, commands=flipping(index, place, 1 << place % 8))
    for index, answer in enumerate(whole.relay.answered[BATCH]):
        for place in range(len(answer)):
            assert whole.is_noticed(BATCH, answers=flipping(index, place, 1 << place % 8))


def test_commands_dropped_repeated_and_put_elsewhere(whole: Conversation) -> None:
    """With the answers that the host waits for, as far as there are any."""
    sent, answered = whole.relay.asked[BATCH], whole.relay.answered[BATCH]
    last = len(sent) - 1
    for index in range(len(sent)):
        dropped = without(index)
        assert whole.is_noticed(BATCH, commands=dropped)
        for forged in (b"\x90\x00", b"\x69\x88", *answered):
            noticed = whole.is_noticed(BATCH, commands=dropped, answers=with_one_more(index, forged))
            assert noticed or forged == answered[index]
        for place in range(len(sent) + 1):
            repeated = with_one_more(place, sent[index])
            all_noticed = all(
                whole.is_noticed(BATCH, repeated, without(hidden)) for hidden in (place, index, last)
            )
            assert all_noticed or place == len(sent)  # after the last one nothing comes that could fail
    for first, second in permutations(range(len(sent)), 2):
        assert whole.is_noticed(BATCH, commands=exchanged(first, second))
        assert whole.is_noticed(BATCH, exchanged(first, second), exchanged(first, second))


FOREIGN = (
    *("00A4040008A000000151000000", "00A4040C0AD392F000260100000001", "00A4040005" + "99" * 5),
    *("8050000008" + "00" * 8, "80507F0008" + "00" * 8, "00CA004500", "80E40002", "8482330010" + "00" * 16),
    *("", "84", "C0F20000", "1CF20000", "01B0000000", "84F200000900"),
)


@pytest.mark.parametrize("text", FOREIGN)
def test_anything_slipped_in_ends_the_channel(whole: Conversation, text: str) -> None:
    """A selection, also of what is not there; an opening; a question that anybody may ask; what an issuer
    says; bytes that are no command, and classes that the card does not speak.
    """
    sent = whole.relay.asked[BATCH]
    for place in range(len(sent)):
        assert whole.is_noticed(BATCH, with_one_more(place, bytes.fromhex(text)), without(place))
    after_all = with_one_more(len(sent), bytes.fromhex(text))  # as if it came a moment later
    assert not whole.is_noticed(BATCH, after_all, without(len(sent)))


def test_answers_dropped_repeated_and_exchanged(whole: Conversation) -> None:
    for batch in (OPENING, BATCH):
        answers = whole.relay.answered[batch]
        for index in range(len(answers)):
            assert whole.is_noticed(batch, answers=without(index))
            for place in range(len(answers) + 1):
                assert whole.is_noticed(batch, answers=with_one_more(place, answers[index]))
        for first, second in permutations(range(len(answers)), 2):
            noticed = whole.is_noticed(batch, answers=exchanged(first, second))
            assert noticed or answers[first] == answers[second]


SELECT_WITHOUT_NAME = bytes.fromhex("00A40400")


@pytest.mark.parametrize("batch", [OPENING, BATCH])
def test_messages_cut_and_lengthened(short: Conversation, batch: int) -> None:
    for index, command in enumerate(short.relay.asked[batch]):
        shapes = [command[:end] for end in range(len(command))]
        shapes += [command + b"\x00", command + b"\x00" * 2, b"\x00" + command, command * 2]
        unnoticed = [each for each in shapes if not short.is_noticed(batch, commands=instead(index, each))]
        # A Le that is gone, or the largest where there was none: hosts differ in it, and it asks for as much.
        # A SELECT without a name selects what a reset does, which is what was meant.
        unnoticed = [each for each in unnoticed if each != SELECT_WITHOUT_NAME]
        assert all(each.startswith(command[:-1]) or command.startswith(each) for each in unnoticed)
        assert len(unnoticed) <= 2
    for index, answer in enumerate(short.relay.answered[batch]):
        shapes = [answer[:end] for end in range(len(answer))] + [
            answer[start:] for start in range(1, len(answer))
        ]
        shapes += [answer + b"\x00", answer + b"\x90\x00", b"\x00" + answer]
        for each in shapes:
            noticed = short.is_noticed(batch, answers=instead(index, each))
            assert noticed or len(answer) == 2, "only where nothing but 9000 is waited for"


def without(index: int) -> Change:
    return lambda messages: [*messages[:index], *messages[index + 1 :]]


def with_one_more(index: int, message: bytes) -> Change:
    return lambda messages: [*messages[:index], message, *messages[index:]]


def instead(index: int, message: bytes) -> Change:
    return lambda messages: [*messages[:index], message, *messages[index + 1 :]]


def exchanged(first: int, second: int) -> Change:
    def change(messages: Messages) -> Messages:
        changed = list(messages)
        changed[first], changed[second] = messages[second], messages[first]
        return changed

    return change
