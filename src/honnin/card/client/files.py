"""Reading whole files, by offset or by record, and what one of them says.

Works for a card of any make. A refusal is an answer here and not an error: it is shown beside the file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from honnin.card import tlv
from honnin.card.apdu import SHORT_LE_MAX, Command, Response
from honnin.card.client.known_files import KnownFile
from honnin.card.status_word import StatusWord

Ask = Callable[[Command], Response]

_OFFSET_MAX: Final = 0x7FFF
_RECORDS_MAX: Final = 254
_RECORD_BY_NUMBER: Final = 0x04
_TAG_LENGTH: Final = 2
_ATTRIBUTES: Final = {0xDF22: "name", 0xDF23: "address", 0xDF24: "birth", 0xDF25: "sex"}


@dataclass(frozen=True)
class Reading:
    """The result of reading one file: its bytes, or the status word by which the card refused."""

    file: KnownFile
    status_word: int
    data: bytes = b""

    @property
    def is_there(self) -> bool:
        return self.status_word == StatusWord.OK


def read_current(ask: Ask, file: KnownFile) -> Reading:
    """The current file to its end, which is `file`; the records of a record file one after another."""
    content = bytearray()
    while len(content) <= _OFFSET_MAX:
        answer = ask(Command(0x00, 0xB0, len(content) >> 8, len(content) & 0xFF, b"", SHORT_LE_MAX))
        if answer.status_word == StatusWord.COMMAND_INCOMPATIBLE_WITH_FILE and not content:
            return _read_records(ask, file, answer.status_word)
        if answer.status_word not in (StatusWord.OK, StatusWord.END_OF_FILE):
            ended = answer.status_word == StatusWord.OFFSET_OUTSIDE_FILE
            return Reading(file, StatusWord.OK if ended else answer.status_word, bytes(content))
        content += answer.data
        if len(answer.data) < SHORT_LE_MAX:
            break
    return Reading(file, StatusWord.OK, bytes(content))


def _read_records(ask: Ask, file: KnownFile, refusal: int) -> Reading:
    content = b""
    for number in range(1, _RECORDS_MAX + 1):
        answer = ask(Command(0x00, 0xB2, number, _RECORD_BY_NUMBER, b"", SHORT_LE_MAX))
        if answer.status_word != StatusWord.OK:
            if number > 1 or answer.status_word == StatusWord.RECORD_NOT_FOUND:
                return Reading(file, StatusWord.OK, content)
            closed = answer.status_word == StatusWord.SECURITY_STATUS_NOT_SATISFIED
            return Reading(file, answer.status_word if closed else refusal)
        content += answer.data
    return Reading(file, StatusWord.OK, content)


def attributes(data: bytes) -> dict[str, str]:
    """Name, address, birth date and sex from the file of the text application that holds them.

    Each is a TLV within one outer TLV. What cannot be read is left out: the card may be of any make.
    """
    found: dict[str, str] = {}
    outer = next(tlv.elements(data, _TAG_LENGTH), None)
    for tag, value in tlv.elements(outer[1] if outer else b"", _TAG_LENGTH):
        if tag in _ATTRIBUTES:
            found[_ATTRIBUTES[tag]] = value.decode("utf-8", "replace")
    return found
