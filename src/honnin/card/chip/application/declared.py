"""An application of the holder's side: files, PINs and keys as its declaration says.

Status words follow what is known of the real card (docs/reference/card.md). Where its answer is not
published the choice is ours:

=============================================  ======================================================
situation                                      our choice
=============================================  ======================================================
file without content                           SELECT 9000, READ BINARY 6B00; signing without a key 6985
PIN never set                                  as a blocked PIN: 63C0 and 6984
VERIFY with more than 16 bytes                 6700, costs no try
VERIFY, CHANGE or sign with another file kind  6981
new PIN of a wrong form                        6A80; a PIN that is printed data is never changed: 6985
READ by short id                               makes the file current; VERIFY and sign by short id do not
wrong VERIFY after a right one                 the PIN is no longer verified
new PIN by the issuer's permission             the command that changes it, no old PIN; not verified by it
READ RECORD                                    P2 04 only, one record; no such record 6A83
=============================================  ======================================================
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from hmac import compare_digest
from typing import Final, TypeVar

from honnin.card import tlv
from honnin.card.apdu import Command, Response
from honnin.card.chip.application.challenge import get_challenge
from honnin.card.chip.application.messaging import SET_SESSION_KEY, Messaging
from honnin.card.chip.application.signing import MODES, SIGN_MESSAGE, SigningKeys
from honnin.card.chip.memory import Memory
from honnin.card.chip.state import PinRecord
from honnin.card.kinds.declaration import ApplicationDeclaration, FileDeclaration, MessagingDeclaration
from honnin.card.status_word import CommandRejected, StatusWord, tries_left_word

PIN_LENGTH_MAX: Final = 16
CURRENT_FILE: Final = 0x80
PRESENT: Final = 0x8F
_PRESENCE_LENGTH: Final = 3
_RECORD_BY_NUMBER: Final = 0x04
_Declared = TypeVar("_Declared")


class DeclaredApplication:
    """Answers the holder's commands. Verified PINs are forgotten when an application is selected."""

    def __init__(self, memory: Memory, declaration: ApplicationDeclaration) -> None:
        self._memory = memory
        self._declared = declaration
        self._keys = SigningKeys(memory, declaration.name)
        self._current_file: int | None = None
        self._verified: set[int] = set()
        self._commands: Mapping[tuple[int, int], Callable[[Command], Response]] = {
            (0x00, 0xA4): self._select_file,
            (0x00, 0xB0): self._read_binary,
            (0x00, 0xB2): self._read_record,
            (0x00, 0x20): self._verify,
            declaration.change: self._change_pin,
            (0x80, 0x2A): self._compute_digital_signature,
            (0x00, 0x88): self._internal_authenticate,
            (0x00, 0x84): get_challenge,
        }
        self._messaging = Messaging()
        if declaration.messaging is not None:
            set_session_key = partial(self._set_session_key, declaration.messaging)
            self._commands = {**self._commands, SET_SESSION_KEY: set_session_key}

    @property
    def aid(self) -> bytes:
        return self._declared.aid

    @property
    def classes(self) -> tuple[int, ...]:
        return self._messaging.classes

    def begin(self) -> None:
        self._current_file = None
        self._verified.clear()
        self._messaging.end()

    def interrupt(self) -> None:
        """Nothing to do: each command stands for itself, and a session counts its own commands."""

    def execute(self, command: Command) -> Response:
        if command.cla in self._messaging.classes:
            return self._messaging.execute(command, self.execute)
        execute = self._commands.get((command.cla, command.ins))
        if execute is not None:
            return execute(command)
        raise CommandRejected(self._refusal(command))

    def _refusal(self, command: Command) -> int:
        """The word of a command that is declared to be refused, or is not known."""
        declared = self._declared.answers.get((command.cla, command.ins))
        if declared is None:
            return StatusWord.INSTRUCTION_NOT_SUPPORTED
        return declared.words.get(command.p1 << 8 | command.p2, declared.word)

    # — Files —————————————————————————————————————————————————————————————————————————————————————————

    def _select_file(self, command: Command) -> Response:
        """SELECT by file identifier (P1 02). An application's name comes here only protected: 6A86."""
        if command.p1 == 0x00:
            return _select_master_file(command)
        if command.p1 != 0x02 or command.p2 not in (0x00, 0x0C):
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        if len(command.data) != 2:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        self._current_file = self._existing(int.from_bytes(command.data, "big"))
        return Response()

    def _read_binary(self, command: Command) -> Response:
        if command.le is None or command.data:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            self._current_file = self._existing(_file_of_short_id(command.p1))
            offset = command.p2
        file = self._need_current_file()
        content = self._content(file, self._readable(file, records=False))
        if offset >= len(content):
            raise CommandRejected(StatusWord.OFFSET_OUTSIDE_FILE)
        return Response(content[offset : offset + command.le])

    def _read_record(self, command: Command) -> Response:
        """READ RECORD (ISO/IEC 7816-4, 7.3.3): the record with the number in P1, tag and length first."""
        if command.le is None or command.data:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        if command.p2 & 0x07 != _RECORD_BY_NUMBER:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        if short_id := command.p2 >> 3:
            self._current_file = self._existing(_file_of_short_id(CURRENT_FILE | short_id))
        file = self._need_current_file()
        records = tlv.records(self._content(file, self._readable(file, records=True)))
        if not 1 <= command.p1 <= len(records):
            raise CommandRejected(StatusWord.RECORD_NOT_FOUND)
        record = records[command.p1 - 1]
        if command.le < len(record):
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        return Response(record)

    def _readable(self, file: int, *, records: bool) -> FileDeclaration:
        """A file that may be read now. Raises CommandRejected 6981 (never so) or 6982 (PIN needed)."""
        declared = self._declared.files.get(file)
        if declared is None or declared.records is not records:
            raise CommandRejected(StatusWord.COMMAND_INCOMPATIBLE_WITH_FILE)
        self._require_any(declared.read)
        return declared

    def _content(self, file: int, declared: FileDeclaration) -> bytes:
        files = self._memory.application(self._declared.name).files
        if declared.presence:
            present = bytes(PRESENT if each in files else 0x00 for each in declared.presence)
            return present.ljust(_PRESENCE_LENGTH, b"\x00")
        content = files.get(file, b"")
        return content + b"\xff" * (-len(content) % declared.fill)

    # — PINs ——————————————————————————————————————————————————————————————————————————————————————————

    def _verify(self, command: Command) -> Response:
        """VERIFY. Without data it tells the tries left and costs nothing, verified or not, blocked or not."""
        if command.p1 != 0x00:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        file = self._referenced(command.p2)
        declared, pin = _declared(file, self._declared.pins), self._pin(file)
        if not command.data:
            return Response(status_word=tries_left_word(pin.tries_left))
        if len(command.data) > PIN_LENGTH_MAX:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        if pin.value is None or pin.tries_left == 0:
            raise CommandRejected(StatusWord.REFERENCE_DATA_NOT_USABLE)
        self._verified.discard(file)
        # The try is spent, durably, before the PIN is looked at: a cut in between gives no free guess.
        self._commit_pin(file, replace(pin, tries_left=pin.tries_left - 1))
        if not compare_digest(pin.value.encode(), command.data):
            return Response(status_word=tries_left_word(pin.tries_left - 1))
        self._commit_pin(file, replace(pin, tries_left=declared.tries))
        self._verified.add(file)
        return Response()

    def _change_pin(self, command: Command) -> Response:
        """The new PIN only, after VERIFY or with the issuer's permission."""
        if command.p1 != self._declared.change_header[2]:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        file = self._referenced(command.p2)
        declared = _declared(file, self._declared.pins)
        permission = (self._declared.name, file)
        permitted = permission in self._memory.pin_setting_authorised
        if not permitted and file not in self._verified:
            blocked = self._pin(file).tries_left == 0
            raise CommandRejected(
                StatusWord.REFERENCE_DATA_NOT_USABLE if blocked else StatusWord.SECURITY_STATUS_NOT_SATISFIED
            )
        if declared.fixed:
            raise CommandRejected(StatusWord.CONDITIONS_NOT_SATISFIED)
        value = command.data.decode("ascii", "replace")
        if not declared.rule.fullmatch(value):
            raise CommandRejected(StatusWord.WRONG_DATA)
        mark = self._memory.pin_setting_authorised.get(permission) or self._pin(file).mark
        self._commit_pin(file, PinRecord(value, declared.tries, mark))
        self._memory.pin_setting_authorised.pop(permission, None)
        return Response()

    def _pin(self, file: int) -> PinRecord:
        return self._memory.application(self._declared.name).pins.get(file, PinRecord())

    def _commit_pin(self, file: int, pin: PinRecord) -> None:
        self._memory.commit_pin(self._declared.name, file, pin)

    def _require_any(self, pins: tuple[int, ...]) -> None:
        if pins and self._verified.isdisjoint(pins):
            raise CommandRejected(StatusWord.SECURITY_STATUS_NOT_SATISFIED)

    # — Keys ——————————————————————————————————————————————————————————————————————————————————————————

    def _compute_digital_signature(self, command: Command) -> Response:
        sign = MODES.get(command.p1)
        if sign is None:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        file = self._default_key() if command.p2 == 0x00 else self._referenced(command.p2)
        self._require_any(_declared(file, self._declared.keys).pins)
        key = self._keys.of(file)
        if command.le is None or command.le < key.key_size // 8:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        return Response(sign(key, command.data))

    def _default_key(self) -> int:
        if self._declared.default_key is None:
            raise CommandRejected(StatusWord.REFERENCED_DATA_NOT_FOUND)
        return self._declared.default_key

    def _internal_authenticate(self, command: Command) -> Response:
        """INTERNAL AUTHENTICATE: a signature over a challenge by the one key that is meant for it."""
        if command.p1 != 0x00:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        file = self._referenced(command.p2)
        declared = _declared(file, self._declared.keys)
        if not declared.authenticates:
            raise CommandRejected(
                StatusWord.SECURITY_STATUS_NOT_SATISFIED
                if declared.pins
                else StatusWord.CONDITIONS_NOT_SATISFIED
            )
        key = self._keys.of(file)
        if command.le is None or command.le < key.key_size // 8:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        return Response(MODES[SIGN_MESSAGE](key, command.data))

    def _set_session_key(self, messaging: MessagingDeclaration, command: Command) -> Response:
        """SET SESSION KEY. Access is looked at first."""
        self._require_any(messaging.pins)
        return self._messaging.begin(command, self._keys.of(messaging.key))

    # — References ————————————————————————————————————————————————————————————————————————————————————

    def _referenced(self, p2: int) -> int:
        """The file that P2 means: 80 the current one, 80+sfi that one."""
        return self._need_current_file() if p2 == CURRENT_FILE else self._existing(_file_of_short_id(p2))

    def _existing(self, file: int) -> int:
        if not self._declared.has(file):
            raise CommandRejected(StatusWord.FILE_NOT_FOUND)
        return file

    def _need_current_file(self) -> int:
        if self._current_file is None:
            raise CommandRejected(StatusWord.NO_CURRENT_FILE)
        return self._current_file


def _declared(file: int, declared: Mapping[int, _Declared]) -> _Declared:
    """What a command needs, of the kind it needs. Raises CommandRejected 6981 for another kind of file."""
    found = declared.get(file)
    if found is None:
        raise CommandRejected(StatusWord.COMMAND_INCOMPATIBLE_WITH_FILE)
    return found


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
