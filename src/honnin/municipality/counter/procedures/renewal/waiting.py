"""Renewals by proxy that wait: the list of envelopes to be opened and used."""

from collections.abc import Iterable

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from honnin.console.instants import instant
from honnin.law.cards.pins import PinKind
from honnin.law.counter.identity import ProxyKind
from honnin.law.counter.renewal_pins import PinProof
from honnin.municipality.counter.applications import queries
from honnin.municipality.counter.applications.desk import for_clerks
from honnin.municipality.counter.applications.looks import at_list
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import UNFINISHED, ApplicationState
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.renewal.envelope import is_opened
from honnin.municipality.counter.procedures.renewal.facts import NO_ENVELOPE, SEALED
from honnin.municipality.counter.wording import Cell, moment


def by_form_at(clerk: Clerk) -> QuerySet[Application]:
    """This municipality's renewals by proxy that are not finished, the oldest first."""
    found = queries.applications_at(clerk).filter(procedure="renewal", state__in=UNFINISHED)
    return found.exclude(proxy_kind__in=("", ProxyKind.STATUTORY_AGENT)).order_by("received_at")


def mismatched() -> Q:
    """Whose form does not open the card."""
    found = Q(details__inquiry__isnull=False)
    for kind in PinKind:
        found |= Q(**{f"details__pins__{kind.value}": PinProof.MISMATCHED.value})
    return found


@for_clerks
def envelopes(request: HttpRequest, clerk: Clerk) -> HttpResponse:
    """Envelopes that came and are not opened, or were opened and their form is not used up yet."""
    over = by_form_at(clerk).filter(mismatched()).order_by().values("pk")
    found = by_form_at(clerk).exclude(pk__in=over).exclude(details__envelope=NO_ENVELOPE)
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
        *named(application),
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


def named(application: Application) -> Iterable[Cell]:
    """The application and its applicant, whom its page leads to."""
    url = reverse("counter:application", args=[application.number])
    yield {"text": application.number, "url": url, "hidden_text": _("open"), "number": True}
    yield {"text": application.resident.name, "name": True}
