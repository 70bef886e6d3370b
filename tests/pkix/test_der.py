"""The encoder and the strict reader (X.690), against asn1crypto and the standard's own examples."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from asn1crypto import core
from hypothesis import example, given
from hypothesis import strategies as st

from honnin.errors import Malformed
from honnin.pkix import der


@given(st.integers())
@example(127)
@example(128)
@example(-128)
@example(-129)
def test_integers_are_those_of_another_encoder_and_read_back(value: int) -> None:
    encoded = der.integer(value)
    assert encoded == core.Integer(value).dump()
    assert der.only(encoded).number() == value


@given(st.binary(max_size=70_000))
@example(b"x" * 127)
@example(b"x" * 128)
@example(b"x" * 255)
@example(b"x" * 256)
@example(b"x" * 65536)
def test_octet_strings_of_every_length_read_back(content: bytes) -> None:
    encoded = der.octet_string(content)
    assert encoded == core.OctetString(content).dump()
    assert der.only(encoded) == der.Element(der.OCTET_STRING, content, encoded)


@given(st.text())
def test_texts_read_back(text: str) -> None:
    assert der.only(der.utf8_string(text)).text() == text


@given(st.tuples(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**70), max_size=8)))
def test_object_identifiers_are_those_of_another_encoder(arcs: tuple[int, int, list[int]]) -> None:
    first, second, rest = arcs
    dotted = ".".join(map(str, (first, second, *rest)))
    assert der.object_identifier(dotted) == core.ObjectIdentifier(dotted).dump()


def test_example_of_the_standard_for_a_long_arc() -> None:
    """X.690, 8.19.5: {2 999 3} is 06 03 88 37 03."""
    assert der.object_identifier("2.999.3").hex() == "0603883703"


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (der.boolean(True), "0101ff"),
        (der.boolean(False), "010100"),
        (der.bit_string(b"\xc0", 6), "030206c0"),
        (der.enumerated(6), "0a0106"),
        (der.ia5_string("ab"), "16026162"),
        (der.explicit(3, der.NULL), "a3020500"),
        (der.implicit(0, b"\x01"), "800101"),
        (der.sequence(), "3000"),
    ],
)
def test_small_pieces_as_written_by_hand(encoded: bytes, expected: str) -> None:
    assert encoded.hex() == expected


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
        (datetime(1950, 1, 1, tzinfo=UTC), b"\x17\x0d500101000000Z"),
        (datetime(2026, 1, 1, 8, 59, 59, tzinfo=timezone(timedelta(hours=9))), b"\x17\x0d251231235959Z"),
    ],
)
def test_times_change_their_type_in_2050(instant: datetime, expected: bytes) -> None:
    assert der.time(instant) == expected


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 1, 1),  # noqa: DTZ001 – naive on purpose
        datetime(2026, 1, 1, microsecond=1, tzinfo=UTC),
        datetime(1949, 12, 31, tzinfo=UTC),
    ],
)
def test_times_that_nobody_would_read_alike_are_refused(instant: datetime) -> None:
    with pytest.raises(ValueError, match=r"zone|fractions|1950"):
        der.time(instant)


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "30",
        "3001",  # shorter than it says
        "308100",  # long form without need
        "30820001ff",  # an idle length octet
        "3080" + "0000",  # indefinite length
        "3f0100",  # high tag number
        "050000",  # one octet too many
        "308500000000010500"[:14],  # five length octets
    ],
)
def test_what_is_not_der_is_refused(encoded: str) -> None:
    with pytest.raises(Malformed, match="E_DER_MALFORMED"):
        der.only(bytes.fromhex(encoded))


@pytest.mark.parametrize("encoded", ["0200", "02020001", "0202ffff", "0401ff"])
def test_integers_in_a_longer_form_than_needed_are_refused(encoded: str) -> None:
    with pytest.raises(Malformed):
        der.only(bytes.fromhex(encoded)).number()


@pytest.mark.parametrize("encoded", ["0c01ff", "1301ff", "0401ff"])
def test_texts_that_are_none_are_refused(encoded: str) -> None:
    with pytest.raises(Malformed):
        der.only(bytes.fromhex(encoded)).text()


@given(st.binary(max_size=60))
def test_reader_raises_nothing_else_and_keeps_every_octet(encoded: bytes) -> None:
    try:
        elements = tuple(der.elements(encoded))
    except Malformed:
        return
    assert b"".join(element.encoded for element in elements) == encoded
    assert all(der.tlv(element.tag, element.content) == element.encoded for element in elements)
