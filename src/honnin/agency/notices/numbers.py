"""The number on a letter: a running number and a check digit, in groups that are typed without error."""

import re
from typing import Final

from honnin.errors import Malformed
from honnin.identifiers import ungrouped

_TYPED: Final = re.compile("L([0-9]{9})([0-9])")
_WEIGHTS: Final = (3, 1)


def written_number(running: int) -> str:
    """`L000000123-9`: nine digits, and one by which a wrong digit is noticed (weights 3 and 1)."""
    return f"L{running:09d}-{_check_digit(f'{running:09d}')}"


def running_number(typed: str) -> int:
    """The running number of what somebody typed or scanned. Raises Malformed E_LETTER_NUMBER."""
    found = _TYPED.fullmatch(ungrouped(typed))
    if found is None or found[2] != _check_digit(found[1]):
        raise Malformed("E_LETTER_NUMBER")
    return int(found[1])


def _check_digit(digits: str) -> str:
    total = sum(int(digit) * _WEIGHTS[place % 2] for place, digit in enumerate(digits))
    return str(-total % 10)
