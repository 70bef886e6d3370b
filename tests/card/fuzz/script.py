"""Bytes as a conversation with a card: the first byte of each step says what is done, others with what.

Any bytes are a conversation, and a small change of the bytes is a small change of it. The issuer speaks in
plain here: the witness protects what it says, which no fuzzer could guess.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from honnin.card import issuer_commands, put_key
from honnin.card.apdu import Command
from honnin.card.chip.private_keys import load_key
from honnin.card.issuer import commands as card_commands
from honnin.card.issuer import key_rotation
from honnin.card.scp03 import KEY_LENGTHS, StaticKeys
from honnin.card.secure_channel import ISSUER_AID
from tests.card.witness import Witness
from tests.support.card.cards import OTHER_VALUES, VALUES, WRONG_VALUE
from tests.support.card.small_keys import altered, certificate_for, small_keys
from tests.support.card.terminal import Terminal, delivery

STEPS_MAX = 40
ALTERED = 0x80
CLASSES = (0x00, 0x80, 0x84, 0x04, 0x08, 0x0C, 0x01, 0x10, 0x90, 0xFF)
INSTRUCTIONS = (
    *(0x20, 0x24, 0x2A, 0x32, 0x44, 0x46, 0x50, 0x54, 0x56, 0x82, 0x84, 0x88, 0xA2, 0xA4, 0xAE),
    *(0xB0, 0xB2, 0xCA, 0xD6, 0xD8, 0xDC, 0xE2, 0xE4, 0xE6, 0xF2, 0xF4),
)
PARAMETERS = (0x00, 0x01, 0x02, 0x04, 0x0C, 0x80, 0x81, 0x33)
LENGTHS_LE = (None, 256, 1, 16, 65536)
PLAIN = (
    *(issuer_commands.GENERATE, issuer_commands.WRITE, issuer_commands.ACTIVATE, issuer_commands.REMOVE),
    *(issuer_commands.AUTHORISE_PIN, issuer_commands.READ_PIN_MARK),
    *(issuer_commands.READ_STATE, issuer_commands.WRITE_FILE),
    *(issuer_commands.CONFIRM_FILES, issuer_commands.SET_CODE, issuer_commands.READ_DIGESTS),
    *(issuer_commands.TERMINATE, put_key.PUT_KEY),
)
_Each = TypeVar("_Each")


class Script:
    """Plays one conversation."""

    def __init__(self, data: bytes, witness: Witness) -> None:
        self._data = data
        self._place = 0
        self._witness = witness
        self._kind = witness.card.state.kind
        self._applications = list(self._kind.applications.values())
        self._written: dict[tuple[int, int], bytes] = {}
        self._sealed = b""
        self._terminal: Terminal | None = None  # where it counts as the card does

    def play(self) -> None:
        """Raises AssertionError at the first thing that may not be."""
        for _ in range(STEPS_MAX):
            if self._place < len(self._data):
                STEPS[self._byte() % len(STEPS)](self)
        self._witness.restart()

    # — The bytes ————————————————————————————————————————————————————————————————————————————————————

    def _byte(self) -> int:
        """The next byte; 00 after the last."""
        return int.from_bytes(self._bytes(1), "big")

    def _bytes(self, length: int) -> bytes:
        start, self._place = self._place, self._place + length
        return self._data[start : self._place]

    def _one_of(self, choices: Sequence[_Each]) -> _Each:
        return choices[self._byte() % len(choices)]

    def _one_of_or_any(self, choices: Sequence[int]) -> int:
        """One of them by a byte, and any other by two."""
        index = self._byte()
        return choices[index] if index < len(choices) else self._byte()

    def _of_selected(self, what: str) -> int:
        """An identifier of that kind in the selected application; any where none has one."""
        held = list(getattr(self._witness.selected, what, ()))
        return self._one_of(held) if held else self._byte()

    # — Anybody ——————————————————————————————————————————————————————————————————————————————————————

    def bytes_as_they_come(self) -> None:
        self._send(self._bytes(self._byte()))

    def command(self) -> None:
        cla, ins = self._one_of(CLASSES), self._one_of_or_any(INSTRUCTIONS)
        p1, p2 = self._one_of_or_any(PARAMETERS), self._one_of_or_any(PARAMETERS)
        data, le = self._bytes(self._byte()), self._one_of(LENGTHS_LE)
        self._send(Command(cla, ins, p1, p2, data, le, extended=bool(self._byte() & 1)).to_bytes())

    def select_application(self) -> None:
        aid = self._one_of([ISSUER_AID, *(each.aid for each in self._applications)])
        shorter = self._byte() % (len(aid) + 1)
        self._send(Command(0x00, 0xA4, 0x04, 0x0C, aid[: len(aid) - shorter]).to_bytes())
        self._written.clear()

    def select_file(self) -> None:
        file = self._of_selected(self._one_of(("files", "pins", "keys", "bare")))
        self._send(Command(0x00, 0xA4, 0x02, 0x0C, file.to_bytes(2, "big")).to_bytes())

    def verify(self) -> None:
        file = self._of_selected("pins")
        self._send(Command(0x00, 0x20, 0x00, self._referring(file), self._value(file)).to_bytes())

    def change_pin(self) -> None:
        said, file = self._witness.selected, self._of_selected("pins")
        cla, ins = said.change if said else (0x00, 0x24)
        p1 = 0x01 if ins == 0x24 else 0x00
        self._send(Command(cla, ins, p1, self._referring(file), self._value(file)).to_bytes())

    def read(self) -> None:
        le = self._one_of(LENGTHS_LE)
        if self._byte() & 1:
            command = Command(0x00, 0xB0, 0x80 | self._of_selected("files"), self._byte(), b"", le)
        else:
            command = Command(0x00, 0xB0, self._byte() & 0x7F, self._byte(), b"", le)
        self._send(command.to_bytes())

    def read_record(self) -> None:
        p2 = (self._of_selected("files") & 0x1F) << 3 | 0x04
        self._send(Command(0x00, 0xB2, self._byte(), p2, b"", self._one_of(LENGTHS_LE)).to_bytes())

    def deliver_session_key(self) -> None:
        """A right one, or another message, encrypted for the key of the selected application or any."""
        said, state = self._witness.selected, self._witness.card.state
        keys = state.applications[said.name].keys if said and said.name in state.applications else {}
        file = said.messaging.key if said and said.messaging else min(keys, default=0)
        key = load_key(keys[file]).public_key() if file in keys else small_keys()().public_key()
        message = self._bytes(self._byte() % 60) if self._byte() & 1 else None
        answer = self._witness.transmit(delivery(key, message))
        if (answer, message) == (b"\x90\x00", None):
            self._terminal = Terminal()

    def protected(self) -> None:
        """A VERIFY, SELECT or READ BINARY in the session, or one with a byte changed on the way."""
        if self._terminal is None:
            return
        plain = self._one_of((self._plain_verify, self._plain_select, self._plain_read))()
        header = bytes((plain.cla, plain.ins, plain.p1, plain.p2))
        sealed = bytearray(self._terminal.protected(header, plain.data, plain.le))
        if change := self._byte() & 0x0F:
            sealed[self._byte() % len(sealed)] ^= change
            self._send(bytes(sealed))
            self._terminal = None
        else:
            opened = self._terminal.opened if plain.le else None
            self._witness.transmit(bytes(sealed), plain, opened)

    def _plain_verify(self) -> Command:
        file = self._of_selected("pins")
        return Command(0x00, 0x20, 0x00, self._referring(file), self._value(file))

    def _plain_select(self) -> Command:
        file = self._of_selected(self._one_of(("files", "pins", "keys", "bare")))
        return Command(0x00, 0xA4, 0x02, 0x0C, file.to_bytes(2, "big"))

    def _plain_read(self) -> Command:
        le = self._one_of((65536, 1, 16, 256, 300))
        p1 = self._one_of((0x80 | self._of_selected("files") & 0x1F, 0x00))
        return Command(0x00, 0xB0, p1, self._byte(), b"", le)

    def get_data(self) -> None:
        tag = self._one_of((0x0045, 0x00F2, *self._witness.card.state.data))
        self._send(Command(0x00, 0xCA, tag >> 8, tag & 0xFF, b"", self._one_of(LENGTHS_LE)).to_bytes())

    def use_key(self) -> None:
        (cla, ins), p1 = self._one_of(((0x80, 0x2A), (0x00, 0x88))), self._byte() % 7
        p2 = self._one_of((0x00, self._referring(self._of_selected("keys"))))
        self._send(Command(cla, ins, p1, p2, self._bytes(self._byte()), self._one_of(LENGTHS_LE)).to_bytes())

    def lose_power(self) -> None:
        self._one_of((self._witness.reset, self._witness.restart))()
        self._written.clear()

    def full_medium(self) -> None:
        self._witness.refuse_next_write()

    def _referring(self, file: int) -> int:
        return self._one_of((0x80 | file & 0x1F, 0x80))

    def _value(self, file: int) -> bytes:
        """A value for a PIN: right, new, wrong, none, or any."""
        said = self._witness.selected
        length = said.pins[file].length if said and file in said.pins else "4"
        known = (VALUES.get(length, ""), OTHER_VALUES.get(length, ""), WRONG_VALUE, "")
        choice = self._byte() % (len(known) + 1)
        return known[choice].encode() if choice < len(known) else self._bytes(self._byte() % 20)

    def _send(self, raw: bytes) -> None:
        if raw[:1] in (b"\x08", b"\x0c"):
            self._terminal = None  # a session may have counted it, or ended
        self._witness.transmit(raw)

    # — The issuer ————————————————————————————————————————————————————————————————————————————————————

    def open_channel(self) -> None:
        self._written.clear()
        self._witness.open_channel()

    def plain(self) -> None:
        ins, p1, p2 = self._one_of(PLAIN), self._byte(), self._byte()
        self._ask(Command(0x80, ins, p1, p2, self._bytes(self._byte()), self._one_of(LENGTHS_LE)).to_bytes())

    def unknown_plain(self) -> None:
        ins, p1, p2 = self._bytes(3).ljust(3, b"\x00")
        self._ask(Command(0x80, ins, p1, p2, self._bytes(self._byte())).to_bytes())

    def write_file(self) -> None:
        """A piece that goes on where the last one ended, or begins anew."""
        said = self._one_of(self._applications)
        file = self._one_of(list(said.files) or [0])
        before = self._written.get((said.number, file), b"") if self._byte() & 1 else b""
        piece = self._bytes(self._byte()) or b"\x00"
        if self._ask(card_commands.write_file(said.number, file, len(before), piece)):
            self._written[said.number, file] = before + piece

    def confirm_files(self) -> None:
        if self._ask(card_commands.confirm_files(self._written)):
            self._written.clear()

    def set_code(self) -> None:
        said = self._one_of(self._applications)
        file = self._one_of(list(said.pins))
        values = (VALUES, OTHER_VALUES)
        value = self._one_of(values).get(said.pins[file].length, "")
        self._ask(card_commands.set_code(said.number, file, value))

    def authorise_pin(self) -> None:
        said = self._one_of(self._applications)
        self._ask(card_commands.authorise_application_pin(said.number, self._one_of(list(said.pins))))

    def issue(self) -> None:
        """A step of issuing into a slot, or all of them; half the time with an altered certificate."""
        slot, choice = self._one_of(list(self._kind.slots)), self._byte()
        steps: list[Callable[[], object]] = [
            lambda: self._ask(card_commands.generate_key(slot)),
            lambda: self._ask(card_commands.read_pending_key(slot)),
            lambda: [self._ask(each) for each in self._certificate_writes(choice & ALTERED)],
            lambda: self._ask(card_commands.activate(slot)),
        ]
        which = choice % (len(steps) + 1)
        for step in steps[which : which + 1] or steps:
            step()

    def _certificate_writes(self, is_altered: int) -> list[bytes]:
        """Certificates for a pending key, of any slot, for any."""
        slot, target = self._one_of(list(self._kind.slots)), self._one_of(list(self._kind.slots))
        pending = self._witness.card.state.slot(slot).pending_key
        if pending is None:
            return []
        certificates = list(certificate_for(pending))
        if is_altered:
            which, how = divmod(self._byte(), 128)
            place = int.from_bytes(self._bytes(2), "big")
            certificates[which] = altered(certificates[which], how, place, self._byte())
        return card_commands.certificate_writes(target, certificates[0], certificates[1])

    def end_or_look(self) -> None:
        slot, said = self._one_of(list(self._kind.slots)), self._one_of(self._applications)
        asking = (card_commands.read_state(), card_commands.read_digests(said.number))
        self._ask(self._one_of((card_commands.remove(slot), card_commands.terminate(), *asking)))

    def put_key(self) -> None:
        present, length = self._witness.card.state.issuer_keys, self._one_of(KEY_LENGTHS)
        version, first = self._byte() & 0x7F or 1, self._byte()
        enc, mac, dek = (bytes(((first + n) & 0xFF,)) * length for n in range(3))
        self._ask(key_rotation.put_key(present, StaticKeys(enc, mac, dek, version)))

    def altered(self) -> None:
        """A protected command with one byte changed on the way; nobody knows the issuer's end after it."""
        channel = self._witness.channel
        if channel is None:
            return
        sealed = bytearray(
            channel.wrap(self._one_of((card_commands.terminate(), card_commands.read_state())))
        )
        sealed[self._byte() % len(sealed)] ^= self._byte() or 1
        self._sealed = bytes(sealed)
        self._witness.forget_channel()
        self._send(self._sealed)

    def _ask(self, plain: bytes) -> bool:
        """Whether the card did what its issuer says; a channel is opened where there is none."""
        if self._witness.channel is None:
            self.open_channel()
        return self._witness.channel is not None and self._witness.ask(plain).status_word == 0x9000


STEPS: tuple[Callable[[Script], None], ...] = (
    Script.bytes_as_they_come,
    Script.command,
    Script.select_application,
    Script.select_file,
    Script.verify,
    Script.change_pin,
    Script.read,
    Script.read_record,
    Script.use_key,
    Script.lose_power,
    Script.full_medium,
    Script.open_channel,
    Script.plain,
    Script.unknown_plain,
    Script.write_file,
    Script.confirm_files,
    Script.set_code,
    Script.authorise_pin,
    Script.issue,
    Script.end_or_look,
    Script.put_key,
    Script.altered,
    Script.get_data,
    Script.deliver_session_key,
    Script.protected,
)
