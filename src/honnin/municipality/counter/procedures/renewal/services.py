"""Renewing: the PINs are proved to the card or set anew, then the agency puts new certificates onto it.

The agency speaks with the card; the counter relays sealed commands, and carries the PINs to it. What became
of each PIN is kept with the application, and no PIN is.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from honnin.card.client.session import CardSession
from honnin.card.transport import Transport, longest_data
from honnin.clock import Clock, day_in_japan
from honnin.errors import Conflict, Refusal, Refused
from honnin.identifiers import CardNumber
from honnin.journal.binding import changed
from honnin.law.cards.pins import PinKind
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.renewal import refusals_foreseen
from honnin.law.counter.renewal_pins import IN_ORDER, PinProof, inquiry_refusals, pin_refusals
from honnin.municipality.counter.applications.certificates.form import application_form, wanted
from honnin.municipality.counter.applications.certificates.receipt import outcome_of
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.services import held, note
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.cards import reader
from honnin.municipality.counter.cards.agency import ask_agency, person_state
from honnin.municipality.counter.cards.reader import check_pins
from honnin.municipality.counter.cards.updates import carry_out
from honnin.municipality.counter.guards.acts import about_application, record_alone
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.renewal.envelope import inquiry_of, is_opened, may_set_anew
from honnin.municipality.counter.procedures.renewal.facts import (
    by_form,
    facts_before_renewal,
    is_recorded,
    proofs_of,
    proxy_of_application,
    wanted_pins,
)
from honnin.municipality.counter.procedures.renewal.proving import (
    ByClerk,
    CardAndTyped,
    examined,
    note_pins,
    note_tries,
    prove_one,
    require_card_at_hand,
)
from honnin.municipality.records.journal import DATABASE
from honnin.municipality.residents.models import Resident
from honnin.pin import Pin
from honnin.wire.messages.card_updates import CardUpdateKind, RequestCardUpdate
from honnin.wire.messages.issuance import IssuanceStep, IssuedCertificate, RelayAnswers
from honnin.wire.messages.renewal import RequestRenewal


@cites("S3-8", "S3-12", "S3-P6")
def renew(
    application: Application, typed: CardAndTyped, *, clerk: Clerk, clock: Clock
) -> tuple[IssuedCertificate, ...]:
    """Put the new certificates onto the card: resumable at any point by calling it again.

    The PINs that are not proved by now are proved or set anew before. Raises Refused for a badly formed PIN
    before anything happens, for whatever stands against it by now, and E_PIN_UNPROVED while a PIN is neither
    proved nor set anew; CardError for a PIN that is wrong (what was proved before stays proved), and when the
    card goes away. Until the agency has recorded the new certificates the old ones work, and afterwards no
    PIN is asked for again: what is left is the writing.
    """
    began = clock.now()
    check_pins({**typed.known, **typed.anew})
    now, state = examined(application, ByClerk(CounterAct.RENEW, clerk, began))
    number = require_card_at_hand(state, typed.transport, began)
    if not is_recorded(now, state):
        now = _prove(now, number, typed, clerk=clerk, at=began)
    _begin(now, number, clerk, began)
    request = RequestRenewal(application_form(now), number, wanted(now), state.notices)
    record_alone(clerk, "begin renewal", about_application(now), began, card=number)

    def answer(step: IssuanceStep, answers: tuple[bytes, ...]) -> IssuanceStep:
        return ask_agency(clerk, RelayAnswers(step.procedure, answers, longest_data(typed.transport)))

    step = reader.converse(ask_agency(clerk, request), typed.transport, answer)
    _finish(now, step, clerk=clerk, at=clock.now())
    return step.certificates


def against_renewal(resident: Resident, *, clerk: Clerk, at: datetime) -> tuple[Refusal, ...]:
    """Why a person's certificates cannot be renewed as things stand, whatever is shown for it."""
    state, today = person_state(clerk, resident.pk), day_in_japan(at)
    return refusals_foreseen(facts_before_renewal(resident, clerk, state, today), today)


@cites("S3-9", "S3-11", "S3-P2")
def _prove(
    application: Application, number: CardNumber, typed: CardAndTyped, *, clerk: Clerk, at: datetime
) -> Application:
    """The application with every PIN proved to the card or set anew."""
    if typed.known and by_form(application) and not is_opened(application):
        raise Conflict("E_APPLICATION_STATE", state=application.state)
    session, by = CardSession(typed.transport), ByClerk(CounterAct.RENEW, clerk, at)
    if typed.known and by_form(application):
        application = note_tries(application, session, by)
    for kind in IN_ORDER:
        if kind in typed.known and kind in wanted_pins(application):
            application = prove_one(application, session, kind, typed, by=by)
    anew = {kind: pin for kind, pin in typed.anew.items() if kind in wanted_pins(application)}
    if anew and not may_set_anew(application, day_in_japan(at)):
        raise Refused(*inquiry_refusals(inquiry_of(application), day_in_japan(at)))
    if anew and all(kind in anew for kind in wanted_pins(application)):
        _permit(application, number, typed.transport, anew, clerk=clerk, at=at)
        reader.set_pins(typed.transport, anew)
        application = note_pins(application, dict.fromkeys(anew, PinProof.SET_ANEW), by)
    require_pins(application, at)
    return application


def require_pins(application: Application, at: datetime) -> None:
    """Raises Refused for what is missing of the PINs, by the law's own function."""
    refusals = pin_refusals(
        purposes_of(application),
        proofs_of(application),
        day_in_japan(at),
        proxy=proxy_of_application(application),
        inquiry=inquiry_of(application),
    )
    if refusals:
        raise Refused(*refusals)


def _permit(
    application: Application,
    number: CardNumber,
    transport: Transport,
    pins: Mapping[PinKind, Pin],
    *,
    clerk: Clerk,
    at: datetime,
) -> None:
    """Let PINs be set without the old ones until the card leaves the reader."""
    request = RequestCardUpdate(
        number,
        application.resident_id,
        CardUpdateKind.RESET_PINS,
        pins=tuple(sorted(pins)),
        application_number=application.number,
    )
    carry_out(application.resident, request, transport, clerk, at)


def _begin(application: Application, number: CardNumber, clerk: Clerk, at: datetime) -> None:
    """From here on the card may be changed. Raises Conflict where it was rejected or done meanwhile."""
    with transaction.atomic(using=DATABASE):
        locked = held(application, CounterAct.RENEW, clerk)
        if locked.state != ApplicationState.CARRYING_OUT:
            locked.state = locked.after(CounterAct.RENEW)
        locked.card_number = number
        locked.save(update_fields=["state", "card_number"])
        note(clerk, "begin to renew", locked, at, changed(locked, "state", "card_number"))


def _finish(application: Application, step: IssuanceStep, *, clerk: Clerk, at: datetime) -> None:
    """The new certificates are on the card. Raises Conflict where a colleague was faster."""
    with transaction.atomic(using=DATABASE):
        locked = held(application, CounterAct.RENEW, clerk)
        locked.state = locked.after(CounterAct.RENEW)
        locked.issued_at = locked.handed_over_at = at
        locked.outcome = outcome_of(step.certificates)
        fields = ["state", "issued_at", "handed_over_at", "outcome"]
        locked.save(update_fields=fields)
        note(clerk, "note renewed", locked, at, changed(locked, *fields))
