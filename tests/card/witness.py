"""A reader that believes nothing: every command through it is judged by what a card may do at all.

It asks who had authority, and not which answer is the right one: the card answers always, and with a word
that exists; what it keeps is what is in force, and can be read back (at `restart`); nothing changes without
authority; what is protected is shown, and used, by right of a verified PIN only; no secret is in any answer.

Where an answer does not say which PIN or key it was about, the witness takes the card's side.
"""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from honnin.card.apdu import Command, Response
from honnin.card.chip.card import Card
from honnin.card.chip.private_keys import load_key
from honnin.card.chip.state import CardState, PinRecord
from honnin.card.issuer.channel import HostChannel
from honnin.card.kinds.declaration import ApplicationDeclaration
from honnin.card.secure_channel import ISSUER_AID
from honnin.card.status_word import StatusWord
from honnin.errors import Malformed
from tests.card.issuer_authority import IssuerAuthority
from tests.support.card.faults import Fault, FaultyStore
from tests.support.card.state_changes import PINS, Place, changes, in_applications

OK = 0x9000
READ, READ_RECORD, VERIFY, SIGN, AUTHENTICATE, SELECT, INITIALIZE_UPDATE = (
    0xB0,
    0xB2,
    0x20,
    0x2A,
    0x88,
    0xA4,
    0x50,
)
PROTECTED = 0x08
ABORTED = (StatusWord.SECURITY_STATUS_NOT_SATISFIED, StatusWord.SECURE_MESSAGING_INCORRECT)
TELLING = 8  # bytes of a file that show which one it is
LONG = 12  # bytes of a secret that do not come about by chance
RANDOM = (0x84, SIGN, AUTHENTICATE, INITIALIZE_UPDATE, 0x46, 0xF2, 0xF4)  # a short PIN may occur in these


