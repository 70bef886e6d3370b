"""Receiving an application for a revocation, once more what that ends, the act, and the receipt."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from honnin.clock import day_in_japan
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.console.signing_in.admission import takes_copies
from honnin.errors import Conflict, Refused
from honnin.law.counter.acts import CounterAct
from honnin.law.terms import Purpose
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.desk import (
    for_clerks,
    looked_at_application,
    looked_at_resident,
)
from honnin.municipality.counter.applications.evidence.scans import Scans
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.services import against_next_step
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.applications.views.application import overtaken
from honnin.municipality.counter.applications.views.receiving import foreseen, receive
from honnin.municipality.counter.applications.wording import APPLICATION, citizen_rows
from honnin.municipality.counter.cards import outcomes
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.wording import card_rows
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.revocation import services, wording
from honnin.municipality.counter.procedures.revocation.facts import left_to_revoke
from honnin.municipality.counter.procedures.revocation.forms import NewRevocation
from honnin.municipality.counter.procedures.revocation.kind import Revocation
from honnin.municipality.counter.wording import person_rows, refusals
from honnin.wire.messages.certificates import PersonState


@takes_copies
@for_clerks
def new_revocation(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """What is to be revoked, why, and what was shown. Raises as `looked_at_resident`."""
    resident = looked_at_resident(request, clerk, public_id, CounterAct.RECEIVE)
    at = instant(request)
    scans, state = Scans(request, f"revocation of {public_id}"), person_state(clerk, resident.pk)
    form = NewRevocation(resident, day_in_japan(at), *scans.sent(), state=state)
    if request.method == "POST" and form.is_valid():
        return receive(request, clerk, resident, form, scans)
    refill(request, form)
    scans.keep(form)
    against = services.against_revocation(resident, clerk=clerk, at=at)
    context = {
        "form": form,
        "resident": resident,
        "about": resident.name,
        "person": person_rows(resident),
        **foreseen(request, clerk, resident, against, page=Revocation.form_page),
        "steps": wording.steps_of_revocation(APPLICATION),
    }
    return render(request, "counter/new_revocation.html", context)


@for_clerks
def revoke(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Say once more what will be revoked for good, then do it."""
    found = looked_at_application(request, clerk, number, "revoke")
    if _is_done(found):  # a second click: the work is done
        return redirect("counter:revocation_receipt", found.number)
    try:
        guards.require(clerk, CounterAct.REVOKE, found)
    except Conflict as error:
        return overtaken(request, clerk, found, error)
    state = person_state(clerk, found.resident_id)
    if request.method == "POST":
        return _revoke(request, clerk, found, state)
    named, today = purposes_of(found), day_in_japan(instant(request))
    context = {
        "application": found,
        "about": found.resident.name,
        "begun": found.state == ApplicationState.CARRYING_OUT,
        "against": refusals(against_next_step(found, clerk=clerk, at=instant(request))),
        "rejectable": found.may_start(CounterAct.REJECT),
        "rows": [
            *citizen_rows(found),
            *wording.form_rows(found)[:1],
            *outcomes.certificate_rows(state, named, [each for each in Purpose if each in named], today),
        ],
        "card": card_rows(state, today),
        "steps": wording.steps_of_revocation(wording.REVOKING),
    }
    return render(request, "counter/revoke.html", context)


def _is_done(found: Application) -> bool:
    """Whether it is a revocation, and carried out: another procedure's application has no receipt here."""
    return found.state == ApplicationState.CARRIED_OUT and isinstance(found.kind, Revocation)


def _revoke(request: HttpRequest, clerk: Clerk, found: Application, before: PersonState) -> HttpResponse:
    """Where it was refused, or a colleague was faster, the page says how it stands now."""
    at = instant(request)
    try:
        after = services.revoke(found, clerk=clerk, at=at)
    except (Conflict, Refused):
        return redirect("counter:revoke", found.number)
    today = day_in_japan(at)
    became = outcomes.after_act(before, after, today) if left_to_revoke(found, before, today) else ""
    messages.success(request, became or _("The certificates were revoked"))
    if before.reported_lost and services.is_report_of_loss(found):
        messages.success(request, _("The report of loss was recorded, and the hotline was told."))
    return redirect("counter:revocation_receipt", found.number)


@for_clerks
def revocation_receipt(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """The paper for who has applied; the application's page before anything was revoked."""
    found = looked_at_application(request, clerk, number, "receipt")
    if not _is_done(found):
        return overtaken(request, clerk, found, Conflict("E_APPLICATION_STATE", state=found.state))
    context = {
        "application": found,
        "about": found.resident.name,
        "rows": wording.receipt_rows(found),
        "revoked": wording.revoked(found),
        "why": found.details.get("why"),
        "steps": wording.steps_of_revocation(wording.DONE),
    }
    return render(request, "counter/revocation_receipt.html", context)
