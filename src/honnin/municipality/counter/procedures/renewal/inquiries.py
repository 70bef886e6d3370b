"""The list of document inquiries: how each stands, and the one next step of each.

What became of the letters on a page the agency is asked in one message.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.clock import day_in_japan
from honnin.console.instants import instant
from honnin.law.certificates.notices import DeliveryState
from honnin.law.citation import cites
from honnin.law.counter.renewal_pins import Inquiry, awaits_answer
from honnin.municipality.counter.applications import queries
from honnin.municipality.counter.applications.desk import for_clerks
from honnin.municipality.counter.applications.looks import at_list
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.cards.agency import ask_agency
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.renewal.envelope import (
    inquiry_of,
    is_mismatched,
    may_set_anew,
    ordered_inquiry,
)
from honnin.municipality.counter.procedures.renewal.waiting import by_form_at, mismatched, named
from honnin.municipality.counter.wording import Cell, day
from honnin.wire.messages.notices import AskDocumentInquiries

State = ApplicationState


class Standing(StrEnum):
    """How a document inquiry stands, and with it the renewal that waits for it."""

    TO_ORDER = "to order"
    NOT_SENT = "not sent"  # ordered: the letter is not printed, or not posted
    SENT = "sent"
    CAME_BACK = "came back"
    WITHHELD = "withheld"
    UNKNOWN = "unknown"  # the agency knows of no such letter
    ANSWERED_THERE = "answered there"  # the agency knows of the answer, and the note of it was cut here
    ANSWERED = "answered"
    OVERDUE = "overdue"
    PINS_SET = "pins set"  # on the second visit
    WRITING = "writing"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    ENDED = "ended"


OF_LETTER: Mapping[DeliveryState, Standing] = MappingProxyType(
    {
        DeliveryState.ORDERED: Standing.NOT_SENT,
        DeliveryState.PRINTED: Standing.NOT_SENT,
        DeliveryState.POSTED: Standing.SENT,
        DeliveryState.ANSWERED: Standing.ANSWERED_THERE,
        DeliveryState.RETURNED: Standing.CAME_BACK,
        DeliveryState.REPLACED: Standing.CAME_BACK,
        DeliveryState.UNDELIVERABLE: Standing.CAME_BACK,
        DeliveryState.WITHHELD: Standing.WITHHELD,
    }
)
_CLOSED: Mapping[str, Standing] = MappingProxyType(
    {
        State.WITHDRAWN: Standing.WITHDRAWN,
        State.REJECTED: Standing.REJECTED,
        State.ENDED: Standing.ENDED,
    }
)
_OPEN_APPLICATION = gettext_lazy("Open the application")
_NOTE_ANSWER = gettext_lazy("Record that the answer is here")
_CHECK_ADDRESS = gettext_lazy("Check the address")
NEXT_STEPS: Mapping[Standing, tuple[str | Promise, str, str | Promise, str]] = MappingProxyType(
    {
        Standing.TO_ORDER: (
            gettext_lazy("To be ordered"),
            "warning",
            gettext_lazy("Order a document inquiry"),
            "renew",
        ),
        Standing.NOT_SENT: (
            gettext_lazy("Ordered, not sent yet"),
            "neutral",
            gettext_lazy("Wait until the letter is sent"),
            "application",
        ),
        Standing.SENT: (
            gettext_lazy("Sent, the answer is waited for"),
            "info",
            _NOTE_ANSWER,
            "renew",
        ),
        Standing.CAME_BACK: (gettext_lazy("The letter came back"), "warning", _CHECK_ADDRESS, "resident"),
        Standing.WITHHELD: (gettext_lazy("The letter is not sent"), "warning", _CHECK_ADDRESS, "resident"),
        Standing.UNKNOWN: (
            gettext_lazy("The agency knows of no such letter"),
            "warning",
            _OPEN_APPLICATION,
            "application",
        ),
        Standing.ANSWERED_THERE: (
            gettext_lazy("Answered, not recorded here"),
            "warning",
            _NOTE_ANSWER,
            "renew",
        ),
        Standing.ANSWERED: (
            gettext_lazy("Answered"),
            "success",
            gettext_lazy("Set the PINs anew"),
            "renew",
        ),
        Standing.OVERDUE: (
            gettext_lazy("No answer in time"),
            "warning",
            gettext_lazy("Order another inquiry"),
            "renew",
        ),
        Standing.PINS_SET: (
            gettext_lazy("PINs set anew"),
            "success",
            gettext_lazy("Write the new certificates"),
            "renew",
        ),
        Standing.WRITING: (
            gettext_lazy("The writing is not finished"),
            "warning",
            gettext_lazy("Finish the writing"),
            "renew",
        ),
        Standing.WITHDRAWN: (
            gettext_lazy("Withdrawn, no answer is waited for"),
            "neutral",
            _OPEN_APPLICATION,
            "application",
        ),
        Standing.REJECTED: (
            gettext_lazy("Rejected, no answer is waited for"),
            "neutral",
            _OPEN_APPLICATION,
            "application",
        ),
        Standing.ENDED: (
            gettext_lazy("Ended, no answer is waited for"),
            "neutral",
            _OPEN_APPLICATION,
            "application",
        ),
    }
)
"""What a row says: how it stands, in which colour, what is done next, and on which page."""


@cites("S3-P3")
def standing(application: Application, today: date, letter: DeliveryState | None = None) -> Standing:
    """How the inquiry of a renewal stands; `letter`: where the agency has its letter, if it knows of it."""
    if application.state in _CLOSED:
        return _CLOSED[application.state]
    if not is_mismatched(application):
        return Standing.WRITING if application.state == State.CARRYING_OUT else Standing.PINS_SET
    inquiry = inquiry_of(application)
    if inquiry is None:
        return Standing.TO_ORDER
    if may_set_anew(application, today):
        return Standing.ANSWERED
    if not awaits_answer(inquiry, today):
        return Standing.OVERDUE
    return OF_LETTER[letter] if letter is not None else Standing.UNKNOWN


@for_clerks
def inquiries(request: HttpRequest, clerk: Clerk) -> HttpResponse:
    """Those to be ordered, those that are waited for, and until its last day one that nothing waits for."""
    today = day_in_japan(instant(request))
    page = Paginator(_listed(clerk, today), queries.ON_ONE_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    at_list(clerk, shown, at=instant(request))
    letters = _letters(clerk, shown, today)
    context = {
        "page": page,
        "columns": [
            _("Application number"),
            _("Applicant"),
            _("Answer by"),
            _("State"),
            _("Next step"),
        ],
        "rows": [_cells(each, standing(each, today, letters.get(each.pk))) for each in shown],
    }
    return render(request, "counter/inquiries.html", context)


def _listed(clerk: Clerk, today: date) -> QuerySet[Application]:
    under_way = by_form_at(clerk).filter(mismatched()).order_by().values("pk")
    asked = Q(details__inquiry__answer_by__gte=today.isoformat(), details__inquiry__answered_on__isnull=True)
    found = queries.applications_at(clerk).filter(procedure="renewal")
    return found.filter(Q(pk__in=under_way) | Q(asked, state__in=list(_CLOSED))).order_by("received_at")


def _letters(clerk: Clerk, shown: Sequence[Application], today: date) -> dict[str, DeliveryState]:
    """Where the agency has the letters of those that are waited for, by application, by one question."""
    ordered = {each.pk: ordered_inquiry(each) for each in shown if standing(each, today) is Standing.UNKNOWN}
    numbers = {found.request_number: key for key, found in ordered.items() if found is not None}
    if not numbers:
        return {}
    answer = ask_agency(clerk, AskDocumentInquiries(tuple(numbers)))
    states = zip(numbers.values(), answer.states, strict=True)
    return {key: state.state for key, state in states if state is not None}


def _cells(application: Application, stands: Standing) -> list[Cell]:
    state, badge, label, page = NEXT_STEPS[stands]
    key = application.resident.public_id if page == "resident" else application.number
    url = reverse(f"counter:{page}", args=[key])
    return [
        *named(application),
        _deadline(inquiry_of(application)),
        {"text": state, "badge": badge},
        {"text": label, "url": url, "hidden_text": application.number},
    ]


def _deadline(inquiry: Inquiry | None) -> Cell:
    """The last day for the answer, and when it was ordered."""
    if inquiry is None:
        return {"text": None}
    ordered = _("Ordered %(day)s") % {"day": day(inquiry.ordered_on)}
    return {"text": day(inquiry.deadline), "note": ordered}
