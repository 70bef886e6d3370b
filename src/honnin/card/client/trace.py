"""The exchanges with a card, in words: which application, file, PIN and key each command is about.

Pure: remembers what is selected and turns one exchange into text. A PIN never stands in that text, nor
does what a file says that is marked as secret: the individual number and the codes printed on the card open
files as a PIN does, and a digest or a picture tells them too. Unless the caller asks to see them.
"""

from dataclasses import dataclass
from typing import Final

from honnin.card.apdu import Command
from honnin.card.client.known_files import (
    DATA_OBJECTS,
    KnownApplication,
    KnownFile,
    application_of,
)
from honnin.card.secure_channel import ISSUER_AID
from honnin.card.status_word import StatusWord, tries_left_of
from honnin.errors import Malformed
from honnin.translation import Language, Sentence, in_language, message

_SHOWN: Final = 32  # bytes of a data field; the rest is counted
_HEADER: Final = 4
_SELECT, _READ_BINARY, _READ_RECORD, _VERIFY, _SIGN, _GET_DATA = 0xA4, 0xB0, 0xB2, 0x20, 0x2A, 0xCA
_READ_BINARY_BY_OBJECT: Final = 0xB1  # the file in P1 and P2, the offset in the data
_READ_RECORD_BY_OBJECT: Final = 0xB3
_READS: Final = frozenset((_READ_BINARY, _READ_BINARY_BY_OBJECT, _READ_RECORD, _READ_RECORD_BY_OBJECT))
_GET_RESPONSE: Final = 0xC0
_MORE: Final = 0x61  # first byte of a status word: it succeeded, and GET RESPONSE brings the rest
_CURRENT: Final = 0x80
# Commands whose data can be a PIN: VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, JICSAP's CHANGE
# KEY and UNLOCK KEY, each with its variants, and our issuer's SET CODE.
_SECRET: Final = frozenset((0x20, 0x21, 0x24, 0x25, 0x2C, 0x2D, 0x32, 0x54, 0x56))
_NAMES: Final = {
    0x20: "VERIFY",
    0x21: "VERIFY",
    0x24: "CHANGE REFERENCE DATA",
    0x25: "CHANGE REFERENCE DATA",
    0x2A: "PERFORM SECURITY OPERATION",
    0x2C: "RESET RETRY COUNTER",
    0x2D: "RESET RETRY COUNTER",
    0x32: "CHANGE KEY",
    0x44: "ACTIVATE FILE",
    0x46: "GENERATE ASYMMETRIC KEY PAIR",
    0x50: "INITIALIZE UPDATE",
    0x54: "UNLOCK KEY",
    0x56: "SET CODE",
    0x82: "EXTERNAL AUTHENTICATE",
    0x84: "GET CHALLENGE",
    0x88: "INTERNAL AUTHENTICATE",
    0xA2: "SET PUBLIC KEY",
    0xA4: "SELECT",
    0xAE: "SET SESSION KEY",
    0xB0: "READ BINARY",
    0xB1: "READ BINARY",
    0xB2: "READ RECORD",
    0xB3: "READ RECORD",
    0xC0: "GET RESPONSE",
    0xCA: "GET DATA",
    0xD8: "PUT KEY",
    0xE2: "STORE DATA",
    0xE4: "DELETE",
    0xF2: "GET STATUS",
}
_MODES: Final = {
    0: message("PKCS#1 v1.5 of the data as given"),
    1: message("SHA-256 on the card, PKCS#1 v1.5 of the bare hash"),
    2: message("PKCS#1 v1.5 of a SHA-256 hash"),
    3: message("SHA-256 on the card, PKCS#1 v1.5"),
    4: message("PSS of a SHA-256 hash"),
    5: message("SHA-256 on the card, PSS"),
}
_UNKNOWN_MODE: Final = message("unknown mode")
_SIGNING: Final = message("COMPUTE DIGITAL SIGNATURE ({mode}) with {file}")
_SIGNING_WITH_NONE: Final = message("COMPUTE DIGITAL SIGNATURE ({mode}) with")
_ASKING: Final = message("VERIFY, only to ask how many tries are left, of {file}")
_ASKING_NONE: Final = message("VERIFY, only to ask how many tries are left, of")
_UNKNOWN: Final = message("a status word that this program does not know")
_WITH_REFERENCE: Final = _SECRET | {_SIGN, 0x88}


