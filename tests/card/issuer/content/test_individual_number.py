"""Individual numbers for test cards: the check digit, the range, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.card.issuer.content.individual_number import (
    CAPACITY,
    check_digit,
    individual_number,
    is_fictitious,
    require_number,
)
from honnin.errors import Malformed


def defined(beginning: str) -> int:
    """The ordinance's formula, as it is written there."""
    total = 0
    for n in range(1, 12):
        p = int(beginning[11 - n])
        q = n + 1 if n <= 6 else n - 5
        total += p * q
    remainder = total % 11
    return 0 if remainder <= 1 else 11 - remainder


def test_the_number_of_the_surveyed_test_card_is_right() -> None:
    assert require_number("537686677188") == "537686677188"
    assert not is_fictitious("537686677188")
    with pytest.raises(Malformed):
        is_fictitious("999999990019")


def test_every_number_of_the_range() -> None:
    numbers = [individual_number(sequence) for sequence in range(CAPACITY)]
    assert len(set(numbers)) == CAPACITY == 1000
    assert numbers[:3] == ["999999990000", "999999990018", "999999990026"]
    for number in numbers:
        assert number.startswith("99999999")
        assert require_number(number) == number
        assert is_fictitious(number)
        assert int(number[-1]) == defined(number[:-1])


@pytest.mark.parametrize("sequence", [-1, 1000])
def test_no_number_lies_outside_the_range(sequence: int) -> None:
    with pytest.raises(ValueError, match="1000 test numbers"):
        individual_number(sequence)


@given(st.integers(0, 10**11 - 1))
def test_the_check_digit_is_the_ordinances(value: int) -> None:
    beginning = f"{value:011d}"
    assert check_digit(beginning) == str(defined(beginning))
    for digit in "0123456789":
        if digit != check_digit(beginning):
            with pytest.raises(Malformed):
                require_number(beginning + digit)


@given(st.text(max_size=13) | st.text("0123456789０１²", min_size=12, max_size=12))
def test_other_texts_are_refused_by_name(text: str) -> None:
    right = len(text) == 12 and set(text) <= set("0123456789") and int(text[-1]) == defined(text[:-1])
    if right:
        assert require_number(text) == text
    else:
        with pytest.raises(Malformed) as refused:
            require_number(text)
        assert refused.value.code == "E_NUMBER_MALFORMED"
        assert not refused.value.context


def test_a_check_digit_needs_eleven_digits() -> None:
    with pytest.raises(ValueError, match="eleven digits"):
        check_digit("123")
