"""Texts for people: refusals, errors, clauses, legal days and instants, in Japanese and English.

Every screen and every paper uses these texts. Decides nothing, and knows no screen.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from honnin.clock import JAPAN
from honnin.errors import HonninError, Language, Reader, Refusal, Refused, explain
from honnin.law.catalogue import clauses
from honnin.law.era import SOLAR_CALENDAR_FROM, era_of, format_era_date
from honnin.translation import gettext, message

_ERA_IN_ENGLISH = {"明治": "Meiji", "大正": "Taisho", "昭和": "Showa", "平成": "Heisei", "令和": "Reiwa"}
_LAWS = {
    "act": message("Act"),
    "order": message("Order"),
    "rules": message("Rules"),
    "card-ordinance": message("Card Ordinance"),
    "card-order": message("Card Order"),
    "register-act": message("Resident Register Act"),
    "family-register-act": message("Family Register Act"),
    "civil-code": message("Civil Code"),
    "era-law": message("Era Act"),
}
_DOCUMENTS = {
    "S0": "平成24年3月のリーフレット",
    "S1": "個人番号カードのご案内",
    "S2": "電子証明書のご案内",
    "S3": "有効期限通知書",
}
# Contacts for staff: where the public gets the contact of the first code, staff get that of the second.
_INSTEAD: Mapping[Reader, Mapping[str, str]] = {
    Reader.PUBLIC: {},
    Reader.CLERK: {"E_PIN_LOCKED": "E_APPLICATION_STATE", "E_CARD_REMOVED": "E_APPLICATION_STATE"},
    Reader.OPERATOR: {"E_CARD_MISSING": "E_NOT_AN_OPERATOR", "E_CARD_UPDATE_OVER": "E_NOT_AN_OPERATOR"},
}
_TERMS = re.compile(r"S4-(\d+)(?:\.(\d+))?(?:\.(\d+))?")


@dataclass(frozen=True)
class ErrorText:
    """An error or refusal as text: cause, next step, whom to call, and the clauses it rests on."""

    code: str
    cause: str
    remedy: str
    contact: str
    clauses: tuple[str, ...] = ()


def explain_error(
    error: HonninError, language: Language, reader: Reader = Reader.PUBLIC
) -> tuple[ErrorText, ...]:
    """An error in words: every refusal of a `Refused`, one reason for any other kind."""
    if isinstance(error, Refused):
        return explain_refusals(error.refusals, language, reader)
    entry = explain(error.code, language, error.context)
    return (ErrorText(error.code, entry.cause, entry.remedy, contact_of(error.code, language, reader)),)


def contact_of(code: str, language: Language, reader: Reader = Reader.PUBLIC) -> str:
    """Whom this reader turns to. Raises KeyError as `explain`."""
    usual = explain(code, language).contact
    for asked, instead in _INSTEAD[reader].items():
        if usual == explain(asked, language).contact:
            return explain(instead, language).contact
    return usual


def explain_refusals(
    refusals: Iterable[Refusal], language: Language, reader: Reader = Reader.PUBLIC
) -> tuple[ErrorText, ...]:
    """Refusals in words, in their order; a refusal that rests on several clauses appears once."""
    cited: dict[Refusal, list[str]] = {}
    for refusal in refusals:
        cited.setdefault(replace(refusal, clauses=()), []).extend(refusal.clauses)
    return tuple(_error_text(refusal, found, language, reader) for refusal, found in cited.items())


def _error_text(refusal: Refusal, cited: list[str], language: Language, reader: Reader) -> ErrorText:
    entry = explain(refusal.code, language, dict(refusal.details))
    names = dict.fromkeys(format_clause(citation, language) for citation in cited)
    contact = contact_of(refusal.code, language, reader)
    return ErrorText(refusal.code, entry.cause, entry.remedy, contact, tuple(names))


def format_clause(citation: str, language: Language) -> str:
    """`S4-3.2a` as 規約第3条第2項, in English `terms art.3(2)`; `rules/47-2` as 施行規則第47条の2."""
    law, _, article = citation.partition("/")
    if law == "practice":
        return gettext("practice of the municipalities", language)
    if article:
        number = article if language == "en" else _article(article)
        pattern = gettext("{law} art. {article}", language)
        return pattern.format(law=gettext(_LAWS[law], language), article=number)
    if language == "en":
        return clauses()[citation].clause
    terms = _TERMS.match(citation)
    if terms is None:
        return f"{_DOCUMENTS[citation[:2]]}（{citation}）"
    parts = zip(terms.groups(), ("条", "項", "号"), strict=True)
    return "規約" + "".join(f"第{number}{unit}" for number, unit in parts if number)


def _article(number: str) -> str:
    main, _, branch = number.partition("-")
    return f"{main}条の{branch}" if branch else f"{main}条"


def format_entered_day(day: date, language: Language) -> str:
    """A day as people enter it and `law.era.parse_day` reads it: 令和13年4月12日, in English `2031-04-12`.

    Days before the solar calendar of 1873 are written in the Gregorian calendar.
    """
    if language == "en":
        return day.isoformat()
    if day < SOLAR_CALENDAR_FROM:
        return f"{day.year}年{day.month}月{day.day}日"
    return format_era_date(day)


def format_day(day: date, language: Language) -> str:
    """A legal day in both calendars: 令和13年4月12日（2031年4月12日）, in English `2031-04-12 (Reiwa 13)`.

    Days before the solar calendar of 1873 are written in the Gregorian calendar alone.
    """
    era = era_of(day)
    if era is None or day < SOLAR_CALENDAR_FROM:
        return format_entered_day(day, language)
    if language == "en":
        return f"{day.isoformat()} ({_ERA_IN_ENGLISH[era.name]} {day.year - era.first_year + 1})"
    return f"{format_era_date(day)}（{day.year}年{day.month}月{day.day}日）"


def format_instant(at: datetime, language: Language) -> str:
    """An instant in Japan's time, to the minute: 令和8年11月30日 9時05分, in English `2026-11-30 09:05`."""
    there = at.astimezone(JAPAN)
    if language == "en":
        return f"{there:%Y-%m-%d %H:%M}"
    return f"{format_era_date(there.date())} {there.hour}時{there.minute:02}分"
