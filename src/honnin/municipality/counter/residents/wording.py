"""The words for residents: the rows of a search, and the reasons for a look."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.law.counter.notices import Notice
from honnin.law.terms import Sex
from honnin.law.validity import StayStatus
from honnin.municipality.counter.guards.models import ReasonToLook
from honnin.municipality.counter.wording import SEX, STAY, Cell, day, moment
from honnin.municipality.residents.models import FormerEntry, Resident

REASON = {
    ReasonToLook.MOVING_IN: gettext_lazy("The person is moving into this municipality"),
    ReasonToLook.WRONG_COUNTER: gettext_lazy("The person is here and must be told where to go"),
    ReasonToLook.OFFICIAL_INQUIRY: gettext_lazy("Another office asks on a lawful ground"),
    ReasonToLook.CORRECTION: gettext_lazy("Two persons must be told apart"),
}


NOTICE = {
    Notice.MOVE_WITHIN: gettext_lazy("Move within the municipality"),
    Notice.MOVE_OUT: gettext_lazy("Moving out"),
    Notice.MOVE_IN: gettext_lazy("Moving in"),
    Notice.MOVE_ABROAD: gettext_lazy("Moving abroad"),
    Notice.BIRTH: gettext_lazy("Birth"),
    Notice.DEATH: gettext_lazy("Death"),
    Notice.MARRIAGE: gettext_lazy("Marriage"),
    Notice.OTHER_FAMILY: gettext_lazy("Divorce, adoption or change of name"),
    Notice.REQUEST: gettext_lazy("Request of the person"),
    Notice.CORRECTION: gettext_lazy("Correction"),
    Notice.MINOR_CORRECTION: gettext_lazy("Minor correction"),
    Notice.EX_OFFICIO: gettext_lazy("Removal ex officio"),
}
CONTENT = {
    "name": gettext_lazy("Name"),
    "kana": gettext_lazy("Name in katakana"),
    "former_surname": gettext_lazy("Former surname"),
    "alias": gettext_lazy("Alias"),
    "birth_date": gettext_lazy("Date of birth"),
    "sex": gettext_lazy("Sex"),
    "address": gettext_lazy("Address"),
    "stay_status": gettext_lazy("Status of residence"),
    "stay_until": gettext_lazy("End of the stay"),
    "place_of_stay": gettext_lazy("Place of stay"),
    "household": gettext_lazy("Household"),
    "relationship": gettext_lazy("Relationship to the head of the household"),
}


def history_columns() -> list[str]:
    return [_("Recorded"), _("Notice"), _("Day of the change"), _("What stood before")]


def history_cells(former: Iterable[FormerEntry]) -> list[list[Cell]]:
    """A table row for each change of an entry: when, by which notice, from which day, and what it was."""
    return [
        [
            {"text": moment(each.recorded_at)},
            {"text": NOTICE[Notice(each.notice)]},
            {"text": day(each.on) if each.on else "–"},
            {"text": _stood(each.before), "long": True},
        ]
        for each in former
    ]


def _stood(before: Mapping[str, str | None]) -> str:
    """Each item that was changed, and how it stood; what there was not is left out."""
    items = [
        _("%(item)s: %(value)s") % {"item": CONTENT[name], "value": value_words(name, value)}
        for name, value in before.items()
        if value and name in CONTENT
    ]
    return " / ".join(items) or "–"


def value_words(name: str, value: str) -> str:
    """The value of an item as a clerk reads it."""
    if not value:
        return "–"
    if name == "sex":
        return str(SEX[Sex(value)])
    if name == "stay_status":
        return str(STAY[StayStatus(value)])
    return day(date.fromisoformat(value)) if name in ("birth_date", "stay_until") else value


def resident_cells(residents: Iterable[Resident], own: str) -> list[list[Cell]]:
    """A table row for each person found; of another municipality's resident name and municipality alone."""
    return [
        [
            {
                "text": resident.name,
                "url": reverse("counter:resident", args=[resident.public_id]),
                "hidden_text": _("choose"),
            },
            {"text": resident.municipality.name},
            *_rest(resident, own),
        ]
        for resident in residents
    ]


def _rest(resident: Resident, own: str) -> tuple[Cell, ...]:
    if resident.municipality_id != own:
        return tuple({"text": "–"} for _each in range(3))
    return (
        {"text": resident.kana},
        {"text": day(resident.birth_date)},
        {"text": resident.address, "long": True},
    )


def resident_columns() -> list[str]:
    return [_("Name"), _("Municipality"), _("Name in katakana"), _("Date of birth"), _("Address")]
