"""All applications of every kind of card, in any order of everything that holder and issuer can do.

A model runs beside the card and says each status word in advance; a witness judges what changed and what was
shown. What can be done is taken from the declaration: another application is another one here.
"""

from collections.abc import Sequence
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from honnin.card.apdu import Command
from honnin.card.chip.private_keys import load_key
from honnin.card.chip.state import JPKI, CardState, PinRecord
from honnin.card.issuer import commands as card_commands
from honnin.card.issuer import key_rotation
from honnin.card.kinds.declaration import ApplicationDeclaration, KeySlot, kinds
from honnin.card.scp03 import LAST_KEY_VERSION, StaticKeys
from honnin.card.secure_channel import ISSUER_AID
from tests.card.chip.choices import (
    ENDINGS,
    ISSUER_ACTS,
    KEY_USES,
    UNSET,
    WRONG_PROTECTION,
    Case,
    Choice,
    WrongProtection,
    cases,
    choices,
    indices,
    lengths,
    values,
)
from tests.card.model import IssuerModel, Reference
from tests.card.witness import Witness
from tests.support.card.cards import OTHER_VALUES, VALUES, WRONG_VALUE, full_card
from tests.support.card.small_keys import authority, certificate_for, small_keys
from tests.support.card.terminal import Terminal, delivery


