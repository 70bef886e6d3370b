"""Tags and lengths, of BER-TLV and of records (ISO/IEC 7816-4, 5.2.2): nothing else in this room counts them.

A card's files have one form. A length below 128 is one byte; a longer one is always `82 hh ll`, also where
DER would write `81 ll`. A file is one outer element whose value holds the same fields in the same order; FF
after it is filler. `decode_file` accepts this form only, so that a file reads in one way or not at all.

Other cards and other programs write lengths otherwise: `elements` and `value_of` take any form of BER.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from honnin.errors import Malformed

FILLER: Final = 0xFF
LENGTH_MAX: Final = 0xFFFF
_TWO_BYTES_FOLLOW: Final = 0x82
_SHORT_LENGTHS: Final = 0x80
_OFFSET_LENGTH: Final = 2
_RECORD_HEAD: Final = 2  # a byte of tag, a byte of length
_CERTIFICATE: Final = b"\x30\x82"  # SEQUENCE, a length of two bytes


class Layout(NamedTuple):
    """The form of one file: its outer tag, the tags of its fields in order, and its name for errors.

    `offsets` is the tag of the table that comes before the fields, where the file has one: for each field
    two bytes, how far from the file's first byte the field begins.
    """

    name: str
    tag: int
    fields: tuple[int, ...]
    offsets: int | None = None


class Field(NamedTuple):
    """One field: its value, and the bytes it was written as, tag and length included."""

    value: bytes
    encoded: bytes


def encode(tag: int, value: bytes) -> bytes:
    """One element in the form of the card's files. Raises ValueError for a value of more than 65535 bytes."""
    return _tag(tag) + _file_length(len(value)) + value


def encode_shortest(tag: int, value: bytes) -> bytes:
    """One element with its length in the fewest bytes, as DER and secure messaging write it."""
    length = len(value)
    if length < _SHORT_LENGTHS:
        return _tag(tag) + bytes((length,)) + value
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return _tag(tag) + bytes((_SHORT_LENGTHS | len(octets),)) + octets + value


def encode_file(layout: Layout, values: Sequence[bytes]) -> bytes:
    """A file of this layout: the outer element around the fields, with its table of offsets."""
    fields = [encode(tag, value) for tag, value in zip(layout.fields, values, strict=True)]
    if layout.offsets is None:
        return encode(layout.tag, b"".join(fields))
    table_length = _OFFSET_LENGTH * len(fields)
    longest = sum(map(len, fields)) + len(encode(layout.offsets, bytes(table_length)))
    first = len(encode(layout.tag, bytes(longest))) - sum(map(len, fields))
    table = _offsets(first, fields)
    return encode(layout.tag, encode(layout.offsets, table) + b"".join(fields))


def decode_file(layout: Layout, content: bytes) -> Mapping[int, Field]:
    """The fields of a file, by tag. Raises Malformed E_CARD_RECORD_MALFORMED for any other form."""
    outer, end = _take(layout, content, 0, layout.tag)
    if content.count(FILLER, end) != len(content) - end:
        raise malformed(layout.name)
    fields = decode_fields(layout, outer.value)
    if layout.offsets is not None:
        written = [fields[tag].encoded for tag in layout.fields]
        try:
            table = _offsets(end - sum(map(len, written)), written)
        except ValueError as error:
            raise malformed(layout.name) from error
        if fields[layout.offsets].value != table:
            raise malformed(layout.name)
    return fields


def decode_fields(layout: Layout, octets: bytes) -> Mapping[int, Field]:
    """The fields of a layout that stand in `octets` and fill them. Raises as `decode_file`."""
    tags = layout.fields if layout.offsets is None else (layout.offsets, *layout.fields)
    fields: dict[int, Field] = {}
    start = 0
    for tag in tags:
        fields[tag], start = _take(layout, octets, start, tag)
    if start != len(octets):
        raise malformed(layout.name)
    return fields


