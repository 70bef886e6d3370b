"""Renewals by proxy that wait: for an envelope to be opened and used, or for the answer to an inquiry."""

from collections.abc import Iterable
from datetime import date

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.clock import day_in_japan
from honnin.console.instants import instant
from honnin.law.cards.pins import PinKind
from honnin.law.certificates.notices import DeliveryState
from honnin.law.counter.identity import ProxyKind
from honnin.law.counter.renewal_pins import Inquiry, PinProof, awaits_answer
from honnin.municipality.counter.applications import queries
from honnin.municipality.counter.applications.desk import for_clerks
from honnin.municipality.counter.applications.looks import at_list
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import UNFINISHED, ApplicationState
from honnin.municipality.counter.cards.agency import ask_agency
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.renewal.envelope import is_opened, may_set_anew, ordered_inquiry
from honnin.municipality.counter.procedures.renewal.facts import NO_ENVELOPE, SEALED
from honnin.municipality.counter.wording import Cell, day, moment
from honnin.wire.messages.notices import AskDocumentInquiry

_LETTER = {
    DeliveryState.ORDERED: (gettext_lazy("Ordered, not sent yet"), "neutral"),
    DeliveryState.PRINTED: (gettext_lazy("Ordered, not sent yet"), "neutral"),
    DeliveryState.POSTED: (gettext_lazy("Sent, the answer is waited for"), "info"),
    DeliveryState.ANSWERED: (gettext_lazy("Answered"), "success"),
    DeliveryState.RETURNED: (gettext_lazy("The letter came back"), "warning"),
    DeliveryState.REPLACED: (gettext_lazy("The letter came back"), "warning"),
    DeliveryState.UNDELIVERABLE: (gettext_lazy("The letter came back"), "warning"),
    DeliveryState.WITHHELD: (gettext_lazy("The letter is not sent"), "warning"),
}
_CAME_BACK = (DeliveryState.RETURNED, DeliveryState.UNDELIVERABLE, DeliveryState.WITHHELD)


def _by_form(clerk: Clerk) -> QuerySet[Application]:
    """This municipality's renewals by proxy that are not finished, the oldest first."""
    found = queries.applications_at(clerk).filter(procedure="renewal", state__in=UNFINISHED)
    return found.exclude(proxy_kind__in=("", ProxyKind.STATUTORY_AGENT)).order_by("received_at")


def _mismatched() -> Q:
    """Whose form does not open the card."""
    found = Q(details__inquiry__isnull=False)
    for kind in PinKind:
        found |= Q(**{f"details__pins__{kind.value}": PinProof.MISMATCHED.value})
    return found


@for_clerks
def envelopes(request: HttpRequest, clerk: Clerk) -> HttpResponse:
    """Envelopes that came and are not opened, or were opened and their form is not used up yet."""
    mismatched = _by_form(clerk).filter(_mismatched()).order_by().values("pk")
    found = _by_form(clerk).exclude(pk__in=mismatched).exclude(details__envelope=NO_ENVELOPE)
    page = Paginator(found, queries.ON_ONE_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    at_list(clerk, shown, at=instant(request))
    context = {
        "page": page,
        "columns": [
            _("Application number"),
            _("Applicant"),
            _("Proxy"),
            _("Time received"),
            _("Envelope"),
            _("Next step"),
        ],
        "rows": [_envelope_cells(each) for each in shown],
    }
    return render(request, "counter/envelopes.html", context)


def _envelope_cells(application: Application) -> list[Cell]:
    state, badge, label, page = _envelope(application)
    url = reverse(f"counter:{page}", args=[application.number])
    return [
        *_named(application),
        {"text": application.proxy_name, "name": True},
        {"text": moment(application.received_at)},
        {"text": state, "badge": badge},
        {"text": label, "url": url, "hidden_text": application.number},
    ]


def _envelope(application: Application) -> tuple[str, str, str, str]:
    """How the envelope stands, with its colour; what is done next, and on which page."""
    if application.details.get("envelope") != SEALED:
        return _("Not sealed, or opened"), "warning", _("Open the application"), "application"
    if application.state == ApplicationState.UNDER_EXAMINATION:
        return _("Sealed, to be examined"), "info", _("Examine the application"), "application"
    if not is_opened(application):
        return _("Sealed, to be opened"), "warning", _("Open the envelope"), "open_envelope"
    if application.state == ApplicationState.CARRYING_OUT:
        return _("Opened, the writing is not finished"), "warning", _("Finish the writing"), "renew"
    return _("Opened, not used yet"), "warning", _("Type the PINs of the form"), "renew"


@for_clerks
def inquiries(request: HttpRequest, clerk: Clerk) -> HttpResponse:
    """Document inquiries to be ordered, or whose application waits: sent, answered, back, overdue."""
    found = _by_form(clerk).filter(_mismatched())
    page = Paginator(found, queries.ON_ONE_PAGE).get_page(request.GET.get("page"))
    shown, today = list(page.object_list), day_in_japan(instant(request))
    at_list(clerk, shown, at=instant(request))
    context = {
        "page": page,
        "columns": [
            _("Application number"),
            _("Applicant"),
            _("Answer by"),
            _("State"),
            _("Next step"),
        ],
        "rows": [_inquiry_cells(clerk, each, today) for each in shown],
    }
    return render(request, "counter/inquiries.html", context)


def _inquiry_cells(clerk: Clerk, application: Application, today: date) -> list[Cell]:
    ordered = ordered_inquiry(application)
    state, badge, label, url = _inquiry(clerk, application, today)
    inquiry = ordered.inquiry if ordered else None
    return [
        *_named(application),
        _deadline(inquiry),
        {"text": state, "badge": badge},
        {"text": label, "url": url, "hidden_text": application.number},
    ]


def _deadline(inquiry: Inquiry | None) -> Cell:
    """The last day for the answer, and when it was ordered."""
    if inquiry is None:
        return {"text": None}
    ordered = _("Ordered %(day)s") % {"day": day(inquiry.ordered_on)}
    return {"text": day(inquiry.deadline), "note": ordered}


def _inquiry(clerk: Clerk, application: Application, today: date) -> tuple[object, str, str, str]:
    """How the inquiry stands, with its colour; what is done next, and where."""
    ordered = ordered_inquiry(application)
    url = reverse("counter:renew", args=[application.number])
    if ordered is None:
        return _("To be ordered"), "warning", _("Order a document inquiry"), url
    if may_set_anew(application, today):
        return _("Answered"), "success", _("Set the PINs anew"), url
    if not awaits_answer(ordered.inquiry, today):
        return _("No answer in time"), "warning", _("Order another inquiry"), url
    state = ask_agency(clerk, AskDocumentInquiry(ordered.request_number)).state
    if state in _CAME_BACK:
        person = reverse("counter:resident", args=[application.resident.public_id])
        return *_LETTER[state], _("Check the address"), person
    return *_LETTER[state], _("Record that the answer is here"), url


def _named(application: Application) -> Iterable[Cell]:
    """The application and its applicant, whom its page leads to."""
    url = reverse("counter:application", args=[application.number])
    yield {"text": application.number, "url": url, "hidden_text": _("open"), "number": True}
    yield {"text": application.resident.name, "name": True}
