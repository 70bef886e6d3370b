"""Secure messaging of the text application: codes are shown and files are read encrypted, not authenticated.

A terminal encrypts a session key for a key that the application shows, and delivers it by SET SESSION KEY.
From then on SELECT of a file, VERIFY and READ BINARY may come with class 08, their data in one data object;
each of them counts, and the count is the initial value of AES-128 in CBC mode, both ways. What is wrong
with the protection ends the session; what the application refuses does not, and counts.

Whoever listens reads nothing of it, and whoever alters a command is not noticed: there is no checksum.
The PIN that lets the key be delivered goes in the clear. Words: docs/reference/card.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.card import scp03, tlv
from honnin.card.apdu import EXTENDED_LE_MAX, Command, Response
from honnin.card.status_word import CommandRejected, StatusWord

SET_SESSION_KEY: Final = (0x80, 0xAE)
CLASSES: Final = (0x08, 0x0C)
_WITH_CHECKSUM: Final = 0x0C
_READ_BINARY: Final = 0xB0
_WITH_DATA: Final = (0xA4, 0x20)  # SELECT, VERIFY
_KEY_LENGTH: Final = 16
_DELIVERED, _FOR_ENCRYPTION = 0xA0, 0x80  # and none for checksums
_SEED_LENGTH: Final = 32  # of which AES-128 takes the first half
_CRYPTOGRAM: Final = 0x86
_PADDED: Final = b"\x01"  # ISO/IEC 7816-4, 10.2: padding indicator
_EXPECTED_LENGTH: Final = 0x96  # 00 and two bytes of Le
_LE_LENGTH: Final = 2
_OAEP: Final = OAEP(MGF1(SHA256()), SHA256(), None)

Execute = Callable[[Command], Response]


@dataclass
class _Session:
    key: bytes = field(repr=False)
    counter: int = 0  # of the last command


class Messaging:
    """One application's session. `classes` are those that it answers now, beside the plain ones."""

    def __init__(self) -> None:
        self.end()

    def end(self) -> None:
        """The application is selected anew, or the card has lost its power."""
        self._session: _Session | None = None
        self.classes: tuple[int, ...] = ()

    def begin(self, command: Command, key: RSAPrivateKey) -> Response:
        """SET SESSION KEY: a new session for the key in the data, encrypted for `key` (RFC 8017, 7.1)."""
        if command.p1 or command.p2:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        self._session = _Session(_seed(command.data, key)[:_KEY_LENGTH])
        self.classes = CLASSES
        return Response()

    def execute(self, command: Command, execute: Execute) -> Response:
        """Carry out a protected command, and protect its answer."""
        session = self._session
        if session is None:
            raise CommandRejected(StatusWord.PROTECTED_COMMAND_NOT_ALLOWED)
        plain = self._opened(command, session)
        session.counter += 1
        answer = execute(plain)
        if not answer.data:
            return answer
        sealed = tlv.encode_shortest(
            _CRYPTOGRAM, _PADDED + scp03.encrypt(session.key, session.counter, answer.data)
        )
        if len(sealed) > (command.le or 0):
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        return Response(sealed)

    def _opened(self, command: Command, session: _Session) -> Command:
        """The plain command. Raises CommandRejected, and ends the session, for what is not protected so."""
        if command.cla == _WITH_CHECKSUM:
            raise self._failure(StatusWord.SECURE_MESSAGING_MISSING)
        if command.ins == _READ_BINARY:
            le = _expected_length(command.data)
            plain = None if le is None else Command(0x00, command.ins, command.p1, command.p2, b"", le)
        elif command.ins in _WITH_DATA:
            data = scp03.decrypt(session.key, session.counter + 1, _ciphertext(command.data))
            plain = None if data is None else Command(0x00, command.ins, command.p1, command.p2, data)
        else:
            raise self._failure(StatusWord.SECURE_MESSAGING_NOT_SUPPORTED)
        if plain is None:
            raise self._failure(StatusWord.SECURE_MESSAGING_INCORRECT)
        return plain

    def _failure(self, word: StatusWord) -> CommandRejected:
        self._session = None
        return CommandRejected(word)


def _seed(encrypted: bytes, key: RSAPrivateKey) -> bytes:
    """The key material that was delivered. Raises CommandRejected 6700, 6F00 or 6A80."""
    if len(encrypted) != key.key_size // 8:
        raise CommandRejected(StatusWord.WRONG_LENGTH)
    if int.from_bytes(encrypted, "big") >= key.public_key().public_numbers().n:
        raise CommandRejected(StatusWord.NO_PRECISE_DIAGNOSIS)
    try:
        message = key.decrypt(encrypted, _OAEP)
    except ValueError as error:
        raise CommandRejected(StatusWord.WRONG_DATA) from error
    seed = message[-_SEED_LENGTH:]
    if len(seed) != _SEED_LENGTH or message != tlv.encode(_DELIVERED, tlv.encode(_FOR_ENCRYPTION, seed)):
        raise CommandRejected(StatusWord.WRONG_DATA)
    return seed


def _ciphertext(data: bytes) -> bytes:
    """What the one object 86 holds after its padding indicator, its length in any form; else nothing."""
    value = tlv.value_of(data, _CRYPTOGRAM) or b""
    return value[1:] if value.startswith(_PADDED) else b""


def _expected_length(data: bytes) -> int | None:
    """Le, all of the file for 0; None when the data is not the one object 96 of three bytes."""
    le = data[-_LE_LENGTH:]
    if len(le) != _LE_LENGTH or data != tlv.encode(_EXPECTED_LENGTH, b"\x00" + le):
        return None
    return int.from_bytes(le, "big") or EXTENDED_LE_MAX
