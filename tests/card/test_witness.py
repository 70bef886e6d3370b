"""The witness notices cards that are broken: on it rest the fuzzer and the stateful tests.

Each card here is broken in one place, and is asked what shows it. An unbroken one is asked the same first.
"""

from collections.abc import Callable

import pytest

from honnin.card.apdu import Command, Response
from honnin.card.chip.application.declared import DeclaredApplication
from honnin.card.chip.application.issuer import IssuerDomain
from honnin.card.chip.application.personalisation import Personalisation
from honnin.card.chip.memory import Memory
from honnin.card.chip.state import CardState
from honnin.card.issuer import commands as card_commands
from honnin.card.kinds.declaration import NUMBER_CARD, KeySlot, kind
from honnin.card.scp03 import StaticKeys
from honnin.card.status_word import CommandRejected
from tests.card.witness import Witness
from tests.support.card.cards import VALUES, full_card
from tests.support.card.desk import octets
from tests.support.card.small_keys import authority, small_keys

TEXT, VISUAL = (kind(NUMBER_CARD).applications[name] for name in ("text", "visual"))
SELECT_TEXT, SELECT_VISUAL = (f"00A4040C 0A {each.aid.hex()}" for each in (TEXT, VISUAL))
RIGHT, WRONG = f"00200091 04 {VALUES['4'].encode().hex()}", "00200091 04 30303030"
READ = "00B0820000"  # the text of the text application
CHANGE = "00240191 04 35363738"

Broken = Callable[[pytest.MonkeyPatch], None]
Conversation = Callable[[Witness], object]


def say(*commands: str) -> Conversation:
    return lambda witness: [witness.transmit(octets(command)) for command in commands]


def through_channel(*commands: bytes) -> Conversation:
    def talk(witness: Witness) -> None:
        witness.open_channel()
        for command in commands:
            witness.ask(command)

    return talk


def both(first: Conversation, second: Conversation) -> Conversation:
    return lambda witness: (first(witness), second(witness))


def refused_write(command: str) -> Conversation:
    def talk(witness: Witness) -> None:
        witness.transmit(octets(SELECT_TEXT))
        witness.refuse_next_write()
        witness.transmit(octets(command))

    return talk


def anything_is_readable(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DeclaredApplication, "_require_any", lambda self, pins: None)


def pins_stay_verified(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DeclaredApplication, "begin", lambda self: None)


def a_wrong_pin_leaves_the_right_one(patch: pytest.MonkeyPatch) -> None:
    class Keeping(set[int]):
        def discard(self, file: object) -> None:
            """Not."""

    begin = DeclaredApplication.begin

    def begin_keeping(self: DeclaredApplication) -> None:
        self._verified = Keeping()
        begin(self)

    patch.setattr(DeclaredApplication, "begin", begin_keeping)


def tries_are_free(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DeclaredApplication, "_commit_pin", lambda self, file, pin: None)


def permission_outlives_the_power(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Memory, "power_off", lambda self: None)


def the_state_is_not_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Memory, "commit", lambda self, state: setattr(self, "_state", state))


def refused_and_in_force(patch: pytest.MonkeyPatch) -> None:
    commit = Memory.commit

    def too_early(self: Memory, state: CardState) -> None:
        self._state = state
        commit(self, state)

    patch.setattr(Memory, "commit", too_early)


def the_card_shows_a_pin(patch: pytest.MonkeyPatch) -> None:
    shown = Response(b"PIN " + VALUES["4"].encode())
    patch.setattr(DeclaredApplication, "_read_binary", lambda self, command: shown)


def the_card_shows_a_key(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        IssuerDomain, "_get_data", lambda self, command: Response(self._memory.state.issuer_keys.mac)
    )


def the_card_has_words_of_its_own(patch: pytest.MonkeyPatch) -> None:
    def reject(self: DeclaredApplication, command: Command) -> Response:
        raise CommandRejected(0x6F01)

    patch.setattr(DeclaredApplication, "_read_binary", reject)


def the_card_falls_over(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DeclaredApplication, "_read_binary", lambda self, command: 1 // 0)


def anybody_is_the_issuer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(IssuerDomain, "execute", lambda self, command: self._personalisation.execute(command))


def removing_takes_the_other_slot(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Personalisation, "_slot_of", lambda self, command: KeySlot.AUTHENTICATION)


def what_was_written_outlives_the_channel(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Personalisation, "forget_written", lambda self: None)


WRITTEN = {(TEXT.number, 0x02): b"new text"}
EVIDENCE: dict[Broken, Conversation] = {
    anything_is_readable: say(SELECT_TEXT, READ),
    pins_stay_verified: say(SELECT_TEXT, RIGHT, SELECT_VISUAL, SELECT_TEXT, READ),
    a_wrong_pin_leaves_the_right_one: say(SELECT_TEXT, RIGHT, WRONG, READ),
    tries_are_free: say(SELECT_TEXT, WRONG),
    permission_outlives_the_power: both(
        through_channel(card_commands.authorise_application_pin(TEXT.number, 0x11)),
        both(lambda witness: witness.reset(), say(SELECT_TEXT, CHANGE)),
    ),
    the_state_is_not_kept: say(SELECT_TEXT, WRONG),
    refused_and_in_force: refused_write(WRONG),
    the_card_shows_a_pin: say(SELECT_TEXT, RIGHT, READ),
    the_card_shows_a_key: say("00CA004500"),
    the_card_has_words_of_its_own: say(SELECT_TEXT, READ),
    the_card_falls_over: say(SELECT_TEXT, READ),
    anybody_is_the_issuer: say("80E60000"),
    removing_takes_the_other_slot: through_channel(card_commands.remove(KeySlot.SIGNATURE)),
    what_was_written_outlives_the_channel: both(
        through_channel(*card_commands.file_writes(WRITTEN)[:-1]),
        through_channel(*card_commands.file_writes(WRITTEN)[-1:]),
    ),
}


@pytest.mark.parametrize("broken", EVIDENCE, ids=lambda broken: broken.__name__)
def test_a_broken_card_is_noticed(
    broken: Broken, static_keys: StaticKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = full_card(NUMBER_CARD, static_keys, small_keys(), authority())
    EVIDENCE[broken](Witness(state, generate_key=small_keys()))
    broken(monkeypatch)
    with pytest.raises((AssertionError, ZeroDivisionError)):
        EVIDENCE[broken](Witness(state, generate_key=small_keys()))
