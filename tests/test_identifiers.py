"""Identifiers: each is made, checked and written in one way."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.identifiers import (
    SERIAL_END,
    CardNumber,
    Identifier,
    MunicipalityCode,
    PersonCode,
    SerialNumber,
)

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


TYPED = [
    (PersonCode, "99000000001", "99000000001"),
    (PersonCode, "９９０００００００１２", "99000000012"),
    (PersonCode, " 99-000-000-012 ", "99000000012"),
    (PersonCode, "９９ー０００ー０００　０１２", "99000000012"),
    (PersonCode, "99−000‐000–012", "99000000012"),
    (CardNumber, "TEST00000000001", "TEST00000000001"),
    (CardNumber, "test 0000 0000 001", "TEST00000000001"),
    (CardNumber, "ＴＥＳＴ－００００－００００ー００１", "TEST00000000001"),
    (CardNumber, "testx0123456789", "TESTX0123456789"),
    (MunicipalityCode, "99101", "99101"),
    (MunicipalityCode, "９９１０１\n", "99101"),
    (MunicipalityCode, "99-101", "99101"),
]
NOT_TYPED = [
    *((kind, text) for kind in (PersonCode, CardNumber, MunicipalityCode) for text in ("", " ", "-", "花子")),
    (PersonCode, "9900000000"),
    (PersonCode, "990000000011"),
    (PersonCode, "9900000000A"),
    (PersonCode, "٩٩000000001"),  # digits of another script
    (CardNumber, "TEST0000000001"),
    (CardNumber, "TESTTESTTESTTES"),
    (CardNumber, "ＴＥＳＴ：花00000000001"),
    (MunicipalityCode, "9910"),
    (MunicipalityCode, "991012"),  # with its check digit it is another code
]
WRONG = [
    *((SerialNumber, value) for value in (0, -1, SERIAL_END, True, 1.0, "1", b"1", None)),
    *((PersonCode, value) for value in ("", "9900000000", "９９000000001", "99000000001\n", 99000000001)),
    *((CardNumber, value) for value in ("", "x" * 65, "TEST\n", "カード", b"TEST1", None)),
    *((MunicipalityCode, value) for value in ("", "9910", "99101\n", "９９１０１", 99101, None)),
]


@pytest.mark.parametrize(("kind", "text", "meant"), TYPED)
def test_a_code_is_what_was_meant_however_it_was_typed(
    kind: type[PersonCode | CardNumber | MunicipalityCode], text: str, meant: str
) -> None:
    code = kind.parse(text)
    assert (type(code), str(code)) == (kind, meant)
    assert kind.parse(meant) == kind.checked(meant) == meant


@pytest.mark.parametrize(("kind", "text"), NOT_TYPED)
def test_what_was_meant_for_no_code_is_none(
    kind: type[PersonCode | CardNumber | MunicipalityCode], text: str
) -> None:
    assert kind.parse(text) is None


NAMES: dict[type[Identifier], str] = {
    SerialNumber: "serial number",
    CardNumber: "card number",
    PersonCode: "person code",
    MunicipalityCode: "municipality code",
}


@pytest.mark.parametrize(("kind", "value"), WRONG)
def test_a_value_of_another_form_is_refused_by_the_name_of_what_it_should_be(
    kind: type[Identifier], value: object
) -> None:
    assert not kind.has_form(value)
    with pytest.raises(ValueError, match=f"^not a {NAMES[kind]}$"):
        kind.checked(value)


@pytest.mark.parametrize("number", ["TEST1", "~", "A" * 64, "a card of others"])
def test_cards_of_others_may_name_themselves_otherwise(number: str) -> None:
    assert CardNumber.checked(number) == number


def test_nobody_else_says_how_a_serial_number_is_written() -> None:
    source = Path(__file__).parents[1] / "src/honnin"
    others = [path for path in source.rglob("*.py") if "serial_number:0" in path.read_text("utf-8")]
    assert others == []
