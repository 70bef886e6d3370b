"""What is done to cards that are in use, each from its beginning: what is cut anywhere is simply done again.

Issuing into a slot is in it as well; the tests of `test_cuts` look at that one closer.
"""

from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from honnin.card.apdu import Command, Response
from honnin.card.chip.card import Card
from honnin.card.chip.private_keys import load_key
from honnin.card.chip.state import CardState
from honnin.card.client.session import relay
from honnin.card.issuer import commands as card_commands
from honnin.card.issuer import key_rotation
from honnin.card.issuer.channel import HostChannel, key_version
from honnin.card.issuer_commands import Written
from honnin.card.kinds.declaration import ApplicationDeclaration, KeySlot, MessagingDeclaration
from honnin.card.scp03 import StaticKeys
from honnin.card.status_word import StatusWord, card_error
from honnin.card.transport import Transport
from honnin.card.transport.in_process import InProcess
from tests.support.card.cards import OTHER_VALUES, VALUES, WRONG_VALUE, encoded
from tests.support.card.desk import Desk
from tests.support.card.faults import FaultyStore
from tests.support.card.small_keys import certificate_for, only_key
from tests.support.card.terminal import Terminal, delivery

Operation = Callable[[Transport, StaticKeys], None]
"""Takes the reader and the keys that the card had at first. Raises when something was not done."""

MOVED = {"text": (0x02, 0x03), "visual": (0x02,)}  # what a move changes


def operations(state: CardState) -> Mapping[str, Operation]:
    """Everything that can be done to a card with everything on it, by a name for each."""
    found: dict[str, Operation] = {
        "hand back": partial(hand_back, slots=tuple(state.kind.slots)),
        "terminate": lambda transport, keys: order(transport, keys, card_commands.terminate()),
        "put key": put_key,
        "issue": issue,
    }
    for declared in state.kind.applications.values():
        found |= _of_pins(declared)
        if declared.messaging and (key := state.applications[declared.name].keys.get(declared.messaging.key)):
            found |= _protected(declared, declared.messaging, load_key(key).public_key())
    if written := moved(state):
        found["move"] = partial(move, written=written)
    return found


def of_holder(name: str) -> bool:
    return name.split()[0] in ("verify", "mistake", "change")


def _of_pins(declared: ApplicationDeclaration) -> dict[str, Operation]:
    """For each PIN of an application what its holder and its issuer do to it."""
    found: dict[str, Operation] = {}
    for file, pin in declared.pins.items():
        if not pin.tries:
            continue
        place, (right, new) = f"{declared.name} {file:02X}", (VALUES[pin.length], OTHER_VALUES[pin.length])
        found[f"verify {place}"] = partial(verify, declared=declared, file=file, value=right)
        found[f"mistake {place}"] = partial(mistake, declared=declared, file=file)
        if pin.fixed:
            command = card_commands.set_code(declared.number, file, new)
            found[f"set code {place}"] = partial(_ordered, command=command)
        else:
            found[f"change {place}"] = partial(change, declared=declared, file=file, values=(right, new))
            found[f"reset {place}"] = partial(reset_pin, declared=declared, file=file, value=new)
    return found


def _protected(
    declared: ApplicationDeclaration, messaging: MessagingDeclaration, key: RSAPublicKey
) -> dict[str, Operation]:
    """The codes that are printed, each shown in a session of its own."""
    return {
        f"protected {declared.name} {file:02X}": partial(
            verify_protected, declared=declared, opening=messaging.pins[0], delivered=delivery(key), file=file
        )
        for file, pin in declared.pins.items()
        if pin.fixed and pin.tries
    }


# — The holder ———————————————————————————————————————————————————————————————————————————————————————


def verify(
    transport: Transport, keys: StaticKeys, *, declared: ApplicationDeclaration, file: int, value: str
) -> None:
    select(transport, declared)
    say(transport, Command(0x00, 0x20, 0x00, 0x80 | file, value.encode()))


def verify_protected(
    transport: Transport,
    keys: StaticKeys,
    *,
    declared: ApplicationDeclaration,
    opening: int,
    delivered: bytes,
    file: int,
) -> None:
    verify(transport, keys, declared=declared, file=opening, value=VALUES[declared.pins[opening].length])
    say(transport, Command.parse(delivered))
    say(transport, Command.parse(Terminal().verify(file, VALUES[declared.pins[file].length])))


def mistake(transport: Transport, keys: StaticKeys, *, declared: ApplicationDeclaration, file: int) -> None:
    """A wrong PIN."""
    select(transport, declared)
    command = Command(0x00, 0x20, 0x00, 0x80 | file, WRONG_VALUE.encode())
    answer = Response.parse(transport.transmit(command.to_bytes()))
    if answer.status_word >> 4 != 0x63C:
        raise card_error(answer.status_word)