def elements(octets: bytes, tag_length: int) -> Iterator[tuple[int, bytes]]:
    """Tags and values that follow one another, in any form, up to the first element that is cut short."""
    at = 0
    while len(octets) > at + tag_length:
        tag = int.from_bytes(octets[at : at + tag_length], "big")
        length, start = _length_at(octets, at + tag_length)
        if len(octets) < start + length:
            return
        yield tag, octets[start : start + length]
        at = start + length


def value_of(octets: bytes, tag: int) -> bytes | None:
    """The value of the one element that fills `octets`, its length in any form; None for others."""
    head = _tag(tag)
    if not octets.startswith(head) or len(octets) == len(head):
        return None
    length, start = _length_at(octets, len(head))
    return octets[start:] if len(octets) == start + length else None


def certificate_length(head: bytes) -> int | None:
    """How long a certificate (DER) is that begins with these bytes, of which four are enough.

    None where none begins: the certificates of cards have 256 bytes or more, so their length has two.
    """
    if len(head) < len(_CERTIFICATE) + 2 or not head.startswith(_CERTIFICATE):
        return None
    length, start = _length_at(head, 1)
    return start + length


def record(tag: int, value: bytes) -> bytes:
    """One record: simple TLV of a byte of tag, a byte of length and the value, at most 254 bytes."""
    return bytes((tag, len(value))) + value


def records(content: bytes) -> list[bytes]:
    """The records that follow one another in a file, tag and length included; the last as far as it goes."""
    found, place = [], 0
    while place + 1 < len(content):
        end = place + _RECORD_HEAD + content[place + 1]
        found.append(content[place:end])
        place = end
    return found


def take_record(octets: bytes, tag: int) -> tuple[bytes, bytes]:
    """The value of the record that comes first, and what follows it. Raises ValueError for any other."""
    first = next(iter(records(octets)), b"")
    value = first[_RECORD_HEAD:]
    if first != record(tag, value):
        raise ValueError("another record, or cut short")
    return value, octets[len(first) :]


def malformed(name: str) -> Malformed:
    """The error for bytes that are not the file they should be; `name` says which, never what it held."""
    return Malformed("E_CARD_RECORD_MALFORMED", record=name)


def _tag(tag: int) -> bytes:
    return tag.to_bytes(2 if tag > 0xFF else 1, "big")


def _offsets(first: int, fields: Sequence[bytes]) -> bytes:
    table = bytearray()
    for field in fields:
        if first > LENGTH_MAX:
            raise ValueError("an offset of the card has two bytes")
        table += first.to_bytes(_OFFSET_LENGTH, "big")
        first += len(field)
    return bytes(table)


def _file_length(length: int) -> bytes:
    if length > LENGTH_MAX:
        raise ValueError("the card writes lengths of at most two bytes")
    if length < _SHORT_LENGTHS:
        return bytes((length,))
    return bytes((_TWO_BYTES_FOLLOW,)) + length.to_bytes(2, "big")


def _length_at(octets: bytes, at: int) -> tuple[int, int]:
    """The length that begins at `at`, in any form, and where its value does; it may end beyond the end."""
    first = octets[at]
    if first < _SHORT_LENGTHS:
        return first, at + 1
    end = at + 1 + (first & ~_SHORT_LENGTHS)
    return int.from_bytes(octets[at + 1 : end], "big"), end


def _take(layout: Layout, octets: bytes, start: int, tag: int) -> tuple[Field, int]:
    """The element that begins at `start` and must have this tag, and where the next one begins."""
    at = start + len(_tag(tag))
    if octets[start:at] != _tag(tag) or at >= len(octets):
        raise malformed(layout.name)
    length, value_at = _length_at(octets, at)
    end = value_at + length
    if end > len(octets) or length > LENGTH_MAX or octets[at:value_at] != _file_length(length):
        raise malformed(layout.name)
    return Field(octets[value_at:end], octets[start:end]), end
