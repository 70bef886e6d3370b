"""Identifiers: each is made, checked and written in one way."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.identifiers import SERIAL_END, SerialNumber

SERIAL_NUMBERS = [
    (1, "00000001"),
    (0xAFFE, "0000AFFE"),
    (0xFFFFFFFF, "FFFFFFFF"),
    (1 << 32, "100000000"),
    (-5, "-0000005"),  # of a certificate that another authority should not have made
]


@pytest.mark.parametrize(("number", "written"), SERIAL_NUMBERS)
def test_a_serial_number_is_written_in_hexadecimal_of_eight_digits(number: int, written: str) -> None:
    serial_number = SerialNumber(number)
    assert str(serial_number) == f"{serial_number}" == f"{serial_number}" == written


@given(st.integers(1, SERIAL_END - 1))
def test_a_serial_number_is_the_number_that_it_was(number: int) -> None:
    serial_number = SerialNumber.checked(number)
    assert (serial_number, hash(serial_number), int(str(serial_number), 16)) == (number, hash(number), number)
    assert json.dumps(serial_number) == str(number), "a number in JSON"


@pytest.mark.parametrize("value", [0, -1, SERIAL_END, True, 1.0, "1", b"1", None])
def test_what_is_no_serial_number_is_not_checked_as_one(value: object) -> None:
    with pytest.raises(ValueError, match="no SerialNumber"):
        SerialNumber.checked(value)


def test_nobody_else_says_how_a_serial_number_is_written() -> None:
    source = Path(__file__).parents[1] / "src/honnin"
    others = [path for path in source.rglob("*.py") if "serial_number:0" in path.read_text("utf-8")]
    assert others == []
