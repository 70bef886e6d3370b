"""Certificates, issued onto a card and handed over.

The agency speaks with the card; the counter relays sealed commands, and carries the PINs to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from honnin.card.client.session import CardSession
from honnin.card.transport import Transport, longest_data
from honnin.clock import Clock, day_in_japan
from honnin.errors import Conflict, Refusal, Refused
from honnin.identifiers import CardNumber
from honnin.journal.binding import changed
from honnin.law.certificates.status import hand_over_refusals
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.law.terms import Purpose
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.certificates.form import application_form, wanted
from honnin.municipality.counter.applications.certificates.receipt import outcome_of
from honnin.municipality.counter.applications.facts import brought_by
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.services import examine_in, held, note
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.cards import reader
from honnin.municipality.counter.cards.agency import ask_agency, person_state
from honnin.municipality.counter.cards.reader import check_pins
from honnin.municipality.counter.cards.standing import PIN_KIND, status_of
from honnin.municipality.counter.guards.acts import about_application, record_alone
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.records.journal import DATABASE
from honnin.municipality.residents.services import deliver_reports
from honnin.pin import Pin
from honnin.wire.messages.certificates import PersonState
from honnin.wire.messages.issuance import (
    IssuanceStep,
    IssuedCertificate,
    RelayAnswers,
    RequestIssuance,
)


@dataclass(frozen=True)
class Delivery:
    """The card on the reader and the PINs that the applicant typed."""

    transport: Transport
    pins: Mapping[Purpose, Pin]


def issue(
    application: Application, delivery: Delivery, *, clerk: Clerk, clock: Clock
) -> tuple[IssuedCertificate, ...]:
    """Issue onto the card and set the PINs: resumable at any point by calling it again.

    Raises Refused for a badly formed PIN before anything happens, and for whatever stands against issuing
    now (the world may have moved since the approval); CardError when the card goes away. What was issued by
    then stays issued, and the next call writes it onto the same card. Once all is done, issuing is over: a
    PIN that is forgotten afterwards is another application.

    Speaking with a card takes its time: what begins it and what it ends with are two acts, each of one
    instant, and the clock is read once for either.
    """
    began = clock.now()
    purposes = wanted(application)
    check_pins({PIN_KIND[purpose]: delivery.pins.get(purpose, Pin("")) for purpose in purposes})
    card_number = CardSession(delivery.transport).card_number()
    request = _request(application, card_number, clerk, began)
    record_alone(clerk, "begin issue", about_application(application), began, card=card_number)

    def answer(step: IssuanceStep, answers: tuple[bytes, ...]) -> IssuanceStep:
        return ask_agency(clerk, RelayAnswers(step.procedure, answers, longest_data(delivery.transport)))

    step = reader.converse(ask_agency(clerk, request), delivery.transport, answer)
    reader.set_pins(delivery.transport, {PIN_KIND[purpose]: delivery.pins[purpose] for purpose in purposes})
    _note_issued(application, step, card_number, clerk=clerk, at=clock.now())
    return step.certificates


def _request(
    application: Application, card_number: CardNumber, clerk: Clerk, at: datetime
) -> RequestIssuance:
    """What the agency is asked, after everything was examined once more as it stands now.

    The order matters. First the agency hears of every change of the register; then it is asked what it knows;
    then the register is read. A change after that is a report that it has not counted yet, and it refuses
    (E_OVERTAKEN). Raises Refused with everything that stands against issuing.
    """
    deliver_reports(at, application.resident_id)
    state = person_state(clerk, application.resident_id)
    now = Application.objects.select_related("resident", "municipality").get(pk=application.pk)
    guards.require(clerk, CounterAct.ISSUE, now)
    if refusals := examine_in(now, state, clerk, at):
        raise Refused(*refusals)
    return RequestIssuance(application_form(now), card_number, wanted(now), state.notices)


def _note_issued(
    application: Application, step: IssuanceStep, card_number: CardNumber, *, clerk: Clerk, at: datetime
) -> None:
    with transaction.atomic(using=DATABASE):
        locked = Application.objects.select_for_update().get(pk=application.pk)
        locked.card_number = card_number
        if locked.state == ApplicationState.APPROVED:
            locked.state = locked.after(CounterAct.ISSUE)
            locked.issued_at = at
        locked.outcome = outcome_of(step.certificates)
        locked.save()
        written = changed(locked, "card_number", "state", "issued_at", "outcome")
        note(clerk, "note issued", locked, at, written)


@cites("S4-4.3")
def hand_over(application: Application, *, clerk: Clerk, at: datetime) -> None:
    """Hand the card with its certificates to the applicant, who is a holder from here on.

    Raises Conflict E_CERT_REVOKED, E_CERT_EXPIRED or E_CERT_HELD when they have no effect any more.
    """
    present = Application.objects.select_related("resident").get(pk=application.pk)
    guards.require(clerk, CounterAct.HAND_OVER, present)
    for refusal in against_hand_over(present, clerk=clerk, at=at):
        raise Conflict(refusal.code)
    with transaction.atomic(using=DATABASE):
        locked = held(application, CounterAct.HAND_OVER, clerk)
        locked.state = locked.after(CounterAct.HAND_OVER)
        locked.handed_over_at = at
        locked.save()
        note(clerk, "hand over", locked, at, changed(locked, "state", "handed_over_at"))


def against_hand_over(application: Application, *, clerk: Clerk, at: datetime) -> tuple[Refusal, ...]:
    """Why what an application brought cannot be handed over, by the law's own function."""
    return lapsed_in(application, person_state(clerk, application.resident_id), day_in_japan(at))


def lapsed_in(application: Application, state: PersonState, on: date) -> tuple[Refusal, ...]:
    """The same, where the agency was asked already."""
    brought = brought_by(application, state).values()
    return hand_over_refusals(status_of(each, on) for each in brought)
