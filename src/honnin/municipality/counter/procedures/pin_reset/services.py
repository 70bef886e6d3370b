"""Setting PINs again on an application that was accepted (terms 10)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from honnin.card.transport import Transport
from honnin.clock import Clock, day_in_japan
from honnin.errors import Refusal, Refused
from honnin.identifiers import CardNumber
from honnin.journal.binding import changed
from honnin.law.cards.pins import PinKind
from honnin.law.citation import cites
from honnin.law.counter import pin_reset
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.services import examine, held, note
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.cards import reader
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.reader import check_pins
from honnin.municipality.counter.cards.updates import carry_out, number_of, require_own_card
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.pin_reset.facts import facts_before_pin_reset
from honnin.municipality.records.journal import DATABASE
from honnin.municipality.residents.models import Resident
from honnin.pin import Pin
from honnin.wire.messages.card_updates import CardUpdateKind, RequestCardUpdate


@cites("S2-K3", "S4-10.1", "S4-10.2")
def set_pins(
    application: Application, transport: Transport, pins: Mapping[PinKind, Pin], *, clerk: Clerk, clock: Clock
) -> None:
    """Permit and set the PINs that were applied for: resumable by calling it again.

    Raises Refused for badly formed PINs before anything happens, and for what stands against it by now;
    CardError when the card goes away: each PIN is then the old or the new one. Conflict E_APPLICATION_STATE
    when it was done already. Beginning and end are two acts, as in issuing.
    """
    began = clock.now()
    wanted = {PinKind(kind): pins.get(PinKind(kind), Pin("")) for kind in application.pins}
    check_pins(wanted)
    now = Application.objects.select_related("resident", "municipality").get(pk=application.pk)
    guards.require(clerk, CounterAct.SET_PINS, now)
    if refusals := examine(now, clerk=clerk, at=began):
        raise Refused(*refusals)
    require_own_card(now.resident, transport, clerk=clerk)
    _begin(now, clerk, began)
    number = permit_pins(now, transport, clerk=clerk, at=began)
    reader.set_pins(transport, wanted)
    _finish(now, number, clerk, clock.now())


def _begin(application: Application, clerk: Clerk, at: datetime) -> None:
    """Go on with the application as it stands now. Raises Conflict where it was rejected or done meanwhile.

    Once PINs may be set it is no longer rejected: nobody could say which of them the card has.
    """
    with transaction.atomic(using=DATABASE):
        locked = held(application, CounterAct.SET_PINS, clerk)
        if locked.state != ApplicationState.SETTING_PINS:
            locked.state = locked.after(CounterAct.SET_PINS)
        locked.save(update_fields=["state"])
        note(clerk, "begin to set PINs", locked, at, changed(locked, "state"))


def _finish(application: Application, card_number: CardNumber, clerk: Clerk, at: datetime) -> None:
    """They are set. Raises Conflict where a colleague was faster."""
    with transaction.atomic(using=DATABASE):
        locked = held(application, CounterAct.SET_PINS, clerk)
        locked.state = locked.after(CounterAct.SET_PINS)
        locked.card_number, locked.handed_over_at = card_number, at
        fields = ["state", "card_number", "handed_over_at"]
        locked.save(update_fields=fields)
        note(clerk, "set PINs", locked, at, changed(locked, *fields))


def against_pin_reset(resident: Resident, *, clerk: Clerk, at: datetime) -> tuple[Refusal, ...]:
    """Why a person's PINs cannot be set again as things stand."""
    facts = facts_before_pin_reset(resident, clerk, person_state(clerk, resident.pk))
    return pin_reset.refusals_foreseen(facts, day_in_japan(at))


def permit_pins(application: Application, transport: Transport, *, clerk: Clerk, at: datetime) -> CardNumber:
    """Let PINs be set without the old ones until the card leaves the reader; returns the card's number."""
    number, pins = number_of(transport), tuple(PinKind(kind) for kind in application.pins)
    request = RequestCardUpdate(
        number,
        application.resident_id,
        CardUpdateKind.RESET_PINS,
        pins=pins,
        application_number=application.number,
    )
    carry_out(application.resident, request, transport, clerk, at)
    return number