def change(
    transport: Transport,
    keys: StaticKeys,
    *,
    declared: ApplicationDeclaration,
    file: int,
    values: tuple[str, str],
) -> None:
    """From the one value to the other. Verifies what is not yet the new one."""
    try:
        verify(transport, keys, declared=declared, file=file, value=values[0])
    except WrongPinError:
        verify(transport, keys, declared=declared, file=file, value=values[1])
    set_pin(transport, declared, file, values[1])


def set_pin(transport: Transport, declared: ApplicationDeclaration, file: int, value: str) -> None:
    cla, ins = declared.change
    p1 = 0x01 if ins == 0x24 else 0x00
    say(transport, Command(cla, ins, p1, 0x80 | file, value.encode()))


def select(transport: Transport, declared: ApplicationDeclaration) -> None:
    say(transport, Command(0x00, 0xA4, 0x04, 0x0C, declared.aid))


class WrongPinError(Exception):
    """63Cx."""


def say(transport: Transport, command: Command) -> None:
    """Raises WrongPinError, and CardError for any other word but 9000."""
    word = Response.parse(transport.transmit(command.to_bytes())).status_word
    if word >> 4 == 0x63C:
        raise WrongPinError
    if word != StatusWord.OK:
        raise card_error(word)


# — The issuer ———————————————————————————————————————————————————————————————————————————————————————


def order(transport: Transport, keys: StaticKeys, *commands: bytes) -> None:
    """In a channel of its own."""
    Desk(transport, keys).send(list(commands))


def _ordered(transport: Transport, keys: StaticKeys, *, command: bytes) -> None:
    order(transport, keys, command)


def reset_pin(
    transport: Transport, keys: StaticKeys, *, declared: ApplicationDeclaration, file: int, value: str
) -> None:
    """The issuer permits, the holder sets."""
    order(transport, keys, card_commands.authorise_application_pin(declared.number, file))
    select(transport, declared)
    set_pin(transport, declared, file, value)


def hand_back(transport: Transport, keys: StaticKeys, *, slots: tuple[KeySlot, ...]) -> None:
    order(transport, keys, *map(card_commands.remove, slots))


def moved(state: CardState) -> Written:
    """The files that a move changes, where the card has them; each has a new content of the old length."""
    found: Written = {}
    for name, files in MOVED.items():
        if name in state.applications:
            number, held = state.kind.applications[name].number, state.applications[name].files
            found = {**found, **{(number, file): another(held[file]) for file in files}}
    return found


def another(content: bytes) -> bytes:
    return (sha256(content).digest() * (len(content) // 32 + 1))[: len(content)]


def move(transport: Transport, keys: StaticKeys, *, written: Written) -> None:
    order(transport, keys, *card_commands.file_writes(written))


def issue(transport: Transport, keys: StaticKeys) -> None:
    """A new certificate into the signature slot; for a key that is the same each time."""
    desk = Desk(transport, keys)
    certificates = certificate_for(encoded(only_key()))
    desk.ask(card_commands.generate_key(KeySlot.SIGNATURE))
    desk.write(KeySlot.SIGNATURE, *certificates)
    desk.activate(KeySlot.SIGNATURE)


def put_key(transport: Transport, keys: StaticKeys) -> None:
    """To new keys, wherever the last time ended (`key_rotation`)."""
    new = StaticKeys(b"\x07" * 16, b"\x08" * 16, b"\x09" * 16, keys.version + 1)
    rotate(transport, keys, new)


def rotate(transport: Transport, present: StaticKeys, new: StaticKeys) -> None:
    """What an issuer does, and does again after anything that went wrong."""
    opening = HostChannel.begin(None)
    answers = relay(transport, opening.commands)
    keys = {each.version: each for each in (present, new)}[key_version(answers[-1])]
    channel, authenticate = HostChannel.open(keys, opening.host_challenge, answers[-1])
    HostChannel.check_opened(transport.transmit(authenticate))
    if keys is new:
        return
    answer = transport.transmit(channel.wrap(key_rotation.put_key(present, new)))
    key_rotation.check_replaced(new, channel.unwrap(0, answer))


# — What an operation does ———————————————————————————————————————————————————————————————————————————


class Remembering(FaultyStore):
    """Knows every state that it was given, the first one too."""

    def __init__(self, state: CardState) -> None:
        super().__init__(state)
        self.states = [state]

    def __call__(self, state: CardState) -> None:
        super().__call__(state)
        self.states.append(state)


def states_of(operation: Operation, state: CardState) -> list[CardState]:
    """The card before an operation, and after each of its writes, when nothing goes wrong."""
    store = Remembering(state)
    operation(InProcess(Card(state, store, generate_key=only_key)), state.issuer_keys)
    return store.states