@dataclass(frozen=True)
class Exchange:
    """One command and its answer: what it asks, and both as hexadecimal with secrets masked."""

    title: str
    command: str
    answer: str
    meaning: str

    def lines(self, language: Language = "en") -> tuple[str, ...]:
        title, command, answer, meaning = (
            in_language(each, language) for each in (self.title, self.command, self.answer, self.meaning)
        )
        return (str(title), f"  > {command}", f"  < {answer}  {meaning}")


class Tracer:
    """Follows one card from its reset on."""

    def __init__(self, *, show_pins: bool = False) -> None:
        self._show_pins = show_pins
        self.reset()

    def reset(self) -> None:
        """The card lost its power: nothing is selected."""
        self._application: KnownApplication | None = None
        self._select_file(None)
        self._rest_is_masked = False

    def exchange(self, command: bytes, answer: bytes) -> Exchange:
        """One command and its answer, in words."""
        status_word = int.from_bytes(answer[-2:], "big")
        ins = command[1] if len(command) >= _HEADER else None
        asks_tries = ins == _VERIFY and len(command) == _HEADER
        title = self._title(command)
        if _is_sealed(command):
            title = Sentence("{title} [secure messaging]", title=title)
        masks_answer = self._masks_answer(command)  # before a selection changes what is meant
        self._rest_is_masked = masks_answer and status_word >> 8 == _MORE
        self._follow(command, status_word)
        return Exchange(
            title,
            _masked(command) if ins in _SECRET and not self._show_pins else _shown_command(command),
            _shown_answer(answer, masked=masks_answer),
            meaning_of(status_word, asks_tries=asks_tries),
        )

    def _title(self, command: bytes) -> str:
        if len(command) < _HEADER:
            return Sentence("not a command: fewer than 4 bytes")
        ins, p1, p2 = command[1:4]
        if ins == _SELECT:
            return self._selection(command)
        if ins in _READS:
            return self._reading(command)
        if ins == _GET_DATA:
            return Sentence("GET DATA {what}", what=_object_name(p1 << 8 | p2))
        return self._other(command)

    def _other(self, command: bytes) -> str:
        ins, p1, p2 = command[1:4]
        known = _NAMES.get(ins)
        name = known or Sentence("unknown instruction {ins}", ins=f"{ins:02X}")
        has_reference = ins in _WITH_REFERENCE and p2 != 0
        file = self._named(_referenced(p2, self._file)) if has_reference else Sentence("no file")
        if ins == _SIGN:
            mode = Sentence(_MODES.get(p1, _UNKNOWN_MODE))
            return Sentence(_SIGNING if has_reference else _SIGNING_WITH_NONE, mode=mode, file=file)
        if ins == _VERIFY and len(command) == _HEADER:
            return Sentence(_ASKING if has_reference else _ASKING_NONE, file=file)
        return Sentence("{name} {file}", name=name, file=file) if has_reference else name

    def _reading(self, command: bytes) -> str:
        ins, p1, p2 = command[1:4]
        file: str = Sentence("an unknown file")
        if self._knows(command):
            file = self._named(_named_file(command) or self._file)
        if ins == _READ_BINARY:
            offset = p2 if p1 & 0x80 else p1 << 8 | p2
            return Sentence("READ BINARY {file} from byte {offset}", file=file, offset=offset)
        if ins == _READ_BINARY_BY_OBJECT:
            return Sentence("READ BINARY {file} by data objects", file=file)
        return Sentence("READ RECORD {number} of {file}", number=p1, file=file)

    def _selection(self, command: bytes) -> str:
        data, p1 = _data(command), command[2]
        if p1 == 0x04:
            application = application_of(data)
            if application is not None:
                return Sentence("SELECT application {application}", application=Sentence(application.title))
            if data and ISSUER_AID.startswith(data):
                return Sentence("SELECT issuer security domain")
            return Sentence("SELECT application {application}", application=data.hex().upper())
        if p1 == 0x02 and len(data) == 2:
            return Sentence("SELECT file {file}", file=self._named(int.from_bytes(data, "big")))
        return f"SELECT {data.hex().upper()}".rstrip()

    def _follow(self, command: bytes, status_word: int) -> None:
        """Remember what a command selected, or that the selection is unknown now."""
        succeeded = status_word == StatusWord.OK or status_word >> 8 == _MORE
        if len(command) < _HEADER or (not succeeded and status_word == StatusWord.FILE_NOT_FOUND):
            return
        ins, p1, _ = command[1:4]
        if ins == _SELECT and p1 == 0x04:
            if succeeded:
                self._application = application_of(_data(command))
                self._select_file(None)
        elif ins == _SELECT and (succeeded or _is_sealed(command)) and (data := _data(command)):
            is_plain = p1 == 0x02 and len(data) == 2 and not _is_sealed(command)
            self._select_file(int.from_bytes(data, "big") if is_plain else self._file, is_sure=is_plain)
        elif ins in _READS and (file := _named_file(command)):
            # A short identifier selects before the card looks whether the file may be read.
            self._select_file(file, is_sure=succeeded)

    def _select_file(self, file: int | None, *, is_sure: bool = True) -> None:
        """`is_sure`: whether the card selected it, too."""
        self._file, self._is_sure = file, is_sure

    def _knows(self, command: bytes) -> bool:
        """Whether it is certain which file is read."""
        return self._is_sure or _named_file(command) != 0

    def _masks_answer(self, command: bytes) -> bool:
        if self._show_pins or len(command) < _HEADER:
            return False
        if command[1] == _GET_RESPONSE:
            return self._rest_is_masked
        if command[1] not in _READS:
            return False
        if self._knows(command):
            file = self._known(_named_file(command) or self._file)
            return file is not None and file.secret
        return self._application is not None and any(file.secret for file in self._application.files)

    def _known(self, number: int | None) -> KnownFile | None:
        return None if self._application is None or number is None else self._application.file(number)

    def _named(self, number: int | None) -> str:
        if number is None:
            return Sentence("no file")
        return _with_title(number, self._known(number))


