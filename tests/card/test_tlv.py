"""Lengths as the real records write them, and no other form read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.card import tlv
from honnin.errors import Malformed

PLAIN = tlv.Layout("a file", 0xFF30, (0xDF31, 0x90))
TABLE = tlv.Layout("a file", 0xFF20, (0xDF22, 0xDF23), offsets=0xDF21)


@pytest.mark.parametrize(
    ("length", "written"), [(0, "00"), (127, "7F"), (128, "820080"), (255, "8200FF"), (65535, "82FFFF")]
)
def test_lengths(length: int, written: str) -> None:
    assert tlv.encode(0xDF31, bytes(length)) == bytes.fromhex("DF31" + written) + bytes(length)


def test_too_long_a_value() -> None:
    with pytest.raises(ValueError, match="two bytes"):
        tlv.encode(0x90, bytes(65536))


@given(st.sampled_from([PLAIN, TABLE]), st.binary(max_size=300), st.binary(max_size=300), st.integers(0, 9))
def test_whatever_is_written_is_read(layout: tlv.Layout, first: bytes, second: bytes, filler: int) -> None:
    content = tlv.encode_file(layout, (first, second))
    fields = tlv.decode_file(layout, content + b"\xff" * filler)
    assert [fields[tag].value for tag in layout.fields] == [first, second]
    for tag in layout.fields:
        assert fields[tag].encoded in content
    if layout.offsets is not None:
        table = fields[layout.offsets].value
        for position, tag in enumerate(layout.fields):
            start = int.from_bytes(table[2 * position : 2 * position + 2], "big")
            assert content[start : start + 2] == tag.to_bytes(2, "big")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "FF",
        "FF30",
        "FF3007 DF3101AA 9000",  # one byte short
        "FF3007 DF3101AA 900000",  # a byte more inside
        "FF3006 DF3101AA 9000 00",  # a byte more behind that is no filler
        "FF308106 DF3101AA 9000",  # lengths in other forms
        "FF30820006 DF3101AA 9000",
        "FF3080 DF3101AA 9000 0000",
        "FF3006 9000 DF3101AA",  # another order
        "FF3004 DF3101AA",  # a field is missing
        "FF2006 DF3101AA 9000",  # another file
        "FF3006 DF3102AA 9000",
    ],
)
def test_other_forms_are_malformed(content: str) -> None:
    with pytest.raises(Malformed) as refused:
        tlv.decode_file(PLAIN, bytes.fromhex(content))
    assert refused.value.code == "E_CARD_RECORD_MALFORMED"
    assert refused.value.context == {"record": "a file"}


def test_a_table_that_points_elsewhere_is_malformed() -> None:
    content = bytearray(tlv.encode_file(TABLE, (b"first", b"second")))
    content[7] += 1
    with pytest.raises(Malformed):
        tlv.decode_file(TABLE, bytes(content))


@given(st.binary(max_size=100), st.sampled_from([PLAIN, TABLE]))
def test_any_bytes_are_refused_by_name(octets: bytes, layout: tlv.Layout) -> None:
    with pytest.raises(Malformed):
        tlv.decode_file(layout, octets)


def test_a_table_that_cannot_be_written_is_malformed() -> None:
    """A field that begins beyond what two bytes of offset can say."""
    first = tlv.encode(0xDF22, bytes(65520))
    table = tlv.encode(0xDF21, bytes(4))
    content = tlv.encode(0xFF20, table + first + tlv.encode(0xDF23, b""))
    assert content.index(bytes.fromhex("DF2300")) > tlv.LENGTH_MAX
    with pytest.raises(Malformed):
        tlv.decode_file(TABLE, content)


LENGTHS = ["{:02X}", "81{:02X}", "82{:04X}", "83{:06X}"]


@given(
    st.sampled_from([0x86, 0xDF22]), st.binary(max_size=100), st.sampled_from(LENGTHS), st.binary(max_size=3)
)
def test_any_form_of_a_length_is_read(tag: int, value: bytes, form: str, rest: bytes) -> None:
    octets = bytes.fromhex(f"{tag:02X}" + form.format(len(value))) + value
    tag_length = 1 if tag < 0x100 else 2
    assert tlv.value_of(octets, tag) == value
    assert list(tlv.elements(octets * 2 + rest, tag_length))[:2] == [(tag, value)] * 2
    assert tlv.value_of(octets + b"\x00", tag) is None
    for end in range(len(octets)):
        assert tlv.value_of(octets[:end], tag) is None
        assert list(tlv.elements(octets[:end], tag_length)) == []


@pytest.mark.parametrize(
    ("length", "written"), [(0, "00"), (127, "7F"), (128, "8180"), (255, "81FF"), (256, "820100")]
)
def test_the_shortest_length(length: int, written: str) -> None:
    octets = tlv.encode_shortest(0x86, bytes(length))
    assert octets == bytes.fromhex("86" + written) + bytes(length)
    assert tlv.value_of(octets, 0x86) == bytes(length)


@given(st.binary(max_size=60), st.integers(0, 0x7F))
def test_any_bytes_hold_elements_and_records_or_none(octets: bytes, tag: int) -> None:
    assert all(len(value) <= len(octets) for _, value in tlv.elements(octets, 2))
    assert b"".join(tlv.records(octets)) in (octets, octets[:-1])
    value = tlv.value_of(octets, tag)
    assert value is None or octets.endswith(value)


def test_records_one_after_another() -> None:
    first, second = tlv.record(0x01, b"one"), tlv.record(0x02, b"")
    assert tlv.records(first + second) == [first, second]
    assert tlv.take_record(first + second, 0x01) == (b"one", second)
    for other in (b"", b"\x01", first[:-1], second + first):
        with pytest.raises(ValueError, match="another record"):
            tlv.take_record(other, 0x01)


@pytest.mark.parametrize(
    ("head", "length"),
    [("30820101", 261), ("3082FFFF00", 65539), ("308201", None), ("308101", None), ("FFFFFFFF", None)],
)
def test_how_long_a_certificate_is(head: str, length: int | None) -> None:
    assert tlv.certificate_length(bytes.fromhex(head)) == length
