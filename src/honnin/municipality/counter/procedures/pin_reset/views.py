"""PINs that were forgotten or blocked: the application, and the card on which they are set again.

The PINs pass through on their way to the card: they are not kept, not shown again and not logged.
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
from honnin.law.cards.pins import PinKind
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import wording
from honnin.municipality.counter.applications.desk import (
    clock,
    for_clerks,
    looked_at_application,
    looked_at_resident,
)
from honnin.municipality.counter.applications.evidence.scans import Scans
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.applications.views.application import overtaken
from honnin.municipality.counter.applications.views.card_and_pins import (
    card_and_pins,
    keep_failure,
    own_card,
    was_begun,
)
from honnin.municipality.counter.applications.views.receiving import foreseen, receive
from honnin.municipality.counter.cards import readers
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.forms import CardAndPins
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.pin_reset import services
from honnin.municipality.counter.procedures.pin_reset.forms import PinReset
from honnin.municipality.counter.procedures.pin_reset.kind import Pins
from honnin.municipality.counter.procedures.pin_reset.services import against_pin_reset
from honnin.municipality.counter.wording import person_rows


@takes_copies
@for_clerks
def new_pin_reset(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """Which PINs a holder wants to set again, and what was shown. Raises as `looked_at_resident`."""
    resident = looked_at_resident(request, clerk, public_id, CounterAct.RECEIVE)
    scans = Scans(request, f"PINs of {public_id}")
    form = PinReset(resident, day_in_japan(instant(request)), *scans.sent())
    if request.method == "POST" and form.is_valid():
        return receive(request, clerk, resident, form, scans)
    refill(request, form)
    scans.keep(form)
    against = against_pin_reset(resident, clerk=clerk, at=instant(request))
    context = {
        "form": form,
        "resident": resident,
        "about": resident.name,
        "person": person_rows(resident),
        **foreseen(request, clerk, resident, against, page=Pins.form_page),
        "steps": wording.steps(wording.APPLICATION, Pins.last_step),
    }
    return render(request, "counter/new_pin_reset.html", context)


@sensitive_post_parameters()
@for_clerks
def set_pins(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Choose the card, let the holder type the new PINs, set them."""
    found = looked_at_application(request, clerk, number, "set_pins")
    if found.state == ApplicationState.PINS_SET:  # a second click: the work is done
        return redirect("counter:application", found.number)
    try:
        guards.require(clerk, CounterAct.SET_PINS, found)
    except Conflict as error:
        return overtaken(request, clerk, found, error)
    state = person_state(clerk, found.resident_id)
    cards, kinds = readers.choices(), [PinKind(kind) for kind in found.pins]
    data = (request.POST,) if request.method == "POST" else ()
    form = CardAndPins(kinds, cards, own_card(found, state), *data)
    if request.method == "POST" and form.is_valid():
        return _set(request, clerk, found, form)
    more: dict[str, object] = {
        "begun": found.state == ApplicationState.SETTING_PINS or was_begun(request, found),
        "button": _("Set the new PINs"),
        "after_a_cut": _(
            "Each PIN is either the old one or the new one. Remove the cause, let the holder enter "
            "the PINs again and choose “Set the new PINs”."
        ),
    }
    return card_and_pins(request, clerk, found, form, state=state, more=more)


def _set(request: HttpRequest, clerk: Clerk, found: Application, form: CardAndPins) -> HttpResponse:
    try:
        with readers.inserted(form.cleaned_data["card"]) as transport:
            services.set_pins(found, transport, form.pins(), clerk=clerk, clock=clock())
    except NotAllowed:
        raise
    except HonninError as error:
        keep_failure(request, found, error, begun=False)  # the application's state says that
        return redirect("counter:set_pins", found.number)
    messages.success(request, _("The new PINs were set. Give the card back to its holder."))
    return redirect("counter:application", found.number)