class Witness:
    """A card with a state of its own, the reader it is in, and the issuer's end of a channel to it."""

    def __init__(self, state: CardState, *, generate_key: Callable[[], RSAPrivateKey]) -> None:
        self.store = FaultyStore(state)
        self._generate_key = generate_key
        self._secrets = secrets_of(state)
        self._said = bytearray()
        self._words = known_words(state)
        self._seen = state
        self.words: set[int] = set()
        self.orders: set[tuple[int, bool]] = set()  # of the issuer, and whether they were carried out
        self._insert()

    # — Power ————————————————————————————————————————————————————————————————————————————————————————

    def restart(self) -> None:
        """Another card, of what this one keeps, as it is written down."""
        kept = self.store.kept
        if self.store.writes:
            assert CardState.from_json(kept.to_json()) == kept
        self._insert()

    def _insert(self) -> None:
        self.card = Card(self.store.kept, self.store, generate_key=self._generate_key)
        self.reset()

    def reset(self) -> None:
        self.card.reset()
        self.selected: ApplicationDeclaration | None = None  # the issuer's
        self.verified: set[int] = set()
        self.authorised: set[tuple[str, int]] = set()
        self._end_channel()

    def refuse_next_write(self) -> None:
        self.store.fail_next(Fault.REFUSED)

    def forget_channel(self) -> None:
        """The issuer goes away, or gives the channel up."""
        self._end_channel()

    def _end_channel(self) -> None:
        self.channel: HostChannel | None = None
        self.issuer = IssuerAuthority(self.card.state.kind)

    # — The holder, and anybody ——————————————————————————————————————————————————————————————————————

    def transmit(
        self, raw: bytes, meant: Command | None = None, opened: Callable[[bytes], bytes] | None = None
    ) -> bytes:
        """What the card answers to anybody's bytes. Raises AssertionError when it may not.

        `meant` is what a protected command says, once the card took it for that; `opened` reads its answer.
        """
        before = self.card.state
        encoded = self.card.transmit(raw)
        answer = self._judged(encoded)
        if self.selected is None:  # whatever it is, it does not belong to the issuer's channel
            self._end_channel()
        try:
            command = Command.parse(raw)
        except Malformed:
            assert (answer.status_word, changes(before, self.card.state)) == (0x6700, set())
            return encoded
        if meant is not None:
            command = meant
            if opened is not None and answer.status_word == OK:
                answer = Response(opened(encoded))
        self._said += command.data
        self._judge_changes(command, answer, before)
        self._judge_access(command, answer)
        self._assert_no_secret(command, answer.data)
        self._remember(command, answer, before)
        return encoded

    def _judge_changes(self, command: Command, answer: Response, before: CardState) -> None:
        after = self.card.state
        found = changes(before, after)
        assert found <= self._may_change(command)
        if found == {("sequence_counter",)}:
            assert after.sequence_counter == before.sequence_counter + 1
        if self._is_verify(command) and command.data:
            self._judge_verification(command, answer, before, found)
        elif self._is_guess(command):
            self._judge_guess(answer, before, found)
        elif self.selected is not None:
            for _, name, file in in_applications(found):
                assert answer.status_word == OK
                assert after.applications[name].pins[file] == self._pin_in(command, file)

    def _may_change(self, command: Command) -> set[Place]:
        """Where a command of somebody who is not the issuer may change something."""
        said, code = self.selected, (command.cla, command.ins)
        if said is None:
            return {("sequence_counter",)} if code == (0x80, INITIALIZE_UPDATE) else set()
        if self._is_verify(command) or self._is_guess(command):
            return {(PINS, said.name, file) for file in said.pins}
        if code == said.change:
            allowed = self.verified | {file for name, file in self.authorised if name == said.name}
            return {(PINS, said.name, file) for file in allowed if not said.pins[file].fixed}
        return set()

    def _judge_verification(
        self, command: Command, answer: Response, before: CardState, found: set[Place]
    ) -> None:
        """At most one PIN loses exactly one try; only the right value brings them back."""
        assert self.selected is not None
        assert len(found) <= 1
        held = before.applications[self.selected.name].pins
        now = self.card.state.applications[self.selected.name].pins
        right = {
            file for file, pin in held.items() if pin.value is not None and pin.value.encode() == command.data
        }
        if answer.status_word == OK:
            assert any(held[file].tries_left for file in right)
            assert all(
                now[file].tries_left == self.selected.pins[file].tries
                for _, _, file in in_applications(found)
            )
            assert {file for _, _, file in in_applications(found)} <= right
        elif answer.status_word >> 4 == 0x63C:
            assert len(found) == 1, "a try that cost nothing"
            [(_, _, file)] = in_applications(found)
            assert file not in right
            assert now[file] == PinRecord(held[file].value, answer.status_word & 0x0F)
        if answer.status_word != OK:
            assert all(
                now[file] == PinRecord(held[file].value, held[file].tries_left - 1)
                for _, _, file in in_applications(found)
            )

    def _judge_guess(self, answer: Response, before: CardState, found: set[Place]) -> None:
        """Bytes that a session's key makes a value of, which is nobody's PIN: it costs one try."""
        assert len(found) <= 1
        for _, name, file in in_applications(found):
            held, now = before.applications[name].pins[file], self.card.state.applications[name].pins[file]
            assert now == PinRecord(held.value, held.tries_left - 1)
            assert answer.status_word in (StatusWord.MEMORY_FAILURE, 0x63C0 | now.tries_left)

    def _pin_in(self, command: Command, file: int) -> PinRecord:
        """What a change makes of a PIN."""
        assert self.selected is not None
        declared, value = self.selected.pins[file], command.data.decode("ascii")
        assert declared.rule.fullmatch(value)
        return PinRecord(value, declared.tries)

    def _judge_access(self, command: Command, answer: Response) -> None:
        said = self.selected
        if said is None or answer.status_word != OK:
            return
        if command.ins != SELECT:
            assert len(answer.data) <= (command.le or 0)
        if command.cla == 0x00 and command.ins in (READ, READ_RECORD):
            self._judge_reading(answer.data.rstrip(b"\xff"))
        elif command.ins in (SIGN, AUTHENTICATE):
            keys = [said.keys[file] for file in self._keys_meant(said, command.p2)]
            assert any(not key.pins or self.verified & set(key.pins) for key in keys)

    @staticmethod
    def _keys_meant(said: ApplicationDeclaration, p2: int) -> set[int]:
        if p2 == 0x80:
            return set(said.keys)
        if p2 == 0x00:
            return set() if said.default_key is None else {said.default_key}
        return {p2 & 0x1F}

    def _judge_reading(self, shown: bytes) -> None:
        """Whatever holds these bytes, some of it may be read."""
        if len(shown) < TELLING:
            return
        places = [
            (name, file)
            for name, content in self.card.state.applications.items()
            for file, octets in content.files.items()
            if shown in octets
        ]
        assert any(self._may_read(name, file) for name, file in places)

    def _may_read(self, name: str, file: int) -> bool:
        said = self.selected
        if said is None or said.name != name:
            return False
        return not said.files[file].read or not self.verified.isdisjoint(said.files[file].read)

    def _remember(self, command: Command, answer: Response, before: CardState) -> None:
        """What the card now takes somebody for."""
        if self._is_verify(command) and self.selected is not None:
            held = before.applications[self.selected.name].pins
            if answer.status_word == OK:
                encoded = {file: (pin.value or "").encode() for file, pin in held.items()}
                self.verified |= {file for file, value in encoded.items() if value == command.data}
            self.verified -= {
                file
                for _, _, file in in_applications(changes(before, self.card.state))
                if answer.status_word != OK
            }
        if self._is_guess(command):
            self.verified -= {file for _, _, file in in_applications(changes(before, self.card.state))}
        if (command.cla, command.ins, command.p1) == (0x00, SELECT, 0x04) and answer.status_word == OK:
            self._select(command.data)

    def _select(self, name: bytes) -> None:
        self._end_channel()
        self.verified = set()
        self.selected = None
        if ISSUER_AID.startswith(name):
            return
        state = self.card.state
        assert not state.terminated
        there = (each for each in state.kind.applications.values() if each.name in state.applications)
        self.selected = next(each for each in there if each.aid.startswith(name))

    def _is_verify(self, command: Command) -> bool:
        return self.selected is not None and (command.cla, command.ins) == (0x00, VERIFY)

    def _is_guess(self, command: Command) -> bool:
        """A VERIFY that is protected by nobody knows whom."""
        said = self.selected
        return said is not None and bool(said.messaging) and (command.cla, command.ins) == (PROTECTED, VERIFY)

    # — The issuer ————————————————————————————————————————————————————————————————————————————————————

    def open_channel(self) -> bool:
        """Whether a channel to the card could be opened; with its right keys, always the same challenge."""
        keys = self.card.state.issuer_keys
        opening = HostChannel.begin(keys, random=bytes)
        answers = [self.transmit(command) for command in opening.commands]
        if answers[-1][-2:] != b"\x90\x00":
            return False
        number = self.card.state.card_number
        channel, authenticate = HostChannel.open(
            keys, opening.host_challenge, answers[-1], card_number=number
        )
        HostChannel.check_opened(self.transmit(authenticate))
        self.channel = channel
        return True

    def ask(self, plain: bytes) -> Response:
        """The answer to the issuer's command, through the channel, which must be open."""
        assert self.channel is not None
        before, command = self.card.state, Command.parse(plain)
        index = len(self.channel.command_macs)
        sealed = self.channel.wrap(plain)
        encoded = self.card.transmit(sealed)
        answer = self._judged(encoded)
        if not Command.parse(sealed).asks_for_all:
            assert (answer.status_word, self.card.state) == (StatusWord.SECURE_MESSAGING_INCORRECT, before)
            self._end_channel()
            return answer
        assert answer.status_word not in ABORTED, "nothing was wrong with the protection"
        if answer.status_word == OK:
            answer = Response(self.channel.unwrap(index, encoded))
        self.orders.add((command.ins, answer.status_word == OK))
        self.issuer.judge(command, answer, before, self.card.state)
        self.authorised |= self.issuer.permits(command, answer)
        self._said += command.data
        self._assert_no_secret(command, answer.data)
        return answer

    # — All ———————————————————————————————————————————————————————————————————————————————————————————

    def _judged(self, encoded: bytes) -> Response:
        assert len(encoded) >= 2
        answer = Response.parse(encoded)
        assert answer.status_word in self._words
        self.words.add(answer.status_word)
        assert answer.status_word == OK or not answer.data
        state = self.card.state
        if state is not self._seen:
            assert state is self.store.kept
            self._seen = state
        return answer

    def _assert_no_secret(self, command: Command, shown: bytes) -> None:
        for secret in self._secrets:
            if secret in shown and (len(secret) >= LONG or command.ins not in RANDOM):
                assert secret in self._said, "a secret, and not said by whoever asked"


def secrets_of(state: CardState) -> tuple[bytes, ...]:
    """The issuer's keys, PINs, and the primes of private keys."""
    keys = state.issuer_keys
    found = {keys.enc, keys.mac, keys.dek}
    for content in state.applications.values():
        found |= {pin.value.encode() for pin in content.pins.values() if pin.value is not None}
        for encoded in (*content.keys.values(), *content.pending.values()):
            numbers = load_key(encoded).private_numbers()
            found |= {each.to_bytes(-(-each.bit_length() // 8), "big") for each in (numbers.p, numbers.q)}
    return tuple(found)


def known_words(state: CardState) -> frozenset[int]:
    fixed = {
        answer.word for declared in state.kind.applications.values() for answer in declared.answers.values()
    }
    return frozenset({*StatusWord, *range(0x63C0, 0x63D0), *fixed})
