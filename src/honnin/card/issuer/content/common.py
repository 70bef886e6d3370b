"""The records of the common (共通) and resident register (住基) applications.

These files have records of a one-byte tag, a one-byte length and the value. Both applications hold the same
record with a key identifier (0002); which key it names is not known, nor which tag the record has: ours
is 01, with a key of our own hierarchy.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from honnin.card import tlv
from honnin.card.issuer.content import values
from honnin.card.issuer.content.certificates import key_identifier
from honnin.identifiers import MunicipalityCode

CARD_RECORD: Final = 0x0001
KEY_REFERENCE: Final = 0x0002
SERIAL_LENGTH: Final = 15
TEST_SERIAL_PREFIX: Final = "99"
_LENGTH: Final = 28
_TAG: Final = 0x01
_NAME: Final = "common 0001"
_REFERENCE_RECORD: Final = tlv.record(_TAG, key_identifier("9000010"))

Records = tuple[bytes, ...]


@dataclass(frozen=True)
class CardRecord:
    """What the card says of itself: 15 digits, the municipality that delivered it, its last day."""

    serial: str
    municipality_code: MunicipalityCode
    expiry_date: date


def fictitious_serial(sequence: int) -> str:
    """A serial number that begins with 99 and is all digits, as clients demand. Raises ValueError."""
    serial = f"{TEST_SERIAL_PREFIX}{sequence:013d}"
    if sequence < 0 or len(serial) != SERIAL_LENGTH:
        raise ValueError("a serial number has 13 digits behind its prefix")
    return serial


def common_files(card: CardRecord) -> dict[int, Records]:
    """The files of the common application, EF identifier to records. Raises ValueError."""
    if not values.is_digits(card.serial, SERIAL_LENGTH):
        raise ValueError("a serial number has 15 digits")
    value = (
        card.serial.encode()
        + values.encode_municipality(card.municipality_code)
        + values.encode_date(card.expiry_date)
    )
    return {CARD_RECORD: (tlv.record(_TAG, value),), KEY_REFERENCE: (_REFERENCE_RECORD,)}


def resident_register_files() -> dict[int, Records]:
    """The files of the resident register application, EF identifier to records."""
    return {KEY_REFERENCE: (_REFERENCE_RECORD,)}


def read_card_record(record: bytes) -> CardRecord:
    """The record of 0001. Raises Malformed E_CARD_RECORD_MALFORMED."""
    value = record[-_LENGTH:]
    if record != tlv.record(_TAG, value):
        raise tlv.malformed(_NAME)
    digits = values.decode_digits(value, _LENGTH, _NAME)
    return CardRecord(digits[:15], MunicipalityCode(digits[15:20]), values.decode_date(value[20:], _NAME))
