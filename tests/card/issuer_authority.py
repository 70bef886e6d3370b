"""What the issuer's commands may change, each its own place and no other."""

from honnin.card import issuer_commands as ins
from honnin.card import put_key
from honnin.card.apdu import Command, Response
from honnin.card.chip.state import JPKI, CardState, PinRecord
from honnin.card.kinds.declaration import KindDeclaration, SlotLayout
from tests.support.card.state_changes import FILES, KEYS, PENDING, PINS, Place, changes, in_applications

OK = 0x9000
OF_THE_CARD: dict[int, set[Place]] = {
    ins.TERMINATE: {("terminated",)},
    put_key.PUT_KEY: {("issuer_keys",), ("sequence_counter",)},
}


class IssuerAuthority:
    """Of one channel: what was written in it and is not confirmed belongs to it."""

    def __init__(self, kind: KindDeclaration) -> None:
        self._kind = kind
        self._written: set[Place] = set()

    def judge(self, command: Command, answer: Response, before: CardState, after: CardState) -> None:
        """Raises AssertionError when a plain command changed what it may not, or was refused and changed."""
        found = changes(before, after)
        assert found <= (self._may_change(command) if answer.status_word == OK else set())
        if command.ins == ins.SET_CODE and found:
            [(_, name, file)] = in_applications(found)
            full = self._kind.applications[name].pins[file].tries
            assert after.applications[name].pins[file] == PinRecord(command.data.decode("ascii"), full)
        if command.ins == put_key.PUT_KEY and found:
            assert after.issuer_keys.version > before.issuer_keys.version
            assert after.issuer_keys.enc != before.issuer_keys.enc
            assert after.sequence_counter == 0
        assert after.terminated >= before.terminated
        self._remember(command, answer)

    def permits(self, command: Command, answer: Response) -> set[tuple[str, int]]:
        """The PINs (application, file) that may be set without the old one after this command."""
        if command.ins != ins.AUTHORISE_PIN or answer.status_word != OK:
            return set()
        name = self._name(command.p1)
        assert not self._kind.applications[name].pins[command.p2].fixed
        return {(name, command.p2)}

    def _may_change(self, command: Command) -> set[Place]:
        p1, p2 = command.p1, command.p2
        match command.ins:
            case ins.GENERATE if p1 == ins.NEW_KEY:
                return {(PENDING, JPKI, self._layout(p2).key_file)}
            case ins.ACTIVATE | ins.REMOVE:
                return self._slot(self._layout(p2))
            case ins.SET_CODE:
                return {(PINS, self._name(p1), p2)}
            case ins.CONFIRM_FILES:
                return self._written
            case _:
                return OF_THE_CARD.get(command.ins, set())

    def _slot(self, layout: SlotLayout) -> set[Place]:
        files = (layout.certificate_file, layout.ca_certificate_file)
        places: set[Place] = {(FILES, JPKI, file) for file in files}
        return places | {(KEYS, JPKI, layout.key_file), (PENDING, JPKI, layout.key_file)}

    def _is_of_a_slot(self, application: int, file: int) -> bool:
        """Only an activation or a removal may change these."""
        layouts = self._kind.slots.values()
        held = {each for slot in layouts for each in (slot.certificate_file, slot.ca_certificate_file)}
        return self._name(application) == JPKI and file in held

    def _remember(self, command: Command, answer: Response) -> None:
        if answer.status_word != OK:
            return
        if command.ins == ins.WRITE_FILE and not self._is_of_a_slot(command.p1, command.p2):
            self._written = self._written | {(FILES, self._name(command.p1), command.p2)}
        elif command.ins == ins.CONFIRM_FILES:
            self._written = set()

    def _layout(self, number: int) -> SlotLayout:
        return next(each for each in self._kind.slots.values() if each.number == number)

    def _name(self, number: int) -> str:
        declared = self._kind.application(number)
        assert declared is not None
        return declared.name
