"""Words of every page of the counter: refusals, days, and who a person is. Decides nothing."""

from collections.abc import Iterable
from datetime import date, datetime

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from honnin.errors import HonninError, Language, Reader, Refusal, explain, language_of
from honnin.law.terms import Sex
from honnin.law.wording import ErrorText, explain_error, explain_refusals, format_day, format_instant
from honnin.municipality.residents.models import Resident

Cell = dict[str, object]


Row = dict[str, object]


SEX = {
    Sex.MALE: gettext_lazy("Male"),
    Sex.FEMALE: gettext_lazy("Female"),
    Sex.UNKNOWN: gettext_lazy("Unknown"),
}


def language() -> Language:
    """The language of this page's sentences."""
    return language_of(get_language())


def refusals(found: Iterable[Refusal]) -> tuple[ErrorText, ...]:
    """Why the law says no, as a clerk reads it."""
    return explain_refusals(found, language(), Reader.CLERK)


def error(found: HonninError) -> tuple[ErrorText, ...]:
    """What went wrong, as a clerk reads it."""
    return explain_error(found, language(), Reader.CLERK)


def day(value: date) -> str:
    """A legal day in both calendars."""
    return format_day(value, language())


def moment(value: datetime | None) -> str:
    """An instant in Japan's time, to the minute."""
    return format_instant(value, language()) if value else ""


def person_rows(resident: Resident) -> list[Row]:
    """Who it is, as the register says."""
    return [
        {"label": _("Name"), "value": resident.name},
        {"label": _("Name in katakana"), "value": resident.kana},
        {"label": _("Date of birth"), "value": day(resident.birth_date)},
        {"label": _("Sex"), "value": SEX[Sex(resident.sex)]},
        {"label": _("Address"), "value": resident.address},
        *_since(resident),
        {"label": _("Resident record code"), "value": resident.person_code},
        {"label": _("Municipality"), "value": resident.municipality.name},
    ]


def _since(resident: Resident) -> list[Row]:
    """Since when the address is theirs, where that is known."""
    since = resident.address_since
    return [{"label": _("At this address since"), "value": day(since)}] if since else []


def elsewhere_rows(resident: Resident) -> list[Row]:
    """What a clerk sees of another municipality's resident without a reason, also of who lived here once."""
    return [
        {"label": _("Name"), "value": resident.name},
        {"label": _("Municipality"), "value": resident.municipality.name},
    ]


def sentence(refusal: Refusal) -> str:
    """Why, and what to do, in the page's language."""
    spoken = language()
    return explain(refusal.code, spoken, dict(refusal.details)).paragraph(spoken)
