"""Applying for certificates, the card and the PINs, issuing, the receipt.

The PINs pass through on their way to the card: they are not kept, not shown again and not logged. A cut in
the middle leaves what was done standing, says so, and the same page finishes the rest.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from honnin.clock import day_in_japan
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.console.signing_in.admission import takes_copies
from honnin.errors import Conflict, HonninError, NotAllowed
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.registration import registration_refusals
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import queries, wording
from honnin.municipality.counter.applications.certificates.form import wanted
from honnin.municipality.counter.applications.certificates.forms import NewCertificates
from honnin.municipality.counter.applications.certificates.receipt import receipt_of
from honnin.municipality.counter.applications.desk import (
    clock,
    for_clerks,
    looked_at_application,
    looked_at_resident,
    only_post,
)
from honnin.municipality.counter.applications.evidence.scans import Scans
from honnin.municipality.counter.applications.facts import brought_by
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.applications.views.application import overtaken, ways_to_end
from honnin.municipality.counter.applications.views.card_and_pins import (
    card_and_pins,
    failure_place,
    keep_failure,
    own_card,
    was_begun,
)
from honnin.municipality.counter.applications.views.receiving import foreseen, receive
from honnin.municipality.counter.cards import readers
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.forms import CardAndPins
from honnin.municipality.counter.cards.prospects import against_certificates
from honnin.municipality.counter.cards.standing import PIN_KIND, standing
from honnin.municipality.counter.cards.wording import CERTIFICATE
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.issuing import services
from honnin.municipality.counter.procedures.issuing.kind import Certificates
from honnin.municipality.counter.procedures.issuing.services import Delivery, against_hand_over
from honnin.municipality.counter.wording import Cell, person_rows, refusals
from honnin.municipality.residents.queries import registration_of
from honnin.wire.messages.certificates import PersonState

_WITH_RECEIPT = frozenset({ApplicationState.ISSUED, ApplicationState.HANDED_OVER})


@sensitive_post_parameters()
@for_clerks
def issue(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Choose the card, let the applicant type the PINs, issue."""
    found = looked_at_application(request, clerk, number, "issue")
    if found.state == ApplicationState.ISSUED:  # a second click: the work is done
        return redirect("counter:receipt", found.number)
    try:
        guards.require(clerk, CounterAct.ISSUE, found)
    except Conflict as error:
        return overtaken(request, clerk, found, error)
    state = person_state(clerk, found.resident_id)
    cards = readers.choices()
    data = (request.POST,) if request.method == "POST" else ()
    kinds = [PIN_KIND[purpose] for purpose in wanted(found)]
    form = CardAndPins(kinds, cards, own_card(found, state), *data)
    if request.method == "POST" and form.is_valid():
        return _issue(request, clerk, found, form)
    begun = bool(brought_by(found, state)) or was_begun(request, found)
    more: dict[str, object] = {
        "begun": begun,
        "standing": _standing(found, state) if begun else (),
        "standing_columns": [_("Certificate"), _("Serial number"), _("Issued"), _("On the card")],
        "button": _("Try again") if begun or failure_place(found) in request.session else _("Set and issue"),
        "after_a_cut": _(
            "What was done until then stays done. Remove the cause, let the applicant enter the PINs "
            "again and choose “Try again”: it continues from here, and nothing is done twice."
        ),
    }
    return card_and_pins(request, clerk, found, form, state=state, more=more)


def _issue(request: HttpRequest, clerk: Clerk, found: Application, form: CardAndPins) -> HttpResponse:
    begun = False
    try:
        with readers.inserted(form.cleaned_data["card"]) as transport:
            begun = True
            pins = form.pins()
            delivery = Delivery(transport, {each: pins[PIN_KIND[each]] for each in wanted(found)})
            services.issue(found, delivery, clerk=clerk, clock=clock())
    except NotAllowed:
        raise
    except HonninError as error:
        keep_failure(request, found, error, begun=begun and error.kind != "refused")
        return redirect("counter:issue", found.number)
    messages.success(request, _("The certificates were issued and written to the card."))
    return redirect("counter:receipt", found.number)


def _standing(found: Application, state: PersonState) -> list[list[Cell]]:
    """What of this application is done, as the agency has it."""
    rows: list[list[Cell]] = []
    for purpose in wanted(found):
        present = brought_by(found, state).get(purpose)
        rows.append(
            [
                {"text": CERTIFICATE[purpose]},
                {"text": str(present.serial_number) if present else "–"},
                _done(present is not None),
                _done(present is not None and present.delivered),
            ]
        )
    return rows


def _done(yes: bool) -> Cell:
    return {"text": _("Done"), "badge": "success"} if yes else {"text": _("Not yet"), "badge": "neutral"}


@cites("S2-2.1b")
@for_clerks
def receipt(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """The paper for the applicant, with some advice; the application's page before anything was issued."""
    found = looked_at_application(request, clerk, number, "receipt")
    if found.state not in _WITH_RECEIPT:
        return overtaken(request, clerk, found, Conflict("E_APPLICATION_STATE", state=found.state))
    may_hand_over = guards.may(clerk, CounterAct.HAND_OVER, found)
    against = against_hand_over(found, clerk=clerk, at=instant(request)) if may_hand_over else ()
    context = {
        **receipt_of(found),
        "may_hand_over": may_hand_over and not against,
        "gone": refusals(registration_refusals(registration_of(found.resident))),
        **ways_to_end(request, clerk, found, against),
        "steps": wording.steps(wording.RECEIPT + (found.state == ApplicationState.HANDED_OVER)),
    }
    return render(request, "counter/receipt.html", context)


@only_post
def hand_over(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """The applicant takes the card and is a holder from here on."""
    services.hand_over(queries.application(clerk, number), clerk=clerk, at=instant(request))
    messages.success(request, _("The card and the receipt were handed over. The work is done."))
    return redirect("counter:receipt", number)


@takes_copies
@for_clerks
def new_application(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """What a resident asks for and brought. Raises as `looked_at_resident`."""
    resident = looked_at_resident(request, clerk, public_id, CounterAct.RECEIVE)
    today = day_in_japan(instant(request))
    scans = Scans(request, f"application of {public_id}")
    present = standing(person_state(clerk, resident.pk), today).values()
    form = NewCertificates(resident, today, *scans.sent(), present=present)
    if request.method == "POST" and form.is_valid():
        return receive(request, clerk, resident, form, scans)
    refill(request, form)
    scans.keep(form)
    against = against_certificates(resident, clerk=clerk, at=instant(request))
    context = {
        "form": form,
        "resident": resident,
        "about": resident.name,
        "person": person_rows(resident),
        **foreseen(request, clerk, resident, against, page=Certificates.form_page),
        "steps": wording.steps(wording.APPLICATION),
        "substitutes": form.substituted,
    }
    return render(request, "counter/new_application.html", context)
