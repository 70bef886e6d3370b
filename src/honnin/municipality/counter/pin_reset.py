"""Setting PINs again on an application that was accepted (terms 10)."""

from collections.abc import Mapping

from django.db import transaction

from honnin.card.transport import Transport
from honnin.clock import Clock
from honnin.errors import Conflict, Refused
from honnin.law.citation import cites
from honnin.law.pins import PinKind
from honnin.municipality.counter import card_reader, card_work, services
from honnin.municipality.counter.models import Application, ApplicationState, Clerk


@cites("S4-10.1", "S4-10.2")
def set_pins(
    application: Application, transport: Transport, pins: Mapping[PinKind, str], *, clerk: Clerk, clock: Clock
) -> None:
    """Permit and set the PINs that were applied for: resumable by calling it again.

    Raises Refused for badly formed PINs before anything happens, and for what stands against it by now;
    CardError when the card goes away: each PIN is then the old or the new one. Conflict E_APPLICATION_STATE
    when it was done already.
    """
    services.require_may(application, "set_pins", clerk)
    wanted = {PinKind(kind): pins.get(PinKind(kind), "") for kind in application.pins}
    services.check_pins(wanted)
    if refusals := services.examine(application, clerk=clerk, clock=clock):
        raise Refused(*refusals)
    number = card_work.permit_pins(application.resident, tuple(wanted), transport, clerk=clerk)
    card_reader.set_pins(transport, wanted)
    _note_set(application, number, clock)


def _note_set(application: Application, card_number: str, clock: Clock) -> None:
    with transaction.atomic(using=services.DATABASE):
        locked = Application.objects.select_for_update().get(pk=application.pk)
        if locked.state != ApplicationState.APPROVED:
            raise Conflict("E_APPLICATION_STATE", state=locked.state)
        locked.state, locked.card_number = ApplicationState.PINS_SET, card_number
        locked.handed_over_at = clock.now()
        locked.save()
