"""The codes that are printed on the card and open its files, as 照合番号 A and B and the birth code.

They prove no more than that somebody has seen the card. The year of birth is the year of the Japanese era,
which is the law's to say: callers give it.
"""

from datetime import date
from typing import Final

from honnin.card.issuer.content.individual_number import require_number
from honnin.card.issuer.content.values import is_digits

SECURITY_CODE_LENGTH: Final = 4
_ERA_YEARS: Final = range(1, 100)


def code_a(number: str) -> str:
    """照合番号A, 12 digits: the individual number. Raises Malformed E_NUMBER_MALFORMED."""
    return require_number(number)


def birth_code(birth_date: date, era_year: int) -> str:
    """生年月日, 6 digits `YYMMDD`; YY is the year of the era in which the holder was born."""
    if era_year not in _ERA_YEARS:
        raise ValueError("the year of an era has one or two digits")
    return f"{era_year:02d}{birth_date:%m%d}"


def code_b(birth_date: date, era_year: int, expiry_date: date, security_code: str) -> str:
    """照合番号B, 14 digits: the birth code, the year in which the card expires, and the security code."""
    return birth_code(birth_date, era_year) + f"{expiry_date.year:04d}" + require_security_code(security_code)


def require_security_code(text: str) -> str:
    """The text, when it is the four digits of a security code. Raises ValueError."""
    if not is_digits(text, SECURITY_CODE_LENGTH):
        raise ValueError("a security code has four digits")
    return text
