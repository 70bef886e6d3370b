"""Guards the last try of a PIN: which commands could spend one, and the question to the card before them.

Before a command that could, the card is asked by an empty VERIFY of the same reference how many tries are
left. That question costs nothing. Pure: `session` sends.
"""

from typing import Final

from honnin.card.status_word import tries_left_of
from honnin.errors import CardError

_VERIFY: Final = frozenset((0x20, 0x21))
_CHANGE: Final = frozenset((0x24, 0x25))
_NEW_PIN_ONLY: Final = 0x01  # CHANGE REFERENCE DATA without the old PIN compares nothing
_UNLIMITED: Final = 0x6300
# A card that refuses the question so refuses the command as well: no channel, file, PIN or instruction there,
# or the PIN is blocked. Another answer says nothing about the tries.
_REFUSED: Final = frozenset((0x6881, 0x6981, 0x6983, 0x6984, 0x6986, 0x6A82, 0x6A86, 0x6A88, 0x6D00, 0x6E00))
_HEADER: Final = 4
_SECURE_MESSAGING_AND_CHAINING: Final = 0x1C  # bits of a class byte (ISO/IEC 7816-4, 5.4.1), and of
_FURTHER: Final = 0x30  # a class byte 4x to 7x


def spends_a_try(command: bytes) -> bool:
    """Whether the bytes are a VERIFY with data, or a CHANGE REFERENCE DATA that carries the old PIN.

    Looks at the header only: a card may read lengths otherwise than this program.
    """
    if len(command) <= _HEADER + 1:
        return False
    return command[1] in _VERIFY or (command[1] in _CHANGE and command[2] != _NEW_PIN_ONLY)


def question(command: bytes) -> bytes:
    """The empty VERIFY that asks for the tries of the reference in `command`, plain and unchained."""
    cla = command[0]
    plain = cla & ~(_FURTHER if 0x40 <= cla < 0x80 else _SECURE_MESSAGING_AND_CHAINING)
    return bytes((plain & 0xFF, 0x20, 0x00, command[3]))


def require_more_than_one(status_word: int) -> None:
    """Raise unless the card answers that more than one try is left.

    Raises CardError E_PIN_LAST_TRY, or E_PIN_TRIES_UNKNOWN when the card does not say. Where no try is left,
    or the card refuses the question, there is none to lose.
    """
    tries_left = tries_left_of(status_word)
    if tries_left == 1:
        raise CardError("E_PIN_LAST_TRY", tries_left=1)
    if tries_left is None and status_word != _UNLIMITED and not is_refused(status_word):
        raise CardError("E_PIN_TRIES_UNKNOWN")


def is_refused(status_word: int) -> bool:
    """Whether a card that answers the question so refuses the command in question as well."""
    return status_word in _REFUSED
