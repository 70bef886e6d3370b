"""The numbers, times, sites and telephone lines that the texts name: all of them the law's."""

from collections.abc import Mapping
from datetime import time

from django.utils.html import format_html

from honnin.errors import Language
from honnin.law import information, terms_of_use, validity
from honnin.law.cards import kiosk
from honnin.law.cards.pins import PinKind, pin_rule
from honnin.law.terms import Generation
from honnin.law.wording import format_day

_CARD = Generation.NUMBER_CARD


def numbers(language: Language) -> Mapping[str, object]:
    """By the names that the sentences use."""
    return _pins() | _periods() | _terms() | _information(language)


def _pins() -> dict[str, object]:
    signature, authentication = (
        pin_rule(kind, _CARD) for kind in (PinKind.SIGNATURE, PinKind.USER_AUTHENTICATION)
    )
    return {
        "signature_tries": signature.tries,
        "authentication_tries": authentication.tries,
        "shortest": signature.shortest,
        "longest": signature.longest,
        "digits": authentication.longest,
    }


def _periods() -> dict[str, object]:
    return {
        "birthdays": validity.CERTIFICATE_BIRTHDAYS,
        "birthdays_renewed": validity.CERTIFICATE_BIRTHDAYS + 1,
        "renewal_months": validity.RENEWAL_MONTHS,
        "juki_years": validity.JUKI_CERTIFICATE_YEARS,
    }


def _terms() -> dict[str, object]:
    return {
        "algorithm": terms_of_use.SIGNATURE_ALGORITHM,
        "key_bits": terms_of_use.KEY_BITS,
        "digest": terms_of_use.DIGEST_ALGORITHM,
        "imprisonment": terms_of_use.LONGEST_IMPRISONMENT_YEARS,
        "fine": f"{terms_of_use.HIGHEST_FINE_YEN:,}",
    }


def _information(language: Language) -> dict[str, object]:
    return {
        "free_line": _unbroken(information.FREE_LINE),
        "instead": _unbroken(information.INSTEAD_OF_A_LINE),
        "paid_line": _unbroken(information.PAID_LINE),
        "other_languages": _unbroken(information.LINE_IN_OTHER_LANGUAGES),
        "weekdays": _hours(information.WEEKDAYS),
        "other_days": _hours(information.OTHER_DAYS),
        "about_kiosks": _hours(information.ABOUT_KIOSKS),
        "kiosks_open": _hours((kiosk.OPENS, kiosk.CLOSES)),
        "reservation_hours": int(kiosk.RESERVATION_LASTS.total_seconds()) // 3600,
        "guide_as_of": format_day(information.GUIDE_AS_OF, language),
        "portal": _link(information.PORTAL),
        "card_site": _link(information.CARD_SITE),
        "ministry": _link(information.MINISTRY),
        "kiosk_site": _link(information.KIOSK_SITE),
        "stores": _link(information.STORES),
    }


def _hours(hours: tuple[time, time]) -> str:
    return _unbroken("–".join(f"{each.hour}:{each.minute:02}" for each in hours))


def _unbroken(text: str) -> str:
    return format_html('<span class="unbroken">{}</span>', text)


def _link(address: str) -> str:
    return format_html('<a href="{0}" rel="noreferrer">{0}</a>', address)
