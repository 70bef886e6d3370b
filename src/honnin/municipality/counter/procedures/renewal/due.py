"""更新の対象となる方: which residents of the municipality are due for renewal, and the next step of each.

The agency knows certificates and letters, the register the persons: neither is shown of another municipality.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.console.instants import instant
from honnin.law.certificates.notices import LetterStanding, RenewalPhase
from honnin.law.certificates.status import Status
from honnin.law.counter.acts import CounterAct
from honnin.law.validity import expiry_reasons, renewal_opens_on
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.desk import for_clerks
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import UNFINISHED
from honnin.municipality.counter.cards.agency import ask_agency
from honnin.municipality.counter.cards.wording import short_names
from honnin.municipality.counter.guards.acts import record_alone
from honnin.municipality.counter.guards.looks import LOOK_AT_DUE
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.renewal.comparison import REASON
from honnin.municipality.counter.wording import Cell, day
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.notices import AskRenewalsDue, DuePerson, DuePlace

PHASE = {
    RenewalPhase.OPEN: gettext_lazy("Can be renewed now"),
    RenewalPhase.COMING: gettext_lazy("Can be renewed within three months"),
    RenewalPhase.LAPSED: gettext_lazy("Have ended"),
}
LETTER = {
    LetterStanding.NONE: (gettext_lazy("No letter yet"), "neutral"),
    LetterStanding.UNDERWAY: (gettext_lazy("Letter being prepared"), "neutral"),
    LetterStanding.SENT: (gettext_lazy("Letter sent"), "success"),
    LetterStanding.RETURNED: (gettext_lazy("Letter came back"), "warning"),
    LetterStanding.WITHHELD: (gettext_lazy("No letter is sent"), "neutral"),
}
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class _Asked:
    """What of the list is asked for; anything that is no choice of the page stands for its usual one."""

    phase: RenewalPhase
    letter: LetterStanding | None
    after: DuePlace | None

    @staticmethod
    def of(request: HttpRequest) -> "_Asked":
        phase = _chosen(RenewalPhase, request.GET.get("phase", "")) or RenewalPhase.OPEN
        letter = _chosen(LetterStanding, request.GET.get("letter", ""))
        return _Asked(phase, letter, _place(request.GET.get("after", "")))


def _chosen(choices: type[E], text: str) -> E | None:
    return next((each for each in choices if each.value == text), None)


def _place(text: str) -> DuePlace | None:
    """Behind whom the page begins: an address names a person by the opaque id."""
    expiry, _dot, public_id = text.partition(".")
    try:
        expiry_date = date.fromisoformat(expiry)
    except ValueError:
        return None
    found = Resident.objects.filter(public_id=public_id).first()
    return DuePlace(expiry_date, found.person_code) if found else None


def _place_text(place: DuePlace) -> str:
    found = Resident.objects.filter(pk=place.person_code).first()
    return f"{place.expiry_date.isoformat()}.{found.public_id}" if found else ""


@for_clerks
def renewals_due(request: HttpRequest, clerk: Clerk) -> HttpResponse:
    """One page of the list; whom it shows is in the journal."""
    asked, at = _Asked.of(request), instant(request)
    found = ask_agency(clerk, AskRenewalsDue(asked.phase, asked.letter, asked.after))
    own: Mapping[str, Resident] = Resident.objects.filter(
        municipality=clerk.municipality, removed_on=None
    ).in_bulk([each.person_code for each in found.persons])
    shown = [(own[each.person_code], each) for each in found.persons if each.person_code in own]
    _note_look(clerk, [resident for resident, _due in shown], asked, at)
    underway = _underway(clerk, [resident for resident, _due in shown])
    context = {
        "phases": _phases(asked),
        "letters": _letters(asked),
        "caption": PHASE[asked.phase],
        "columns": _columns(asked.phase),
        "rows": [
            [
                *_cells(resident, due, asked.phase),
                _next_step(clerk, resident, due, asked.phase, underway.get(resident.pk)),
            ]
            for resident, due in shown
        ],
        "is_first": asked.after is None,
        "first_url": _address(asked),
        "next_url": _address(asked, after=_place_text(found.next)) if found.next else "",
    }
    return render(request, "counter/renewals_due.html", context)


def _note_look(clerk: Clerk, shown: Sequence[Resident], asked: _Asked, at: datetime) -> None:
    whom = " ".join(each.public_id for each in shown)
    record_alone(clerk, LOOK_AT_DUE, "renewals due", at, hits=len(shown), phase=asked.phase, shown=whom)


def _underway(clerk: Clerk, shown: Sequence[Resident]) -> dict[str, Application]:
    """The applications under way of those who are shown."""
    found = Application.objects.filter(
        municipality=clerk.municipality, resident__in=shown, state__in=UNFINISHED
    )
    return {each.resident_id: each for each in found}


def _address(asked: _Asked, **changed: str) -> str:
    chosen = {"phase": asked.phase.value, "letter": asked.letter.value if asked.letter else ""} | changed
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"{reverse('counter:renewals_due')}?{query}"


def _phases(asked: _Asked) -> list[dict[str, object]]:
    return [
        {"label": label, "url": _address(asked, phase=each.value), "current": each is asked.phase}
        for each, label in PHASE.items()
    ]


def _letters(asked: _Asked) -> list[dict[str, object]]:
    any_letter = {
        "label": _("Any"),
        "url": _address(asked, letter=""),
        "current": asked.letter is None,
    }
    others = [
        {"label": label, "url": _address(asked, letter=each.value), "current": each is asked.letter}
        for each, (label, _badge) in LETTER.items()
    ]
    return [any_letter, *others]


def _columns(phase: RenewalPhase) -> list[str]:
    days = [_("Ended on")] if phase is RenewalPhase.LAPSED else [_("Renewal from"), _("Valid until")]
    return [_("Name"), _("Certificates"), *days, _("Letter"), _("Next step")]


def _cells(resident: Resident, due: DuePerson, phase: RenewalPhase) -> list[Cell]:
    url = reverse("counter:resident", args=[resident.public_id])
    names, first = short_names(), due.certificates[0]
    certificates = _(", ").join(names[each.purpose] for each in due.certificates)
    opens: list[Cell] = [{"text": day(renewal_opens_on(first.expiry_date))}]
    word, badge = LETTER[due.letter]
    return [
        {"text": resident.name, "name": True, "url": url},
        {"text": certificates},
        *([] if phase is RenewalPhase.LAPSED else opens),
        {"text": day(first.expiry_date), "note": _reasons(resident, due)},
        {"text": word, "badge": badge},
    ]


def _reasons(resident: Resident, due: DuePerson) -> str:
    """Why the first of the days is the last one, and of another certificate until when it is valid."""
    first, *others = due.certificates
    why = expiry_reasons(
        first.expiry_date,
        birth_date=resident.birth_date,
        issued_on=first.issued_on,
        card_expiry=due.card_expiry,
    )
    found = [str(REASON[each]) for each in why]
    words, names = _("%(certificate)s: %(day)s"), short_names()
    found += [
        words % {"certificate": names[each.purpose], "day": day(each.expiry_date)}
        for each in others
        if each.expiry_date != first.expiry_date
    ]
    return _(", ").join(found)


def _next_step(
    clerk: Clerk, resident: Resident, due: DuePerson, phase: RenewalPhase, underway: Application | None
) -> Cell:
    """The one thing to do next with somebody."""
    page, label = "resident", _("Open the resident’s page")
    if underway is not None:
        url = reverse("counter:application", args=[underway.number])
        return {"text": _("Continue the application"), "url": url, "hidden_text": resident.name}
    may = guards.may(clerk, CounterAct.RECEIVE, resident)
    held = any(each.status is Status.HELD for each in due.certificates)
    if due.letter is LetterStanding.RETURNED:
        label = _("Check the address")
    elif may and phase is RenewalPhase.OPEN and not held:
        page, label = "new_renewal", _("Receive the renewal")
    elif may and phase is RenewalPhase.LAPSED:
        page, label = "new_application", _("Receive an application for new ones")
    url = reverse(f"counter:{page}", args=[resident.public_id])
    return {"text": label, "url": url, "hidden_text": resident.name}
