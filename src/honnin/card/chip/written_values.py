"""Values in the JSON of a card, each read as exactly what `state` writes and nothing that is merely like it.

Whoever edits a card file can make its digest right again; what cannot be on a card must not get onto it, for
it would show itself in the midst of a command. All raise ValueError or TypeError.
"""

import re
from base64 import b64decode
from datetime import date
from typing import Final

_IDENTIFIER: Final = re.compile("[0-9A-F]{4}")
_FIRST_YEAR: Final = 1000  # GET DATA and READ STATE have four digits for it


def number(value: object, *, least: int = 0, most: int) -> int:
    """A whole number; true and 1.0 are refused."""
    if type(value) is not int or not least <= value <= most:
        raise ValueError("not a number in its range")
    return value


def truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def day(value: object) -> date:
    """YYYY-MM-DD, and no other form of ISO 8601."""
    if not isinstance(value, str):
        raise TypeError("not a day")
    found = date.fromisoformat(value)
    if found.isoformat() != value or found.year < _FIRST_YEAR:
        raise ValueError("not a day as it is written here")
    return found


def octets(value: object) -> bytes:
    """Base64."""
    if not isinstance(value, str):
        raise TypeError("not base64")
    return b64decode(value, validate=True)


def identifier(value: str) -> int:
    """Of a file or a data object: four hexadecimal digits."""
    if not _IDENTIFIER.fullmatch(value):
        raise ValueError("not an identifier")
    return int(value, 16)
