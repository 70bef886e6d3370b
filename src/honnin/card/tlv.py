"""The tags and lengths of the card's files: BER-TLV (ISO/IEC 7816-4, 5.2.2) in the one form the card writes.

A length below 128 is one byte; a longer one is always `82 hh ll`, also where DER would write `81 ll`. A
file is one outer element whose value holds the same fields in the same order; FF after it is filler.
Readers accept this form only, so that a file reads in one way or not at all.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from honnin.errors import Malformed

FILLER: Final = 0xFF
LENGTH_MAX: Final = 0xFFFF
_TWO_BYTES_FOLLOW: Final = 0x82
_SHORT_LENGTHS: Final = 0x80
_OFFSET_LENGTH: Final = 2


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
    """One element. Raises ValueError for a value of more than 65535 bytes."""
    if len(value) > LENGTH_MAX:
        raise ValueError("the card writes lengths of at most two bytes")
    if len(value) < _SHORT_LENGTHS:
        return _tag(tag) + bytes((len(value),)) + value
    return _tag(tag) + bytes((_TWO_BYTES_FOLLOW,)) + len(value).to_bytes(2, "big") + value


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
        first = end - sum(len(fields[tag].encoded) for tag in layout.fields)
        if fields[layout.offsets].value != _offsets(first, [fields[tag].encoded for tag in layout.fields]):
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


def _take(layout: Layout, octets: bytes, start: int, tag: int) -> tuple[Field, int]:
    """The element that begins at `start` and must have this tag, and where the next one begins."""
    at = start + len(_tag(tag))
    if octets[start:at] != _tag(tag) or at >= len(octets):
        raise malformed(layout.name)
    length, at = octets[at], at + 1
    if length >= _SHORT_LENGTHS:
        if length != _TWO_BYTES_FOLLOW:
            raise malformed(layout.name)
        length, at = int.from_bytes(octets[at : at + 2], "big"), at + 2
        if length < _SHORT_LENGTHS:
            raise malformed(layout.name)
    end = at + length
    if end > len(octets):
        raise malformed(layout.name)
    return Field(octets[at:end], octets[start:end]), end
