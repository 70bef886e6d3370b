"""A small exact DER encoder and strict reader (X.690), for the structures that we sign ourselves.

What is linted must be, byte for byte, what is signed, and a list of revoked certificates must be joined
from ready pieces: both need an encoder that does nothing on its own. The reader accepts DER only; any
other bytes raise `Malformed("E_DER_MALFORMED")`. Bytes from strangers go to pyca/cryptography first.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from honnin.errors import Malformed

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
NULL_TAG = 0x05
OBJECT_IDENTIFIER = 0x06
ENUMERATED = 0x0A
UTF8_STRING = 0x0C
PRINTABLE_STRING = 0x13
IA5_STRING = 0x16
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31

NULL = b"\x05\x00"
TRUE = b"\x01\x01\xff"

_LAST_UTC_TIME_YEAR = 2049  # RFC 5280, 4.1.2.5: GeneralizedTime from 2050 on


def header(tag: int, length: int) -> bytes:
    """Identifier octet and definite length in the fewest octets (X.690, 10.1)."""
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


def tlv(tag: int, content: bytes) -> bytes:
    """One element: identifier, length, content."""
    return header(tag, len(content)) + content


def sequence(*elements: bytes) -> bytes:
    """SEQUENCE of ready elements."""
    return tlv(SEQUENCE, b"".join(elements))


def explicit(number: int, element: bytes) -> bytes:
    """`[number] EXPLICIT element`."""
    return tlv(0xA0 | number, element)


def implicit(number: int, content: bytes) -> bytes:
    """`[number] IMPLICIT` of a primitive type: the content octets under a context tag."""
    return tlv(0x80 | number, content)


def _integer_content(value: int) -> bytes:
    magnitude = value if value >= 0 else ~value
    return value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


def integer(value: int) -> bytes:
    """INTEGER of any size, two's complement in the fewest octets."""
    return tlv(INTEGER, _integer_content(value))


def enumerated(value: int) -> bytes:
    """ENUMERATED of a value from 0 up."""
    return tlv(ENUMERATED, _integer_content(value))


def boolean(value: bool) -> bytes:
    """BOOLEAN; DER writes TRUE as FF."""
    return TRUE if value else b"\x01\x01\x00"


def octet_string(content: bytes) -> bytes:
    """OCTET STRING."""
    return tlv(OCTET_STRING, content)


def bit_string(content: bytes, unused_bits: int = 0) -> bytes:
    """BIT STRING whose last `unused_bits` bits do not count."""
    return tlv(BIT_STRING, bytes((unused_bits,)) + content)


def utf8_string(text: str) -> bytes:
    """UTF8String."""
    return tlv(UTF8_STRING, text.encode())


def ia5_string(text: str) -> bytes:
    """IA5String. Raises ValueError for text outside ASCII."""
    return tlv(IA5_STRING, text.encode("ascii"))


def object_identifier(dotted: str) -> bytes:
    """OBJECT IDENTIFIER from its dotted form, such as `1.2.392.200149`."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(OBJECT_IDENTIFIER, b"".join(_base128(arc) for arc in (40 * first + second, *rest)))


def _base128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))


def time(instant: datetime) -> bytes:
    """UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5). Raises ValueError as below."""
    utc = _checked(instant)
    if utc.year <= _LAST_UTC_TIME_YEAR:
        return tlv(UTC_TIME, utc.strftime("%y%m%d%H%M%SZ").encode())
    return generalized_time(utc)


def generalized_time(instant: datetime) -> bytes:
    """GeneralizedTime to the second, in UTC (RFC 5280, 4.1.2.5.2; RFC 6960, 4.2.2.1).

    Raises ValueError for a naive instant and for fractions of a second, which no reader agrees about.
    """
    return tlv(GENERALIZED_TIME, _checked(instant).strftime("%Y%m%d%H%M%SZ").encode())


def _checked(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    if instant.microsecond:
        raise ValueError("DER times of this profile have no fractions of a second")
    utc = instant.astimezone(UTC)
    if not 1950 <= utc.year <= 9999:
        raise ValueError("RFC 5280 writes years from 1950 to 9999")
    return utc


class Element(NamedTuple):
    """One element that was read: its tag, its content and the whole of its bytes."""

    tag: int
    content: bytes
    encoded: bytes

    def expect(self, tag: int) -> "Element":
        """This element, if it has the tag. Raises `Malformed("E_DER_MALFORMED")` otherwise."""
        if self.tag != tag:
            raise Malformed("E_DER_MALFORMED")
        return self

    def children(self, tag: int = SEQUENCE) -> tuple["Element", ...]:
        """The elements inside, if this element has the (constructed) tag."""
        if self.tag != tag:
            raise Malformed("E_DER_MALFORMED")
        data, found, position = self.content, [], 0
        while position < len(data):
            element, position = _element_at(data, position)
            found.append(element)
        return tuple(found)

    def text(self) -> str:
        """The text of a UTF8String, PrintableString or IA5String."""
        encoding = "utf-8" if self.tag == UTF8_STRING else "ascii"
        if self.tag not in (UTF8_STRING, PRINTABLE_STRING, IA5_STRING):
            raise Malformed("E_DER_MALFORMED")
        try:
            return self.content.decode(encoding)
        except UnicodeDecodeError as error:
            raise Malformed("E_DER_MALFORMED") from error

    def number(self) -> int:
        """The value of an INTEGER in its shortest form."""
        content = self.expect(INTEGER).content
        if not content or (len(content) > 1 and _has_idle_octet(content)):
            raise Malformed("E_DER_MALFORMED")
        return int.from_bytes(content, "big", signed=True)


def _has_idle_octet(content: bytes) -> bool:
    return (content[0] == 0 and content[1] < 0x80) or (content[0] == 0xFF and content[1] >= 0x80)


def only(data: bytes) -> Element:
    """The single element of which the bytes consist; trailing bytes are refused."""
    element, end = _element_at(data, 0)
    if end != len(data):
        raise Malformed("E_DER_MALFORMED")
    return element


def elements(data: bytes) -> Iterator[Element]:
    """The elements that follow one another in the bytes, to their very end."""
    position, end = 0, len(data)
    while position < end:
        element, position = _element_at(data, position)
        yield element


def _element_at(data: bytes, start: int) -> tuple[Element, int]:
    try:
        tag, length = data[start], data[start + 1]
    except IndexError as error:
        raise Malformed("E_DER_MALFORMED") from error
    content_start = start + 2
    if length >= 0x80:
        octets = length & 0x7F
        content_start += octets
        length = int.from_bytes(data[start + 2 : content_start], "big")
        if not 1 <= octets <= 4 or length < 0x80 or length >> (8 * (octets - 1)) == 0:
            raise Malformed("E_DER_MALFORMED")
    end = content_start + length
    if tag & 0x1F == 0x1F or end > len(data):  # high tag numbers do not occur in these structures
        raise Malformed("E_DER_MALFORMED")
    return Element(tag, data[content_start:end], data[start:end]), end
