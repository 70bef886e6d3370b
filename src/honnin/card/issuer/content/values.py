"""Values that several files of the card share: dates, sex, and what an application says of itself."""

from datetime import date
from typing import Final

from honnin.card import tlv
from honnin.identifiers import MunicipalityCode

UNIDENTIFIED: Final = b"\xff" * 16
_DATE_LENGTH: Final = 8


def is_digits(text: str, length: int) -> bool:
    """Whether a text is this many of the digits 0 to 9 (`str.isdigit` would take ４ and ² too)."""
    return len(text) == length and text.isascii() and text.isdigit()


def encode_date(day: date) -> bytes:
    """`YYYYMMDD` in ASCII, of the Gregorian calendar."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}".encode()


def decode_date(octets: bytes, name: str) -> date:
    """Raises Malformed E_CARD_RECORD_MALFORMED for anything but eight digits of a day that exists."""
    if not (len(octets) == _DATE_LENGTH and octets.isdigit()):
        raise tlv.malformed(name)
    try:
        return date(int(octets[:4]), int(octets[4:6]), int(octets[6:]))
    except ValueError:
        raise tlv.malformed(name) from None


def encode_sex(sex: str) -> bytes:
    """One digit of JIS X 0303: 1 male, 2 female, 0 not known, 9 not applicable."""
    if not is_digits(sex, 1):
        raise ValueError("sex is one digit")
    return sex.encode()


def decode_sex(octets: bytes, name: str) -> str:
    """The digit as it stands there. Raises Malformed E_CARD_RECORD_MALFORMED."""
    if not (len(octets) == 1 and octets.isdigit()):
        raise tlv.malformed(name)
    return octets.decode()


def encode_municipality(code: MunicipalityCode) -> bytes:
    """The five digits of a municipality's code."""
    if not MunicipalityCode.has_form(code):
        raise ValueError("a municipality code has five digits")
    return code.encode()


def decode_digits(octets: bytes, length: int, name: str) -> str:
    """Raises Malformed E_CARD_RECORD_MALFORMED for anything but this many digits."""
    if not (len(octets) == length and octets.isdigit()):
        raise tlv.malformed(name)
    return octets.decode()
