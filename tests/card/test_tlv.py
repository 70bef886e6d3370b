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