class CardMachine(RuleBasedStateMachine):
    """A card between its holder and its issuer."""

    start: ClassVar[CardState]

    @initialize()
    def insert(self) -> None:
        self.witness = Witness(self.start, generate_key=small_keys())
        self.model = IssuerModel(self.start)
        self.applications = list(self.model.kind.applications.values())
        self.terminal = Terminal()

    def expect(self, expected: str, command: Command) -> bytes:
        """The data, once the word was the expected one."""
        answer = self.witness.transmit(command.to_bytes())
        assert answer[-2:].hex().upper() == expected, command
        return answer[:-2]

    def meant(self, choice: Choice) -> Reference:
        what, index, way = choice
        held = sorted(getattr(self.model.said, what, ())) or list(range(1, 0x1F))
        file = held[index % len(held)]
        if way == "chosen":
            self._select_file(file)
        return file, way != "short"

    def _select_file(self, file: int) -> None:
        self.expect(self.model.select_file(file), Command(0x00, 0xA4, 0x02, 0x0C, file.to_bytes(2, "big")))

    def value(self, declared: ApplicationDeclaration, file: int, which: str) -> str:
        length = declared.pins[file].length if file in declared.pins else "4"
        right = self.model.pins.get((declared.name, file), UNSET).value or VALUES.get(length, "1234")
        known = {"right": right, "other": OTHER_VALUES.get(length, "0000"), "too long": "1" * 17, "none": ""}
        return known.get(which, WRONG_VALUE)

    # — Anybody ——————————————————————————————————————————————————————————————————————————————————————

    @rule(index=indices)
    def select_application(self, index: int) -> None:
        declared = self.applications[index % len(self.applications)]
        self.expect(self.model.select(declared), Command(0x00, 0xA4, 0x04, 0x0C, declared.aid))

    def select_issuer(self) -> None:
        self.expect(self.model.select(None), Command(0x00, 0xA4, 0x04, 0x0C, ISSUER_AID))

    @rule(restart=st.booleans())
    def lose_power(self, restart: bool) -> None:
        (self.witness.restart if restart else self.witness.reset)()
        self.model.lose_power()

    # — The holder ———————————————————————————————————————————————————————————————————————————————————

    def is_served(self, choice: Choice) -> bool:
        """Whether an application is selected, or is now, on a card that is not terminated."""
        if self.model.selected is None:
            self.select_application(choice[1])
        return self.model.selected is not None

    @rule(choice=choices["files"])
    def select_file(self, choice: Choice) -> None:
        if not self.is_served(choice):
            return
        self._select_file(self.meant(choice)[0])

    @rule(choice=choices["pins"], which=values)
    def verify(self, choice: Choice, which: str) -> None:
        if not self.is_served(choice):
            return
        file, as_current = self.meant(choice)
        value = self.value(self.model.said, file, which)
        expected = self.model.verify((file, as_current), value)
        self.expect(expected, Command(0x00, 0x20, 0x00, p2(file, as_current), value.encode()))

    def verify_one_of(self, pins: Sequence[int], index: int) -> None:
        """Give the right value of a PIN that opens something, if any does."""
        if pins:
            self.verify(
                ("pins", sorted(self.model.said.pins).index(pins[index % len(pins)]), "short"), "right"
            )

    @rule(choice=choices["pins"], which=values, opened=st.booleans())
    def change_pin(self, choice: Choice, which: str, opened: bool) -> None:
        if not self.is_served(choice):
            return
        file, as_current = self.meant(choice)
        if opened:
            self.verify_one_of([file] if file in self.model.said.pins else [], 0)
        cla, ins = self.model.said.change
        value = self.value(self.model.said, file, which)
        expected = self.model.change_pin((file, as_current), value)
        p1 = 0x01 if ins == 0x24 else 0x00
        self.expect(expected, Command(cla, ins, p1, p2(file, as_current), value.encode()))

    @rule(choice=choices["files"], offset=st.integers(0, 255), le=lengths, opened=st.none() | indices)
    def read(self, choice: Choice, offset: int, le: int, opened: int | None) -> None:
        """The right way for the kind of file; sometimes the other one."""
        if not self.is_served(choice):
            return
        file, as_current = self.meant(choice)
        declared = self.model.said.files.get(file)
        if opened is not None:
            self.verify_one_of(declared.read if declared else (), opened)
        as_record = (declared is not None and declared.records) != (offset == 0)
        (self._read_record if as_record else self._read_binary)((file, as_current), offset, le)

    def _read_binary(self, reference: Reference, offset: int, le: int) -> None:
        word, content = self.model.read(reference, records=False)
        if word == "9000" and offset >= len(content):
            word = "6B00"
        file, as_current = reference
        p1 = 0x00 if as_current else 0x80 | file
        shown = self.expect(word, Command(0x00, 0xB0, p1, offset, b"", le))
        assert shown == (content[offset : offset + le] if word == "9000" else b"")

    def _read_record(self, reference: Reference, offset: int, le: int) -> None:
        word, content = self.model.read(reference, records=True)
        number = offset % 4
        record = dict(enumerate(records(content), 1)).get(number, b"")
        if word == "9000" and len(record) > le:
            word, record = "6700", b""
        elif word == "9000" and not record:
            word = "6A83"
        file, as_current = reference
        short_id = 0 if as_current else file << 3
        assert self.expect(word, Command(0x00, 0xB2, number, short_id | 0x04, b"", le)) == record

    @rule(choice=choices["keys"], how=st.sampled_from(KEY_USES), opened=st.booleans())
    def use_key(self, choice: Choice, how: str, opened: bool) -> None:
        if not self.is_served(choice):
            return
        reference = None if how == "by default" else self.meant(choice)
        if opened and reference and reference[0] in self.model.said.keys:
            self.verify_one_of(self.model.said.keys[reference[0]].pins, 0)
        if how == "authenticate" and reference:
            command = Command(0x00, 0x88, 0x00, p2(*reference), b"a challenge", 256)
            self.expect(self.model.authenticate(reference), command)
            return
        place = p2(*reference) if reference else 0x00
        self.expect(self.model.sign(reference), Command(0x80, 0x2A, 0x02, place, bytes(32), 256))

    @rule(choice=indices, right=st.sampled_from((True, True, True, False)), opened=st.booleans())
    def deliver_session_key(self, choice: int, right: bool, opened: bool) -> None:
        """Where it is taken, or anywhere."""
        speaking = [each for each in self.applications if each.messaging and each.name in self.model.present]
        if opened and speaking:
            declared = speaking[choice % len(speaking)]
            self.expect(self.model.select(declared), Command(0x00, 0xA4, 0x04, 0x0C, declared.aid))
            if declared.messaging and not self.model.terminated:
                self.verify_one_of(declared.messaging.pins, 0)
        if self.is_served(("any", choice, "short")):
            command = Command.parse(delivery(self._session_key(), None if right else b"wrong"))
            if self.expect_word(self.model.deliver(right=right), command):
                self.terminal = Terminal()

    def _session_key(self) -> RSAPublicKey:
        keys = self.witness.card.state.applications[self.model.said.name].keys
        file = self.model.said.messaging.key if self.model.said.messaging else min(keys, default=0)
        return load_key(keys[file]).public_key() if file in keys else small_keys()().public_key()

    def expect_word(self, expected: str, command: Command) -> bool:
        """Whether it is 9000."""
        self.expect(expected, command)
        return expected == "9000"

    @rule(case=cases, offset=st.integers(0, 310), le=lengths)
    def speak_protected(self, case: Case, offset: int, le: int) -> None:
        """A PIN is shown, a file selected and read; half the time there is a session."""
        if case.whole and not self.has_session:
            self.deliver_session_key(case.index, True, True)
        if not self.is_served(("any", case.index, "short")):
            return
        file, _ = self.meant(("pins", case.place, "short"))
        value = self.value(self.model.said, file, case.which)
        verify = Command(0x00, 0x20, 0x00, 0x80 | file, value.encode())
        self.expect_sealed(self.model.verify((file, False), value) if self.has_session else "", verify)
        file, _ = self.meant(("files", case.index, "short"))
        select = Command(0x00, 0xA4, 0x02, 0x0C, file.to_bytes(2, "big"))
        self.expect_sealed(self.model.select_file(file) if self.has_session else "", select)
        word, content = self.model.read((file, True), records=False) if self.has_session else ("", b"")
        word = "6B00" if word == "9000" and offset >= len(content) else word
        shown = self.expect_sealed(word, Command(0x00, 0xB0, offset >> 8, offset & 0xFF, b"", le))
        assert shown == (content[offset : offset + le] if word == "9000" else b"")

    @property
    def has_session(self) -> bool:
        return self.model.session == "open"

    @rule(how=st.sampled_from(WRONG_PROTECTION), ins=st.sampled_from((0xA4, 0xB0, 0x20)), case=cases)
    def speak_wrongly(self, how: WrongProtection, ins: int, case: Case) -> None:
        """The session ends; what was open stays open, and what was closed closed."""
        if case.whole and not self.has_session:
            self.deliver_session_key(case.index, True, True)
        if not self.is_served(("any", case.index, "short")):
            return
        expected = self.model.wrongly_sealed(how.word, ins)
        answer = self.witness.transmit(bytes((how.cla, ins)) + how.rest)
        assert answer.hex().upper() == expected, (how, ins)

    def expect_sealed(self, plain_word: str, plain: Command) -> bytes:
        """The data, once the protected form of a command got the word of the plain one, or no session."""
        header = bytes((plain.cla, plain.ins, plain.p1, plain.p2))
        sealed = self.terminal.protected(header, plain.data, plain.le)
        expected = self.model.sealed(plain_word, plain.ins)
        opened = self.terminal.opened if plain.ins == 0xB0 else None
        meant = plain if self.has_session else None
        answer = self.witness.transmit(sealed, meant, opened)
        assert answer[-2:].hex().upper() == expected, plain
        return self.terminal.opened(answer) if opened and expected == "9000" else b""

    # — The issuer ————————————————————————————————————————————————————————————————————————————————————

    def order(self, expected: str, *plain: bytes) -> None:
        """Through a channel that is opened where there is none; all but the last are answered 9000."""
        if self.witness.channel is None:
            self.model.open_channel()
            assert self.witness.open_channel()
        words = [f"{self.witness.ask(each).status_word:04X}" for each in plain]
        assert words == ["9000"] * (len(plain) - 1) + [expected]

    @rule(act=st.sampled_from(ISSUER_ACTS), case=cases, then=st.none() | indices)
    def issuer_acts(self, act: str, case: Case, then: int | None) -> None:
        """One rule for all of them, for the holder's to come often; the holder may go on at once."""
        getattr(self, act)(case)
        if then is not None:
            self.select_application(then)

    def slot(self, case: Case) -> KeySlot:
        return list(self.model.kind.slots)[case.place % len(self.model.kind.slots)]

    def some(self, what: str, index: int, place: int) -> tuple[ApplicationDeclaration, int]:
        declared = self.applications[index % len(self.applications)]
        held = sorted(getattr(declared, what)) or [0x1D]
        return declared, held[place % len(held)]

    def authorise_pin(self, case: Case) -> None:
        """And use it, or not yet, or too late, or too often."""
        declared, file = self.some("pins", case.index, case.place)
        expected = self.model.authorise(declared, file)
        self.order(expected, card_commands.authorise_application_pin(declared.number, file))
        if case.ending == "lose power":
            self.lose_power(case.whole)
        for _ in range(ENDINGS[case.ending]):
            self.select_application(case.index)
            self.change_pin(("pins", case.place, "short"), case.which, False)

    def set_code(self, case: Case) -> None:
        declared, file = self.some("pins", case.index, case.place)
        value = self.value(declared, file, case.which)
        expected = self.model.set_code(declared, file, value)
        self.order(expected, card_commands.set_code(declared.number, file, value))

    def write_files(self, case: Case) -> None:
        """In a channel of its own, for what was written before and not confirmed would count."""
        self.select_issuer()
        written = {}
        for (index, place), octets in case.files.items():
            declared, file = self.some("files", index, place)
            if self.model.may_be_written(declared, file):
                written[declared.name, file] = octets
        numbers = {name: declared.number for name, declared in self.model.kind.applications.items()}
        commands = card_commands.file_writes(
            {(numbers[name], file): each for (name, file), each in written.items()}
        )
        if case.whole:
            self.order(self.model.confirm_files(written), *commands)
        elif written:
            self.order("9000", *commands[:-1])

    def issue(self, case: Case) -> None:
        slot = self.slot(case)
        self.order(self.model.generate(slot), card_commands.generate_key(slot))
        if case.whole:
            pending = self.witness.card.state.slot(slot).pending_key
            assert pending is not None
            certificates = certificate_for(pending)
            commands = card_commands.certificate_writes(slot, *certificates)
            self.order(self.model.activate(slot, *certificates), *commands, card_commands.activate(slot))

    def activate_nothing(self, case: Case) -> None:
        slot = self.slot(case)
        self.order(self.model.activate(slot, b"", b""), card_commands.activate(slot))

    def remove(self, case: Case) -> None:
        slot = self.slot(case)
        self.order(self.model.remove(slot), card_commands.remove(slot))

    def terminate(self, case: Case) -> None:
        if case.index == 0:  # seldom, for little can be done afterwards
            self.order(self.model.terminate(), card_commands.terminate())

    def put_key(self, case: Case) -> None:
        version = min(self.model.version + case.place % 5 - 1, LAST_KEY_VERSION)
        new = StaticKeys(bytes((version, 0)) * 8, bytes((version, 1)) * 8, bytes((version, 2)) * 8, version)
        before = self.witness.card.state.issuer_keys
        self.order(self.model.put_key(version), key_rotation.put_key(before, new))

    # — Always ————————————————————————————————————————————————————————————————————————————————————————

    @invariant()
    def what_is_kept_is_what_the_model_says(self) -> None:
        kept, model = self.witness.store.kept, self.model
        assert self.witness.card.state is kept
        for name, content in kept.applications.items():
            assert content.files == {
                file: octets for (each, file), octets in model.files.items() if each == name
            }
            assert set(content.keys) == {file for each, file in model.keys if each == name}
            for file in model.kind.applications[name].pins:
                pin = model.pins.get((name, file), UNSET)
                assert content.pins.get(file, PinRecord()) == PinRecord(pin.value, pin.tries)
        layouts = model.kind.slots
        assert set(kept.applications[JPKI].pending) == {layouts[each].key_file for each in model.pending}
        assert (kept.terminated, kept.issuer_keys.version) == (model.terminated, model.version)


def p2(file: int, as_current: bool) -> int:
    return 0x80 if as_current else 0x80 | file


def records(content: bytes) -> list[bytes]:
    """As READ RECORD gives them: tag, length, value."""
    found = []
    while len(content) > 1:
        end = 2 + content[1]
        found.append(content[:end])
        content = content[end:]
    return found


@pytest.mark.parametrize("name", kinds())
def test_a_card_does_what_its_declaration_says(name: str, static_keys: StaticKeys) -> None:
    class OfThisKind(CardMachine):
        start = full_card(name, static_keys, small_keys(), authority())

    run_state_machine_as_test(
        OfThisKind, settings=settings(max_examples=100, stateful_step_count=50, deadline=None)
    )
