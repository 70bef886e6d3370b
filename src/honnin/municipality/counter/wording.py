"""Words of every page of the counter: refusals, days, and who a person is. Decides nothing."""

from collections.abc import Iterable
from datetime import date, datetime

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from honnin.errors import HonninError, Language, Reader, Refusal, explain, language_of
from honnin.law.calendar import age_on
from honnin.law.terms import Sex
from honnin.law.validity import StayStatus
from honnin.law.wording import ErrorText, explain_error, explain_refusals, format_day, format_instant
from honnin.municipality.residents.models import Resident

Cell = dict[str, object]


Row = dict[str, object]


SEX = {
    Sex.MALE: gettext_lazy("Male"),
    Sex.FEMALE: gettext_lazy("Female"),
    Sex.UNKNOWN: gettext_lazy("Unknown"),
}


STAY = {
    StayStatus.MEDIUM_OR_LONG_TERM: gettext_lazy("Medium- to long-term resident"),
    StayStatus.HIGHLY_SKILLED_2: gettext_lazy("Highly skilled professional (ii)"),
    StayStatus.PERMANENT: gettext_lazy("Permanent resident"),
    StayStatus.SPECIAL_PERMANENT: gettext_lazy("Special permanent resident"),
    StayStatus.TEMPORARY_REFUGE: gettext_lazy("Landing permission for temporary refuge"),
    StayStatus.PROVISIONAL_STAY: gettext_lazy("Permission for provisional stay"),
    StayStatus.BORN_IN_JAPAN: gettext_lazy("Transitional resident by birth"),
    StayStatus.LOST_NATIONALITY: gettext_lazy("Transitional resident by loss of nationality"),
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
        *_further(resident),
        {"label": _("Resident record code"), "value": resident.person_code},
        {"label": _("Municipality"), "value": resident.municipality.name},
    ]


def summary(resident: Resident, on: date) -> list[str]:
    """Who it is in one line: birth, age on a day, sex and address."""
    return [
        _("Born %(day)s") % {"day": day(resident.birth_date)},
        _("%(age)s years old") % {"age": age_on(resident.birth_date, on)},
        str(SEX[Sex(resident.sex)]),
        resident.address,
    ]


def _since(resident: Resident) -> list[Row]:
    """Since when the address is theirs, where that is known."""
    since = resident.address_since
    return [{"label": _("At this address since"), "value": day(since)}] if since else []


def _further(resident: Resident) -> list[Row]:
    """What an entry has beside, where it has it."""
    rows: list[tuple[str, str]] = [
        (_("Former surname"), resident.former_surname),
        (_("Alias"), resident.alias),
        (_("Status of residence"), stay_words(resident)),
        (_("Place of stay"), resident.place_of_stay),
        (_("Household"), household_words(resident)),
    ]
    return [{"label": label, "value": value} for label, value in rows if value]


def stay_words(resident: Resident) -> str:
    """On what a foreign resident's stay rests, and until when; empty for a Japanese national."""
    if not resident.stay_status:
        return ""
    words = str(STAY[StayStatus(resident.stay_status)])
    if resident.stay_until is None:
        return words
    return _("%(status)s, until %(day)s") % {"status": words, "day": day(resident.stay_until)}


def household_words(resident: Resident) -> str:
    """The number of the household, and what the person is to its head."""
    if not (resident.household and resident.relationship):
        return resident.household or resident.relationship
    return _("%(household)s (%(relationship)s)") % {
        "household": resident.household,
        "relationship": resident.relationship,
    }


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
