"""What the issuer may do to the key slots once its channel is open (`issuer_commands` has the table).

A key pair is pending until a certificate for exactly that key is activated; then key, certificate and CA
certificate replace the old ones in one durable change, so that a cut leaves the old slot or the new one.
Refuses a certificate for another key, and a CA certificate that did not issue it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from honnin.card.apdu import Command, Response
from honnin.card.chip.application.certificate_check import apart, belong_together
from honnin.card.chip.application.content_writing import ContentWriting
from honnin.card.chip.memory import Memory
from honnin.card.chip.private_keys import load_key
from honnin.card.chip.state import PinRecord, SlotContent
from honnin.card.issuer_commands import (
    ACTIVATE,
    AUTHORISE_PIN,
    GENERATE,
    HAS_CERTIFICATE,
    HAS_PENDING_KEY,
    MARK_LENGTH,
    MODULUS_LENGTH,
    NEW_KEY,
    NEW_KEYS,
    PENDING_KEY,
    PIN_IS_SET,
    READ_PIN_MARK,
    READ_STATE,
    REMOVE,
    STATE_FORMAT,
    TERMINATED,
    WRITE,
)
from honnin.card.kinds.declaration import KeySlot
from honnin.card.status_word import CommandRejected, StatusWord

KeySource = Callable[[], RSAPrivateKey]

WRITTEN_MAX: Final = 8192  # certificate and CA certificate together


class Personalisation:
    """Carries out the plain issuer commands. Certificates being written are volatile."""

    def __init__(self, memory: Memory, generate_key: KeySource) -> None:
        self._memory = memory
        self._generate_key = generate_key
        self._written: dict[int, list[bytes]] = {}  # by P1 of WRITE
        self._content = ContentWriting(memory)
        self._commands: Mapping[int, Callable[[Command], Response]] = {
            GENERATE: self._key_pair,
            WRITE: self._write,
            ACTIVATE: self._activate,
            REMOVE: self._remove,
            AUTHORISE_PIN: self._authorise_pin,
            READ_PIN_MARK: self._read_pin_mark,
            READ_STATE: self._read_state,
            **self._content.commands,
        }

    def knows(self, ins: int) -> bool:
        return ins in self._commands

    def forget_written(self) -> None:
        self._written.clear()
        self._content.forget()

    def execute(self, command: Command) -> Response:
        """Raises CommandRejected with the status word to answer."""
        execute = self._commands.get(command.ins)
        if execute is None:
            raise CommandRejected(StatusWord.INSTRUCTION_NOT_SUPPORTED)
        return execute(command)

    def _key_pair(self, command: Command) -> Response:
        if command.p1 == NEW_KEYS:
            return self._new_keys(command)
        slot = self._slot(command.p2)
        if command.p1 not in (NEW_KEY, PENDING_KEY):
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        if command.p1 == NEW_KEY:
            return Response(self._make_keys([slot]))
        return Response(_modulus(self._pending_public_key(slot)))

    def _new_keys(self, command: Command) -> Response:
        """Whoever can use the keys that are there can use those in their place; else none are made."""
        slots = [slot for slot, layout in self._memory.state.kind.slots.items() if layout.number & command.p2]
        if not slots or sum(self._memory.state.kind.slots[slot].number for slot in slots) != command.p2:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        if not all(self._memory.slot(slot).pin.tries_left for slot in slots):
            return Response()
        return Response(self._make_keys(slots))

    def _make_keys(self, slots: Iterable[KeySlot]) -> bytes:
        """Pending keys, all in one durable change; returns their moduli."""
        state, moduli = self._memory.state, b""
        for slot in slots:
            key = self._generate_key()
            encoded = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            state = state.with_slot(slot, replace(state.slot(slot), pending_key=encoded))
            moduli += _modulus(key.public_key())
        self._memory.commit(state)
        return moduli

    def _pending_public_key(self, slot: KeySlot) -> RSAPublicKey:
        encoded = self._memory.slot(slot).pending_key
        if encoded is None:
            raise CommandRejected(StatusWord.REFERENCED_DATA_NOT_FOUND)
        return load_key(encoded).public_key()

    def _write(self, command: Command) -> Response:
        self._slot(command.p1)
        if not command.data:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        blocks = [] if command.p2 == 0 else self._written.get(command.p1, [])
        if command.p2 != len(blocks):
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        if sum(map(len, blocks)) + len(command.data) > WRITTEN_MAX:
            raise CommandRejected(StatusWord.NOT_ENOUGH_MEMORY)
        self._written[command.p1] = [*blocks, command.data]
        return Response()

    def _activate(self, command: Command) -> Response:
        slot = self._slot_of(command)
        certificate, ca_certificate = apart(b"".join(self._written.get(command.p2, ())))
        content = self._memory.slot(slot)
        if content.pending_key is None and (content.certificate, content.ca_certificate) == (
            certificate,
            ca_certificate,
        ):
            return Response()  # the same activation again, after its answer was lost
        if not belong_together(certificate, ca_certificate, self._pending_public_key(slot)):
            raise CommandRejected(StatusWord.WRONG_DATA)
        activated = SlotContent(content.pin, content.pending_key, certificate, ca_certificate)
        self._memory.commit_slot(slot, activated)
        self._written.pop(command.p2, None)
        return Response()

    def _remove(self, command: Command) -> Response:
        slot = self._slot_of(command)
        self._memory.commit_slot(slot, SlotContent(self._memory.slot(slot).pin))
        return Response()

    def _authorise_pin(self, command: Command) -> Response:
        if len(command.data) not in (0, MARK_LENGTH):
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        place = self._pin_place(command)
        self._memory.pin_setting_authorised[place] = command.data
        return Response()

    def _read_pin_mark(self, command: Command) -> Response:
        name, file = self._pin_place(command)
        return Response(self._memory.application(name).pins.get(file, PinRecord()).mark)

    def _pin_place(self, command: Command) -> tuple[str, int]:
        """The application and file of a PIN that its holder may choose."""
        application = self._memory.state.kind.application(command.p1)
        if application is None or application.name not in self._memory.state.applications:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        pin = application.pins.get(command.p2)
        if pin is None or pin.fixed:
            raise CommandRejected(StatusWord.REFERENCED_DATA_NOT_FOUND)
        return application.name, command.p2

    def _slot(self, number: int) -> KeySlot:
        for slot, layout in self._memory.state.kind.slots.items():
            if layout.number == number:
                return slot
        raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)

    def _slot_of(self, command: Command) -> KeySlot:
        """The slot in P2 of a command whose P1 is 00."""
        if command.p1:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        return self._slot(command.p2)

    def _read_state(self, command: Command) -> Response:
        if command.p1 or command.p2:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        state = self._memory.state
        slots = b"".join(self._slot_report(slot) for slot in KeySlot)
        return Response(
            bytes((STATE_FORMAT,))
            + _digits(state.expiry_date)
            + bytes((TERMINATED * state.terminated,))
            + slots
            + state.card_number.encode()
        )

    def _slot_report(self, slot: KeySlot) -> bytes:
        """Flags (1), tries left (1), SHA-256 of the certificate and of the pending modulus (or zeros)."""
        content = self._memory.state.slots.get(slot, SlotContent())
        certificate = sha256(content.certificate).digest() if content.certificate else bytes(32)
        pending = bytes(32)
        if content.pending_key is not None:
            pending = sha256(_modulus(self._pending_public_key(slot))).digest()
        return bytes((_flags(content), content.pin.tries_left)) + certificate + pending


def _flags(content: SlotContent) -> int:
    return (
        HAS_CERTIFICATE * (content.certificate is not None)
        | HAS_PENDING_KEY * (content.pending_key is not None)
        | PIN_IS_SET * (content.pin.value is not None)
    )


def _modulus(public_key: RSAPublicKey) -> bytes:
    return public_key.public_numbers().n.to_bytes(MODULUS_LENGTH, "big")


def _digits(day: date) -> bytes:
    return f"{day:%Y%m%d}".encode()