def _named_file(command: bytes) -> int:
    """The file that a READ names itself; 0 where it means the current one."""
    ins, p1, p2 = command[1:4]
    if ins == _READ_BINARY_BY_OBJECT:
        return p1 << 8 | p2
    if ins in (_READ_RECORD, _READ_RECORD_BY_OBJECT):
        return p2 >> 3
    return p1 & 0x1F if p1 & 0x80 else 0


def _is_sealed(command: bytes) -> bool:
    """Whether the class byte says secure messaging (ISO/IEC 7816-4, 5.4.1)."""
    cla = command[0] if command else 0
    return bool(cla & 0x20) if 0x40 <= cla < 0x80 else bool(cla & 0x0C)


def _referenced(p2: int, current: int | None) -> int | None:
    """The file that P2 means: the current one, or the one with that short identifier."""
    return current if p2 == _CURRENT else p2 & 0x1F


def _object_name(tag: int) -> str:
    known = next((each for each in DATA_OBJECTS if each.number == tag), None)
    return _with_title(tag, known)


def _with_title(number: int, known: KnownFile | None) -> str:
    if known is None:
        return f"{number:04X}"
    return Sentence("{number} ({title})", number=f"{number:04X}", title=Sentence(known.title))


def _data(command: bytes) -> bytes:
    try:
        return Command.parse(command).data
    except Malformed:
        return b""


def _masked(command: bytes) -> str:
    """The header and how many bytes follow; their lengths are not looked at, since they may be wrong."""
    header, rest = command[:_HEADER].hex().upper(), len(command) - _HEADER
    return Sentence("{header} ({count} bytes not shown)", header=header, count=rest) if rest > 0 else header


def _shown_command(command: bytes) -> str:
    header, data = command[:_HEADER].hex().upper(), command[_HEADER:]
    return Sentence("{header} {data}", header=header, data=_shortened(data)) if data else header


def _shown_answer(answer: bytes, *, masked: bool) -> str:
    data, status_word = answer[:-2], answer[-2:].hex().upper()
    if not data:
        return status_word
    if masked:
        return Sentence("({count} bytes not shown) {status_word}", count=len(data), status_word=status_word)
    return Sentence("{data} {status_word}", data=_shortened(data), status_word=status_word)


def _shortened(data: bytes) -> str:
    if len(data) <= _SHOWN:
        return data.hex().upper()
    return Sentence("{data}… ({count} bytes)", data=data[:_SHOWN].hex().upper(), count=len(data))


def meaning_of(status_word: int, *, asks_tries: bool = False) -> Sentence:
    """What a status word says, in words; `asks_tries`: it answers a VERIFY without a PIN."""
    tries_left = tries_left_of(status_word)
    if tries_left is not None:
        known_left = {0: Sentence("blocked: no try left"), 1: Sentence("1 try left")}
        left = known_left.get(tries_left, Sentence("{count} tries left", count=tries_left))
        return left if asks_tries else Sentence("wrong, {left}", left=left)
    known = next((word for word in StatusWord if word == status_word), None)
    return Sentence(_UNKNOWN if known is None else known.meaning)
