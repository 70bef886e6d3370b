"""CK_TOKEN_INFO of PKCS #11 2.40, field by field, as whoever reads a card takes it apart."""

import struct

import pytest

from honnin.card.token_information import token_information, token_names

# Label, maker, model, serial number, flags, sessions (4), PIN lengths (2), memory (4), versions (2), time.
FIELDS = struct.Struct(">32s32s16s16sI4I2I4I2s2s16s")
RANDOM, LOGIN_REQUIRED, PIN_INITIALISED, INITIALISED = 0x1, 0x4, 0x8, 0x400
UNAVAILABLE = 0xFFFFFFFF


def test_every_field_is_where_pkcs11_has_it() -> None:
    assert FIELDS.size == 160
    label, maker, model, serial, flags, *numbers, hardware, firmware, time = FIELDS.unpack(
        token_information("JPKIAPICCTOKEN2")
    )
    assert label == b"JPKIAPICCTOKEN2" + b" " * 17
    assert maker.rstrip(b" ") == b"HONNIN TEST CARD"
    assert (model.rstrip(b" "), serial) == (b"TEST", b"0" * 16)
    assert flags == RANDOM | LOGIN_REQUIRED | PIN_INITIALISED | INITIALISED
    assert numbers == [1, 0, 1, 0, 16, 6, *[UNAVAILABLE] * 4]
    assert (hardware, firmware, time) == (b"03", b"01", b"9" * 16)


@pytest.mark.parametrize("label", ["", "J", "J" * 32, "J" * 40])
def test_a_label_of_any_length_moves_nothing(label: str) -> None:
    whole = token_information(label)
    assert whole[:32] == label[:32].ljust(32).encode()
    assert whole[32:] == token_information("")[32:]


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (token_information("LABEL"), ("LABEL", "HONNIN TEST CARD", "TEST", "0" * 16)),
        (b"LABEL".ljust(160), ("LABEL",)),  # cards of before
        (b"LABEL".ljust(32) + b"\xff" * 128, ("LABEL",)),
        (b"", ()),
        (b"\x00" * 160, ()),
    ],
)
def test_the_names_that_a_card_says(content: bytes, names: tuple[str, ...]) -> None:
    assert token_names(content) == names
