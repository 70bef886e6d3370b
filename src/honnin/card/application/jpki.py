"""The JPKI application of the number card (公的個人認証AP): files, PINs and signatures of the holder.

Files, conditions and status words follow what is known of the real card (docs/reference/card.md). Where
its answer is not published the choice is ours:

=============================================  ======================================================
situation                                      our choice
=============================================  ======================================================
slot without a certificate                     its certificate files exist and are empty: SELECT 9000,
                                               READ BINARY 6B00; EF 0008 says 00; signing says 6985
PIN never set                                  as a blocked PIN: 63C0 and 6984
content of EF 0005                             16 bytes FF, as EF 0009
filler after a certificate                     FF up to a multiple of 256 bytes
VERIFY with more than 16 bytes                 6700, costs no try
VERIFY, CHANGE or sign with another file kind  6981
new PIN of a wrong form                        6A80
READ by short id                               makes the file current; VERIFY and sign by short id do not
wrong VERIFY after a right one                 the PIN is no longer verified
new PIN by the issuer's permission             `00 24 01 80`, no old PIN; the PIN is not verified by it
=============================================  ======================================================
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from hmac import compare_digest
from typing import Final

from honnin.card.apdu import SHORT_LE_MAX, Command, Response
from honnin.card.application.signing import MODES, SigningKeys
from honnin.card.memory import Memory
from honnin.card.slot import LAYOUT, SLOT_BY_KEY_FILE, SLOT_BY_PIN_FILE, KeySlot, pin_is_well_formed
from honnin.card.state import PinRecord
from honnin.card.status_word import CommandRejected, StatusWord, tries_left_word

AID: Final = bytes.fromhex("D392F000260100000001")
PIN_LENGTH_MAX: Final = 16
CURRENT_FILE: Final = 0x80

DISABLED_FILE: Final = 0x0005
TOKEN_FILE: Final = 0x0006
PRESENCE_FILE: Final = 0x0008
UNKNOWN_FILE: Final = 0x0009
TOKEN_FILE_LENGTH: Final = 160
TOKEN_LABEL_LENGTH: Final = 32
PRESENT: Final = 0x8F

_FILLER: Final = bytes((0xFF,)) * 16
_BLOCK: Final = 256
# Key, PIN and reference files: they can be selected, never read.
_INTERNAL_FILES: Final = frozenset((0x0010, 0x0016, 0x0017, 0x0018, 0x0019, 0x001A, 0x001B, 0x001C, 0x001E))
_OPEN_FILES: Final = frozenset((DISABLED_FILE, TOKEN_FILE, PRESENCE_FILE, UNKNOWN_FILE))
_CERTIFICATE_FILES: Final = {layout.certificate_file: slot for slot, layout in LAYOUT.items()}
_CA_FILES: Final = {layout.ca_certificate_file: slot for slot, layout in LAYOUT.items()}
_FILES: Final = _INTERNAL_FILES | _OPEN_FILES | _CERTIFICATE_FILES.keys() | _CA_FILES.keys()


class JpkiApplication:
    """Answers the holder's commands. Verified PINs are forgotten when the application is selected again."""

    aid = AID

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._keys = SigningKeys(memory)
        self._current_file: int | None = None
        self._verified: set[KeySlot] = set()
        self._commands: Mapping[tuple[int, int], Callable[[Command], Response]] = {
            (0x00, 0xA4): self._select_file,
            (0x00, 0xB0): self._read_binary,
            (0x00, 0x20): self._verify,
            (0x00, 0x24): self._change_pin,
            (0x80, 0x2A): self._compute_digital_signature,
            (0x00, 0x84): self._get_challenge,
        }

    def begin(self) -> None:
        self._current_file = None
        self._verified.clear()

    def execute(self, command: Command) -> Response:
        execute = self._commands.get((command.cla, command.ins))
        if execute is None:
            raise CommandRejected(StatusWord.INSTRUCTION_NOT_SUPPORTED)
        return execute(command)

    def _select_file(self, command: Command) -> Response:
        """SELECT by file identifier (P1 02); P1 04 never comes here (the card selects applications)."""
        if command.p1 == 0x00:
            return _select_master_file(command)
        if command.p1 != 0x02 or command.p2 not in (0x00, 0x0C):
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        if len(command.data) != 2:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        file = command.data[0] << 8 | command.data[1]
        if file not in _FILES:
            raise CommandRejected(StatusWord.FILE_NOT_FOUND)
        self._current_file = file
        return Response()

    def _read_binary(self, command: Command) -> Response:
        if command.le is None or command.data:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            file = _file_of_short_id(command.p1)
            if file not in _FILES:
                raise CommandRejected(StatusWord.FILE_NOT_FOUND)
            self._current_file = file
            offset = command.p2
        content = self._content(self._need_current_file())
        if offset >= len(content):
            raise CommandRejected(StatusWord.OFFSET_OUTSIDE_FILE)
        return Response(content[offset : offset + command.le])

    def _content(self, file: int) -> bytes:
        """What a file holds now. Raises CommandRejected 6981 (never readable) or 6982 (PIN needed)."""
        if file in _CERTIFICATE_FILES:
            slot = _CERTIFICATE_FILES[file]
            if slot is KeySlot.SIGNATURE and slot not in self._verified:
                raise CommandRejected(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
            return _filled(self._memory.slot(slot).certificate)
        if file in _CA_FILES:
            return _filled(self._memory.slot(_CA_FILES[file]).ca_certificate)
        if file == TOKEN_FILE:
            label = self._memory.state.token_label.encode("ascii", "replace")
            return label[:TOKEN_LABEL_LENGTH].ljust(TOKEN_FILE_LENGTH, b" ")
        if file == PRESENCE_FILE:
            return bytes((*(self._presence(slot) for slot in KeySlot), 0x00))
        if file in _OPEN_FILES:
            return _FILLER
        raise CommandRejected(StatusWord.COMMAND_INCOMPATIBLE_WITH_FILE)

    def _presence(self, slot: KeySlot) -> int:
        return PRESENT if self._memory.slot(slot).certificate else 0x00

    def _verify(self, command: Command) -> Response:
        """VERIFY. Without data it tells the tries left and costs nothing, verified or not, blocked or not."""
        if command.p1 != 0x00:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        slot = self._referenced(command.p2, SLOT_BY_PIN_FILE)
        pin = self._memory.slot(slot).pin
        if not command.data:
            return Response(status_word=tries_left_word(pin.tries_left))
        if len(command.data) > PIN_LENGTH_MAX:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        if pin.value is None or pin.tries_left == 0:
            raise CommandRejected(StatusWord.REFERENCE_DATA_NOT_USABLE)
        self._verified.discard(slot)
        # The try is spent, durably, before the PIN is looked at: a cut in between gives no free guess.
        self._memory.commit_pin(slot, replace(pin, tries_left=pin.tries_left - 1))
        if not compare_digest(pin.value.encode(), command.data):
            return Response(status_word=tries_left_word(pin.tries_left - 1))
        self._memory.commit_pin(slot, replace(pin, tries_left=LAYOUT[slot].max_tries))
        self._verified.add(slot)
        return Response()

    def _change_pin(self, command: Command) -> Response:
        """CHANGE REFERENCE DATA with the new PIN only, after VERIFY or with the issuer's permission."""
        if command.p1 != 0x01:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        slot = self._referenced(command.p2, SLOT_BY_PIN_FILE)
        authorised = slot in self._memory.pin_setting_authorised
        if not authorised and slot not in self._verified:
            blocked = self._memory.slot(slot).pin.tries_left == 0
            raise CommandRejected(
                StatusWord.REFERENCE_DATA_NOT_USABLE if blocked else StatusWord.SECURITY_STATUS_NOT_SATISFIED
            )
        value = command.data.decode("ascii", "replace")
        if not pin_is_well_formed(slot, value):
            raise CommandRejected(StatusWord.WRONG_DATA)
        self._memory.commit_pin(slot, PinRecord(value, LAYOUT[slot].max_tries))
        self._memory.pin_setting_authorised.discard(slot)
        return Response()

    def _compute_digital_signature(self, command: Command) -> Response:
        sign = MODES.get(command.p1)
        if sign is None:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        if command.p2 == 0x00:  # the default key of the application: this one has none
            raise CommandRejected(StatusWord.REFERENCED_DATA_NOT_FOUND)
        slot = self._referenced(command.p2, SLOT_BY_KEY_FILE)
        if slot not in self._verified:
            raise CommandRejected(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        key = self._keys.of(slot)
        if command.le is None or command.le < key.key_size // 8:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        return Response(sign(key, command.data))

    def _get_challenge(self, command: Command) -> Response:
        return get_challenge(command)

    def _referenced(self, p2: int, slots: Mapping[int, KeySlot]) -> KeySlot:
        """The slot whose key or PIN file P2 means: 80 the current file, 80+sfi that one."""
        if p2 == CURRENT_FILE:
            file = self._need_current_file()
        else:
            file = _file_of_short_id(p2)
            if file not in _FILES:
                raise CommandRejected(StatusWord.FILE_NOT_FOUND)
        if file not in slots:
            raise CommandRejected(StatusWord.COMMAND_INCOMPATIBLE_WITH_FILE)
        return slots[file]

    def _need_current_file(self) -> int:
        if self._current_file is None:
            raise CommandRejected(StatusWord.NO_CURRENT_FILE)
        return self._current_file


def get_challenge(command: Command) -> Response:
    """1 to 256 random bytes, in any state of the card."""
    if command.p1 or command.p2:
        raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
    if command.data or command.le is None or command.le > SHORT_LE_MAX:
        raise CommandRejected(StatusWord.WRONG_LENGTH)
    return Response(secrets.token_bytes(command.le))


def _select_master_file(command: Command) -> Response:
    """`00 A4 00 00` changes nothing; naming the master file is refused (docs/reference/card.md)."""
    if command.data:
        raise CommandRejected(StatusWord.FILE_NOT_FOUND)
    return Response()


def _file_of_short_id(parameter: int) -> int:
    """80+sfi, sfi 01 to 1E. Raises CommandRejected 6A86."""
    short_id = parameter & 0x1F
    if parameter & 0xE0 != CURRENT_FILE or short_id in (0x00, 0x1F):
        raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
    return short_id


def _filled(certificate: bytes | None) -> bytes:
    """A certificate as its file holds it; an empty file where there is none."""
    if certificate is None:
        return b""
    return certificate + b"\xff" * (-len(certificate) % _BLOCK)
