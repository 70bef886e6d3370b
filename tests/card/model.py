"""A card as its declaration and docs/reference/card.md describe it, in a few lines and without bytes.

For each thing that is done it says which status word the card must answer, and remembers what follows.
"""

from dataclasses import dataclass

from honnin.card.chip.state import JPKI, CardState
from honnin.card.kinds.declaration import ApplicationDeclaration, KeySlot, KindDeclaration

Reference = tuple[int, bool]
"""A file, and whether it is meant as the current one (P2 80) or by its short identifier."""

OK, WRONG_LENGTH, NOT_THIS_FILE, NOT_ALLOWED = "9000", "6700", "6981", "6982"
BLOCKED, NO_CONDITION, NO_FILE_CHOSEN, WRONG_DATA = "6984", "6985", "6986", "6A80"
NOT_FOUND, NO_RECORD, WRONG_PARAMETERS, NO_KEY, OUTSIDE = "6A82", "6A83", "6A86", "6A88", "6B00"
ENDED = "69FC"
UNKNOWN, NOT_PROTECTED = "6D00", {0xA4: "6882", 0xB0: "69FC", 0x20: "69FC"}
PIN_MAX = 16


@dataclass
class Pin:
    """A PIN's value, None before it is set, and the tries left."""

    value: str | None
    tries: int


class Model:
    """The holder's side, and what the issuer does to it (`IssuerModel`)."""

    def __init__(self, state: CardState) -> None:
        self.kind: KindDeclaration = state.kind
        self.present = set(state.applications)
        held = state.applications.items()
        self.pins = {
            (name, file): Pin(pin.value, pin.tries_left)
            for name, each in held
            for file, pin in each.pins.items()
        }
        self.files = {(name, file): octets for name, each in held for file, octets in each.files.items()}
        self.keys = {(name, file) for name, each in held for file in each.keys}
        self.terminated = state.terminated
        self.lose_power()

    def lose_power(self) -> None:
        self.authorised: set[tuple[str, int]] = set()
        self._leave(None)

    def _leave(self, selected: ApplicationDeclaration | None) -> None:
        self.selected = selected
        self.current: int | None = None
        self.verified: set[int] = set()
        self.session = "none"

    def select(self, declared: ApplicationDeclaration | None) -> str:
        """None is the issuer's domain."""
        if declared is not None and (self.terminated or declared.name not in self.present):
            return NOT_FOUND
        self._leave(declared)
        return OK

    # — Files —————————————————————————————————————————————————————————————————————————————————————————

    def select_file(self, file: int) -> str:
        if not self.said.has(file):
            return NOT_FOUND
        self.current = file
        return OK

    def read(self, reference: Reference, *, records: bool) -> tuple[str, bytes]:
        """The word, and all that the file has to be read."""
        file, as_current = reference
        if not as_current and self.select_file(file) != OK:  # a short identifier selects
            return NOT_FOUND, b""
        if self.current is None:
            return NO_FILE_CHOSEN, b""
        declared = self.said.files.get(self.current)
        if declared is None or declared.records is not records:
            return NOT_THIS_FILE, b""
        if declared.read and not self.verified & set(declared.read):
            return NOT_ALLOWED, b""
        if declared.presence:
            flags = (0x8F if (self.said.name, each) in self.files else 0 for each in declared.presence)
            return OK, bytes(flags).ljust(3, b"\x00")
        content = self.files.get((self.said.name, self.current), b"")
        return OK, content + b"\xff" * (-len(content) % declared.fill)

    @property
    def said(self) -> ApplicationDeclaration:
        assert self.selected is not None
        return self.selected

    def _meant(self, reference: Reference) -> tuple[str, int]:
        file, as_current = reference
        if as_current:
            return (OK, self.current) if self.current is not None else (NO_FILE_CHOSEN, 0)
        return (OK, file) if self.said.has(file) else (NOT_FOUND, 0)

    # — PINs and keys —————————————————————————————————————————————————————————————————————————————————

    def _meant_pin(self, reference: Reference) -> tuple[str, int]:
        word, file = self._meant(reference)
        return (NOT_THIS_FILE, 0) if word == OK and file not in self.said.pins else (word, file)

    def pin(self, file: int) -> Pin:
        """Value and tries left, to be changed in place."""
        return self.pins.setdefault((self.said.name, file), Pin(None, 0))

    def verify(self, reference: Reference, value: str) -> str:
        word, file = self._meant_pin(reference)
        if word != OK:
            return word
        pin = self.pin(file)
        if not value:
            return f"63C{pin.tries:X}"
        if len(value) > PIN_MAX:
            return WRONG_LENGTH
        if pin.value is None or pin.tries == 0:
            return BLOCKED
        if value != pin.value:
            self.verified.discard(file)
            pin.tries -= 1
            return f"63C{pin.tries:X}"
        self.verified.add(file)
        pin.tries = self.said.pins[file].tries
        return OK

    def change_pin(self, reference: Reference, value: str) -> str:
        word, file = self._meant_pin(reference)
        if word != OK:
            return word
        declared, permission = self.said.pins[file], (self.said.name, file)
        if file not in self.verified and permission not in self.authorised:
            return NOT_ALLOWED if self.pin(file).tries else BLOCKED
        if declared.fixed:
            return NO_CONDITION
        if not declared.rule.fullmatch(value):
            return WRONG_DATA
        self.pins[permission] = Pin(value, declared.tries)
        self.authorised.discard(permission)
        return OK

    def sign(self, reference: Reference | None) -> str:
        """None is the default key."""
        if reference is None:
            if self.said.default_key is None:
                return NO_KEY
            reference = self.said.default_key, False
        word, file = self._meant(reference)
        if word != OK:
            return word
        if file not in self.said.keys:
            return NOT_THIS_FILE
        if self.said.keys[file].pins and not self.verified & set(self.said.keys[file].pins):
            return NOT_ALLOWED
        return OK if (self.said.name, file) in self.keys else NO_CONDITION

    def authenticate(self, reference: Reference) -> str:
        word, file = self._meant(reference)
        if word != OK:
            return word
        if file not in self.said.keys:
            return NOT_THIS_FILE
        if not self.said.keys[file].authenticates:
            return NOT_ALLOWED if self.said.keys[file].pins else NO_CONDITION
        return OK if (self.said.name, file) in self.keys else NO_CONDITION

    # — Secure messaging ——————————————————————————————————————————————————————————————————————————————

    def deliver(self, *, right: bool) -> str:
        """A session key."""
        said = self.said.messaging
        if said is None:
            refused = self.said.answers.get((0x80, 0xAE))
            return UNKNOWN if refused is None else f"{refused.word:04X}"
        if not self.verified & set(said.pins):
            return NOT_ALLOWED
        if right:
            self.session = "open"
        return OK if right else WRONG_DATA

    def sealed(self, word: str, ins: int) -> str:
        """The word of a protected command whose plain one has `word`."""
        if self.session == "ended":
            return ENDED
        return word if self.session == "open" else NOT_PROTECTED[ins]

    def wrongly_sealed(self, word: str, ins: int) -> str:
        """The word of a command whose protection is wrong, which gets `word` in a session and ends it."""
        found = self.sealed(word, ins)
        self.session = "ended" if self.session == "open" else self.session
        return found


