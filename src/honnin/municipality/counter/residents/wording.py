"""The words for residents: the rows of a search, and the reasons for a look."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.municipality.counter.guards.models import ReasonToLook
from honnin.municipality.counter.wording import Cell, day
from honnin.municipality.residents.models import Resident

REASON = {
    ReasonToLook.MOVING_IN: gettext_lazy("The person is moving into this municipality"),
    ReasonToLook.WRONG_COUNTER: gettext_lazy("The person is here and must be told where to go"),
    ReasonToLook.OFFICIAL_INQUIRY: gettext_lazy("Another office asks on a lawful ground"),
    ReasonToLook.CORRECTION: gettext_lazy("Two persons must be told apart"),
}


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
