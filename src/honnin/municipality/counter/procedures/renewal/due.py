"""更新の対象となる方: which residents of the municipality are due for renewal, and the next step of each.

The agency knows certificates and letters, the register the persons: neither is shown of another municipality.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from honnin.law.certificates.notices import (
    AddresseeFacts,
    LetterStanding,
    RenewalPhase,
    expiry_notice_refusals,
)
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
from honnin.municipality.counter.wording import Cell, day, sentence
from honnin.municipality.residents.addressees import addressee_of
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
_NOT_SENT = (LetterStanding.NONE, LetterStanding.WITHHELD)
MOST_QUESTIONS = 10
"""Pages of the agency's list that one page here is made of, where all who are on them have left meanwhile."""


@dataclass(frozen=True)
class _Asked:
    """What of the list is asked for; anything that is no choice of the page stands for its usual one."""

    phase: RenewalPhase
    letter: LetterStanding | None
    after: DuePlace | None = None
    before: DuePlace | None = None

    @staticmethod
    def of(request: HttpRequest) -> "_Asked":
        phase = _chosen(RenewalPhase, request.GET.get("phase", "")) or RenewalPhase.OPEN
        letter = _chosen(LetterStanding, request.GET.get("letter", ""))
        after, before = _place(request.GET.get("after", "")), _place(request.GET.get("before", ""))
        return _Asked(phase, letter, after, None if after else before)

    @property
    def is_first(self) -> bool:
        return self.after is None and self.before is None

    def message(self) -> AskRenewalsDue:
        return AskRenewalsDue(self.phase, self.letter, self.after, self.before)


def _chosen(choices: type[E], text: str) -> E | None:
    return next((each for each in choices if each.value == text), None)


def _place(text: str) -> DuePlace | None:
    """A place in the list: an address names a person by the opaque id."""
    expiry, _dot, public_id = text.partition(".")
    try:
        expiry_date = date.fromisoformat(expiry)
    except ValueError:
        return None
    found = Resident.objects.filter(public_id=public_id).first()
    return DuePlace(expiry_date, found.person_code) if found else None


@dataclass
class _Page:
    """Who is shown, and how the list goes on to both sides.

    `first`, `last`: the places, as an address has them, of the first and the last of whom this municipality's
    register has heard, also of those who have left. `left`: how many were passed over.
    """

    shown: list[tuple[Resident, DuePerson]]
    left: int = 0
    first: str = ""
    last: str = ""
    has_next: bool = False
    has_previous: bool = False


def _page(clerk: Clerk, asked: _Asked) -> _Page:
    """One page of the agency's list; where everybody on it has left meanwhile, the next one of them in the
    same direction, and so on, `MOST_QUESTIONS` at most.
    """
    page, backwards = _Page([]), asked.before is not None
    for turn in range(MOST_QUESTIONS):
        found = ask_agency(clerk, asked.message())
        _take_in(page, clerk, found.persons, asked.phase, backwards=backwards)
        if not backwards or turn == 0:
            page.has_next = found.next is not None
        if backwards or turn == 0:
            page.has_previous = found.previous is not None
        further = found.previous if backwards else found.next
        if page.shown or further is None:
            break
        asked = replace(asked, before=further) if backwards else replace(asked, after=further)
    return page


def _take_in(
    page: _Page, clerk: Clerk, persons: Sequence[DuePerson], phase: RenewalPhase, *, backwards: bool
) -> None:
    known: Mapping[str, Resident] = Resident.objects.in_bulk([each.person_code for each in persons])
    places = [
        f"{_day_of(each, phase).isoformat()}.{known[each.person_code].public_id}"
        for each in persons
        if each.person_code in known
    ]
    own = [(known[each.person_code], each) for each in persons if each.person_code in known]
    page.shown = [
        (resident, due)
        for resident, due in own
        if resident.municipality_id == clerk.municipality_id and resident.removed_on is None
    ]
    page.left += len(persons) - len(page.shown)
    if places:
        page.first = places[0] if backwards else page.first or places[0]
        page.last = page.last or places[-1] if backwards else places[-1]


def _day_of(due: DuePerson, phase: RenewalPhase) -> date:
    """The day by which somebody stands in the list: the first of theirs in its order."""
    days = [each.expiry_date for each in due.certificates]
    return max(days) if phase is RenewalPhase.LAPSED else min(days)


@for_clerks
def renewals_due(request: HttpRequest, clerk: Clerk) -> HttpResponse:
    """One page of the list; whom it shows is in the journal."""
    asked, at = _Asked.of(request), instant(request)
    page = _page(clerk, asked)
    residents = [resident for resident, _due in page.shown]
    _note_look(clerk, residents, asked, at)
    underway = _underway(clerk, residents)
    context = {
        "phases": _phases(asked),
        "letters": _letters(asked),
        "caption": _caption(page, asked.phase),
        "columns": _columns(asked.phase),
        "rows": [
            [
                *_cells(resident, due, asked.phase),
                _next_step(clerk, resident, due, asked.phase, underway.get(resident.pk)),
            ]
            for resident, due in page.shown
        ],
        "empty": _nobody(page, asked),
        "is_first": asked.is_first,
        "first_url": _address(asked),
        "previous_url": _address(asked, before=page.first) if page.has_previous and page.first else "",
        "next_url": _address(asked, after=page.last) if page.has_next and page.last else "",
    }
    return render(request, "counter/renewals_due.html", context)


def _caption(page: _Page, phase: RenewalPhase) -> str:
    """The part of the list, and where in it the page is, if it is not all of it."""
    days = [_day_of(due, phase) for _resident, due in page.shown]
    if not days or not (page.has_next or page.has_previous):
        return str(PHASE[phase])
    words = {"part": PHASE[phase], "first": day(days[0]), "last": day(days[-1])}
    return _("%(part)s: certificates that end from %(first)s to %(last)s") % words


def _nobody(page: _Page, asked: _Asked) -> str:
    """What an empty page says: nobody is in the list, or those who are have left meanwhile."""
    if page.has_previous if asked.before else page.has_next:
        words = _("All %(number)s who come next have left this municipality meanwhile. The list goes on.")
        return words % {"number": page.left}
    if page.left:
        return _("Whoever else is in this list has left this municipality meanwhile.")
    if not asked.is_first:
        return _("Nobody else is in this list.")
    return _("Nobody of this municipality is in this list.")


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
    return [
        {"text": resident.name, "name": True, "url": url},
        {"text": certificates},
        *([] if phase is RenewalPhase.LAPSED else opens),
        {"text": day(first.expiry_date), "note": _reasons(resident, due)},
        _letter(resident, due),
    ]


def _letter(resident: Resident, due: DuePerson) -> Cell:
    """What became of the notice. To whom none is written, it says so before one could be ordered, and why."""
    to = addressee_of(resident, due.person_code)
    facts = AddresseeFacts(registered=to.registered, elsewhere=to.elsewhere, stay=to.stay)
    refusals = expiry_notice_refusals(facts) if due.letter in _NOT_SENT else ()
    word, badge = LETTER[LetterStanding.WITHHELD if refusals else due.letter]
    return {"text": word, "badge": badge, "note": " ".join(map(sentence, refusals))}


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
