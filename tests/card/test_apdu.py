"""Commands and responses: the seven shapes of ISO/IEC 7816-3, 12.1."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.card.apdu import Command, Response
from honnin.errors import Malformed


@pytest.mark.parametrize(
    ("raw", "command"),
    [
        ("00A40000", Command(0x00, 0xA4, 0, 0)),
        ("00B0010000", Command(0x00, 0xB0, 1, 0, b"", 256)),
        ("00B001000F", Command(0x00, 0xB0, 1, 0, b"", 15)),
        ("0020008002ABCD", Command(0x00, 0x20, 0, 0x80, b"\xab\xcd")),
        ("802A008001FF00", Command(0x80, 0x2A, 0, 0x80, b"\xff", 256)),
        ("00B00000000708", Command(0x00, 0xB0, 0, 0, b"", 0x0708)),
        ("00B00000000000", Command(0x00, 0xB0, 0, 0, b"", 65536)),
        ("00D60000 000100 " + "AA" * 256, Command(0x00, 0xD6, 0, 0, b"\xaa" * 256)),
        ("00D60000 000100 " + "AA" * 256 + "0000", Command(0x00, 0xD6, 0, 0, b"\xaa" * 256, 65536)),
        ("00D60000 000001 AA 0101", Command(0x00, 0xD6, 0, 0, b"\xaa", 0x0101)),
    ],
)
def test_every_case_is_read_and_written(raw: str, command: Command) -> None:
    assert Command.parse(bytes.fromhex(raw)) == command
    assert command.to_bytes() == bytes.fromhex(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "00200080 000002 3132",
        "00200080 000002 3132 0008",
        "00B00000 000008",
        "00200080 02 3132",
        "00200080 02 3132 08",
    ],
)
def test_lengths_are_written_again_as_they_were(raw: str) -> None:
    """Also where the extended form was not needed: a MAC covers what was sent."""
    command = Command.parse(bytes.fromhex(raw))
    assert command.to_bytes() == bytes.fromhex(raw)
    assert command == Command(command.cla, command.ins, command.p1, command.p2, command.data, command.le)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "00A400",
        "00A4000002FF",  # Lc says more than there is
        "00A4000001FFFFFF",  # two bytes after the data
        "00B000000007",  # extended, cut
        "00D60000000000AA",  # extended Lc 0 with data
        "00D60000000002AA",
        "00D60000000001AABB",  # extended Le of one byte
        "00D60000000001AABBCCDD",
    ],
)
def test_lengths_that_do_not_add_up_are_refused(raw: str) -> None:
    with pytest.raises(Malformed, match="E_APDU_MALFORMED"):
        Command.parse(bytes.fromhex(raw))


@given(
    st.builds(
        Command,
        *[st.integers(0, 255)] * 4,
        st.binary(max_size=600),
        st.none() | st.integers(1, 65536),
    )
)
def test_what_is_written_is_read_back(command: Command) -> None:
    assert Command.parse(command.to_bytes()) == command
    long = replace(command, extended=bool(command.data or command.le))
    assert Command.parse(long.to_bytes()) == command
    assert Command.parse(long.to_bytes()).without_le() == long.without_le()


def test_a_response_is_data_and_a_status_word() -> None:
    assert Response.parse(bytes.fromhex("01026A82")) == Response(b"\x01\x02", 0x6A82)
    assert Response(b"\x01", 0x9000).to_bytes() == bytes.fromhex("019000")


def test_a_response_without_status_word_is_refused() -> None:
    with pytest.raises(Malformed, match="E_APDU_MALFORMED"):
        Response.parse(b"\x90")
