"""Every work on a card, and everything that whoever carries it could do to one message of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from honnin.agency.records.models import JournalEntry
from honnin.agency.revocation.services import record_lapse
from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.client.session import CardSession
from honnin.card.transport import Transport
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError, HonninError, Malformed, Untrusted
from honnin.law.cards.pins import PinKind
from honnin.law.terms import LapseGround
from honnin.pin import Pin
from honnin.wire.messages.card_updates import (
    PIN_PLACES,
    CardUpdateKind,
    CardUpdateStep,
    RelayCardAnswers,
    RequestCardUpdate,
)
from tests.support.card.conversations import ask, complete, prepare_clear, prepare_update, request, update
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

Messages = tuple[bytes, ...]
Change = Callable[[Messages], Messages]
OPENING, READING, WRITING = range(3)
NEW_PINS = {kind: "NEWPIN9" if kind is PinKind.SIGNATURE else "8642" for kind in PIN_PLACES}


@dataclass(frozen=True)
class Tampering:
    """What is done to the commands of one batch, or to their answers."""

    name: str
    batch: int
    commands: Change = tuple
    answers: Change = tuple


@dataclass
class Carried:
    """What came of a conversation: how it ended, what was asked and answered, and what the journal says."""

    outcome: CardUpdateStep | HonninError
    asked: list[Messages] = field(default_factory=list)
    answered: list[Messages] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)


class Relayed:
    """One work on one card, to be requested again and again for the card as it was before."""

    def __init__(self, town: Town, holder: Holder, message: RequestCardUpdate) -> None:
        self.town, self.holder, self.message = town, holder, message
        reader, kept = self.card()
        self.honest = self.carry(reader)
        assert isinstance(self.honest.outcome, CardUpdateStep)
        assert self.honest.outcome.done
        self.changes = self.honest.outcome.changes
        self.states = bare(kept)
        assert self.honest.acts == self.acts("sent", "done")
        assert self.permitted(reader) == message.pins

    def card(self) -> tuple[Transport, list[CardState]]:
        """The card as it was before, in a reader, and what it keeps from now on."""
        kept = [self.holder.card.state]
        card = Card(kept[0], kept.append, generate_key=self.holder.key_pool)
        return InProcess(card), kept

    def acts(self, *words: str) -> list[str]:
        return [f"{self.message.kind} card: {word}" for word in words]

    def carry(self, reader: Transport, tampering: Tampering | None = None) -> Carried:
        entries = JournalEntry.objects.count()
        carried = Carried(ask(self.town, self.message))
        try:
            while isinstance(carried.outcome, CardUpdateStep) and not carried.outcome.done:
                carried.outcome = self._carry_on(reader, carried, tampering)
        except HonninError as error:
            carried.outcome = error
        written = JournalEntry.objects.filter(sequence__gt=entries).order_by("sequence")
        changing = written.filter(act__in=self.acts("sent", "done"))
        carried.acts = list(changing.values_list("act", flat=True))
        return carried

    def _carry_on(self, reader: Transport, carried: Carried, tampering: Tampering | None) -> CardUpdateStep:
        assert isinstance(carried.outcome, CardUpdateStep)
        commands, number = carried.outcome.commands, carried.outcome.card_update
        changed = tampering if tampering and tampering.batch == len(carried.asked) else None
        sent = changed.commands(commands) if changed else commands
        answers = tuple(reader.transmit(command) for command in sent)
        carried.asked.append(commands)
        carried.answered.append(answers)
        return ask(self.town, RelayCardAnswers(number, changed.answers(answers) if changed else answers))

    def permitted(self, reader: Transport) -> tuple[PinKind, ...]:
        """Which of the PINs in question can be set without the old one; those are set."""
        return tuple(kind for kind in self.message.pins if is_set(reader, kind))

    def left_after(self, states: list[CardState]) -> int:
        """How many commands are left to a card that kept these states; a permission is always given anew."""
        steps = len(self.states) - 1
        return self.changes * (len(self.states) - len(states)) // steps if steps else self.changes

    def require_without_effect(self, tampering: Tampering) -> None:
        reader, kept = self.card()
        carried = self.carry(reader, tampering)
        assert (bare(kept), carried.acts) == (self.states, self.honest.acts), tampering.name
        assert isinstance(carried.outcome, CardUpdateStep), tampering.name
        assert (carried.outcome.done, carried.outcome.changes) == (True, self.changes), tampering.name
        assert self.permitted(reader) == self.message.pins, tampering.name

    def require_noticed(self, tampering: Tampering) -> None:
        reader, kept = self.card()
        carried = self.carry(reader, tampering)
        assert isinstance(carried.outcome, (CardError, Untrusted, Malformed)), tampering.name
        states = bare(kept)
        assert states == self.states[: len(states)], tampering.name
        assert carried.acts == (self.acts("sent") if len(carried.asked) > WRITING else []), tampering.name
        permitted = self.permitted(reader)
        assert permitted == self.message.pins[: len(permitted)], tampering.name
        self.require_finished_by_another(reader, kept, left=self.left_after(states))

    def require_finished_by_another(self, reader: Transport, kept: list[CardState], *, left: int) -> None:
        again = self.carry(reader)
        assert isinstance(again.outcome, CardUpdateStep)
        assert (again.outcome.done, again.outcome.changes) == (True, left)
        assert again.acts == (self.acts("sent", "done") if left else [])
        if self.message.pins:
            assert self.permitted(reader) == self.message.pins
        else:
            assert bare(kept) == self.states


def is_set(reader: Transport, kind: PinKind) -> bool:
    try:
        CardSession(reader).set_authorised_pin(*PIN_PLACES[kind], Pin(NEW_PINS[kind]))
    except CardError:
        return False
    return True


def bare(states: list[CardState]) -> list[CardState]:
    """What the card kept, in its order, but for the counter that anybody may move on."""
    without = [replace(state, sequence_counter=0) for state in states]
    return [state for place, state in enumerate(without) if place == 0 or state != without[place - 1]]


# — One change to one message —————————————————————————————————————————————————————————————————————————


def flipping(index: int, place: Callable[[bytes], int]) -> Change:
    def change(messages: Messages) -> Messages:
        message = bytearray(messages[index])
        message[place(messages[index])] ^= 0x01
        return (*messages[:index], bytes(message), *messages[index + 1 :])

    return change


def without(index: int) -> Change:
    return lambda messages: (*messages[:index], *messages[index + 1 :])


def repeating(index: int) -> Change:
    return lambda messages: (*messages[: index + 1], *messages[index:])


def with_one_more(index: int, message: bytes) -> Change:
    return lambda messages: (*messages[:index], message, *messages[index:])


def swapping(index: int) -> Change:
    return lambda messages: (*messages[:index], messages[index + 1], messages[index], *messages[index + 2 :])


COMMAND_BYTES: dict[str, Callable[[bytes], int]] = {
    "first": lambda command: 0,
    "middle": lambda command: len(command) // 2,
    "last": lambda command: len(command) - 1,
}
DATA_BYTES: dict[str, Callable[[bytes], int]] = {
    "first": lambda answer: 0,
    "middle": lambda answer: (len(answer) - 2) // 2,
    "last": lambda answer: len(answer) - 3,
}


def flips(batch: int, index: int, answer: bytes) -> Iterator[Tampering]:
    for word, place in COMMAND_BYTES.items():
        yield Tampering(f"{word} byte of the command", batch, commands=flipping(index, place))
    if len(answer) > 2:
        for word, place in DATA_BYTES.items():
            yield Tampering(f"{word} byte of the answer", batch, answers=flipping(index, place))
    yield Tampering("status word", batch, answers=flipping(index, lambda answer: len(answer) - 1))


def moves(batch: int, index: int, count: int) -> Iterator[Tampering]:
    """Messages that are missing, come twice, or out of order."""
    dropped, repeated, error = without(index), repeating(index), with_one_more(index, b"\x6a\x80")
    yield Tampering("command dropped", batch, commands=dropped)
    yield Tampering("command dropped, an error in its place", batch, commands=dropped, answers=error)
    yield Tampering("command repeated", batch, commands=repeated)
    hidden = without(index + 1)
    yield Tampering("command repeated, answered once", batch, commands=repeated, answers=hidden)
    yield Tampering("answer dropped", batch, answers=dropped)
    yield Tampering("answer repeated", batch, answers=repeated)
    if index + 1 < count:
        swapped = swapping(index)
        yield Tampering("commands swapped", batch, commands=swapped)
        yield Tampering("commands swapped, answers put back", batch, commands=swapped, answers=swapped)
        yield Tampering("answers swapped", batch, answers=swapped)


def without_effect(honest: Carried) -> set[str]:
    """Le of the SELECT, a second SELECT before the channel, what is sent after the last command of all."""
    last = len(honest.asked[WRITING]) - 1
    return {
        f"last byte of the command, batch {OPENING}, message 0",
        f"command repeated, answered once, batch {OPENING}, message 0",
        f"command repeated, answered once, batch {WRITING}, message {last}",
    }


def everything(honest: Carried) -> Iterator[Tampering]:
    for batch, answers in enumerate(honest.answered):
        for index, answer in enumerate(answers):
            for each in (*flips(batch, index, answer), *moves(batch, index, len(answers))):
                yield replace(each, name=f"{each.name}, batch {batch}, message {index}")


# — Each work —————————————————————————————————————————————————————————————————————————————————————————


def updating(town: Town) -> Relayed:
    """The text is of before; the picture is not, for its many pieces are all alike."""
    holder = prepare_update(town)
    text = holder.card.state.applications["text"]
    update(town, holder, holder.reader())
    holder = town.pocket(holder.resident, holder.card.state.with_application("text", text))
    return Relayed(town, holder, request(holder, CardUpdateKind.UPDATE, bearer=holder.resident.basic_four()))


def clearing(town: Town) -> Relayed:
    holder = prepare_clear(town)
    return Relayed(town, holder, request(holder, CardUpdateKind.CLEAR))


def resetting(town: Town) -> Relayed:
    holder = complete(town, certificates=True)
    pins = {"pins": tuple(PIN_PLACES), "application_number": "99101-1"}
    return Relayed(town, holder, request(holder, CardUpdateKind.RESET_PINS, **pins))


def ending(town: Town) -> Relayed:
    holder = complete(town, certificates=True)
    record_lapse(holder.code, LapseGround.CARD_INVALID, (), actor="test", at=town.clock.now())
    return Relayed(town, holder, request(holder, CardUpdateKind.END))


@pytest.mark.parametrize("begin", [updating, clearing, resetting, ending])
def test_a_relay_that_changes_one_message_achieves_nothing_and_is_noticed(
    town: Town, begin: Callable[[Town], Relayed]
) -> None:
    """At every message of every batch.

    Then the card is where the honest conversation would have been at some point, the agency says an error,
    the journal says what was sent to the card and not that it was done, and another update finishes the work.
    What is not noticed has no effect: everything is as in the honest conversation. The largest Le added to or
    taken off a command is such a change too, and left to `tests/card/issuer/test_relay.py`.
    """
    relayed = begin(town)
    unnoticed = without_effect(relayed.honest)
    for tampering in everything(relayed.honest):
        if tampering.name in unnoticed:
            unnoticed.remove(tampering.name)
            relayed.require_without_effect(tampering)
        else:
            relayed.require_noticed(tampering)
    assert not unnoticed
