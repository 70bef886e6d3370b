"""Individual numbers (個人番号) for test cards: 12 digits from one narrow range, with a right check digit.

Every number made here is eight nines, three digits and the check digit: 9999 9999 nnn c. A person sees at
once that it is no real one, and a program can ask `is_fictitious`.

What can and cannot be said: no range is published as reserved for tests, and a right check digit excludes
nobody. Some hundred and thirty million of the hundred thousand million beginnings are given out, so if
they are spread evenly one number in seven hundred is somebody's, and this range of a thousand may hold one
or two of them. What keeps a test number from meaning a person is that the range is small and plain to see,
that nothing else on a test card is anybody's, and that no card of ours has a number outside it. The number
stands in the card's text and visual applications and nowhere else.
"""

from typing import Final

from honnin.card.issuer.content.values import is_digits
from honnin.errors import Malformed

LENGTH: Final = 12
FICTITIOUS_PREFIX: Final = "99999999"
CAPACITY: Final = 1000
_WEIGHTS: Final = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def individual_number(sequence: int) -> str:
    """The test number of this sequence number, 0 to 999. Raises ValueError for any other.

    Whoever needs more cards than that lets numbers come back: a card does not mind.
    """
    if not 0 <= sequence < CAPACITY:
        raise ValueError(f"there are {CAPACITY} test numbers")
    beginning = f"{FICTITIOUS_PREFIX}{sequence:03d}"
    return beginning + check_digit(beginning)


def check_digit(beginning: str) -> str:
    """The twelfth digit for the first eleven (Ministry of Internal Affairs Ordinance 85 of 2014, art. 5).

    11 − (Σ Pn·Qn mod 11), where Pn is the n-th digit from the right and Qn is n + 1 up to the sixth and
    n − 5 from the seventh on; 0 where the remainder is 0 or 1.
    """
    if not is_digits(beginning, LENGTH - 1):
        raise ValueError("the check digit belongs to eleven digits")
    remainder = sum(int(digit) * weight for digit, weight in zip(beginning, _WEIGHTS, strict=True)) % 11
    return "0" if remainder <= 1 else str(11 - remainder)


def require_number(text: str) -> str:
    """The text, when it is 12 digits with a right check digit. Raises Malformed E_NUMBER_MALFORMED."""
    if not is_digits(text, LENGTH) or check_digit(text[:-1]) != text[-1]:
        raise Malformed("E_NUMBER_MALFORMED")
    return text


def is_fictitious(number: str) -> bool:
    """Whether a number is of this module's range. Raises Malformed E_NUMBER_MALFORMED when it is none."""
    return require_number(number).startswith(FICTITIOUS_PREFIX)
