"""Words of the kiosk's pages: what PINs are called, hours and days, and the keys of the pad."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy

from honnin.errors import Refusal, explain, language_of
from honnin.law.cards.pins import DIGITS, PinKind, pin_rule
from honnin.law.terms import Generation
from honnin.law.wording import ErrorText, explain_refusals, format_instant

PIN: Final[Mapping[PinKind, Promise]] = {
    PinKind.SIGNATURE: gettext_lazy("PIN of the signature certificate"),
    PinKind.USER_AUTHENTICATION: gettext_lazy("PIN of the user-authentication certificate"),
}
_FORM: Final[Mapping[PinKind, Promise]] = {
    PinKind.SIGNATURE: gettext_lazy("6 to 16 letters and digits, at least one of each"),
    PinKind.USER_AUTHENTICATION: gettext_lazy("4 digits"),
}
_LETTERS: Final = ("1234567890", "QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")
_DIGITS: Final = ("123", "456", "789", "0")


def form_of(kind: PinKind) -> Promise:
    """What a PIN consists of."""
    return _FORM[kind]


def keys(kind: PinKind) -> Sequence[str]:
    """The keys of the pad for a PIN, row by row: those that it may hold."""
    return _DIGITS if pin_rule(kind, Generation.NUMBER_CARD).characters == DIGITS else _LETTERS


def reasons(refusals: Iterable[Refusal]) -> tuple[ErrorText, ...]:
    """Why the law says no, as everybody reads it."""
    return explain_refusals(refusals, language_of(get_language()))


def year_end() -> str:
    """When kiosks are closed at the turn of the year."""
    return explain("E_KIOSK_YEAR_END", language_of(get_language())).cause


def hour(at: time) -> str:
    """An hour of the day: 6:30."""
    return f"{at.hour}:{at:%M}"


def moment(at: datetime) -> str:
    """An instant in Japan's time, to the minute."""
    return format_instant(at, language_of(get_language()))
