"""Status words: the two bytes by which a card says how a command ended (ISO/IEC 7816-4, 5.6)."""

from enum import IntEnum
from typing import Final, Self

from honnin.errors import CardError


class StatusWord(IntEnum):
    """A status word with its meaning in words."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        word = int.__new__(cls, value)
        word._value_ = value
        word.meaning = meaning
        return word

    OK = 0x9000, "the command succeeded"
    END_OF_FILE = 0x6282, "the file ended before the expected length"
    AUTHENTICATION_FAILED = 0x6300, "the cryptogram of the other side is wrong"
    EXECUTION_ERROR = 0x6400, "the chip could not carry out the command; it may be damaged"
    MEMORY_FAILURE = 0x6581, "the card could not keep the change"
    WRONG_LENGTH = 0x6700, "wrong length"
    LOGICAL_CHANNEL_NOT_SUPPORTED = 0x6881, "only the basic logical channel exists"
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882, "no secure messaging here"
    CHAINING_NOT_SUPPORTED = 0x6884, "command chaining is not supported"
    COMMAND_INCOMPATIBLE_WITH_FILE = 0x6981, "the file is not of a kind for this command"
    SECURITY_STATUS_NOT_SATISFIED = 0x6982, "a PIN or a secure channel is needed first"
    REFERENCE_DATA_NOT_USABLE = 0x6984, "the PIN is blocked"
    CONDITIONS_NOT_SATISFIED = 0x6985, "the card is not in a state for this command"
    NO_CURRENT_FILE = 0x6986, "no file is selected"
    SECURE_MESSAGING_MISSING = 0x6987, "a part of the protection is missing"
    SECURE_MESSAGING_INCORRECT = 0x6988, "the protection of the command is wrong"
    PROTECTED_COMMAND_NOT_ALLOWED = 0x69FC, "the command does not exist with secure messaging"
    WRONG_DATA = 0x6A80, "the data field is wrong"
    FILE_NOT_FOUND = 0x6A82, "no such file or application"
    RECORD_NOT_FOUND = 0x6A83, "no such record"
    NOT_ENOUGH_MEMORY = 0x6A84, "the data does not fit"
    INCORRECT_PARAMETERS = 0x6A86, "P1 or P2 is wrong"
    REFERENCED_DATA_NOT_FOUND = 0x6A88, "the data or key meant does not exist"
    OFFSET_OUTSIDE_FILE = 0x6B00, "the offset is at or beyond the end of the file"
    INSTRUCTION_NOT_SUPPORTED = 0x6D00, "unknown instruction"
    CLASS_NOT_SUPPORTED = 0x6E00, "unknown class"
    NO_PRECISE_DIAGNOSIS = 0x6F00, "the card does not say why"


class CommandRejected(Exception):
    """Ends a command inside the card with a status word; never leaves the card."""

    def __init__(self, status_word: int) -> None:
        super().__init__(f"{status_word:04X}")
        self.status_word = status_word


def tries_left_word(tries_left: int) -> int:
    """63Cx: the verification did not happen or failed, x tries are left."""
    return 0x63C0 | tries_left


def tries_left_of(status_word: int) -> int | None:
    """The x of 63Cx, or None when the word says nothing about tries."""
    return status_word & 0x0F if status_word & 0xFFF0 == 0x63C0 else None


_CODES: dict[int, str] = {
    StatusWord.EXECUTION_ERROR: "E_CARD_DAMAGED",
    StatusWord.MEMORY_FAILURE: "E_CARD_STORE_FAILED",
    StatusWord.SECURITY_STATUS_NOT_SATISFIED: "E_PIN_REQUIRED",
    StatusWord.REFERENCE_DATA_NOT_USABLE: "E_PIN_LOCKED",
}
# With these the card would answer the same again, however often it is put back.
_ABSENT: Final = frozenset(
    (StatusWord.FILE_NOT_FOUND, StatusWord.RECORD_NOT_FOUND, StatusWord.REFERENCED_DATA_NOT_FOUND)
)
_UNFIT: Final = frozenset(
    (
        StatusWord.WRONG_LENGTH,
        StatusWord.LOGICAL_CHANNEL_NOT_SUPPORTED,
        StatusWord.SECURE_MESSAGING_NOT_SUPPORTED,
        StatusWord.CHAINING_NOT_SUPPORTED,
        StatusWord.COMMAND_INCOMPATIBLE_WITH_FILE,
        StatusWord.NO_CURRENT_FILE,
        StatusWord.PROTECTED_COMMAND_NOT_ALLOWED,
        StatusWord.WRONG_DATA,
        StatusWord.NOT_ENOUGH_MEMORY,
        StatusWord.INCORRECT_PARAMETERS,
        StatusWord.OFFSET_OUTSIDE_FILE,
        StatusWord.INSTRUCTION_NOT_SUPPORTED,
        StatusWord.CLASS_NOT_SUPPORTED,
    )
)


def card_error(status_word: int) -> CardError:
    """What a client raises when a card answers with this word instead of 9000."""
    code = _CODES.get(status_word)
    if code is not None:
        return CardError(code)
    written = f"{status_word:04X}"
    if status_word in _ABSENT:
        return CardError("E_CARD_PART_ABSENT", status_word=written)
    if status_word in _UNFIT:
        return CardError("E_CARD_COMMAND_UNFIT", status_word=written)
    return CardError("E_CARD_ANSWER", status_word=written)
