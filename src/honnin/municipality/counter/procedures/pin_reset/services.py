"""Setting PINs again on an application that was accepted (terms 10)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from honnin.card.transport import Transport
from honnin.clock import Clock
from honnin.errors import Refused
from honnin.journal.binding import changed
from honnin.law.cards.pins import PinKind
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.models import Application, ApplicationState, Clerk
from honnin.municipality.counter.cards import reader as card_reader
from honnin.municipality.counter.guards.acts import about_application, about_resident, record
from honnin.municipality.counter.procedures.card_work import services as card_work
from honnin.pin import Pin


@cites("S2-K3", "S4-10.1", "S4-10.2")
def set_pins(
    application: Application, transport: Transport, pins: Mapping[PinKind, Pin], *, clerk: Clerk, clock: Clock
) -> None:
    """Permit and set the PINs that were applied for: resumable by calling it again.

    Raises Refused for badly formed PINs before anything happens, and for what stands against it by now;
    CardError when the card goes away: each PIN is then the old or the new one. Conflict E_APPLICATION_STATE
    when it was done already. Beginning and end are two acts, as in `services.issue`.
    """
    began = clock.now()
    wanted = {PinKind(kind): pins.get(PinKind(kind), Pin("")) for kind in application.pins}
    services.check_pins(wanted)
    now = Application.objects.select_related("resident", "municipality").get(pk=application.pk)
    guards.require(clerk, CounterAct.SET_PINS, now)
    if refusals := services.examine(now, clerk=clerk, at=began):
        raise Refused(*refusals)
    card_work.require_own_card(now.resident, transport, clerk=clerk)
    _note(now, ApplicationState.SETTING_PINS, clerk, began)
    number = card_work.permit_pins(now, transport, clerk=clerk, at=began)
    card_reader.set_pins(transport, wanted)
    ended = clock.now()
    _note(now, ApplicationState.PINS_SET, clerk, ended, card_number=number, handed_over_at=ended)


def _note(
    application: Application, state: ApplicationState, clerk: Clerk, at: datetime, **more: object
) -> None:
    """Go on with the application as it stands now. Raises Conflict where it was rejected or done meanwhile.

    Once PINs may be set it is no longer rejected: nobody could say which of them the card has.
    """
    with transaction.atomic(using=services.DATABASE):
        locked = Application.objects.select_for_update().get(pk=application.pk)
        guards.require(clerk, CounterAct.SET_PINS, locked)
        fields = {"state": state, **more}
        for name, value in fields.items():
            setattr(locked, name, value)
        locked.save()
        act, person = _ACT[state], about_resident(locked.resident)
        written = changed(locked, *fields)
        record(clerk, act, about_application(locked), at, written, person=person)


_ACT = {ApplicationState.SETTING_PINS: "begin to set PINs", ApplicationState.PINS_SET: "set PINs"}