class IssuerModel(Model):
    """The same card, with a channel from its issuer."""

    def __init__(self, state: CardState) -> None:
        super().__init__(state)
        self.pending: set[KeySlot] = set()
        self.version = state.issuer_keys.version

    def open_channel(self) -> None:
        self.select(None)

    def authorise(self, declared: ApplicationDeclaration, file: int) -> str:
        if declared.name not in self.present:
            return WRONG_PARAMETERS
        if file not in declared.pins or declared.pins[file].fixed:
            return NO_KEY
        self.authorised.add((declared.name, file))
        return OK

    def set_code(self, declared: ApplicationDeclaration, file: int, value: str) -> str:
        if declared.name not in self.present:
            return WRONG_PARAMETERS
        if file not in declared.pins or not declared.pins[file].fixed:
            return NO_KEY
        if not declared.pins[file].rule.fullmatch(value):
            return WRONG_DATA
        self.pins[declared.name, file] = Pin(value, declared.pins[file].tries)
        return OK

    def may_be_written(self, declared: ApplicationDeclaration, file: int) -> bool:
        """Neither what the card computes nor the certificates of a slot."""
        if file not in declared.files or declared.files[file].presence:
            return False
        slots = self.kind.slots.values() if declared.name == JPKI else ()
        return all(file not in (slot.certificate_file, slot.ca_certificate_file) for slot in slots)

    def confirm_files(self, written: dict[tuple[str, int], bytes]) -> str:
        if not written:
            return WRONG_DATA
        self.files.update(written)
        return OK

    def generate(self, slot: KeySlot) -> str:
        self.pending.add(slot)
        return OK

    def activate(self, slot: KeySlot, certificate: bytes, ca_certificate: bytes) -> str:
        """With certificates that fit the pending key, or with none: then there is nothing to put in force."""
        if slot not in self.pending:
            return NO_KEY
        if not certificate:
            return WRONG_DATA
        layout = self.kind.slots[slot]
        self.files[JPKI, layout.certificate_file] = certificate
        self.files[JPKI, layout.ca_certificate_file] = ca_certificate
        self.keys.add((JPKI, layout.key_file))
        self.pending.discard(slot)
        return OK

    def remove(self, slot: KeySlot) -> str:
        layout = self.kind.slots[slot]
        for file in (layout.certificate_file, layout.ca_certificate_file):
            self.files.pop((JPKI, file), None)
        self.keys.discard((JPKI, layout.key_file))
        self.pending.discard(slot)
        return OK

    def terminate(self) -> str:
        self.terminated = True
        return OK

    def put_key(self, version: int) -> str:
        if version <= self.version:
            return WRONG_DATA
        self.version = version
        return OK
